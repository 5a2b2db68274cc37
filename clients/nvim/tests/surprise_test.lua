-- The heat map: colours on what is seen; they follow edits, scrolling, colourscheme and server.

local t = require("harness")

local NAMESPACE = vim.api.nvim_create_namespace("lm_lint.surprise")

---@return table[]
local function marks()
  return vim.api.nvim_buf_get_extmarks(0, NAMESPACE, 0, -1, { details = true })
end

---@param row integer from 1
---@return table<string, string> group by the text of its token
local function groups_of(row)
  local res, line = {}, t.line(row)
  for _, mark in ipairs(marks()) do
    local details = mark[4]
    if mark[2] == row - 1 and details.end_row == row - 1 then
      res[line:sub(mark[3] + 1, details.end_col)] = details.hl_group
    end
  end
  return res
end

--- Waits for the view to be painted so; without a job it may be so already.
---@param is_so fun(): any
---@param job? fun()
local function painted(is_so, job)
  if job or not is_so() then
    t.after_event("LmLintSurprise", is_so, job)
  end
end

local function is_coloured()
  return #marks() > 0
end

---@param from integer
---@param to integer
---@return fun(): boolean
local function covers(from, to)
  return function()
    local found = marks()
    return #found > 0 and found[1][2] + 1 <= from and found[#found][2] + 1 >= to - 1
  end
end

---@param group string
---@return integer?
local function background(group)
  return require("lm_lint.compat").highlight(group).bg
end

vim.o.lines = 30
local long = {}
for idx = 1, 100 do
  vim.list_extend(long, {
    ("int add%d(int one, int other)"):format(idx),
    "{",
    "    return one + other;",
    "}",
    "",
  })
end
vim.fn.writefile(long, "long.c")
local bufnr = t.open("long.c")

t.test("nothing is painted before it is wanted", function()
  t.eventually("the model", function()
    local status = require("lm_lint").status()
    return status and status.state == "ready"
  end)
  t.eq({}, marks())
end)

