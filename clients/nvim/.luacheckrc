std = "luajit"
cache = false
max_line_length = 100
read_globals = { "vim" }
-- Options and variables of the editor are set by assigning to fields of these.
globals = { "vim.b", "vim.bo", "vim.env", "vim.g", "vim.go", "vim.o", "vim.opt", "vim.opt_local", "vim.v", "vim.w", "vim.wo" }
exclude_files = { ".build" }
-- Tests put functions of their own in the place of the editor's.
files["tests"] = { globals = { "vim" }, max_string_line_length = false }
files["../../bench/nvim"] = { globals = { "vim" } }
