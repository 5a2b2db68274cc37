"""What a tolerant parser thinks of a text: the places where it stumbles, and how many there are.

A second opinion only. Macros and templates make parsers stumble over correct text, so nothing
is ever reported because of it alone. The one door to tree-sitter.
"""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lm_lint.c_rules import EditedRules, c_problems, directive_problems
from lm_lint.c_source import plain
from lm_lint.html_tags import TagProblem, tag_problems
from lm_lint.lexemes import HIDDEN
from lm_lint.python_rules import BLOCK, PythonError, is_nested, is_old_python, python_error
from lm_lint.text import Language

if TYPE_CHECKING:
    # Neither is needed where CPython takes a text; numpy takes a twentieth of a second to load.
    import numpy as np
    import tree_sitter

MAX_PROBLEMS = 200


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
    else:
        import tree_sitter_python as grammar  # type: ignore[no-redef]
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))


def problems(text: str, language: Language) -> list[Problem]:
    """Every place where a text as a whole does not parse, by start. Offsets in code points.

    suspects.py asks the same part by part, for texts that are edited.
    """
    if language == "html":
        return [problem_of(found) for found in tag_problems(text)[:MAX_PROBLEMS]]
    bare = plain(text) if language == "c" else text
    return stumbles(text, bare, language, language == "python" and is_old_python(text))


def stumbles(text: str, bare: str, language: Language, old: bool) -> list[Problem]:
    """The problems of a text of C or Python.

    bare  the same text without the tracks of macros (C)
    old   whether it belongs to a text of Python 2 (Python)
    """
    error = python_error(text) if language == "python" else None
    if language == "python" and error is None:
        return []
    found = [*_tree_problems(bare, language), *bracket_problems(bare, language)]
    if language == "c":
        rules = [*c_problems(bare), *directive_problems(text)]
        found += [Problem(start, end, end) for start, end in rules]
    if error is not None:
        found += indentation_problems(text)
        if not (old and "print" in error.message):
            found.append(Problem(error.start, error.end, error.end))
    return sorted(set(found), key=in_order)[:MAX_PROBLEMS]


def in_order(problem: Problem) -> tuple[int, int, int, str]:
    """All fields, so that the order is the same in every run."""
    return problem.start, problem.end, problem.noticed, problem.opener


def has_tree_problems(text: str, language: Language) -> bool:
    return any(True for _ in _tree_problems(text, language, 1))


@dataclass(frozen=True)
class Health:
    """How badly a text parses, in numbers; all zero for text that parses.

    n_tree        error nodes and missing nodes of the tolerant parser
    n_tree_chars  code points inside these nodes
    n_rules       what brackets, indentation and the rules of the language object to
    n_compiler    1 where CPython gives up, else 0
    compiler_at   the offset where it does, or the text's length
    """

    n_tree: int
    n_tree_chars: int
    n_rules: int
    n_compiler: int
    compiler_at: int

    @property
    def weight(self) -> int:
        return self.n_tree + self.n_rules + self.n_compiler


def health(text: str, language: Language, enough: int = 1 << 30) -> Health | None:
    """What the witnesses say of a whole text; None as soon as its weight exceeds `enough`."""
    if language == "python":
        return python_health(text, python_error(text), enough)
    if language == "html":
        res = health_of(tag_problems(text), len(text))
        return res if res.weight <= enough else None
    return c_health(text, plain(text), enough)


