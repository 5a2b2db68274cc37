"""A text in parts that can be judged by themselves, so that after an edit only its part is read anew.

C is cut behind a closing brace in the first column, Python before what it defines there; never inside a comment or
a string of several lines. All here is a function of the text alone: what is remembered, by the parts' own text,
saves time and changes no answer, so a text that was typed and one that was opened are judged alike.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lm_lint.c_source import Conditionals, Prepared, plain_part, prepared
from lm_lint.c_tokens import annotations_of
from lm_lint.lexemes import HIDDEN
from lm_lint.memory import Memory
from lm_lint.text import Language

# Where a new part begins: behind what closes a block in the first column, before a definition there.
_BORDER: dict[Language, re.Pattern[str]] = {
    "c": re.compile(r"^\}[^\n]*\n", re.MULTILINE),
    "python": re.compile(r"\n(?=@|(?:async )?def |class )"),
}
_METHOD = re.compile(r"\n(?P<indent>[ \t]+)(?:@|(?:async )?def |class )")
LONG_CLASS = 4000  # characters of a class that is cut into its methods
# A long part of C without functions is cut between declarations too.
_SOFT_BORDER = re.compile(r";[ \t]*\n\n+(?=[A-Za-z])")
_LONG_CHARS, _SOFT_CHARS = 4000, 2000

_HIDING = {language: re.compile(pattern, re.DOTALL) for language, pattern in HIDDEN.items()}
_SEVERAL_LINES = ("/*", '"""', "'''")
_END_OF = {"/*": "*/"}

_BUDGET_CHARS = 8_000_000  # some 200 open files of 1,000 lines
_open_signs: Memory[str] = Memory(_BUDGET_CHARS)
_borders_of_classes: Memory[tuple[int, ...]] = Memory(_BUDGET_CHARS)
_prepared: Memory[Prepared] = Memory(_BUDGET_CHARS)
_plain: Memory[str] = Memory(_BUDGET_CHARS)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a text; `bare` is as long, and in C without directives and the tracks of macros."""

    start: int
    text: str
    bare: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def parts(text: str, language: Language) -> list[Part]:
    """The parts of a text of C or Python, in order; they tile it."""
    pieces = list(_cut(text, language))
    bare = _without_macros(pieces) if language == "c" else pieces
    res, at = [], 0
    for piece, plain in zip(pieces, bare, strict=True):
        res.append(Part(at, piece, plain))
        at += len(piece)
    return res


def forget() -> None:
    """Drop what is remembered."""
    for memory in (_open_signs, _borders_of_classes, _prepared, _plain):
        memory.clear()


def method_borders(part: str) -> tuple[int, ...]:
    """Where a class of Python can be cut: the line breaks before its methods. What begins there is read
    as in a class; see python_rules.is_nested."""
    return _borders_of_classes.get(part, len(part), lambda: _method_borders(part))


def _method_borders(part: str) -> tuple[int, ...]:
    found = list(_METHOD.finditer(part))
    width = min((len(m["indent"]) for m in found), default=0)
    hidden = [m.span() for m in _HIDING["python"].finditer(part) if "\n" in m[0]]
    res: list[int] = []
    for match in found:
        border = match.start()
        # What begins with `@` is about the definition behind it.
        above = part[part.rfind("\n", 0, border) + 1 : border].lstrip()
        while hidden and hidden[0][1] <= border:
            hidden.pop(0)
        inside = bool(hidden) and hidden[0][0] < border
        if len(match["indent"]) == width and not above.startswith("@") and not inside:
            res.append(border)
    return tuple(res)


def _cut(text: str, language: Language) -> Iterator[str]:
    start = 0
    for border in _borders(text, language):
        if border <= start:
            continue
        while (sign := _open_sign(text[start:border], language)) and border < len(text):
            # What is open hides the border; the part goes on to the one behind its end.
            closed = text.find(_END_OF.get(sign, sign), border)
            border = len(text) if closed < 0 else _next_border(text, language, closed)
        yield text[start:border]
        start = border


def _borders(text: str, language: Language) -> Iterator[int]:
    start = 0
    for border in (*(m.end() for m in _BORDER[language].finditer(text)), len(text)):
        if language == "c" and border - start > _LONG_CHARS:
            for match in _SOFT_BORDER.finditer(text, start, border):
                if match.end() - start > _SOFT_CHARS:
                    yield match.end()
                    start = match.end()
        yield border
        start = border


def _next_border(text: str, language: Language, offset: int) -> int:
    found = _BORDER[language].search(text, offset)
    return found.end() if found else len(text)


def _open_sign(piece: str, language: Language) -> str:
    """What begins the comment or the string that goes on behind a piece, or nothing."""
    if not any(sign in piece for sign in _SEVERAL_LINES):
        return ""
    return _open_signs.get((language, piece), len(piece), lambda: _lexed(piece, language))


def _lexed(piece: str, language: Language) -> str:
    hidden = list(_HIDING[language].finditer(piece))
    if not hidden or hidden[-1].end() < len(piece):
        return ""
    match = hidden[-1]
    sign = match[0][: 2 if language == "c" else 3]
    if sign not in _SEVERAL_LINES:
        return ""
    end = _END_OF.get(sign, sign)
    return "" if len(match[0]) >= len(sign) + len(end) and match[0].endswith(end) else sign


def _without_macros(pieces: list[str]) -> list[str]:
    """The parts as c_source.plain has them in the whole text: a part is read with the conditionals
    that are open before it, and with the annotations that all parts show."""
    ready: list[Prepared] = []
    conditionals: Conditionals = ()
    counts: Counter[str] = Counter()
    for piece in pieces:
        work = functools.partial(prepared, piece, conditionals)
        ready.append(_prepared.get((piece, conditionals), 3 * len(piece), work))
        conditionals = ready[-1].open
        counts.update(ready[-1].counts)
    known = frozenset(annotations_of(counts))
    res = []
    for part in ready:
        mine = known & part.words
        plain = functools.partial(plain_part, part, mine)
        res.append(_plain.get((part.text, part.hidden, mine), len(part.text), plain))
    return res
