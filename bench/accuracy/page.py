"""The figures as a page of Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bench.accuracy.figures import NAMES

Cell = Callable[[dict[str, Any]], str]


def percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _share(key: str) -> Cell:
    return lambda f: percent(f.get(key))


def _time(f: dict[str, Any]) -> str:
    if f.get("ms_median") is None:
        return ""
    return f"{f['ms_median']:.0f} ({f['ms_95']:.0f})"


SLIPS: tuple[tuple[str, Cell], ...] = (
    ("found", _share("found")),
    ("line", _share("line")),
    ("accepting", _share("accepting")),
    ("token", _share("token")),
    ("top 3", _share("top3")),
    ("top 5", _share("top5")),
    ("slips hit", _share("hit")),
    ("offers", _share("offered")),
    ("repair", _share("exact")),
    ("in 3", _share("exact_in_3")),
    ("parses", _share("parses")),
    ("per slip", lambda f: f"{f['reports_per_slip']:.2f}"),
    ("ms (95%)", _time),
)
RIGHT: tuple[tuple[str, Cell], ...] = (
    ("files", lambda f: f"{f['files']}"),
    ("lines", lambda f: f"{f['lines']:,}"),
    ("reports", lambda f: f"{f['reports']}"),
    ("per 1,000 lines", lambda f: f"{f['per_1000_lines']:.2f}"),
    ("errors per 1,000", lambda f: f"{f['errors_per_1000_lines']:.2f}"),
    ("files with any", lambda f: f"{f['files_with']}"),
)


def page(report: dict[str, Any], pictures: Iterable[str]) -> str:
    about = report["about"]
    lines = [f"# {about['title']}", "", *_about(about), ""]
    lines += ["## Slips", ""]
    for name, by_tool in report["slips"].items():
        n = max(f["texts"] for f in by_tool.values())
        lines += [f"### {name} ({n})", "", *table(by_tool, SLIPS), ""]
    lines += ["## Text that is right", ""]
    for name, by_tool in report["right_text"].items():
        lines += [f"### {name}", "", *table(by_tool, RIGHT), ""]
    lines += ["## Confidence", "", *_confidence(report["curves"]), ""]
    lines += [f"![{picture}]({picture})" for picture in pictures]
    return "\n".join(lines) + "\n"


def table(by_tool: dict[str, dict[str, Any]], columns: tuple[tuple[str, Cell], ...]) -> list[str]:
    """A row for each tool; the numbers stand to the right."""
    rows = [["", *(name for name, _ in columns)]]
    rows += [[tool, *(cell(f) for _, cell in columns)] for tool, f in by_tool.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]

    def line(row: list[str]) -> str:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return [line(rows[0]), rule, *(line(row) for row in rows[1:])]


def _about(about: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{about['command']}; {about['machine']}. lm-lint's findings count from a confidence of "
        f"{about['min_confidence']} on. What the columns mean: bench/README.md."
    )
    for note in about["notes"]:
        yield f"- {note}"


def _confidence(curves: dict[str, Any]) -> Iterator[str]:
    rows: dict[str, dict[str, Any]] = {}
    for language, mine in sorted(curves.items()):
        for name, each in mine["ours"].items():
            rows[f"{NAMES[language]}, {name}"] = each  # type: ignore[index]
    columns: tuple[tuple[str, Cell], ...] = (
        ("slips", lambda f: f"{f['slips']}"),
        ("texts that are right", lambda f: f"{f['right_texts']}"),
        ("findings", lambda f: f"{sum(b['findings'] for b in f['reliability'])}"),
        ("calibration error", lambda f: _number(f["expected_calibration_error"])),
        ("recall at 90% precision", lambda f: percent(recall_at(f["precision_recall"], 0.9))),
    )
    yield from table(rows, columns) if rows else ["No findings."]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def recall_at(points: Iterable[dict[str, float]], precision: float) -> float:
    return max((p["recall"] for p in points if p["precision"] >= precision), default=0.0)
