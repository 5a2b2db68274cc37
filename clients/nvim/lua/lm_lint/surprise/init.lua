--- The surprise view: every token that can be seen in the colour of its bits, while it is on.

local compat = require("lm_lint.compat")

local M = {}

local GROUP = "lm_lint.surprise"

---@type table<integer, lm_lint.Heat>
local heats = {}
local is_on = false

---@return boolean
function M.is_on()
  return is_on
end

---@param bufnr integer
local function leave(bufnr)
  heats[bufnr]:close()
  heats[bufnr] = nil
end

---@param bufnr integer
local function enter(bufnr)
  if heats[bufnr] and heats[bufnr].is_over then
    leave(bufnr)
  end
  heats[bufnr] = heats[bufnr] or require("lm_lint.surprise.heat").new(bufnr)
end

---@return table<integer, true>
local function buffers_to_paint()
  local res = {}
  for _, client in ipairs(is_on and compat.clients() or {}) do
    for _, bufnr in ipairs(compat.buffers(client)) do
      res[bufnr] = true
    end
  end
  return res
end

--- Paints the buffers that have a server, and no others.
function M.follow()
  if not is_on and not next(heats) then
    return
  end
  local wanted = buffers_to_paint()
  for bufnr in pairs(heats) do
    if not wanted[bufnr] then
      leave(bufnr)
    end
  end
  for bufnr in pairs(wanted) do
    enter(bufnr)
    heats[bufnr]:later(0)
  end
end

--- Everything may look different: a model was loaded, or options have changed.
function M.repaint()
  for _, heat in pairs(heats) do
    heat:forget()
  end
  M.follow()
end

--- Scrolling, folds, splits, sizes: whatever a window comes to show, it is drawn for that.
local function watch_windows()
  vim.api.nvim_set_decoration_provider(require("lm_lint.surprise.painter").NAMESPACE, {
    on_win = function(_, _, bufnr)
      if heats[bufnr] then
        heats[bufnr]:drawn()
      end
      return false
    end,
  })
end

---@param events string[]
---@param job fun()
local function on(events, job)
  local known = vim.tbl_filter(function(event)
    return vim.fn.exists("##" .. event) == 1
  end, events)
  vim.api.nvim_create_autocmd(known, { group = GROUP, callback = job })
end

local function listen()
  vim.api.nvim_create_augroup(GROUP, {})
  -- Neovim 0.7 does not tell when a server takes or leaves a buffer.
  on({ "LspAttach", "BufWinEnter", "CursorHold" }, M.follow)
  -- The buffer is still attached while these are told.
  on({ "LspDetach", "BufUnload" }, vim.schedule_wrap(M.follow))
  vim.api.nvim_create_autocmd({ "ColorScheme", "OptionSet" }, {
    group = GROUP,
    callback = function(event)
      if event.event == "ColorScheme" or event.match == "background" then
        require("lm_lint.surprise.colours").define()
      end
    end,
  })
end

--- Shows the bits.
function M.on()
  local lens = require("lm_lint.surprise.lens")
  local was_cell = lens.is_cell()
  lens.set(nil)
  M.show()
  if was_cell then
    M.repaint()
  end
end

--- Shows what a cell of the network holds.
---@param wanted lm_lint.WantedCell
function M.cell(wanted)
  require("lm_lint.surprise.lens").set(wanted)
  M.show()
  M.repaint()
end

function M.show()
  if is_on then
    return
  end
  is_on = true
  require("lm_lint.surprise.colours").define()
  listen()
  watch_windows()
  M.follow()
end

function M.off()
  is_on = false
  pcall(vim.api.nvim_del_augroup_by_name, GROUP)
  vim.api.nvim_set_decoration_provider(require("lm_lint.surprise.painter").NAMESPACE, {})
  M.follow()
end

--- Where a cell is shown, the bits take its place.
function M.toggle()
  if is_on and not require("lm_lint.surprise.lens").is_cell() then
    M.off()
  else
    M.on()
  end
end

--- Shows what the colours mean.
function M.legend()
  local levels = require("lm_lint.surprise.levels")
  local group = require("lm_lint.surprise.colours").group
  local chunks = { { "lm-lint, bits: " } }
  local thresholds = require("lm_lint.options").surprise.thresholds_bits
  for level, meaning in ipairs(levels.legend(thresholds)) do
    chunks[#chunks + 1] = { " " .. meaning .. " ", group(level) }
  end
  vim.api.nvim_echo(chunks, false, {})
end

return M
