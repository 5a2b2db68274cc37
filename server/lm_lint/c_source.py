"""C as a parser without a preprocessor can read it: macros' tracks blanked out, offsets unchanged.

Half of all correct C files make tree-sitter stumble, nearly always over macros. What is recognized
as a macro's doing is overwritten by blanks or by something as long that parses: directives, every
branch of a conditional but the first, annotations (`STATIC_OVL void f()`, `__unused int x`), loops
(`TAILQ_FOREACH(...)`), operators and types as arguments. A slip in what is blanked out is missed;
a false alarm would be worse.
"""

from __future__ import annotations

import functools
import re

_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(\w*)((?:[^\n\\]|\\.|\\\n|/\*.*?\*/)*)", re.MULTILINE | re.DOTALL
)
_HIDDEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?", re.DOTALL
)
_NAMED = (
    r"(?!__(?:func|FUNCTION|PRETTY_FUNCTION|FILE|LINE|DATE|TIME|COUNTER|typeof|asm|attribute|inline|restrict|const"
    r"|volatile|extension|signed|alignof|builtin\w*|int\d+|thread|label|auto_type)(?:__)?\b)__\w+"
)
_CAPS = r"[A-Z][A-Z0-9_]{2,}"
_ARGUMENTS = r"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
_WORD = r"[A-Za-z_]\w*"

# Each pattern's group `mark` is blanked out.
_TYPE_BEFORE = r"(?<!\bstatic)(?<!\bextern)(?<!\binline)(?<!\bconst)(?<!\btypedef)(?<!\breturn)"

# Each pattern's groups `mark...` are blanked out.
_BLANKED = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        # An annotation before a declaration: CAPS, a type, a name.
        rf"(?:^|[;{{}}(,]|\b(?:static|extern|const|inline))\s*(?P<mark>{_CAPS})(?=\s+(?:(?:struct|union|enum|unsigned|const)\s+)?{_WORD}[\s*]+{_WORD}\s*[(\[;=,){{])",
        rf"(?P<mark>\b{_NAMED})(?=\s+[A-Za-z_*])",
        rf"(?:\b\w+[\s*]+\w+|[\])])\s+(?P<mark>{_NAMED}(?:\s*{_ARGUMENTS})?)(?=\s*[,);=\[{{])",
        rf"(?<=[\w*]){_TYPE_BEFORE}\s+(?P<mark>{_CAPS})(?=\s+\**{_WORD}\s*\()",
        rf"\(\s*(?P<mark>{_CAPS})(?=\s*\*\s*\w+\s*\)\s*\()",
        rf"^\w[^=;{{}}\n]*\)\s+(?P<mark>{_CAPS}(?:\s*{_ARGUMENTS})?)(?=\s*(?:;|$|\{{))",
        # Prototypes for compilers of two ages: f __P((int)), void FDECL(f, (int)).
        rf"(?P<mark>\b(?:{_CAPS}|_?_?P|OF)\s*\()(?=\()(?P<kept>{_ARGUMENTS})(?P<mark2>\s*\))",
        rf"(?P<mark>\b{_CAPS}\s*\()(?P<kept>\s*\w+\s*)(?P<mark2>,)\s*{_ARGUMENTS}(?P<mark3>\s*\))(?=\s*[;{{,])",
        # A macro that stands alone at the left margin.
        rf"^(?P<mark>{_CAPS}\s*{_ARGUMENTS};?)(?=[ \t]*$)(?!\s*\{{)",
        rf"^(?P<mark>(?:{_CAPS}|__BEGIN_DECLS|__END_DECLS))(?=[ \t]*$)",
        r"[(,]\s*(?P<mark>struct|union|enum)(?=\s+\w+\s*[,)])",
    )
)
_MADE_TYPE = re.compile(rf"\b{_CAPS}\s*\(\s*,[^()]*\)")
_FOREACH = re.compile(
    rf"\b(?P<name>\w*(?i:for_?each)\w*|{_CAPS})(?=\s*{_ARGUMENTS}\s*(?P<brace>\{{)|\s*{_ARGUMENTS}[ \t]*\n[ \t]+\w)"
)
_OPERATOR = re.compile(r"(?<=,)(\s*)([=!<>]=|[<>]|&&|\|\|)(?=\s*,)")
_SIZEOF_STRING = re.compile(r"\bsizeof(?=\s+\")")
_TYPE_ARGUMENT = re.compile(
    rf"\b(?:va_arg|container_of|offsetof|\w+_entry|{_CAPS})\s*\([^(),;]*(?:{_ARGUMENTS}[^(),;]*)?,(?P<mark>\s*(?:(?:const|unsigned|struct|long|signed)\s+)*\w+(?:\s*\*+|(?<=int)|(?<=char)|(?<=long)|(?<=double)|(?<=unsigned)|(?<=float))\s*)(?=\))"
)


