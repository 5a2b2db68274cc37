"""What C forbids and tree-sitter lets pass: slips that no error node tells of.

The grammar is tolerant because macros are everywhere: a name may stand between two strings, a word
may be any directive. Beginners' slips hide behind that tolerance. Each rule here is written so
that correct C with macros does not match it; what remains is left to the model.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from lm_lint.c_source import masked
from lm_lint.c_tokens import words_of
from lm_lint.lexemes import HIDDEN

Spans = Iterator[tuple[int, int]]

# A name behind a string: PRId64, VERSION and the like paste strings, else a comma is missing.
_STRING_NAME = re.compile(
    r"(?P<string>\"[^\"]*\")(?:(?P<gap>\s*)(?P<name>[^\W\d]\w*)(?P<quote>\")?)?"
)
_FORMAT = re.compile(r"(?:PRI|SCN)[diouxX]\w+|__\w+__")
_PREFIX = words_of("L u U u8 R")
_PASTES = re.compile(r"\w*(?:FMT|FORMAT|PRI|STR|NAME|VERSION|CRLF|EOL)\w*")
_STANDARD_NUMBER = re.compile(r"(?:\w+_)?(?:MAX|MIN|DIG|EPSILON|BIT|EOF|NULL)")
_DIRECTIVES = words_of(
    "include define undef if ifdef ifndef elif else endif error pragma line warning"
    " include_next import ident assert unassert sccs elifdef elifndef embed"
)
# With the lines that it goes on over: `#x` there makes a string.
_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*([A-Za-z]\w*)?[^\n\\]*(?:\\.[^\n\\]*)*", re.MULTILINE | re.DOTALL
)
_NUMBER = re.compile(r"(?<![\w.])\d(?:[eEpP][+-]|[\w.])*")
_VALID_NUMBER = re.compile(
    r"(?:0[xX][0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?(?:[pP][+-]?\d+)?|0[bB][01]+|0[xX]\.[0-9a-fA-F]+[pP][+-]?\d+"
    r"|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:[uUlLfFiIjJdDqQwW]|[dD][fFdDlL]|[fF]\d+x?)*"
)
_INTEGER_WITH_F = re.compile(r"\d+[fF]")
# The end of a definition's head that has a `;` although its body follows, and what stands before.
_END_THEN_BODY = re.compile(r"\)[ \t]*(?P<mark>;)\s*\n\{")
_HEAD = re.compile(r"(?!(?:if|for|while|switch|return|else|do)\b)[A-Za-z_][\w \t*]+")
# A word at the start of a statement, with what a declaration or a keyword has behind it.
_STATEMENT_WORD = re.compile(
    r"(?:^|(?<=[;{}():]))[ \t]*(?P<word>[A-Za-z][a-z]+)\b(?=(?P<after>\s*(?P<sign>[^\s\w]|\w)))",
    re.MULTILINE,
)
_DECLARING = words_of(
    "void char int double float short long signed unsigned struct union typedef static const extern"
)
_CONTROLLING = frozenset(["while", "switch", "for", "if"])
_FREQUENT = _DECLARING | _CONTROLLING | words_of("return else break continue default case")
_SPELLINGS_OF_THEIR_OWN = words_of("sort cost fort cont shorts car fi els ease cast")
_EMPTY_INDEX = re.compile(r"[(,][ \t]*[A-Za-z_]\w*(?P<mark>\[[ \t]*\])[ \t]*[,)]")
_CALL_IN_A_BODY = re.compile(r"[ \t]+(?:[\w.\[\]>-]+[ \t]*=[ \t]*)?(\w+)[ \t]*")
_TYPE_AS_VALUE = re.compile(
    r"(?<![=!<>])(?:[=!]=|[-+*/%<>=]|&&|\|\|)[ \t]*(?P<mark>int|char|float|double|void|long|short)[ \t]*[;)\]]"
)
_SIZEOF = re.compile(r"\b(?P<mark>size0f|siezof|szieof|sizof|sizoef)\b")


def directive_problems(text: str) -> Spans:
    """(start, end) of directives that no preprocessor knows, in code points."""
    if "#" not in text:
        return
    for match in _DIRECTIVE.finditer(masked(text)):
        if match[1] is not None and match[1] not in _DIRECTIVES:
            yield match.span(1)


def c_problems(text: str) -> Spans:
    """(start, end) of what C does not allow, in code points. `text` is without the tracks of
    macros (c_source.plain)."""
    hidden = masked(text)
    yield from _names_after_strings(hidden)
    yield from _misspelt(hidden)
    yield from _in_lines(hidden)
    yield from _bodies_cut_off(hidden)


def _in_lines(hidden: str) -> Spans:
    """What is wrong with a line, whatever stands on the others."""
    for match in _NUMBER.finditer(hidden):
        number = match[0]
        if not number.isdigit() and (
            not _VALID_NUMBER.fullmatch(number) or _INTEGER_WITH_F.fullmatch(number)
        ):
            yield match.span()
    for pattern in (_TYPE_AS_VALUE, _SIZEOF):
        for match in pattern.finditer(hidden):
            yield match.span("mark")
    for match in _EMPTY_INDEX.finditer(hidden):
        if _is_in_a_call(hidden, match.start() + 1):
            yield match.span("mark")


def _bodies_cut_off(hidden: str) -> Spans:
    for match in _END_THEN_BODY.finditer(hidden):
        if _is_head(hidden, match.start()):
            yield match.span("mark")


class EditedRules:
    """How many problems brackets and rules see in a text of C, and after an edit of it. Where the
    edit has nothing to do with strings and comments, only what it touches is looked at."""

    def __init__(self, bare: str) -> None:
        self._bare, self.masked = bare, masked(bare)
        self._hidden: list[tuple[int, int]] = []
        places: list[int] = []
        for match in _BRACKETS.finditer(bare):
            if match[1]:
                places.append(match.start())
            else:
                self._hidden.append(match.span())
        self._hidden_starts = [start for start, _ in self._hidden]
        self._places, self._signs = places, "".join([bare[at] for at in places])
        self._n_brackets = n_unmatched(self._signs)
        self._n_in_lines = sum(1 for _ in _in_lines(self.masked))
        self._misspelt = any(map(_meant, set(_WORD.findall(self.masked))))

    def is_simple(self, start: int, end: int, new: str) -> bool:
        """Whether an edit leaves all strings and comments what they are."""
        bare = self._bare
        if _HIDING.search(new) or bare[start - 1 : start] == "/":
            return False
        idx = bisect_right(self._hidden_starts, end)
        while idx:
            idx -= 1
            since, until = self._hidden[idx]
            if until < start:
                return True
            if since == end:
                continue  # right behind the edit
            return until == start and _CLOSED.fullmatch(bare, since, until) is not None
        return True

    def n_brackets(self, start: int, end: int, new: str) -> int:
        """Brackets without a partner after a simple edit."""
        first, last = bisect_left(self._places, start), bisect_left(self._places, end)
        added = "".join(_BRACKET.findall(new))
        if self._signs[first:last] == added:
            return self._n_brackets
        return n_unmatched(self._signs[:first] + added + self._signs[last:])

    def n_rules(self, start: int, end: int, new: str) -> int:
        """What c_problems tells of after a simple edit."""
        old = self.masked
        hidden = old[:start] + new + old[end:]
        low = old.rfind("\n", 0, start) + 1
        cut = old.find("\n", end)
        high = cut if cut >= 0 else len(old)
        lines = hidden[low : high + len(new) - (end - start)]
        n_in_lines = sum(1 for _ in _in_lines(lines)) - sum(1 for _ in _in_lines(old[low:high]))
        res = self._n_in_lines + n_in_lines
        res += sum(1 for _ in _names_after_strings(hidden))
        res += sum(1 for _ in _bodies_cut_off(hidden))
        if self._misspelt or any(map(_meant, _WORD.findall(lines))):
            res += sum(1 for _ in _misspelt(hidden))
        return res


def n_unmatched(signs: str) -> int:
    """How many of these brackets have no partner; as structure.bracket_problems counts them."""
    res = 0
    stack: list[str] = []
    for sign in signs:
        if sign in "([{":
            stack.append(sign)
            continue
        wanted = _OPENER_OF[sign]
        if stack and stack[-1] == wanted:
            stack.pop()
        elif wanted not in stack[-8:]:
            res += 1
        else:
            while stack.pop() != wanted:
                res += 1
    return res + len(stack)


_OPENER_OF = {")": "(", "]": "[", "}": "{"}
_BRACKETS = re.compile(HIDDEN["c"] + r"|([()\[\]{}])", re.DOTALL)
_BRACKET = re.compile(r"[()\[\]{}]")
_HIDING = re.compile(r"[\"'/\\#]")  # a `#` makes a line a directive, whose brackets are its own
# A string, a character, a comment that ends by itself.
_CLOSED = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|/\*.*?\*/", re.DOTALL)
_WORD = re.compile(r"[A-Za-z][a-z]+")


def _names_after_strings(hidden: str) -> Spans:
    at = 0
    while match := _STRING_NAME.search(hidden, at):
        name, start = match["name"], match.start("name")
        at = match.end("string")
        if name is None:
            continue
        line = hidden[hidden.rfind("\n", 0, match.start()) + 1 : match.start()].strip()
        if line.startswith("#") or line.endswith("extern"):
            continue
        if match["quote"] and name in _PREFIX:
            continue
        if _FORMAT.fullmatch(name):
            continue
        behind = hidden[match.end("name") : match.end("name") + 80].lstrip()[:1]
        is_number = _STANDARD_NUMBER.fullmatch(name) is not None and behind != '"'
        # "%"FMT"x" and "a" VERSION paste; in "%d"N a comma is missing.
        is_apart = match["gap"] or match["quote"] or _PASTES.fullmatch(name)
        if not name.isupper() or not is_apart or is_number:
            yield start, match.end("name")


def _misspelt(hidden: str) -> Spans:
    """Words that are a keyword but for one slip of the finger, where that keyword could stand, and
    that stand but once: the grammar takes them for types or functions."""
    once: dict[str, tuple[int, int, str] | None] = {}
    for match in _STATEMENT_WORD.finditer(hidden):
        word = match["word"]
        once[word] = None if word in once else (*match.span("word"), match["after"])
    for word, place in once.items():
        if place is None or not _meant(word):
            continue
        start, end, after = place
        fits = any(_fits(keyword, word, hidden, end, after) for keyword in _meant(word))
        if fits and len(re.findall(rf"\b{word}\b", hidden)) == 1:
            yield start, end


@functools.lru_cache(maxsize=1 << 14)
def _meant(word: str) -> tuple[str, ...]:
    """The keywords that a word is but for one slip of the finger."""
    if word in _FREQUENT or not 1 < len(word) < 10:
        return ()
    return tuple(keyword for keyword in _FREQUENT if _slipped(word, keyword))


def _slipped(word: str, keyword: str) -> bool:
    """Two neighbours swapped, a letter left out or doubled, or a capital at the start."""
    if word in _SPELLINGS_OF_THEIR_OWN or abs(len(word) - len(keyword)) > 1:
        return False
    if word[0].isupper():
        return word.lower() == keyword
    if len(word) == len(keyword):
        return (
            any(
                word == keyword[:i] + keyword[i + 1] + keyword[i] + keyword[i + 2 :]
                for i in range(len(keyword) - 1)
            )
            and word != keyword
        )
    if len(word) < len(keyword):
        return len(word) > 3 and any(
            keyword[:i] + keyword[i + 1 :] == word for i in range(len(keyword))
        )
    return any(
        keyword[:i] + keyword[i - 1 : i] + keyword[i:] == word for i in range(1, len(keyword) + 1)
    )


def _fits(keyword: str, word: str, hidden: str, end: int, after: str) -> bool:
    """Whether what stands behind the word may stand behind the keyword, and hardly behind a name."""
    sign = after[-1]
    if keyword in _DECLARING:
        is_main = hidden[end : end + 20].split("(")[0].strip() == "main"
        return (
            is_main
            if word[0].isupper()
            else after[0].isspace() and (sign.isalpha() or sign in "_*")
        )
    if keyword in _CONTROLLING:
        if sign != "(":
            return False
        inside, behind = _parenthesis(hidden, end + len(after) - 1)
        return (
            behind != ";"
            and behind != ""
            and (keyword != "for" or ";" in inside)
            and behind not in ",)=?:+-*/<>.&|[("
        )
    if keyword == "return":
        return after[0].isspace() and (sign.isalnum() or sign in "_-!\"'*&~(") and (after[0] == " ")
    if keyword in ("break", "continue"):
        return sign == ";"
    if keyword == "default":
        return sign == ":"
    if keyword == "case":
        return after[0].isspace() and (sign.isdigit() or sign == "'")
    return sign == "{"  # else


def _parenthesis(hidden: str, start: int) -> tuple[str, str]:
    """What stands in a parenthesis of at most 500 characters, and the sign behind it."""
    depth = 0
    for i in range(start, min(start + 500, len(hidden))):
        if hidden[i] == "(":
            depth += 1
        elif hidden[i] == ")":
            depth -= 1
            if not depth:
                return hidden[start:i], hidden[i + 1 : i + 100].lstrip()[:1]
    return "", ""


def _is_head(hidden: str, close: int) -> bool:
    """Whether this parenthesis ends the head of a definition, at the left margin."""
    opener = hidden.rfind("(", max(0, close - 500), close)
    if opener < 0 or re.search(r"[;{})]", hidden[opener:close]):
        return False
    line = hidden[hidden.rfind("\n", 0, opener) + 1 : opener]
    return _HEAD.fullmatch(line) is not None


def _is_in_a_call(hidden: str, offset: int) -> bool:
    """Empty brackets are right in a declaration; a call is indented and no type stands before."""
    line = hidden[hidden.rfind("\n", 0, offset) + 1 : offset]
    depth = 0
    for i in range(len(line) - 1, -1, -1):
        depth += (line[i] == ")") - (line[i] == "(")
        if depth < 0:
            call = _CALL_IN_A_BODY.fullmatch(line[:i])
            return call is not None and call[1] not in ("return", "sizeof")
    return False
