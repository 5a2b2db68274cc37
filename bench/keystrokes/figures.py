"""Percentiles and groups of rows. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.keystrokes.replay import Row

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Figures:
    """n  answered keystrokes, of which the percentiles are; n_failed got no answer (time over, error, server gone)."""

    n: int
    n_failed: int
    p50_ms: float | None
    p95_ms: float | None

    def __str__(self) -> str:
        if self.p50_ms is None or self.p95_ms is None:
            return f"no answer ({self.n_failed})" if self.n_failed else ""
        failed = f" ({self.n_failed} failed)" if self.n_failed else ""
        return f"{shown(self.p50_ms)} / {shown(self.p95_ms)}{failed}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank)."""
    assert 0 < share <= 1, share
    return sorted(values)[math.ceil(share * len(values)) - 1]


def of(rows: Iterable[Row], what: Callable[[Row], float | None] = lambda row: row.ms) -> Figures:
    rows = list(rows)
    values = [value for row in rows if (value := what(row)) is not None]
    n_failed = sum(row.status != "ok" for row in rows)
    if not values:
        return Figures(0, n_failed, None, None)
    return Figures(len(values), n_failed, percentile(values, 0.5), percentile(values, 0.95))


def groups(rows: Iterable[Row], key: Callable[[Row], K]) -> dict[K, list[Row]]:
    res: dict[K, list[Row]] = {}
    for row in rows:
        res.setdefault(key(row), []).append(row)
    return res


def ratio(of_one: float | None, of_other: float | None) -> float | None:
    return of_one / of_other if of_one is not None and of_other else None


def shown(value: float | None) -> str:
    """Milliseconds or a ratio in three digits or so."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
