-- A finding follows the text: it moves with its line, goes with the slip, and comes again.

local t = require("harness")

t.open("missing_paren.c")
local finding = t.await_findings(1)[1]
local slip = t.line(finding.lnum + 1)

---@param lnum integer
local function finding_at(lnum)
  return function()
    local found = t.findings()
    return #found == 1 and found[1].lnum == lnum
  end
end

t.test("the finding moves with its line", function()
  t.after_event("DiagnosticChanged", finding_at(finding.lnum + 2), function()
    vim.api.nvim_buf_set_lines(0, 0, 0, true, { "/* one */", "/* two */" })
  end)
end)

t.test("the finding goes when the slip is mended by hand", function()
  local row = finding.lnum + 3
  local mended = slip:gsub(" {$", ") {")
  t.await_findings(0, function()
    vim.api.nvim_buf_set_lines(0, row - 1, row, true, { mended })
  end)
end)

t.test("a new slip is found after a pause in typing", function()
  local row = finding.lnum + 3
  t.after_event("DiagnosticChanged", finding_at(row - 1), function()
    vim.api.nvim_buf_set_lines(0, row - 1, row, true, { slip })
  end)
end)

t.test("columns are bytes, whatever stands before", function()
  local row = finding.lnum + 3
  vim.api.nvim_buf_set_lines(0, row - 1, row, true, { "    /* é 😀 */ " .. vim.trim(slip) })
  local wide = #("    /* é 😀 */ " .. vim.trim(slip))
  t.eventually("the finding at its byte", function()
    local found = t.findings()
    return #found == 1 and found[1].lnum == row - 1 and math.abs(found[1].col - wide + 1) <= 1
  end)
end)

t.test("a file outside every project is checked by itself", function()
  vim.fn.writefile(
    { "def area(width, height:", "    return width * height" },
    vim.env.XDG_DATA_HOME .. ".py"
  )
  t.open(vim.env.XDG_DATA_HOME .. ".py")
  t.await_findings(1)
  local roots = vim.tbl_map(function(client)
    return client.config.root_dir or "none"
  end, require("lm_lint.compat").clients())
  table.sort(roots)
  t.eq({ vim.loop.fs_realpath(vim.fn.getcwd()), "none" }, roots)
end)

-- In newer ones the editor itself looks for the root.
if not vim.lsp.enable then
  t.test("an address is no path: what has one for a name is checked by itself, too", function()
    vim.cmd("enew")
    vim.api.nvim_buf_set_name(0, "thing://host/folder/area.py")
    vim.api.nvim_buf_set_lines(0, 0, -1, true, { "def area(width, height:", "    return width" })
    vim.bo.filetype = "python"
    t.await_findings(1)
    t.eq(2, #require("lm_lint.compat").clients())
  end)
end

t.finish()
