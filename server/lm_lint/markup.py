"""A page cut into tags, text and what is hidden, by two witnesses: the grammar of HTML and what the network noticed.

A tag that lost its `>`, or a value that lost its quote, misleads whoever goes by the grammar alone, up to the next
sign of that kind, however far it is. Here leaving the grammar has a price, and so has calling text what the network
takes for markup, character by character. The cheapest way through the whole page is looked for (Viterbi, IEEE
Transactions on Information Theory 13, 1967), so the grammar rules a page without slips, and behind a slip it is found
again. In code shown as text or markup in a comment the network may err for hundreds of tokens, so it can be disbelieved
at a price as well.

This module knows tags by their names and of attributes only `href`; it knows neither scorers nor elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from lm_lint.tokens import Bounds

Floats = npt.NDArray[np.float64]
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
_NAME = re.compile(r"/?[A-Za-z][\w:-]*")
_TAG_GOES_ON = re.compile(r"""/?>|\s+[\w:-]+\s*=\s*["']""")


@dataclass(frozen=True)
class Prices:
    """What the way through a page pays, in nats; chosen on the tuning side, as `python -m bench.extraction --choose` does.

    weight        of what the network noticed at each token, as tokens are no independent witnesses
    most_nats     a single token does not say more than that
    slip          leaving the grammar at any place
    doubt         disbelieving the network from here on: a stretch where it errs costs no more than that and `doubted`
                  for each word, so it moves the way only where the grammar pays less for the detour
    doubt_inside  the same, of what is inside a link or bold
    stray_end     an end tag of a link or of bold that begins nowhere
    block         a block that begins or ends within a link or bold ends it
    doubted       each word that is read without believing the network, so that it is believed again behind the stretch
    """

    weight: float = 0.2
    most_nats: float = 2.0
    slip: float = 7.0
    doubt: float = 6.0
    doubt_inside: float = 6.0
    stray_end: float = 3.0
    block: float = 3.5
    doubted: float = 0.005


PRICES = Prices()


class Atom(NamedTuple):
    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Piece:
    """A stretch of the page.

    atoms   the range of its atoms
    name    of a tag, in lower case; `/` leads that of an end tag, and it is empty where there is none
    hrefs   spans of values of `href` of an `a`, in offsets of the text
    """

    kind: Kind
    start: int
    end: int
    first: int
    last: int
    name: str = ""
    hrefs: tuple[tuple[int, int], ...] = ()


class Evidence:
    """For each objective how many nats speak for yes rather than for no, in any stretch of the text.

    A token's evidence is spread evenly over its characters, but for a blank that leads it.
    """

    def __init__(
        self,
        text: str,
        bounds: Bounds,
        probabilities: Mapping[str, npt.NDArray[np.float32]],
        prices: Prices = PRICES,
    ) -> None:
        """bounds (T+1,) int64, probabilities of each objective (T,) from 0 to 1."""
        pairs = zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
        spans = [(a + (b - a > 1 and text[a] == " "), b) for a, b in pairs]
        self._places = np.array([0, *(place for span in spans for place in span)])
        self._sums: dict[str, Floats] = {}
        for name, found in probabilities.items():
            p = np.clip(found.astype(np.float64), 1e-6, 1 - 1e-6)
            nats = np.clip(prices.weight * np.log(p / (1 - p)), -prices.most_nats, prices.most_nats)
            sums = np.concatenate([[0.0], np.cumsum(nats)])
            self._sums[name] = np.concatenate(
                [[0.0], np.stack([sums[:-1], sums[1:]], axis=1).reshape(-1)]
            )

    def of(self, name: str, offsets: npt.NDArray[np.int64]) -> Floats:
        """(N+1,) increasing offsets -> (N,) nats between each and the next; zeros for what was not asked."""
        if name not in self._sums:
            return np.zeros(max(len(offsets) - 1, 0))
        res: Floats = np.diff(np.interp(offsets, self._places, self._sums[name]))
        return res


# --- The grammar --------------------------------------------------------------------------------------------------------

