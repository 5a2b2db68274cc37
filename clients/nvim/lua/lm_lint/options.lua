--- What `setup()` was told about the plugin itself; the rest is for `vim.lsp.config()`.

local M = {}

---@class lm_lint.SurpriseOptions
---@field enabled? boolean Whether the view is on from the start.
---@field thresholds_bits? number[] Where one colour ends and the next begins: six rising numbers.
---@field blanks? boolean Whether blanks and line breaks with their indentation are coloured, too.

---@class lm_lint.Options : vim.lsp.Config
---@field surprise? lm_lint.SurpriseOptions

---@type lm_lint.SurpriseOptions
local DEFAULTS = { enabled = false, thresholds_bits = { 1, 2, 4, 6, 9, 13 }, blanks = false }

---@type lm_lint.SurpriseOptions
M.surprise = vim.deepcopy(DEFAULTS)

---@param thresholds any
---@return boolean
local function is_usable(thresholds)
  if type(thresholds) ~= "table" or #thresholds ~= #DEFAULTS.thresholds_bits then
    return false
  end
  local last = 0
  for _, bits in ipairs(thresholds) do
    if type(bits) ~= "number" or bits <= last then
      return false
    end
    last = bits
  end
  return true
end

--- What is wrong with what was given, as sentences; that part is left out.
---@param given any
---@return string[] problems
---@return table usable
local function examined(given)
  local problems, usable = {}, {}
  if type(given) ~= "table" then
    return { "surprise has to be a table, such as { enabled = true }." }, {}
  end
  for name, value in pairs(given) do
    if DEFAULTS[name] == nil then
      problems[#problems + 1] = ("surprise.%s is no option."):format(name)
    elseif name == "thresholds_bits" and not is_usable(value) then
      problems[#problems + 1] = "surprise.thresholds_bits has to be six rising numbers above 0; "
        .. "the default is used."
    elseif type(value) ~= type(DEFAULTS[name]) then
      problems[#problems + 1] = ("surprise.%s has to be true or false."):format(name)
    else
      usable[name] = value
    end
  end
  table.sort(problems)
  return problems, usable
end

---@param given lm_lint.SurpriseOptions
function M.set_surprise(given)
  local problems, usable = examined(given)
  M.surprise = vim.tbl_extend("force", vim.deepcopy(DEFAULTS), usable)
  for _, problem in ipairs(problems) do
    require("lm_lint.notify").tell(problem, vim.log.levels.WARN)
  end
end

return M
