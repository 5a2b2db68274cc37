"""Slips of one function that have nothing to do with each other, each judged as if the others were not there.

A repair that takes all problems of a stretch away is likely to be what was meant; one that leaves some is likely to
be none. With two slips in a function every repair leaves some. So a line with another slip is replaced by an empty
statement of the same length when parsers look at a repair of this one, and both are found as if they were alone. That
is done only where they are independent: without the one exactly the other is left, and the other way round.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from lm_lint import structure
from lm_lint.c_macros import Edit
from lm_lint.c_source import rewritten
from lm_lint.clusters import Cluster
from lm_lint.text import Language

_MOST = 8  # groups of problems; each costs some readings of the stretch
_RUBBLE = 24  # with more problems it is no program with some slips
_LONG = 2  # lines of a problem; of what swallows more the first ones tell where it comes from

Lines = range  # of a stretch, counted from 0


def separated(
    text: str, language: Language, cluster: Cluster, settled: Container[str] = ()
) -> list[Cluster]:
    """The cluster, or one for each slip of it with the stretch as parsers are to see it. Only C: CPython tells of
    one slip at a time, and pages are cut more finely.

    A slip that no line can be blamed for, such as a lost brace, comes alone (`first`), and the others when it is
    mended; or all as one, where it is `settled` that it will not be.
    """
    if language != "c" or not 2 <= len(cluster.problems) <= _RUBBLE:
        return [cluster]
    stretch = text[cluster.start : cluster.end]
    starts = tuple(problem.start - cluster.start for problem in cluster.problems)
    ends = tuple(problem.end - cluster.start for problem in cluster.problems)
    found = _slips(stretch, starts, ends)
    if not found or (len(found) == 1 and found[0][1] in settled):
        return [cluster]
    return [
        replace(
            cluster,
            problems=tuple(cluster.problems[i] for i in members),
            judged=judged,
            first=len(found) == 1,
        )
        for members, judged in found
    ]


@functools.lru_cache(maxsize=64)
def _slips(
    stretch: str, starts: tuple[int, ...], ends: tuple[int, ...]
) -> tuple[tuple[tuple[int, ...], str], ...]:
    """Of each slip, or of the one that comes first, the problems by index and the stretch without the others; ()
    where they cannot be told apart."""
    rows = [stretch.count("\n", 0, start) for start in starts]
    last = [
        min(row + stretch.count("\n", start, end), row + _LONG)
        for row, start, end in zip(rows, starts, ends, strict=True)
    ]
    groups = list(_groups(rows, last))
    if not 2 <= len(groups) <= _MOST:
        return ()
    spans = [
        Lines(min(rows[i] for i in group), max(last[i] for i in group) + 1) for group in groups
    ]
    anyway = [row for row in _rows_of(stretch) if not _is_near(row, spans)]
    blanks = [_blanked(stretch, span, spans, anyway) for span in spans]
    tied = list(range(len(groups)))  # groups with the same number are one slip
    nowhere = [idx for idx, blank in enumerate(blanks) if blank is None]
    for idx in nowhere:
        tied[idx] = nowhere[0]
    for idx, blank in enumerate(blanks):
        for other, theirs in enumerate(spans):
            gone = blank is not None and not any(_is_near(row, [theirs]) for row in blank.left)
            if gone and other != idx:
                tied = [tied[idx] if number == tied[other] else number for number in tied]
    res = []
    for number in [tied[nowhere[0]]] if nowhere else dict.fromkeys(tied):
        own = [idx for idx, other in enumerate(tied) if other == number]
        edits = [blank.edit for idx, blank in enumerate(blanks) if blank and idx not in own]
        judged = rewritten(stretch, edits)
        mine = [row for row in _rows_of(judged) if row not in anyway]
        if not mine or not all(_is_near(row, [spans[idx] for idx in own]) for row in mine):
            return ()
        res.append((tuple(itertools.chain(*(groups[idx] for idx in own))), judged))
    return tuple(res) if len(set(tied)) > 1 else ()


def _groups(first: list[int], last: list[int]) -> Iterator[list[int]]:
    """The problems, by index, that stand on the same lines or on neighbouring ones."""
    group: list[int] = []
    until = -1
    for idx in sorted(range(len(first)), key=lambda i: (first[i], last[i])):
        if group and first[idx] > until + 1:
            yield group
            group = []
        until = max(until, last[idx]) if group else last[idx]
        group.append(idx)
    if group:
        yield group


@dataclass(frozen=True)
class _Blank:
    """What takes a slip out of a stretch, and the rows of the problems that are left then."""

    edit: Edit
    left: list[int]


def _blanked(stretch: str, span: Lines, spans: list[Lines], anyway: list[int]) -> _Blank | None:
    """An edit after which nothing is left of a problem and nothing new comes; None where there is none. What is
    missing at a line's end shows on the next one.

    anyway  rows of what belongs to none of the problems: parsers stumble there at the stretch alone
    """
    others = [other for other in spans if other != span]
    lines = stretch.split("\n")
    for first in dict.fromkeys((span.start, max(span.start - 1, 0))):
        gone = "\n".join(lines[first : span.stop])
        start = sum(len(line) + 1 for line in lines[:first])
        end = start + len(gone)
        start += len(gone) - len(gone.lstrip())
        for filler in _fillers(gone):
            edit = start, end, filler
            left = _rows_of(rewritten(stretch, [edit]))
            if all(row in anyway or _is_near(row, others) for row in left):
                return _Blank(edit, left)
    return None


def _fillers(lines: str) -> list[str]:
    """What may stand for lines: with their blocks, as a statement, or nothing."""
    opens, closes = lines.count("{") > lines.count("}"), lines.lstrip().startswith("}")
    return [*([("}" if closes else "") + "if(1){"] if opens else ["}"] if closes else []), ";", ""]


def _rows_of(stretch: str) -> list[int]:
    return [stretch.count("\n", 0, p.start) for p in structure.problems(stretch, "c")]


def _is_near(row: int, spans: list[Lines]) -> bool:
    return any(span.start - 1 <= row <= span.stop for span in spans)
