-- The server's life: restarted, ended by itself, not there; and what the person is told.

local t = require("harness")

local DEAF = vim.env.XDG_DATA_HOME .. ".deaf"
vim.fn.writefile({ "#!/bin/sh", "echo 'no such luck' >&2", "exit 3" }, DEAF)
vim.fn.setfperm(DEAF, "rwxr-xr-x")

---@param cmd string[]
local function use(cmd)
  require("lm_lint").setup({ cmd = cmd })
end

--- Ends every server and empties the list of messages.
local function quiet()
  for _, client in ipairs(require("lm_lint.compat").clients()) do
    require("lm_lint.compat").stop(client)
  end
  t.eventually("no server", function()
    return t.client() == nil
  end)
  _G.told = {}
end

t.test("a restart is another process, and findings come again", function()
  t.open("missing_paren.c")
  t.await_findings(1)
  local before = t.client().id
  vim.cmd("LmLint restart")
  t.eventually("another client", function()
    local client = t.client()
    return client and client.id ~= before
  end)
  t.await_findings(1)
  t.eq(1, #require("lm_lint.compat").clients())
  t.eq({}, _G.told)
end)

t.test("a restart serves every buffer that was open", function()
  t.open("c/bits.c")
  t.await_findings(1)
  vim.cmd("LmLint restart")
  local buffers
  t.eventually("both buffers", function()
    local client = t.client()
    buffers = client
      and not require("lm_lint.compat").is_stopped(client)
      and require("lm_lint.compat").buffers(client)
    return buffers and #buffers == 2
  end)
  t.await_findings(1)
end)

t.test("a server that is killed is started again", function()
  local before = t.client().id
  for _, process in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    vim.loop.kill(process, "sigkill")
  end
  t.eventually("another client", function()
    local client = t.client()
    return client and client.id ~= before
  end)
  t.await_findings(1)
end)

t.test("settings that are written here reach the server", function()
  t.open("lm-lint.toml")
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { 'exclude = ["missing_paren.c"]' })
  vim.cmd("silent write | edit missing_paren.c")
  t.await_findings(1)
  vim.cmd("buffer lm-lint.toml | silent write | buffer missing_paren.c")
  t.await_findings(0)
  vim.cmd("buffer lm-lint.toml")
  vim.api.nvim_buf_set_lines(0, 0, -1, true, {})
  vim.cmd("silent write | buffer missing_paren.c")
  t.await_findings(1)
end)

t.test("a restart works with somebody else's on_exit", function()
  local shipped = dofile(vim.env.LM_LINT_PLUGIN .. "/lsp/lm_lint.lua")
  require("lm_lint").setup({ on_exit = function() end })
  vim.cmd("LmLint restart")
  t.eventually("a client", function()
    return t.client() and not require("lm_lint.compat").is_stopped(t.client())
  end)
  t.await_findings(1)
  local before = t.client().id
  vim.cmd("LmLint restart")
  t.eventually("another client", function()
    return t.client() and t.client().id ~= before
  end)
  require("lm_lint").setup({ on_exit = shipped.on_exit })
  vim.cmd("LmLint restart")
  t.eventually("a third client", function()
    return t.client() and t.client().id > before + 1
  end)
  t.await_findings(1)
end)

t.test("the server is told what init_options say, too", function()
  local shipped = dofile(vim.env.LM_LINT_PLUGIN .. "/lsp/lm_lint.lua")
  local params = {}
  local options = { lmLint = { diagnostics = { mode = "pull" } } }
  local settings = { lmLint = { minConfidence = 0.8, diagnostics = { mode = "push" } } }
  shipped.before_init(params, { settings = settings, init_options = options })
  t.eq(
    { lmLint = { minConfidence = 0.8, diagnostics = { mode = "pull" } } },
    params.initializationOptions
  )
end)

t.test("a missing server is told once, with what to do", function()
  quiet()
  use({ "/nowhere/lm-lint", "server" })
  vim.cmd("edit c/calc.c | edit python/routes.py | edit html/signup.html")
  vim.cmd("edit missing_paren.c")
  t.eventually("a message", function()
    return #_G.told > 0
  end)
  t.eq(1, #t.told("`/nowhere/lm-lint` is not there."))
  t.eq(1, #_G.told)
  t.eq(vim.log.levels.ERROR, _G.told[1].level)
  t.ok(_G.told[1].message:find("pipx install lm-lint", 1, true), _G.told)
end)

t.test("once it is there, a restart is enough", function()
  use({ vim.env.LM_LINT, "server" })
  vim.cmd("LmLint restart")
  t.await_findings(1)
end)

t.test("a server that always ends is not started for ever", function()
  quiet()
  use({ DEAF, "server" })
  vim.cmd("edit! missing_paren.c")
  t.eventually("the message", function()
    -- The editor itself tells of each end.
    return #t.told("stays away") == 1 and #t.told("quit with exit code 3") == 3
  end)
  vim.cmd("edit c/calc.c | edit missing_paren.c")
  t.eq(3, #t.told("quit with exit code 3"))
  t.eq(nil, t.client())
  t.ok(not require("lm_lint.compat").is_enabled(), "it is enabled")
end)

t.test("which a restart mends, too", function()
  use({ vim.env.LM_LINT, "server" })
  vim.cmd("LmLint restart")
  t.await_findings(1)
end)

t.finish()
