"""What was measured, as a page of Markdown."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from lm_lint.machine import n_processors

if TYPE_CHECKING:
    from bench.command.__main__ import Beside, Size
    from bench.command.measuring import Measured

Row = tuple[str, ...]


def line(size: Size) -> str:
    """A tree in a line, for who waits."""
    return (
        f"{size.n_files:,} files, {size.n_lines:,} lines: cold {size.cold.wall_s:.2f} s, "
        f"{_rate(size.n_lines, size.cold.wall_s)} lines/s, {size.cold.rss_mib:.0f} MiB; "
        f"cached {size.cached.wall_s:.2f} s, {_rate(size.n_lines, size.cached.wall_s)} lines/s"
    )


def beside_line(beside: Beside) -> str:
    return (
        f"  {beside.rival}: {beside.n_files:,} files {beside.rival_s:.2f} s, "
        f"lm-lint {beside.ours.wall_s:.2f} s"
    )


def page(sizes: list[Size], missing: list[str]) -> str:
    lines = [
        "# `lm-lint` on trees of real files",
        "",
        f"`python -m bench.command`; {platform.machine()}, {n_processors()} processors, "
        f"{platform.system()}, Python {platform.python_version()}.",
        "",
        "Copies of files that were on the machine, drawn by chance, each content once. Cold: nothing is known and the",
        "model is not loaded. Cached: the same command again. Memory is the most that the command and all its processes",
        "held together, looked at ten times a second: resident, and with what they share counted once (PSS). Load is what",
        "the machine did besides, when the run began.",
        "",
        *_table(
            ("files", "lines", "C / HTML / Python", "load"),
            [
                (
                    f"{size.n_files:,}",
                    f"{size.n_lines:,}",
                    " / ".join(f"{n:,}" for n in size.shares.values()),
                    f"{size.load:.1f}",
                )
                for size in sizes
            ],
        ),
        "",
        *_table(
            ("files", "", "s", "lines/s", "lines per processor-s", "MiB", "PSS", "files/s"),
            [row for size in sizes for row in _runs(size)],
        ),
        "",
        "## Beside others",
        "",
        "On the files of the tool's language, in the same run, without a cache; a ratio above 1 says that lm-lint takes",
        "longer. Compilers are started once a file, as many at a time as there are processors, and only on files of",
        "which they find all headers.",
        "",
        *_table(
            ("files", "lines", "tool", "s", "lines/s", "lm-lint s", "lm-lint lines/s", "ratio"),
            [_ratio(beside) for size in sizes for beside in size.beside],
        ),
    ]
    if missing:
        lines += ["", *missing]
    return "\n".join(lines) + "\n"


def _runs(size: Size) -> list[Row]:
    return [
        (
            f"{size.n_files:,}",
            name,
            *_figures(run, size.n_lines),
            f"{size.n_files / run.wall_s:,.0f}",
        )
        for name, run in (("cold", size.cold), ("cached", size.cached))
    ]


def _figures(run: Measured, n_lines: int) -> Row:
    return (
        f"{run.wall_s:.2f}",
        _rate(n_lines, run.wall_s),
        _rate(n_lines, run.processor_s),
        f"{run.rss_mib:,.0f}",
        f"{run.pss_mib:,.0f}",
    )


def _ratio(beside: Beside) -> Row:
    return (
        f"{beside.n_files:,}",
        f"{beside.n_lines:,}",
        beside.rival,
        f"{beside.rival_s:.2f}",
        _rate(beside.n_lines, beside.rival_s),
        f"{beside.ours.wall_s:.2f}",
        _rate(beside.n_lines, beside.ours.wall_s),
        f"{beside.ours.wall_s / beside.rival_s:.2f}",
    )


def _rate(n_lines: int, seconds: float) -> str:
    return f"{n_lines / seconds:,.0f}" if seconds else ""


def _table(head: Row, rows: list[Row]) -> list[str]:
    rule = tuple("---:" if i else "---" for i in range(len(head)))
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]
