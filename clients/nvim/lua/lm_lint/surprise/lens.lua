--- What the view shows: the bits of each token, or what one cell of the network holds after it.

local colours = require("lm_lint.surprise.colours")
local levels = require("lm_lint.surprise.levels")
local options = require("lm_lint.options")
local shades = require("lm_lint.surprise.shades")

local M = {}

--- What the server is asked for: `property`, or `cell`; empty: the best cell of the language.
---@class lm_lint.WantedCell
---@field property? string
---@field cell? { layer: integer, unit: integer }

---@type lm_lint.WantedCell?
local wanted

---@param cell? lm_lint.WantedCell Without one, the bits.
function M.set(cell)
  wanted = cell
end

---@return boolean
function M.is_cell()
  return wanted ~= nil
end

---@return string
function M.method()
  return wanted and "lmLint/cell" or "lmLint/surprisal"
end

--- What is asked beside the place.
---@return table
function M.params()
  return wanted or {}
end

--- The tokens to paint, with their groups.
---@param answer lm_lint.Answer|lm_lint.CellAnswer
---@return lm_lint.Span[]
function M.spans(answer)
  if answer.shades then
    return shades.spans(answer)
  end
  local surprise = options.surprise
  local res = levels.spans(answer, surprise.thresholds_bits, surprise.blanks)
  for _, span in ipairs(res) do
    span.group = colours.group(span.level)
  end
  return res
end

return M
