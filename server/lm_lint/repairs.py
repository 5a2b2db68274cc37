"""Which repairs of a text are made together without anybody looking at each: one rule for editors and for files.

Spans and confidences only: nothing here knows files, protocols, or how a finding came about.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from lm_lint import suppressions
from lm_lint.diagnostics import COMMENT_NAME, Diagnostic
from lm_lint.findings import COMMENT_CODES, Repair
from lm_lint.text import Edit, Language, difference

Span = tuple[int, int]
# What begins a comment; people also write that of another language.
_MARKS: dict[Language, tuple[str, ...]] = {
    "c": ("//", "/*"),
    "html": ("<!--", "/*"),
    "python": ("#", "//"),
}


def certain(
    text: str, language: Language, diagnostics: Sequence[Diagnostic], least_confidence: float
) -> list[Diagnostic]:
    """Those whose best repair is certain enough, by place. Of two that overlap the more certain one stays.

    Two that start at the same place count as overlapping: which of them comes first is not known. No comment of ours
    is taken away: neither by a repair of the program around it, nor because it ignores nothing. And no code becomes a
    comment: it would parse whatever it says, so that is nothing to be certain of.
    """
    comments = _comments(text, language)
    found = [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.finding.repairs
        and diagnostic.finding.code not in COMMENT_CODES
        and best(diagnostic).confidence >= least_confidence
        and not _takes_a_comment(text, diagnostic, comments)
        and not _makes_a_comment(text, language, best(diagnostic))
    ]
    starts: list[int] = []
    res: list[Diagnostic] = []
    for diagnostic in sorted(found, key=lambda diagnostic: -best(diagnostic).confidence):
        idx = bisect_left(starts, best(diagnostic).start)
        beside = [*res[:idx][-1:], *res[idx : idx + 1]]
        if not any(overlap(best(diagnostic), best(other)) for other in beside):
            starts.insert(idx, best(diagnostic).start)
            res.insert(idx, diagnostic)
    return res


def best(diagnostic: Diagnostic) -> Repair:
    """The repair that a finding is named after; there must be one."""
    return diagnostic.finding.repairs[0]


def overlap(one: Repair, other: Repair) -> bool:
    """Can two repairs not both be made?"""
    return one.start == other.start or (one.start < other.end and other.start < one.end)


def edits(diagnostics: Sequence[Diagnostic]) -> list[Edit]:
    """What the best repairs change, in the offsets of the text before any of them."""
    return [Edit(one.start, one.end, one.text) for one in map(best, diagnostics)]


def _comments(text: str, language: Language) -> tuple[Span, ...]:
    return suppressions.of(text, language).comments if COMMENT_NAME in text else ()


def _takes_a_comment(text: str, diagnostic: Diagnostic, comments: Sequence[Span]) -> bool:
    """Would a repair of the program take away one of our comments? The model does not see these."""
    if not comments:
        return False
    repair = best(diagnostic)
    change = difference(text[repair.start : repair.end], repair.text)
    start, end = repair.start + change.start, repair.start + change.end
    return any(start < last and first < end for first, last in comments)


def _makes_a_comment(text: str, language: Language, repair: Repair) -> bool:
    """Does a repair begin a comment where none began? Its neighbours count: a slash makes one beside another."""
    start, end = max(0, repair.start - 3), repair.end + 3
    before, after = (
        text[start:end],
        text[start : repair.start] + repair.text + text[repair.end : end],
    )
    n_before, n_after = (
        sum(part.count(mark) for mark in _MARKS[language]) for part in (before, after)
    )
    return n_after > n_before
