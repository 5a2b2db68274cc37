"""C as a parser without a preprocessor can read it: macros' tracks blanked out, offsets unchanged.

Half of all correct C files make tree-sitter stumble, nearly always over macros. Directives and every
branch of a conditional but one are overwritten by blanks here; what c_macros.py recognizes as a
macro's doing (annotations, loops, types as arguments) by blanks or by something as long that parses.
A slip in what is blanked out is missed; a false alarm would be worse.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from lm_lint.c_macros import Edit, edits_of_macros
from lm_lint.c_tokens import Tokens

# Comments, strings and characters; those left open end with the text or with their line.
_HIDDEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL
)
# A directive with the lines it goes on over, in a text whose comments are blank.
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)([^\n\\]*(?:\\.[^\n\\]*)*)", re.MULTILINE | re.DOTALL)
# Conditions that do not hold where plain C is compiled.
_FALSE = re.compile(r"\(*\s*0[\s)]*|(?:defined\b\s*\(?\s*)?__cplusplus\b[\s)]*")


# For each open conditional: whether a branch of it was taken, and whether this one is skipped.
Conditionals = tuple[tuple[bool, bool], ...]


@functools.lru_cache(maxsize=64)
def plain(text: str) -> str:
    """The text without the tracks of macros; every other character stays where it is, and every
    line break."""
    hidden = _HIDDEN.sub(_masked, text)
    if "#" in hidden:
        edits, _ = _directives(hidden)
        text, hidden = rewritten(text, edits), rewritten(hidden, edits)
    return rewritten(text, edits_of_macros(hidden))


@dataclass(frozen=True)
class Prepared:
    """A part of a text without its directives, and what the other parts need to know of it.

    text, hidden  the part, and the same without comments and with strings masked
    counts        how often words stand where annotations do
    words         all words of the part
    open          the conditionals that are open where it ends
    """

    text: str
    hidden: str
    counts: dict[str, int]
    words: frozenset[str]
    open: Conditionals


def prepared(text: str, before: Conditionals) -> Prepared:
    """A part that begins and ends outside of comments, at the start of a line, where the conditionals
    `before` are open."""
    hidden, after = masked(text), before
    if "#" in hidden or before:
        edits, opened = _directives(hidden, before)
        edits += [(since, len(hidden), "") for _, since in opened if since is not None]
        after = tuple((taken, since is not None) for taken, since in opened)
        edits = _merged(edits)
        text, hidden = rewritten(text, edits), rewritten(hidden, edits)
    tokens = Tokens(hidden)
    return Prepared(text, hidden, tokens.annotation_counts(), frozenset(tokens.words), after)


def plain_part(part: Prepared, annotations: frozenset[str]) -> str:
    """The part without the tracks of macros; `annotations` of the whole text."""
    return rewritten(part.text, edits_of_macros(part.hidden, annotations))


def masked(text: str) -> str:
    """A text whose comments are blank and whose strings hold harmless letters. Line breaks inside
    of comments are blanks too: a directive goes on behind such a comment."""
    return _HIDDEN.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    text = match[0]
    if text[0] == "/":
        return " " * len(text)
    return text[0] + "x" * (len(text) - 2) + text[0] if len(text) > 1 else "x"


def rewritten(text: str, edits: list[Edit]) -> str:
    """Each span overwritten by its text, filled up with blanks; line breaks stay. Of spans that
    overlap the first counts, and the longer one of two that start together."""
    if not edits:
        return text
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start < at or "\n" in text[start : start + len(new)] or start + len(new) > end:
            continue
        parts += (text[at:start], new, _blank(text[start + len(new) : end]))
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _blank(text: str) -> str:
    if "\n" not in text:
        return " " * len(text)
    return "\n".join(" " * len(line) for line in text.split("\n"))


def _directives(
    hidden: str, before: Conditionals = ()
) -> tuple[list[Edit], list[tuple[bool, int | None]]]:
    """Directives, and all but one branch of each conditional: the first that is not `#if 0`.

    before   the conditionals that are open where the text begins
    returns  what to write over, and of the conditionals that are open where it ends, whether a
             branch was taken and since where one is skipped
    """
    res: list[Edit] = []
    # For each open conditional: was a branch taken, and where does what is skipped begin?
    opened: list[tuple[bool, int | None]] = [
        (taken, 0 if skips else None) for taken, skips in before
    ]
    for match in _DIRECTIVE.finditer(hidden):
        word = match[1]
        if not word and match[2].strip():
            continue  # `#` of something else
        if word in ("if", "ifdef", "ifndef"):
            holds = word == "ifndef" or not _FALSE.fullmatch(match[2].strip())
            opened.append((holds, None if holds else match.end()))
        elif word in ("else", "elif", "elifdef", "elifndef") and opened:
            taken, since = opened[-1]
            if since is None:
                opened[-1] = (True, match.end())
            elif not taken and (word == "else" or not _FALSE.fullmatch(match[2].strip())):
                res.append((since, match.start(), ""))
                opened[-1] = (True, None)
        elif word == "endif" and opened:
            since = opened.pop()[1]
            if since is not None:
                res.append((since, match.start(), ""))
        # The rules of C look at what is included, and the grammar knows it.
        if word != "include":
            res.append((*match.span(), ""))
    return _merged(res), opened


def _merged(spans: list[Edit]) -> list[Edit]:
    """Spans that overlap as one."""
    res: list[Edit] = []
    for start, end, _ in sorted(spans):
        if res and start <= res[-1][1]:
            res[-1] = (res[-1][0], max(res[-1][1], end), "")
        else:
            res.append((start, end, ""))
    return res
