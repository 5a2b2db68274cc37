"""Where a finding stands, as the format needs it said: in the cells of a notebook, below the root of a project.

Pure functions of sources and diagnostics; nothing here knows a format.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from lm_lint import notebooks
from lm_lint.diagnostics import help_of
from lm_lint.findings import Repair

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic
    from lm_lint.notebooks import Cell
    from lm_lint.sources import Source

# How messages name a line: at their end, or before a closing parenthesis.
_LINE = re.compile(r"(?<=\b(?:of|on) line )(\d+)\Z")


@dataclass(frozen=True)
class Place:
    """Lines and columns from 1, in code points, the end not included: of the file, or of the cell of a notebook."""

    line: int
    column: int
    end_line: int
    end_column: int
    cell: int | None = None
    offset: int = 0

    @property
    def prefix(self) -> str:
        """`cell 3:` in a notebook."""
        return "" if self.cell is None else f"cell {self.cell}:"

    def __str__(self) -> str:
        return f"{self.prefix}{self.line}:{self.column}"


def place_of(source: Source, diagnostic: Diagnostic) -> Place:
    """The place of a diagnostic; `offset` is where its cell begins in the text, 0 in a file."""
    each = diagnostic
    cell = cell_at(source, each.finding.start)
    if cell is None:
        return Place(each.line, each.column, each.end_line, each.end_column)
    above = cell.first_line - 1
    return Place(
        each.line - above,
        each.column,
        each.end_line - above,
        each.end_column,
        cell.number,
        cell.start,
    )


def line_in_file(source: Source, line: int) -> int:
    """Where services show what is said of a line of the text: in the file of a notebook it stands elsewhere."""
    if not source.cells or source.data is None:
        return 1 if source.cells else line
    data, cells = source.data, source.cells
    cell, _ = notebooks.place(cells, line)
    line = min(line, cell.first_line + source.text.count("\n", cell.start, cell.end) - 1)
    return notebooks.file_line(data, cells, line)


def cell_at(source: Source, offset: int) -> Cell | None:
    """The cell that an offset of the text lies in or behind; None where there are no cells."""
    idx = bisect_right(source.cells, offset, key=lambda cell: cell.start)
    return source.cells[max(idx - 1, 0)] if source.cells else None


def message_of(source: Source, diagnostic: Diagnostic) -> str:
    """The message, with the other line that it may name said as the notebook counts it."""
    return _in_cells(source, diagnostic.message)


def help_for(source: Source, diagnostic: Diagnostic, repair: Repair) -> str:
    """What to do, as an order: "insert `)` here"."""
    told = help_of(source.language, source.text, diagnostic.finding, repair)
    return _in_cells(source, told)


def _in_cells(source: Source, sentence: str) -> str:
    match = _LINE.search(sentence) if source.cells else None
    if match is None:
        return sentence
    line = int(match[1])
    idx = bisect_right(source.cells, line, key=lambda cell: cell.first_line)
    cell = source.cells[max(idx - 1, 0)]
    return f"{sentence[: match.start()]}{line - cell.first_line + 1} of cell {cell.number}"


def below(source: Source, root: Path) -> str:
    """The path relative to `root`, with slashes; an absolute one where it does not lie below it."""
    if source.path is None and source.name.startswith("<"):
        return source.name
    return path_below(source.path or source.name, root)


def shown_below(source: Source, root: Path) -> str:
    """The same where bytes that are no UTF-8 cannot be told."""
    return printable(below(source, root))


def printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")


def path_below(path: str, root: Path) -> str:
    for own, base in (
        (os.path.abspath(path), os.path.abspath(root)),
        (os.path.realpath(path), os.path.realpath(root)),
    ):
        try:
            res = os.path.relpath(own, base)
        except ValueError:  # another drive
            break
        if res != os.pardir and not res.startswith(os.pardir + os.sep):
            return res.replace(os.sep, "/")
    return os.path.abspath(path).replace(os.sep, "/")


def uri_of(path: str) -> str:
    """A path with slashes as a URI: relative ones stay relative."""
    quoted = quote(os.fsencode(path), safe="/!$&'()*+,;=@~-._" + (":" if path[:1] == "/" else ""))
    if path[:1] == "/":
        return f"file://{quoted}"
    return f"file:///{quoted.replace('%3A', ':', 1)}" if path[1:3] == ":/" else quoted
