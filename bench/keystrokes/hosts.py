"""Texts of a wished size in which edits are played: files as they are, or many files one after the other.

A file of about the wished size is used alone. Where there is none (20,000 lines), edited files stand at the top, in the
middle and at the end, and whole other files fill the space between, over and over where they do not suffice. Pages of
HTML give what is inside of their body.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bench.keystrokes.kinds import Kind
from lm_lint.text import Edit, Language

Position = Literal["top", "middle", "end"]
POSITIONS: tuple[Position, ...] = get_args(Position)
Made = Literal["real", "composed", "examples"]

_BODY = re.compile(r"<body\b[^>]*>(.*)</body\s*>", re.DOTALL | re.IGNORECASE)
_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Pages</title>\n</head>\n<body>\n',
    "</body>\n</html>\n",
)
_FUTURE = re.compile(r"^from __future__ ", re.MULTILINE)  # may stand at the start of a file only


@dataclass(frozen=True)
class Core:
    """A file before an edit, and the keystrokes of the edit. `id` tells where both come from."""

    id: str
    language: Language
    position: Position
    kind: Kind
    text: str
    strokes: tuple[Edit, ...]


@dataclass(frozen=True)
class Placed:
    """An edit in a scenario: its keystrokes fit once all edits before it were played."""

    id: str
    position: Position
    kind: Kind
    strokes: tuple[Edit, ...]


@dataclass(frozen=True)
class Scenario:
    """A text that is opened once, and edits to play in it in order. n_lines is the size that was wished for."""

    language: Language
    n_lines: int
    made: Made
    text: str
    edits: tuple[Placed, ...]


@dataclass(frozen=True)
class Opening:
    """A file to open, as it is and with a slip in it (None where no slip could be made)."""

    id: str
    language: Language
    made: Made
    text: str
    broken: str | None


def alone(core: Core, n_lines: int) -> Scenario:
    placed = Placed(core.id, core.position, core.kind, core.strokes)
    return Scenario(core.language, n_lines, "real", core.text, (placed,))


def composed(
    language: Language, cores: Sequence[Core], fillers: Sequence[str], n_lines: int, made: Made
) -> Scenario:
    """All edits in one text of at least n_lines lines, if there is anything to fill it with."""
    pieces: list[tuple[str, Core | None]] = []
    groups = [[core for core in cores if core.position == at] for at in POSITIONS]
    n_missing = n_lines - sum(_n_lines(language, core.text) for core in cores)
    filling = _filling(language, fillers)
    for i, group in enumerate(groups):
        pieces += [(core.text, core) for core in group]
        if i < 2:
            pieces += [(text, None) for text in _lines_of(language, filling, n_missing // 2)]
    return _put_together(language, pieces, n_lines, made)


def fits(core: Core) -> bool:
    """Can the file be a part of a longer text, with its edit in that part?"""
    start, end = _part(core.language, core.text)
    within = all(start <= edit.start <= edit.end for edit in core.strokes)
    # From the end of the part: what the edits add in front of a place moves the end as well.
    room = end
    for edit in core.strokes:
        within = within and edit.end <= room
        room += len(edit.text) - (edit.end - edit.start)
    return within and not (core.language == "python" and _FUTURE.search(core.text))


def _put_together(
    language: Language,
    pieces: Iterable[tuple[str, Core | None]],
    n_lines: int,
    made: Made,
) -> Scenario:
    before, after = _PAGE if language == "html" else ("", "")
    text, growth = before, 0
    parts: list[str] = [before]
    edits: list[Placed] = []
    at = len(text)
    for piece, core in pieces:
        start, end = _part(language, piece)
        if core is not None:
            by = at - start + growth
            moved = tuple(Edit(e.start + by, e.end + by, e.text) for e in core.strokes)
            edits.append(Placed(core.id, core.position, core.kind, moved))
            growth += sum(len(e.text) - (e.end - e.start) for e in core.strokes)
        part = piece[start:end]
        part += "" if part.endswith("\n") else "\n"
        parts.append(part)
        at += len(part)
    return Scenario(language, n_lines, made, "".join([*parts, after]), tuple(edits))


def _part(language: Language, text: str) -> tuple[int, int]:
    """What of a file can stand among others."""
    found = _BODY.search(text) if language == "html" else None
    return found.span(1) if found else (0, len(text))


def _filling(language: Language, fillers: Sequence[str]) -> Iterator[str]:
    usable = [t for t in fillers if not (language == "python" and _FUTURE.search(t))]
    while usable:
        yield from usable


def _n_lines(language: Language, text: str) -> int:
    """Of what is taken of a file."""
    start, end = _part(language, text)
    return text.count("\n", start, end) + (text[end - 1 : end] != "\n")


def _lines_of(language: Language, filling: Iterator[str], n_lines: int) -> Iterator[str]:
    while n_lines > 0:
        text = next(filling, None)
        if text is None:
            return
        n_lines -= _n_lines(language, text)
        yield text
