"""Template control in pages (Jinja, Django, Handlebars, Go, ERB, EJS, PHP), taken out of the way.

A mark is replaced by as many fillers, so offsets stay those of the page. Second branches go too:
they often open again what the first branch opened. Knows nothing of tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

# Bounded: a page of a thousand openers without their ends must not be searched a thousand times.
TEMPLATE = re.compile(
    r"\{%-?\s*comment\b.{0,9000}?endcomment\s*-?%\}|\{\{!--.{0,9000}?--\}\}"
    r"|\{%.{0,3000}?%\}|\{\{.{0,3000}?\}\}|\{#.{0,3000}?#\}|<\?.*?(?:\?>|\Z)"
    r"|<%.{0,20000}?%>|\[%.{0,3000}?%\]|</?[#@][a-zA-Z][^<>]*>",
    re.DOTALL,
)
# A character that no page holds: inside a tag it counts as part of a name, of a value, and as a
# blank, since a mark may print any of them.
NEUTRAL = "\ue000"

_DELIMITERS = re.compile(
    r"^(?:\{%|\{\{|<%|<\?(?:php\b)?|\[%)[-~+=\s]*|[-~+;\s]*(?:%\}|\}\}|%>|\?>|%\])$"
)
_IF = re.compile(r"#?(?:if|ifchanged|ifequal|ifnotequal|unless)\b", re.IGNORECASE)
_ELSE = re.compile(r"(?:\}\s*)?(?:else|elif|elsif|elseif|when)\b|\^\s*$", re.IGNORECASE)
_END = re.compile(
    r"/(?:if|unless|each|with)\b|end(?:if|ifchanged|ifequal|ifnotequal|unless|for|foreach|while)?\b"
    r"|\}",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"(?:#(?:each|with)|for|foreach|while|case|begin|range|define)\b", re.IGNORECASE
)
_RUBY_BLOCK = re.compile(r"\bdo\b\s*(?:\|[^|]*\|)?$")
_PRINTS = re.compile(r"\{\{|<%=|<\?=|<\?php\s+(?:echo|print)\b")

Word = Literal["if", "else", "end", "block", ""]


def blanked(text: str) -> str:
    """The page without its template control; every other character stays where it is."""
    return filled(text, spans(text), lambda mark: "x" if mark.startswith(("{{", "<%=")) else " ")


def masked(text: str) -> str:
    """The same with NEUTRAL for what a mark may print, and blanks for second branches."""
    return filled(text, spans(text))


def conditional(text: str) -> list[tuple[int, int]]:
    """The spans between the `if` of a template and its end, nested ones within outer ones."""
    if not TEMPLATE.search(text):
        return []
    res: list[tuple[int, int]] = []
    opened: list[tuple[Word, int]] = []
    for mark in TEMPLATE.finditer(text):
        word = control(mark.group())
        if word in ("if", "block"):
            opened.append((word, mark.end()))
        elif word == "end" and opened:
            kind, start = opened.pop()
            if kind == "if":
                res.append((start, mark.start()))
    return res


def control(mark: str) -> Word:
    """What a template's mark does: it begins a condition, another branch, another block, or ends
    one of them; "" when it only prints."""
    if mark.startswith(("{#", "{{!", "</", "<#", "<@")) or (_PRINTS.match(mark) and mark[0] == "<"):
        return ""
    body = _DELIMITERS.sub("", _DELIMITERS.sub("", mark, count=1), count=1)
    opens = body.endswith(("{", ":")) or not mark.startswith(("<?", "<%"))
    if _ELSE.match(body):
        return "else"
    if _IF.match(body):
        # On Ruby's side an `if` needs no brace; in PHP and JavaScript one without is complete.
        return (
            "if" if opens or "(" not in body or (mark.startswith("<%") and "{" not in body) else ""
        )
    if _RUBY_BLOCK.search(body) or (_BLOCK.match(body) and (opens or mark.startswith("<%"))):
        return "block"
    if body.startswith("}") and body.endswith("{"):
        return "else"
    if _END.match(body):
        return "end"
    return "block" if body.endswith("{") and mark[0] == "<" else ""


def spans(text: str) -> list[tuple[int, int, bool]]:
    """What is to be replaced, in order and apart: start, end, whether it is a mark or a branch."""
    marks = list(TEMPLATE.finditer(text))
    found = [(mark.start(), mark.end(), True) for mark in marks]
    found += [(start, end, False) for start, end in _second_branches(marks)]
    res: list[tuple[int, int, bool]] = []
    at = 0
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if span[0] >= at:
            res.append(span)
            at = span[1]
    return res


def filled(
    text: str,
    replaced: list[tuple[int, int, bool]],
    filler_of: Callable[[str], str] = lambda mark: NEUTRAL,
) -> str:
    """The text with fillers in the place of these spans; blanks for branches."""
    if not replaced:
        return text
    parts: list[str] = []
    at = 0
    for start, end, is_mark in replaced:
        filler = filler_of(text[start:end]) if is_mark else " "
        parts += (text[at:start], filler * (end - start))
        at = end
    return "".join([*parts, text[at:]])


def _second_branches(marks: list[re.Match[str]]) -> list[tuple[int, int]]:
    """From the first `else` of each condition to its end."""
    res: list[tuple[int, int]] = []
    opened: list[list[int]] = []  # per block: [is it a condition, where its second branch began]
    for mark in marks:
        word = control(mark.group())
        if word in ("if", "block"):
            opened.append([word == "if", -1])
        elif word == "else" and opened and opened[-1][0] and opened[-1][1] < 0:
            opened[-1][1] = mark.end()
        elif word == "end" and opened:
            since = opened.pop()[1]
            if 0 <= since < mark.start():
                res.append((since, mark.start()))
    return res
