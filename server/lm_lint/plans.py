"""A plan of repairs for one text: which are made, and what the text and the bytes of its file become.

Nothing here reads or writes files, or judges whether a repair was good.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from lm_lint import notebooks, repairs
from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import InputError
from lm_lint.notebooks import Cell
from lm_lint.repairs import best
from lm_lint.sources import Source, exact_text
from lm_lint.text import Document, Edit

_UNKNOWN = "\ufffd"  # stands for a byte that belongs to no character


@dataclass(frozen=True)
class Plan:
    """The diagnostics of a text whose best repairs are made (by place, no two overlap), and the others.

    is_end   somebody wants to be asked no more, about other files neither
    """

    source: Source
    applied: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]
    is_end: bool = False

    @classmethod
    def of(
        cls,
        source: Source,
        diagnostics: Iterable[Diagnostic],
        chosen: Iterable[Diagnostic],
        is_end: bool = False,
    ) -> Plan:
        applied = tuple(sorted(chosen, key=lambda diagnostic: best(diagnostic).start))
        is_applied = set(map(id, applied))
        return cls(
            source, applied, tuple(d for d in diagnostics if id(d) not in is_applied), is_end
        )

    @cached_property
    def text(self) -> str:
        return _spliced(self.source.text, repairs.edits(self.applied))

    @cached_property
    def repaired_source(self) -> Source:
        """The source after the repairs, with the bytes of its file. Raises InputError."""
        if not self.applied:
            return self.source
        return _renewed(self.source, self.text, repairs.edits(self.applied))


def plan(source: Source, diagnostics: Sequence[Diagnostic], least_confidence: float) -> Plan:
    """The repairs that are certain enough and fit together."""
    writable = possible(source, diagnostics)
    certain = repairs.certain(source.text, source.language, writable, least_confidence)
    return Plan.of(source, diagnostics, certain)


def encoded(source: Source, new_text: str) -> bytes:
    """The bytes of the file when its text is `new_text`; what is not changed keeps its bytes.

    Raises InputError where a notebook cannot be written so, or bytes that are no text were not left alone.
    """
    if source.is_notebook:
        assert source.data is not None, source.name
        return notebooks.written(source.data, source.cells, source.text, new_text)
    if _is_undecodable(source):
        new_text = _with_odd_bytes(source, new_text)
    return new_text.encode("utf-8", "surrogateescape")


def possible(source: Source, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those whose best repair can be written into the file."""
    is_odd = _is_undecodable(source)
    return [d for d in diagnostics if d.finding.repairs and _is_writable(source, d, is_odd)]


def _is_writable(source: Source, diagnostic: Diagnostic, is_odd: bool) -> bool:
    repair = best(diagnostic)
    if repair.start < source.text.startswith("\ufeff"):
        return False  # the byte order mark stays
    if source.is_notebook:
        is_inside = notebooks.is_within_a_cell(source.cells, repair.start, repair.end)
        return is_inside and "\f" not in repair.text
    if is_odd:
        # In which encoding it is nobody knows, and bytes that come to stand side by side could make a character.
        around = source.text[max(0, repair.start - 1) : repair.end + 1]
        return repair.text.isascii() and _UNKNOWN not in around
    return not any("\ud800" <= character <= "\udfff" for character in repair.text)


def _is_undecodable(source: Source) -> bool:
    return _UNKNOWN in source.text and not source.is_notebook and exact_text(source) != source.text


def _with_odd_bytes(source: Source, text: str) -> str:
    """Each character that stands for a byte replaced by that byte: they are as many, and in the same order."""
    shown = zip(source.text, exact_text(source), strict=True)
    odd = [exact for character, exact in shown if character == _UNKNOWN]
    if text.count(_UNKNOWN) != len(odd):
        raise InputError(f"{source.name}: a repair would change bytes that are not UTF-8")
    rest = iter(odd)
    return re.sub(_UNKNOWN, lambda _: next(rest), text)


def _renewed(source: Source, text: str, edits: Sequence[Edit]) -> Source:
    data = encoded(source, text)
    cells: tuple[Cell, ...] = ()
    if source.is_notebook:
        read, cells = notebooks.read(source.name, data)
        if read != text:
            raise InputError(f"{source.name}: the repaired code would read otherwise in its cells")
    lines = None if source.lines is None else _moved(source, edits)
    return replace(source, text=text, data=data, cells=cells, lines=lines)


def _moved(source: Source, edits: Sequence[Edit]) -> tuple[tuple[int, int], ...]:
    """The lines that count, after some edits: the same ones, wherever they are now, and those that were repaired."""
    assert source.lines is not None
    document = Document.of(source.text)
    growths: list[tuple[int, int]] = []  # at which line of the old text, and by how many lines
    res: list[tuple[int, int]] = []
    for edit in edits:
        line, last = document.position(edit.start)[0] + 1, document.position(edit.end)[0] + 1
        n_lines = Document.of(edit.text).n_lines
        now = line + sum(growth for _, growth in growths)
        res.append((now, now + n_lines - 1))
        growths.append((line, n_lines - 1 - (last - line)))
    for first, last in source.lines:
        start = first + sum(growth for line, growth in growths if line < first)
        end = last + sum(growth for line, growth in growths if line <= last)
        res.append((start, max(start, end)))
    return tuple(sorted(res))


def _spliced(text: str, edits: Iterable[Edit]) -> str:
    parts: list[str] = []
    at = 0
    for edit in edits:
        assert at <= edit.start <= edit.end <= len(text), (at, edit, len(text))
        parts += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join([*parts, text[at:]])
