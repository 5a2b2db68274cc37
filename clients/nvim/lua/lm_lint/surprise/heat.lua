--- Keeps one buffer painted: asks for the bits (or for what a cell holds) of what its windows show,
--- drops answers that are no longer true, and asks again. Between answers the colours move along
--- with the text.
--- longer true, and asks again. Between answers the colours move along with the text.

local Delayed = require("lm_lint.surprise.delayed")
local Painter = require("lm_lint.surprise.painter")
local compat = require("lm_lint.compat")
local lens = require("lm_lint.surprise.lens")
local lines = require("lm_lint.surprise.lines")
local notify = require("lm_lint.notify")

local NAMESPACE = Painter.NAMESPACE
-- So many lines above and below those that are visible are painted, too.
local MARGIN = 60
-- The text changes while it is read only so often; then a later change asks.
local ATTEMPTS = 3
local TYPING_MS = 80
local SCROLLING_MS = 30
local CONTENT_MODIFIED = -32801

---@class lm_lint.Heat
---@field bufnr integer
---@field package soon lm_lint.Delayed
---@field package painted? { tick: integer, lines: lm_lint.Lines[] }
---@field package asking? lm_lint.Asking
---@field is_over boolean The buffer was unloaded, or the view is off: nothing is painted any more.
local Heat = {}
Heat.__index = Heat

--- A question in as many parts as there are stretches of lines.
---@class lm_lint.Asking
---@field client vim.lsp.Client
---@field ids integer[]
---@field tick integer
---@field attempt integer
---@field wanted lm_lint.Lines[]
---@field answers (lm_lint.Answer|lm_lint.CellAnswer)[]
---@field n_missing integer

---@param bufnr integer
---@return lm_lint.Heat
function Heat.new(bufnr)
  local self = setmetatable({ bufnr = bufnr, is_over = false }, Heat)
  self.soon = Delayed.new(function()
    self:update()
  end)
  vim.api.nvim_buf_attach(bufnr, false, {
    on_lines = function()
      if self.is_over then
        return true
      end
      self:later(TYPING_MS)
    end,
    on_reload = function()
      self:later(0)
    end,
    -- What is loaded under the same number later needs another heat.
    on_detach = function()
      self.is_over = true
    end,
  })
  return self
end

---@param delay_ms integer
function Heat:later(delay_ms)
  if not self.is_over then
    self.soon:after(delay_ms)
  end
end

--- A window of the buffer was drawn, perhaps with other lines.
function Heat:drawn()
  if not self.is_over then
    self.soon:within(SCROLLING_MS)
  end
end

--- Paints what is visible, unless it is painted already.
function Heat:update()
  if self.is_over or not vim.api.nvim_buf_is_loaded(self.bufnr) then
    return
  end
  local visible = lines.visible(self.bufnr)
  if #visible > 0 and not self:is_painted(visible) then
    self:ask(1)
  end
end

--- What was painted is no longer true: another model, or other thresholds.
function Heat:forget()
  self.painted = nil
end

function Heat:wipe()
  self.painted = nil
  if vim.api.nvim_buf_is_loaded(self.bufnr) then
    vim.api.nvim_buf_clear_namespace(self.bufnr, NAMESPACE, 0, -1)
  end
end

function Heat:close()
  self.is_over = true
  self:give_up()
  self.soon:close()
  self:wipe()
end

---@return integer
function Heat:tick()
  return vim.api.nvim_buf_get_changedtick(self.bufnr)
end

---@param visible lm_lint.Lines[]
---@return boolean
function Heat:is_painted(visible)
  local painted = self.painted
  return painted ~= nil and painted.tick == self:tick() and lines.covers(painted.lines, visible)
end

--- Takes back a question that waits for its answer.
function Heat:give_up()
  local asking = self.asking
  self.asking = nil
  if asking and not compat.is_stopped(asking.client) then
    for _, request_id in ipairs(asking.ids) do
      compat.cancel(asking.client, request_id)
    end
  end
end

---@param attempt integer
function Heat:ask(attempt)
  self:give_up()
  local client = compat.clients(self.bufnr)[1]
  if not client then
    self:wipe()
    return
  end
  local n_lines = vim.api.nvim_buf_line_count(self.bufnr)
  local wanted = lines.wanted(lines.visible(self.bufnr), n_lines, MARGIN)
  local asking = {
    client = client,
    ids = {},
    tick = self:tick(),
    attempt = attempt,
    wanted = wanted,
    answers = {},
    n_missing = #wanted,
  }
  self.asking = asking
  for _, stretch in ipairs(wanted) do
    self:send(asking, stretch)
  end
end

---@param asking lm_lint.Asking
---@param stretch lm_lint.Lines
function Heat:send(asking, stretch)
  local params = vim.tbl_extend("error", {
    textDocument = { uri = vim.uri_from_bufnr(self.bufnr) },
    range = {
      start = { line = stretch.start, character = 0 },
      ["end"] = { line = stretch.end_, character = 0 },
    },
  }, lens.params())
  local was_sent, id = compat.request(asking.client, lens.method(), params, function(err, result)
    self:on_reply(asking, err, result)
  end, self.bufnr)
  if was_sent then
    asking.ids[#asking.ids + 1] = id
  end
end

---@param asking lm_lint.Asking
---@param err? { code: integer, message: string }
---@param answer? lm_lint.Answer|lm_lint.CellAnswer
function Heat:on_reply(asking, err, answer)
  if self.asking ~= asking or self.is_over then
    return
  end
  if err then
    self:on_error(asking, err)
    return
  end
  asking.answers[#asking.answers + 1] = answer
  asking.n_missing = asking.n_missing - 1
  if asking.n_missing > 0 then
    return
  end
  self.asking = nil
  if self:is_true(asking) then
    self:paint(asking)
  else
    self:again(asking)
  end
end

--- Is what was answered about the text as it is now?
---@param asking lm_lint.Asking
---@return boolean
function Heat:is_true(asking)
  local version = vim.lsp.util.buf_versions and vim.lsp.util.buf_versions[self.bufnr]
  for _, answer in ipairs(asking.answers) do
    if version and answer.version ~= version then
      return false
    end
  end
  return asking.tick == self:tick()
end

---@param asking lm_lint.Asking
function Heat:again(asking)
  if asking.attempt < ATTEMPTS then
    self:ask(asking.attempt + 1)
  end
end

---@param asking lm_lint.Asking
---@param err { code: integer, message: string }
function Heat:on_error(asking, err)
  self:give_up()
  if err.code == CONTENT_MODIFIED then
    self:again(asking)
  else
    -- Without a model there is nothing to paint, until the server says that it is ready.
    self:wipe()
    if lens.is_cell() then
      notify.tell(err.message, vim.log.levels.WARN)
    end
  end
end

---@param asking lm_lint.Asking
function Heat:paint(asking)
  local painter = Painter.new(self.bufnr, asking.client.offset_encoding or "utf-16")
  self:wipe()
  for _, answer in ipairs(asking.answers) do
    for _, span in ipairs(lens.spans(answer)) do
      painter:mark(span)
    end
  end
  self.painted = { tick = asking.tick, lines = asking.wanted }
  compat.emit("LmLintSurprise")
end

return Heat