class CText:
    """C without the tracks of macros, parsed once, so that an edit costs a part of it."""

    def __init__(self, bare: str) -> None:
        self.bare = bare
        self._rules = EditedRules(bare)
        known, self._ends = without_old_c(bare)
        self._source = known.encode("utf-8", "replace")
        # With the ranges of GNU C, or where code points are not bytes, a text is parsed anew.
        is_plain = bare.isascii() and _CASE_RANGE.search(bare) is None
        self._tree = _parser("c").parse(self._source) if is_plain else None
        self._brackets_count = _ODD_INCLUDE.search(self._rules.masked) is None

    def after(self, start: int, end: int, new: str, enough: int) -> Health | None:
        """The health of the text with an edit; None as soon as its weight exceeds `enough`."""
        text = self.bare[:start] + new + self.bare[end:]
        if not self._rules.is_simple(start, end, new):
            tree = self._problems(text, start, end, new, enough + 1)
            return c_health(None, text, enough, tree)
        n_rules = self._rules.n_brackets(start, end, new)
        # What the brackets object to the grammar does not take either.
        if n_rules + (n_rules > 0 and self._brackets_count) > enough:
            return None
        tree = self._problems(text, start, end, new, enough - n_rules + 1)
        if len(tree) + n_rules > enough:
            return None
        n_rules += self._rules.n_rules(start, end, new)
        n_chars = sum(problem.end - problem.start for problem in tree)
        res = Health(len(tree), n_chars, n_rules, 0, len(text))
        return res if res.weight <= enough else None

    def _problems(self, text: str, start: int, end: int, new: str, most: int) -> list[Problem]:
        """What the grammar says of `text`, which has the edit in it."""
        # Where "int " was written, trees of old and new text are too different to count errors.
        old = self._tree if not self._ends or most <= 1 else None
        ends = self._ends_after(text, start, end, new)
        if old is None or not new.isascii() or ends is None:
            return list(_tree_problems(text, "c", most))
        shift = len("int ") * bisect_left(self._ends, start)
        borders = (start + shift, end + shift, start + shift + len(new))
        source = self._source[: borders[0]] + new.encode() + self._source[borders[1] :]
        tree = old.copy()
        # Only bytes are ever asked of the tree, so rows and columns need not be right.
        tree.edit(*borders, *((0, at) for at in borders))
        return list(_problems_of(source, "c", most, ends, tree))

    def _ends_after(self, text: str, start: int, end: int, new: str) -> list[int] | None:
        """Where "int " stands after an edit; None where the edit has to do with it."""
        until, growth = start + len(new), len(new) - (end - start)
        line = text.rfind("\n", 0, start) + 1
        cut = text.find("\n", until)
        cut = len(text) if cut < 0 else cut
        if "..." in text[line:cut] and "case" in text[line:cut]:
            return None
        first, last = bisect_left(self._ends, start), bisect_left(self._ends, end)
        moved = [*self._ends[:first], *(at + growth for at in self._ends[last:])]
        # A function's head stands between two braces, and is told from the line before it too.
        brace = max(text.rfind("{", 0, start), text.rfind("}", 0, start), 0)
        low = text.rfind("\n", 0, brace) + 1
        opener = text.find("{", cut)
        high = opener + 1 if opener >= 0 else len(text)
        n_near = bisect_right(self._ends, high - growth) - bisect_left(self._ends, low)
        if first == last and not n_near and _NO_TYPE.search(text, low, high) is None:
            return moved
        return moved if first == last and without_old_c(text)[1] == moved else None


def c_health(
    text: str | None,
    bare: str,
    enough: int = 1 << 30,
    tree: list[Problem] | None = None,
) -> Health | None:
    """The health of a text of C. `bare` is it without the tracks of macros (c_source.plain), which
    an edit of the text changes in the same place; `text` None spares what is said of directives,
    `tree` what the grammar says."""
    tree = list(_tree_problems(bare, "c", enough + 1)) if tree is None else tree
    if len(tree) > enough:
        return None
    rules = len(bracket_problems(bare, "c"))
    if len(tree) + rules <= enough:
        rules += sum(1 for _ in c_problems(bare))
        if text is not None:
            rules += sum(1 for _ in directive_problems(text))
    n_chars = sum(problem.end - problem.start for problem in tree)
    res = Health(len(tree), n_chars, rules, 0, len(bare))
    return res if res.weight <= enough else None


