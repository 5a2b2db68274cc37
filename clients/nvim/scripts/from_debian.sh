#!/bin/sh
# from_debian.sh DIR SUITE PACKAGE BINARY [VARIABLE=PATH] - a program of a newer Debian in DIR/bin, for tests.
#
# Takes the package and every library it needs (its own libc too) from the suite, unpacked below DIR and run by that
# suite's own loader. Nothing is installed: apt works on a private state, so the machine's package lists, libraries and
# programs stay as they are. VARIABLE is set to a path in the package for the program, which may need to know where its
# files are. Does nothing where the program is there and works. DIR cannot be moved.
#
#   MIRROR  where Debian is fetched from (default: the one that this machine's apt uses)
set -eu
[ $# -ge 4 ] || { echo "usage: $0 DIR SUITE PACKAGE BINARY [VARIABLE=PATH]" >&2; exit 2; }
suite=$2 package=$3 binary=$4 variable=${5:-}
mkdir -p "$1"
dir=$(cd "$1" && pwd)
program=$dir/bin/$(basename "$binary")

works() { [ -x "$program" ] && "$program" --version >/dev/null 2>&1; }
if works; then exit 0; fi
sources=$(ls /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true)
# shellcheck disable=SC2086 # a list of files
mirror=${MIRROR:-$(sed -n -E 's#^(URIs:|deb( \[[^]]*\])?) *(https?://[^ ]*/debian)/?( .*)?$#\3#p' $sources | head -n 1)}
[ -n "$mirror" ] || { echo "$0: set MIRROR to a mirror of Debian" >&2; exit 1; }
apt=$dir/apt
rm -rf "$apt" "$dir/root" "$dir/bin"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$dir/root" "$dir/bin"
: >"$apt/status" # an empty machine: apt resolves everything, libc included
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror $suite main" >"$apt/sources.list"

# A mirror may be a copy that stands still, which says so by an old date; signatures are checked all the same.
private_apt() {
    apt-get -qq -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" \
        -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" \
        -o Dir::Cache::archives="$apt/archives" -o Dir::Etc::sourcelist="$apt/sources.list" \
        -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User="$(id -un)" \
        -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3 -o Debug::NoLocking=1 "$@"
}
private_apt update
private_apt install -y --no-install-recommends --download-only "$package" patchelf >/dev/null
for deb in "$apt"/archives/*.deb; do dpkg-deb -x "$deb" "$dir/root"; done
rm -rf "$apt"

loader=$(find "$dir/root" -name 'ld-linux*.so.*' -type f | head -n 1)
[ -n "$loader" ] || { echo "$0: $suite's libc6 has no loader" >&2; exit 1; }
libraries=$(dirname "$loader")
# The program is bound to them. LD_LIBRARY_PATH would be inherited by the language servers that it starts, and a call
# through the loader would hide the program's own path from it, which Neovim needs to start itself again.
"$loader" --library-path "$libraries" "$dir/root/usr/bin/patchelf" \
    --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$dir/root/$binary"
{
    echo '#!/bin/sh'
    [ -z "$variable" ] || echo "export ${variable%%=*}='$dir/root/${variable#*=}'"
    echo "exec '$dir/root/$binary' \"\$@\""
} >"$program"
chmod +x "$program"
works || { echo "$0: $package of $suite does not work here" >&2; "$program" --version >&2 || true; exit 1; }
