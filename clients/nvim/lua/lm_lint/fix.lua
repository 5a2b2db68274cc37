--- All certain repairs of a buffer at once, as the code action `source.fixAll.lmLint` makes them.

local compat = require("lm_lint.compat")
local notify = require("lm_lint.notify")
local status = require("lm_lint.status")

local M = {}

local METHOD = "workspace/executeCommand"

---@class lm_lint.FixOptions
---@field bufnr? integer
---@field wait_ms? integer Wait so long at most, before a file is written. Says nothing then.

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
---@param on_reply lsp.Handler
---@return integer? request_id
local function ask(client, bufnr, on_reply)
  local _, id = compat.request(client, METHOD, params(bufnr), on_reply, bufnr)
  return id
end

--- What takes longer is given up: it would change the text after it was written.
---@param client vim.lsp.Client
---@param bufnr integer
---@param wait_ms integer
local function wait(client, bufnr, wait_ms)
  if status.of_client(client).state ~= "ready" then
    return
  end
  local is_done = false
  local request_id = ask(client, bufnr, function()
    is_done = true
  end)
  local is_in_time = vim.wait(wait_ms, function()
    return is_done
  end, 5)
  if not is_in_time and request_id then
    compat.cancel(client, request_id)
  end
end

--- Why there is nothing to ask for, if there is not.
---@param client? vim.lsp.Client
---@param bufnr integer
---@return string?
local function obstacle(client, bufnr)
  if not client then
    return "no server is attached to this buffer."
  elseif not vim.bo[bufnr].modifiable then
    return "this buffer cannot be changed."
  end
end

---@param opts? lm_lint.FixOptions
function M.run(opts)
  opts = opts or {}
  local bufnr = opts.bufnr or vim.api.nvim_get_current_buf()
  local client = compat.clients(bufnr)[1]
  local problem = obstacle(client, bufnr)
  if problem then
    if not opts.wait_ms then
      notify.tell(problem, vim.log.levels.WARN)
    end
  elseif opts.wait_ms then
    wait(client, bufnr, opts.wait_ms)
  else
    ask(client, bufnr, report)
  end
end

return M
