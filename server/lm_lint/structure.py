"""What a tolerant parser thinks of a text: the places where it stumbles, and how many there are.

A second opinion only. Macros and templates make parsers stumble over correct text, so nothing
is ever reported because of it alone. The one door to tree-sitter.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lm_lint.html_tags import blanked, tag_problems
from lm_lint.text import Language

if TYPE_CHECKING:
    import tree_sitter

_MAX_PROBLEMS = 200


@dataclass(frozen=True)
class Problem:
    """A place where the text does not parse.

    start, end  what the parser could not place, or the opener that stays open
    noticed     where that shows, at or after start
    opener      the bracket or the element's name when something stays open, else ""
    """

    start: int
    end: int
    noticed: int
    opener: str = ""


@functools.cache
def _parser(language: Language) -> tree_sitter.Parser:
    import tree_sitter

    if language == "c":
        import tree_sitter_c as grammar
    elif language == "html":
        import tree_sitter_html as grammar  # type: ignore[no-redef]
    else:
        import tree_sitter_python as grammar  # type: ignore[no-redef]
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))


def problems(text: str, language: Language) -> list[Problem]:
    """Every place where the text does not parse, by start. Offsets in code points."""
    found = list(_tree_problems(text, language))
    if language == "html":
        # End tags are judged by HTML's rules alone: tree-sitter knows fewer of them.
        found = [p for p in found if not _END_TAG_SO_FAR.search(text[: p.start + 2])]
        found += [
            Problem(p.start, p.end, p.noticed, p.name if p.kind == "unclosed" else "")
            for p in tag_problems(text)
        ]
    else:
        found += bracket_problems(text, language)
    if language == "python":
        found += indentation_problems(text)
    return sorted(set(found), key=lambda p: (p.start, p.end))[:_MAX_PROBLEMS]


def weight(text: str, language: Language) -> int:
    """How badly a text parses; 0 for one that parses. A repair has to lower it."""
    return len(set(problems(text, language)))


def is_reliable(text: str, language: Language) -> bool:
    """Whether this text has nothing of what makes the parser stumble over correct text: the
    branches of a preprocessor or of a template."""
    if language == "python":
        return True
    return re.search(_UNRELIABLE[language], text, re.MULTILINE) is None


_UNRELIABLE: dict[Language, str] = {
    "c": r"^[ \t]*#[ \t]*(?:if|else|elif|ifdef|ifndef)\b(?![^\n]*_H)|__attribute__|__asm",
    "html": r"\{%|<%|<\?php|\{\{#",
}


_END_TAG_SO_FAR = re.compile(r"</[^<>]*\Z")


def _tree_problems(text: str, language: Language) -> Iterator[Problem]:
    known, places = without_old_c(text) if language == "c" else (text, None)
    source = (blanked(text) if language == "html" else known).encode("utf-8", "replace")
    tree = _parser(language).parse(source)
    if not tree.root_node.has_error:
        return
    offsets = _code_points(source)
    if places is not None:
        offsets = places[offsets]
    n_found = 0
    pending = [tree.root_node]
    while pending and n_found < _MAX_PROBLEMS:
        node = pending.pop()
        if node.is_error or node.is_missing:
            n_found += 1
            start, end = int(offsets[node.start_byte]), int(offsets[node.end_byte])
            yield Problem(start, end, end)
        if node.has_error:
            pending += node.children


# Old C that the grammar does not know and compilers take: functions without a type, which
# beginners write as `main()`, and the ranges of GNU C.
_CASE_RANGE = re.compile(r"(?<=\bcase\b)([^:;\n]*?)\.\.\.([^:;\n]*)(?=:)")
_NO_TYPE = re.compile(
    r"^[ \t]*(?=(?!(?:if|for|while|switch)\b)[A-Za-z_]\w*[ \t]*\([^;{}()]*\)\s*"
    r"(?:[\w*\[\], \t]+;\s*){0,9}\{)",
    re.MULTILINE,
)
_TYPE_LINE = re.compile(r"(?!#|//)(?:[\w ]+[\w*]+[ \t]*|\w+[ \t*]*)")


def without_old_c(text: str) -> tuple[str, np.ndarray[tuple[int], np.dtype[np.int64]] | None]:
    """The text with `int` before functions that have no type, and where each of its code points
    stands in the text as it is; None when nothing was added."""
    text = _CASE_RANGE.sub(lambda m: m[1] + " " * (len(m[2]) + 3), text)
    ends = [
        match.end()
        for match in _NO_TYPE.finditer(text)
        # GNU style has the type on the line above.
        if not _TYPE_LINE.fullmatch(text[: match.start()].rstrip().rpartition("\n")[2])
    ]
    if not ends:
        return text, None
    added = np.repeat(ends, len("int "))
    places = np.insert(np.arange(len(text) + 1, dtype=np.int64), added, added)
    borders = [0, *ends, len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(borders)]
    return "int ".join(pieces), places


def _code_points(source: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Byte offset -> code point offset, for every byte and the end."""
    begins = (np.frombuffer(source, dtype=np.uint8) & 0xC0) != 0x80
    res = np.zeros(len(source) + 1, dtype=np.int64)
    np.cumsum(begins, out=res[1:])
    return res


