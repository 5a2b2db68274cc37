"""What a text does elsewhere: how often the place of a repair, as it stands and as it would be, recurs in it.

The network reads some lines around a slip. The whole document knows more: a list item that ends like its sisters is
right, and a macro that stands without a semicolon on ten lines is no slip on the eleventh. Counted over lexemes, once
as they are written ("same") and once with names, numbers and strings left open ("like"); as a cache of recent n-grams
serves a language model (Kuhn and De Mori 1990), here as features of the ranking.

Lines are cut by themselves, so a quote that is lost somewhere changes nothing elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from lm_lint.candidates import Candidate
from lm_lint.lexemes import KEYWORDS
from lm_lint.ranking import log2
from lm_lint.text import Language

_WIDTHS = (1, 2, 4)  # lexemes on either side
_REACH = 8  # lexemes beyond the lines of an edit that are at hand
_MOST = 15  # more is no surer
_LONGEST = 12  # an edit of more lexemes is none that recurs
_REMEMBERED_LINES = 1 << 14

_STRING = r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
_LEXEME: dict[Language, re.Pattern[str]] = {
    "c": re.compile(rf"//[^\n]*|{_STRING}|\w+|[^\w\s]|\n"),
    "python": re.compile(rf"^[ \t]+(?=\S)|#[^\n]*|{_STRING}|\w+|[^\w\s]|\n"),
    "html": re.compile(r"<[!/]?[A-Za-z-][^<>\n]*>?|[^<\s][^<\n]*|<|\n"),
}
_COMMENT: dict[Language, tuple[str, ...]] = {"c": ("//",), "python": ("#",), "html": ()}
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


class Line(NamedTuple):
    """The lexemes of one line, its break included.

    starts  in the line
    same    as they are written
    like    with names, numbers and what is quoted left open
    """

    starts: tuple[int, ...]
    same: tuple[str, ...]
    like: tuple[str, ...]


class Recurrences:
    """The lexemes of one document, ready to be counted."""

    def __init__(self, text: str, language: Language) -> None:
        self._text, self._language = text, language
        self._lines: list[int] = []  # where each begins
        self._firsts: list[int] = []  # and which lexeme is its first
        self._lexemes: dict[str, list[str]] = {"same": [], "like": []}
        at = 0
        for line in text.splitlines(keepends=True) or [""]:
            found = _line(line, language)
            self._lines.append(at)
            self._firsts.append(len(self._lexemes["same"]))
            self._lexemes["same"] += found.same
            self._lexemes["like"] += found.like
            at += len(line)
        self._joined = {kind: _joined(lexemes) for kind, lexemes in self._lexemes.items()}

    def of_candidate(self, candidate: Candidate) -> dict[str, float]:
        """How often its place recurs with the repair ("recurs"), and as it stands ("stands"); {} where the edit
        changes no lexeme. The candidate is in offsets of the document."""
        first = self._line_at(candidate.start)
        behind = self._line_at(candidate.end) + 1
        low = self._lines[first]
        high = self._lines[behind] if behind < len(self._lines) else len(self._text)
        mended = (
            self._text[low : candidate.start] + candidate.text + self._text[candidate.end : high]
        )
        lines = [_line(line, self._language) for line in mended.splitlines(keepends=True)]
        begin, end = self._first(first), self._first(behind)
        res: dict[str, float] = {}
        for kind, lexemes in self._lexemes.items():
            middle = [each for line in lines for each in getattr(line, kind)]
            before, after = lexemes[max(begin - _REACH, 0) : begin], lexemes[end : end + _REACH]
            res |= self._compared(
                kind, [*before, *lexemes[begin:end], *after], [*before, *middle, *after]
            )
        return res

    def of_places(self, places: Sequence[int]) -> dict[str, float]:
        """How often what stands at some places, the rarest of them, stands elsewhere, too."""
        res: dict[str, float] = {}
        found = [self._lexeme_at(place) for place in places]
        for kind, lexemes in self._lexemes.items() if found else ():
            for width in _WIDTHS:
                around = [lexemes[max(idx - width, 0) : idx + width + 1] for idx in found]
                rarest = min(self._count(kind, some) - 1 for some in around)
                res |= _told(f"nothing stands {kind} {width}", rarest)
        return res

    def _compared(self, kind: str, was: list[str], becomes: list[str]) -> dict[str, float]:
        res: dict[str, float] = {}
        n_first = _n_alike(was, becomes)
        n_last = _n_alike(was[n_first:][::-1], becomes[n_first:][::-1])
        if was == becomes or len(becomes) - n_first - n_last > _LONGEST:
            return res
        for width in _WIDTHS:
            around = max(n_first - width, 0)
            mine = self._count(kind, becomes[around : len(becomes) - n_last + width])
            others = self._count(kind, was[around : len(was) - n_last + width]) - 1
            res |= _told(f"recurs {kind} {width}", mine)
            res |= _told(f"stands {kind} {width}", others)
            if mine <= 0 and others <= 0:
                break  # what is wider recurs no more often
        return res

    def _line_at(self, offset: int) -> int:
        return bisect_right(self._lines, offset) - 1

    def _first(self, line: int) -> int:
        return self._firsts[line] if line < len(self._firsts) else len(self._lexemes["same"])

    def _lexeme_at(self, offset: int) -> int:
        """The last that begins at or before an offset of its line, or the line's first."""
        line = self._line_at(offset)
        low, high = self._lines[line], (*self._lines, len(self._text))[line + 1]
        starts = _line(self._text[low:high], self._language).starts
        return self._firsts[line] + max(bisect_right(starts, offset - low) - 1, 0)

    def _count(self, kind: str, lexemes: Sequence[str]) -> int:
        return self._joined[kind].count(_joined(lexemes)) if lexemes else 0


def _told(name: str, count: int) -> dict[str, float]:
    return {name: log2(min(count, _MOST)) / 2.0} if count > 0 else {}


def _joined(lexemes: Sequence[str]) -> str:
    """Each with marks of its own at both ends, so that neighbours share none."""
    return "".join(f"\x1e{lexeme}\x1f" for lexeme in lexemes)


def _n_alike(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@lru_cache(_REMEMBERED_LINES)
def _line(line: str, language: Language) -> Line:
    keywords, comment = KEYWORDS[language], _COMMENT[language]
    like = _like_in_page if language == "html" else _like_in_code
    starts: list[int] = []
    same: list[str] = []
    alike: list[str] = []
    for match in _LEXEME[language].finditer(line):
        lexeme = match[0] if match[0][0] in "\n \t" else match[0].strip()
        if not lexeme.startswith(comment):
            starts.append(match.start())
            same.append(lexeme)
            alike.append(like(lexeme, keywords))
    return Line(tuple(starts), tuple(same), tuple(alike))


def _like_in_code(lexeme: str, keywords: frozenset[str]) -> str:
    first = lexeme[0]
    if first in "\"'":
        return first if len(lexeme) > 1 and lexeme[-1] == first else lexeme[:2]
    if first.isdigit():
        return "0"
    if first.isalpha() or first == "_":
        return lexeme if lexeme in keywords else "w"
    return lexeme


def _like_in_page(lexeme: str, _: frozenset[str]) -> str:
    if lexeme[0] == "<":
        return _QUOTED.sub('""', lexeme)
    return lexeme if lexeme[0] == "\n" else "w"
