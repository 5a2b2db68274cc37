-- The heat map on texts and buffers that are out of the ordinary: folds, long lines, wide
-- characters; wiped, reloaded, and taken from the server while an answer is under way.

local t = require("harness")
local compat = require("lm_lint.compat")

local NAMESPACE = vim.api.nvim_create_namespace("lm_lint.surprise")

---@return table[]
local function marks()
  return vim.api.nvim_buf_get_extmarks(0, NAMESPACE, 0, -1, { details = true })
end

---@param from integer
---@param to integer lines from 1, both included
---@return integer
local function count(from, to)
  return #vim.api.nvim_buf_get_extmarks(0, NAMESPACE, { from - 1, 0 }, { to - 1, -1 }, {})
end

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

---@param name string
---@param lines string[]
---@return integer bufnr
local function open_lines(name, lines)
  vim.fn.writefile(lines, name)
  return t.open(name)
end

--- Runs a job while questions go to a function, not to the server.
---@param answer fun(params: table, on_reply: lsp.Handler)
---@param job fun()
local function with_questions(answer, job)
  local request, cancel = compat.request, compat.cancel
  compat.cancel = function() end
  compat.request = function(_, _, params, on_reply)
    answer(params, on_reply)
    return true, 0
  end
  local is_good, problem = pcall(job)
  compat.request, compat.cancel = request, cancel
  t.ok(is_good, problem)
end

vim.o.lines = 30
vim.o.columns = 100
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