t.test("what is visible is painted, and not the whole file", function()
  painted(covers(1, vim.fn.line("w$")), function()
    vim.cmd("LmLint surprise on")
  end)
  t.ok(marks()[#marks()][2] < 200, "the whole file was asked for")
  t.ok(#marks() > 200, "few tokens are painted: " .. #marks())
end)

t.test("the more surprising, the higher the group", function()
  -- The model has read the same function above, so this one is easy.
  t.eq("LmLintSurprise1", groups_of(63)["return"] or groups_of(63)[" return"])
  local highest = 0
  painted(function()
    for _, group in pairs(groups_of(3)) do
      highest = math.max(highest, tonumber(group:match("%d$")))
    end
    return highest >= 6
  end, function()
    vim.api.nvim_buf_set_lines(0, 2, 3, true, { "    return one zebra + other;" })
  end)
end)

t.test("the colours move with the text until the answer comes, and are true then", function()
  local before = groups_of(3)
  vim.api.nvim_buf_set_lines(0, 0, 0, true, { "/* a line more */" })
  t.eq(before, groups_of(4))
  painted(covers(1, vim.fn.line("w$")), function() end)
  t.eq("LmLintSurprise", (groups_of(4)[" zebra"] or groups_of(4)[" z"] or ""):sub(1, 14))
end)

t.test("scrolling paints what comes into view", function()
  painted(covers(430, 460), function()
    vim.api.nvim_win_set_cursor(0, { 450, 0 })
    vim.cmd("normal! zz")
    -- Without a screen the editor does not notice by itself that it has scrolled.
    vim.cmd("redraw")
    vim.api.nvim_exec_autocmds("WinScrolled", {})
  end)
  t.ok(marks()[1][2] > 200, "what is out of sight is still painted")
end)

t.test("two windows at both ends are two questions", function()
  painted(function()
    local found = marks()
    return found[1][2] < 5 and found[#found][2] > 400
  end, function()
    vim.cmd("split")
    vim.cmd("normal! gg")
    vim.cmd("redraw")
    vim.api.nvim_exec_autocmds("WinScrolled", {})
  end)
  for _, mark in ipairs(marks()) do
    t.ok(mark[2] < 200 or mark[2] > 300, "line " .. mark[2] .. " is in no window")
  end
  vim.cmd("only")
end)

t.test("an answer about another version is dropped", function()
  local heat = require("lm_lint.surprise.heat")
  local compat = require("lm_lint.compat")
  local request, n_asked = compat.request, 0
  local other = t.open("missing_paren.c")
  t.await_findings(1)
  painted(is_coloured)
  local before = marks()
  compat.request = function(_, _, _, on_reply)
    n_asked = n_asked + 1
    local answer = { version = -1, ranges = { 0, 0, 0, 2 }, kinds = { 0 }, surprisalBits = { 20 } }
    on_reply(nil, answer)
    return true, 0
  end
  local stale = heat.new(other)
  stale:update()
  compat.request = request
  t.eq(3, n_asked)
  t.eq(before, marks())
  stale:close()
end)

t.test("-32801 is asked again, and other errors are not", function()
  local heat = require("lm_lint.surprise.heat")
  local compat = require("lm_lint.compat")
  local request, cancel, codes = compat.request, compat.cancel, { -32801, -32803 }
  local n_asked = 0
  compat.cancel = function() end
  compat.request = function(_, _, _, on_reply)
    n_asked = n_asked + 1
    on_reply({ code = codes[n_asked], message = "no" })
    return true, 0
  end
  local asking = heat.new(vim.api.nvim_get_current_buf())
  asking:update()
  compat.request, compat.cancel = request, cancel
  asking:close()
  t.eq(2, n_asked)
end)

t.test("colours follow the colourscheme, and those of the person stay", function()
  vim.o.termguicolors = true
  vim.cmd("colorscheme blue")
  local blue = background("LmLintSurprise4")
  vim.cmd("colorscheme default")
  t.ok(blue and background("LmLintSurprise4") ~= blue, "the same in two schemes")
  vim.cmd("highlight LmLintSurprise4 guibg=#123456")
  require("lm_lint.surprise.colours").define()
  t.eq(0x123456, background("LmLintSurprise4"))
end)

t.test("text can be read on every colour of every scheme that comes with Neovim", function()
  local colours = require("lm_lint.surprise.colours")
  for _, scheme in ipairs(vim.fn.getcompletion("", "color")) do
    for _, light in ipairs({ "dark", "light" }) do
      vim.o.background = light
      vim.cmd("colorscheme " .. scheme)
      local normal = require("lm_lint.compat").highlight("Normal")
      if normal.fg and normal.bg then
        local text = { normal.fg / 0x10000, normal.fg / 0x100 % 0x100, normal.fg % 0x100 }
        text = vim.tbl_map(function(channel)
          return math.floor(channel) / 255
        end, text)
        local backs = vim.list_extend(colours.backgrounds(), colours.shades())
        for level, back in ipairs(backs) do
          local found = colours.contrast(text, back)
          t.ok(found > 3, ("%s: contrast %.1f at level %d"):format(scheme, found, level))
        end
      end
    end
  end
  vim.cmd("colorscheme default")
end)

t.test("a buffer that the server leaves is not painted any more", function()
  vim.cmd("buffer " .. bufnr)
  painted(is_coloured)
  vim.lsp.buf_detach_client(bufnr, t.client().id)
  require("lm_lint.surprise").follow() -- Neovim 0.7 does not tell
  t.eventually("no colours", function()
    return #marks() == 0
  end)
  vim.lsp.buf_attach_client(bufnr, t.client().id)
  painted(is_coloured, require("lm_lint.surprise").follow)
end)

t.test("a restart paints anew", function()
  painted(covers(1, 10), function()
    vim.cmd("normal! gg")
    vim.cmd("LmLint restart")
  end)
end)

t.test("switched off, nothing is left and nothing is asked", function()
  vim.cmd("LmLint surprise off")
  t.eq({}, marks())
  t.ok(not require("lm_lint.surprise").is_on(), "it is on")
  vim.cmd("LmLint surprise")
  painted(is_coloured)
  vim.cmd("LmLint surprise toggle")
  t.eq({}, marks())
end)

t.finish()
