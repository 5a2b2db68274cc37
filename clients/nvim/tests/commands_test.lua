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
  t.eq({ "doctor", "fix", "log", "restart", "status", "surprise" }, completed("LmLint "))
  t.eq({ "status", "surprise" }, completed("LmLint s"))
  t.eq({ "on", "off", "toggle" }, completed("LmLint surprise "))
  t.eq({ "on", "off" }, completed("LmLint surprise o"))
  t.eq({}, completed("LmLint restart "))
end)

t.test("what is not there is told with what is", function()
  vim.cmd("LmLint nonsense")
  t.eq(1, #t.told("there are doctor, fix, log, restart, status, surprise"))
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

t.test("a thresholds' list that makes no sense is told and not used", function()
  _G.told = {}
  require("lm_lint").setup({ surprise = { thresholds_bits = { 3, 2, 1 } } })
  t.eq(1, #t.told("six rising numbers"))
  t.eq({ 1, 2, 4, 6, 9, 13 }, require("lm_lint.options").surprise.thresholds_bits)
end)

t.finish()
