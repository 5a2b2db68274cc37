--- Whether there is a server, and what is done when it ends.

local compat = require("lm_lint.compat")
local notify = require("lm_lint.notify")

local M = {}

local NAME = "lm_lint"
-- A server that ends by itself is started again, but not for ever.
local MOST_CRASHES = 3
local WINDOW_MS = 180 * 1000
-- So long a server may take to say goodbye when it is restarted.
local GOODBYE_MS = 3000
local POLL_MS = 20
local SIGTERM = 15
local FILE_CHANGED = 2 -- in the protocol

---@type integer[] When the server ended by itself, in milliseconds.
local crashes = {}
---@type table<integer, true> Clients that are being stopped.
local stopping = {}

---@return table? config As it is used, or nil before it is enabled.
function M.config()
  if vim.lsp.enable then
    return vim.lsp.config[NAME]
  end
  return require("lm_lint.fallback").config
end

--- Starts the server for the buffers that are open and those to come.
function M.enable()
  if vim.lsp.enable then
    vim.lsp.enable(NAME)
  else
    require("lm_lint.fallback").enable()
  end
end

local function disable()
  if vim.lsp.enable then
    vim.lsp.enable(NAME, false)
  else
    require("lm_lint.fallback").disable()
  end
end

--- The command as a list, or nil where somebody has put a function in its place.
---@return string[]?
function M.command()
  local cmd = (M.config() or {}).cmd
  return type(cmd) == "table" and cmd or nil
end

--- `lm-lint doctor` for `lm-lint server`: the same program with other arguments.
---@param ... string
---@return string[]?
function M.sibling_command(...)
  local cmd = M.command()
  if not cmd then
    return nil
  end
  local res = {}
  for _, part in ipairs(cmd) do
    if part == "server" then
      break
    end
    res[#res + 1] = part
  end
  return vim.list_extend(res, { ... })
end

--- Can the server be started? Says once what to do if not.
---@return boolean
function M.check()
  local cmd = M.command()
  if not cmd or vim.fn.executable(cmd[1]) == 1 then
    return true
  end
  -- Short enough for one line: the editor stops at longer messages.
  notify.once(
    ("`%s` is not there. Install: pipx install lm-lint. More: :checkhealth lm_lint"):format(cmd[1]),
    vim.log.levels.ERROR
  )
  return false
end

---@return boolean is_too_often
local function count_crash()
  local now = compat.uv.now()
  crashes = vim.tbl_filter(function(at)
    return now - at < WINDOW_MS
  end, crashes)
  crashes[#crashes + 1] = now
  return #crashes >= MOST_CRASHES
end

local function after_crash()
  if not count_crash() then
    M.enable()
    return
  end
  disable()
  notify.tell(
    ("the server ended by itself %d times and stays away. "):format(#crashes)
      .. "Why: :LmLint log. Again: :LmLint restart",
    vim.log.levels.ERROR
  )
end

---@param code integer
---@param signal integer
---@param client_id integer
function M.on_exit(code, signal, client_id)
  local is_orderly = signal == SIGTERM or (signal == 0 and code == 0)
  local was_asked = stopping[client_id] or is_orderly
  stopping[client_id] = nil
  require("lm_lint.status").forget(client_id)
  require("lm_lint.surprise").follow()
  if not was_asked and vim.v.exiting == vim.NIL and compat.is_enabled() then
    after_crash()
  end
  compat.emit("LmLintExit")
end

---@param client vim.lsp.Client
local function stop(client)
  stopping[client.id] = true
  compat.stop(client)
  vim.defer_fn(function()
    if vim.lsp.get_client_by_id(client.id) then
      compat.stop(client, true)
    end
  end, GOODBYE_MS)
end

--- Looks again and again: `on_exit` may be somebody else's.
---@param clients vim.lsp.Client[]
---@param job fun()
local function when_gone(clients, job)
  for _, client in ipairs(clients) do
    if vim.lsp.get_client_by_id(client.id) then
      vim.defer_fn(function()
        when_gone(clients, job)
      end, POLL_MS)
      return
    end
  end
  job()
end

--- Ends the running servers and starts what is needed once they have gone.
function M.restart()
  crashes = {}
  notify.forget()
  local clients = compat.clients()
  vim.tbl_map(stop, clients)
  when_gone(clients, function()
    if M.check() then
      M.enable()
    end
  end)
end

--- Neovim on Linux does not watch files for servers, but what it writes itself it knows.
---@param path string of a file of settings
function M.config_written(path)
  local changes = { { uri = vim.uri_from_fname(path), type = FILE_CHANGED } }
  for _, client in ipairs(compat.clients()) do
    compat.notify(client, "workspace/didChangeWatchedFiles", { changes = changes })
  end
end

return M