# Where the way can be behind an atom. A value of `href` of an `a` is told from others.
_TEXT, _TAG, _DOUBLE, _SINGLE, _HREF_DOUBLE, _HREF_SINGLE, _HREF_BARE, _COMMENT, _RAW = range(9)
_N_STATES = 9
# How many slips it takes to be there without a sign that leads there. What is hidden keeps all that follows.
_SLIPS = (1, 1, 1, 1, 1, 1, 1, 2, 2)
# What an atom was taken for.
_IS_TEXT, _IS_MARKUP, _IS_HREF, _IS_COMMENT, _IS_HIDDEN, _IS_BLANK = range(6)
# Only these are asked what the network says of them: signs share their tokens with what stands beside them.
TELLING = frozenset({"word", "bare-href", "template", "name", "behind-value", "twice"})
_OBJECTIVES = ("text", None, "href", "comment", None, None)
_KINDS: tuple[Kind, ...] = ("text", "tag", "tag", "hidden", "hidden", "text")

Step = tuple[int, int, int, float]  # from, to, taken for, nats

_STAYING: tuple[Step, ...] = (
    (_TEXT, _TEXT, _IS_TEXT, 0),
    (_TAG, _TAG, _IS_MARKUP, 0),
    (_DOUBLE, _DOUBLE, _IS_MARKUP, 0),
    (_SINGLE, _SINGLE, _IS_MARKUP, 0),
    (_HREF_DOUBLE, _HREF_DOUBLE, _IS_HREF, 0),
    (_HREF_SINGLE, _HREF_SINGLE, _IS_HREF, 0),
    (_HREF_BARE, _HREF_BARE, _IS_HREF, 0),
    (_COMMENT, _COMMENT, _IS_COMMENT, 0),
    (_RAW, _RAW, _IS_HIDDEN, 0),
)


def _paid(nats: Mapping[int, float]) -> tuple[Step, ...]:
    """Staying where it is, at a price in these states; None of those that are not named is free of one."""
    return tuple((a, b, taken, nats.get(a, price)) for a, b, taken, price in _STAYING)


def _without(steps: tuple[Step, ...], *states: int) -> tuple[Step, ...]:
    return tuple(step for step in steps if step[0] not in states)


def _opens(in_text: float, in_raw: float, *more: Step) -> tuple[Step, ...]:
    """`<name`: in a value it is rare, within a tag a slip; in text it is one of the two where HTML has such a name."""
    literal = {
        _TEXT: in_text,
        _DOUBLE: 1.0,
        _SINGLE: 1.0,
        _HREF_DOUBLE: 3.0,
        _HREF_SINGLE: 3.0,
        _RAW: in_raw,
    }
    stays = _without(_paid(literal), _TAG, _HREF_BARE)
    return (*stays, (_TEXT, _TAG, _IS_MARKUP, 0.0), (_TAG, _TAG, _IS_MARKUP, 5.0), *more)


def _closes(to: int) -> tuple[Step, ...]:
    """`>`, behind which the way is in the text, or in what only its own end tag ends. In an address it is nearly a slip:
    more often the closing quotation mark is lost, whatever the network takes the words behind it for."""
    literal = {_TEXT: 0.05, _DOUBLE: 1.0, _SINGLE: 1.0, _HREF_DOUBLE: 6.5, _HREF_SINGLE: 6.5}
    stays = _without(_paid(literal), _TAG, _HREF_BARE)
    return (*stays, (_TAG, to, _IS_MARKUP, 0.0), (_HREF_BARE, to, _IS_MARKUP, 0.0))


