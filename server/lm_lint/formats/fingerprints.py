"""What makes a finding the same finding in the next run, though lines above it came and went.

Services match the findings of two runs by these; nothing here knows their formats.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic
    from lm_lint.results import Result

_LINE_BREAK = re.compile(r"\r\n?|\n")
_WINDOW = 100
_END = "\uffff"


def fingerprints(result: Result, path: str) -> list[str]:
    """For each diagnostic a hash of its path, code and line, blanks squeezed, and which of its like it is."""
    text = result.source.text
    seen: Counter[str] = Counter()
    res = []
    for diagnostic in result.diagnostics:
        key = "\0".join((path, diagnostic.finding.code, _squeezed_line(text, diagnostic)))
        seen[key] += 1
        key = f"{key}\0{seen[key]}"
        res.append(hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest())
    return res


def line_hashes(result: Result) -> list[str]:
    """For each diagnostic the hash that GitHub's code scanning computes of its line.

    It warns where a report brings others. A line is hashed with what follows it, a hundred characters in all, blanks
    left out: a polynomial in 37, modulo 2**64, of units of UTF-16. The number behind the colon tells equal ones apart.
    """
    if not result.diagnostics:
        return []
    squeezed, starts = _squeezed(result.source.text)
    wanted = {diagnostic.line for diagnostic in result.diagnostics}
    seen: Counter[str] = Counter()
    hashes = {}
    for line, start in enumerate(starts, 1):
        window = squeezed[start : start + _WINDOW]
        seen[window] += 1
        if line in wanted:
            hashes[line] = f"{_polynomial(window):x}:{seen[window]}"
    return [hashes[min(diagnostic.line, len(starts))] for diagnostic in result.diagnostics]


def _squeezed_line(text: str, diagnostic: Diagnostic) -> str:
    start = diagnostic.finding.start - diagnostic.column + 1
    match = _LINE_BREAK.search(text, start)
    return " ".join(text[start : match.start() if match else len(text)].split())


def _squeezed(text: str) -> tuple[str, list[int]]:
    """The text without blanks, in units of UTF-16, its end marked; and where each line begins in it."""
    lines = [re.sub("[ \t]", "", line) + "\n" for line in _LINE_BREAK.split(text)]
    lines[-1] = lines[-1][:-1] + _END
    lines = [_utf16(line) for line in lines]
    starts = [0]
    for line in lines[:-1]:
        starts.append(starts[-1] + len(line))
    return "".join(lines), starts


def _utf16(text: str) -> str:
    if text.isascii():
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(int.from_bytes(data[i : i + 2], "little")) for i in range(0, len(data), 2))


def _polynomial(window: str) -> int:
    res = 0
    for unit in window.ljust(_WINDOW, "\0"):
        res = (res * 37 + ord(unit)) % 2**64
    return res
