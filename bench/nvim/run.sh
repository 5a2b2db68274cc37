#!/bin/sh
# run.sh NVIM...: the rows of bench/results/nvim.md, for each Neovim.
#   LM_LINT  the lm-lint to start (default: the one of the repository's .venv)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
export LM_LINT="${LM_LINT:-$repository/.venv/bin/lm-lint}" LM_LINT_PLUGIN="$repository/clients/nvim"
export LM_LINT_TEST="$here/measure.lua"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export XDG_CONFIG_HOME="$tmp/config" XDG_DATA_HOME="$tmp/data" XDG_STATE_HOME="$tmp/state" XDG_CACHE_HOME="$tmp/cache"
echo "| Neovim | from | n | p50, ms | p95, ms |"
echo "|---|---|--:|--:|--:|"
for nvim in "$@"; do
    nvim=$(realpath "$(command -v "$nvim")")
    rm -rf "$tmp/project"
    cp -RL "$repository/examples" "$tmp/project"
    mkdir "$tmp/project/.git"
    (cd "$tmp/project" && "$nvim" --headless -n -i NONE -u "$LM_LINT_PLUGIN/tests/init.lua" 2>/dev/null)
done
cut -d ' ' -f 1-3 /proc/loadavg | sed 's/^/load at the end: /' >&2
