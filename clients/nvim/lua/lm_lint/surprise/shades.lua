--- From what a cell holds to shades of cool and warm. Knows no server.

local M = {}

--- From the coolest to the warmest; near the middle there is no colour.
M.GROUPS = {
  "LmLintCellCool3",
  "LmLintCellCool2",
  "LmLintCellCool1",
  "LmLintCellWarm1",
  "LmLintCellWarm2",
  "LmLintCellWarm3",
}

-- Of shades, where one colour ends and the next begins; 1 is what few tokens pass.
local STEPS = { 0.12, 0.4, 0.75 }
local LINE_BREAK = 2

--- The answer of `lmLint/cell`, as docs/protocol.md has it.
---@class lm_lint.CellAnswer
---@field version? integer
---@field ranges integer[]
---@field kinds integer[]
---@field values number[]
---@field shades number[]
---@field cell lm_lint.Cell
---@field cells lm_lint.Cell[]

---@class lm_lint.Cell
---@field layer integer
---@field unit integer
---@field property? string
---@field measure? string
---@field score? number

--- The index of the group, if there is one.
---@param shade number
---@return integer?
function M.of(shade)
  local n_steps = 0
  for _, step in ipairs(STEPS) do
    n_steps = n_steps + (math.abs(shade) >= step and 1 or 0)
  end
  if n_steps == 0 then
    return nil
  end
  return shade < 0 and #STEPS + 1 - n_steps or #STEPS + n_steps
end

--- The tokens to paint. Line breaks are left out: what is held there shows in the token before.
---@param answer lm_lint.CellAnswer
---@return lm_lint.Span[]
function M.spans(answer)
  local res, ranges = {}, answer.ranges
  for idx, shade in ipairs(answer.shades) do
    local group = M.GROUPS[M.of(shade)]
    if group and answer.kinds[idx] ~= LINE_BREAK then
      local at = 4 * (idx - 1)
      res[#res + 1] = {
        line = ranges[at + 1],
        start = ranges[at + 2],
        end_line = ranges[at + 3],
        end_ = ranges[at + 4],
        group = group,
      }
    end
  end
  return res
end

return M
