--- Which lines to ask for: what the windows show and some more, so that a short way needs no
--- question. Lines count from 0, stretches are half-open.

local M = {}

---@class lm_lint.Lines
---@field start integer
---@field end_ integer

--- The lines of the current window from `first` to `last`, from 1, that are in no closed fold. A
--- file may be one fold, and its window then shows all of it.
---@param first integer
---@param last integer
---@return lm_lint.Lines[]
local function unfolded(first, last)
  local res, row = {}, first
  while row <= last do
    local fold_end = vim.fn.foldclosedend(row)
    if fold_end ~= -1 then
      row = fold_end
    elseif #res > 0 and res[#res].end_ == row - 1 then
      res[#res].end_ = row
    else
      res[#res + 1] = { start = row - 1, end_ = row }
    end
    row = row + 1
  end
  return res
end

--- What the windows of a buffer show.
---@param bufnr integer
---@return lm_lint.Lines[]
function M.visible(bufnr)
  local res = {}
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    local stretches = vim.api.nvim_win_call(window, function()
      return unfolded(vim.fn.line("w0"), vim.fn.line("w$"))
    end)
    vim.list_extend(res, stretches)
  end
  return res
end

--- The stretches with a margin, those that touch made one.
---@param stretches lm_lint.Lines[]
---@param n_lines integer
---@param margin integer
---@return lm_lint.Lines[]
function M.wanted(stretches, n_lines, margin)
  local sorted = vim.deepcopy(stretches)
  table.sort(sorted, function(one, other)
    return one.start < other.start
  end)
  local res = {}
  for _, lines in ipairs(sorted) do
    local start = math.max(lines.start - margin, 0)
    local end_ = math.min(lines.end_ + margin, n_lines)
    local last = res[#res]
    if last and start <= last.end_ then
      last.end_ = math.max(last.end_, end_)
    elseif start < end_ then
      res[#res + 1] = { start = start, end_ = end_ }
    end
  end
  return res
end

--- Is each stretch within one of those that are painted?
---@param painted lm_lint.Lines[]
---@param stretches lm_lint.Lines[]
---@return boolean
function M.covers(painted, stretches)
  for _, lines in ipairs(stretches) do
    local is_covered = false
    for _, large in ipairs(painted) do
      is_covered = is_covered or (large.start <= lines.start and lines.end_ <= large.end_)
    end
    if not is_covered then
      return false
    end
  end
  return true
end

return M
