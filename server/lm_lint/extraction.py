"""What a page says to people: its links, its visible text, what is bold, read with the heads of the network.

A parser of HTML follows the rules for what is wrong; where a quote or a bracket is missing they lead it astray up to
the next. The heads read as a person would, who sees what is meant. How both are weighed: `markup`. A page is neither
executed nor fetched, and nothing here knows files or formats.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lm_lint import markup, markup_grammar
from lm_lint.markup import PRICES, Evidence, Floats, Piece, Prices
from lm_lint.markup_grammar import Atom
from lm_lint.tokens import Bounds

if TYPE_CHECKING:
    from lm_lint.heads import Heads
    from lm_lint.text_scorer import TextScorer

BOLD = frozenset({"b", "strong"})
# Elements that stand on lines of their own.
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center", "dd",
        "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
        "frameset", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "legend", "li",
        "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search", "section", "select",
        "summary", "table", "tbody", "td", "textarea", "tfoot", "th", "thead", "title", "tr", "ul",
    }
)  # fmt: skip
_FAR_CHARS = 400  # further back no `href` belongs to a link that lost its tag
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_TEMPLATE_TAG = re.compile(
    r"\{%.{0,300}?%\}|\{#.{0,300}?#\}|<%.{0,300}?%>|<\?php\b.{0,2000}?\?>", re.DOTALL
)


@dataclass(frozen=True)
class Link:
    """`href` and `text` as a browser has them; where its tag and its content stand, in offsets of the page."""

    href: str
    text: str
    start: int
    content: tuple[int, int]


@dataclass(frozen=True)
class Reading:
    """A page as it was understood.

    text    in normal form
    pieces  all of it, in order
    links   in order; their contents do not overlap
    bold    spans of what is bold, in order and apart
    """

    text: str
    pieces: tuple[Piece, ...]
    links: tuple[Link, ...]
    bold: tuple[tuple[int, int], ...]

    def visible(self, start: int = 0, end: int | None = None) -> str:
        """The text that is seen between two offsets; a line break wherever a block begins or ends."""
        end = len(self.text) if end is None else end
        res: list[str] = []
        for piece in self.between(start, end):
            if piece.kind == "text":
                res.append(plain(self.text[max(piece.start, start) : min(piece.end, end)]))
            elif piece.name.removeprefix("/") in BLOCKS:
                res.append("\n")
        return "".join(res)

    def between(self, start: int, end: int) -> Iterator[Piece]:
        """The pieces that have a part between two offsets."""
        for idx in range(bisect_right(self.pieces, start, key=lambda p: p.end), len(self.pieces)):
            if self.pieces[idx].start >= end:
                break
            yield self.pieces[idx]


def of_text(scorer: TextScorer, heads: Heads, text: str, prices: Prices = PRICES) -> Reading:
    """Read a page in normal form."""
    said = heads.of_text(scorer, text, "html")
    return read(text, said.bounds, {str(name): found for name, found in said.of.items()}, prices)


def read(
    text: str,
    bounds: Bounds,
    probabilities: Mapping[str, npt.NDArray[np.float32]],
    prices: Prices = PRICES,
) -> Reading:
    """The page as what the heads say makes it.

    bounds         (T+1,) int64 of the tokens
    probabilities  of each yes-or-no objective, (T,) from 0 to 1. What is missing leaves all to the grammar
    """
    evidence = Evidence(text, bounds, probabilities, prices)
    atoms = markup_grammar.atoms(text)
    places = markup_grammar.offsets(atoms, text)
    pieces = markup.pieces(text, atoms, evidence, prices)
    inside = _inside(pieces, atoms, evidence.of("link", places), _is_anchor, {"/a", "a"}, prices)
    links = _links(text, pieces, atoms, inside)
    ends = {f"/{name}" for name in BOLD}
    bold = _inside(
        pieces, atoms, evidence.of("bold", places), lambda p: p.name in BOLD, ends, prices
    )
    return Reading(text, tuple(pieces), tuple(links), tuple(_spans(bold, atoms)))


def plain(source: str) -> str:
    """Source of text without entities and without what steers a template; each run of blanks as one."""
    if "{" in source or "<" in source:
        source = _TEMPLATE_TAG.sub("", source)
    return _BLANKS.sub(" ", html.unescape(source))


def line(text: str) -> str:
    """Text on one line, without blanks around it."""
    return " ".join(text.split())


def _is_anchor(piece: Piece) -> bool:
    return bool(piece.hrefs) and not piece.name.startswith("/")


def _inside(
    pieces: list[Piece],
    atoms: list[Atom],
    nats: Floats,
    starts: Callable[[Piece], bool],
    ends: Collection[str],
    prices: Prices,
) -> list[bool]:
    """Of each atom whether it is content of an element of that sort: the cheapest way again, of two states.

    nats    what speaks for yes, of each atom
    starts  whether a tag starts such an element; they do not nest
    ends    names of tags that end one, where they do not start one
    """
    slip = prices.slip
    # Of the place before each atom: the prices of staying outside, going in, going out, staying inside.
    tolls = [(0.0, slip, slip, 0.0)] * (len(atoms) + 1)
    nats = nats.copy()
    for piece in pieces:
        if piece.kind != "tag":
            continue
        is_start, is_end = starts(piece), piece.name in ends
        if is_start:
            tolls[piece.first] = (0.0, slip, prices.block - 0.5, slip)
            tolls[piece.last] = (slip, 0.0, slip, 0.0)
        elif is_end:
            stray = prices.stray_end if piece.name.startswith("/") else 0.0
            tolls[piece.first] = (stray, slip, 0.0, slip)
        elif piece.name.removeprefix("/") in BLOCKS:
            stay_out, go_in, go_out, _ = tolls[piece.first]
            tolls[piece.first] = (stay_out, go_in, min(go_out, prices.block), 0.0)
        if is_start or is_end:
            nats[piece.first : piece.last] = 0.0  # the network hears of them when they end
    # Outside and inside, where the network is believed and where it is doubted.
    worst = float("-inf")
    scores = [0.0, worst, -prices.doubt_inside, worst]
    back: list[list[int]] = []
    for atom, gain, toll in zip(atoms, nats.tolist(), tolls, strict=False):
        losses = [max(gain, 0.0), max(-gain, 0.0), prices.doubted, prices.doubted]
        came: list[int] = []
        after: list[float] = []
        for to in range(4):
            values = [
                score
                - toll[2 * (before & 1) + (to & 1)]
                - (prices.doubt_inside if before < 2 <= to else 0.0)
                for before, score in enumerate(scores)
            ]
            best = max(range(4), key=values.__getitem__)
            came.append(best)
            after.append(
                values[best] - (losses[to] if atom.kind in markup_grammar.TELLING else 0.0)
            )
        scores = after
        back.append(came)
    # Where the page ends within one, its end tag is missing.
    ends_for = (0.0, prices.block, 0.0, prices.block)
    state = max(range(4), key=lambda s: scores[s] - ends_for[s])
    res: list[bool] = []
    for came in reversed(back):
        res.append(bool(state & 1))
        state = came[state]
    return res[::-1]


def _spans(inside: list[bool], atoms: list[Atom]) -> Iterator[tuple[int, int]]:
    start: int | None = None
    for atom, is_inside in zip(atoms, inside, strict=True):
        if is_inside and start is None:
            start = atom.start
        elif not is_inside and start is not None:
            yield start, atom.start
            start = None
    if start is not None:
        yield start, atoms[-1].end


def _links(text: str, pieces: list[Piece], atoms: list[Atom], inside: list[bool]) -> Iterator[Link]:
    """A tag with `href` and the content behind it; content without such a tag belongs to a value shortly before it."""
    spans = dict(_spans(inside, atoms))
    anchors = [piece for piece in pieces if _is_anchor(piece)]
    # Content behind no such tag, where the tag may have been damaged.
    stray = deque(sorted(spans.keys() - {piece.end for piece in anchors}))
    reading = Reading(text, tuple(pieces), (), ())
    for piece in anchors:
        start, end = max(piece.hrefs, key=lambda span: span[1] - span[0])
        href = line(html.unescape(text[start:end]).strip(" \t\r\n\f\"'"))
        content = piece.end, spans.get(piece.end, piece.end)
        while stray and stray[0] < piece.start:
            stray.popleft()
        if content[0] == content[1] and stray and stray[0] <= piece.end + _FAR_CHARS:
            content = stray[0], spans[stray.popleft()]
        yield Link(href, line(reading.visible(*content)), piece.start, content)
