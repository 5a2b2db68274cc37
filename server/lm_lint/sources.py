"""From what stands on the command line to texts: walking, reading, decoding.

Text that is merely odd is linted or skipped with a note; what was asked for and cannot be had is an `InputError`.
Nothing here knows what is done with the text.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from lm_lint.config import Configs
from lm_lint.errors import InputError, NothingToLint, UnknownLanguage, UnreadableInput
from lm_lint.settings import Limits
from lm_lint.text import LANGUAGES, Language, language_of


@dataclass(frozen=True)
class Source:
    """A text to lint; `note` says what had to be done to read it, if anything."""

    name: str
    language: Language
    text: str
    note: str | None = None


@dataclass(frozen=True)
class Skipped:
    """A file that is no text for a linter, and why, as a sentence."""

    name: str
    note: str


Outcome = Source | Skipped | InputError


def sources(
    names: Iterable[str],
    language: Language | None,
    limits: Limits,
    stdin: BinaryIO,
    stdin_name: str | None = None,
    configs: Configs | None = None,
) -> Iterator[Outcome]:
    """What each name leads to, in order; a file that is reached twice is read once.

    What a project excludes is left out of directories; a file that is named is read all the same. Errors are handed
    on as values: one bad name does not keep the others from being linted. A bad configuration does: ConfigError.
    """
    configs = configs or Configs(isolated=True)
    seen: set[str] = set()
    for name in names:
        if name == "-":
            yield _standard_input(language, limits, stdin, stdin_name)
            continue
        for found in _expanded(name, language, configs):
            if isinstance(found, InputError):
                yield found
            elif (key := os.path.realpath(found)) not in seen:
                seen.add(key)
                yield _file(found, language, limits)


def decoded(name: str, language: Language, data: bytes, limits: Limits) -> Source | Skipped:
    """The text of a file's bytes, unless they are no source text."""
    if len(data) > limits.max_file_bytes:
        size = f"{limits.max_file_bytes / 1e6:g} MB"
        return Skipped(name, f"larger than {size}, skipped (--max-file-size raises the limit)")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Skipped(name, "looks like UTF-16, skipped (lm-lint reads UTF-8)")
    if _is_binary(data[:8192]):
        return Skipped(name, "looks like a binary file, skipped")
    text = data.decode("utf-8", "replace")
    longest = max(map(len, text.replace("\r", "\n").split("\n")))
    if longest > limits.max_line_chars:
        return Skipped(
            name, f"has a line of {longest:,} characters, taken for generated and skipped"
        )
    if "\ufffd" in text and _is_invalid(data):
        return Source(name, language, text, "is not valid UTF-8; read with replacement characters")
    return Source(name, language, text)


def _expanded(name: str, language: Language | None, configs: Configs) -> Iterator[str | InputError]:
    """The files that a name stands for: itself, or what lies below it."""
    try:
        mode = os.stat(name).st_mode
    except OSError as error:
        yield _unreadable(name, error)
        return
    if not stat.S_ISDIR(mode):
        yield name
        return
    n_files = 0
    for found in _walked(name, language, configs):
        n_files += isinstance(found, str)
        yield found
    if not n_files:
        kinds = (
            f"{language} files"
            if language
            else "files with a known extension (such as .c, .html, .py)"
        )
        yield NothingToLint(
            f"{_printable(name)}: no {kinds} in this directory; name files or another directory"
        )


def _walked(folder: str, language: Language | None, configs: Configs) -> Iterator[str | InputError]:
    """Files of a known language below a directory, sorted; what the project excludes is left out."""
    problems: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=problems.append):
        config = configs.below(here, folder)
        if config.excludes(folder, is_folder=True):
            # Who names an excluded folder wants what is in it.
            config = replace(config, folder=Path(os.path.abspath(folder)))
        folders[:] = sorted(f for f in folders if not config.excludes(os.path.join(here, f), True))
        for file in sorted(files):
            known, path = language_of(file), os.path.join(here, file)
            if known and language in (None, known) and not config.excludes(path):
                yield path
        yield from (_unreadable(str(problem.filename), problem) for problem in problems)
        problems.clear()
    yield from (_unreadable(str(problem.filename), problem) for problem in problems)


def _file(name: str, language: Language | None, limits: Limits) -> Outcome:
    known = language or language_of(name)
    shown = _printable(name)
    if known is None:
        return UnknownLanguage(
            f"{shown}: the name does not say which language this is; add --language with one of "
            + ", ".join(LANGUAGES)
        )
    try:
        # One byte past the limit is enough to know; a device or a pipe may have no end.
        with open(name, "rb") as file:
            data = file.read(limits.max_file_bytes + 1)
    except OSError as error:
        return _unreadable(name, error)
    return decoded(shown, known, data, limits)


def _standard_input(
    language: Language | None, limits: Limits, stdin: BinaryIO, stdin_name: str | None
) -> Outcome:
    known = language or (language_of(stdin_name) if stdin_name else None)
    shown = _printable(stdin_name or "<stdin>")
    if known is None:
        return UnknownLanguage(
            f"{shown}: nothing says which language this is; add --stdin-filename NAME with a known "
            "extension, or --language with one of " + ", ".join(LANGUAGES)
        )
    return decoded(shown, known, stdin.read(limits.max_file_bytes + 1), limits)


def _unreadable(name: str, error: OSError) -> UnreadableInput:
    shown = _printable(name)
    if isinstance(error, FileNotFoundError):
        res = UnreadableInput(f"{shown}: no such file (any more); check the name")
    else:
        res = UnreadableInput(
            f"{shown}: cannot be read ({error.strerror or error}); check its permissions"
        )
    res.__cause__ = error
    return res


def _is_binary(head: bytes) -> bool:
    """A NUL among other things that no text holds; a NUL alone may be a slip in a source file."""
    if b"\0" not in head:
        return False
    n_control = sum(byte < 32 and byte not in b"\t\n\v\f\r\x1b" for byte in head)
    # The last character of the head may be cut in half; that is no sign of anything.
    return n_control * 100 > len(head) or "\ufffd" in head.decode("utf-8", "replace")[:-1]


def _is_invalid(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _printable(name: str) -> str:
    """A name of undecodable bytes can be opened but not printed."""
    return os.fsencode(name).decode("utf-8", "replace")
