"""A repair as a little diff: the lines that it touches, before and after, with what changes in them marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lm_lint.findings import Repair
from lm_lint.formats.visible import tamed
from lm_lint.text import Document

_LINE_BREAK = re.compile(r"\r\n?|\n")
_MOST_ROWS = 6
_LEFT_CHARS, _RIGHT_CHARS, _CHANGED_CHARS = 56, 32, 120
Sign = Literal["-", "+", " "]
Piece = tuple[str, bool]  # text, and whether it changes


@dataclass(frozen=True)
class Row:
    sign: Sign
    pieces: tuple[Piece, ...]


def rows(document: Document, repair: Repair) -> list[Row]:
    """What is the same in both stands once; long lines and long changes are cut short."""
    text = document.text
    first, _ = document.position(repair.start)
    last, _ = document.position(repair.end)
    before = text[document.line_span(first)[0] : repair.start]
    after = _LINE_BREAK.split(text[repair.end : document.line_span(last)[1]])[0]
    old = _lines(before, text[repair.start : repair.end], after)
    new = _lines(before, repair.text, after)
    same_above = _same(old, new)
    same_below = _same(old[same_above:][::-1], new[same_above:][::-1])
    n_old, n_new = len(old) - same_below, len(new) - same_below
    return [
        *_told(" ", old[:same_above][-1:]),
        *_told("-", old[same_above:n_old]),
        *_told("+", new[same_above:n_new]),
        *_told(" ", old[n_old:][:1]),
    ]


def _lines(before: str, changed: str, after: str) -> list[tuple[Piece, ...]]:
    parts = _LINE_BREAK.split(changed)
    res: list[list[Piece]] = [[(part, True)] for part in parts]
    res[0].insert(0, (before, False))
    res[-1].append((after, False))
    return [tuple(piece for piece in line if piece[0]) for line in res]


def _same(old: list[tuple[Piece, ...]], new: list[tuple[Piece, ...]]) -> int:
    n = 0
    while n < min(len(old), len(new)) and old[n] == new[n]:
        n += 1
    return n


def _told(sign: Sign, lines: list[tuple[Piece, ...]]) -> list[Row]:
    res = [Row(sign, _cropped(line)) for line in lines[:_MOST_ROWS]]
    return [*res, Row(sign, (("\u2026", False),))] if len(lines) > _MOST_ROWS else res


def _cropped(line: tuple[Piece, ...]) -> tuple[Piece, ...]:
    res = []
    for idx, (text, is_changed) in enumerate(line):
        shown = tamed(text)
        if is_changed:
            shown = _with_blanks_shown(_cut(shown, _CHANGED_CHARS))
        elif idx == 0 and len(line) > 1:
            indent = shown[: len(shown) - len(shown.lstrip(" \t"))]
            if len(shown) > _LEFT_CHARS + len(indent):
                shown = f"{indent}\u2026{shown[-_LEFT_CHARS:]}"
        else:
            shown = _cut(shown, _RIGHT_CHARS if len(line) > 1 else _LEFT_CHARS + _RIGHT_CHARS)
        res.append((shown, is_changed))
    return tuple(res)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "\u2026"


def _with_blanks_shown(text: str) -> str:
    """Blanks that are all that changes would not be seen."""
    return text if text.strip() else text.replace(" ", "\u00b7").replace("\t", "\u2192\t")
