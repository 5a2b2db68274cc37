"""What the user wrote, turned into what the code uses.

Defaults live here, in the types, and nowhere else: the command line shows these values in its help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda", "mps")

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")

FIX_CONFIDENCE = 0.9  # repairs that are less sure are made by people only


@dataclass(frozen=True)
class Settings:
    """How to lint, whatever is linted.

    model                the released folder (`model_folder.folder_of` finds that of a name); None is the model that
                         ships with the package
    parser               False: judge by surprise alone, without tree-sitter's second opinion
    min_confidence       findings below this are not shown; the default hides hints
    select               codes that are reported; () for all
    ignore               codes that are not, whatever `select` says
    severity             by code, in place of what follows from the confidence
    unused_suppressions  whether comments that ignore nothing are reported
    """

    device: Device = "auto"
    model: Path | None = None
    parser: bool = True
    min_confidence: float = 0.6
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    unused_suppressions: bool = True

    def reports(self, code: str) -> bool:
        """Are findings of this code wanted at all?"""
        return (not self.select or code in self.select) and code not in self.ignore

    def severity_of(self, code: str) -> Severity | None:
        """The severity that somebody chose for a code; None where nobody did."""
        return next((severity for name, severity in self.severity if name == code), None)


@dataclass(frozen=True)
class Limits:
    """Beyond these a file is taken for generated or minified, and skipped with a note.

    The longest line keeps data URIs in pages (tens of kilobytes) and leaves out minified scripts.
    """

    max_file_bytes: int = 2_000_000
    max_line_chars: int = 100_000
