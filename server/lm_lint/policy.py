"""Which findings are reported: how their codes are named, and which of them a change is to blame for.

Pure functions; nothing here knows options, files or where the lines of a change come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from lm_lint.errors import UnknownCode
from lm_lint.findings import CODES
from lm_lint.kinds import closest
from lm_lint.text import Document

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic


def codes(names: Iterable[str]) -> tuple[str, ...]:
    """The codes that are named, each once; `*-tag` stands for all that end so. Raises UnknownCode."""
    return tuple(dict.fromkeys(code for name in names for code in codes_of(name)))


def codes_of(name: str) -> tuple[str, ...]:
    """The codes that one name or pattern stands for. Raises UnknownCode."""
    name = name.strip()
    found = tuple(code for code in CODES if fnmatchcase(code, name))
    if found:
        return found
    if is_pattern(name):
        raise UnknownCode(f"no code of lm-lint is like {name!r:.60}; known are {', '.join(CODES)}")
    close = closest(name, CODES, 0.6)
    meant = f"was {close} meant?" if close else f"known are {', '.join(CODES)}"
    raise UnknownCode(f"{name!r:.60} is no code of lm-lint; {meant}")


def is_pattern(name: str) -> bool:
    return any(sign in name for sign in "*?[")


def touching(
    diagnostics: Iterable[Diagnostic],
    lines: Sequence[tuple[int, int]] | None,
    text: str | None = None,
) -> tuple[Diagnostic, ...]:
    """Those on lines that were changed; all where `lines` is None.

    lines  first and last, from 1, both included
    text   what the diagnostics are about: with it, those whose best repair is on such a line are kept too, since what
           somebody broke may show only further down
    """
    if lines is None:
        return tuple(diagnostics)
    document = None if text is None else Document.of(text)
    return tuple(
        diagnostic
        for diagnostic in diagnostics
        if any(
            first <= high and low <= last
            for low, high in _places(diagnostic, document)
            for first, last in lines
        )
    )


def _places(diagnostic: Diagnostic, document: Document | None) -> list[tuple[int, int]]:
    """The lines of a finding, and of its best repair."""
    res = [(diagnostic.line, diagnostic.end_line)]
    if diagnostic.end_column == 1 and diagnostic.end_line > diagnostic.line:
        res = [(diagnostic.line, diagnostic.end_line - 1)]
    if document is not None and diagnostic.finding.repairs:
        repair = diagnostic.finding.repairs[0]
        # The line break at the end of what goes belongs to its line.
        ends = repair.start, max(repair.start, repair.end - 1)
        first, last = (document.position(place)[0] + 1 for place in ends)
        res.append((first, last))
    return res
