"""What C forbids and tree-sitter lets pass: slips that no error node tells of.

The grammar is tolerant because macros are everywhere: a name may stand between two strings, a word
may be any directive. Beginners' slips hide behind that tolerance. Each rule here is written so
that correct C with macros does not match it; what remains is left to the model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lm_lint.lexemes import KEYWORDS, nearly

_HIDDEN = r"//[^\n]*|/\*.*?(?:\*/|\Z)|'(?:\\.|[^'\\\n])*'"
_STRING = r'"(?:\\.|[^"\\\n])*"'

# A lower-case name behind a string is no macro of a format (PRId64), so a comma is missing.
_STRING_NAME = re.compile(
    rf"{_HIDDEN}|(?P<string>{_STRING})(?:\s*(?P<name>[A-Za-z_]\w*)(?P<call>\s*\()?)?", re.DOTALL
)
_DIRECTIVES = frozenset(
    [
        "include",
        "define",
        "undef",
        "if",
        "ifdef",
        "ifndef",
        "elif",
        "else",
        "endif",
        "error",
        "pragma",
        "line",
        "warning",
        "include_next",
        "import",
        "ident",
        "assert",
        "unassert",
        "sccs",
        "elifdef",
        "elifndef",
        "embed",
    ]
)
_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*([A-Za-z]\w*)", re.MULTILINE)
_NUMBER = re.compile(
    rf"{_HIDDEN}|{_STRING}|(?<![\w.])(?P<number>\d(?:[eEpP][+-]|[\w.])*)", re.DOTALL
)
_VALID_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?\d+)?|0[bB][01]+|0[xX]\.[0-9a-fA-F]+[pP][+-]?\d+"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:[uUlLfFiIjJdDqQwW]|[dD][fFdDlL]|[fF]\d+x?)*"
)
_INTEGER_WITH_F = re.compile(r"\d+[fF]")
# The head of a definition that ends in `;` although its body follows.
_HEAD_THEN_BODY = re.compile(
    r"^(?!(?:if|for|while|switch|return|else|do)\b)[A-Za-z_][\w \t*]*?[ \t*]\w+[ \t]*\([^;{}()]*\)[ \t]*(?P<mark>;)\s*\n\{",
    re.MULTILINE,
)
# A word at the start of a statement, with what a declaration or a keyword has behind it.
_STATEMENT_WORD = re.compile(
    rf"{_HIDDEN}|{_STRING}|(?:^|(?<=[;{{}}()]))\s*(?P<word>[A-Za-z]\w+)(?=\s+[\w*(\"-]|\s*\()",
    re.DOTALL | re.MULTILINE,
)
_LONG_KEYWORDS = frozenset(k for k in KEYWORDS["c"] if len(k) > 3) | {"for", "int"}
_OFTEN_RIGHT = frozenset(
    ["fork", "uint", "schar", "uchar", "xchar", "gchar", "gint", "guint", "lint"]
)
_EMPTY_INDEX = re.compile(r"[(,][ \t]*[A-Za-z_]\w*(?P<mark>\[[ \t]*\])[ \t]*[,)]")
_TYPE_AS_VALUE = re.compile(
    r"(?<![=!<>])(?:[=!]=|[-+*/%<>=]|&&|\|\|)[ \t]*(?P<mark>int|char|float|double|void|long|short)[ \t]*[;)\]]"
)
_KEYWORD_CALL = re.compile(r"\b(?P<mark>size0f|siezof|szieof|sizof|sizoef)\b")


def directive_problems(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of directives that no preprocessor knows, in code points."""
    for match in _DIRECTIVE.finditer(text):
        if match[1] not in _DIRECTIVES:
            yield match.start(1), match.end(1)


def c_problems(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of what C does not allow, in code points. `text` is without the tracks of
    macros (c_source.plain)."""
    yield from _names_after_strings(text)
    yield from _misspelt(text)
    for match in _NUMBER.finditer(text):
        number = match["number"]
        if number and (not _VALID_NUMBER.fullmatch(number) or _INTEGER_WITH_F.fullmatch(number)):
            yield match.start("number"), match.end("number")
    for pattern in (_HEAD_THEN_BODY, _TYPE_AS_VALUE, _KEYWORD_CALL):
        for match in pattern.finditer(text):
            yield match.span("mark")
    for match in _EMPTY_INDEX.finditer(text):
        if _is_inside_a_body(text, match.start()):
            yield match.span("mark")


def _misspelt(text: str) -> Iterator[tuple[int, int]]:
    """Words that are nearly a keyword and stand but once: the grammar takes them for types."""
    once: dict[str, tuple[int, int] | None] = {}
    for match in _STATEMENT_WORD.finditer(text):
        word = match["word"]
        if word is not None and word not in KEYWORDS["c"]:
            once[word] = None if word in once else match.span("word")
    for word, span in once.items():
        if span is None or word in _OFTEN_RIGHT or not any(nearly(word, k) for k in _LONG_KEYWORDS):
            continue
        if len(re.findall(rf"\b{word}\b", text)) == 1:
            yield span


def _names_after_strings(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while match := _STRING_NAME.search(text, at):
        name = match["name"]
        if name is None:
            at = match.end()
            continue
        at = match.end("string")
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start : match.start()].lstrip().startswith("#"):
            continue
        if not name.isupper() or (match["call"] is None and text[at : at + 1] != " "):
            yield match.start("name"), match.end("name")


def _is_inside_a_body(text: str, offset: int) -> bool:
    """Empty brackets are right in a declaration; a call is indented and no type stands before."""
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    call = re.match(r"\s+(\w+)[ \t]*$", line)
    return call is not None and call[1] not in ("return", "sizeof")
