"""One stretch of text, the edits worth trying in it, and what the parsers say of each edit.

The detector asks this and the language model, and weighs them. Offsets are those of what was read.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lm_lint import structure
from lm_lint.c_source import plain
from lm_lint.candidates import Candidate
from lm_lint.code_edits import proposed
from lm_lint.features import brace_mismatches
from lm_lint.html_layout import Layout
from lm_lint.html_repairs import Proposal, propose
from lm_lint.html_tags import Page, TagProblem
from lm_lint.lexemes import bare, bare_lexemes, lexemes
from lm_lint.python_rules import PythonError, is_nested, python_error
from lm_lint.structure import Health, Problem
from lm_lint.text import Language
from lm_lint.vocabulary import Vocabulary
from lm_lint.window import Window

Key = tuple[int, tuple[str, ...], tuple[str, ...]]

_SEVERAL = 3  # so many problems may be those of several slips
_CHECKED = 468  # candidates that the parsers see; the first 260 lose one in twenty repairs


def go_on() -> None:
    """Nobody waits for anything else."""


class Witness(Protocol):
    """What is asked about a stretch of text."""

    before: Health | None
    breathe: Callable[[], None]  # called between chunks of work

    def better(self) -> Iterator[tuple[Candidate, Health | None]]:
        """The edits after which the text parses better, likeliest first, one for each layout."""
        ...

    def fit(self, candidate: Candidate) -> float:
        """How many lines more agree with the nesting by their indentation, where that counts."""
        ...


class CodeWitness:
    """C and Python, and any language where the parsers are not asked (`parser` off)."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        text: str,
        language: Language,
        reading: Any,
        problems: list[Problem],
        start: int,
        end: int,
        parser: bool,
        judged: str = "",
    ) -> None:
        """The stretch is text[start:end]; the problems lie in it. Parsers see `judged` in its place, which is as long."""
        self.language, self.start = language, start
        self.breathe: Callable[[], None] = go_on
        self.stretch = judged or text[start:end]
        self.before = structure.health(self.stretch, language) if parser else None
        self._mismatches = brace_mismatches(self.stretch) if language == "c" else 0
        self._fits: dict[tuple[int, int, str], float] = {}
        found = lexemes(self.stretch, language)
        self._starts = [lexeme.start for lexeme in found]
        self._ends = [lexeme.end for lexeme in found]
        self._bare = [bare(lexeme.text) for lexeme in found]
        self._c_text = structure.CText(plain(self.stretch)) if language == "c" and parser else None
        self._window = Window(vocabulary, text, language, reading, problems, start, end)
        self._python: PythonStretch | None = None
        self._errors: dict[tuple[int, int, str], PythonError | None] = {}

    def proposed(self) -> list[Candidate]:
        """The edits that are checked, likeliest first."""
        return proposed(self._window, joint=self.before is not None)[:_CHECKED]

    def better(self) -> Iterator[tuple[Candidate, Health | None]]:
        """Where some edits mend the stretch altogether, those that only lessen what is wrong are
        not looked at: that takes most of the time, and the slip is hardly ever one of them."""
        proposed = self.proposed()
        if self.before is None:
            yield from self._distinct(proposed, lambda candidate: (True, None))
            return
        if self.language == "python":
            places = [(c.start - self.start, c.end - self.start) for c in proposed]
            self._python = PythonStretch(self.stretch, places)
        mends = False
        for found in self._distinct(proposed, functools.partial(self._judged, enough=0)):
            mends = True
            yield found
        if not mends and self.before.weight > 1:
            least = functools.partial(self._judged, enough=self.before.weight - 1)
            yield from self._distinct(proposed, least)

    def _distinct(
        self,
        proposed: list[Candidate],
        judged: Callable[[Candidate], tuple[bool, Health | None]],
    ) -> Iterator[tuple[Candidate, Health | None]]:
        """Those that pass, the first of each layout."""
        seen: set[Key] = set()
        for candidate in proposed:
            self.breathe()
            key = self._key(candidate)
            if key is None or key in seen:
                continue
            passes, after = judged(candidate)
            if passes:
                seen.add(key)
                yield candidate, after

    def _judged(self, candidate: Candidate, enough: int) -> tuple[bool, Health | None]:
        after = self._after(candidate, enough)
        return after is not None, after

    def fit(self, candidate: Candidate) -> float:
        if self.language != "c" or candidate.added not in ("{", "}"):
            return 0.0
        key = (candidate.start, candidate.end, candidate.text)
        if key not in self._fits:
            after = brace_mismatches(self._edited(self.stretch, candidate))
            self._fits[key] = float(self._mismatches - after)
        return self._fits[key]

    def _key(self, candidate: Candidate) -> Key | None:
        """Edits with the same key give the same text up to layout; None for layout only. In Python
        line starts are no layout."""
        start, end = candidate.start - self.start, candidate.end - self.start
        if candidate.op == "indent":
            return start, ("indent",), (candidate.text,)
        first = bisect_left(self._ends, start)  # the lexeme that touches the edit's start
        last = bisect_right(self._starts, end)
        low = min(self._starts[first], start) if first < len(self._starts) else start
        high = max(self._ends[last - 1], end) if last > first else end
        old = self._bare[first:last]
        repaired = self.stretch[low:start] + candidate.text + self.stretch[end:high]
        new = bare_lexemes(repaired, self.language)
        while old and new and old[0] == new[0]:
            old, new, first = old[1:], new[1:], first + 1
        while old and new and old[-1] == new[-1]:
            old, new = old[:-1], new[:-1]
        if not old and not new:
            return None
        if len(old) + len(new) == 1:
            # `))` gains or loses the same whichever of the two it is.
            only = (old + new)[0]
            while first and self._bare[first - 1] == only:
                first -= 1
        return first, tuple(old), tuple(new)

    def _after(self, candidate: Candidate, enough: int) -> Health | None:
        repaired = self._edited(self.stretch, candidate)
        if self.language == "python":
            return self._python_after(candidate, repaired, enough)
        if self._c_text is None or "#" in candidate.text + self._line(candidate):
            return structure.health(repaired, self.language, enough)
        # No directive is where the edit is, so the tracks of macros stay as they are.
        start, end = candidate.start - self.start, candidate.end - self.start
        return self._c_text.after(start, end, candidate.text, enough)

    def _python_after(self, candidate: Candidate, repaired: str, enough: int) -> Health | None:
        """CPython reads from the front: what mends its first error lets it come further. With
        several slips it may be another one that it tells of; then the others must agree."""
        before = self.before
        assert before is not None
        start, end = candidate.start - self.start, candidate.end - self.start
        assert self._python is not None
        edit = (start, end, candidate.text)
        if edit not in self._errors:
            self._errors[edit] = self._python.error(*edit)
        error = self._errors[edit]
        if error is not None and not enough:
            return None
        growth = len(candidate.text) - (candidate.end - candidate.start)
        further = error is None or error.start > before.compiler_at + max(growth, 0)
        if further or not before.n_compiler:
            return structure.python_health(repaired, error, enough)
        if before.n_tree + before.n_rules < _SEVERAL:
            return None
        after = structure.python_health(repaired, error, enough)
        fewer = after and after.n_tree + after.n_rules < before.n_tree + before.n_rules
        return after if fewer else None

    def _edited(self, text: str, candidate: Candidate) -> str:
        start, end = candidate.start - self.start, candidate.end - self.start
        return text[:start] + candidate.text + text[end:]

    def _line(self, candidate: Candidate) -> str:
        start = self.stretch.rfind("\n", 0, candidate.start - self.start) + 1
        end = self.stretch.find("\n", candidate.end - self.start)
        return self.stretch[start : end if end >= 0 else len(self.stretch)]


