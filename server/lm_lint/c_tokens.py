"""The tokens of C with macros in it: which bracket closes which, and which words are macros.

A macro is known by its name alone: capitals, `__name`, a few names of old libraries, and words that
stand before a type again and again. Knows nothing of what is to be written over them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from lm_lint.lexemes import KEYWORDS, nearly


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


Place = Literal["top", "block", "struct", "list", "call"]

# Words, numbers, strings, single signs; what is left of directives is one token.
_TOKEN = re.compile(r"#[^\n]*|[^\W\d]\w*|\d[\w.]*|\"[^\"]*\"|'[^']*'|[^\s\w]")
_NAMED = re.compile(r"_*[A-Z][A-Z0-9_]+|__\w+")
# What begins with __ and is known to compilers and to the grammar.
_COMPILERS_OWN = re.compile(
    r"__(?:func|FUNCTION|PRETTY_FUNCTION|FILE|LINE|DATE|TIME|COUNTER|typeof|asm|attribute|inline"
    r"|alignof|builtin\w*|label|auto_type|va_\w+|VA_ARGS)(?:__)?"
)
_MORE_NAMES = words_of(
    "local mod_export cairo_public internal_function asmlinkage noinline z_const hidden"
    " private_extern g_autofree g_autoptr g_auto PyObject_HEAD PyObject_VAR_HEAD pixman_export _Cdecl _cdecl cdecl pascal"
)
TYPES = words_of("void char short int long float double signed unsigned bool _Bool")
TAGGED = frozenset(["struct", "union", "enum"])
QUALIFIERS = words_of(
    "const volatile static extern inline register typedef auto restrict __inline__"
    " __inline __restrict__ __extension__"
)
# Specifiers that the grammar does not know.
SPECIFIERS = words_of(
    "__thread _Thread_local _Complex __complex__ _Atomic __const __const__ __volatile __volatile__"
    " __signed __signed__ __restrict"
)
ATTRIBUTES = frozenset(["__attribute__", "__attribute", "__declspec", "_Alignas"])
STATEMENTS = words_of("return if else for while do switch case default goto break continue sizeof")
_NO_MACROS = STATEMENTS | TYPES | TAGGED | words_of("null eof true false file bufsiz include")
_OPENER_OF = {")": "(", "]": "[", "}": "{"}
BORDERS = ("", ";", "{", "}")
LONGEST_HEAD = 30  # tokens


class Tokens:
    """The tokens of a text without comments and directives, whose strings are masked.

    words         "" stands before the first and behind the last
    spans         where each word stands
    partner       of a bracket the other one, else -1
    inside        the innermost open bracket, -1 for none
    macros        the words that are macros
    struct_calls  calls that stand where a structure's members should
    doubled       names before `((` and behind another name
    old_heads     `)` outside of all brackets with a name behind it
    """

    def __init__(self, hidden: str, annotations: frozenset[str] | None = None) -> None:
        """annotations: words that other parts of the text show to be such; None: there are no others."""
        self.hidden = hidden
        spans = [match.span() for match in _TOKEN.finditer(hidden)]
        n = len(hidden)
        self.spans = [(0, 0), *spans, (n, n), (n, n), (n, n)]
        self.words = ["", *[hidden[start:end] for start, end in spans], "", "", ""]
        self.partner = [-1] * len(self.words)
        self.inside = [-1] * len(self.words)
        self.struct_calls: list[int] = []
        self.doubled: list[int] = []
        self.old_heads: list[int] = []
        self._places: dict[int, Place] = {}  # what each brace holds
        self._match()
        if annotations is None:
            annotations = frozenset(annotations_of(self.annotation_counts()))
        distinct = set(self.words)
        self.macros = {word for word in distinct if is_macro(word)} | (annotations & distinct)

    def _match(self) -> None:
        words, stack = self.words, list[int]()
        at = -1
        for i, word in enumerate(words):
            self.inside[i] = at
            if word in ("(", "[", "{"):
                if word == "{":
                    self._places[i] = self._kind(i)
                elif word == "(":
                    if words[i - 1] == "(" and self.is_name(i - 3):
                        self.doubled.append(i - 2)
                    if self._places.get(at) == "struct" and words[i - 2] in BORDERS:
                        self.struct_calls.append(i - 1)
                stack.append(i)
                at = i
            elif word in _OPENER_OF:
                wanted = _OPENER_OF[word]
                if wanted == "{":
                    while stack and words[stack[-1]] != "{":
                        stack.pop()
                if stack and words[stack[-1]] == wanted:
                    opener = stack.pop()
                    self.partner[opener], self.partner[i] = i, opener
                at = stack[-1] if stack else -1
                self.inside[i] = at
                if at < 0 and word == ")" and words[i + 1][:1].isalpha():
                    self.old_heads.append(i)

    def _kind(self, i: int) -> Place:
        before = self.words[i - 1]
        if before in ("=", ",", "(", "[", "return") or "enum" in self.words[max(0, i - 2) : i]:
            return "list"
        if before == "{" and self._places.get(i - 1) == "list":
            return "list"
        if self.words[i - 2] in ("struct", "union") or before in ("struct", "union"):
            return "struct"
        return "top" if before.startswith('"') else "block"

    def annotation_counts(self) -> dict[str, int]:
        """How often words in small letters stand before a type: g_autofree char *s;"""
        words = self.words
        found: dict[str, int] = {}
        for i, word in enumerate(words):
            if word in TYPES or word in TAGGED or word in QUALIFIERS or word[:1] == "(":
                k = i - 1
                if word == "(":  # three names: CAMLprim value f(
                    k = i - 3 - (words[i - 2] == "*")
                    if not (self.is_plain(i - 1) and self.is_plain(k + 1)) or self.inside[i] >= 0:
                        continue
                if self.is_plain(k) and (words[k - 1] in BORDERS or words[k - 1][:1] == "#"):
                    found[words[k]] = found.get(words[k], 0) + 1
        return found

    def is_name(self, i: int) -> bool:
        word = self.words[i]
        return (word[:1].isalpha() or word[:1] == "_") and word not in STATEMENTS

    def is_plain(self, i: int) -> bool:
        """A name that is no keyword."""
        word = self.words[i]
        return (
            self.is_name(i) and word not in TYPES and word not in TAGGED and word not in QUALIFIERS
        )

    def end(self, i: int) -> int:
        """The last token of a macro: its name, or what closes its arguments."""
        return self.partner[i + 1] if self.words[i + 1] == "(" and self.partner[i + 1] > 0 else i

    def place(self, i: int) -> Place:
        at = self.inside[i]
        return "top" if at < 0 else self._places.get(at, "call")

    def breaks_before(self, i: int) -> bool:
        return "\n" in self.hidden[self.spans[i - 1][1] : self.spans[i][0]] or i == 1

    def is_call_alone(self, i: int) -> bool:
        """A macro's call without `;`."""
        end = self.end(i)
        return self.words[i] in self.macros and end > i and self.breaks_before(end + 1)

    def has_string(self, i: int) -> bool:
        """Whether a string stands among the names that follow one another."""
        first = i
        while self.words[i] in self.macros and i - first < LONGEST_HEAD:
            i += 1
        return self.words[i][:1] == '"'

    def are_names(self, first: int, end: int) -> bool:
        return all(self.is_name(k) or self.words[k] == "," for k in range(first, end)) and not any(
            self.is_name(k) and self.is_name(k + 1) for k in range(first, end)
        )

    def reads_as_condition(self, first: int, close: int) -> bool:
        if first == close:
            return False
        words = self.words
        for i in range(first, close):
            if words[i] in ("{", ";") or words[i] in TYPES or words[i] in KEYWORDS["c"]:
                return False
            if self.is_name(i) and self.is_name(i + 1):
                return False
            if words[i] == "," and words[i + 1] in (",", ")"):
                return False
        return True

    def is_type(self, first: int, end: int) -> bool:
        """Whether these tokens are a type and nothing else: `const T *`, `unsigned int`."""
        words = self.words
        if words[first] == "(" and self.partner[first] == end - 1:
            return words[first + 1] in TYPES and self.is_type(first + 1, end - 1)
        stars = end
        while stars > first and words[stars - 1] in ("*", "const"):
            stars -= 1
        run = words[first:stars]
        if not run or not all(self.is_name(k) for k in range(first, stars)):
            return False
        names = [w for w in run if w not in TYPES and w not in QUALIFIERS and w not in TAGGED]
        n_names = len([w for w in names if w not in self.macros or len(names) == 1])
        if any(w in TYPES for w in run):
            return not names or n_names == 0
        if n_names != 1:
            return False
        return "*" in words[stars:end] or run[0] in TAGGED or run[0] in QUALIFIERS


def is_macro(word: str) -> bool:
    """Whether a word is a macro by its name."""
    if word in _MORE_NAMES or "unused" in word:
        return True
    return (
        _NAMED.fullmatch(word) is not None
        and _COMPILERS_OWN.fullmatch(word) is None
        and word.lower() not in _NO_MACROS
        and word not in SPECIFIERS | ATTRIBUTES | QUALIFIERS
    )


def annotations_of(counts: Mapping[str, int]) -> set[str]:
    """The words that annotate declarations. What people mistype for a keyword stands once, and
    without `_`."""
    return {
        word
        for word, n in counts.items()
        if (n > 1 or "_" in word) and not any(nearly(word, k) for k in KEYWORDS["c"])
    }
