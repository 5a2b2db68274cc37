"""Notebooks: the code of their cells as one text, where a place of it stands, and how a change is written back.

A change is made in the file's own characters, so nothing but a cell's changed lines differs afterwards: libraries
would write the whole notebook anew. Nothing here knows findings.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from lm_lint.errors import ForeignNotebook, InputError, UnreadableInput
from lm_lint.magics import python_of
from lm_lint.text import difference

# Between two cells: a line that is blank for Python and that no cell holds.
_MARK = "\f"
_BETWEEN = _MARK + "\n"
_BLANKS = re.compile(r"[ \t\n\r]*")
# An escape that is written for a character which need not be.
_NEEDLESS_ESCAPE = re.compile(r"\\u(?!00[01][0-9a-fA-F]|[dD][89a-fA-F])[0-9a-fA-F]{4}")
_PYTHON = frozenset({"python", "python2", "python3", "ipython"})
_DECODER = json.JSONDecoder()
Span = tuple[int, int]


@dataclass(frozen=True)
class Cell:
    """A code cell of Python in the text of its notebook.

    index       which of all cells it is, from 0
    number      which of the code cells, from 1
    start, end  its text, with the line break that ends it
    first_line  the line of the text that it begins with, from 1
    """

    index: int
    number: int
    start: int
    end: int
    first_line: int


def read(name: str, data: bytes) -> tuple[str, tuple[Cell, ...]]:
    """The code of a notebook as one text, and its cells; those that are no Python are left out.

    Raises UnreadableInput, and ForeignNotebook for one that is not ours to lint.
    """
    notebook = _loaded(name, data)
    parts: list[str] = []
    cells: list[Cell] = []
    start, line, number = 0, 1, 0
    for index, cell in enumerate(notebook["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        number += 1
        text = _python(_source(name, index, cell)) if _is_python(cell) else None
        if text is None or not text.strip():
            continue
        if cells:
            parts.append(_BETWEEN)
            start, line = start + len(_BETWEEN), line + 1
        parts.append(text)
        cells.append(Cell(index, number, start, start + len(text), line))
        start, line = start + len(text), line + text.count("\n")
    return "".join(parts), tuple(cells)


def place(cells: Sequence[Cell], line: int) -> tuple[Cell, int]:
    """The cell that a line of the text belongs to, and which line of that cell it is, from 1."""
    first_lines = [cell.first_line for cell in cells]
    cell = cells[max(bisect_right(first_lines, line) - 1, 0)]
    return cell, line - cell.first_line + 1


def is_within_a_cell(cells: Sequence[Cell], start: int, end: int) -> bool:
    """Does a span of the text stay in one cell? What does not cannot be written back."""
    return any(cell.start <= start and end <= cell.end for cell in cells)


def written(data: bytes, cells: Sequence[Cell], old_text: str, new_text: str) -> bytes:
    """The notebook in which the code that was `old_text` is `new_text`.

    Raises InputError where what stood in one cell stands in several.
    """
    pieces = new_text.split(_BETWEEN) if cells else []
    if len(pieces) != len(cells):
        raise InputError("a repair reaches from one cell of the notebook into the next one")
    text = data.decode("utf-8")
    values = dict(_sources(text))
    parts: list[str] = []
    at = 0
    for cell, new in zip(cells, pieces, strict=True):
        old = old_text[cell.start : cell.end]
        if new == old:
            continue
        start, end = values[cell.index]
        parts += (text[at:start], _renewed(text, (start, end), old, new))
        at = end
    return "".join([*parts, text[at:]]).encode("utf-8")


def touched(data: bytes, cells: Sequence[Cell], lines: Iterable[Span]) -> tuple[Span, ...]:
    """The lines of the text that stand in some lines of the file; 1-based, both ends included."""
    wanted = list(lines)
    return tuple(
        (first, last)
        for first, last, file_line in _rows(data, cells)
        if any(low <= file_line <= high for low, high in wanted)
    )


def file_line(data: bytes, cells: Sequence[Cell], line: int) -> int:
    """The line of the file that a line of the text stands in, from 1."""
    res = 1
    for first, _, row in _rows(data, cells):
        if first > line:
            break
        res = row
    return res


def _loaded(name: str, data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode("utf-8").removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise _broken(name, f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _broken(name, f"{error.msg[:1].lower()}{error.msg[1:]} at {where}") from error
    except (ValueError, RecursionError) as error:
        raise _broken(name, "its JSON is beyond all measure") from error
    if not isinstance(found, dict) or not {"nbformat", "cells", "worksheets"} & found.keys():
        raise _broken(name, "it is JSON, but no notebook")
    if why := _foreign(found):
        raise ForeignNotebook(f"{name}: {why}")
    if not isinstance(found.get("cells"), list):
        raise _broken(name, "it has no list of cells")
    return found


def _broken(name: str, why: str) -> UnreadableInput:
    return UnreadableInput(f"{name}: this is no valid notebook: {why}; open and save it in Jupyter")


def _foreign(notebook: dict[str, Any]) -> str | None:
    """Why a notebook is not ours to lint, None where it is."""
    if "worksheets" in notebook or notebook.get("nbformat") in (1, 2, 3):
        return (
            "is a notebook of an old format, skipped (`jupyter nbconvert --to notebook` renews it)"
        )
    metadata = _table(notebook.get("metadata"))
    kernel = _table(metadata.get("kernelspec"))
    language = _table(metadata.get("language_info")).get("name") or kernel.get("language")
    if "sage" in str(kernel.get("name", "")).lower():
        language = "Sage"
    if language and str(language).lower() not in _PYTHON:
        return f"is a notebook in {language!s:.40}, skipped (lm-lint reads those in Python)"
    return None


def _is_python(cell: dict[str, Any]) -> bool:
    """Notebooks of several languages say so of each cell."""
    language = _table(_table(cell.get("metadata")).get("vscode")).get("languageId", "python")
    return bool(language == "python")


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _source(name: str, index: int, cell: dict[str, Any]) -> str:
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        return "".join(source)
    if isinstance(source, str):
        return source
    raise _broken(name, f"cell {index + 1} has no source")


def _python(source: str) -> str | None:
    """A cell's code as it is linted: as long as the source, but for a line break at its end."""
    text = python_of(source.replace(_MARK, " "))
    return text if text is None or text.endswith("\n") else text + "\n"


