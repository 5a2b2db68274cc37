#!/usr/bin/env bash
# The tools that lm-lint is held against, as their makers ship them: gcc, clang, clangd and tidy from the system's packages,
# the others from npm into .bench-tools/, which git ignores. Needs node 18 or newer; the Nu checker needs Java as well.
# What cannot be installed is left out of the tables, with a note.
set -uo pipefail
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if command -v apt-get > /dev/null; then
    as_root apt-get install --yes --quiet gcc clang clangd tidy || echo "bench/setup.sh: some of gcc, clang, clangd, tidy are missing" >&2
else
    echo "bench/setup.sh: no apt-get here; install gcc, clang, clangd and tidy yourself" >&2
fi

mkdir -p .bench-tools
npm install --prefix .bench-tools --no-audit --no-fund \
    html-validate@10.17.0 htmlhint@1.9.2 pyright@1.1.414 vnu-jar@26.9.27 \
    vscode-langservers-extracted@4.10.0 eslint@9.39.5 @html-eslint/eslint-plugin@0.66.1 @html-eslint/parser@0.66.1 ||
    echo "bench/setup.sh: the tools of npm are missing" >&2
