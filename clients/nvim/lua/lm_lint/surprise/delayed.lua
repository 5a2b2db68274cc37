--- A job that is put off while new reasons for it keep coming.

local uv = require("lm_lint.compat").uv

---@class lm_lint.Delayed
---@field package timer uv.uv_timer_t
---@field package job fun()
local Delayed = {}
Delayed.__index = Delayed

---@param job fun()
---@return lm_lint.Delayed
function Delayed.new(job)
  return setmetatable({ timer = assert(uv.new_timer()), job = vim.schedule_wrap(job) }, Delayed)
end

--- Runs the job after so many milliseconds without another call.
---@param delay_ms integer
function Delayed:after(delay_ms)
  self.timer:start(delay_ms, 0, self.job)
end

--- The same, but a wait that has begun stays as long as it is.
---@param delay_ms integer
function Delayed:within(delay_ms)
  if not self.timer:is_active() then
    self:after(delay_ms)
  end
end

function Delayed:close()
  if not self.timer:is_closing() then
    self.timer:close()
  end
end

return Delayed
