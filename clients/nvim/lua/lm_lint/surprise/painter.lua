--- Puts spans of the server into a buffer as extmarks.

local compat = require("lm_lint.compat")

-- Above the colours of syntax, whose backgrounds would hide these; below diagnostics.
local PRIORITY = 130

---@class lm_lint.Painter
---@field package bufnr integer
---@field package encoding string
---@field package most_bytes integer
---@field package columns table<integer, fun(column: integer): integer> By line, from 0.
local Painter = {}
Painter.__index = Painter
Painter.NAMESPACE = vim.api.nvim_create_namespace("lm_lint.surprise")

--- For as long as the text stays as it is.
---@param bufnr integer
---@param encoding string
---@return lm_lint.Painter
function Painter.new(bufnr, encoding)
  -- Tens of thousands of marks are slow to draw: in a line, colours end where those of syntax do.
  local most_bytes = vim.bo[bufnr].synmaxcol
  return setmetatable({
    bufnr = bufnr,
    encoding = encoding,
    most_bytes = most_bytes > 0 and most_bytes or math.huge,
    columns = {},
  }, Painter)
end

---@param row integer
---@param column integer
---@return integer
function Painter:byte(row, column)
  if not self.columns[row] then
    local line = vim.api.nvim_buf_get_lines(self.bufnr, row, row + 1, false)[1] or ""
    self.columns[row] = compat.bytes_of_columns(line, self.encoding)
  end
  return self.columns[row](column)
end

---@param span lm_lint.Span
function Painter:mark(span)
  local start = self:byte(span.line, span.start)
  if start >= self.most_bytes then
    return
  end
  vim.api.nvim_buf_set_extmark(self.bufnr, Painter.NAMESPACE, span.line, start, {
    end_row = span.end_line,
    end_col = self:byte(span.end_line, span.end_),
    hl_group = span.group,
    priority = PRIORITY,
    strict = false,
  })
end

return Painter
