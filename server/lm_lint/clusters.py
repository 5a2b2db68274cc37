"""Problems that may have one cause, and the stretch of text that is enough to judge a repair.

A repair inside one function cannot mend another, so each function is judged by itself: checking a
candidate then costs time in the size of a function and not of a file, and what was found about a
function stays true until somebody edits it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lm_lint.parts import LONG_CLASS, method_borders
from lm_lint.structure import Problem
from lm_lint.text import Language

_SMALL = 2000  # a text of so many characters is one stretch
# A longer stretch is cut; CPython reads a text ten times as fast as tree-sitter does.
_MAX_CHARS: dict[Language, int] = {"c": 6000, "python": 20_000, "html": 6000}
_APART = 120  # characters of a page between problems that have nothing to do with each other
_PAGE_MARGIN = 300
_MARGIN = 2500  # what is kept around problems of a stretch that is too long

# Places where a new stretch may begin: behind a closing brace in the first column, or where
# Python defines something there.
_BORDER: dict[Language, re.Pattern[str]] = {
    "c": re.compile(r"^\}[^\n]*\n", re.MULTILINE),
    "python": re.compile(r"\n(?=(?:@|(?:async )?def |class )[^\n]*)"),
    "html": re.compile(r"(?!)"),
}


@dataclass(frozen=True)
class Cluster:
    """Problems that lie in text[start:end]; their offsets are those of the whole text.

    judged  the stretch as parsers are to see it, "" where that is text[start:end] (separation.py)
    first   whether other slips of the stretch wait until these problems are mended
    """

    start: int
    end: int
    problems: tuple[Problem, ...]
    judged: str = ""
    first: bool = False

    def stretch(self, text: str) -> str:
        """What parsers are to see of a text that the cluster is of."""
        return self.judged or text[self.start : self.end]


def clusters(text: str, language: Language, problems: list[Problem]) -> list[Cluster]:
    """The problems in groups, by place; every problem is in exactly one."""
    if not problems:
        return []
    if language == "html":
        return _page_clusters(text, problems)
    if len(text) <= _SMALL:
        return [Cluster(0, len(text), tuple(problems))]
    borders = [0, *_borders(text, language), len(text)]
    spans: list[tuple[int, int, list[Problem]]] = []
    for problem in sorted(problems, key=lambda p: (p.start, p.end)):
        start, end = _around(borders, problem, len(text), language)
        if language == "python" and end - start > LONG_CLASS:
            start, end = _inner(text, start, end, problem)
        if spans and start < spans[-1][1]:
            first, last, members = spans[-1]
            spans[-1] = (min(first, start), max(last, end), [*members, problem])
        else:
            spans.append((start, end, [problem]))
    return [
        c for start, end, members in spans for c in _bounded(text, language, start, end, members)
    ]


def _page_clusters(text: str, problems: list[Problem]) -> list[Cluster]:
    """In a page what is open spans any distance: problems belong together that overlap, from
    where they begin to where they are noticed."""
    spans: list[tuple[int, int, list[Problem]]] = []
    for problem in sorted(problems, key=lambda p: (p.start, p.end)):
        start, end = problem.start, max(problem.end, problem.noticed)
        if spans and start <= spans[-1][1] + _APART:
            first, last, members = spans[-1]
            spans[-1] = (first, max(last, end), [*members, problem])
        else:
            spans.append((start, end, [problem]))
    res = []
    for start, end, members in spans:
        low = text.rfind("\n", 0, max(start - _PAGE_MARGIN, 0)) + 1
        cut = text.find("\n", min(end + _PAGE_MARGIN, len(text)))
        res.append(Cluster(low, len(text) if cut < 0 else cut, tuple(members)))
    return res


def _borders(text: str, language: Language) -> list[int]:
    res = []
    for match in _BORDER[language].finditer(text):
        at = match.end()
        if language == "python":
            line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if line.startswith("@"):
                continue
        res.append(at)
    return res


def _around(
    borders: list[int], problem: Problem, n_chars: int, language: Language
) -> tuple[int, int]:
    """From the border before a problem to the one behind the place where it is noticed.

    An error node can swallow the rest of a file; its beginning tells where it comes from.
    """
    last = _last(problem, language)
    start = max((b for b in borders if b <= max(problem.start - 1, 0)), default=0)
    end = min((b for b in borders if b > last), default=n_chars)
    return start, end


def _last(problem: Problem, language: Language) -> int:
    last = problem.end if problem.end - problem.start <= _MARGIN else problem.start
    if problem.opener and problem.noticed - problem.start <= _MAX_CHARS[language]:
        last = max(last, problem.noticed)
    return last


def _inner(text: str, start: int, end: int, problem: Problem) -> tuple[int, int]:
    """Of a long class only the methods around a problem: the stretch begins with the line break
    before a method, by which python_rules.is_nested knows it."""
    borders = [start + border for border in method_borders(text[start:end])]
    # No bracket goes on over a definition, wherever it is noticed that one stays open.
    last = problem.start if problem.opener else _last(problem, "python")
    low = max((b for b in borders if b < problem.start), default=start)
    high = min((b for b in borders if b > last), default=end)
    return low, high


def _bounded(
    text: str, language: Language, start: int, end: int, members: list[Problem]
) -> Iterator[Cluster]:
    """The stretch itself, or where it is too long, parts of it around the problems."""
    if end - start <= _MAX_CHARS[language]:
        yield Cluster(start, end, tuple(members))
        return
    while members:
        first = members[0].start
        low = max(start, text.rfind("\n", 0, max(first - _MARGIN, 0)) + 1)
        cut = text.find("\n", min(first + _MARGIN, len(text)))
        high = min(end, cut + 1 if cut >= 0 else len(text))
        inside = [m for m in members if m.start <= high]
        yield Cluster(low, high, tuple(inside))
        members = members[len(inside) :]
