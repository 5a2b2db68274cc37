--- The colours of the surprise view, mixed from those of the colourscheme: from the hue of warnings
--- to that of errors, the stronger the more bits, and never so strong that text is hard to read.

local compat = require("lm_lint.compat")
local levels = require("lm_lint.surprise.levels")
local shades = require("lm_lint.surprise.shades")

local M = {}

-- By level: how much of the tint lies over the background, and how much of it is the hue of errors.
-- Some bits are ordinary for names, so the middle stays pale and near the hue of warnings.
local STRENGTHS = { 0.02, 0.06, 0.13, 0.23, 0.36, 0.55, 0.78 }
local REDNESS = { 0, 0, 0.05, 0.2, 0.45, 0.75, 1 }
-- Text on the strongest colour keeps this contrast (WCAG's AA), if it has that much at all.
local LEAST_CONTRAST = 4.5
-- Pale colours of a scheme look alike when they are mixed with its background.
local LEAST_SATURATION = 0.85

---@alias lm_lint.Rgb number[] red, green, blue from 0 to 1

---@param colour integer
---@return lm_lint.Rgb
local function channels(colour)
  return {
    math.floor(colour / 0x10000) / 255,
    math.floor(colour / 0x100) % 0x100 / 255,
    colour % 0x100 / 255,
  }
end

---@param rgb lm_lint.Rgb
---@return integer
local function packed(rgb)
  local res = 0
  for _, channel in ipairs(rgb) do
    res = res * 0x100 + math.floor(channel * 255 + 0.5)
  end
  return res
end

---@param under lm_lint.Rgb
---@param over lm_lint.Rgb
---@param share number
---@return lm_lint.Rgb
local function mix(under, over, share)
  local res = {}
  for idx = 1, 3 do
    res[idx] = under[idx] + (over[idx] - under[idx]) * share
  end
  return res
end

--- The same hue, saturated and of middle lightness.
---@param rgb lm_lint.Rgb
---@return lm_lint.Rgb
local function tint(rgb)
  local low, high = math.min(unpack(rgb)), math.max(unpack(rgb))
  if high == low then
    return rgb
  end
  local res = {}
  for idx = 1, 3 do
    local pure = (rgb[idx] - low) / (high - low)
    res[idx] = 0.5 + (pure - 0.5) * LEAST_SATURATION
  end
  return res
end

--- Relative luminance, after WCAG 2.
---@param rgb lm_lint.Rgb
---@return number
local function luminance(rgb)
  local linear = vim.tbl_map(function(channel)
    return channel <= 0.03928 and channel / 12.92 or ((channel + 0.055) / 1.055) ^ 2.4
  end, rgb)
  return 0.2126 * linear[1] + 0.7152 * linear[2] + 0.0722 * linear[3]
end

---@param one lm_lint.Rgb
---@param other lm_lint.Rgb
---@return number
function M.contrast(one, other)
  local low, high = luminance(one), luminance(other)
  if low > high then
    low, high = high, low
  end
  return (high + 0.05) / (low + 0.05)
end

--- The largest share of the tint, up to the wanted one, on which text can still be read.
---@param text lm_lint.Rgb
---@param back lm_lint.Rgb
---@param over lm_lint.Rgb
---@param share number
---@return number
local function readable(text, back, over, share)
  local least = math.min(LEAST_CONTRAST, 0.7 * M.contrast(text, back))
  while share > 0.2 and M.contrast(text, mix(back, over, share)) < least do
    share = share - 0.01
  end
  return share
end

--- The nearest of the 216 colours that terminals of 256 colours have in their cube.
---@param rgb lm_lint.Rgb
---@return integer
local function terminal_colour(rgb)
  local res = 0
  for _, channel in ipairs(rgb) do
    -- The steps of the cube are 0, 95, 135, 175, 215, 255.
    local value = channel * 255
    res = res * 6 + (value < 48 and 0 or value < 115 and 1 or math.floor((value - 35) / 40))
  end
  return 16 + res
end

---@return lm_lint.Rgb text
---@return lm_lint.Rgb back
local function normal()
  local found, is_dark = compat.highlight("Normal"), vim.o.background == "dark"
  local text = found.fg or (is_dark and 0xd0d0d0 or 0x202020)
  local back = found.bg or (is_dark and 0x101010 or 0xffffff)
  return channels(text), channels(back)
end

--- The background of each level.
---@return lm_lint.Rgb[]
function M.backgrounds()
  local text, back = normal()
  local warning = tint(channels(compat.highlight("DiagnosticWarn").fg or 0xffa500))
  local wrong = tint(channels(compat.highlight("DiagnosticError").fg or 0xff0000))
  local most = readable(text, back, wrong, STRENGTHS[levels.COUNT]) / STRENGTHS[levels.COUNT]
  local res = {}
  for level, strength in ipairs(STRENGTHS) do
    local over = mix(warning, wrong, REDNESS[level])
    res[level] = mix(back, over, readable(text, back, over, strength * most))
  end
  return res
end

---@param level integer
---@return string
function M.group(level)
  return "LmLintSurprise" .. level
end

---@type table<string, integer> The backgrounds that were defined here.
local defined = {}

---@param group string
---@param rgb lm_lint.Rgb
local function define_one(group, rgb)
  local bg, found = packed(rgb), compat.highlight(group)
  if next(found) == nil or found.bg == defined[group] then
    vim.api.nvim_set_hl(0, group, { bg = bg, ctermbg = terminal_colour(rgb) })
    defined[group] = bg
  end
end

-- By strength: how much of the tint lies over the background, where a cell is shown.
local SHADES = { 0.15, 0.35, 0.6 }

--- The backgrounds of `shades.GROUPS`: from the hue of hints to that of warnings.
---@return lm_lint.Rgb[]
function M.shades()
  local text, back = normal()
  local cool = tint(channels(compat.highlight("DiagnosticInfo").fg or 0x3e86de))
  local warm = tint(channels(compat.highlight("DiagnosticWarn").fg or 0xffa500))
  local res = {}
  for level, strength in ipairs(SHADES) do
    res[#SHADES + 1 - level] = mix(back, cool, readable(text, back, cool, strength))
    res[#SHADES + level] = mix(back, warm, readable(text, back, warm, strength))
  end
  return res
end

--- Defines the groups, or defines them anew; what a person or a colourscheme has defined stays.
function M.define()
  for level, rgb in ipairs(M.backgrounds()) do
    define_one(M.group(level), rgb)
  end
  for idx, rgb in pairs(M.shades()) do
    define_one(shades.GROUPS[idx], rgb)
  end
end

return M
