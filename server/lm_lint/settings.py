"""What the user wrote, turned into what the code uses.

Defaults live here, in the types, and nowhere else: the command line shows these values in its help.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Settings:
    """How to lint, whatever is linted.

    model            the released folder; None is the model that ships with the package
    parser           False: judge by surprise alone, without tree-sitter's second opinion
    min_confidence   findings below this are not shown; the default hides hints
    """

    device: Device = "auto"
    model: Path | None = None
    parser: bool = True
    min_confidence: float = 0.6


@dataclass(frozen=True)
class Limits:
    """Beyond these a file is taken for generated or minified, and skipped with a note.

    The longest line keeps data URIs in pages (tens of kilobytes) and leaves out minified scripts.
    """

    max_file_bytes: int = 2_000_000
    max_line_chars: int = 100_000
