--- All certain repairs of a buffer at once, as the code action `source.fixAll.lmLint` makes them.

local compat = require("lm_lint.compat")
local notify = require("lm_lint.notify")

local M = {}

---@class lm_lint.FixOptions
---@field bufnr? integer
---@field wait_ms? integer Wait for so long, for use before a file is written. Says nothing then.

---@param bufnr integer
---@return table
local function params(bufnr)
  local argument = { uri = vim.uri_from_bufnr(bufnr) }
  return { command = "lmLint.fixAll", arguments = { argument } }
end

---@param err? { message: string }
---@param was_applied? boolean
local function report(err, was_applied)
  if err then
    notify.tell("nothing was repaired: " .. err.message, vim.log.levels.WARN)
  elseif was_applied ~= true then
    notify.tell("there is nothing that it is sure how to repair.")
  end
end

---@param client vim.lsp.Client
---@param bufnr integer
---@param wait_ms integer
local function wait(client, bufnr, wait_ms)
  local is_done = false
  compat.request(client, "workspace/executeCommand", params(bufnr), function()
    is_done = true
  end, bufnr)
  vim.wait(wait_ms, function()
    return is_done
  end, 5)
end

---@param opts? lm_lint.FixOptions
function M.run(opts)
  opts = opts or {}
  local bufnr = opts.bufnr or vim.api.nvim_get_current_buf()
  local client = compat.clients(bufnr)[1]
  if not client then
    if not opts.wait_ms then
      notify.tell("no server is attached to this buffer.", vim.log.levels.WARN)
    end
  elseif opts.wait_ms then
    wait(client, bufnr, opts.wait_ms)
  else
    compat.request(client, "workspace/executeCommand", params(bufnr), report, bufnr)
  end
end

return M
