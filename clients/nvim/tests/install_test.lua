-- Each way of installing that README.md tells, in an editor of its own. lazy.nvim is tested where
-- LAZY_NVIM is a clone of it, vim.pack where there are Neovim 0.12 and git.

local t = require("harness")

local plugin = vim.loop.fs_realpath(vim.env.LM_LINT_PLUGIN)
local cmd = ("cmd = { %q, 'server' }"):format(vim.env.LM_LINT)

-- What a person sees after a while: the number of findings, and what was loaded before the file.
local PROBE = [[
local before = vim.tbl_filter(function(name)
  return vim.startswith(name, "lm_lint")
end, vim.tbl_keys(package.loaded))
vim.api.nvim_create_autocmd("VimEnter", { callback = vim.schedule_wrap(function()
  vim.cmd("edit missing_paren.c")
  vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 5)
  local found = vim.diagnostic.get(0)[1] or {}
  -- Mended and typed anew, it is found after the pause.
  local row = found.lnum or 0
  local slip = vim.fn.getline(row + 1)
  vim.fn.setline(row + 1, vim.fn.substitute(slip, " {$", ") {", ""))
  vim.wait(30000, function() return #vim.diagnostic.get(0) == 0 end, 5)
  vim.fn.setline(row + 1, slip)
  vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 5)
  local n_again = #vim.diagnostic.get(0)
  local command = vim.fn.exists(":LmLint")
  local tags = vim.fn.getcompletion("lm_lint-surprise", "help")
  local help = vim.tbl_contains(tags, "lm_lint-surprise") and "help" or "no help"
  local said = ("found %s and again %d, loaded %d, command %d, %s"):format(
    found.code, n_again, #before, command, help
  )
  io.stdout:write(said)
  vim.cmd("qall!")
end) })
]]

local FOUND = "found missing-token and again 1"

---@param said string
local function is_complete(said)
  return said:find(FOUND, 1, true) and said:find("command 2, help", 1, true)
end

---@param name string
---@param lines string[] init.lua
---@return string output
---@return string home
local function editor(name, lines, prepare)
  local home = vim.env.XDG_DATA_HOME .. "." .. name
  for _, folder in ipairs({ "config/nvim", "data", "state", "cache" }) do
    vim.fn.mkdir(home .. "/" .. folder, "p")
  end
  if prepare then
    prepare(home)
  end
  local init = vim.list_extend(lines, vim.split(PROBE, "\n"))
  vim.fn.writefile(init, home .. "/config/nvim/init.lua")
  local env = { "env", "HOME=" .. home }
  for _, kind in ipairs({ "config", "data", "state", "cache" }) do
    env[#env + 1] = ("XDG_%s_HOME=%s/%s"):format(kind:upper(), home, kind)
  end
  return vim.fn.system(vim.list_extend(env, { vim.v.progpath, "--headless", "-n", "-i", "NONE" }))
end

---@param command string[]
local function must(command)
  local said = vim.fn.system(command)
  t.ok(vim.v.shell_error == 0, said)
end

---@param home string
---@return string
local function clone(home)
  local repository = home .. "/repository"
  vim.fn.mkdir(repository .. "/clients/nvim", "p")
  for _, folder in ipairs({ "doc", "lsp", "lua", "plugin" }) do
    must({ "cp", "-R", plugin .. "/" .. folder, repository .. "/clients/nvim/" })
  end
  must({ "git", "init", "-q", repository })
  must({ "git", "-C", repository, "add", "." })
  local who = { "-c", "user.name=me", "-c", "user.email=me@example.org" }
  must(
    vim.list_extend(vim.list_extend({ "git", "-C", repository }, who), { "commit", "-qm", "all" })
  )
  return repository
end

---@param home string
local function link_package(home)
  local packages = home .. "/data/nvim/site/pack/lm-lint/start"
  vim.fn.mkdir(packages, "p")
  must({ "ln", "-s", plugin, packages .. "/lm-lint" })
end

t.test("a package by path, with setup()", function()
  local init = { ("require('lm_lint').setup({ %s })"):format(cmd) }
  local said = editor("package", init, link_package)
  t.ok(is_complete(said), said)
end)

if vim.lsp.enable then
  t.test("a package by path, with vim.lsp.enable(): nothing is loaded at the start", function()
    local init = { ("vim.lsp.config('lm_lint', { %s })"):format(cmd), "vim.lsp.enable('lm_lint')" }
    local said = editor("enable", init, link_package)
    t.ok(said:find(FOUND .. ", loaded 0, command 2, help", 1, true), said)
  end)
end

if vim.lsp.enable then
  t.test("no plugin at all, by the lines of docs/editors.md", function()
    local page = table.concat(vim.fn.readfile(plugin .. "/../../docs/editors.md"), "\n")
    local block = page:match("\n## Neovim.-```lua\n(.-)```")
    local folder = vim.fn.fnamemodify(vim.env.LM_LINT, ":h")
    local init = { ("vim.env.PATH = %q .. vim.env.PATH"):format(folder .. ":") }
    local said = editor("bare", vim.list_extend(init, vim.split(block, "\n")))
    t.ok(said:find(FOUND .. ", loaded 0, command 0, no help", 1, true), said)
  end)
end

if vim.pack and vim.fn.executable("git") == 1 then
  t.test("vim.pack", function()
    local home = vim.env.XDG_DATA_HOME .. ".pack"
    local init = {
      ("vim.pack.add({ 'file://%s/repository' }, {"):format(home),
      "  confirm = false,",
      "  load = function(plugin)",
      "    vim.opt.rtp:append(plugin.path .. '/clients/nvim')",
      "    vim.cmd.runtime('plugin/lm_lint.lua')",
      "  end,",
      "})",
      ("vim.lsp.config('lm_lint', { %s })"):format(cmd),
      "vim.lsp.enable('lm_lint')",
    }
    local said = editor("pack", init, clone)
    t.ok(said:find(FOUND .. ", loaded 0, command 2, help", 1, true), said)
  end)
end

if vim.env.LAZY_NVIM and vim.fn.has("nvim-0.8") == 1 then
  t.test("lazy.nvim", function()
    local home = vim.env.XDG_DATA_HOME .. ".lazy"
    local init = {
      ("vim.opt.rtp:prepend(%q)"):format(vim.env.LAZY_NVIM),
      "require('lazy').setup({ {",
      ("  'lm-lint/lm-lint', url = 'file://%s/repository',"):format(home),
      "  config = function(plugin)",
      "    vim.opt.rtp:append(plugin.dir .. '/clients/nvim')",
      "    vim.cmd.runtime('plugin/lm_lint.lua')",
      ("    require('lm_lint').setup({ %s })"):format(cmd),
      "  end,",
      "} }, { rocks = { enabled = false } })",
    }
    local said = editor("lazy", init, clone)
    t.ok(is_complete(said), said)
  end)
end

t.finish()
