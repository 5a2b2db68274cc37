"""What the reports of one tool on one slip are worth. Every tool is judged by the same rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.made_tokens import Token, Tokens
from bench.reports import Report, applied
from bench.slips import Slip, lexemes
from lm_lint.text import Language


@dataclass(frozen=True)
class Outcome:
    """The first report is the one that a tool gives first; lm-lint's is the one of the highest confidence.

    line, accepting  the first report is on the true line, on a line where the same edit is also right
    token            it is on an accepted line and points at the token; None where there are several slips
    top3, top5       one of the first 3 or 5 is on an accepted line
    hit              share of the text's slips that have a report on an accepted line
    offered          some report offers a repair
    exact, exact_in_3  the first repair offered (one of the first three of that report) gives what the person wrote
    parses           it leaves no error that the right text has not; None where none is offered or slips would remain
    """

    n_reports: int
    line: bool
    accepting: bool
    token: bool | None
    top3: bool
    top5: bool
    hit: float
    offered: bool
    exact: bool
    exact_in_3: bool
    parses: bool | None


# (language, the right text, a text) -> has the text no error of its own?
Parses = Callable[[Language, str, str], bool]


def judge(slip: Slip, reports: Sequence[Report], parses: Parses) -> Outcome:
    lines = [report.line for report in reports]
    accepted = [line in slip.accept_lines for line in lines]
    exact, parsing = _repairs(slip, reports, parses)
    first = reports[0] if reports else None
    several = len(slip.each) > 1
    return Outcome(
        n_reports=len(reports),
        line=first is not None and first.line in {line for line, _ in slip.each},
        accepting=accepted[:1] == [True],
        token=None if several else accepted[:1] == [True] and points_at(slip, first),
        top3=any(accepted[:3]),
        top5=any(accepted[:5]),
        hit=sum(not each.isdisjoint(lines) for _, each in slip.each) / len(slip.each),
        offered=bool(exact),
        exact=exact[:1] == [True],
        exact_in_3=any(exact),
        parses=None if several else parsing,
    )


def _repairs(
    slip: Slip, reports: Sequence[Report], parses: Parses
) -> tuple[list[bool], bool | None]:
    """Of the first report that offers any: which of its first three repairs are what was meant; does the first parse?"""
    offering = next((report for report in reports if report.repairs), None)
    if offering is None:
        return [], None
    texts = [applied(slip.broken, changes) for changes in offering.repairs[:3]]
    meant = _meant(slip)
    exact = [lexemes(slip.language, text) in meant for text in texts]
    return exact, exact[0] or parses(slip.language, slip.fixed, texts[0])


@functools.lru_cache(maxsize=64)
def _meant(slip: Slip) -> list[list[str]]:
    return [lexemes(slip.language, text) for text in slip.meant]


# --- Does a report point at the token? ------------------------------------------------------------------------------


def points_at(slip: Slip, report: Report | None) -> bool:
    """A missing token is between two others: pointing at the last character of the one, at the blanks between, or into
    the other is right. A wrong one is pointed into, or into one of its equals side by side."""
    if report is None or report.offset is None:
        return False
    start, end = _span(slip)
    return start <= report.offset < end


@functools.lru_cache(maxsize=64)
def _span(slip: Slip) -> tuple[int, int]:
    tokens = Tokens.of(slip.language, slip.broken)
    before, at = tokens.before(slip.offset), tokens.at_or_after(slip.offset)
    if (
        before is not None and before.end > slip.offset
    ):  # inside a token, such as a string without its end
        return before.start, before.end
    if slip.kind == "delete":
        start = before.end - 1 if before else 0
        return start, at.end if at else len(slip.broken) + 1
    if at is None:
        return slip.offset, slip.offset + 1
    index = tokens.all.index(at)
    last = min(index + max(1, len(slip.extra)), len(tokens.all)) - 1
    return _with_equals(tokens.all, index, last)


def _with_equals(tokens: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """Of `))` either is the one too many."""
    text = tokens[first].text
    if first == last:
        while (
            first
            and tokens[first - 1].text == text
            and tokens[first - 1].end == tokens[first].start
        ):
            first -= 1
        while (
            last + 1 < len(tokens)
            and tokens[last + 1].text == text
            and tokens[last].end == tokens[last + 1].start
        ):
            last += 1
    return tokens[first].start, tokens[last].end