# --- The file's own characters.


def _sources(text: str) -> Iterator[tuple[int, Span]]:
    """Where the source of each cell stands, by the cell's index."""
    top = _past_blanks(text, text.startswith("\ufeff"))
    cells = dict(_members(text, top))["cells"]
    for index, (start, _) in enumerate(_items(text, cells[0])):
        if text[start] == "{" and (source := dict(_members(text, start)).get("source")):
            yield index, source


def _rows(data: bytes, cells: Sequence[Cell]) -> Iterator[tuple[int, int, int]]:
    """First and last line of the text of each string in the file, and its line there."""
    text = data.decode("utf-8")
    values = dict(_sources(text))
    at, row = 0, 1
    for cell in cells:
        first = cell.first_line
        for start, _ in _strings(text, values[cell.index]):
            row, at = row + text.count("\n", at, start), start
            n_lines = len(str(_value(text, start)).removesuffix("\n").split("\n"))
            yield first, first + n_lines - 1, row
            first += n_lines


def _members(text: str, at: int) -> Iterator[tuple[str, Span]]:
    """The keys of an object, and where their values stand."""
    for start, end in _items(text, at):
        key, _ = _DECODER.raw_decode(text, start)
        value = _past_blanks(text, _past_blanks(text, end) + 1)
        yield key, (value, _end(text, value))


def _items(text: str, at: int) -> Iterator[Span]:
    """Where the values of a list stand, or the keys of an object."""
    is_object = text[at] == "{"
    at = _past_blanks(text, at + 1)
    while text[at] not in "]}":
        end = _end(text, at)
        yield at, end
        if is_object:
            end = _end(text, _past_blanks(text, _past_blanks(text, end) + 1))
        at = _past_blanks(text, end)
        if text[at] == ",":
            at = _past_blanks(text, at + 1)


def _strings(text: str, span: Span) -> list[Span]:
    """Where the strings of a source stand: it is a list of lines, or one string."""
    return list(_items(text, span[0])) if text[span[0]] == "[" else [span]


def _past_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()


def _end(text: str, at: int) -> int:
    return int(_DECODER.raw_decode(text, at)[1])


def _value(text: str, at: int) -> Any:
    return _DECODER.raw_decode(text, at)[0]


def _renewed(text: str, span: Span, old: str, new: str) -> str:
    """What is to stand in the place of a source; its lines that stay are left as they are written."""
    strings = _strings(text, span)
    lines = [str(_value(text, start)) for start, _ in strings]
    source = _changed("".join(lines), old, new)
    escape = text.isascii() and _NEEDLESS_ESCAPE.search(text) is not None
    if text[span[0]] == '"':
        return _quoted(source, escape)
    # As Jupyter cuts a text into lines.
    renewed = source.splitlines(keepends=True)
    raw: list[str] = []
    for kind, first, last, low, high in SequenceMatcher(
        None, lines, renewed, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            raw += (text[start:end] for start, end in strings[first:last])
        else:
            raw += (_quoted(line, escape) for line in renewed[low:high])
    # The blanks between brackets, commas and strings are those of the first and the last line.
    before, behind = text[span[0] + 1 : strings[0][0]], text[strings[-1][1] : span[1] - 1]
    between = text[strings[0][1] : strings[1][0]] if len(strings) > 1 else "," + before
    return f"[{before}{between.join(raw)}{behind}]"


def _changed(source: str, old: str, new: str) -> str:
    """The source with what became of the text that was linted, where magics are no magics."""
    if not source.endswith("\n"):
        old, new = old.removesuffix("\n"), new.removesuffix("\n")
    written = source.split("\n")
    shown, renewed = old.split("\n"), new.split("\n")
    res: list[str] = []
    for kind, first, last, low, high in SequenceMatcher(
        None, shown, renewed, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            res += written[first:last]
        elif shown[first:last] == written[first:last]:
            res += renewed[low:high]
        elif last > first:
            res += _edited(written[first:last], shown[first:last], renewed[low:high])
        else:
            res += renewed[low:high]
    return "\n".join(res)


def _edited(written: list[str], shown: list[str], renewed: list[str]) -> list[str]:
    """Lines that were not linted as they are written: the edit alone is made in them."""
    if not renewed:
        return []
    edit = difference("\n".join(shown), "\n".join(renewed))
    text = "\n".join(written)
    return (text[: edit.start] + edit.text + text[edit.end :]).split("\n")


def _quoted(text: str, escape: bool) -> str:
    """A string of JSON; a lone surrogate can only be escaped."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        escape = True
    return json.dumps(text, ensure_ascii=escape)
