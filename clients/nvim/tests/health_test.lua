-- :checkhealth lm_lint: with everything there, and with a server that is missing or something else.

local t = require("harness")

---@return string
local function report()
  vim.cmd("silent checkhealth lm_lint")
  local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n")
  vim.cmd("bwipeout!")
  return text
end

---@param text string
---@param expected string[]
local function contains(text, expected)
  for _, part in ipairs(expected) do
    t.ok(text:find(part, 1, true), ("%q is not in\n%s"):format(part, text))
  end
end

---@param name string
---@param script string[]
---@return string
local function program(name, script)
  local path = vim.env.XDG_DATA_HOME .. "." .. name
  vim.fn.writefile(vim.list_extend({ "#!/bin/sh" }, script), path)
  vim.fn.setfperm(path, "rwxr-xr-x")
  return path
end

t.test("before a file is opened", function()
  contains(report(), { "Neovim " .. tostring(vim.version().major), "lm-lint 0", "none is running" })
end)

t.test("with a server", function()
  t.open("missing_paren.c")
  t.await_findings(1)
  t.eventually("the model", function()
    return require("lm_lint").status().state == "ready"
  end)
  local text = report()
  contains(text, { vim.env.LM_LINT, "1 buffers, columns in utf-", "model small on cpu" })
  t.ok(not text:find("ERROR", 1, true), text)
end)

t.test("a server that is missing", function()
  require("lm_lint").setup({ cmd = { "/nowhere/lm-lint", "server" } })
  contains(report(), { "ERROR", "`/nowhere/lm-lint` cannot be run", "pipx install lm-lint" })
end)

t.test("something else under its name", function()
  local other = program("other", { "echo 'frobnicator 7'" })
  require("lm_lint").setup({ cmd = { other, "server" } })
  contains(report(), { "WARNING", "frobnicator 7", ":help |lm_lint-server|" })
end)

t.test("a server that is broken", function()
  local broken = program("broken", { "echo 'no module named torch'", "exit 1" })
  require("lm_lint").setup({ cmd = { broken, "server" } })
  contains(report(), { "ERROR", "--version` does not work: no module named torch" })
end)

t.finish()
