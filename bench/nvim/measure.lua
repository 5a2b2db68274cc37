-- How long a person waits in Neovim: from opening a file to its findings, and from an edit to what
-- follows.
-- Run by run.sh, in a copy of the examples. Prints one row of a table for each quantity.

local FILES = vim.fn.glob("{.,c,python,html}/*.{c,py,html}", false, true)
-- Two or three of the examples have no finding; so long they are waited for, and are not counted.
local BOUND_MS = 5000

---@return integer
local function n_findings()
  return #vim.tbl_filter(function(finding)
    return finding.source == "lm-lint"
  end, vim.diagnostic.get(0))
end

--- Milliseconds from the job to the event after which something is so, or nil.
---@param job fun()
---@param is_so fun(): boolean
---@return number?
local function measured(job, is_so)
  local ended
  local id = vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function()
      ended = ended or (is_so() and vim.loop.hrtime() or nil)
    end,
  })
  local started = vim.loop.hrtime()
  job()
  vim.wait(BOUND_MS, function()
    return ended ~= nil
  end, 1)
  vim.api.nvim_del_autocmd(id)
  return ended and (ended - started) / 1e6
end

---@param values number[]
---@param share number
---@return number
local function percentile(values, share)
  table.sort(values)
  return values[math.max(1, math.ceil(share * #values))]
end

---@param what string
---@param values number[]
local function row(what, values)
  local version = vim.version()
  io.stdout:write(
    ("| %d.%d.%d | %s | %d | %.0f | %.0f |\n"):format(
      version.major,
      version.minor,
      version.patch,
      what,
      #values,
      percentile(values, 0.5),
      percentile(values, 0.95)
    )
  )
end

local function has_findings()
  return n_findings() > 0
end

local function has_none()
  return n_findings() == 0
end

local function cold()
  local values = {}
  for _ = 1, 5 do
    local client = require("lm_lint.compat").clients()[1]
    if client then
      require("lm_lint.compat").stop(client)
      vim.wait(BOUND_MS, function()
        return #require("lm_lint.compat").clients() == 0
      end, 5)
      vim.cmd("%bwipeout!")
    end
    values[#values + 1] = measured(function()
      vim.cmd("edit missing_paren.c")
    end, has_findings)
  end
  row("open, server not running", values)
end

local function warm()
  local values = {}
  for _, path in ipairs(FILES) do
    vim.cmd("silent! bwipeout! " .. path)
    values[#values + 1] = measured(function()
      vim.cmd("edit " .. path)
    end, has_findings)
  end
  row("open, server running", values)
end

local function edits()
  vim.cmd("edit missing_paren.c")
  local slip = vim.api.nvim_buf_get_lines(0, 26, 27, true)[1]
  local mended, made = {}, {}
  local good = slip:gsub(" {$", ") {")
  for _ = 1, 25 do
    mended[#mended + 1] = measured(function()
      vim.api.nvim_buf_set_lines(0, 26, 27, true, { good })
    end, has_none)
    made[#made + 1] = measured(function()
      vim.api.nvim_buf_set_lines(0, 26, 27, true, { slip })
    end, has_findings)
  end
  row("edit that mends the slip: finding gone", mended)
  row("edit that makes the slip: finding shown", made)
end

--- From an edit to the colours of the new text.
local function surprise()
  local values = {}
  local ended
  vim.api.nvim_create_autocmd("User", {
    pattern = "LmLintSurprise",
    callback = function()
      ended = vim.loop.hrtime()
    end,
  })
  vim.cmd("silent LmLint surprise on")
  for idx = 0, 25 do
    ended = nil
    local started = vim.loop.hrtime()
    if idx > 0 then
      vim.api.nvim_buf_set_text(0, 8, 4, 8, 4, { ("int x%d = 0; "):format(idx) })
    end
    vim.wait(BOUND_MS, function()
      return ended ~= nil
    end, 1)
    if idx > 0 then
      values[#values + 1] = (ended - started) / 1e6
    end
  end
  row("edit with the surprise view on: repainted", values)
end

cold()
warm()
edits()
surprise()
vim.cmd("qall!")