def _quote(is_double: bool, behind: Literal["=", "href=", "glued", ""]) -> tuple[Step, ...]:
    """A quotation mark, by what stands beside it: it begins a value behind `=`, and before a letter it hardly ends one."""
    value, href = (_DOUBLE, _HREF_DOUBLE) if is_double else (_SINGLE, _HREF_SINGLE)
    stays = _without(_STAYING, value, href, _TAG, _HREF_BARE)
    begins = behind in ("=", "href=")
    ends_for = 2.5 if begins else 1.0 if behind == "glued" else 0.0
    res: list[Step] = [
        *stays,
        (value, _TAG, _IS_MARKUP, ends_for),
        (href, _TAG, _IS_MARKUP, ends_for),
        (_HREF_BARE, _TAG, _IS_MARKUP, 3.0),
    ]
    if behind == "href=":
        res.append((_TAG, href, _IS_MARKUP, 0.0))
    else:
        res.append((_TAG, value, _IS_MARKUP, 0.0 if begins else 4.0))
    if not begins:
        res.append((_TAG, _TAG, _IS_MARKUP, 4.0))
    return tuple(res)


_STEPS: dict[str, tuple[Step, ...]] = {
    "word": _STAYING,
    "template": _STAYING,
    # A tag that lost its `<`, a word right behind a value, and a `<` before a tag.
    "name": (*_STAYING, (_TEXT, _TAG, _IS_MARKUP, 1.0)),
    "behind-value": (*_paid({_TAG: 1.0}), (_TAG, _TEXT, _IS_TEXT, 3.0)),
    "twice": (*_without(_STAYING, _TEXT), (_TEXT, _TEXT, _IS_MARKUP, 0.5)),
    "blank": (
        *_without(_STAYING, _TEXT, _HREF_BARE),
        (_TEXT, _TEXT, _IS_BLANK, 0),
        (_HREF_BARE, _TAG, _IS_MARKUP, 0),
    ),
    "declaration": (*_without(_STAYING, _TEXT), (_TEXT, _TEXT, _IS_HIDDEN, 0)),
    "bare-href": (*_paid({_TAG: 4.0}), (_TAG, _HREF_BARE, _IS_HREF, 0)),
    "open": _opens(8.0, 0.0),
    "open-odd": _opens(4.0, 0.0),
    "open-in-title": _opens(8.0, 2.0),
    "open-ends-raw": _opens(8.0, 20.0, (_RAW, _TAG, _IS_MARKUP, 0.0)),
    "gt": _closes(_TEXT),
    "gt-raw": _closes(_RAW),
    "comment": (
        *_without(_paid({_TEXT: 9.0, _DOUBLE: 1.0, _SINGLE: 1.0, _COMMENT: 2.0}), _TAG),
        (_TEXT, _COMMENT, _IS_HIDDEN, 0.0),
        (_TAG, _COMMENT, _IS_HIDDEN, 5.0),
    ),
    "uncomment": (*_without(_paid({_TEXT: 4.0}), _COMMENT), (_COMMENT, _TEXT, _IS_HIDDEN, 0.0)),
}
for _mark, _double in (("dq", True), ("sq", False)):
    for _beside in ("=", "href=", "glued", ""):
        _STEPS[f"{_mark}{_beside}"] = _quote(_double, _beside)


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


# --- The way ------------------------------------------------------------------------------------------------------------


def pieces(
    text: str, found: list[Atom], evidence: Evidence, prices: Prices = PRICES
) -> list[Piece]:
    """The page cut along the cheapest way; together the pieces are all of it, in order."""
    if not found:
        return []
    return list(_pieces(text, found, _cheapest(found, offsets(found, text), evidence, prices)))