@functools.lru_cache(maxsize=64)
def plain(text: str) -> str:
    """The text without the tracks of macros; every other character stays where it is."""
    res = _without_branches(text)
    hidden = _HIDDEN.sub(lambda m: _masked(m[0]), res)
    edits: list[tuple[int, int, str]] = []
    if "_" in hidden or re.search(_CAPS, hidden):
        for pattern in _BLANKED:
            for match in pattern.finditer(hidden):
                marks = (name for name in pattern.groupindex if name != "kept")
                edits += [(*match.span(name), "") for name in marks]
        edits += [(*m.span(), "int") for m in _MADE_TYPE.finditer(hidden)]
        edits += [(*m.span("name"), "while") for m in _FOREACH.finditer(hidden)]
    edits += [(m.start(2), m.end(2), "0") for m in _OPERATOR.finditer(hidden)]
    edits += [(*m.span(), "*") for m in _SIZEOF_STRING.finditer(res)]
    edits += [(*m.span("mark"), "0") for m in _TYPE_ARGUMENT.finditer(hidden)]
    return _rewritten(res, edits)


def _rewritten(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Each span overwritten by its text, filled up with blanks; line breaks stay."""
    if not edits:
        return text
    parts: list[str] = []
    at = 0
    for start, end, new in sorted(edits):
        if start < at or len(new) > end - start:
            continue
        parts.append(text[at:start])
        parts.append(_blank(text[start : end - len(new)]) + new)
        at = end
    parts.append(text[at:])
    return "".join(parts)


def _blank(text: str) -> str:
    return "".join("\n" if char == "\n" else " " for char in text)


def _masked(text: str) -> str:
    """A string or comment with its inside made harmless for patterns."""
    if text[0] == "/":
        return _blank(text)
    return text[0] + "x" * (len(text) - 2) + text[-1] if len(text) > 1 else text


def _without_branches(text: str) -> str:
    """Directives blanked out, and all but the first branch of each conditional (of `#if 0` the
    second)."""
    if "#" not in text:
        return text
    edits: list[tuple[int, int, str]] = []
    opened: list[tuple[bool, int]] = []  # is a branch being skipped, and since where
    for match in _DIRECTIVE.finditer(text):
        if not match[1] and match[2].strip():
            continue  # `#` of something else
        word = match[1]
        if word in ("include", "define") and word == "include":
            continue  # the rules of C look at them, and the grammar knows them
        edits.append((*match.span(), ""))
        if word in ("if", "ifdef", "ifndef"):
            opened.append((match[2].strip() == "0", match.end()))
        elif word in ("else", "elif", "elifdef", "elifndef") and opened:
            skipping, since = opened[-1]
            if skipping and since >= 0 and text[since : since + 1] is not None:
                edits.append((since, match.start(), ""))
                opened[-1] = (False, -1)
            elif not skipping:
                opened[-1] = (True, match.end())
        elif word == "endif" and opened:
            skipping, since = opened.pop()
            if skipping:
                edits.append((since, match.start(), ""))
    return _rewritten_outermost(text, edits)


def _rewritten_outermost(text: str, edits: list[tuple[int, int, str]]) -> str:
    """As _rewritten, where spans may lie within one another."""
    merged: list[tuple[int, int, str]] = []
    for start, end, _ in sorted(edits, key=lambda e: (e[0], -e[1])):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end), "")
        else:
            merged.append((start, end, ""))
    return _rewritten(text, merged)
