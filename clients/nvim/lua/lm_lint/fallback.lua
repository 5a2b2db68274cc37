--- What `vim.lsp.config()` and `vim.lsp.enable()` do, for Neovim 0.7 to 0.10.

local compat = require("lm_lint.compat")

local M = {}

---@type table? The table of lsp/lm_lint.lua with what the person changed.
M.config = nil
M.is_enabled = false

--- By root folder, or "" for single files. The editor's own list lacks those that are starting.
---@type table<string, integer>
local client_ids = {}

---@return table
local function shipped()
  return dofile(vim.api.nvim_get_runtime_file("lsp/lm_lint.lua", false)[1])
end

---@param changes table
function M.configure(changes)
  M.config = vim.tbl_deep_extend("force", M.config or shipped(), changes)
end

---@param start string
---@return fun(): string?
local function upwards(start)
  local dir, last = start, nil
  return function()
    local res = dir ~= last and dir or nil
    last, dir = dir, vim.fn.fnamemodify(dir, ":h")
    return res
  end
end

--- The nearest folder with the first marker that is found at all, as `vim.fs.root()` has it.
---@param bufnr integer
---@return string?
local function root_of(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if name == "" or name:find("^%a[%w+.-]+://") then
    return nil
  end
  for _, marker in ipairs(M.config.root_markers) do
    for dir in upwards(vim.fn.fnamemodify(name, ":p:h")) do
      if compat.uv.fs_stat(dir .. "/" .. marker) then
        return dir
      end
    end
  end
end

---@param root_dir? string
---@return integer? client_id
local function client_for(root_dir)
  local key = root_dir or ""
  local client = client_ids[key] and vim.lsp.get_client_by_id(client_ids[key])
  if not client or client.is_stopped() then
    local config = vim.tbl_extend("force", M.config, { name = "lm_lint", root_dir = root_dir })
    client_ids[key] = vim.lsp.start_client(config)
  end
  return client_ids[key]
end

---@param bufnr integer
local function attach(bufnr)
  if not M.is_enabled or vim.bo[bufnr].buftype ~= "" or not require("lm_lint.server").check() then
    return
  end
  local client_id = client_for(root_of(bufnr))
  if client_id then
    vim.lsp.buf_attach_client(bufnr, client_id)
  end
end

--- Starts the server for the buffers that are open and those to come.
function M.enable()
  M.configure({})
  M.is_enabled = true
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("lm_lint.enable", {}),
    pattern = M.config.filetypes,
    callback = function(event)
      attach(event.buf)
    end,
  })
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local is_ours = vim.tbl_contains(M.config.filetypes, vim.bo[bufnr].filetype)
    if vim.api.nvim_buf_is_loaded(bufnr) and is_ours then
      attach(bufnr)
    end
  end
end

function M.disable()
  M.is_enabled = false
end

return M
