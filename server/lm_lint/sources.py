"""From a file's bytes to the text that is linted: decoding, notebooks, what is too odd to lint.

Text that is merely odd is linted or skipped with a note; what was asked for and cannot be had is an `InputError`.
Nothing here knows how files are found, nor what is done with their text.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import BinaryIO

from lm_lint import filetypes, notebooks
from lm_lint.changes import WHOLE, Lines
from lm_lint.errors import (
    ForeignNotebook,
    InputError,
    UnknownLanguage,
    UnreadableInput,
)
from lm_lint.notebooks import Cell
from lm_lint.settings import Limits
from lm_lint.text import LANGUAGES, Language

# Pictures and tables in a notebook are no code: a notebook may be so many times larger than a source file.
_NOTEBOOK_FACTOR = 25
_UNDECODABLE = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")
_CONTROL = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Source:
    """A text to lint, and what is known of where it comes from.

    name   what people see
    text   what is linted; its line breaks and byte order mark are the file's. Of a notebook, the code of its cells
    note   what had to be done to read it, if anything
    path   where it may be written back; None for standard input and for what stands in git's index
    data   the bytes as they were read
    cells  where the code cells of a notebook stand in `text`
    lines  findings count that touch these lines, 1-based and both ends included; None: all of them
    """

    name: str
    language: Language
    text: str
    note: str | None = None
    path: str | None = None
    data: bytes | None = None
    cells: tuple[Cell, ...] = ()
    lines: Lines | None = None

    @property
    def is_notebook(self) -> bool:
        return filetypes.is_notebook(self.path or self.name) and self.language == "python"


@dataclass(frozen=True)
class Skipped:
    """A file that is no text for a linter, and why, as a sentence."""

    name: str
    note: str


Outcome = Source | Skipped | InputError


def load(path: str, language: Language | None, limits: Limits) -> Outcome:
    """The text of a file.

    language   what somebody says it is in; None: what its name says, or the interpreter that a script names
    """
    try:
        # One byte past the limit is enough to know; a device or a pipe may have no end.
        with open(path, "rb") as file:
            data = file.read(largest(path, limits) + 1)
    except (OSError, ValueError) as error:
        return unreadable(path, error)
    return decoded(printable(path), language, data, limits, path)


def standard_input(
    stdin: BinaryIO, name: str | None, language: Language | None, limits: Limits
) -> Outcome:
    """The text that comes in; `name` is what to call it, `language` as in `load`."""
    data = stdin.read(largest(name or "", limits) + 1)
    shown = printable(name or "<stdin>")
    res = decoded(shown, language, data, limits)
    if isinstance(res, UnknownLanguage):
        return UnknownLanguage(
            f"{shown}: nothing says which language this is; add --stdin-filename NAME with a known "
            "extension, or --language with one of " + ", ".join(LANGUAGES)
        )
    return res


def decoded(
    name: str,
    language: Language | None,
    data: bytes,
    limits: Limits,
    path: str | None = None,
) -> Outcome:
    """The text of a file's bytes, unless they are no source text; `language` as in `load`."""
    called = path or name
    known = language or filetypes.language_by_name(called)
    if known is None and not filetypes.has_suffix(called):
        known = filetypes.language_by_interpreter(data[: filetypes.HEAD_BYTES])
    if known is None:
        return UnknownLanguage(
            f"{name}: the name does not say which language this is; add --language with one of "
            + ", ".join(LANGUAGES)
        )
    if len(data) > largest(called, limits):
        size = f"{largest(called, limits) / 1e6:g} MB"
        return Skipped(name, f"larger than {size}, skipped (--max-file-size raises the limit)")
    if filetypes.is_notebook(called) and known == "python":
        return _notebook(name, data, limits, path)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Skipped(name, "looks like UTF-16, skipped (lm-lint reads UTF-8)")
    if _is_binary(data[:8192]):
        return Skipped(name, "looks like a binary file, skipped")
    text = _readable(data)
    if too_long := _overlong(name, text, limits):
        return too_long
    if language is None and (other := filetypes.other_than_c(called, text)):
        return Skipped(name, f"looks like {other}, skipped (--language c lints it as C)")
    is_valid = "\ufffd" not in text or _is_valid(data)
    note = None if is_valid else "is not valid UTF-8; read with replacement characters"
    return Source(name, known, text, note, path, data)


def with_lines(source: Source, lines: Lines) -> Source:
    """The source of which only some lines of its file count."""
    if lines == WHOLE:
        return source
    if source.is_notebook:
        assert source.data is not None, source.name
        return replace(source, lines=notebooks.touched(source.data, source.cells, lines))
    # git ends lines at line feeds only: where we do at others, too, all lines count.
    is_odd = source.text.count("\r") > source.text.count("\r\n")
    return source if is_odd else replace(source, lines=lines)


def exact_text(source: Source) -> str:
    """The text from which the file's bytes follow, encoded with "surrogateescape"; offsets are those of `text`."""
    if source.data is None or source.is_notebook:
        return source.text
    return source.data.decode("utf-8", "surrogateescape")


def largest(path: str, limits: Limits) -> int:
    """How many bytes a file may have."""
    return limits.max_file_bytes * (_NOTEBOOK_FACTOR if filetypes.is_notebook(path) else 1)


def unreadable(name: str, error: Exception) -> UnreadableInput:
    shown = printable(name)
    if isinstance(error, FileNotFoundError):
        res = UnreadableInput(f"{shown}: no such file (any more); check the name")
    else:
        why = getattr(error, "strerror", None) or error
        res = UnreadableInput(f"{shown}: cannot be read ({why}); check its permissions")
    res.__cause__ = error
    return res


def printable(name: str) -> str:
    """A name of undecodable bytes can be opened but not printed; nor shall one end a line or ring a bell."""
    return _CONTROL.sub("\ufffd", os.fsencode(name).decode("utf-8", "replace"))


def _notebook(name: str, data: bytes, limits: Limits, path: str | None) -> Outcome:
    try:
        text, cells = notebooks.read(name, data)
    except ForeignNotebook as error:
        return Skipped(name, str(error).removeprefix(f"{name}: "))
    except InputError as error:
        return error
    too_long = _overlong(name, text, limits)
    return too_long or Source(name, "python", text, None, path, data, cells)


def _overlong(name: str, text: str, limits: Limits) -> Skipped | None:
    longest = max(map(len, text.replace("\r", "\n").split("\n")))
    if longest <= limits.max_line_chars:
        return None
    return Skipped(name, f"has a line of {longest:,} characters, taken for generated and skipped")


def _readable(data: bytes) -> str:
    """One character for each byte that belongs to none: so offsets agree with those of `exact_text`."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape").translate(_UNDECODABLE)


def _is_binary(head: bytes) -> bool:
    """A NUL among other things that no text holds; a NUL alone may be a slip in a source file."""
    if b"\0" not in head:
        return False
    n_control = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head)
    # The last character of the head may be cut in half; that is no sign of anything.
    return n_control * 100 > len(head) or "\ufffd" in head.decode("utf-8", "replace")[:-1]


def _is_valid(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
