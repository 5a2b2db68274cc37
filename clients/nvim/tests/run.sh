#!/bin/sh
# run.sh [NAME...]: the tests, each file in a Neovim of its own, in a folder of its own with the examples.
#   NVIM     the Neovim to test (default: nvim)
#   LM_LINT  the lm-lint to start (default: the one of the repository's .venv)
set -u
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../.." && pwd)
export LM_LINT="${LM_LINT:-$repository/.venv/bin/lm-lint}" LM_LINT_PLUGIN="$here/.."
nvim=$(command -v "${NVIM:-nvim}") || { echo "run.sh: no Neovim: ${NVIM:-nvim}" >&2; exit 2; }
case $nvim in /*) ;; *) nvim=$PWD/$nvim ;; esac
[ -x "$LM_LINT" ] || { echo "run.sh: no lm-lint at $LM_LINT; set LM_LINT" >&2; exit 2; }
[ $# -gt 0 ] || set -- $(cd "$here" && ls -- *_test.lua | sed 's/_test\.lua$//')
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# Nothing of the person's configuration, plugins, swap files and histories.
export XDG_CONFIG_HOME="$tmp/config" XDG_DATA_HOME="$tmp/data" XDG_STATE_HOME="$tmp/state" XDG_CACHE_HOME="$tmp/cache"
unset VIRTUAL_ENV NVIM_APPNAME

status=0
"$nvim" --version | head -n 1
for name in "$@"; do
    rm -rf "$tmp"/*
    cp -RL "$repository/examples" "$tmp/project"
    mkdir "$tmp/project/.git"
    echo "== $name"
    export LM_LINT_TEST="$here/${name}_test.lua"
    (cd "$tmp/project" && timeout 120 "$nvim" --headless -n -i NONE -u "$here/init.lua" 2>&1) || {
        status=1
        echo "not ok: $name"
        find "$tmp" -name lsp.log -exec tail -n 15 {} +
    }
done
exit $status
