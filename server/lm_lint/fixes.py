"""Repairs of a text, made in rounds: what is certain, what is found then, and whether that is better.

Whoever calls says how a text is linted. Nothing here reads or writes files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import InputError
from lm_lint.patches import unified_diff as unified_diff
from lm_lint.plans import Plan as Plan
from lm_lint.plans import encoded as encoded
from lm_lint.plans import plan as plan
from lm_lint.prompts import interactive as interactive
from lm_lint.repairs import best
from lm_lint.results import Result
from lm_lint.sources import Source

Lint = Callable[[Source], Result]


@dataclass(frozen=True)
class Repaired:
    """What became of a source.

    text         with all repairs that were made
    applied      the diagnostics whose repairs they were, in the offsets and on the lines of their round
    left_result  what is found in the text now; its `source` has the new text and bytes, its `fixed` is `applied`
    """

    source: Source
    text: str
    applied: tuple[Diagnostic, ...]
    left_result: Result


def repaired(
    source: Source,
    diagnostics: Sequence[Diagnostic],
    lint: Lint,
    least_confidence: float,
    rounds: int = 3,
) -> Repaired:
    """Make what is certain, look again, and so on, until nothing more is certain; at most so many rounds.

    A repair may uncover another slip. Where more is found after a round than before, it did harm and is taken back;
    where a round would lead back to an earlier text, the rounds since then were no repairs.
    """
    state = Result(source, tuple(diagnostics))
    earlier = {source.text: state}
    for _ in range(rounds):
        planned = plan(state.source, state.diagnostics, least_confidence)
        after = earlier.get(planned.text)
        after = after or _linted(planned, lint, state) or _piecemeal(planned, lint, state)
        if after is None:
            break
        is_known = after.source.text in earlier
        state = earlier.setdefault(after.source.text, after)
        if is_known:
            break
    return Repaired(source, state.source.text, state.fixed, state)


def made(planned: Plan, lint: Lint) -> Repaired:
    """What somebody chose, made without asking whether it is better. Raises InputError."""
    if not planned.applied:
        left = Result(planned.source, planned.left)
    else:
        left = replace(lint(planned.repaired_source), fixed=planned.applied)
    return Repaired(planned.source, left.source.text, planned.applied, left)


def _linted(planned: Plan, lint: Lint, before: Result) -> Result | None:
    """What is found after a round; None where that is more than before, or where it cannot be written."""
    try:
        source = planned.repaired_source
    except InputError:
        return None
    after = lint(source)
    if len(after.diagnostics) > len(before.diagnostics):
        return None
    return replace(after, source=source, fixed=before.fixed + planned.applied)


def _piecemeal(planned: Plan, lint: Lint, before: Result) -> Result | None:
    """What is found when repairs that together do harm are made one by one, the surest first; None if all do."""
    if len(planned.applied) == 1:
        return None
    res: Result | None = None
    kept: list[Diagnostic] = []
    for diagnostic in sorted(planned.applied, key=lambda diagnostic: -best(diagnostic).confidence):
        attempt = Plan.of(planned.source, before.diagnostics, [*kept, diagnostic])
        after = _linted(attempt, lint, before)
        if after is not None and (res is None or len(after.diagnostics) <= len(res.diagnostics)):
            kept.append(diagnostic)
            res = after
    return res
