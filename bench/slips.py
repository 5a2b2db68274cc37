"""Slips that people made, and what counts as the same program.

Knows the rows on disk and what "the same program up to layout" means; knows neither networks nor compilers. The lexers
are written for this and for nothing else: a judge should not share its idea of a token with those who are judged.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_lint.text import LANGUAGES, Language

FILES = ("c_students.jsonl", "python_questions.jsonl")


@dataclass(frozen=True)
class Slip:
    """One row: a text as somebody wrote it, and the smallest part of what they changed that makes it right.

    line          the true line in `broken`, 1-based
    accept_lines  every nearby line where the same edit is also right
    missing       lexemes that `fixed` has and `broken` has not; `extra` the other way round
    offset        of the first differing token in `broken`; for a missing one, where it should stand
    accept_each   for a text with several slips: (line, accept_lines) of each; `line` is then the first of them and
                  `accept_lines` all together
    undone        for several slips: `broken` with one of them taken back, for each
    """

    id: str
    language: Language
    source: str
    part: str
    broken: str
    fixed: str
    line: int
    accept_lines: frozenset[int]
    kind: str
    single: bool
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    headers_missing: bool
    offset: int
    accept_each: tuple[tuple[int, frozenset[int]], ...] = ()
    undone: tuple[str, ...] = ()

    @classmethod
    def of(cls, row: dict[str, Any]) -> Slip:
        return cls(
            id=row["id"],
            language=row["lang"],
            source=row["source_set"].split(":")[0],
            part=row["part"],
            broken=plain(row["broken"]),
            fixed=plain(row["fixed"]),
            line=row["error_line"],
            accept_lines=frozenset(row["accept_lines"]) | {row["error_line"]},
            kind=row["kind"],
            single=row["single"],
            missing=tuple(row["missing"]),
            extra=tuple(row["extra"]),
            headers_missing=bool(row.get("headers_missing")),
            offset=len(plain(row["broken"][: row["error_offset"]])),
        )

    @property
    def each(self) -> tuple[tuple[int, frozenset[int]], ...]:
        """The true line and the accepted ones of every slip in the text."""
        return self.accept_each or ((self.line, self.accept_lines),)

    @property
    def meant(self) -> tuple[str, ...]:
        """The texts that a first repair may give: one slip less, whichever."""
        return self.undone or (self.fixed,)

    @property
    def is_missing_semicolon(self) -> bool:
        return self.missing == (";",) and not self.extra

    @property
    def is_missing_tag(self) -> bool:
        return len(self.missing) == 1 and self.missing[0].startswith("<") and not self.extra


def plain(text: str) -> str:
    """As the engine hands text to the detector: LF only, no byte-order mark. Lines keep their numbers."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read(data: Path, git_rows: Path | None) -> list[Slip]:
    """All the rows that are there, in a stable order."""
    paths = [data / name for name in FILES]
    if git_rows:
        paths += [git_rows / f"{language}_git.jsonl" for language in LANGUAGES]
    return [slip for path in paths if path.exists() for slip in rows(path)]


def rows(path: Path) -> Iterator[Slip]:
    """The rows of one file for which it is known what was meant."""
    for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if row.get("fixed") is not None:
            yield Slip.of(row)


def choose(slips: Iterable[Slip], part: str, limit: int | None, seed: int) -> list[Slip]:
    """The rows of a part; at most `limit` of each (language, source), drawn by seed, in a shuffled order.

    Shuffled, so that what an interrupted run has seen is a fair sample of all.
    """
    groups: dict[tuple[Language, str], list[Slip]] = {}
    for slip in slips:
        if slip.part == part:
            groups.setdefault((slip.language, slip.source), []).append(slip)
    draw = random.Random(seed)
    res: list[Slip] = []
    for key in sorted(groups):
        group = sorted(groups[key], key=lambda slip: slip.id)
        draw.shuffle(group)
        res += group[:limit]
    draw.shuffle(res)
    return res


