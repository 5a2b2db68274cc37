-- The help page: its tags build, every reference leads somewhere, and it tells everything.

local t = require("harness")

local doc = vim.env.XDG_DATA_HOME .. ".doc"
vim.fn.mkdir(doc, "p")
local page = vim.fn.readfile(vim.env.LM_LINT_PLUGIN .. "/doc/lm_lint.txt")
vim.fn.writefile(page, doc .. "/lm_lint.txt")
local text = table.concat(page, "\n")

---@return table<string, true>
local function tags()
  local res = {}
  for _, line in ipairs(vim.fn.readfile(doc .. "/tags")) do
    res[line:match("^[^\t]+")] = true
  end
  return res
end

t.test("the tags build, each of them once", function()
  vim.cmd("helptags " .. doc)
  for _, name in ipairs({ "lm_lint", ":LmLint", "lm_lint-server", "lm_lint.setup()" }) do
    t.ok(tags()[name], "no tag " .. name)
  end
end)

t.test("the tags that come with the plugin are these", function()
  -- They come with it, since a plugin manager makes none for a folder inside a repository.
  local shipped = vim.fn.readfile(vim.env.LM_LINT_PLUGIN .. "/doc/tags")
  t.eq(vim.fn.readfile(doc .. "/tags"), shipped)
end)

t.test("references lead somewhere", function()
  local own = tags()
  for reference in text:gmatch("|([%w_:.()-]+)|") do
    if not own[reference] then
      local found = vim.fn.getcompletion(reference, "help")
      local is_newer = vim.startswith(reference, "vim.") or reference == "lsp-config"
      t.ok(is_newer or vim.tbl_contains(found, reference), "no help for " .. reference)
    end
  end
end)

t.test("lines fit into a window of 80 columns", function()
  for row, line in ipairs(page) do
    t.ok(vim.fn.strdisplaywidth(line) <= 80, ("line %d is longer"):format(row))
  end
end)

t.test("every command, function, group and event is there", function()
  local names = vim.fn.getcompletion("LmLint ", "cmdline")
  t.ok(#names >= 6, names)
  names = vim.tbl_map(function(name)
    return ":LmLint " .. name
  end, names)
  for name in pairs(require("lm_lint")) do
    names[#names + 1] = "lm_lint." .. name .. "()"
  end
  vim.list_extend(names, { "LmLintSurprise1", "LmLintSurprise7" })
  local modules = vim.env.LM_LINT_PLUGIN .. "/lua/lm_lint/**/*.lua"
  for _, path in ipairs(vim.fn.glob(modules, false, true)) do
    for event in table.concat(vim.fn.readfile(path), "\n"):gmatch('emit%("(%w+)"%)') do
      names[#names + 1] = event
    end
  end
  for _, name in ipairs(names) do
    t.ok(text:find(name, 1, true), name .. " is not in the help page")
  end
end)

t.test("the defaults that it tells are the true ones", function()
  for _, filetype in ipairs(dofile(vim.env.LM_LINT_PLUGIN .. "/lsp/lm_lint.lua").filetypes) do
    t.ok(text:find('"' .. filetype .. '"', 1, true), filetype .. " is not in the help page")
  end
  local thresholds = require("lm_lint.options").surprise.thresholds_bits
  t.ok(text:find("{ " .. table.concat(thresholds, ", ") .. " }", 1, true), "other thresholds")
end)

t.finish()
