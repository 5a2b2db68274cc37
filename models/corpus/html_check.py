"""Does a page close what it opens? A stack with HTML's rules of optional end tags, and nothing more.

It decides only which pages are learnt from, so it may be wrong in single cases but must be quick and tolerant:
templates are blanked out first, old habits that browsers define (a list inside a paragraph) are let through.
"""

from __future__ import annotations

import re

from lm_lint.html_tags import OPTIONAL_END, RAW_TEXT, TEMPLATE, VOID

KNOWN = frozenset(
    [
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "audio",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "button",
        "canvas",
        "center",
        "cite",
        "code",
        "data",
        "datalist",
        "del",
        "details",
        "dfn",
        "dialog",
        "div",
        "dl",
        "em",
        "fieldset",
        "figcaption",
        "figure",
        "font",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "i",
        "ins",
        "kbd",
        "label",
        "legend",
        "main",
        "map",
        "mark",
        "menu",
        "meter",
        "nav",
        "noscript",
        "object",
        "ol",
        "output",
        "picture",
        "pre",
        "progress",
        "q",
        "s",
        "samp",
        "script",
        "section",
        "select",
        "small",
        "span",
        "strike",
        "strong",
        "style",
        "sub",
        "summary",
        "sup",
        "table",
        "template",
        "textarea",
        "time",
        "title",
        "tt",
        "u",
        "ul",
        "var",
        "video",
    ]
)

_CONTROL = re.compile(
    r"\{%-?\s*(?:if|for|block|else|elif|with|macro|unless)\b|<\?php|<%[^=]|\[%\s*(?:IF|FOR)",
    re.IGNORECASE,
)
_MARKUP = re.compile(
    r"""<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<![^>]*>
    |</(?P<end>[A-Za-z][^\s/>]*)\s*(?P<end_rest>[^>]*)>
    |<(?P<start>[A-Za-z][^\s/><"'=]*)(?P<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*?)(?P<closed>/?)>
    |<(?P<broken>/?[A-Za-z])""",
    re.DOTALL | re.VERBOSE,
)
_BARE_VALUE = re.compile(r"=[^\s\"']+$")
_SPILT = re.compile(r"""=\s*(?:"[^"]*<[^"]*>[^"]*"|'[^']*<[^']*>[^']*')""")


def has_control(text: str) -> bool:
    """Whether template control (if, for, block, PHP) may open in one branch what it closes in another."""
    return _CONTROL.search(text) is not None


def _blanked(match: re.Match[str]) -> str:
    return "x" if match.group().startswith(("{{", "<%=")) else " "


def slips(text: str, is_xml: bool = False) -> tuple[int, int]:
    """How many slips of nesting or of a single tag there are, and how many tags were looked at."""
    text = TEMPLATE.sub(_blanked, text)
    is_xml = is_xml or "<?xml" in text[:200] or "XHTML" in text[:400]
    stack: list[str] = []
    n_slips = n_tags = 0
    position = 0
    foreign = 0
    while match := _MARKUP.search(text, position):
        position = match.end()
        if match["broken"]:
            n_slips += 1
        elif match["end"]:
            n_tags += 1
            n_slips += bool(match["end_rest"].strip()) + _close(match["end"].lower(), stack, is_xml)
            foreign = sum(name in ("svg", "math") for name in stack) if foreign else 0
        elif match["start"]:
            name = match["start"].lower()
            n_tags += 1
            n_slips += _spilt(match["attributes"])
            # In href=http://x/y/ the last slash belongs to the value.
            if match["closed"] and not _BARE_VALUE.search(match["attributes"]):
                n_slips += not (is_xml or foreign) and name in KNOWN
                continue
            if name in VOID and not foreign:
                continue
            foreign += name in ("svg", "math")
            if name in RAW_TEXT and not foreign:
                end = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE).search(text, position)
                n_slips += end is None
                position = end.end() if end else len(text)
                continue
            stack.append(name)
    return n_slips + sum(name not in OPTIONAL_END for name in stack), n_tags


def _spilt(attributes: str) -> int:
    """A quote left open swallows the tags up to the next quote: a value of several lines with tags in it."""
    return int("\n" in attributes and any("\n" in value for value in _SPILT.findall(attributes)))


def _close(name: str, stack: list[str], is_xml: bool) -> int:
    """Take the element off the stack; the slips: elements left open inside it, or one that was never open."""
    if name in VOID and not is_xml:
        return 1
    if name not in stack:
        return int(name not in VOID)
    n_slips = 0
    while stack[-1] != name:
        n_slips += stack.pop() not in OPTIONAL_END
    stack.pop()
    return n_slips