def _cheapest(
    found: list[Atom], places: npt.NDArray[np.int64], evidence: Evidence, prices: Prices
) -> list[tuple[int, int]]:
    """For each atom where the way is behind it, and what it was taken for.

    Every state is there twice: where the network is believed (the first half) and where it is doubted.
    """
    rows = _losses(found, places, evidence)
    tolls = [prices.slip * n for n in _SLIPS]
    believed = [0.0, *(-toll for toll in tolls[1:])]
    doubted = [score - prices.doubt for score in believed]
    back: list[list[tuple[int, int]]] = []
    for atom, row in zip(found, rows, strict=True):
        steps = _STEPS[atom.kind]
        kept = prices.doubted if atom.kind in TELLING else 0.0
        # Believing again is free, and each half is entered from the better of both.
        first = [max(x, y) for x, y in zip(believed, doubted, strict=True)]
        second = [max(y, x - prices.doubt) for x, y in zip(believed, doubted, strict=True)]
        from_first = [
            s if x >= y else s + _N_STATES
            for s, (x, y) in enumerate(zip(believed, doubted, strict=True))
        ]
        from_second = [
            s + _N_STATES if y >= x - prices.doubt else s
            for s, (x, y) in enumerate(zip(believed, doubted, strict=True))
        ]
        believed, came = _stepped(steps, first, from_first, tolls, row)
        doubted, came_doubting = _stepped(steps, second, from_second, tolls, [kept] * len(row))
        back.append([*came, *came_doubting])
    # A page that ends within anything but text lacks a sign, though that is a little less than a slip.
    scores = [
        score - (prices.slip - 1.0) * (s % _N_STATES != _TEXT)
        for s, score in enumerate((*believed, *doubted))
    ]
    state = max(range(len(scores)), key=scores.__getitem__)
    res: list[tuple[int, int]] = []
    for origins in reversed(back):
        before, taken = origins[state]
        res.append((state % _N_STATES, taken))
        state = before
    return res[::-1]


def _stepped(
    steps: tuple[Step, ...],
    scores: list[float],
    origins: list[int],
    tolls: list[float],
    losses: list[float],
) -> tuple[list[float], list[tuple[int, int]]]:
    """One atom further: the scores behind it, and for each state where it came from and what the atom was taken for."""
    best = max(range(_N_STATES), key=scores.__getitem__)
    top = scores[best]
    after = [float("-inf")] * _N_STATES
    came = [(0, 0)] * _N_STATES
    for a, b, taken, price in steps:
        before, jumped = scores[a], top - tolls[a]
        value = (before if before >= jumped else jumped) - losses[taken] - price
        if value > after[b]:
            after[b] = value
            came[b] = (origins[a if before >= jumped else best], taken)
    return after, came


def _losses(
    found: list[Atom], places: npt.NDArray[np.int64], evidence: Evidence
) -> list[list[float]]:
    """Of each atom, what it costs to take it for each thing: nats less than for what the network says it is."""
    none = np.zeros(len(found))
    gains = np.stack([evidence.of(name, places) if name else none for name in _OBJECTIVES], axis=1)
    losses = gains.max(axis=1, keepdims=True) - gains
    losses[[atom.kind not in TELLING for atom in found]] = 0.0
    res: list[list[float]] = losses.tolist()
    return res


def _pieces(text: str, found: list[Atom], way: list[tuple[int, int]]) -> Iterator[Piece]:
    kinds = [_KINDS[taken] for _, taken in way]
    first = 0
    for idx in range(1, len(found) + 1):
        is_cut = idx == len(found) or kinds[idx] != kinds[first]
        # One tag may follow the other directly, or begin where the one before lost its end.
        if not is_cut and kinds[idx] == "tag":
            is_cut = found[idx].kind.startswith("open") and way[idx][0] == _TAG
            is_cut |= way[idx - 1][0] in (_TEXT, _RAW)
        if is_cut:
            yield _piece(text, found, way, kinds[first], first, idx)
            first = idx


def _piece(
    text: str, found: list[Atom], way: list[tuple[int, int]], kind: Kind, first: int, last: int
) -> Piece:
    start, end = found[first].start, found[last - 1].end
    if kind != "tag":
        return Piece(kind, start, end, first, last)
    # A value may be empty.
    hrefs = [
        (found[idx].end, found[idx].end)
        for idx in range(first, last)
        if way[idx][0] in (_HREF_DOUBLE, _HREF_SINGLE) and way[idx][1] == _IS_MARKUP
    ]
    for idx in range(first, last):
        if way[idx][1] == _IS_HREF:
            if hrefs and hrefs[-1][1] == found[idx].start:
                hrefs[-1] = (hrefs[-1][0], found[idx].end)
            else:
                hrefs.append((found[idx].start, found[idx].end))
    name = _NAME.search(text, start, min(end, start + 80))
    return Piece(kind, start, end, first, last, name[0].lower() if name else "", tuple(hrefs))
