"""A page cut into tags, text and what is hidden, by two witnesses: the grammar of HTML and what the network noticed.

A tag that lost its `>`, or a value that lost its quote, misleads whoever goes by the grammar alone, up to the next
sign of that kind, however far it is. Here leaving the grammar has a price, and so has calling text what the network
takes for markup, character by character. The cheapest way through the whole page is looked for (Viterbi, IEEE
Transactions on Information Theory 13, 1967), so the grammar rules a page without slips, and behind a slip it is found
again. In code shown as text or markup in a comment the network may err for hundreds of tokens, so it can be disbelieved
at a price as well.

The grammar is markup_grammar.py; this module knows neither scorers nor elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lm_lint.markup_grammar import (
    IN_HREF_DOUBLE,
    IN_HREF_SINGLE,
    IN_RAW,
    IN_TAG,
    IN_TEXT,
    IS_HREF,
    IS_MARKUP,
    KINDS,
    N_STATES,
    OBJECTIVES,
    SLIPS,
    STEPS,
    TELLING,
    Atom,
    Kind,
    Step,
    offsets,
)
from lm_lint.tokens import Bounds

Floats = npt.NDArray[np.float64]

_NAME = re.compile(r"/?[A-Za-z][\w:-]*")


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
    tolls = [prices.slip * n for n in SLIPS]
    believed = [0.0, *(-toll for toll in tolls[1:])]
    doubted = [score - prices.doubt for score in believed]
    back: list[list[tuple[int, int]]] = []
    for atom, row in zip(found, rows, strict=True):
        steps = STEPS[atom.kind]
        kept = prices.doubted if atom.kind in TELLING else 0.0
        # Believing again is free, and each half is entered from the better of both.
        first = [max(x, y) for x, y in zip(believed, doubted, strict=True)]
        second = [max(y, x - prices.doubt) for x, y in zip(believed, doubted, strict=True)]
        from_first = [
            s if x >= y else s + N_STATES
            for s, (x, y) in enumerate(zip(believed, doubted, strict=True))
        ]
        from_second = [
            s + N_STATES if y >= x - prices.doubt else s
            for s, (x, y) in enumerate(zip(believed, doubted, strict=True))
        ]
        believed, came = _stepped(steps, first, from_first, tolls, row)
        doubted, came_doubting = _stepped(steps, second, from_second, tolls, [kept] * len(row))
        back.append([*came, *came_doubting])
    # A page that ends within anything but text lacks a sign, though that is a little less than a slip.
    scores = [
        score - (prices.slip - 1.0) * (s % N_STATES != IN_TEXT)
        for s, score in enumerate((*believed, *doubted))
    ]
    state = max(range(len(scores)), key=scores.__getitem__)
    res: list[tuple[int, int]] = []
    for origins in reversed(back):
        before, taken = origins[state]
        res.append((state % N_STATES, taken))
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
    best = max(range(N_STATES), key=scores.__getitem__)
    top = scores[best]
    after = [float("-inf")] * N_STATES
    came = [(0, 0)] * N_STATES
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
    gains = np.stack([evidence.of(name, places) if name else none for name in OBJECTIVES], axis=1)
    losses = gains.max(axis=1, keepdims=True) - gains
    losses[[atom.kind not in TELLING for atom in found]] = 0.0
    res: list[list[float]] = losses.tolist()
    return res


def _pieces(text: str, found: list[Atom], way: list[tuple[int, int]]) -> Iterator[Piece]:
    kinds = [KINDS[taken] for _, taken in way]
    first = 0
    for idx in range(1, len(found) + 1):
        is_cut = idx == len(found) or kinds[idx] != kinds[first]
        # One tag may follow the other directly, or begin where the one before lost its end.
        if not is_cut and kinds[idx] == "tag":
            is_cut = found[idx].kind.startswith("open") and way[idx][0] == IN_TAG
            is_cut |= way[idx - 1][0] in (IN_TEXT, IN_RAW)
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
        if way[idx][0] in (IN_HREF_DOUBLE, IN_HREF_SINGLE) and way[idx][1] == IS_MARKUP
    ]
    for idx in range(first, last):
        if way[idx][1] == IS_HREF:
            if hrefs and hrefs[-1][1] == found[idx].start:
                hrefs[-1] = (hrefs[-1][0], found[idx].end)
            else:
                hrefs.append((found[idx].start, found[idx].end))
    name = _NAME.search(text, start, min(end, start + 80))
    return Piece(kind, start, end, first, last, name[0].lower() if name else "", tuple(hrefs))
