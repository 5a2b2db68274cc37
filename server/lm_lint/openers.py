"""Where the bracket or tag stands that a closer closes: read backwards, only as far as needed.

A missing `}` is explained by the `{` that it would close. Comments and strings may hide brackets, and whether a line
stands in one of them is decided by what comes before; so a stretch of the text is read from a place that is surely
outside, and a longer one where that stretch does not hold the opener. This module knows no findings and no messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from lm_lint.findings import tag_name
from lm_lint.text import Language


@dataclass(frozen=True)
class Opener:
    """text[start:end] opens what is to be closed; `name` is how it reads in a sentence."""

    start: int
    end: int
    name: str


def opener(language: Language, text: str, offset: int, closer: str) -> Opener | None:
    """What `closer` would close at `offset`, or None.

    Only its own kind is counted, so other slips on the way do no harm.
    """
    closer = closer.strip()
    if language == "html":
        name = tag_name(closer)
        return _open_tag(text, offset, name) if name and closer.startswith("</") else None
    if closer not in _OPENS:
        return None
    pattern = _brackets(language, closer)
    for start in _outside(language, text, offset):
        opened: list[int] = []
        for match in pattern.finditer(text, start, offset):
            if match[0] == _OPENS[closer]:
                opened.append(match.start())
            elif match[0] == closer and opened:
                opened.pop()
        if opened:
            return Opener(opened[-1], opened[-1] + 1, _OPENS[closer])
    return None


_OPENS = {")": "(", "]": "[", "}": "{"}

# What may hide brackets: comments and strings, each of which may also be left unclosed on its line.
_STRINGS = r'"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?'
_HIDING = {
    "c": r"//[^\n]*|/\*.*?\*/|" + _STRINGS,
    "python": r'#[^\n]*|""".*?"""|\'\'\'.*?\'\'\'|' + _STRINGS,
}


@cache
def _brackets(language: Language, closer: str) -> re.Pattern[str]:
    """Every branch starts with a literal: `re` then leaps to those characters, which is three times as fast."""
    return re.compile(rf"{_HIDING[language]}|\{_OPENS[closer]}|\{closer}", re.S)


# How far back is read first, four times as far each time after that, and how far at most: some 4,000 lines.
_FIRST_REACH_CHARS = 4000
_LAST_REACH_CHARS = 128_000


def _outside(language: Language, text: str, offset: int) -> Iterator[int]:
    """Places before `offset` that stand in no comment and no string, further away each time.

    A `*/` in a C string, or three quotes in a Python comment, may deceive it; then a line may be named wrongly.
    """
    before = _before_comment if language == "c" else _before_triple_quotes
    reach = _FIRST_REACH_CHARS
    while reach < offset:
        start = before(text, _line_start(text, offset - reach))
        if start == 0:
            break
        yield start
        if reach == _LAST_REACH_CHARS:
            return
        reach = min(4 * max(reach, offset - start), _LAST_REACH_CHARS)
    yield 0


def _line_start(text: str, offset: int) -> int:
    """The start of a line that goes on no string or macro of the line before; at `offset` or before it."""
    start = text.rfind("\n", 0, offset) + 1
    while text[max(start - 2, 0) : start] == "\\\n":
        start = text.rfind("\n", 0, start - 1) + 1
    return start


def _before_comment(text: str, offset: int) -> int:
    """`offset` itself, or where the last comment before it ends if another one seems to begin after that."""
    closed = text.rfind("*/", 0, offset)
    end = closed + 2 if closed >= 0 else 0
    return offset if text.find("/*", end, offset) < 0 else end


def _before_triple_quotes(text: str, offset: int) -> int:
    """`offset` itself, or where the string around it begins."""
    for quotes in ('"""', "'''"):
        if text.count(quotes, 0, offset) % 2:
            offset = text.rfind(quotes, 0, offset)
    return offset


@lru_cache(maxsize=64)
def _tags(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!--.*?-->|<(/?)({re.escape(name)})(?=[\s/>])[^<>]*?(/?)>", re.S | re.I)


def _open_tag(text: str, offset: int, name: str) -> Opener | None:
    """One pass from the start: with the name in the pattern 20,000 lines take 2 ms."""
    opened: list[tuple[int, int]] = []
    for match in _tags(name).finditer(text, 0, offset):
        if (match[2] or "").lower() != name.lower() or match[3]:
            continue
        if not match[1]:
            opened.append(match.span())
        elif opened:
            opened.pop()
    return Opener(*opened[-1], f"<{name}>") if opened else None
