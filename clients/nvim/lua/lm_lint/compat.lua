--- The differences between Neovim 0.7 and today's, each in one place.

local M = {}

local is_method = vim.fn.has("nvim-0.11") == 1
local WORKSPACE_PULL = "workspace/diagnostic"

M.uv = vim.uv or vim.loop

---@return vim.lsp.Client[]
local function all_clients()
  return (vim.lsp.get_clients or vim.lsp.get_active_clients)()
end

--- The clients of lm-lint, of a buffer or all.
---@param bufnr? integer
---@return vim.lsp.Client[]
function M.clients(bufnr)
  return vim.tbl_filter(function(client)
    return client.name == "lm_lint" and (bufnr == nil or vim.lsp.buf_is_attached(bufnr, client.id))
  end, vim.tbl_values(all_clients()))
end

--- Has somebody called `vim.lsp.enable()`, or `setup()` in a Neovim without it?
---@return boolean
function M.is_enabled()
  if not vim.lsp.enable then
    return require("lm_lint.fallback").is_enabled
  end
  if vim.lsp.is_enabled then
    return vim.lsp.is_enabled("lm_lint")
  end
  return vim.lsp._enabled_configs.lm_lint ~= nil -- the first releases of 0.11
end

---@param client vim.lsp.Client
---@param method string
---@param params table
---@param on_reply lsp.Handler
---@param bufnr integer
---@return boolean was_sent
---@return integer? request_id
function M.request(client, method, params, on_reply, bufnr)
  if is_method then
    return client:request(method, params, on_reply, bufnr)
  end
  return client.request(method, params, on_reply, bufnr)
end

---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  if is_method then
    client:notify(method, params)
  else
    client.notify(method, params)
  end
end

---@param client vim.lsp.Client
---@param request_id integer
function M.cancel(client, request_id)
  if is_method then
    client:cancel_request(request_id)
  else
    client.cancel_request(request_id)
  end
end

---@param client vim.lsp.Client
---@param force? boolean
function M.stop(client, force)
  if is_method then
    client:stop(force)
  else
    client.stop(force)
  end
end

---@param client vim.lsp.Client
---@return boolean
function M.is_stopped(client)
  if is_method then
    return client:is_stopped()
  end
  return client.is_stopped()
end

--- Neovim 0.12 up to 0.12.4 at least, asked to refresh, asks for the diagnostics of the workspace
--- and for those of no open file (https://github.com/neovim/neovim/pull/40623), where the server
--- has both: with the setting `diagnostics.workspace`.
---@type lsp.Handler
function M.on_refresh(err, result, ctx)
  local default = vim.lsp.handlers[ctx.method]
  local res = default and default(err, result, ctx) or vim.NIL
  local client = vim.lsp.get_client_by_id(ctx.client_id)
  if not client or vim.fn.has("nvim-0.13") == 1 or not client:supports_method(WORKSPACE_PULL) then
    return res
  end
  local identifier = (client.server_capabilities.diagnosticProvider or {}).identifier
  for _, bufnr in ipairs(M.buffers(client)) do
    local params = { identifier = identifier, textDocument = { uri = vim.uri_from_bufnr(bufnr) } }
    client:request("textDocument/diagnostic", params, nil, bufnr)
  end
  return res
end

--- Buffers that the client has open.
---@param client vim.lsp.Client
---@return integer[]
function M.buffers(client)
  return vim.tbl_filter(function(bufnr)
    return vim.api.nvim_buf_is_loaded(bufnr) and vim.lsp.buf_is_attached(bufnr, client.id)
  end, vim.api.nvim_list_bufs())
end

--- Where the server's columns are in a line, in bytes. The line is read once, for however many
--- columns; the middle of a character is its start.
---@param line string
---@param encoding string `utf-8`, `utf-16` or `utf-32`
---@return fun(column: integer): integer
function M.bytes_of_columns(line, encoding)
  if encoding == "utf-8" or not line:find("[\128-\255]") then
    return function(column)
      return math.min(column, #line)
    end
  end
  local starts, column = {}, 0
  for start, character in line:gmatch("()([^\128-\191][\128-\191]*)") do
    starts[column] = start - 1
    column = column + 1
    if encoding == "utf-16" and #character >= 4 then
      starts[column] = start - 1
      column = column + 1
    end
  end
  return function(wanted)
    return starts[wanted] or #line
  end
end

--- What a highlight group looks like, links followed; the names are those of `nvim_get_hl()`.
---@param name string
---@return { fg?: integer, bg?: integer }
function M.highlight(name)
  if vim.api.nvim_get_hl then
    return vim.api.nvim_get_hl(0, { name = name, link = false })
  end
  local ok, found = pcall(vim.api.nvim_get_hl_by_name, name, true)
  return ok and { fg = found.foreground, bg = found.background } or {}
end

---@return string
function M.log_path()
  local log = vim.lsp.log or require("vim.lsp.log")
  return log.get_filename and log.get_filename() or vim.lsp.get_log_path()
end

---@param pattern string
function M.emit(pattern)
  vim.api.nvim_exec_autocmds("User", { pattern = pattern, modeline = false })
end

return M
