-- A cell of the network as a heat map, in the place of the surprise.

local t = require("harness")

local NAMESPACE = vim.api.nvim_create_namespace("lm_lint.surprise")

---@return table<string, true> the groups in use
local function groups()
  local res = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, NAMESPACE, 0, -1, { details = true })) do
    res[mark[4].hl_group:match("^%a+")] = true
  end
  return res
end

---@param row integer from 1
---@param word string
---@return string? group of the token that begins or ends with a word
local function group_at(row, word)
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, NAMESPACE, 0, -1, { details = true })) do
    local text = t.line(row):sub(mark[3] + 1, mark[4].end_col)
    if mark[2] == row - 1 and mark[4].end_row == row - 1 and text:find(word, 1, true) then
      return mark[4].hl_group
    end
  end
end

---@param is_so fun(): any
---@param command string
local function painted(is_so, command)
  t.after_event("LmLintSurprise", is_so, function()
    vim.cmd(command)
  end)
end

local function is_cell()
  local found = groups()
  return found.LmLintCellWarm and found.LmLintCellCool and not found.LmLintSurprise
end

vim.fn.writefile({
  "int f(int a)",
  "{",
  '    return g("a string of some words, and more of them", a);',
  "}",
}, "cell.c")
t.open("cell.c")

t.test("the shades", function()
  local shades = require("lm_lint.surprise.shades")
  local names = vim.tbl_map(function(shade)
    return shades.GROUPS[shades.of(shade)] or ""
  end, { -2, -0.5, -0.2, -0.1, 0, 0.1, 0.2, 0.5, 2 })
  t.eq({
    "LmLintCellCool3",
    "LmLintCellCool2",
    "LmLintCellCool1",
    "",
    "",
    "",
    "LmLintCellWarm1",
    "LmLintCellWarm2",
    "LmLintCellWarm3",
  }, names)
end)

t.test("the cell for strings is warm inside of one", function()
  t.eventually("the model", function()
    local status = require("lm_lint").status()
    return status and status.state == "ready"
  end)
  painted(is_cell, "LmLint cell string")
  t.ok(group_at(3, "words"):find("Warm"), group_at(3, "words"))
  t.ok(group_at(3, "return"):find("Cool"), group_at(3, "return"))
end)

t.test("any cell can be named", function()
  painted(function()
    return next(groups())
  end, "LmLint cell 0:1")
end)

t.test("what there is not is told", function()
  vim.cmd("LmLint cell beauty")
  t.eq(1, #t.told("it is :LmLint cell [depth|string|comment|open-tags|line-length|off|LAYER:UNIT]"))
  vim.cmd("LmLint cell 3:1")
  t.eventually("it was told", function()
    return #t.told("this network has no cell 3:1") > 0
  end)
  t.eq({}, groups())
end)

t.test("the bits come back", function()
  painted(is_cell, "LmLint cell string")
  painted(function()
    return groups().LmLintSurprise and not is_cell()
  end, "LmLint surprise")
  vim.cmd("LmLint cell off")
  t.eq({}, groups())
end)

t.finish()
