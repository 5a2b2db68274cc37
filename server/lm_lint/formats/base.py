"""What every format is: told the results one by one, in order, and then what they came to.

Nothing here knows a particular format, and no format knows how results came about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lm_lint.results import Result, Summary


@dataclass(frozen=True)
class FormatOptions:
    """How to show, whatever the format.

    root        what paths are told relative to, where a format wants them so
    hyperlinks  the terminal makes names clickable (OSC 8); only in colour
    quiet       only findings: no line that sums them up
    command     what was typed, for formats that record it
    """

    colour: bool = False
    hyperlinks: bool = False
    root: Path = field(default_factory=Path.cwd)
    statistics: bool = False
    command: tuple[str, ...] = ()
    quiet: bool = False


class Format(Protocol):
    """One run's output; `needs_tokens` asks that results come with the bits of their tokens."""

    needs_tokens: bool

    def result(self, result: Result) -> None: ...

    def finish(self, summary: Summary) -> None: ...
