#!/bin/sh
# Installs what the tests in a real editor need: Chromium and fonts from Debian, and from npm a complete VS Code
# server (inside code-server's package). No install script runs, so nothing is compiled and nothing comes from
# anywhere else. Run it again at any time: what is there stays.
#
# Needs Debian with root, or chromium, ripgrep and the fonts already installed; npm; and node 20, which VS Code
# wants: see ../ci.sh for machines without one.
set -eu
cd "$(dirname "$0")"
vscode=node_modules/code-server/lib/vscode

missing=
command -v chromium >/dev/null || missing="$missing chromium"
command -v rg >/dev/null || missing="$missing ripgrep"
for fonts in dejavu-core open-sans jetbrains-mono; do
    dpkg -s "fonts-$fonts" >/dev/null 2>&1 || missing="$missing fonts-$fonts"
done
if [ -n "$missing" ] && command -v apt-get >/dev/null; then
    apt-get -q update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
fi

# The lock file in node_modules tells whether a version was changed since.
if ! cmp -s package-lock.json node_modules/.lm-lint-lock; then
    npm ci --ignore-scripts --no-audit --no-fund
    cp package-lock.json node_modules/.lm-lint-lock
fi

# The package ships VS Code without its own node_modules. `npm ci` refuses: its lock file is out of step.
if [ ! -f $vscode/.lm-lint-complete ]; then
    (cd $vscode && npm install --ignore-scripts --omit=dev --no-audit --no-fund --no-package-lock)
    touch $vscode/.lm-lint-complete
fi

# The npm package of ripgrep would download the program; Debian's serves as well.
mkdir -p $vscode/node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" $vscode/node_modules/@vscode/ripgrep/bin/rg

node $vscode/out/server-main.js --version 2>/dev/null