# --- The judge's lexers ---------------------------------------------------------------------------------------------


def lexemes(language: Language, text: str) -> list[str]:
    """The text as a sequence that is equal for two texts exactly when they differ in layout only.

    Comments of C and Python are layout, Python's indentation is not. Nothing fails: an unfinished string is its quote
    followed by whatever stands behind it.
    """
    if language == "python":
        return list(_python_lexemes(text))
    return list(_c_lexemes(text)) if language == "c" else _html_lexemes(text)


C_LEXEMES = re.compile(
    r"""(?P<layout>[ \t\f\v\r]+|\\\n|//[^\n]*|/\*.*?\*/)
    |(?P<line>\n)
    |(?P<string>L?"(?:[^"\\\n]|\\.)*"|L?'(?:[^'\\\n]|\\.)*')
    |(?P<word>[^\W\d]\w*|\.?\d(?:[eEpP][+-]|[\w.])*)
    |(?P<sign>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|&&|\|\||\#\#|[-+*/%&|^=!<>]=|.)""",
    re.VERBOSE | re.DOTALL,
)


def _c_lexemes(text: str) -> Iterator[str]:
    in_directive, at_line_start = False, True
    for match in C_LEXEMES.finditer(text):
        lexeme = match[0]
        if match["line"]:
            if in_directive:
                yield "\n"  # ends a directive, and is nothing elsewhere
            in_directive, at_line_start = False, True
        elif not match["layout"]:
            in_directive |= at_line_start and lexeme == "#"
            at_line_start = False
            yield lexeme
    if in_directive:
        yield "\n"


PYTHON_LEXEMES = re.compile(
    r'''(?P<layout>[ \t\f\v\r]+|\\\n|\#[^\n]*)
    |(?P<line>\n)
    |(?P<string>[bBfFrRuU]{0,2}(?:"""(?:[^\\]|\\.)*?"""|\'\'\'(?:[^\\]|\\.)*?\'\'\'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    |(?P<word>[^\W\d]\w*|\.?\d(?:[eE][+-]\d|[\w.])*)
    |(?P<sign>\.\.\.|\*\*=|//=|<<=|>>=|->|\*\*|//|<<|>>|:=|[-+*/%&|^=!<>@]=|<>|.)''',
    re.VERBOSE | re.DOTALL,
)


def _python_lexemes(text: str) -> Iterator[str]:
    """Line ends and indentation as lexemes of their own, at the depth 0 of brackets; blank lines are layout.

    Indentation counts by its steps: two spaces everywhere equal four. A width on no outer level is its own lexeme.
    """
    levels = [0]
    depth = 0
    at_line_start = True
    for match in PYTHON_LEXEMES.finditer(text):
        lexeme = match[0]
        if match["line"]:
            if not depth and not at_line_start:
                yield "\n"
                at_line_start = True
        elif not match["layout"]:
            if at_line_start and not depth:
                yield from _indentation(text, match.start(), levels)
            at_line_start = False
            if not match["string"]:
                depth = max(0, depth + (lexeme in "([{") - (lexeme in ")]}"))
            yield lexeme
    if not at_line_start:
        yield "\n"


def _indentation(text: str, start: int, levels: list[int]) -> Iterator[str]:
    line_start = text.rfind("\n", 0, start) + 1
    width = len(text[line_start:start].expandtabs(8))
    if width > levels[-1]:
        levels.append(width)
        yield "<indent>"
    while width < levels[-1]:
        levels.pop()
        yield "<dedent>"
    if width > levels[-1]:
        levels.append(width)
        yield f"<indent to {width}>"


HTML_LEXEMES = re.compile(r"</?[^\W\d][\w:-]*|/?>|<!--|-->|\w+|[^\w\s]", re.DOTALL)


def _html_lexemes(text: str) -> list[str]:
    """Names of tags in lower case, words, single signs; blanks are layout, even in text and in attributes."""
    return [s.lower() if s[0] == "<" else s for s in HTML_LEXEMES.findall(text)]
