-- An example of each language: its finding, the first repair by the code action, the text then.

local t = require("harness")

---@param titles string[] Filled with what was offered.
local function choose_first(titles)
  vim.ui.select = function(items, options, on_choice)
    for _, item in ipairs(items) do
      titles[#titles + 1] = options.format_item(item)
    end
    on_choice(items[1], 1)
  end
end

---@class lm_lint.Case
---@field path string
---@field filetype string
---@field row integer from 1
---@field code string
---@field repaired string

---@param case lm_lint.Case
local function check(case)
  t.open(case.path)
  t.eq(case.filetype, vim.bo.filetype)
  local finding = t.await_findings(1)[1]
  t.eq({ case.row, case.code }, { finding.lnum + 1, finding.code })
  t.eq("lm-lint", finding.source)

  local titles = {}
  choose_first(titles)
  vim.api.nvim_win_set_cursor(0, { finding.lnum + 1, finding.col })
  t.await_findings(0, vim.lsp.buf.code_action)
  t.eq(case.repaired, t.line(case.row))
  t.ok(#titles >= 2, titles)
  t.ok(titles[#titles]:find("Ignore this finding here", 1, true), titles)
end

---@type lm_lint.Case[]
local cases = {
  {
    path = "missing_paren.c",
    filetype = "c",
    row = 27,
    code = "missing-token",
    repaired = "    while (count < MAX_READINGS && fgets(line, sizeof line, input) != NULL) {",
  },
  {
    path = "python/routes.py",
    filetype = "python",
    row = 38,
    code = "missing-token",
    repaired = '    return jsonify({"error": "there is no such note"}), 404',
  },
  {
    path = "python/fibonacci.py",
    filetype = "python",
    row = 15,
    code = "misspelt-word",
    repaired = "def slow(n):",
  },
  {
    path = "html/signup.html",
    filetype = "html",
    row = 19,
    code = "missing-token",
    repaired = '          <input type="email" id="email" name="email" '
      .. 'placeholder="you@example.org" required>',
  },
  {
    path = "html/index.html.erb",
    filetype = "eruby",
    row = 12,
    code = "missing-token",
    repaired = '  <p class="empty">Nothing is booked on this day.</p>',
  },
  {
    path = "html/profile.html",
    filetype = vim.fn.has("nvim-0.11") == 1 and "htmldjango" or "html",
    row = 10,
    code = "unclosed-tag",
    repaired = "    </ul>",
  },
}

for _, case in ipairs(cases) do
  t.test(case.path, function()
    check(case)
  end)
end
t.finish()