t.test("bytes of columns are those of the editor", function()
  local wide = "a é 😀 ü漢字😀z"
  for _, line in ipairs({ "", "plain ascii", wide, "😀", wide:rep(30), "\233 latin \228 1" }) do
    for _, encoding in ipairs({ "utf-8", "utf-16", "utf-32" }) do
      local of = compat.bytes_of_columns(line, encoding)
      t.eq(0, of(0))
      t.eq(#line, of(100000))
    end
  end
  local in_utf16 = compat.bytes_of_columns(wide, "utf-16")
  local in_utf32 = compat.bytes_of_columns(wide, "utf-32")
  for byte = 0, #wide do
    local column, units = vim.str_utfindex(wide, byte)
    local start = vim.str_byteindex(wide, column)
    t.eq(start, in_utf32(column))
    t.eq(start, in_utf16(units))
  end
  t.eq(5, in_utf16(4))
  t.eq(5, in_utf16(5)) -- the middle of the 😀
end)

t.test("a closed fold is not asked for", function()
  vim.o.lines = 120
  open_lines("folded.c", long)
  vim.cmd("LmLint surprise on")
  vim.wo.foldmethod = "manual"
  painted(function()
    return count(1, 8) > 0 and count(401, 410) > 0
  end, function()
    vim.cmd("9,400fold")
    vim.cmd("redraw")
  end)
  t.eq(0, count(100, 300))
end)

t.test("and painted once it is opened", function()
  painted(function()
    return count(100, 115) > 0
  end, function()
    vim.cmd("9foldopen")
    vim.cmd("redraw")
  end)
  vim.o.lines = 30
end)

t.test("a file that is one closed fold asks for nothing", function()
  open_lines("one_fold.c", long)
  painted(is_coloured)
  vim.wo.foldmethod = "manual"
  vim.cmd("1,$fold")
  local n_asked = 0
  with_questions(function()
    n_asked = n_asked + 1
  end, function()
    local heat = require("lm_lint.surprise.heat").new(vim.api.nvim_get_current_buf())
    heat:update()
    heat:close()
  end)
  t.eq(0, n_asked)
end)

t.test("a very long line is coloured as far as its syntax is", function()
  local numbers = {}
  for idx = 1, 6000 do
    numbers[idx] = tostring(idx)
  end
  open_lines("long_line.c", { "int all[] = {" .. table.concat(numbers, ", ") .. "};" })
  painted(is_coloured)
  for _, mark in ipairs(marks()) do
    t.ok(mark[3] < vim.bo.synmaxcol, "a mark at byte " .. mark[3])
  end
  t.ok(marks()[#marks()][3] > vim.bo.synmaxcol - 100, "coloured less than that")
end)

t.test("marks begin and end with characters, after wide ones too", function()
  local line = '    puts("é 😀 漢字 ü"); return one_name;'
  open_lines("wide.c", { "int main(void)", "{", line, "}" })
  painted(is_coloured)
  local texts = {}
  for _, mark in ipairs(marks()) do
    if mark[2] == 2 and mark[4].end_row == 2 then
      local text = line:sub(mark[3] + 1, mark[4].end_col)
      t.ok(vim.fn.strchars(text) == #vim.fn.split(text, "\\zs"), text)
      t.ok(not text:find("^[\128-\191]"), "it begins within a character: " .. text)
      texts[#texts + 1] = vim.trim(text)
    end
  end
  t.ok(vim.tbl_contains(texts, "return"), texts)
end)

t.test("a buffer that is wiped while an answer is under way", function()
  local on_reply
  local bufnr = open_lines("wiped.c", long)
  painted(is_coloured)
  with_questions(function(_, reply)
    on_reply = reply
  end, function()
    local heat = require("lm_lint.surprise.heat").new(bufnr)
    heat:update()
    vim.cmd("bwipeout!")
    on_reply(nil, { ranges = {}, kinds = {}, surprisalBits = {} })
    heat:later(0)
    heat:close()
  end)
  t.ok(not vim.api.nvim_buf_is_valid(bufnr), "it is there")
end)

t.test("a buffer that was unloaded and loaded again follows what is typed", function()
  local bufnr = open_lines("again.c", long)
  painted(is_coloured)
  vim.cmd("bunload | edit again.c")
  t.eq(bufnr, vim.api.nvim_get_current_buf())
  painted(is_coloured)
  painted(function()
    return #vim.api.nvim_buf_get_extmarks(0, NAMESPACE, { 0, 0 }, { 0, -1 }, {}) > 5
  end, function()
    vim.api.nvim_buf_set_lines(0, 0, 1, true, { "int add(int one, int two, int three, int four)" })
  end)
end)

t.test("two windows on one buffer, and a change in one of them", function()
  vim.cmd("split")
  vim.cmd("normal! G")
  painted(function()
    return count(1, 5) > 0 and count(490, 500) > 0
  end, function()
    vim.cmd("redraw")
  end)
  painted(function()
    return count(1, 5) > 0 and count(490, 502) > 0
  end, function()
    vim.api.nvim_buf_set_lines(0, 0, 0, true, { "/* a line more */" })
  end)
  vim.cmd("only")
end)

t.test("other thresholds are other colours at once", function()
  painted(function()
    for _, mark in ipairs(marks()) do
      if mark[4].hl_group ~= "LmLintSurprise1" then
        return false
      end
    end
    return #marks() > 0
  end, function()
    local huge = { 100, 200, 300, 400, 500, 600 }
    require("lm_lint").setup({ surprise = { thresholds_bits = huge } })
  end)
  require("lm_lint").setup({ surprise = {} })
end)

t.test("colours follow 'background', and those of the person stay", function()
  vim.o.termguicolors = true
  vim.cmd("highlight LmLintSurprise3 guibg=#123456")
  vim.o.background = "dark"
  local dark = compat.highlight("LmLintSurprise6").bg
  vim.o.background = "light"
  t.ok(compat.highlight("LmLintSurprise6").bg ~= dark, "the same on both backgrounds")
  t.eq(0x123456, compat.highlight("LmLintSurprise3").bg)
end)

t.test("nothing is left when it is switched off", function()
  vim.cmd("LmLint surprise off")
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    t.eq({}, vim.api.nvim_buf_get_extmarks(bufnr, NAMESPACE, 0, -1, {}))
  end
  t.eq({}, _G.told)
end)

t.finish()