def problem_of(found: TagProblem) -> Problem:
    """A slip of nesting as a problem."""
    opener = found.name if found.kind == "unclosed" else ""
    return Problem(found.start, found.end, max(found.start, found.noticed), opener)


def health_of(found: list[TagProblem], n_chars: int) -> Health:
    """The health of a page: what a conforming parser calls an error are rules, the rest is doubt."""
    n_sure = sum(problem.sure for problem in found)
    return Health(len(found) - n_sure, 0, n_sure, 0, n_chars)


def python_health(text: str, error: PythonError | None, enough: int) -> Health | None:
    """The health of a text of Python; `error` is what python_error says of it."""
    if error is None:
        return Health(0, 0, 0, 0, len(text))
    # Where Python 2 is meant, CPython's word is no news.
    n_compiler = 0 if "print" in error.message and is_old_python(text) else 1
    if n_compiler > enough:
        return None
    rules = len(bracket_problems(text, "python"))
    if rules + n_compiler <= enough:
        rules += len(indentation_problems(text))
    if rules + n_compiler > enough:
        return None
    tree = list(_tree_problems(text, "python", enough - rules - n_compiler + 1))
    n_chars = sum(problem.end - problem.start for problem in tree)
    res = Health(len(tree), n_chars, rules, n_compiler, error.start)
    return res if res.weight <= enough else None


def weight(text: str, language: Language) -> int:
    """How badly a text parses; 0 for one that parses."""
    found = health(text, language)
    assert found is not None
    return found.weight


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


def _tree_problems(text: str, language: Language, most: int = MAX_PROBLEMS) -> Iterator[Problem]:
    """Error nodes and missing nodes, at most so many; C without the tracks of macros."""
    if language == "python" and is_nested(text):
        n = len(BLOCK)
        for p in _problems_of((BLOCK + text).encode("utf-8", "replace"), language, most, []):
            yield Problem(max(p.start - n, 0), max(p.end - n, 0), max(p.noticed - n, 0))
        return
    known, ends = without_old_c(text) if language == "c" else (text, [])
    yield from _problems_of(known.encode("utf-8", "replace"), language, most, ends)


def _problems_of(
    source: bytes,
    language: Language,
    most: int,
    added: list[int],
    old: tree_sitter.Tree | None = None,
) -> Iterator[Problem]:
    """The same for a text in bytes; `added` are the places where "int " was written into it, in
    code points of the text without them, `old` a tree to start from."""
    most = min(most, MAX_PROBLEMS)
    parser = _parser(language)
    tree = parser.parse(source, old) if old is not None else parser.parse(source)
    if not tree.root_node.has_error:
        return
    if most <= 1:
        yield Problem(0, 0, 0)  # one is too many already, wherever it is
        return
    is_ascii = source.isascii()
    offsets: np.ndarray[tuple[int], np.dtype[np.int64]] | None = None
    n_found = 0
    pending = [tree.root_node]
    while pending and n_found < most:
        node = pending.pop()
        if node.is_error or node.is_missing:
            n_found += 1
            start, end = node.start_byte, node.end_byte
            if added or not is_ascii:
                offsets = _offsets(source, added) if offsets is None else offsets
                start, end = int(offsets[start]), int(offsets[end])
            yield Problem(start, end, end)
        if node.has_error:
            pending += node.children


