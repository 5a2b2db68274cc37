-- Findings that the editor asks for: after a pause in typing, too, and with the files of the
-- workspace. Neovim 0.7 to 0.9 cannot ask, so they are pushed there all the same.

local t = require("harness")

---@param workspace boolean
local function setup(workspace)
  require("lm_lint").setup({
    cmd = { vim.env.LM_LINT, "server" },
    settings = { lmLint = { diagnostics = { mode = "pull", workspace = workspace } } },
  })
end

--- A slip is typed, found after the pause, and mended.
---@param path string
---@param row integer from 1
---@param right string What is deleted at the end of this line.
local function check(path, row, right)
  t.open(path)
  t.await_findings(1)
  local wrong = t.line(row)
  local mended = wrong:gsub(" {$", right .. " {")
  t.await_findings(0, function()
    vim.api.nvim_buf_set_lines(0, row - 1, row, true, { mended })
  end)
  local found = t.await_findings(1, function()
    vim.api.nvim_buf_set_lines(0, row - 1, row, true, { wrong })
  end)
  t.eq(row - 1, found[1].lnum)
  vim.cmd("silent write")
end

t.test("what the pause brings is asked for", function()
  setup(false)
  check("missing_paren.c", 27, ")")
  local pulls = t.client().server_capabilities.diagnosticProvider ~= nil
  t.eq(vim.fn.has("nvim-0.10") == 1, pulls)
end)

t.test("and with the files of the workspace, too", function()
  vim.fn.writefile(
    { "int area(int width, int height {", "    return width * height;", "}" },
    "more.c"
  )
  setup(true)
  vim.cmd("LmLint restart")
  t.eventually("no findings", function()
    return #t.findings() == 0
  end)
  check("missing_paren.c", 27, ")")
end)

if vim.lsp.buf.workspace_diagnostics then
  t.test("files that are not open have findings", function()
    vim.lsp.buf.workspace_diagnostics()
    t.eventually("the other file's finding", function()
      local bufnr = vim.fn.bufnr("more.c")
      return bufnr ~= -1 and #vim.diagnostic.get(bufnr) == 1
    end)
    t.ok(not vim.api.nvim_buf_is_loaded(vim.fn.bufnr("more.c")), "it was opened")
  end)
end

t.finish()
