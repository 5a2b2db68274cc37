"""An immutable text with its line index, and the edits made to it.

Lines break at LF, CRLF and CR only, as the language server protocol says; Python's `splitlines` also breaks at form
feeds and U+2028, which stand inside lines of real C sources. Inside the package a place is an offset in code points;
UTF-8 and UTF-16 columns exist here and at the protocol's edge only. This module knows nothing of tokens or models.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    # numpy takes a tenth of a second to load; `lm-lint --help` needs this module but no document.
    import os

    import numpy as np
    import numpy.typing as npt

Language = Literal["c", "html", "python"]
Encoding = Literal["utf-8", "utf-16", "utf-32"]

LANGUAGES: tuple[Language, ...] = ("c", "html", "python")

_SUFFIXES: dict[str, Language] = {
    ".c": "c",
    ".h": "c",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".py": "python",
    ".pyi": "python",
}
_TEMPLATE_SUFFIXES = frozenset({".j2", ".jinja", ".jinja2", ".erb", ".ejs", ".tmpl"})
_BARE_TEMPLATE_SUFFIXES = frozenset({".j2", ".jinja", ".jinja2"})

# Ends where a line ends: after LF, and after a CR that is not the first half of CRLF.
_LINE_BREAK = re.compile(r"\n|\r(?!\n)")


def language_of(path: str | os.PathLike[str]) -> Language | None:
    """The language that a file's name promises, or None.

    A template counts as HTML when its name says so (`page.html.erb`) or says nothing else (`page.j2`);
    `nginx.conf.j2` is a template of something that we do not know.
    """
    suffixes = [suffix.lower() for suffix in PurePath(path).suffixes]
    if not suffixes:
        return None
    last = suffixes[-1]
    if last not in _TEMPLATE_SUFFIXES:
        return _SUFFIXES.get(last)
    if len(suffixes) == 1:
        return "html" if last in _BARE_TEMPLATE_SUFFIXES else None
    return "html" if _SUFFIXES.get(suffixes[-2]) == "html" else None


@dataclass(frozen=True)
class Edit:
    """Replace text[start:end] by `text`; code points, half-open."""

    start: int
    end: int
    text: str


def difference(before: str, after: str) -> Edit:
    """One edit that turns a text into another: what lies between their common start and end."""
    shorter = min(len(before), len(after))
    start = _common(shorter, lambda low, high: before[low:high] == after[low:high])
    n, m = len(before), len(after)
    tail = _common(
        shorter - start, lambda low, high: before[n - high : n - low] == after[m - high : m - low]
    )
    return Edit(start, n - tail, after[start : m - tail])


def _common(most: int, agree: Callable[[int, int], bool]) -> int:
    """The largest n up to `most` for which all below n agree, by blocks, then by halving."""
    low, block = 0, 4096
    while low < most and agree(low, min(low + block, most)):
        low = min(low + block, most)
    high = min(low + block, most)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if agree(low, middle) else (low, middle - 1)
    return low


@dataclass(frozen=True)
class Document:
    """A text and the offsets at which its lines start.

    A line break belongs to the line that it ends; a text that ends with one has an empty last line.
    """

    text: str

    @classmethod
    def of(cls, text: str) -> Document:
        return cls(text)

    @cached_property
    def line_starts(self) -> npt.NDArray[np.int64]:
        """(n_lines,) int64, increasing; the first is 0. Looked for when somebody asks: most texts that are
        linted have nothing to be placed on a line."""
        import numpy as np

        starts = [0, *(found.end() for found in _LINE_BREAK.finditer(self.text))]
        return np.array(starts, dtype=np.int64)

    @property
    def n_lines(self) -> int:
        return len(self.line_starts)

    def line_span(self, line: int) -> tuple[int, int]:
        """Start and end of a line, its line break left out."""
        assert 0 <= line < self.n_lines, f"line {line} of {self.n_lines}"
        start = int(self.line_starts[line])
        if line + 1 == self.n_lines:
            return start, len(self.text)
        end = int(self.line_starts[line + 1])
        return start, end - (2 if self.text[max(start, end - 2) : end] == "\r\n" else 1)

    def line_text(self, line: int) -> str:
        start, end = self.line_span(line)
        return self.text[start:end]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 0, of an offset; the column in code points.

        Offsets outside the text count as its nearest end, those inside a line break as the end of their line.
        """
        offset = min(max(offset, 0), len(self.text))
        line = int(self.line_starts.searchsorted(offset, side="right")) - 1
        start, end = self.line_span(line)
        return line, min(offset, end) - start

    def column(self, offset: int, encoding: Encoding = "utf-32") -> int:
        """The column of an offset, in units of `encoding` (bytes, 16-bit units or code points)."""
        line, column = self.position(offset)
        start = int(self.line_starts[line])
        before = self.text[start : start + column]
        if encoding == "utf-32" or before.isascii():
            return column
        return int(_widths(before, encoding).sum())

    def offset(self, line: int, column: int, encoding: Encoding = "utf-32") -> int:
        """The offset of a line and a column, both from 0, the column in units of `encoding`.

        A column past the end of the line counts as its end (before the line break), one inside a character as
        that character's start, and a line past the last one as the end of the text.
        """
        if line < 0:
            return 0
        if line >= self.n_lines:
            return len(self.text)
        start, end = self.line_span(line)
        column = max(column, 0)
        if encoding != "utf-32":
            content = self.text[start:end]
            if not content.isascii():
                ends = _widths(content, encoding).cumsum()
                column = int(ends.searchsorted(column, side="right"))
        return min(start + column, end)

    def apply(self, edit: Edit) -> Document:
        """The document after an edit; only the lines that the edit touches are looked for anew."""
        import numpy as np

        start, end = edit.start, edit.end
        assert 0 <= start <= end <= len(self.text), f"edit {start}:{end} in {len(self.text)} chars"
        text = self.text[:start] + edit.text + self.text[end:]
        new_end = start + len(edit.text)
        # Whether a line starts at p depends on the characters p-1 and p (CR alone, or half of CRLF), so the
        # answer may have changed at every p in start..new_end, both included, and nowhere else.
        found = _LINE_BREAK.finditer(text, max(start - 1, 0), min(new_end + 1, len(text)))
        touched = [p for p in (match.end() for match in found) if start <= p <= new_end]
        first = max(1, int(self.line_starts.searchsorted(start, side="left")))
        last = max(first, int(self.line_starts.searchsorted(end, side="right")))
        starts = np.concatenate(
            (
                self.line_starts[:first],
                np.array(touched, dtype=np.int64),
                self.line_starts[last:] + (new_end - end),
            )
        )
        res = Document(text)
        # As the property itself would keep it.
        res.__dict__["line_starts"] = starts
        return res


def _widths(text: str, encoding: Encoding) -> npt.NDArray[np.int64]:
    """How many units each character of `text` takes; (len(text),). A lone surrogate takes one 16-bit unit."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    widths = np.ones(len(codes), dtype=np.int64)
    if encoding == "utf-16":
        return widths + (codes > 0xFFFF)
    if encoding == "utf-8":
        return widths + (codes > 0x7F) + (codes > 0x7FF) + (codes > 0xFFFF)
    return widths


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins, in a text whose lines end with LF."""
    return text.rfind("\n", 0, offset) + 1


def indent_of(text: str, offset: int) -> str:
    """The blanks that begin the line of an offset, up to it."""
    line = text[line_start(text, offset) : offset]
    return line[: len(line) - len(line.lstrip())]
