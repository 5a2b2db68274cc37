--- What the server says of itself, for the status line and for `:LmLint status`.

local compat = require("lm_lint.compat")

local M = {}

--- The params of `lmLint/status`, as docs/protocol.md has them; JSON's null is `vim.NIL`.
---@class lm_lint.Status
---@field state "loading"|"ready"|"failed"
---@field model? string
---@field device? string
---@field busy boolean
---@field message? string

---@type table<integer, lm_lint.Status>
local by_client = {}

---@param value any
local function known(value)
  return value ~= vim.NIL and value or nil
end

local function tell()
  compat.emit("LmLintStatus")
  vim.cmd("redrawstatus!")
end

---@param client_id integer
---@param status table
function M.on_status(client_id, status)
  local before = by_client[client_id] or {}
  by_client[client_id] = {
    state = status.state,
    model = known(status.model),
    device = known(status.device),
    busy = status.busy == true,
    message = known(status.message),
  }
  if status.state == "ready" and before.state ~= "ready" then
    require("lm_lint.surprise").repaint()
  end
  tell()
end

---@param client_id integer
function M.forget(client_id)
  if by_client[client_id] then
    by_client[client_id] = nil
    tell()
  end
end

--- A server that has not spoken yet is loading.
---@param client vim.lsp.Client
---@return lm_lint.Status
function M.of_client(client)
  return by_client[client.id] or { state = "loading", busy = false }
end

--- Of the buffer's server.
---@param bufnr integer
---@return lm_lint.Status?
function M.of(bufnr)
  local client = compat.clients(bufnr)[1]
  return client and M.of_client(client)
end

--- For a status line: empty where lm-lint does not look.
---@param bufnr? integer
---@return string
function M.line(bufnr)
  local status = M.of(bufnr or vim.api.nvim_get_current_buf())
  if not status then
    return ""
  end
  if status.state ~= "ready" then
    return "lm-lint: " .. status.state
  end
  return ("lm-lint: %s, %s%s"):format(status.model, status.device, status.busy and " …" or "")
end

---@param client vim.lsp.Client
---@return string[]
local function described(client)
  local status = M.of_client(client)
  local res = { ("client %d: %s"):format(client.id, status.message or status.state) }
  if status.state == "ready" then
    res[1] = ("client %d: ready%s"):format(client.id, status.busy and ", at work" or "")
    res[#res + 1] = ("  model: %s, on %s"):format(status.model, status.device)
  end
  local cmd = client.config.cmd
  if type(cmd) == "table" then
    res[#res + 1] = "  command: " .. table.concat(cmd, " ")
  end
  res[#res + 1] = "  root: " .. (client.config.root_dir or "none (single files)")
  res[#res + 1] = ("  buffers: %d"):format(#compat.buffers(client))
  return res
end

--- Everything that is known of the servers, as lines.
---@return string[]
function M.report()
  local res = {}
  for _, client in ipairs(compat.clients()) do
    vim.list_extend(res, described(client))
  end
  return #res > 0 and res or { "no server is running" }
end

return M
