#!/usr/bin/env bash
# C as projects write it, for bench.command: the sources of some packages, into .bench-tools/sources, which git ignores.
# Needs apt-get with sources of packages (deb-src) among its lists.
set -euo pipefail
folder="$(dirname "$0")/../../.bench-tools/sources"
mkdir -p "$folder"
cd "$folder"
for package in zlib sqlite3 curl git redis postgresql-15; do
    apt-get source --quiet --download-only "$package" || echo "$package could not be fetched; left out" >&2
done
for archive in *.orig.tar.{gz,bz2,xz}; do
    if [ -e "$archive" ]; then
        tar xf "$archive"
        rm "$archive"
    fi
done
