"""Where the tokens of a text stand: what a slip can remove, add or replace.

Cut by the judge's lexers (bench/slips.py); in HTML by one of its own, in which a closing tag is one token, as people
see it, and an opening tag one only without attributes. Knows nothing of errors.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench import slips
from lm_lint.text import Language

Kind = Literal["word", "string", "sign", "tag", "text"]


@dataclass(frozen=True)
class Token:
    """text[start:end]; a "text" of HTML is what stands between tags on one line, and is never touched by a slip."""

    start: int
    end: int
    text: str
    kind: Kind


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text in order, and the lines that they stand on."""

    text: str
    language: Language
    all: tuple[Token, ...]
    starts: tuple[int, ...]
    breaks: tuple[int, ...]

    @classmethod
    def of(cls, language: Language, text: str) -> Tokens:
        found = tuple({"c": _c, "python": _python, "html": _html}[language](text))
        breaks = tuple(match.start() for match in re.finditer("\n", text))
        return cls(text, language, found, tuple(token.start for token in found), breaks)

    def line(self, offset: int) -> int:
        """1-based."""
        return bisect_left(self.breaks, offset) + 1

    def before(self, offset: int) -> Token | None:
        """The last token that starts before `offset`."""
        at = bisect_right(self.starts, offset - 1)
        return self.all[at - 1] if at else None

    def at_or_after(self, offset: int) -> Token | None:
        at = bisect_right(self.starts, offset - 1)
        return self.all[at] if at < len(self.all) else None


def _c(text: str) -> Iterator[Token]:
    """Without those of preprocessor directives."""
    in_directive, at_line_start = False, True
    for match in slips.C_LEXEMES.finditer(text):
        if match["line"]:
            in_directive, at_line_start = False, True
        elif not match["layout"]:
            in_directive |= at_line_start and match[0] == "#"
            at_line_start = False
            if not in_directive:
                yield _token(match)


def _python(text: str) -> Iterator[Token]:
    for match in slips.PYTHON_LEXEMES.finditer(text):
        if not (match["line"] or match["layout"]):
            yield _token(match)


def _token(match: re.Match[str]) -> Token:
    kind: Kind = "string" if match["string"] else "word" if match["word"] else "sign"
    return Token(match.start(), match.end(), match[0], kind)


_HTML = re.compile(
    r"""(?P<skip><!--.*?(?:-->|\Z)|<![^>]*>|<\?[^>]*>|\{%.*?%\}|\{\{.*?\}\}
        |<(?P<raw>script|style|textarea|title)\b[^>]*>.*?(?:</(?P=raw)\s*>|\Z))
    |(?P<tag></[a-zA-Z][^\s<>]*\s*>|<[a-zA-Z][\w:-]*>)
    |(?P<open><[a-zA-Z][\w:-]*)
    |(?P<text>[^<\n{]+|[<{])
    |(?P<layout>\s+)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_INSIDE_TAG = re.compile(
    r"""(?P<layout>\s+|\{%.*?%\}|\{\{.*?\}\})
    |(?P<close>/?>)
    |(?P<string>"[^"]*"|'[^']*')
    |(?P<word>[^\s"'<>/={]+)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


def _html(text: str) -> Iterator[Token]:
    at = 0
    while match := _HTML.match(text, at):
        at = match.end()
        if match["tag"]:
            yield Token(match.start(), at, match[0], "tag")
        elif match["text"] and match[0].strip():
            yield Token(match.start(), at, match[0], "text")
        elif match["open"]:
            yield Token(match.start(), at, match[0], "sign")
            for inside in _inside_tag(text, at):
                at = inside.end
                yield inside


def _inside_tag(text: str, at: int) -> Iterator[Token]:
    while match := _INSIDE_TAG.match(text, at):
        at = match.end()
        if match["sign"] == "<":  # the tag was never closed; the next one begins
            return
        if not match["layout"]:
            kind: Kind = "string" if match["string"] else "word" if match["word"] else "sign"
            yield Token(match.start(), at, match[0], kind)
        if match["close"]:
            return
