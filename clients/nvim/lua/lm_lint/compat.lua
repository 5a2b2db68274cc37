--- The differences between Neovim 0.7 and today's, each in one place.

local M = {}

local is_method = vim.fn.has("nvim-0.11") == 1

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

--- Buffers that the client has open.
---@param client vim.lsp.Client
---@return integer[]
function M.buffers(client)
  return vim.tbl_filter(function(bufnr)
    return vim.api.nvim_buf_is_loaded(bufnr) and vim.lsp.buf_is_attached(bufnr, client.id)
  end, vim.api.nvim_list_bufs())
end

--- The byte of a column that the server counted in its own units.
---@param line string
---@param column integer
---@param encoding string `utf-8`, `utf-16` or `utf-32`
---@return integer
function M.byte_column(line, column, encoding)
  if encoding == "utf-8" then
    return math.min(column, #line)
  end
  if is_method then
    return vim.str_byteindex(line, encoding, column, false)
  end
  local ok, byte = pcall(vim.str_byteindex, line, column, encoding == "utf-16")
  return ok and byte or #line
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
