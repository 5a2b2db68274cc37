"""What linting hands to those who report: one `Result` a file, and a `Summary` at the end.

Plain data. Nothing here knows how a result came about or how it will be shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic, Severity
    from lm_lint.documents import TokenBits
    from lm_lint.sources import Source


@dataclass(frozen=True)
class Result:
    """One text and what is to be reported of it, by place.

    tokens     each token with its bits, where the format asks for them
    is_cached  it was known from an earlier run
    fixed      the diagnostics whose repairs were made; `source` is the text with them
    """

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    tokens: tuple[TokenBits, ...] | None = None
    is_cached: bool = False
    fixed: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class Notice:
    """What could not be linted, or only in part, as a sentence; a failure makes the exit status 2."""

    path: str
    message: str
    is_failure: bool


@dataclass
class Summary:
    """What a run came to."""

    n_files: int = 0
    n_lines: int = 0
    n_cached: int = 0
    n_fixed: int = 0
    n_in_baseline: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    @property
    def n_findings(self) -> int:
        return self.severities.total()

    @property
    def n_failed(self) -> int:
        return sum(notice.is_failure for notice in self.notices)

    def add(self, result: Result) -> None:
        """Count one file."""
        self.n_files += 1
        self.n_cached += result.is_cached
        self.n_fixed += len(result.fixed)
        self.n_lines += result.source.text.count("\n")
        self.severities.update(each.severity for each in result.diagnostics)
        self.codes.update(each.finding.code for each in result.diagnostics)
        if result.diagnostics:
            self.paths[result.source.name] += len(result.diagnostics)
