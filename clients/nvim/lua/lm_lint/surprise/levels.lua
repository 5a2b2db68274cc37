--- From bits to levels, and what each level means. Knows no editor.

local M = {}

--- How many highlight groups there are: `LmLintSurprise1` to `LmLintSurprise7`.
M.COUNT = 7

local VISIBLE = 0

--- The answer of `lmLint/surprisal`, as docs/protocol.md has it.
---@class lm_lint.Answer
---@field version? integer
---@field ranges integer[]
---@field kinds integer[]
---@field surprisalBits number[]
---@field entropyBits number[]

--- A token: lines from 0, columns in the units of the server.
---@class lm_lint.Span
---@field line integer
---@field start integer
---@field end_line integer
---@field end_ integer
---@field level? integer of the surprise
---@field group? string of the highlight

--- From 1. A threshold belongs to the level above it.
---@param bits number
---@param thresholds number[]
---@return integer
function M.of(bits, thresholds)
  for idx, threshold in ipairs(thresholds) do
    if bits < threshold then
      return idx
    end
  end
  return #thresholds + 1
end

--- The tokens to paint. Blanks and line breaks are left out unless they are wanted.
---@param answer lm_lint.Answer
---@param thresholds number[]
---@param blanks boolean
---@return lm_lint.Span[]
function M.spans(answer, thresholds, blanks)
  local res, ranges = {}, answer.ranges
  for idx, bits in ipairs(answer.surprisalBits) do
    if blanks or answer.kinds[idx] == VISIBLE then
      local at = 4 * (idx - 1)
      res[#res + 1] = {
        line = ranges[at + 1],
        start = ranges[at + 2],
        end_line = ranges[at + 3],
        end_ = ranges[at + 4],
        level = M.of(bits, thresholds),
      }
    end
  end
  return res
end

--- What the levels stand for, from the least surprising on.
---@param thresholds number[]
---@return string[]
function M.legend(thresholds)
  local res = { ("below %g"):format(thresholds[1]) }
  for idx = 2, #thresholds do
    res[idx] = ("%g-%g"):format(thresholds[idx - 1], thresholds[idx])
  end
  res[#res + 1] = ("%g and more bits"):format(thresholds[#thresholds])
  return res
end

return M