class PythonStretch:
    """Where CPython gives up in a text after an edit. Complete definitions before the edit and
    behind it are read once, where they say nothing about it."""

    def __init__(self, text: str, places: list[tuple[int, int]]) -> None:
        """`places` are spans where most of the edits will be."""
        self._text = text
        self._since, self._head, self._safe = 0, "", 0  # what is dropped, and what stands for it
        self._until: int | None = None  # where definitions begin that are right by themselves
        self._methods: str | None = None  # their indentation, where the text is of methods alone
        if not places or len(text) < _SHORT or "\0" in text:
            return
        starts, ends = sorted(start for start, _ in places), sorted(end for _, end in places)
        low, high = starts[len(starts) // 10], ends[-1 - len(ends) // 20]
        borders = list(_DEFINITION.finditer(text))
        self._methods = borders[0][1] if is_nested(text) else None
        before = [match for match in borders if match.end() < low]
        for match in before[: -1 - _TRIED : -1]:
            head = self._head_of(match)
            if match.start() and head is not None and python_error(text[: match.start()]) is None:
                self._since, self._head, self._safe = match.start(), head, match.end() + 1
                break
        first = text[self._since : self._safe]
        indent = first[: len(first) - len(first.lstrip())] or self._methods or ""
        head = self._head or ("\n" if self._methods else "")
        for match in [m for m in borders if m.start() > high and m[1] == indent][:1]:
            if python_error(head + text[match.start() :]) is None:
                self._until = match.start()

    def error(self, start: int, end: int, new: str) -> PythonError | None:
        """CPython's first error in the text with text[start:end] replaced by `new`."""
        text = self._text
        if start < self._safe:
            return python_error(text[:start] + new + text[end:])
        before = self._head + text[self._since : start] + new
        until = self._until
        error = None
        if until is not None and end < until:
            part = before + text[end:until]
            error = python_error(part)
            if error is None and self._keeps_lines(start, end, new):
                return None
            if error is not None and not _is_of_all(error, part):
                error = None
        error = error or python_error(before + text[end:])
        if error is None or not self._since:
            return error
        if error.start < len(self._head):
            return python_error(text[:start] + new + text[end:])
        by = self._since - len(self._head)
        return PythonError(error.start + by, error.end + by, error.message)

    def _keeps_lines(self, start: int, end: int, new: str) -> bool:
        """Whether every line begins where it began, or further in."""
        gone = self._text[start:end]
        line = self._text.rfind("\n", 0, start) + 1
        inside = bool(self._text[line:start].strip())
        return "\n" not in gone + new and (inside or not gone[:1].isspace())

    def _head_of(self, match: re.Match[str]) -> str | None:
        """What may stand for all that is before a definition; None where that is not known."""
        text, start, indent = self._text, match.start(), match[1]
        if _DECORATED.search(text, 0, start):
            return None
        if self._methods:
            is_one = indent == self._methods and is_nested("\n" + text[start:])
            return "\n" if is_one and not _OUTERMOST_LINE.search(text, 0, start) else None
        if not indent:
            return ""
        lines = list(_OUTERMOST_LINE.finditer(text, 0, start))
        if not lines or not _CLASS_LINE.fullmatch(lines[-1][0]):
            return None
        first = _INNER_LINE.search(text, lines[-1].end())
        return "class A:\n" if first and first[1] == indent else None


def _is_of_all(error: PythonError, part: str) -> bool:
    """Whether CPython says the same of a part when complete definitions follow: not where the
    part's end has to do with it."""
    last_line = part.rstrip().rfind("\n")
    return error.end <= last_line and not any(
        words in error.message for words in ("never closed", "EOF", "triple-quoted")
    )


_SHORT = 600  # characters that CPython reads in no time
_TRIED = 3
_DEFINITION = re.compile(r"^([ \t]*)(?:@|(?:async[ \t]+)?def\b|class\b)", re.MULTILINE)
_DECORATED = re.compile(r"^[ \t]*@[^\n]*\n\Z", re.MULTILINE)
_OUTERMOST_LINE = re.compile(r"^[^\s#][^\n]*", re.MULTILINE)
_CLASS_LINE = re.compile(r"class\b[^\n#]*:[ \t]*(?:#[^\n]*)?")
_INNER_LINE = re.compile(r"^([ \t]*)[^\s#]", re.MULTILINE)


class PageWitness:
    """HTML. The page is always judged as a whole, `low` is where the part begins that was read."""

    def __init__(
        self, page: Page, layout: Layout, problems: list[Problem], low: int, high: int
    ) -> None:
        self.page, self.low, self.high = page, low, high
        self.breathe: Callable[[], None] = go_on
        self._layout = layout
        self._fits: dict[tuple[int, int, str], float] = {}
        wanted = {(p.start + low, p.end + low) for p in problems}
        self._mine = [p for p in page.problems if (p.start, p.end) in wanted]
        self.before: Health | None = structure.health_of(page.problems, len(page.text))

    def better(self) -> Iterator[tuple[Candidate, Health | None]]:
        assert self.before is not None
        n_chars = len(self.page.text)
        seen: set[tuple[int, int, str]] = set()
        for rank, (problem, proposal) in enumerate(self._in_turn()):
            self.breathe()
            key = (proposal.start, proposal.end, proposal.text)
            inside = self.low <= proposal.start and proposal.end <= self.high
            if key in seen or not inside:
                continue
            seen.add(key)
            found = self.page.after(proposal.start, proposal.end, proposal.text)
            after = structure.health_of(found, n_chars)
            if _worse(after, self.before):
                continue
            yield self._candidate(problem, proposal, rank), after

    def fit(self, candidate: Candidate) -> float:
        edit = candidate.start + self.low, candidate.end + self.low, candidate.text
        if edit not in self._fits:
            self._fits[edit] = float(self._layout.mismatches - self._layout.after(*edit))
        return self._fits[edit]

    def _in_turn(self) -> Iterator[tuple[TagProblem, Proposal]]:
        """The first proposal of each problem, then the second ones."""
        lists = [(p, propose(self.page.text, p, self.page)) for p in self._mine[:12]]
        for rank in range(max((len(found) for _, found in lists), default=0)):
            for problem, found in lists:
                if rank < len(found):
                    yield problem, found[rank]

    def _candidate(self, problem: TagProblem, proposal: Proposal, rank: int) -> Candidate:
        gone = self.page.text[proposal.start : proposal.end]
        return Candidate(
            proposal.start - self.low,
            proposal.end - self.low,
            proposal.text,
            proposal.kind,
            problem.name if gone.strip() else "",
            problem.name if proposal.text.strip() else "",
            -float(np.log2(1 + rank)),
        )


def _worse(after: Health, before: Health) -> bool:
    """An error less counts, whatever is merely suspicious then; or as many and less suspicion."""
    return (after.n_rules, after.n_tree) >= (before.n_rules, before.n_tree)


def hot_tokens(
    bounds: npt.NDArray[np.int64], problems: list[Problem], n_chars: int
) -> npt.NDArray[np.int64]:
    """The tokens at which problems begin and are noticed, increasing."""
    offsets = {p.start for p in problems} | {min(p.noticed, n_chars) for p in problems}
    found = np.searchsorted(bounds, np.array(sorted(offsets)), side="right") - 1
    return np.unique(np.clip(found, 0, len(bounds) - 1))
