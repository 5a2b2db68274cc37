"""The tables of bench.accuracy: shares of results by language and source, for a terminal, a page and a program.

Plain arithmetic over verdicts: knows neither the detector nor how the slips were read.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.slips import Slip, Verdict
from lm_lint.text import Language

NAMES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}
SOURCES = {"tracer": "students", "stackoverflow": "questions", "git": "repositories"}


@dataclass(frozen=True)
class Result:
    """A slip, the verdict on lm-lint, and the first error line of each other tool (None: it found nothing)."""

    slip: Slip
    verdict: Verdict
    others: dict[str, int | None]


Choice = Callable[[Slip], bool]


def groups(found: list[Result]) -> Iterator[tuple[str, list[Result]]]:
    """The results by language and source, and the parts of each that are always shown apart."""
    parts: list[tuple[str, Choice]] = [
        ("", lambda slip: True),
        (", one token", lambda slip: slip.single),
        (
            ", without missing `;`",
            lambda slip: slip.language == "c" and not slip.is_missing_semicolon,
        ),
        (", a missing tag", lambda slip: slip.language == "html" and slip.is_missing_tag),
    ]
    for language, source in sorted({(r.slip.language, r.slip.source) for r in found}):
        mine = [r for r in found if (r.slip.language, r.slip.source) == (language, source)]
        for suffix, belongs in parts:
            if part := [r for r in mine if belongs(r.slip)]:
                yield f"{NAMES[language]}, {SOURCES.get(source, source)}{suffix}", part


def share(values: Iterable[bool]) -> float:
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def figures_of(part: list[Result]) -> dict[str, Any]:
    verdicts = [r.verdict for r in part]
    ms = sorted(1000 * v.seconds for v in verdicts)
    tools = sorted({name for r in part for name in r.others})
    return {
        "rows": len(part),
        "detected": share(v.detected for v in verdicts),
        "line_strict": share(v.strict for v in verdicts),
        "line_accepting": share(v.accepting for v in verdicts),
        "any_finding_on_line": share(v.any_line for v in verdicts),
        "exact_first": share(v.exact for v in verdicts),
        "exact_in_3": share(v.exact_in_3 for v in verdicts),
        "findings_per_file": statistics.mean(v.n_findings for v in verdicts),
        "ms_median": statistics.median(ms),
        "ms_95": ms[min(len(ms) - 1, int(0.95 * len(ms)))],
        "others": {
            name: {
                "line_strict": share(r.others.get(name) == r.slip.line for r in part),
                "line_accepting": share(r.others.get(name) in r.slip.accept_lines for r in part),
            }
            for name in tools
        },
    }


def calibration(found: list[Result], n_bins: int = 5) -> list[dict[str, float]]:
    """Of the first findings with a confidence in each bin: how many are on an accepted line, and how sure they were.

    On files that are all wrong, so it says nothing of false alarms; those are counted on correct files.
    """
    res = []
    for i in range(n_bins):
        low, high = i / n_bins, (i + 1) / n_bins
        inside = [
            r.verdict
            for r in found
            if r.verdict.detected
            and low <= r.verdict.confidence
            and (r.verdict.confidence < high or i == n_bins - 1)
        ]
        if inside:
            mean = statistics.mean(v.confidence for v in inside)
            right = share(v.accepting for v in inside)
            res.append({"findings": len(inside), "confidence": mean, "line_accepting": right})
    return res


def report_of(found: list[Result], clean: dict[str, dict[str, float]]) -> dict[str, Any]:
    return {
        "groups": {name: figures_of(part) for name, part in groups(found)},
        "calibration": calibration(found),
        "clean": clean,
    }


COLUMNS = ("rows", "found", "line", "accepting", "any", "exact", "in 3", "per file", "ms (95%)")


def table_rows(report: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    percent = "{:.1%}".format
    for name, f in report["groups"].items():
        keys = ("detected", "line_strict", "line_accepting", "any_finding_on_line")
        shares = [percent(f[key]) for key in (*keys, "exact_first", "exact_in_3")]
        time_ms = f"{f['ms_median']:.0f} ({f['ms_95']:.0f})"
        yield name, str(f["rows"]), *shares, f"{f['findings_per_file']:.2f}", time_ms
        for tool, g in f["others"].items():
            lines = percent(g["line_strict"]), percent(g["line_accepting"])
            yield f"    {tool}", "", "", *lines, "", "", "", "", ""


def as_markdown(report: dict[str, Any], title: str) -> str:
    res = [f"# {title}", "", "| " + " | ".join(("", *COLUMNS)) + " |", "|---" * 10 + "|"]
    res += ["| " + " | ".join(row) + " |" for row in table_rows(report)]
    res += ["", *clean_lines(report), "", *calibration_lines(report)]
    return "\n".join(res) + "\n"


def clean_lines(report: dict[str, Any]) -> Iterator[str]:
    for language, f in report["clean"].items():
        yield (
            f"{NAMES[language]}: {f['findings']:.0f} false findings in {f['files']:.0f} correct files, "
            f"{f['findings_per_1000_lines']:.2f} per 1,000 lines "
            f"({f['at_0.5_per_1000_lines']:.2f} at 0.5 or more, {f['at_0.9_per_1000_lines']:.2f} at 0.9); "
            f"{f['files_with']:.0f} files with any."
        )


def calibration_lines(report: dict[str, Any]) -> Iterator[str]:
    for f in report["calibration"]:
        yield (
            f"Of {f['findings']} first findings with confidence {f['confidence']:.2f} on average, "
            f"{f['line_accepting']:.0%} are on an accepted line."
        )


def show(report: dict[str, Any], title: str) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in table_rows(report):
        table.add_row(*row)
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)  # a log file has no width to keep to
    console.print(table)
    for line in (*clean_lines(report), *calibration_lines(report)):
        console.print(line, soft_wrap=True)
