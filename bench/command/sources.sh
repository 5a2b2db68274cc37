#!/usr/bin/env bash
# C as projects write it, for bench.command: the sources of some packages, into .bench-tools/sources, which git ignores.
# Needs apt-get with sources of packages (deb-src) among its lists.
set -euo pipefail
mkdir -p "$(dirname "$0")/../../.bench-tools/sources"
cd "$(dirname "$0")/../../.bench-tools/sources"
apt-get source --download-only zlib sqlite3 curl git redis postgresql-15
for archive in *.orig.tar.{gz,bz2,xz}; do
    [ -e "$archive" ] && tar xf "$archive" && rm "$archive"
done
