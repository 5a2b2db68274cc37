"""From answers to numbers: shares by group and tool, false reports on text that is right.

Plain arithmetic: knows neither the tools nor where the texts come from.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.accuracy.asking import Answers
from bench.accuracy.judging import Outcome, Parses, judge
from bench.accuracy.texts import FIXED, HELD_OUT
from bench.reports import Looked, Report, Tool
from bench.slips import Slip
from lm_lint.text import Language

NAMES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}
SOURCES = {
    "tracer": "students",
    "stackoverflow": "questions",
    "git": "repositories",
    "made-random": "made at random",
    "made-shaped": "made like real ones",
    "made-several": "made, 2 to 5 a file",
}
ERROR = 0.9  # from this confidence on lm-lint speaks of an error, below of a warning


@dataclass(frozen=True)
class Judged:
    """A slip with what each tool's reports on it are worth."""

    slip: Slip
    outcomes: dict[str, Outcome]
    ms: dict[str, float | None]


def kept(tool: Tool, looked: Looked, min_confidence: float) -> tuple[Report, ...]:
    """lm-lint's reports from a confidence on; all of any other tool."""
    if not tool.ours:
        return looked.reports
    return tuple(r for r in looked.reports if r.confidence >= min_confidence)


def judged(
    answers: Answers, tools: dict[str, Tool], min_confidence: float, parses: Parses
) -> Judged:
    slip = answers.text.slip
    assert slip is not None, answers.text.path
    outcomes = {
        name: judge(slip, kept(tools[name], looked, min_confidence), parses)
        for name, looked in answers.by_tool.items()
    }
    return Judged(slip, outcomes, {name: looked.ms for name, looked in answers.by_tool.items()})


# --- Groups of slips ------------------------------------------------------------------------------------------------

Choice = Callable[[Slip], bool]
_PARTS: tuple[tuple[str, Choice], ...] = (
    ("", lambda slip: True),
    (", one token", lambda slip: slip.single),
    (
        ", without missing `;`",
        lambda slip: slip.language == "c" and not slip.is_missing_semicolon,
    ),
    (
        ", one token, without missing `;`",
        lambda slip: slip.language == "c" and slip.single and not slip.is_missing_semicolon,
    ),
    (", a missing tag", lambda slip: slip.language == "html" and slip.is_missing_tag),
)


def groups(found: Sequence[Judged]) -> Iterator[tuple[str, list[Judged]]]:
    """By language and source, and the parts of each that are always shown apart; no part that is the whole again."""
    by_source: dict[tuple[Language, int, str], list[Judged]] = defaultdict(list)
    order = {source: i for i, source in enumerate(SOURCES)}
    for each in found:
        slip = each.slip
        by_source[slip.language, order.get(slip.source, len(order)), slip.source].append(each)
    for (language, _, source), mine in sorted(by_source.items()):
        for suffix, belongs in _PARTS:
            part = [each for each in mine if belongs(each.slip)]
            several = source == "made-several"
            if part and not (suffix and (several or len(part) == len(mine))):
                yield f"{NAMES[language]}, {SOURCES.get(source, source)}{suffix}", part


def share(values: Iterable[bool | None]) -> float | None:
    """Of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def figures_of(part: Sequence[Judged], tool: Tool) -> dict[str, Any]:
    outcomes = [each.outcomes[tool.name] for each in part if tool.name in each.outcomes]
    times = sorted(ms for each in part if (ms := each.ms.get(tool.name)) is not None)
    res: dict[str, Any] = {
        "texts": len(outcomes),
        "found": share(o.n_reports > 0 for o in outcomes),
        "line": share(o.line for o in outcomes),
        "accepting": share(o.accepting for o in outcomes),
        "token": share(o.token for o in outcomes) if tool.columns else None,
        "top3": share(o.top3 for o in outcomes),
        "top5": share(o.top5 for o in outcomes),
        "hit": statistics.mean(o.hit for o in outcomes),
        "reports_per_text": statistics.mean(o.n_reports for o in outcomes),
        "ms_median": statistics.median(times) if times else None,
        "ms_95": times[min(len(times) - 1, int(0.95 * len(times)))] if times else None,
    }
    n_slips = sum(len(each.slip.each) for each in part if tool.name in each.outcomes)
    res["reports_per_slip"] = sum(o.n_reports for o in outcomes) / n_slips
    if tool.repairs:
        res |= {
            "offered": share(o.offered for o in outcomes),
            "exact": share(o.exact for o in outcomes),
            "exact_in_3": share(o.exact_in_3 for o in outcomes),
            "parses": share(o.parses for o in outcomes if o.offered),
        }
    return res


def by_group(found: Sequence[Judged], tools: Sequence[Tool]) -> dict[str, dict[str, Any]]:
    """Group -> tool -> figures, the tools in their order."""
    return {
        name: {
            tool.name: figures_of(part, tool)
            for tool in tools
            if any(tool.name in each.outcomes for each in part)
        }
        for name, part in groups(found)
    }


# --- Text that is right ---------------------------------------------------------------------------------------------


def on_right_text(
    answers: Iterable[Answers], tools: Sequence[Tool], min_confidence: float
) -> dict[str, dict[str, Any]]:
    """Group -> tool -> figures on files that hold no slip."""
    by_kind: dict[tuple[Language, str], list[Answers]] = defaultdict(list)
    for each in answers:
        by_kind[each.text.language, each.text.origin].append(each)
    res: dict[str, dict[str, Any]] = {}
    for language in NAMES:
        for origin in (HELD_OUT, FIXED):
            if mine := by_kind[language, origin]:
                mine_by_tool = (t for t in tools if t.language == language and not t.ranks)
                res[f"{NAMES[language]}, {origin}"] = {
                    tool.name: false_reports(mine, tool, min_confidence) for tool in mine_by_tool
                }
    return res


def false_reports(
    answers: Sequence[Answers], tool: Tool, min_confidence: float
) -> dict[str, float]:
    counts = {"files": 0, "lines": 0, "reports": 0, "errors": 0, "files_with": 0}
    for each in answers:
        reports = kept(tool, each.by_tool[tool.name], min_confidence)
        counts["files"] += 1
        counts["lines"] += each.text.text.count("\n") + 1
        counts["reports"] += len(reports)
        counts["errors"] += sum(r.confidence >= ERROR for r in reports)
        counts["files_with"] += bool(reports)
    return counts | {
        "per_1000_lines": 1000 * counts["reports"] / counts["lines"],
        "errors_per_1000_lines": 1000 * counts["errors"] / counts["lines"],
    }
