#!/bin/sh
# run.sh [eglot|helix...]: lm-lint in other editors, run for real, each in a copy of the examples.
#   LM_LINT  the lm-lint to start (default: the one of the repository's .venv)
#   HX       Helix (default: hx)
#   PYTHON   an interpreter with pexpect and pyte, for Helix (default: python3)
# An editor that is not there is a failure: what is to be left out is not named.
set -u
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
export LM_LINT="${LM_LINT:-$repository/.venv/bin/lm-lint}" LM_LINT_PAGE="$repository/docs/editors.md"
[ $# -gt 0 ] || set -- eglot helix
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0
for editor in "$@"; do
    rm -rf "$tmp"/*
    cp -RL "$repository/examples" "$tmp/project"
    mkdir "$tmp/project/.git" "$tmp/home"
    case $editor in
        # Emacs before 29 has no eglot of its own; Debian's package is taken then.
        eglot) set -- emacs --batch -Q -L "$(ls -d /usr/share/emacs/site-lisp/elpa/eglot-* 2>/dev/null)" --load "$here/eglot.el" ;;
        helix) set -- "${PYTHON:-python3}" "$here/helix.py" ;;
        *) echo "run.sh: there is no test of $editor" >&2; exit 2 ;;
    esac
    (cd "$tmp/project" && HOME="$tmp/home" XDG_CONFIG_HOME="$tmp/home/.config" timeout 180 "$@") || { status=1; echo "not ok: $editor"; }
done
exit $status
