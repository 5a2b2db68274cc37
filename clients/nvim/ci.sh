#!/bin/sh
# What CI runs: every check and test of the plugin, on a bare Debian 12 as root, after `make setup`.
# Needs Debian's mirror, PyPI and npm. What is fetched goes into .build, which git ignores; a second run fetches nothing.
#   LM_LINT  the lm-lint to start (default: the one of the repository's .venv)
set -eu
cd "$(dirname "$0")"
step() { echo "=== $(date +%T) $*"; }

step system packages
missing() { for program in "$@"; do command -v "$program" >/dev/null || return 0; done; return 1; }
if missing nvim luacheck emacs || [ ! -d /usr/share/emacs/site-lisp/elpa-src ]; then
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        neovim lua-check emacs-nox elpa-eglot git >/dev/null
fi

step a modern Neovim and Helix
scripts/from_debian.sh .build/nvim forky neovim usr/bin/nvim VIMRUNTIME=usr/share/nvim/runtime
.build/nvim/bin/nvim --headless -u NONE -i NONE +'lua assert(vim.lsp.enable, "older than 0.11")' +qall!
scripts/from_debian.sh .build/helix forky hx usr/lib/hx/hx

step lint and format
luacheck -q . ../../bench/nvim
# What the tests of VS Code have brought along, on a machine without one.
PATH=$PATH:$PWD/../../build/node/bin
if command -v npm >/dev/null; then
    [ -d .build/stylua/node_modules ] ||
        npm install --silent --no-audit --no-fund --ignore-scripts --prefix .build/stylua @johnnymorganz/stylua@2.5.2
    node scripts/stylua.mjs --check lsp lua plugin tests ../../bench/nvim
else
    echo "no npm: the format is not checked"
fi

step Neovim
for nvim in .build/nvim/bin/nvim nvim; do
    NVIM=$nvim tests/run.sh
done

step Emacs and Helix
if [ ! -x .build/venv/bin/python ]; then
    "${PYTHON:-python3}" -m venv .build/venv
    .build/venv/bin/pip install -q --disable-pip-version-check pexpect==4.9.0 pyte==0.8.2
fi
HX=$PWD/.build/helix/bin/hx PYTHON=$PWD/.build/venv/bin/python ../../tests/editors/run.sh
step done
