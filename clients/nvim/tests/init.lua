-- What a person would put into init.lua, with the plugin and the server of the repository.
-- LM_LINT_SETUP=no leaves lm-lint out, for tests that set it up themselves.

local plugin = vim.env.LM_LINT_PLUGIN
vim.opt.runtimepath:prepend(plugin)
package.path = plugin .. "/tests/?.lua;" .. package.path
vim.cmd("filetype plugin indent on")
vim.cmd("syntax on")
vim.o.hidden = true

-- What is told, for tests to read.
_G.told = {}
vim.notify = function(message, level)
  table.insert(_G.told, { message = message, level = level })
end

if vim.env.LM_LINT_SETUP ~= "no" then
  require("lm_lint").setup({ cmd = { vim.env.LM_LINT, "server" } })
end

-- After the start, as a person would: before it `vim.lsp.enable()` waits for files to be opened.
vim.api.nvim_create_autocmd("VimEnter", {
  callback = vim.schedule_wrap(function()
    local is_good, problem = pcall(dofile, vim.env.LM_LINT_TEST)
    if not is_good then
      io.stdout:write(problem .. "\n")
      vim.cmd("cquit 1")
    end
  end),
})
