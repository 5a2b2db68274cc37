"""Slips of one function that have nothing to do with each other, each judged as if the others were not there.

A repair that takes all problems of a stretch away is likely to be what was meant; one that leaves some is likely to
be none. With two slips in a function every repair leaves some. So a line with another slip is replaced by an empty
statement of the same length when parsers look at a repair of this one, and both are found as if they were alone. That
is done only where they are independent: without the one exactly the other is left, and the other way round.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Container, Iterator
from dataclasses import replace

from lm_lint import structure
from lm_lint.clusters import Cluster
from lm_lint.text import Language

_MOST = 8  # groups of problems; each costs some readings of the stretch
_RUBBLE = 24  # with more problems it is no program with some slips
_LONG = 2  # lines of a problem; of what swallows more the first ones tell where it comes from
_INK = re.compile(r"\S")

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
    rows = [stretch.count("\n", 0, max(start, 0)) for start in starts]
    last = [
        min(row + max(stretch.count("\n", max(start, 0), end), 0), row + _LONG)
        for row, start, end in zip(rows, starts, ends, strict=True)
    ]
    groups = list(_groups(rows, last))
    if not 2 <= len(groups) <= _MOST:
        return ()
    spans = [
        Lines(min(rows[i] for i in group), max(last[i] for i in group) + 1) for group in groups
    ]
    anyway = [row for row in _rows_of(stretch) if not any(_meets([row], span) for span in spans)]
    blanks = [_blanked(stretch, span, spans, anyway) for span in spans]
    tied = list(range(len(groups)))  # groups with the same number are one slip
    nowhere = [idx for idx, blank in enumerate(blanks) if blank is None]
    for idx in nowhere:
        tied[idx] = nowhere[0]
    for idx, blank in enumerate(blanks):
        for other, theirs in enumerate(spans):
            if blank is not None and other != idx and not _meets(blank[2], theirs):
                tied = [tied[idx] if number == tied[other] else number for number in tied]
    res = []
    for number in [tied[nowhere[0]]] if nowhere else dict.fromkeys(tied):
        judged = stretch
        for idx, blank in enumerate(blanks):
            if blank is not None and tied[idx] != number:
                judged = _without(judged, *blank[:2])
        own = [idx for idx, other in enumerate(tied) if other == number]
        left = _rows_of(judged)
        mine = [row for row in left if row not in anyway]
        if not mine or any(not any(_meets([row], spans[idx]) for idx in own) for row in mine):
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


def _blanked(
    stretch: str, span: Lines, spans: list[Lines], anyway: list[int]
) -> tuple[Lines, str, list[int]] | None:
    """Lines and filler without which nothing is left of a problem and nothing new comes, and the rows of what is
    left; None where there are none. What is missing at a line's end shows on the next one.

    anyway  rows of what belongs to none of the problems: parsers stumble there at the stretch alone
    """
    others = [other for other in spans if other != span]
    for lines in (span, Lines(max(span.start - 1, 0), span.stop)):
        for filler in _fillers(stretch.split("\n")[lines.start : lines.stop]):
            left = _rows_of(_without(stretch, lines, filler))
            known = (row in anyway or any(_meets([row], other) for other in others) for row in left)
            if all(known):
                return lines, filler, left
    return None


def _fillers(lines: list[str]) -> list[str]:
    """What may stand for lines: with their blocks, as a statement, or nothing."""
    line = "".join(lines)
    opens, closes = line.count("{") > line.count("}"), line.lstrip().startswith("}")
    res = [("}" if closes else "") + "if(1){"] if opens else ["}"] if closes else []
    return [filler for filler in (*res, ";", "") if len(filler) <= _room(lines)]


def _room(lines: list[str]) -> int:
    return next((len(line.strip()) for line in lines if line.strip()), 0)


def _without(stretch: str, lines: Lines, filler: str) -> str:
    """The stretch with nothing but `filler` on some lines, every offset as it was."""
    rows = stretch.split("\n")
    first = next((row for row in lines if rows[row].strip()), None)
    for row in lines:
        line = rows[row]
        rows[row] = _INK.sub(" ", line)
        if row == first:
            at = len(line) - len(line.lstrip())
            rows[row] = rows[row][:at] + filler + rows[row][at + len(filler) :]
    return "\n".join(rows)


def _rows_of(stretch: str) -> list[int]:
    return [stretch.count("\n", 0, p.start) for p in structure.problems(stretch, "c")]


def _near(span: Lines) -> Lines:
    return Lines(span.start - 1, span.stop + 1)


def _meets(rows: list[int], span: Lines) -> bool:
    return any(row in _near(span) for row in rows)
