--- `:LmLint` and its completion.

local notify = require("lm_lint.notify")

local M = {}

---@class lm_lint.Command
---@field run fun(argument?: string)
---@field arguments? string[]
---@field pattern? string What an argument may be beside these, and `shape` how it is told.
---@field shape? string

---@type table<string, lm_lint.Command>
local COMMANDS = {
  cell = {
    arguments = { "depth", "string", "comment", "open-tags", "line-length", "off" },
    pattern = "^%d+:%d+$",
    shape = "LAYER:UNIT",
    run = function(argument)
      local surprise = require("lm_lint.surprise")
      if argument == "off" then
        surprise.off()
        return
      end
      local layer, unit = (argument or ""):match("^(%d+):(%d+)$")
      surprise.cell(
        layer and { cell = { layer = tonumber(layer), unit = tonumber(unit) } }
          or { property = argument }
      )
    end,
  },
  surprise = {
    arguments = { "on", "off", "toggle" },
    run = function(argument)
      local surprise = require("lm_lint.surprise")
      surprise[argument or "toggle"]()
      if surprise.is_on() then
        surprise.legend()
      end
    end,
  },
  status = {
    run = function()
      notify.tell(table.concat(require("lm_lint.status").report(), "\n"))
    end,
  },
  restart = {
    run = function()
      require("lm_lint.server").restart()
    end,
  },
  doctor = {
    run = function()
      require("lm_lint.doctor").run()
    end,
  },
  fix = {
    run = function()
      require("lm_lint.fix").run()
    end,
  },
  log = {
    run = function()
      vim.cmd("tabedit " .. vim.fn.fnameescape(require("lm_lint.compat").log_path()))
      vim.cmd("normal! G")
    end,
  },
}

---@return string[]
local function names()
  local res = vim.tbl_keys(COMMANDS)
  table.sort(res)
  return res
end

---@param words string[]
---@param begun string
---@return string[]
local function beginning_with(words, begun)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, begun)
  end, words)
end

--- What may follow; `line` ends at the cursor. Before the command, which may be shortened, there
--- may be others.
---@param line string
---@return string[]
function M.complete(line)
  local words = vim.split(line:match(".*%f[%a]Lm%a*%s+(.*)$") or "", "%s+")
  if #words == 1 then
    return beginning_with(names(), words[1])
  end
  local command = COMMANDS[words[1]]
  return #words == 2 and command and beginning_with(command.arguments or {}, words[2]) or {}
end

---@param command lm_lint.Command
---@param argument string
---@return boolean
local function takes(command, argument)
  local is_known = vim.tbl_contains(command.arguments or {}, argument)
  return is_known or (command.pattern ~= nil and argument:find(command.pattern) ~= nil)
end

--- Without a word, `status`.
---@param words string[]
function M.run(words)
  local name, argument = words[1] or "status", words[2]
  local command = COMMANDS[name]
  if not command then
    local known = table.concat(names(), ", ")
    notify.tell(("there is no :LmLint %s; there are %s."):format(name, known), vim.log.levels.ERROR)
  elseif #words > 2 or (argument and not takes(command, argument)) then
    local known = vim.list_extend({}, command.arguments or {})
    known[#known + 1] = command.shape
    local usage = #known > 0 and " [" .. table.concat(known, "|") .. "]" or ""
    notify.tell(("it is :LmLint %s%s."):format(name, usage), vim.log.levels.ERROR)
  else
    command.run(argument)
  end
end

return M