# Comments and strings hide brackets; a string that is left open ends with its line.
_HIDDEN: dict[Language, str] = {
    "c": r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
    "python": r"#[^\n]*|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
}
_OPENER_OF = {")": "(", "]": "[", "}": "{"}


@functools.cache
def _brackets(language: Language) -> re.Pattern[str]:
    return re.compile(_HIDDEN[language] + r"|([()\[\]{}])", re.DOTALL)


def bracket_problems(text: str, language: Language) -> list[Problem]:
    """Openers that stay open and closers that close nothing, in C and Python."""
    res: list[Problem] = []
    stack: list[tuple[str, int]] = []
    for match in _brackets(language).finditer(text):
        bracket = match[1]
        if bracket is None:
            continue
        if bracket in "([{":
            stack.append((bracket, match.start()))
            continue
        wanted = _OPENER_OF[bracket]
        if not any(opener == wanted for opener, _ in stack[-8:]):
            res.append(Problem(match.start(), match.end(), match.start()))
            continue
        while stack[-1][0] != wanted:
            opener, start = stack.pop()
            res.append(Problem(start, start + 1, match.start(), opener))
        stack.pop()
    res += [Problem(start, start + 1, len(text), opener) for opener, start in stack]
    return res


_LINE = re.compile(r"^([ \t]*)([^\s#])", re.MULTILINE)


def indentation_problems(text: str) -> list[Problem]:
    """Python's own rules of indentation, which tree-sitter lets pass: a line that moves in
    without a colon before it, one that does not move in after a colon, and one that moves out to
    a place where no block began. Lines inside brackets and strings are no lines.
    """
    inside = _inside(text)
    levels, res = [0], list[Problem]()
    opened = False  # did the line before end with a colon?
    matches = [m for m in _LINE.finditer(text) if not inside[m.start()]]
    for match, following in itertools.zip_longest(matches, matches[1:]):
        start, end = match.start(), match.start(2)
        width = len(match[1].expandtabs(8))
        if width > levels[-1]:
            if not opened:
                res.append(Problem(start, end, end))
            levels.append(width)
        elif opened and width <= levels[-1]:
            res.append(Problem(start, end, end))
        while width < levels[-1]:
            levels.pop()
        if width != levels[-1]:
            res.append(Problem(start, end, end))
            levels.append(width)
        line = text[end : following.start() if following else len(text)]
        opened = _code_of(line).rstrip().endswith(":")
    return res


def _inside(text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each offset: is it inside a bracket, a string, or behind a backslash at a line's end?"""
    res = np.zeros(len(text) + 1, dtype=np.bool_)
    depth, since = 0, 0
    for match in _brackets("python").finditer(text):
        if match[1] is None:
            res[match.start() + 1 : match.end()] = True
        elif match[1] in "([{":
            depth, since = depth + 1, since if depth else match.start()
        elif depth:
            depth -= 1
            if not depth:
                res[since + 1 : match.end()] = True
    for match in re.finditer(r"\\\n", text):
        res[match.end()] = True
    return res


def _code_of(line: str) -> str:
    """A line without its comments, its strings emptied."""
    return _brackets("python").sub(lambda m: m[0] if m[1] else "" if m[0][0] == "#" else "0", line)


def open_at(text: str, language: Language, offset: int) -> list[str]:
    """What is open at an offset, innermost last: brackets, or names of elements."""
    if language == "html":
        found = [p for p in tag_problems(text[:offset]) if p.kind == "unclosed"]
        return [p.name for p in reversed(found) if p.noticed >= offset]
    return [p.opener for p in bracket_problems(text[:offset], language) if p.noticed >= offset]
