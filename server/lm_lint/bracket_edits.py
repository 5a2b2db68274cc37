"""Brackets that may be missing or too many far from where that shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lm_lint.candidates import Candidate
from lm_lint.lexemes import BRACES, CLOSER_OF
from lm_lint.structure import Problem
from lm_lint.text import indent_of, line_start
from lm_lint.window import Window

_HEAD_END = re.compile(r"(?:\)|\b(?:else|do)|\b(?:struct|union|enum)[ \t]+\w+)(?=[ \t]*\n)")
_LINE_END = re.compile(r"(?<=[^\s])[ \t]*$", re.MULTILINE)


def closers(window: Window) -> Iterator[Candidate]:
    """A bracket for what stays open: at the end of every line up to where that shows, in C a
    brace also on a line of its own; and what closes nothing, or any closer like it before,
    taken away."""
    for suspect in window.suspects:
        if suspect.opener in CLOSER_OF:
            yield from _missing_closer(window, suspect)
        elif window.text[suspect.start : suspect.end] in ("}", ")", "]"):
            yield from _stray_closer(window, suspect)


def _missing_closer(window: Window, suspect: Problem) -> Iterator[Candidate]:
    closer = CLOSER_OF[suspect.opener]
    ends = [m.start() for m in _LINE_END.finditer(window.text, suspect.end, suspect.noticed)]
    if suspect.opener != "{":
        ends = ends[:6]
    elif len(ends) > 60:
        ends = ends[:20] + ends[-40:]
    if suspect.noticed == len(window.text):
        ends.append(len(window.text.rstrip()))
    ends = [at for at in ends if window.limits[0] <= at <= window.limits[1]]
    indents = _block_indents(window.text, suspect.start, ends)
    for at, own_indent in zip(ends, indents, strict=True):
        token = window.token_from(at)
        free = window.surprise(token) - 4.0
        if suspect.opener == "{" and window.language == "c":
            new = f"\n{own_indent}{closer}"
            if window.text[at - 1 : at] not in ";}{":
                free -= 4.0
            yield Candidate(at, at, new, "insert", "", closer, free)
        else:
            yield Candidate(at, at, closer, "insert", "", closer, free)


def _stray_closer(window: Window, suspect: Problem) -> Iterator[Candidate]:
    written = window.text[suspect.start : suspect.end]
    since = max(suspect.start - 12_000, window.limits[0])
    places = [m.start() for m in re.finditer(re.escape(written), window.text[since:])]
    places = [since + p for p in places if since + p <= suspect.start][-40:]
    for at in places:
        line = line_start(window.text, at)
        end = at + 1
        alone = not window.text[line:at].strip() and window.text[end : end + 1] in ("\n", "")
        start = max(line - 1, 0) if alone else at
        free = window.surprise(window.token_at(at)) - 6.0
        yield Candidate(start, end, "", "delete", written, "", free)
    if written == "}" and window.language == "c":
        yield from _missing_opener(window, suspect, since)


def _missing_opener(window: Window, suspect: Problem, since: int) -> Iterator[Candidate]:
    """A brace behind a line that ends with `)` or `else` and after which the text moves in."""
    found = [m.end() for m in _HEAD_END.finditer(window.text, since, suspect.start)]
    for at in found[:8] + found[8:][-32:]:
        free = window.surprise(window.token_from(at)) - 4.0
        yield Candidate(at, at, " {", "insert", "", "{", free)


def _block_indents(text: str, start: int, places: list[int]) -> list[str]:
    """For increasing places of C the indentation of the line that opened the innermost block."""
    res = []
    stack: list[int] = []
    braces = [m.start(1) for m in BRACES.finditer(text, start) if m[1]]
    idx = 0
    for place in places:
        while idx < len(braces) and braces[idx] < place:
            if text[braces[idx]] == "{":
                stack.append(braces[idx])
            elif len(stack) > 1:
                stack.pop()
            idx += 1
        res.append(indent_of(text, stack[-1]) if stack else "")
    return res
