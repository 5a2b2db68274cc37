-- Read at every start of the editor, so it only says what there is: modules are loaded on use.

if vim.g.loaded_lm_lint == 1 or vim.fn.has("nvim-0.7") == 0 then
  return
end
vim.g.loaded_lm_lint = 1

vim.api.nvim_create_user_command("LmLint", function(command)
  require("lm_lint.commands").run(command.fargs)
end, {
  nargs = "*",
  bar = true,
  desc = "lm-lint: surprise, cell, status, restart, doctor, fix, log",
  complete = function(_, line, column)
    return require("lm_lint.commands").complete(line:sub(1, column))
  end,
})

vim.api.nvim_create_autocmd("BufWritePost", {
  group = vim.api.nvim_create_augroup("lm_lint.config", {}),
  pattern = { "lm-lint.toml", "pyproject.toml" },
  desc = "Tell lm-lint of its settings",
  callback = function(event)
    -- Where nothing was loaded, nothing runs.
    if package.loaded["lm_lint.status"] then
      require("lm_lint.server").config_written(event.match)
    end
  end,
})

-- `vim.lsp.enable()` keeps silent about a server that is not there.
if vim.lsp.enable then
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("lm_lint.check", {}),
    desc = "Say once if lm-lint is enabled and not installed",
    callback = function(event)
      if vim.bo[event.buf].buftype ~= "" or not require("lm_lint.compat").is_enabled() then
        return
      end
      if vim.tbl_contains(vim.lsp.config.lm_lint.filetypes or {}, event.match) then
        require("lm_lint.server").check()
      end
    end,
  })
end
