"""What the language model says about repairs: bits saved on the edit and on what follows.

Two comparisons: a short one for all, a long one for the best, so that a suspect costs some hundreds
of tokens and not thousands. It knows neither parsers nor which slips are likely.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.candidates import Candidate
from lm_lint.lexemes import HIDDEN
from lm_lint.text import Edit, Language
from lm_lint.tokens import Tokenizer

QUICK_TOKENS = 3  # what follows an edit in the short comparison
WINDOW_TOKENS = 32  # and in the long one, long enough to meet the consequences
_NEAR_TOKENS = 4
_ROUNDING = 0.2  # bits by which the same token may differ in two batches


@dataclass(frozen=True, slots=True)
class Price:
    """A repair in bits.

    added    what the inserted tokens cost in their place
    removed  what the tokens cost that go
    near     what is saved on the few tokens that follow
    saved    what is saved on all that follow in the window
    on_signs what of that is saved on signs and line starts, which syntax is made of
    on_text  and what on words in strings and comments, which say nothing about syntax
    first    the token at which the edit begins
    """

    added: float
    removed: float
    near: float
    saved: float
    on_signs: float
    on_text: float
    first: int

    @property
    def gain(self) -> float:
        return self.removed - self.added + self.saved

    def without_kept(self) -> Price:
        """The price where most of what goes comes again: both are less what they share."""
        kept = min(self.added, self.removed)
        return replace(self, added=self.added - kept, removed=self.removed - kept)


class Pricing:
    """Prices repairs of one reading. `text` is what was read; candidates are in its offsets."""

    def __init__(self, tokenizer: Tokenizer, text: str, language: Language, reading: Any) -> None:
        self._tokenizer, self._text, self._reading = tokenizer, text, reading
        self._sequence = np.concatenate([reading.tokens.ids, [tokenizer.end]])
        self._bits: npt.NDArray[np.float32] = reading.scores.surprisal_bits
        self._is_sign, self._is_text = _kinds(text, language, reading.tokens.bounds)

    def prices(self, candidates: Sequence[Candidate], n_following: int) -> list[Price]:
        """The price of each candidate, compared over `n_following` tokens behind the edit."""
        if not candidates:
            return []
        edits = [self._edit(candidate) for candidate in candidates]
        ends = [min(last + n_following, len(self._sequence)) for _, last, _ in edits]
        continuations = [
            [*ids, *self._sequence[last:end].tolist()]
            for (_, last, ids), end in zip(edits, ends, strict=True)
        ]
        costs = self._reading.cost([first for first, _, _ in edits], continuations)
        found = [
            self._price(first, last, end, len(ids), cost)
            for (first, last, ids), end, cost in zip(edits, ends, costs, strict=True)
        ]
        return [
            price.without_kept() if candidate.is_joint else price
            for candidate, price in zip(candidates, found, strict=True)
        ]

    def best(
        self,
        candidates: Sequence[Candidate],
        n_following: int,
        n_best: int,
        rank: Callable[[int, Price], float],
    ) -> list[int]:
        """Which candidates have the highest rank, highest first, as if all of them were priced.

        rank  of a candidate's index and price; the dearer what is added and the less is saved, the
              lower. One token of each tells how high it can be at most; most need no second.
        """
        hopes = [rank(i, price) for i, price in enumerate(self._cheapest(candidates, n_following))]
        order = sorted(range(len(candidates)), key=lambda i: -hopes[i])
        ranks: dict[int, float] = {}
        n_looked = 0
        least = -math.inf
        while n_looked < len(order) and hopes[order[n_looked]] >= least:
            at_once = order[n_looked : n_looked + 2 * n_best]
            if n_looked:
                at_once = [i for i in order[n_looked:] if hopes[i] >= least]
            prices = self.prices([candidates[i] for i in at_once], n_following)
            ranks |= {i: rank(i, p) for i, p in zip(at_once, prices, strict=True)}
            n_looked += len(at_once)
            if len(ranks) >= n_best:
                least = sorted(ranks.values(), reverse=True)[n_best - 1]
        return sorted(sorted(ranks), key=lambda i: -ranks[i])[:n_best]

    def _cheapest(self, candidates: Sequence[Candidate], n_following: int) -> Iterator[Price]:
        """The price of each if nothing cost anything but the first token."""
        edits = [self._edit(candidate) for candidate in candidates]
        if not edits:
            return
        ends = [min(last + n_following, len(self._sequence)) for _, last, _ in edits]
        firsts = [
            [*ids[:1], *self._sequence[last : last + 1].tolist()][:1] for _, last, ids in edits
        ]
        asked = [i for i, first in enumerate(firsts) if first]
        found = self._reading.cost([edits[i][0] for i in asked], [firsts[i] for i in asked])
        costs = {i: float(cost[0]) for i, cost in zip(asked, found, strict=True)}
        for i, ((first, last, ids), end) in enumerate(zip(edits, ends, strict=True)):
            removed = float(self._bits[first:last].sum())
            saved, cost = float(self._bits[last:end].sum()), costs.get(i, 0.0)
            # Rounding must not hide the best one.
            added, saved = (cost, saved) if ids else (0.0, saved - cost)
            yield Price(added - _ROUNDING, removed, 0.0, saved + _ROUNDING, 0.0, 0.0, first)

    def _edit(self, candidate: Candidate) -> tuple[int, int, list[int]]:
        edit = Edit(candidate.start, candidate.end, candidate.text)
        first, last, ids = self._tokenizer.replaced(self._text, self._reading.tokens, edit)
        return first, last, ids.tolist()

    def _price(
        self, first: int, last: int, end: int, n_new: int, cost: npt.NDArray[np.float32]
    ) -> Price:
        saved = self._bits[last:end] - cost[n_new:]
        # The end of the text has a price and no kind.
        signs, text = self._is_sign[last:end], self._is_text[last:end]
        return Price(
            float(cost[:n_new].sum()),
            float(self._bits[first:last].sum()),
            float(saved[:_NEAR_TOKENS].sum()),
            float(saved.sum()),
            float(saved[: len(signs)][signs].sum()),
            float(saved[: len(text)][text].sum()),
            first,
        )


_TEXT: dict[Language, re.Pattern[str]] = {
    "c": re.compile(HIDDEN["c"], re.DOTALL),
    "python": re.compile(HIDDEN["python"], re.DOTALL),
    "html": re.compile(r"<!--.*?(?:-->|\Z)|(?<=>)[^<>]+", re.DOTALL),
}
_SIGN = re.compile(r"[^\w\s]|\n")


def _kinds(
    text: str, language: Language, bounds: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(T,) which tokens are signs or line starts of the syntax, and (T,) which are inside strings
    and comments, or in HTML between tags."""
    hidden = np.zeros(len(text) + 1, dtype=np.bool_)
    for match in _TEXT[language].finditer(text):
        hidden[match.start() + 1 : match.end() - 1] = True
    sign = np.zeros(len(text) + 1, dtype=np.int64)
    sign[[match.start() + 1 for match in _SIGN.finditer(text)]] = 1
    sign = sign.cumsum()
    is_text = hidden[bounds[:-1]] | hidden[np.maximum(bounds[1:] - 1, 0)]
    return (sign[bounds[1:]] > sign[bounds[:-1]]) & ~is_text, is_text
