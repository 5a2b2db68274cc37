#!/bin/sh
# Installs what is missing, then tests the newest .vsix in a real editor. Arguments: test files, by default all.
set -eu
cd "$(dirname "$0")"
./setup.sh
# One after the other: each starts an editor, a browser and a server.
[ $# -gt 0 ] || set -- ./*.test.mjs
exec node --test --test-concurrency=1 --test-timeout=300000 --test-reporter=spec "$@"
