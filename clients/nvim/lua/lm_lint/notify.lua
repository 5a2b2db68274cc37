--- Messages to the person: short, under one title, and those that would come again only once.

local M = {}

---@type table<string, true>
local told = {}

---@param message string
---@param level? integer
function M.tell(message, level)
  vim.notify("lm-lint: " .. message, level or vim.log.levels.INFO, { title = "lm-lint" })
end

---@param message string
---@param level? integer
function M.once(message, level)
  if not told[message] then
    told[message] = true
    M.tell(message, level)
  end
end

function M.forget()
  told = {}
end

return M
