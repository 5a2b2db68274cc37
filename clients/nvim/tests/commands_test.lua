-- :LmLint and its completion, the status line, repairing all, the log, the doctor.

local t = require("harness")

---@param line string
---@return string[]
local function completed(line)
  return vim.fn.getcompletion(line, "cmdline")
end

t.test("nothing is loaded before it is used", function()
  local loaded = vim.tbl_filter(function(name)
    return vim.startswith(name, "lm_lint.")
  end, vim.tbl_keys(package.loaded))
  table.sort(loaded)
  -- `setup()` starts the server, and that takes these.
  local needed = { "lm_lint.compat", "lm_lint.fallback", "lm_lint.notify", "lm_lint.server" }
  for _, name in ipairs(loaded) do
    t.ok(vim.tbl_contains(needed, name), name .. " was loaded")
  end
end)

t.test("completion", function()
  t.eq({ "cell", "doctor", "fix", "log", "restart", "status", "surprise" }, completed("LmLint "))
  t.eq({ "status", "surprise" }, completed("LmLint s"))
  t.eq({ "on", "off", "toggle" }, completed("LmLint surprise "))
  t.eq({ "on", "off" }, completed("LmLint surprise o"))
  t.eq({}, completed("LmLint restart "))
  t.eq({}, completed("LmLint surprise on "))
end)

t.test("completion after other words, and of a shortened command", function()
  -- getcompletion() of Neovim 0.7 cannot tell.
  local complete = require("lm_lint.commands").complete
  t.eq({ "status", "surprise" }, complete("silent! LmLint s"))
  t.eq({ "on", "off", "toggle" }, complete("edit LmLint.c | LmLint surprise "))
  t.eq({ "doctor" }, complete("LmL d"))
  t.eq({}, complete("LmLint nonsense o"))
end)

t.test("another command may follow", function()
  vim.cmd("LmLint status | let g:followed = 1")
  t.eq(1, vim.g.followed)
  t.eq(1, #t.told("no server is running"))
end)

t.test("what is not there is told with what is", function()
  vim.cmd("LmLint nonsense")
  t.eq(1, #t.told("there are cell, doctor, fix, log, restart, status, surprise"))
  vim.cmd("LmLint surprise perhaps")
  t.eq(1, #t.told(":LmLint surprise [on|off|toggle]"))
end)

t.test("the status line is empty where lm-lint does not look", function()
  t.eq("", require("lm_lint").statusline())
  t.eq(nil, require("lm_lint").status())
end)

t.test("the status line and the status tell of the model", function()
  t.open("missing_paren.c")
  t.await_findings(1)
  t.eventually("ready", function()
    return require("lm_lint").statusline() == "lm-lint: small, cpu"
  end)
  vim.o.statusline = "%{v:lua.require'lm_lint'.statusline()}"
  if vim.api.nvim_eval_statusline then
    t.eq("lm-lint: small, cpu", vim.api.nvim_eval_statusline(vim.o.statusline, {}).str)
  end
  _G.told = {}
  vim.cmd("LmLint")
  t.eq(1, #t.told("model: small, on cpu"))
  t.eq(1, #t.told(vim.fn.getcwd()))
end)

t.test("fix makes all certain repairs", function()
  local slip = t.line(27)
  -- A second slip: a call without its semicolon.
  vim.api.nvim_buf_set_lines(0, -1, -1, true, { "int twice(int n)", "{", "    return 2 * n", "}" })
  t.await_findings(2)
  t.await_findings(0, function()
    vim.cmd("LmLint fix")
  end)
  t.eq(slip:gsub(" {$", ") {"), t.line(27))
  t.eq("    return 2 * n;", t.line(vim.fn.line("$") - 1))
end)

t.test("fix says so when there is nothing to do", function()
  _G.told = {}
  vim.cmd("LmLint fix")
  t.eventually("a message", function()
    return #t.told("nothing that it is sure how to repair") == 1
  end)
end)

t.test("fix says so where the buffer cannot be changed", function()
  _G.told = {}
  vim.bo.modifiable = false
  vim.cmd("LmLint fix")
  vim.bo.modifiable = true
  t.eq(1, #t.told("this buffer cannot be changed"))
end)

t.test("fix before a file is written gives up what comes too late", function()
  local compat = require("lm_lint.compat")
  local request, cancel, cancelled = compat.request, compat.cancel, {}
  compat.request = function()
    return true, 17
  end
  compat.cancel = function(_, id)
    cancelled[#cancelled + 1] = id
  end
  require("lm_lint").fix({ wait_ms = 20 })
  compat.request, compat.cancel = request, cancel
  t.eq({ 17 }, cancelled)
end)

t.test("fix before a file is written", function()
  vim.api.nvim_create_autocmd("BufWritePre", {
    callback = function(event)
      require("lm_lint").fix({ bufnr = event.buf, wait_ms = 10000 })
    end,
  })
  t.open("python/routes.py")
  t.await_findings(1)
  vim.cmd("silent write")
  local written = vim.fn.readfile("python/routes.py")
  t.eq('    return jsonify({"error": "there is no such note"}), 404', written[38])
end)

t.test("the log is shown", function()
  vim.cmd("silent LmLint log")
  t.ok(vim.api.nvim_buf_get_name(0):find("lsp%.log$"), vim.api.nvim_buf_get_name(0))
  vim.cmd("bwipeout!")
end)

t.test("the doctor's report is shown in a window", function()
  t.after_event("LmLintDoctor", function()
    local bufnr = vim.fn.bufnr("lm-lint://doctor")
    local text = table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, true), "\n")
    return vim.fn.bufwinid(bufnr) ~= -1 and text:find("torch") and text:find("model")
  end, function()
    vim.cmd("LmLint doctor")
  end)
end)

t.test("options that make no sense are told and not used", function()
  local options = require("lm_lint.options")
  local defaults = vim.deepcopy(options.surprise)
  local function check(surprise, ...)
    _G.told = {}
    require("lm_lint").setup({ surprise = surprise })
    for _, text in ipairs({ ... }) do
      t.eq(1, #t.told(text))
    end
    t.eq(select("#", ...), #_G.told)
    t.eq(defaults, options.surprise)
  end
  check({ thresholds_bits = { 3, 2, 1 } }, "six rising numbers")
  check({ threshold_bits = { 1, 2, 3, 4, 5, 6 } }, "surprise.threshold_bits is no option")
  check({ blanks = "yes", enabled = 0 }, "surprise.blanks has", "surprise.enabled has")
  check(true, "surprise has to be a table")
  check({})
end)

t.finish()