def _offsets(source: bytes, added: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Byte of the source -> code point of the text, for every byte and the end."""
    import numpy as np

    res = _code_points(source)
    if not added:
        return res
    n_text = int(res[-1]) - len("int ") * len(added)
    repeated = np.repeat(added, len("int "))
    places = np.insert(np.arange(n_text + 1, dtype=np.int64), repeated, repeated)
    found: np.ndarray[tuple[int], np.dtype[np.int64]] = places[res]
    return found


# Old C that the grammar does not know and compilers take: functions without a type, which
# beginners write as `main()`, and the ranges of GNU C.
_CASE_RANGE = re.compile(r"(?<=\bcase\b)([^:;\n]*?)\.\.\.([^:;\n]*)(?=:)")
_NO_TYPE = re.compile(
    # Possessive, so that blanks are shared out in one way only.
    r"^[ \t]*(?=(?!(?:if|for|while|switch|return)\b)[A-Za-z_]\w*[ \t]*\([^;{}()]*\)\s*+"
    r"(?:[\w*\[\],][\w*\[\], \t]*+;\s*+){0,9}\{)",
    re.MULTILINE,
)
_TYPE_LINE = re.compile(r"[ \t]*\w[\w* \t]*(?:/\*[^\n]*\*/)?")


def without_old_c(text: str) -> tuple[str, list[int]]:
    """The text with `int` before functions that have no type, and the places in the text as it is,
    increasing, where that was written."""
    if "..." in text:
        text = _CASE_RANGE.sub(lambda m: m[1] + " " * (len(m[2]) + 3), text)
    ends = [
        match.end()
        for match in _NO_TYPE.finditer(text)
        # GNU style has the type on the line above.
        if not _TYPE_LINE.fullmatch(text[: match.start()].rstrip().rpartition("\n")[2])
    ]
    if not ends:
        return text, ends
    borders = [0, *ends, len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(borders)]
    return "int ".join(pieces), ends


# What is included is no C: where it is written strangely, its signs do not count.
_ODD_INCLUDE = re.compile(
    r"#(?![ \t]*include[ \t]*(?:<[\w./+-]*>|\"[\w./+-]*\")[ \t]*(?:\n|\Z|//|/\*))"
)


def _code_points(source: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Byte offset -> code point offset, for every byte and the end."""
    import numpy as np

    begins = (np.frombuffer(source, dtype=np.uint8) & 0xC0) != 0x80
    res = np.zeros(len(source) + 1, dtype=np.int64)
    np.cumsum(begins, out=res[1:])
    return res


_OPENER_OF = {")": "(", "]": "[", "}": "{"}


@functools.cache
def _brackets(language: Language) -> re.Pattern[str]:
    return re.compile(HIDDEN[language] + r"|([()\[\]{}])", re.DOTALL)


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
        if stack and stack[-1][0] == wanted:
            stack.pop()
            continue
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
_HIDES = re.compile(r"[#\"']")


def indentation_problems(text: str) -> list[Problem]:
    """Python's own rules of indentation, which tree-sitter lets pass: a line that moves in
    without a colon before it, one that does not move in after a colon, and one that moves out to
    a place where no block began. Lines inside brackets and strings are no lines.
    """
    inside = python_inside(text)
    levels, res = [0], list[Problem]()
    opened = is_nested(text)  # did the line before end with a colon?
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
        opened = ":" in line and _code_of(line).rstrip().endswith(":")
    return res


def python_inside(text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each offset: is it inside a bracket, a string, or behind a backslash at a line's end?"""
    import numpy as np

    res = np.zeros(len(text) + 1, dtype=np.bool_)
    depth, since = 0, 0
    for match in _brackets("python").finditer(text):
        sign = match[1]
        if sign is None:
            start, end = match.span()
            res[start + 1 : end] = True
        elif sign in "([{":
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
    if not _HIDES.search(line):
        return line
    return _brackets("python").sub(lambda m: m[0] if m[1] else "" if m[0][0] == "#" else "0", line)


def open_at(text: str, language: Language, offset: int) -> list[str]:
    """What is open at an offset, innermost last: brackets, or names of elements."""
    if language == "html":
        found = [p for p in tag_problems(text[:offset]) if p.kind == "unclosed"]
        return [p.name for p in reversed(found) if p.noticed >= offset]
    text = plain(text[:offset]) if language == "c" else text[:offset]
    return [p.opener for p in bracket_problems(text, language) if p.noticed >= offset]
