"""Lines of Python that may be indented otherwise, broken once too often or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lm_lint.candidates import Candidate
from lm_lint.lexemes import Lexeme
from lm_lint.structure import python_inside
from lm_lint.text import indent_of
from lm_lint.window import Window

_INDENTS = 6  # how many of a text's indentations are tried
_CODE_LINE = re.compile(r"[ \t]*(?=[^\s#])")


def lines(window: Window) -> Iterator[Candidate]:
    """Python's lines: other indentation, a line break too many, one too few."""
    if window.language != "python":
        return
    breaks = _breaks(window)
    counts = Counter(lexeme.text.rpartition("\n")[2] for lexeme in breaks)
    in_use = {indent for indent, _ in counts.most_common(_INDENTS)}
    for lexeme in breaks:
        place = window.token_at(lexeme.start)
        free = max(window.surprise(place), 4.0) - 4.0 - window.distance(place)
        yield from _indented(window.text, lexeme, in_use, free)
        joined = "" if window.text[lexeme.start - 1 : lexeme.start] in "([{" else " "
        yield Candidate(lexeme.start, lexeme.end, joined, "delete", "\n", "", free - 6.0)
    first = _CODE_LINE.match(window.text)
    if first and first[0]:
        yield Candidate(0, first.end(), "", "indent", "deeper", "", 8.0)
    yield from _broken(window)


def _breaks(window: Window) -> list[Lexeme]:
    """The line breaks after which a statement may begin."""
    # What was read may begin inside a string; the stretch does not.
    since = window.limits[0]
    inside = python_inside(window.text[since:])
    return [
        lexeme
        for lexeme in window.lexemes
        if lexeme.kind == "line" and not inside[max(lexeme.end - since, 0)]
    ]


def _indented(text: str, lexeme: Lexeme, in_use: set[str], free: float) -> Iterator[Candidate]:
    """As the line before, deeper or less deep than it, as the line behind, or as others are."""
    breaks, _, indent = lexeme.text.rpartition("\n")
    before = indent_of(text, lexeme.start)
    following = _CODE_LINE.match(text, text.find("\n", lexeme.end) + 1)
    wanted = {before, before + "    ", before + "\t", before[:-4], before[:-1], ""} | in_use
    if following:
        wanted.add(following[0])
    for other in sorted(wanted - {indent}):
        yield Candidate(
            lexeme.start + len(breaks) + 1,
            lexeme.end,
            other,
            "indent",
            "deeper" if len(indent) > len(other) else "",
            "deeper" if len(indent) < len(other) else "",
            free - (0.0 if other in (before, before + "    ", before[:-4]) else 2.0),
        )


def _broken(window: Window) -> Iterator[Candidate]:
    """A line break where none is."""
    for gap in window.gaps:
        if window.text[gap.before : gap.after].count("\n") == 0 and gap.before:
            free = window.surprise(gap.after_token) - 9.0 - window.distance(gap.after_token)
            if free > -4.0:
                new = "\n" + indent_of(window.text, gap.before)
                yield Candidate(gap.before, gap.after, new, "insert", "", "\n", free)
