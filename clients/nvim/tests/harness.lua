--- Tests without a framework: `test` runs one, `finish` says how many failed and ends the editor.
--- Nothing sleeps: `eventually` runs the event loop until something is so, within bounds.

local M = {}

local BOUND_MS = 30000
local n_failed, n_run = 0, 0

---@param text string
function M.say(text)
  io.stdout:write(text .. "\n")
end

---@param what string
---@param is_so fun(): any
---@return any
function M.eventually(what, is_so)
  local found
  local came = vim.wait(BOUND_MS, function()
    found = is_so()
    return found
  end, 5)
  if not came then
    error("it did not happen: " .. what .. "; told: " .. vim.inspect(_G.told), 2)
  end
  return found
end

--- Waits for an autocommand's event after which something is so.
---@param event string `DiagnosticChanged`, or a pattern of `User`
---@param is_so fun(): any
---@param job? fun() What sets it off.
---@return any
function M.after_event(event, is_so, job)
  local found
  local pattern = vim.fn.exists("##" .. event) == 1 and "*" or event
  local id = vim.api.nvim_create_autocmd(pattern == "*" and event or "User", {
    pattern = pattern,
    callback = function()
      found = found or is_so()
    end,
  })
  if job then
    job()
  end
  local came = vim.wait(BOUND_MS, function()
    return found
  end, 5)
  vim.api.nvim_del_autocmd(id)
  if not came then
    error(("%s did not come as expected; told: %s"):format(event, vim.inspect(_G.told)), 2)
  end
  return found
end

---@param expected any
---@param actual any
function M.eq(expected, actual)
  if not vim.deep_equal(expected, actual) then
    error(("expected %s, got %s"):format(vim.inspect(expected), vim.inspect(actual)), 2)
  end
end

---@param is_so any
---@param otherwise any
function M.ok(is_so, otherwise)
  if not is_so then
    error(type(otherwise) == "string" and otherwise or vim.inspect(otherwise), 2)
  end
end

---@param name string
---@param body fun()
function M.test(name, body)
  local started = vim.loop.hrtime()
  local is_good, problem = xpcall(body, debug.traceback)
  n_run = n_run + 1
  local elapsed_ms = (vim.loop.hrtime() - started) / 1e6
  M.say(("%s %s (%d ms)"):format(is_good and "ok    " or "not ok", name, elapsed_ms))
  if not is_good then
    n_failed = n_failed + 1
    M.say(problem)
  end
end

function M.finish()
  M.say(("%d run, %d failed"):format(n_run, n_failed))
  vim.cmd(n_failed == 0 and n_run > 0 and "qall!" or "cquit 1")
end

---@param path string
---@return integer bufnr
function M.open(path)
  vim.cmd("edit " .. path)
  return vim.api.nvim_get_current_buf()
end

---@param row integer from 1
---@return string
function M.line(row)
  return vim.api.nvim_buf_get_lines(0, row - 1, row, true)[1]
end

---@return vim.lsp.Client
function M.client()
  return require("lm_lint.compat").clients()[1]
end

--- The findings of lm-lint in the current buffer.
---@return table[]
function M.findings()
  return vim.tbl_filter(function(finding)
    return finding.source == "lm-lint"
  end, vim.diagnostic.get(0))
end

--- Waits until the current buffer has so many findings.
---@param count integer
---@param job? fun()
---@return table[]
function M.await_findings(count, job)
  if not job and #M.findings() == count then
    return M.findings()
  end
  return M.after_event("DiagnosticChanged", function()
    local found = M.findings()
    return #found == count and found
  end, job)
end

--- Messages that were shown and contain a text.
---@param text string
---@return string[]
function M.told(text)
  local res = {}
  for _, entry in ipairs(_G.told) do
    if entry.message:find(text, 1, true) then
      res[#res + 1] = entry.message
    end
  end
  return res
end

return M
