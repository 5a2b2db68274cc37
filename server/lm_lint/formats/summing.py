"""What a run came to, in a line and in a table. It knows numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lm_lint.diagnostics import SEVERITIES

if TYPE_CHECKING:
    from lm_lint.results import Summary


def sentence(summary: Summary) -> str:
    """`1 error, 2 warnings in 3 files`, or what was checked when there is nothing to tell."""
    kinds = [
        counted(summary.severities[severity], severity)
        for severity in SEVERITIES
        if summary.severities[severity]
    ]
    parts = [f"{', '.join(kinds) or 'nothing found'} in {counted(summary.n_files, 'file')}"]
    if summary.n_in_baseline:
        parts.append(f"{summary.n_in_baseline:,} in the baseline")
    if summary.n_fixed:
        parts.append(f"{summary.n_fixed:,} fixed")
    return ", ".join(parts)


def statistics(summary: Summary) -> list[str]:
    """How often each code was found, the most frequent first."""
    rows = sorted(summary.codes.items(), key=lambda row: (-row[1], row[0]))
    width = max((len(f"{n:,}") for _, n in rows), default=0)
    return [f"{n:>{width},}  {code}" for code, n in rows]


def counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
