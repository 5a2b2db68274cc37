--- lm-lint for Neovim: what a configuration calls. Each function loads what it needs.

local M = {}

---@param changes vim.lsp.Config
local function configure(changes)
  if vim.lsp.config then
    vim.lsp.config("lm_lint", changes)
  else
    require("lm_lint.fallback").configure(changes)
  end
end

---@param given lm_lint.SurpriseOptions
local function set_surprise(given)
  local options = require("lm_lint.options")
  options.set_surprise(given)
  if package.loaded["lm_lint.surprise"] then
    require("lm_lint.surprise").repaint()
  end
  if options.surprise.enabled then
    require("lm_lint.surprise").on()
  end
end

--- Starts lm-lint for the files that are open and those to come. With Neovim 0.11 and newer
--- `vim.lsp.enable("lm_lint")` is enough. `surprise` is for the view; all else goes to
--- `vim.lsp.config()`.
---@param opts? lm_lint.Options
function M.setup(opts)
  local changes = vim.deepcopy(opts or {})
  local surprise = changes.surprise
  changes.surprise = nil
  configure(changes)
  require("lm_lint.server").enable()
  if surprise ~= nil then
    set_surprise(surprise)
  end
end

--- For a status line, for example `%{v:lua.require'lm_lint'.statusline()}`.
---@param bufnr? integer
---@return string
function M.statusline(bufnr)
  -- A status line is drawn at start-up, too: nothing is loaded for a buffer without a server.
  if not package.loaded["lm_lint.status"] and #require("lm_lint.compat").clients() == 0 then
    return ""
  end
  return require("lm_lint.status").line(bufnr)
end

--- What the server says of itself, as a table, or nil where lm-lint does not look.
---@param bufnr? integer
---@return lm_lint.Status?
function M.status(bufnr)
  return require("lm_lint.status").of(bufnr or vim.api.nvim_get_current_buf())
end

--- Makes all repairs that lm-lint is sure of.
---@param opts? lm_lint.FixOptions
function M.fix(opts)
  require("lm_lint.fix").run(opts)
end

--- Shows or hides the surprise view.
function M.toggle_surprise()
  require("lm_lint.surprise").toggle()
end

--- Starts the server anew.
function M.restart()
  require("lm_lint.server").restart()
end

return M
