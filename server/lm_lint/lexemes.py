"""Text as the lexemes that a slip is made of: words, numbers, operators, single signs.

Coarser than tokens of the model (a long name is one lexeme) and blind to strings and comments on
purpose: where a quote is lost, what is code and what is a string is just the question.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lm_lint.text import Language

Class = Literal["keyword", "name", "number", "sign", "line"]

_KEYWORDS_C = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long"
    " register return short signed sizeof static struct switch typedef union unsigned void volatile while"
)
_DIRECTIVES_C = "include define undef ifdef ifndef endif elif pragma"
_KEYWORDS_PYTHON = (
    "False None True and as assert async await break class continue def del elif else except finally for from"
    " global if import in is lambda nonlocal not or pass raise return try while with yield"
)
KEYWORDS: dict[Language, frozenset[str]] = {
    "c": frozenset(f"{_KEYWORDS_C} {_DIRECTIVES_C}".split()),
    "python": frozenset(_KEYWORDS_PYTHON.split()),
    "html": frozenset(),
}

# Comments and strings, whose insides are no syntax; a string that is left open ends with its line.
HIDDEN: dict[Language, str] = {
    "c": r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
    "python": r"#[^\n]*|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)"
    r"|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?",
}
CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
# The braces of C, as group 1; what hides them matches without it.
BRACES = re.compile(rf"{HIDDEN['c']}|([{{}}])", re.DOTALL)

_WORD_OR_NUMBER = r"[^\W\d]\w*|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\w*"
_LEXEME: dict[Language, re.Pattern[str]] = {
    "c": re.compile(
        rf"{_WORD_OR_NUMBER}|\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|&&|\|\||\#\#|/\*|\*/|//|[-+*/%&|^=!<>]=|[^\w\s]"
    ),
    "python": re.compile(
        rf"{_WORD_OR_NUMBER}|\"\"\"|'''|\.\.\.|\*\*=?|//=?|->|<<|>>|:=|::|&&|\|\||[-+*/%&|^=!<>@]=|[^\w\s]|\n[ \t\n]*"
    ),
    "html": re.compile(r"\w+|[^\w\s]"),
}


class Lexeme(NamedTuple):
    """text[start:end], without the blanks around it; "line" is a line break of Python with the
    indentation behind it."""

    start: int
    end: int
    text: str
    kind: Class


def lexemes(text: str, language: Language, start: int = 0, end: int | None = None) -> list[Lexeme]:
    """The lexemes of a stretch of text. `start` and `end` should not stand inside a word."""
    keywords = KEYWORDS[language]
    found = _LEXEME[language].finditer(text, start, len(text) if end is None else end)
    return [Lexeme(m.start(), m.end(), m[0], _class_of(m[0], keywords)) for m in found]


def bare_lexemes(text: str, language: Language) -> list[str]:
    """The lexemes of a text without layout; of a line start its indentation and a line break."""
    found: list[str] = _LEXEME[language].findall(text)
    return [bare(lexeme) for lexeme in found] if language == "python" else found


def bare(lexeme: str) -> str:
    return lexeme.rpartition("\n")[2] + "\n" if lexeme[0] == "\n" else lexeme


def _class_of(lexeme: str, keywords: frozenset[str]) -> Class:
    first = lexeme[0]
    if first == "\n":
        return "line"
    if first.isdigit():
        return "number"
    if first.isalnum() or first == "_":
        return "keyword" if lexeme in keywords else "name"
    return "sign"


def class_name(lexeme: str, language: Language) -> str:
    """What a lexeme counts as in the statistics of slips: a sign is itself, words are classes."""
    if not lexeme:
        return "nothing"
    kind = _class_of(lexeme, KEYWORDS[language])
    return lexeme if kind == "sign" else kind


def nearly(word: str, wanted: str) -> bool:
    """One letter more, less, other, or two neighbours swapped (Damerau 1964), or other case."""
    if word == wanted:
        return False
    if word.lower() == wanted.lower():
        return True
    if min(len(word), len(wanted)) < 2 or abs(len(word) - len(wanted)) > 1:
        return False
    if len(word) == len(wanted):
        differ = [i for i, (a, b) in enumerate(zip(word, wanted, strict=True)) if a != b]
        if len(differ) == 2 and differ[1] == differ[0] + 1:
            i = differ[0]
            return word[i] == wanted[i + 1] and word[i + 1] == wanted[i]
        return len(differ) == 1 and len(word) > 2
    short, long = sorted((word, wanted), key=len)
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def joins(pair: str) -> bool:
    """Whether two characters that come together would be one word."""
    return len(pair) == 2 and all(char.isalnum() or char == "_" for char in pair)
