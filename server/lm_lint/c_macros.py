"""The tracks that macros leave in C: what to write over them so that a grammar can read the rest.

What a macro (c_tokens.py) stands for is told from its neighbours alone: a word too many in the head
of a declaration, a type among arguments, a call without its `;`. One pass over tokens, so that no
text takes long. What is written over a span never moves what stands around it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lm_lint.c_tokens import (
    ATTRIBUTES,
    BORDERS,
    LONGEST_HEAD,
    QUALIFIERS,
    SPECIFIERS,
    STATEMENTS,
    TAGGED,
    TYPES,
    Tokens,
)

Edit = tuple[int, int, str]  # start, end, and what is written over the span's start

# Without any of these there is nothing to do.
_WORTH_A_LOOK = re.compile(
    r"[A-Z][A-Z0-9_]|\b__|\b_[TA(]|(?i:for_?each)|#|\bgoto\s*\*|\)\s+\w|\b(?:struct|union|enum)\s\s?\w+\s?[,)]"
    r"|va_arg|offsetof|container_of|_entry|new|alloc|cast|[,(]\s?[=<>!&|]=?[&|]?\s?[,)]|:\s\d|sizeof\s+\"|str"
    r"|complex|imaginary|unused|local|struct|auto|\(\("
)
_FOREACH = re.compile(r"\w*for_?each\w*", re.IGNORECASE)
# Calls that may have a type among their arguments.
_TAKES_TYPES = re.compile(
    r"\w*(?:new|alloc|cast|arg|offsetof|container_of|_entry|instance|renew|typecheck)\w*",
    re.IGNORECASE,
)
# With a type beside them; else names like others.
_OF_COMPLEX_H = frozenset(["complex", "imaginary"])
_FLOATING = frozenset(["float", "double"])
_TAKES_NONE = frozenset(["malloc", "calloc", "realloc", "main", "printf"])
# Calls that make a string: xstr(VERSION).
_PASTED = re.compile(r"_*[xq]?str(?:ing)?(?:ify|ize)?_?")
# An operator as an argument: timercmp(a, b, <), compare(<).
_OPERATOR_ARGUMENT = re.compile(r"[,(][ \t]*([=!<>]=|[<>]|&&|\|\|)(?=[ \t]*[,)])")
# A bit-field without a name, unsigned : 0;
_NAMELESS_BITS = re.compile(
    r"[;{]\s*(?P<type>(?:unsigned|signed|\w+_t|u_?int\d*)\b)(?=[ \t]*:[ \t]*\d)"
)
# GNU C: goto *p; becomes an assignment.
_COMPUTED_GOTO = re.compile(r"\bgoto(?=[ \t]*\*)")
# sizeof "abc" becomes a product: the grammar wants parentheses.
_SIZEOF_STRING = re.compile(r"\bsizeof(?=[ \t]+\")")


def edits_of_macros(hidden: str, annotations: frozenset[str] | None = None) -> list[Edit]:
    """What to write over a text that has neither comments nor directives but #include, and whose
    strings are masked. `annotations` as for c_tokens.Tokens."""
    if _WORTH_A_LOOK.search(hidden) is None:
        return []
    res = _Macros(hidden, annotations).edits()
    res += [(*m.span(1), "0") for m in _OPERATOR_ARGUMENT.finditer(hidden)]
    if "sizeof" in hidden:
        res += [(*m.span(), "*") for m in _SIZEOF_STRING.finditer(hidden)]
    if "goto" in hidden:
        res += [(*m.span(), "x=") for m in _COMPUTED_GOTO.finditer(hidden)]
    if ":" in hidden:
        res += [(*m.span("type"), "int x") for m in _NAMELESS_BITS.finditer(hidden)]
    return res


@dataclass
class _Head:
    """The head of a declaration, as far as it reads as names, types and stars.

    names           tokens that are neither keywords nor stars; with_arguments those that take some
    typed           whether a keyword or a structure says the type
    ends_in_star    whether the declared name is missing, or stands in parentheses
    end             the token behind the head
    """

    start: int
    names: list[int] = field(default_factory=list)
    with_arguments: set[int] = field(default_factory=set)
    typed: bool = False
    ends_in_star: bool = False
    end: int = 0


class _Macros(Tokens):
    """Collects what to write over; `done` is the token up to which all is dealt with."""

    def __init__(self, hidden: str, annotations: frozenset[str] | None = None) -> None:
        super().__init__(hidden, annotations)
        self.done = 0
        self.res: list[Edit] = []

    def edits(self) -> list[Edit]:
        words, distinct = self.words, set(self.words)
        callers = {w for w in distinct if _TAKES_TYPES.fullmatch(w)} - _TAKES_NONE | self.macros
        interesting = callers | TAGGED | ATTRIBUTES | SPECIFIERS | {"P", "_", "OF", "E"}
        interesting |= _OF_COMPLEX_H
        interesting |= {
            w for w in distinct if w[:1] == "#" or _FOREACH.fullmatch(w) or _PASTED.fullmatch(w)
        }
        found = [i for i, word in enumerate(words) if word in interesting]
        for i in self.doubled:
            is_named = words[i][:2] != "__" and self.is_plain(i) and self.is_plain(i - 1)
            is_typed = self.is_name(i - 2) or words[i - 2] == "*"
            if is_named and is_typed and self.partner[i + 1] > 0:
                self._prototype(i)
        for i, word in enumerate(words):
            if word == "*" and words[i + 1] in (",", ")") and self.is_plain(i - 1):
                self._type_of_a_call(i)
        for i in found:
            self._specifier(i, words[i])
        for i in found:
            if words[i] in interesting:
                self._macro(i, words[i] in callers)
        for i in self.struct_calls:
            close = self.partner[i + 1]
            if close > 0 and self.is_name(i) and words[i] not in TYPES and words[close + 1] != "(":
                self._blank(i, close + (words[close + 1] == ";"))
        for i in self.old_heads:
            self._old_head(i)
        return self.res

    def _blank(self, first: int, last: int, new: str = "") -> None:
        self.res.append((self.spans[first][0], self.spans[last][1], new))

    def _specifier(self, i: int, word: str) -> None:
        """What is told from a word and its closest neighbours, ahead of all else."""
        before, after = self.words[i - 1], self.words[i + 1]
        if word[0] == "#":
            self._include(i)
        elif word in ATTRIBUTES:
            if after == "(" and self.partner[i + 1] > 0:
                self._blank(i, self.partner[i + 1])
        elif word in _OF_COMPLEX_H:
            is_argument = after == "," and self.words[self.inside[i]] == "("
            ends_type = after in ("*", ")") or self.is_name(i + 1) or is_argument
            if (before in _FLOATING and ends_type) or (
                after in _FLOATING and not self.is_plain(i - 1)
            ):
                self._blank(i, i)
        elif word in SPECIFIERS:
            self._blank(i, i)
            if word == "_Atomic" and after == "(" and self.partner[i + 1] > 0:
                self._blank(i + 1, i + 1)
                self._blank(self.partner[i + 1], self.partner[i + 1])
        elif word in self.macros and self._is_behind_a_structure(i):
            self._blank(i, i)
        elif word in TAGGED:
            is_argument = before == "," or (before == "(" and self.is_name(i - 2))
            if is_argument and self.words[i + 2] in (",", ")") and after not in ("{", "*"):
                self._blank(i, i)
        elif after == "(" and self.partner[i + 1] > 0:
            self._prototype(i)
            self._pointer(i + 1, i)
        if after == "*" and word in self.macros:
            first = i - (self.words[i - 1] in self.macros)  # FAR WINAPI *
            if self.words[first - 1] == "(":
                self._pointer(first - 1, i)

    def _is_behind_a_structure(self, i: int) -> bool:
        """An annotation beside the name that a structure's body declares: `} PACKED name;`, `} name PACKED;`."""
        words = self.words
        if words[i - 1] == "}" and self.is_name(i + 1):
            close, ends = i - 1, words[i + 2]
        elif words[i - 2] == "}" and self.is_name(i - 1):
            close, ends = i - 2, words[i + 1]
        else:
            return False
        head = self.partner[close] - 1
        is_body = words[head] in TAGGED or (self.is_name(head) and words[head - 1] in TAGGED)
        return self.partner[close] > 0 and is_body and ends in (";", ",", "[", "=")

    def _pointer(self, opener: int, i: int) -> None:
        """A calling convention of a pointer to functions: T (WINAPI *f)(int), T WINAPI (*f)(int)."""
        close, words = self.partner[opener], self.words
        first = min(opener, i)
        star = i + 1 if opener < i else opener + 1
        if words[i] not in self.macros or words[close + 1] != "(" or words[star] != "*":
            return
        if (
            self.is_name(first - 1)
            or words[first - 1] == "*"
            or (first < i and words[first - 1] == ")")
        ):
            self._blank(opener + 1 if opener < i else i, i)
            words[i] = "*"

    def _include(self, i: int) -> None:
        before = self.words[i - 1]
        if before == "=":
            self._blank(i, i, '""')
        elif self.inside[i] >= 0:
            self._blank(i, i)

    def _macro(self, i: int, is_caller: bool) -> None:
        if self.words[i + 1] == "(" and self.partner[i + 1] > 0:
            if self._pasted(i) or self._loop(i, self.words[i - 1]):
                return
            if is_caller:
                self._arguments(i)
        if self.words[i] in self.macros or self.words[i] == "E":
            if i < self.done or self._in_a_row(i) or self._behind_function(i):
                return
            # With arguments a macro on lines of its own is no part of what follows.
            forms = (self._alone, self._head) if self.end(i) > i else (self._head, self._alone)
            _ = forms[0](i) or forms[1](i)

    # The forms, each of which says whether it was met.

    def _prototype(self, i: int) -> None:
        """Prototypes for compilers of two ages: f __P((int)), void FDECL(f, (int))."""
        close, words = self.partner[i + 1], self.words
        if not self.is_name(i - 1) and words[i - 1] not in ("*", ")"):
            return
        inner = self.partner[close - 1]
        if words[close - 1] != ")" or (
            words[close + 1] not in (";", ",", "{", ")") and not self.is_name(close + 1)
        ):
            return
        if inner == i + 2:
            self._blank(i, i + 1)
            self._blank(close, close)
            words[i] = "("
            self.partner[i], self.partner[close] = close, i
        elif words[inner - 1] == "," and words[i] in self.macros and inner - i <= 7:
            self._blank(i, i + 1)
            self._blank(inner - 1, inner - 1)
            self._blank(close, close)
            words[i] = "f"

    def _pasted(self, i: int) -> bool:
        """A call between strings: "a" STR(x) "b"."""
        close = self.partner[i + 1]
        beside = self.words[i - 1][:1] == '"' or self.words[close + 1][:1] == '"'
        if not beside or not (self.words[i] in self.macros or _PASTED.fullmatch(self.words[i])):
            return False
        self._blank(i, close, '""')
        return True

    def _in_a_row(self, i: int) -> bool:
        """Macros that stand for strings, or a cast without parentheses: f(BAD_CAST x, A_B C_D)."""
        words = self.words
        if words[i - 1] not in ("=", "(", ",") and words[i - 1][:1] != '"':
            return False
        after = words[i + 1]
        is_pasted = after in self.macros and self.has_string(i + 1)
        if not is_pasted and not (
            words[i].endswith("_CAST") and (self.is_name(i + 1) or after[:1] == '"')
        ):
            return False
        self._blank(i, i)
        words[i] = words[i - 1]
        return True

    def _loop(self, i: int, before: str) -> bool:
        """A call with a block or a statement behind it, as of a loop."""
        word, close = self.words[i], self.partner[i + 1]
        is_loop = _FOREACH.fullmatch(word) is not None
        if not is_loop and (word not in self.macros or self.place(i) != "block"):
            return False
        if not is_loop and before not in (";", "{", "}", ":", ")", "else", "do"):
            return False
        if self.place(i) != "block":
            return False
        after = self.words[close + 1]
        if after != "{" and not (self._is_statement(close + 1) and self.breaks_before(close + 1)):
            return False
        if not is_loop and (after in ("case", "default", "else") or self.is_call_alone(close + 1)):
            return False
        self.done = close + 1
        if not self.reads_as_condition(i + 2, close):
            self._blank(i, close, "if(1)" if self.spans[close][1] - self.spans[i][0] >= 5 else "")
            return True
        self._blank(i, i, "if")
        self._arguments(i)
        return True

    def _is_statement(self, i: int) -> bool:
        return self.is_name(i) or self.words[i] in STATEMENTS

    def _arguments(self, i: int) -> None:
        """Types as arguments become a name, missing arguments vanish with their comma."""
        words, close = self.words, self.partner[i + 1]
        if words[i] == "offsetof":
            self._blank(i, i, "x")  # its members may be written as no grammar knows
        first = i + 2
        j = first
        has_statement = False  # MALLOC(p, n, return 1)
        while j <= close:
            if words[j] in ("(", "[", "{") and self.partner[j] > 0:
                j = self.partner[j] + 1
                continue
            if words[j] in (";", "return", "goto", "break", "continue"):
                has_statement = True
            if words[j] == "," or j == close:
                if has_statement and words[i].isupper() and first < j:
                    self._blank(first, j - 1, "x")
                elif first == j and first != i + 2 and j == close:
                    self._blank(first - 1, first - 1)
                elif first == j and words[j] == ",":
                    self._blank(j, j)
                elif self.is_type(first, j):
                    self._blank(first, j - 1, "x")
                first, has_statement = j + 1, False
            j += 1

    def _type_of_a_call(self, star: int) -> None:
        """A type that its name shows to be one, among a call's arguments: free_array(L, Proto *)."""
        words, opener, name = self.words, self.inside[star], self.words[star - 1]
        first = star - 1 - (words[star - 2] in TAGGED)
        is_named_so = name.endswith("_t") or (
            len(name) > 3 and name[0].isupper() and not name.isupper()
        )
        if (first == star - 1 and not is_named_so) or words[first - 1] not in ("(", ","):
            return
        is_in_body = opener > 0 and self.inside[opener] >= 0 and self.place(opener) != "struct"
        if not is_in_body or words[opener] != "(" or not self.is_plain(opener - 1):
            return
        if words[opener - 2] in (*BORDERS, "=", "(", ",", ")", "return"):
            self._blank(first, star, "x")

    def _behind_function(self, i: int) -> bool:
        """Annotations behind a function's parameters: int f(int a) NORETURN PRINTF(1, 2);"""
        words = self.words
        if words[i - 1] not in (")", "]") or self.partner[i - 1] < 0:
            return False
        opener = self.partner[i - 1]
        while words[opener] == "[" and words[opener - 1] == "]" and self.partner[opener - 1] > 0:
            opener = self.partner[opener - 1]
        head = words[opener - 1]
        if head in ATTRIBUTES:
            return False
        is_head = head in (")", "]") or (
            self.is_name(opener - 1)
            and (words[opener - 2] in ("*", ")") or self.is_name(opener - 2))
        )
        if not is_head or (head == ")" and self.place(i) == "block"):
            return False
        j = i
        while words[j] in self.macros:
            j = self.end(j) + 1
        if words[j] not in (";", "{", ",", "", ")", "="):
            return False
        self._blank(i, j - 1)
        self.done = j
        return True

    def _head(self, i: int) -> bool:
        """Words too many in the head of a declaration: API int CALLING f(, int a UNUSED."""
        words = self.words
        start = i
        while (
            self.is_name(start - 1) or words[start - 1] in ("*", ")")
        ) and i - start < LONGEST_HEAD:
            if words[start - 1] == ")":
                # Only what stands behind a macro's arguments goes on.
                opener = self.partner[start - 1]
                if opener < 0 or words[opener - 1] not in self.macros | ATTRIBUTES:
                    break
                start = opener - 1
            else:
                start -= 1
        before = words[start - 1]
        if before not in (";", "{", "}", "(", ",", "", ")", ":") and before[:1] != "#":
            return False
        if before == ")" and self.inside[start] >= 0:
            return False
        return self._without_excess(self._read_head(start))

    def _read_head(self, start: int) -> _Head:
        words, head = self.words, _Head(start)
        j = start
        while (self.is_name(j) or words[j] == "*") and j - start < 2 * LONGEST_HEAD:
            word, end = words[j], self.end(j)
            head.ends_in_star = word == "*" or (
                head.ends_in_star and word in SPECIFIERS | ATTRIBUTES
            )
            if word in ATTRIBUTES:
                j = end
            elif word in TYPES:
                head.typed = True
            elif word in TAGGED:
                head.typed = True
                if words[j + 1] in self.macros and self.is_name(j + 2):
                    j += 1
                    head.names.append(j)  # struct PACKED s
                j += words[j + 1] != "{"
            elif word != "*" and word not in QUALIFIERS and word not in SPECIFIERS:
                head.names.append(j)
                if end > j and not self._annotates(j, len(head.names) + head.typed > 2):
                    j += 1
                    break
                if end > j:
                    head.with_arguments.add(j)
                    j = end
            j += 1
        head.end = j
        return head

    def _annotates(self, i: int, has_name: bool) -> bool:
        """Whether a name and its arguments are a macro in a head, and not what is declared."""
        if self.words[i] not in self.macros:
            return False
        behind = self.end(i) + 1
        if self.is_name(behind) or self.words[behind] == "*":
            # In old C the types of parameters follow: __f(a) int a; {}
            return self.words[i][:2] != "__" or not self.are_names(i + 2, behind - 1)
        is_last = self.words[behind] in (";", "=", ",", ")")
        return has_name and is_last and self.place(i) != "block"

    def _without_excess(self, head: _Head) -> bool:
        """Blanks what is too much in a head: more names than one and its type."""
        words, names, typed = self.words, head.names, head.typed
        before, after = words[head.start - 1], words[head.end]
        if after not in ("(", "[", ";", "=", ",", ")", "{", ":") or (after == "{" and not typed):
            return False
        spare = [i for i in names if words[i] in self.macros or words[i] == "E"]
        if len(names) == 1 and not typed:
            if after == "(" and words[head.start] in QUALIFIERS and spare:
                return self._makes_variable(names[0])
            if head.with_arguments:
                return False
        if before == "(" and after == ")" and len(names) == 2 and not (typed or head.ends_in_star):
            return False
        excess = len(names) + typed - (1 if head.ends_in_star or after == "{" else 2)
        if excess <= 0:
            return self._made_type(head)
        if before in ("(", ",") and self.place(head.start) == "call" and excess > 1 and not typed:
            return False
        # Arguments make an annotation surely; the declared name is none unless no other can be.
        last = names[-1]
        if after == "(" and self.place(last) == "block":
            spare = [i for i in spare if i != last]  # int n MAX(a, b): a slip
        spare.sort(key=lambda i: (i not in head.with_arguments, i == last and after not in "),", i))
        for i in spare[:excess]:
            takes_all = i in head.with_arguments or (i == last and after == "(" and len(spare) == 1)
            self._blank(i, self.end(i) if takes_all else i)
        if spare:
            self.done = head.end
        return bool(spare)

    def _makes_variable(self, i: int) -> bool:
        """static DEFINE_PER_CPU(int, count);"""
        end = self.end(i)
        if end == i or self.words[end + 1] not in (";", "=") or self.reads_as_condition(i + 2, end):
            return False
        self._blank(i, end, "int x")
        self.done = end
        return True

    def _made_type(self, head: _Head) -> bool:
        """A macro with arguments for a type: static TAILQ_HEAD(list, e) head;"""
        for i in sorted(head.with_arguments)[:1]:
            self._blank(i, self.end(i), "" if head.typed else "int")
            self.done = self.end(i)
        return bool(head.with_arguments)

    def _alone(self, i: int) -> bool:
        """A macro, or its call, on lines of its own and without `;`."""
        words, end = self.words, self.end(i)
        place, before = self.place(i), words[i - 1]
        if place == "block" and end == i and words[i + 1] == "{" and before in (*BORDERS, ")"):
            self._blank(i, i)  # a loop without a head
            return True
        if (
            place == "call"
            or not self.breaks_before(i)
            or (before not in ("", ";", "{", "}", ":", ",", ")") and before[:1] != "#")
        ):
            return False
        after = words[end + 1]
        if place == "top" and end == i and self.is_plain(i + 1) and words[i + 2] == "(":
            return False  # the type of a function
        if after == ";" and place in ("top", "struct"):
            if end > i and (place == "struct" or not self.reads_as_condition(i + 2, end)):
                self._blank(i, end + (place == "struct"))
            return True
        if not self.breaks_before(end + 1) and after != "":
            return False
        if after == "{" and place == "top" and end > i:
            if not self.are_names(i + 2, end):
                self.res += [(self.spans[i + 2][0], self.spans[end - 1][1], "")]
            return True
        if not (
            self.is_name(end + 1)
            or words[end + 1]
            in ("}", "", "{", "case", "default", "return", "if", "for", "while", "switch")
            or after[:1] == "#"
        ):
            return False
        if place == "list" and (end == i or before == ")"):
            return False
        if place == "top" and end > i and not words[i].isupper():
            return False  # a function of old C, __f(a) int a; {}
        if place == "block" and (before == "," or (before == ")" and self.done != i)):
            return False
        self._blank(i, end)
        # What stands before the next macro is what stands before this one.
        self.done = end + 1
        for k in range(i, end + 1):
            words[k] = before
        return True

    def _old_head(self, close: int) -> None:
        """Outside of braces a name follows a parenthesis in old C: in char *f(s) char *s; {} the
        grammar does not know the star. Else what stands before it is a macro."""
        opener, words = self.partner[close], self.words
        name = opener - 1
        if not self.is_name(name) or words[close + 1] in self.macros:
            return
        first = name
        while words[first - 1] == "*":
            first -= 1
        end = close + 1
        while (self.is_name(end) or words[end] == "*") and end - close < LONGEST_HEAD:
            end += 1
        is_margin = words[name - 1] in ("", ";", "}") or words[name - 1][:1] == "#"
        if first < name and self.are_names(opener + 1, close):
            self._blank(first, name - 1)
        elif _are_numbers(words[opener + 1 : close]) or (
            is_margin and words[end] == "(" and self.is_name(end - 1)
        ):
            self._blank(name, close)  # void printflike(1, 2) f(int a), hidden_def (f) void g(void)


def _are_numbers(words: list[str]) -> bool:
    return bool(words) and all(word.isdigit() or word == "," for word in words)
