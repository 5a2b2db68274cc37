"""HTML's grammar as steps between states, each at a price: what markup.py looks for the cheapest way through.

It knows tags by their names and of attributes only `href`. A page comes in atoms, the smallest parts that are taken for
one thing; an atom's kind says which steps there are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Kind = Literal["text", "tag", "hidden"]

# Their content is no text that anybody sees, and no HTML.
RAW = frozenset({"script", "style", "title", "template", "iframe", "noframes", "xmp"})

# Elements by whose names a tag is known that lost its `<`, or its `>`.
ELEMENTS = frozenset(
    {
        "a", "abbr", "address", "article", "aside", "b", "blockquote", "body", "br", "button", "caption",
        "center", "cite", "code", "col", "dd", "div", "dl", "dt", "em", "fieldset", "figure", "font", "footer",
        "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "i", "iframe", "img",
        "input", "label", "legend", "li", "link", "main", "meta", "nav", "ol", "optgroup", "option", "p", "pre",
        "s", "samp", "script", "section", "select", "small", "span", "strong", "style", "sub", "sup", "svg",
        "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "tt", "u", "ul", "var",
    }
)  # fmt: skip

_ATOM = re.compile(
    r"""(?P<template>\{\{[^\n]{0,300}?\}\}|\{%[^\n]{0,300}?%\}|\{\#[^\n]{0,300}?\#\}|<%.{0,300}?%>|<\?php\b.{0,2000}?\?>)
    |(?P<comment><!--)|(?P<uncomment>-->)
    |(?P<declaration><![A-Za-z][^<>]{0,400}>|<\?\w[^<>]{0,400}>)
    |(?P<open></?[A-Za-z](?:[\w:.]|-(?!->))*|<![A-Za-z\[]|<\?\w+|</(?=>))
    |(?P<gt>/?>)|(?P<dq>")|(?P<sq>')|(?P<blank>\s+)
    |(?P<word>(?:(?!-->|/>)[^\s<>"'={])+|.)""",
    re.VERBOSE | re.DOTALL,
)
_HREF = re.compile(r"(?<![\w-])(a\s+)?href\s*=?\s*\Z", re.IGNORECASE)
_HREF_CHARS = 24  # before a value, in which its name is looked for
_TAG_GOES_ON = re.compile(r"""/?>|\s+[\w:-]+\s*=\s*["']""")


class Atom(NamedTuple):
    kind: str
    start: int
    end: int


# Where the way can be behind an atom. A value of `href` of an `a` is told from others.
(
    IN_TEXT,
    IN_TAG,
    IN_DOUBLE,
    IN_SINGLE,
    IN_HREF_DOUBLE,
    IN_HREF_SINGLE,
    IN_HREF_BARE,
    IN_COMMENT,
    IN_RAW,
) = range(9)
N_STATES = 9
# How many slips it takes to be there without a sign that leads there. What is hidden keeps all that follows.
SLIPS = (1, 1, 1, 1, 1, 1, 1, 2, 2)
# What an atom was taken for.
IS_TEXT, IS_MARKUP, IS_HREF, IS_COMMENT, IS_HIDDEN, IS_BLANK = range(6)
# Only these are asked what the network says of them: signs share their tokens with what stands beside them.
TELLING = frozenset({"word", "bare-href", "template", "name", "behind-value", "twice"})
OBJECTIVES = ("text", None, "href", "comment", None, None)
KINDS: tuple[Kind, ...] = ("text", "tag", "tag", "hidden", "hidden", "text")

Step = tuple[int, int, int, float]  # from, to, taken for, nats

_STAYING: tuple[Step, ...] = (
    (IN_TEXT, IN_TEXT, IS_TEXT, 0),
    (IN_TAG, IN_TAG, IS_MARKUP, 0),
    (IN_DOUBLE, IN_DOUBLE, IS_MARKUP, 0),
    (IN_SINGLE, IN_SINGLE, IS_MARKUP, 0),
    (IN_HREF_DOUBLE, IN_HREF_DOUBLE, IS_HREF, 0),
    (IN_HREF_SINGLE, IN_HREF_SINGLE, IS_HREF, 0),
    (IN_HREF_BARE, IN_HREF_BARE, IS_HREF, 0),
    (IN_COMMENT, IN_COMMENT, IS_COMMENT, 0),
    (IN_RAW, IN_RAW, IS_HIDDEN, 0),
)


def _paid(nats: Mapping[int, float]) -> tuple[Step, ...]:
    """Staying where it is, in these states at a price."""
    return tuple((a, b, taken, nats.get(a, price)) for a, b, taken, price in _STAYING)


def _without(steps: tuple[Step, ...], *states: int) -> tuple[Step, ...]:
    return tuple(step for step in steps if step[0] not in states)


def _opens(in_text: float, in_raw: float, *more: Step) -> tuple[Step, ...]:
    """`<name`: in a value it is rare, within a tag a slip; in text it is one of the two where HTML has such a name."""
    literal = {
        IN_TEXT: in_text,
        IN_DOUBLE: 1.0,
        IN_SINGLE: 1.0,
        IN_HREF_DOUBLE: 3.0,
        IN_HREF_SINGLE: 3.0,
        IN_RAW: in_raw,
    }
    stays = _without(_paid(literal), IN_TAG, IN_HREF_BARE)
    return (*stays, (IN_TEXT, IN_TAG, IS_MARKUP, 0.0), (IN_TAG, IN_TAG, IS_MARKUP, 5.0), *more)


def _closes(to: int) -> tuple[Step, ...]:
    """`>`, behind which the way is in the text, or in what only its own end tag ends. In an address it is nearly a slip:
    more often the closing quotation mark is lost, whatever the network takes the words behind it for."""
    literal = {
        IN_TEXT: 0.05,
        IN_DOUBLE: 1.0,
        IN_SINGLE: 1.0,
        IN_HREF_DOUBLE: 6.5,
        IN_HREF_SINGLE: 6.5,
    }
    stays = _without(_paid(literal), IN_TAG, IN_HREF_BARE)
    return (*stays, (IN_TAG, to, IS_MARKUP, 0.0), (IN_HREF_BARE, to, IS_MARKUP, 0.0))


def _quote(is_double: bool, behind: Literal["=", "href=", "glued", ""]) -> tuple[Step, ...]:
    """A quotation mark, by what stands beside it: it begins a value behind `=`, and before a letter it hardly ends one."""
    value, href = (IN_DOUBLE, IN_HREF_DOUBLE) if is_double else (IN_SINGLE, IN_HREF_SINGLE)
    stays = _without(_STAYING, value, href, IN_TAG, IN_HREF_BARE)
    begins = behind in ("=", "href=")
    ends_for = 2.5 if begins else 1.0 if behind == "glued" else 0.0
    res: list[Step] = [
        *stays,
        (value, IN_TAG, IS_MARKUP, ends_for),
        (href, IN_TAG, IS_MARKUP, ends_for),
        (IN_HREF_BARE, IN_TAG, IS_MARKUP, 3.0),
    ]
    if behind == "href=":
        res.append((IN_TAG, href, IS_MARKUP, 0.0))
    else:
        res.append((IN_TAG, value, IS_MARKUP, 0.0 if begins else 4.0))
    if not begins:
        res.append((IN_TAG, IN_TAG, IS_MARKUP, 4.0))
    return tuple(res)


STEPS: dict[str, tuple[Step, ...]] = {
    "word": _STAYING,
    "template": _STAYING,
    # A tag that lost its `<`, a word right behind a value, and a `<` before a tag.
    "name": (*_STAYING, (IN_TEXT, IN_TAG, IS_MARKUP, 1.0)),
    "behind-value": (*_paid({IN_TAG: 1.0}), (IN_TAG, IN_TEXT, IS_TEXT, 3.0)),
    "twice": (*_without(_STAYING, IN_TEXT), (IN_TEXT, IN_TEXT, IS_MARKUP, 0.5)),
    "blank": (
        *_without(_STAYING, IN_TEXT, IN_HREF_BARE),
        (IN_TEXT, IN_TEXT, IS_BLANK, 0),
        (IN_HREF_BARE, IN_TAG, IS_MARKUP, 0),
    ),
    "declaration": (*_without(_STAYING, IN_TEXT), (IN_TEXT, IN_TEXT, IS_HIDDEN, 0)),
    "bare-href": (*_paid({IN_TAG: 4.0}), (IN_TAG, IN_HREF_BARE, IS_HREF, 0)),
    "open": _opens(8.0, 0.0),
    "open-odd": _opens(4.0, 0.0),
    "open-in-title": _opens(8.0, 2.0),
    "open-ends-raw": _opens(8.0, 20.0, (IN_RAW, IN_TAG, IS_MARKUP, 0.0)),
    "gt": _closes(IN_TEXT),
    "gt-raw": _closes(IN_RAW),
    "comment": (
        *_without(_paid({IN_TEXT: 9.0, IN_DOUBLE: 1.0, IN_SINGLE: 1.0, IN_COMMENT: 2.0}), IN_TAG),
        (IN_TEXT, IN_COMMENT, IS_HIDDEN, 0.0),
        (IN_TAG, IN_COMMENT, IS_HIDDEN, 5.0),
    ),
    "uncomment": (
        *_without(_paid({IN_TEXT: 4.0}), IN_COMMENT),
        (IN_COMMENT, IN_TEXT, IS_HIDDEN, 0.0),
    ),
}
for _mark, _double in (("dq", True), ("sq", False)):
    for _beside in ("=", "href=", "glued", ""):
        STEPS[f"{_mark}{_beside}"] = _quote(_double, _beside)


def atoms(text: str) -> list[Atom]:
    """The page in the smallest parts that are taken for one thing; their kinds are those of the grammar's steps."""
    res: list[Atom] = []
    opened = raw = ""  # the last name behind a `<`; that of the last that only its end tag ends
    is_href = behind_equals = behind_value = False
    for match in _ATOM.finditer(text):
        kind, (start, end) = str(match.lastgroup), match.span()
        if kind == "open":
            name = match[0][1:].lower()
            if raw and name == "/" + raw:
                kind, raw = "open-ends-raw", ""
            elif raw == "title":
                kind = "open-in-title"
            elif name.removeprefix("/") not in ELEMENTS:
                kind = "open-odd"
            opened = name
        elif kind == "gt" and opened in RAW:
            kind, raw, opened = "gt-raw", opened, ""
        elif kind in ("dq", "sq"):
            if behind_equals:
                kind += "href=" if is_href else "="
            elif end < len(text) and (text[end].isalnum() or text[end] == "_"):
                kind += "glued"
        elif kind in ("word", "template") and is_href and match[0] != "=":
            kind = "bare-href"
        elif kind == "word":
            name = match[0].lower()
            if name.removeprefix("/") in ELEMENTS and _TAG_GOES_ON.match(text, end):
                kind, opened = "name", name
            elif name == "<" and text.startswith("<", end):
                kind = "twice"
            elif behind_value and name[0].isalnum():
                kind = "behind-value"
        behind_value = kind.startswith(("dq", "sq"))
        if kind != "blank":
            behind_equals = match[0] == "=" or (
                match[0].lower() == "href" and text.startswith(('"', "'"), end)
            )
            is_href = (
                behind_equals
                and (about := _HREF.search(text, max(end - _HREF_CHARS, 0), end)) is not None
                and (opened == "a" or about[1] is not None)
            )
        res.append(Atom(kind, start, end))
    return res


def offsets(found: list[Atom], text: str) -> npt.NDArray[np.int64]:
    """(N+1,) where each atom starts, and the end."""
    return np.array([*(atom.start for atom in found), len(text)], dtype=np.int64)
