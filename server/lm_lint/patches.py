"""A change of a file as a patch, in the form that `git apply` and `patch` take. Nothing here knows why it changes."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import PurePath

from lm_lint.plans import encoded
from lm_lint.sources import Source

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_ODD_IN_NAMES = re.compile(rb'[\0-\x1f\x7f"\\]')


def unified_diff(source: Source, new_text: str, folder: str | None = None) -> str:
    """What changes in the file, as `git apply` and `patch -p1` take it; "" for nothing. Raises as `encoded` does.

    folder   where these will be called; by default where we are

    Bytes that are no UTF-8 are surrogates in it: encode with "surrogateescape", and leave line breaks alone.
    """
    before = source.text.encode("utf-8", "surrogateescape") if source.data is None else source.data
    after = encoded(source, new_text)
    if before == after:
        return ""
    old, new = (_LINE.findall(data.decode("utf-8", "surrogateescape")) for data in (before, after))
    path = _path_in_diff(source.path or source.name, folder or os.getcwd())
    # The two lines with names are ours: theirs do not quote.
    hunks = list(difflib.unified_diff(old, new))[2:]
    lines = [f"--- {_quoted('a/' + path)}\n", f"+++ {_quoted('b/' + path)}\n", *hunks]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _path_in_diff(path: str, folder: str) -> str:
    """Relative to the folder; outside of it nothing can be applied, and the whole path says which file is meant."""
    whole = PurePath(os.path.abspath(os.path.join(folder, path)))
    try:
        return whole.relative_to(os.path.abspath(folder)).as_posix()
    except ValueError:
        return whole.relative_to(whole.anchor).as_posix()


def _quoted(path: str) -> str:
    """As git writes names: a tab ends one with blanks, others are quoted as C does it."""
    name = os.fsencode(path)
    if not _ODD_IN_NAMES.search(name) and not any("\udc80" <= sign <= "\udcff" for sign in path):
        return path + ("\t" if " " in path else "")
    escaped = (
        f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
        for byte in name
    )
    return f'"{"".join(escaped)}"'
