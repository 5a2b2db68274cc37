--- `:checkhealth lm_lint`: what was found, and what to do about what was not.

local compat = require("lm_lint.compat")
local server = require("lm_lint.server")
local status = require("lm_lint.status")

local M = {}

-- Neovim 0.10 gave these shorter names.
local health = vim.health or require("health")
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local info = health.info or health.report_info
local warn = health.warn or health.report_warn
local fail = health.error or health.report_error

local LOG = "`:LmLint log` shows what the server wrote."

local function check_editor()
  start("lm_lint: Neovim")
  local version = vim.version()
  local text = ("Neovim %d.%d.%d"):format(version.major, version.minor, version.patch)
  if vim.lsp.enable then
    ok(text .. ", servers are started by vim.lsp.enable()")
  else
    ok(text .. ", servers are started by this plugin; 0.11 and newer do it themselves")
  end
  if not vim.o.termguicolors then
    info("'termguicolors' is off: the surprise view has the few colours of the terminal.")
  end
end

---@param cmd string[]
local function check_version(cmd)
  local said = vim.fn.systemlist(server.sibling_command("--version"))
  local line = table.concat(said, " ")
  if vim.v.shell_error ~= 0 then
    fail(
      ("`%s --version` does not work: %s"):format(cmd[1], line),
      { "Install lm-lint anew, or run it in a terminal to see what is wrong." }
    )
  elseif not line:find("lm%-lint %d") then
    warn(
      ("`%s --version` says %q"):format(cmd[1], line),
      { "Something else is installed under this name; say where lm-lint is: :help lm_lint-server" }
    )
  else
    ok(line)
  end
end

local function check_server()
  start("lm_lint: server")
  if not server.config() then
    warn("it is not set up", { 'Call `require("lm_lint").setup()` in your init.lua.' })
    return
  end
  local cmd = server.command()
  if not cmd then
    info("`cmd` is a function, which is not examined.")
  elseif vim.fn.executable(cmd[1]) == 0 then
    fail(("`%s` cannot be run"):format(cmd[1]), {
      "Install lm-lint where your PATH leads: pipx install lm-lint",
      "Or say where it is: :help lm_lint-server",
      "Then `:LmLint restart`.",
    })
  else
    ok(("`%s` is %s"):format(table.concat(cmd, " "), vim.fn.exepath(cmd[1])))
    check_version(cmd)
  end
end

---@param client vim.lsp.Client
local function check_client(client)
  local found = status.of_client(client)
  local where = client.config.root_dir or "single files"
  ok(
    ("client %d (%s), %d buffers, columns in %s"):format(
      client.id,
      where,
      #compat.buffers(client),
      client.offset_encoding or "utf-16"
    )
  )
  if found.state == "ready" then
    ok(("model %s on %s"):format(found.model, found.device))
  elseif found.state == "failed" then
    fail("no model: " .. (found.message or "the server does not say why"), {
      "`:LmLint doctor` looks for the cause.",
      LOG,
    })
  else
    info("the model is being loaded")
  end
end

local function check_clients()
  start("lm_lint: clients")
  local clients = compat.clients()
  if #clients > 0 then
    vim.tbl_map(check_client, clients)
  elseif compat.is_enabled() then
    info("none is running; one is started when a C, Python or HTML file is opened. " .. LOG)
  else
    warn("lm-lint is not enabled", {
      'Call `vim.lsp.enable("lm_lint")` (Neovim 0.11) or `require("lm_lint").setup()`.',
    })
  end
end

function M.check()
  check_editor()
  check_server()
  check_clients()
end

return M
