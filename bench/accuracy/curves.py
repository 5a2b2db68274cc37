"""What lm-lint's confidence is worth: precision against recall and coverage, and whether 0.9 means 90 of 100.

Over slips and over text that is right together, so the precision depends on how many of each were looked at; that is
why those numbers stand beside every curve. A finding is right where it stands on an accepted line of a slip.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.accuracy.asking import Answers
from bench.reports import Tool
from lm_lint.text import Language

LEAST = 0.05  # findings below are of no use to anyone
N_BINS = 10
_MAX_POINTS = 200


@dataclass(frozen=True)
class Point:
    """One finding; `first`: the most certain of its text; `text`: the number of the text."""

    confidence: float
    right: bool
    first: bool
    text: int


@dataclass(frozen=True)
class Seen:
    """All findings of a tool, and in how many texts they were looked for."""

    points: tuple[Point, ...]
    n_slips: int
    n_texts_with_slips: int
    n_right_texts: int
    best: tuple[
        float, ...
    ]  # for each slip the highest confidence of a finding on its lines; 0 for none


def seen(answers: Iterable[Answers], tool: Tool, least: float = LEAST) -> Seen:
    points: list[Point] = []
    best: list[float] = []
    n_with_slips = n_right = 0
    for number, each in enumerate(answers):
        if tool.name not in each.by_tool:
            continue
        slip = each.text.slip
        accepted = slip.accept_lines if slip else frozenset()
        reports = [r for r in each.by_tool[tool.name].reports if r.confidence >= least]
        points += [
            Point(r.confidence, r.line in accepted, i == 0, number) for i, r in enumerate(reports)
        ]
        n_with_slips += slip is not None
        n_right += slip is None
        for _, lines in slip.each if slip else ():
            best.append(max((r.confidence for r in reports if r.line in lines), default=0.0))
    return Seen(tuple(points), len(best), n_with_slips, n_right, tuple(best))


def precision_recall(found: Seen) -> list[dict[str, float]]:
    """For each threshold: of the findings above, how many are right; of the slips, how many have one that is."""
    res = []
    for threshold in _thresholds(found.points):
        above = [p for p in found.points if p.confidence >= threshold]
        res.append(
            {
                "confidence": threshold,
                "precision": sum(p.right for p in above) / len(above),
                "recall": sum(b >= threshold for b in found.best) / max(1, found.n_slips),
            }
        )
    return res


def precision_coverage(found: Seen) -> list[dict[str, float]]:
    """For each threshold: in how many texts with slips it speaks at all, and how often its first word is right there."""
    firsts = [p for p in found.points if p.first]
    res = []
    for threshold in _thresholds(firsts):
        above = [p for p in firsts if p.confidence >= threshold]
        res.append(
            {
                "confidence": threshold,
                "precision": sum(p.right for p in above) / len(above),
                "coverage": len(above) / max(1, found.n_texts_with_slips),
            }
        )
    return res


def reliability(found: Seen, n_bins: int = N_BINS) -> list[dict[str, float]]:
    """Findings by confidence: how many, how sure on average, how many of them right. Empty bins are left out."""
    bins: list[list[Point]] = [[] for _ in range(n_bins)]
    for point in found.points:
        bins[min(n_bins - 1, int(point.confidence * n_bins))].append(point)
    return [
        {
            "findings": len(inside),
            "confidence": sum(p.confidence for p in inside) / len(inside),
            "right": sum(p.right for p in inside) / len(inside),
        }
        for inside in bins
        if inside
    ]


def calibration_error(bins: Sequence[dict[str, float]]) -> float | None:
    """How far confidence and truth are apart, on average over findings (Naeini et al., AAAI 2015)."""
    n = sum(each["findings"] for each in bins)
    if not n:
        return None
    return sum(each["findings"] * abs(each["confidence"] - each["right"]) for each in bins) / n


def curves_of(answers: Sequence[Answers], tool: Tool) -> dict[str, Any]:
    mine = [each for each in answers if each.text.language == tool.language]
    found = seen(mine, tool)
    # How often the first word is right is asked of texts that hold a slip.
    with_slips = seen([each for each in mine if each.text.slip], tool)
    bins = reliability(found)
    return {
        "slips": found.n_slips,
        "texts_with_slips": found.n_texts_with_slips,
        "right_texts": found.n_right_texts,
        "precision_recall": precision_recall(found),
        "precision_coverage": precision_coverage(with_slips),
        "reliability": bins,
        "expected_calibration_error": calibration_error(bins),
    }


def one_point(answers: Sequence[Answers], tool: Tool) -> dict[str, float] | None:
    """Where a tool without confidence stands among the curves."""
    found = seen([each for each in answers if each.text.language == tool.language], tool, 0.0)
    if not found.points or tool.ranks:
        return None
    return {
        "precision": sum(p.right for p in found.points) / len(found.points),
        "recall": sum(b > 0 for b in found.best) / max(1, found.n_slips),
    }


def all_curves(answers: Sequence[Answers], tools: Sequence[Tool]) -> dict[Language, Any]:
    """Language -> {"ours": name -> curves, "rivals": name -> point}."""
    res: dict[Language, Any] = {}
    for tool in tools:
        if not any(each.text.language == tool.language for each in answers):
            continue
        mine = res.setdefault(tool.language, {"ours": {}, "rivals": {}})
        if tool.ours:
            mine["ours"][tool.name] = curves_of(answers, tool)
        elif point := one_point(answers, tool):
            mine["rivals"][tool.name] = point
    return res


def _thresholds(points: Sequence[Point]) -> list[float]:
    """The confidences that occur, thinned out, from the highest down."""
    found = sorted({p.confidence for p in points}, reverse=True)
    step = max(1, len(found) // _MAX_POINTS)
    return found[::step] + ([found[-1]] if found and (len(found) - 1) % step else [])
