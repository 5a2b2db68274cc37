--- What Neovim 0.11 and newer read for `vim.lsp.enable("lm_lint")`; older ones by `setup()`.
--- `vim.lsp.config("lm_lint", {...})` changes any of it.

---@type vim.lsp.Config
return {
  cmd = { "lm-lint", "server" },
  -- Those of docs/protocol.md that are file types of Neovim. C++ is left out: the model has not
  -- learned it.
  filetypes = {
    "c",
    "python",
    "html",
    "xhtml",
    "htmldjango",
    "jinja",
    "handlebars",
    "html.handlebars",
    "mustache",
    "eruby",
    "ejs",
    "php",
  },
  -- Without any of them a file is checked by itself.
  root_markers = { "lm-lint.toml", "pyproject.toml", ".git" },
  -- Pushing is the same in every version, and for files that no window shows: those are not
  -- pulled. The workspace can only be pulled.
  settings = { lmLint = { diagnostics = { mode = "push" } } },
  handlers = {
    ["lmLint/status"] = function(_, result, ctx)
      require("lm_lint.status").on_status(ctx.client_id, result)
    end,
    ["workspace/diagnostic/refresh"] = function(err, result, ctx)
      return require("lm_lint.compat").on_refresh(err, result, ctx)
    end,
  },
  before_init = function(params, config)
    -- The server decides at `initialize` whether it pushes, before it can ask for settings.
    local settings = config.settings or {}
    if not vim.tbl_isempty(settings) then
      local options = config.init_options or {}
      params.initializationOptions = vim.tbl_deep_extend("force", settings, options)
    end
  end,
  on_exit = function(code, signal, client_id)
    vim.schedule(function()
      require("lm_lint.server").on_exit(code, signal, client_id)
    end)
  end,
}
