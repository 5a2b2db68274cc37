--- `lm-lint doctor` says what is installed, how fast it is, and what is wrong; in a window.

local compat = require("lm_lint.compat")
local notify = require("lm_lint.notify")

local M = {}

local NAME = "lm-lint://doctor"

---@return integer bufnr
local function open_window()
  local bufnr = vim.fn.bufadd(NAME)
  vim.fn.bufload(bufnr)
  vim.bo[bufnr].buftype = "nofile"
  vim.bo[bufnr].swapfile = false
  vim.bo[bufnr].buflisted = false
  if vim.fn.bufwinid(bufnr) == -1 then
    vim.cmd("botright split")
    vim.api.nvim_win_set_buf(0, bufnr)
  end
  return bufnr
end

---@param bufnr integer
---@param lines string[]
local function show(bufnr, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
end

--- Both streams are shown when the program has ended: it takes a few seconds.
function M.run()
  local cmd = require("lm_lint.server").sibling_command("doctor")
  if not cmd or vim.fn.executable(cmd[1]) == 0 then
    local called = cmd and cmd[1] or "the command"
    notify.tell(
      ("%s cannot be run. :checkhealth lm_lint has more."):format(called),
      vim.log.levels.ERROR
    )
    return
  end
  local bufnr = open_window()
  show(bufnr, { "$ " .. table.concat(cmd, " "), "(at work)" })
  local said = {}
  local function collect(_, lines)
    vim.list_extend(said, lines)
  end
  vim.fn.jobstart(cmd, {
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = collect,
    on_stderr = collect,
    on_exit = function(_, code)
      if vim.api.nvim_buf_is_loaded(bufnr) then
        show(bufnr, vim.list_extend({ "$ " .. table.concat(cmd, " ") }, said))
      end
      if code ~= 0 then
        notify.tell("the doctor found something that is broken.", vim.log.levels.WARN)
      end
      compat.emit("LmLintDoctor")
    end,
  })
end

return M
