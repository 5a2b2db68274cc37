"""What CPython and its rules of indentation say of a Python text.

CPython's own parser knows exactly what parses, in its own version: it may be older than the text
(a new statement) or newer (Python 2's print). So it is a witness like the tolerant parser, and
never the judge.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

# Python 2, notebooks' magics and shell lines: CPython's word says nothing about slips there.
_OLD_PYTHON = re.compile(
    r"^[ \t]*(?:print[ \t]+(?![=(.\[,:])[^\n]|print[ \t]*>>|exec[ \t]+['\"\w]|raise[ \t]+\w+[ \t]*,[ \t]*['\"\w]"
    r"|except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:)",
    re.MULTILINE,
)
_METHODS = re.compile(r"\n[ \t]+(?:@|(?:async )?def |class )")
_MAGIC = re.compile(r"[ \t]*(?:%%?[a-zA-Z]\w*\b(?![ \t]*[=(.%])|![a-zA-Z./])[^\n]*")
_MAGIC_LINE = re.compile("^" + _MAGIC.pattern, re.MULTILINE)
# What decides where a statement begins: strings and comments whole, brackets, line breaks.
_STRUCTURE = re.compile(
    r"#[^\n]*|(?P<quotes>\"\"\"|''')(?:\\.|.)*?(?:(?P=quotes)|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
    r"|\\\n|[()\[\]{}\n]",
    re.DOTALL,
)


@dataclass(frozen=True)
class PythonError:
    """Where CPython gives up: start and end in code points, and its words."""

    start: int
    end: int
    message: str


# CPython parses all that follows before it finds that it knows no such feature, and goes no further.
_LAST_STOP = "from __future__ import _\n"


def surely_parses(text: str) -> bool:
    """Whether CPython takes a text; False for some that it takes, of which python_error has the last word.

    Half as dear as python_error, which has CPython build a tree that nobody looks at.
    """
    if "\0" in text:
        return False
    block = BLOCK if is_nested(text) else ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(_LAST_STOP + block + without_magics(text), "", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.lineno == 1 and error.msg == "future feature _ is not defined"
    except (ValueError, RecursionError, MemoryError):
        return False
    return False


def python_error(text: str) -> PythonError | None:
    """CPython's first SyntaxError, or None for what it compiles. Nothing is run."""
    if "\0" in text:
        return None  # no text; versions differ in what they call it
    if is_nested(text):
        found = python_error(BLOCK + text)
        n = len(BLOCK)
        return found and PythonError(max(found.start - n, 0), max(found.end - n, 0), found.message)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(without_magics(text))
    except SyntaxError as error:
        start = _offset(text, error.lineno or 1, error.offset or 1)
        end = start
        if error.end_lineno and error.end_offset and error.end_offset > 0:
            end = _offset(text, error.end_lineno, error.end_offset)
        return PythonError(start, max(start, end), error.msg)
    except (ValueError, RecursionError, MemoryError):  # too long a number, too deep a nesting
        return None
    return None


BLOCK = "if 1:"  # what may stand before methods that are read by themselves


def is_nested(text: str) -> bool:
    """Whether a stretch is made of methods without their class: a line break, then one that is indented."""
    return text[:1] == "\n" and _METHODS.match(text) is not None


def is_old_python(text: str) -> bool:
    """Whether a text has statements that only Python 2 knows."""
    return _OLD_PYTHON.search(text) is not None


def without_magics(text: str) -> str:
    """Notebooks' magics (`%matplotlib inline`, `!pip install`) as statements of the same length.
    A line that goes on with a remainder (`%b)`) is none: magics begin a statement."""
    if _MAGIC_LINE.search(text) is None:
        return text
    parts: list[str] = []
    done, at, depth, starts = 0, 0, 0, True
    while at <= len(text):
        if starts and (magic := _MAGIC.match(text, at)):
            parts += (text[done:at], _as_pass(magic))
            done = at = magic.end()
        found = _STRUCTURE.search(text, at)
        if found is None:
            break
        depth = max(0, depth + (found[0] in "([{") - (found[0] in ")]}"))
        starts = found[0] == "\n" and not depth
        at = found.end()
    return "".join([*parts, text[done:]])


def _as_pass(match: re.Match[str]) -> str:
    line = match[0]
    blanks = line[: len(line) - len(line.lstrip())]
    return (blanks + "0 #" + "x" * len(line))[: len(line)]


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a line and column counted from 1. CPython ends lines as `splitlines` does not:
    at LF only, for text without CR."""
    start = 0
    for _ in range(line - 1):
        found = text.find("\n", start)
        if found < 0:
            return len(text)
        start = found + 1
    return min(start + max(column - 1, 0), len(text))
