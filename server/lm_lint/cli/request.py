"""One run of the command, as it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from lm_lint.settings import Limits, Settings
from lm_lint.text import Language

if TYPE_CHECKING:
    from lm_lint.config import Configs


class Fixing(Enum):
    NONE = "report"
    WRITE = "make the repairs and report what is left"
    WRITE_ONLY = "make the repairs and report nothing"
    SHOW = "show the repairs as a diff"
    ASK = "ask for each repair"


@dataclass(frozen=True)
class Changed:
    """Only lines that changed: since a revision, or in what is staged."""

    since: str | None = None
    staged: bool = False

    def __bool__(self) -> bool:
        return self.staged or self.since is not None


@dataclass(frozen=True)
class Request:
    """Every option of `lm-lint FILE...`.

    decided  names of settings that stand on the command line, which no file of a project changes
    """

    names: tuple[str, ...]
    language: Language | None
    stdin_name: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    gitignore: bool
    force_exclude: bool
    limits: Limits
    changed: Changed
    format: str
    output_file: Path | None
    statistics: bool
    quiet: bool
    progress: bool
    colour: str
    timings: bool
    fixing: Fixing
    fix_confidence: float
    baseline: str | None
    baseline_file: Path | None
    max_findings: int
    exit_zero: bool
    jobs: int | None
    cache: bool
    cache_dir: Path | None
    watch: bool
    settings: Settings
    configs: Configs
    decided: frozenset[str]

    @property
    def is_filter(self) -> bool:
        """Text comes in and goes out repaired: findings are not told on stdout, which is taken."""
        return self.names == ("-",) and self.fixing in (Fixing.WRITE, Fixing.WRITE_ONLY)

    @property
    def tells_nothing(self) -> bool:
        """Something else than findings goes to stdout, or nothing."""
        is_taken = self.fixing in (Fixing.SHOW, Fixing.WRITE_ONLY) or self.is_filter
        return is_taken or self.baseline == "write"
