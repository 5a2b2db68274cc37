"""Does a page close what it opens? A stack with HTML's own rules, since tree-sitter closes silently.

Optional end tags, void elements and raw text follow the HTML Living Standard, section 13.1.2.
Template control ({% if %}, <% %>, <?php ?>, {{ }}) is blanked out first, its second branches
too: they often open again what the first branch opened. Offsets stay those of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

VOID = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "command",
        "embed",
        "frame",
        "hr",
        "image",
        "img",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
OPTIONAL_END = frozenset(
    [
        "html",
        "head",
        "body",
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "optgroup",
        "tr",
        "td",
        "th",
        "thead",
        "tbody",
        "tfoot",
        "colgroup",
        "caption",
        "rb",
        "rt",
        "rtc",
        "rp",
    ]
)
RAW_TEXT = frozenset(
    ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "plaintext"]
)
_FOREIGN = frozenset(("svg", "math"))

TEMPLATE = re.compile(
    r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<\?.*?(?:\?>|\Z)|<%.*?%>|\[%.*?%\]", re.DOTALL
)
_BRANCH = re.compile(
    r"(?:\{%-?|<%-?)\s*(if|ifchanged|unless|else|elif|elsif|end(?:if|ifchanged|unless)?)\b"
)
# Ruby ends its loops with the same word as its conditions.
_RUBY_BLOCK = re.compile(
    r"<%[-=]?\s*(?:(?:for|while|case|begin)\b|.*\bdo\b\s*(?:\|[^|]*\|)?\s*-?%>)"
)
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![^>]*>
    |</(?P<end>[A-Za-z][^\s/><]*)\s*(?P<end_rest>[^><]*)>
    |<(?P<start>[A-Za-z][^\s/><"'=]*)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*?)(?P<closed>/?)>
    |<(?P<broken>/?[A-Za-z])""",
    re.DOTALL | re.VERBOSE,
)
_SPILT = re.compile(r"""=\s*(?:"[^"]*\n[^"]*<[^"]*"|'[^']*\n[^']*<[^']*')""")

_NEVER = -1

Kind = Literal["unclosed", "stray", "broken"]


@dataclass(frozen=True)
class TagProblem:
    """An element that is never closed, an end tag that closes nothing, or a tag that is no tag.

    start, end  the tag itself, in code points
    noticed     where its absence shows: the end tag of a parent, or the end of the page
    """

    kind: Kind
    name: str
    start: int
    end: int
    noticed: int


def blanked(text: str) -> str:
    """The page without its template control; every other character stays where it is."""
    marks = list(TEMPLATE.finditer(text))
    if not marks:
        return text
    parts: list[str] = []
    at = 0
    skip_from: list[int | None] = []  # per open `if`: where its second branch began
    for mark in marks:
        word = _control(mark.group())
        parts.append(text[at : mark.start()])
        filler = "x" if mark.group().startswith(("{{", "<%=")) else " "
        parts.append(filler * len(mark.group()))
        at = mark.end()
        if word == "if":
            skip_from.append(None)
        elif word == "block":
            skip_from.append(_NEVER)
        elif word == "else" and skip_from and skip_from[-1] is None:
            skip_from[-1] = at
        elif word == "end" and skip_from:
            since = skip_from.pop()
            if since is not None and since != _NEVER:
                kept = "".join(parts)[:since]
                parts = [kept, " " * (at - since)]
    parts.append(text[at:])
    return "".join(parts)


def tag_problems(text: str) -> list[TagProblem]:
    """The slips of nesting in a page, in the order in which they are noticed."""
    page = blanked(text)
    is_xml = "<?xml" in text[:200] or "XHTML" in text[:400]
    stack: list[re.Match[str]] = []
    res: list[TagProblem] = []
    at = 0
    while match := _MARKUP.search(page, at):
        at = match.end()
        if match["broken"]:
            res.append(TagProblem("broken", "", match.start(), match.end(), match.start()))
        elif match["end"]:
            res += _close(match, stack, is_xml)
            if match["end_rest"].strip():
                res.append(_problem("broken", match, match.start()))
        elif match["start"]:
            at = _open(match, page, stack, res, is_xml)
    for opener in reversed(stack):
        if _name(opener) not in OPTIONAL_END:
            res.append(_problem("unclosed", opener, len(text)))
    # An element that opens or closes under a condition stands for itself: whoever wrote
    # {% if last %}</ul>{% endif %} counts them in another way than this stack does.
    spans = _conditional(text)
    loose = {p.name for p in res if any(start <= p.start < end for start, end in spans)} - {""}
    return [problem for problem in res if problem.name not in loose]


def _conditional(text: str) -> list[tuple[int, int]]:
    """The spans between the `if` of a template and its end, nested ones within outer ones."""
    res: list[tuple[int, int]] = []
    opened: list[int] = []
    for mark in TEMPLATE.finditer(text):
        word = _control(mark.group())
        if word in ("if", "block"):
            opened.append(mark.end() if word == "if" else _NEVER)
        elif word == "end" and opened:
            start = opened.pop()
            if start != _NEVER:
                res.append((start, mark.start()))
    return res


def _control(mark: str) -> str:
    """What a template's mark does: "if", "else", "end", another "block" of Ruby, or ""."""
    branch = _BRANCH.match(mark)
    if branch is None:
        return "block" if _RUBY_BLOCK.match(mark) else ""
    word = branch[1]
    return "if" if word in ("if", "ifchanged", "unless") else "else" if word[:2] == "el" else "end"


def _open(
    match: re.Match[str], page: str, stack: list[re.Match[str]], res: list[TagProblem], xml: bool
) -> int:
    """Push an element; raw text is stepped over. Returns where to go on."""
    name = _name(match)
    foreign = any(_name(opener) in _FOREIGN for opener in stack)
    if _SPILT.search(match["attributes"]):
        res.append(_problem("broken", match, match.start()))
    if (match["closed"] and (xml or foreign or name in VOID)) or (name in VOID and not foreign):
        return match.end()
    if name in RAW_TEXT and not foreign:
        closer = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(page, match.end())
        if closer is None:
            res.append(_problem("unclosed", match, len(page)))
            return match.end()
        return closer.end()
    stack.append(match)
    return match.end()


def _close(match: re.Match[str], stack: list[re.Match[str]], xml: bool) -> list[TagProblem]:
    """Take an element off the stack; what was left open inside it is a problem."""
    name = match["end"].lower()
    if name in VOID:
        return [] if xml else [_problem("stray", match, match.start())]
    if not any(_name(opener) == name for opener in stack):
        return [] if name == "p" else [_problem("stray", match, match.start())]
    res: list[TagProblem] = []
    while _name(stack[-1]) != name:
        opener = stack.pop()
        if _name(opener) not in OPTIONAL_END:
            res.append(_problem("unclosed", opener, match.start()))
    stack.pop()
    return res


def _name(match: re.Match[str]) -> str:
    return (match["start"] or match["end"] or "").lower()


def _problem(kind: Kind, match: re.Match[str], noticed: int) -> TagProblem:
    return TagProblem(kind, _name(match), match.start(), match.end(), noticed)
