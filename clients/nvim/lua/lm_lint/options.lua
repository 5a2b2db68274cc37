--- What `setup()` was told about the plugin itself; the rest is for `vim.lsp.config()`.

local M = {}

---@class lm_lint.SurpriseOptions
---@field enabled boolean Whether the view is on from the start.
---@field thresholds_bits number[] Where one colour ends and the next begins: six rising numbers.
---@field blanks boolean Whether blanks and line breaks with their indentation are coloured, too.

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

---@param given? table
function M.set_surprise(given)
  M.surprise = vim.tbl_extend("force", DEFAULTS, given or {})
  if not is_usable(M.surprise.thresholds_bits) then
    M.surprise.thresholds_bits = vim.deepcopy(DEFAULTS.thresholds_bits)
    require("lm_lint.notify").tell(
      "surprise.thresholds_bits has to be six rising numbers above 0; the default is used.",
      vim.log.levels.WARN
    )
  end
end

return M
