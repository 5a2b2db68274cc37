"""What a text repeats: tokens that followed something like this before, mixed into what a model expects.

Dynamic evaluation without gradients. Experts say what comes next: one looks where the network's features were like
these (a neural cache: Grave et al. 2016, arXiv 1612.04426), the others what followed the last 1 to 8 tokens (as PPM
does: Cleary, Witten 1984), and the model is one of them. Each has a share of the probability, by gates as in a mixture
of experts (Jacobs et al. 1991): one gate for each kind of situation. How far they are open at first was learned from
other texts (`python -m models gates`), and is learned on in this one. What tokens mean is not known here.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from bisect import bisect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Followers = dict[int, float]  # a token and how much speaks for it

LENGTHS = (1, 2, 3, 4, 6, 8)  # of contexts, in tokens
RATE = 0.2  # of learning in a text
_MOST_SEEN, _MOST_FOLLOWERS = 4, 3  # from where on contexts are of one kind
# Between these, numbers are of one kind.
_LIKELY = (0.01, 0.1, 0.4, 0.8)  # what the model gives an expert's favourite
_SURE = (0.1, 0.3, 0.5, 0.7, 0.9, 0.97)  # what it gives its own
_AGREED = (0.4, 0.7, 0.95)  # the favourite's part of what the cache found
_ALIKE = (0.6, 0.8)  # the most alike features there
_FADING = 0.9  # what followed a context counts so much less each time that something follows it
_FADED = 0.01  # and from here on not at all
_SHARPNESS = 16.0  # of the cache; features are of unit mean square
_NEAR = 6.0  # nats below the most alike, from where on nothing counts
_WINDOW = 8192  # tokens that the cache looks back, at least
_MOST_TOKENS = 1 << 16  # after so many, contexts are forgotten, and gates are not
_TINY = 1e-9
_LEARNED = Path(__file__).with_name("gates.json")

# The gates lie in one list: the model's own, the cache's, those of contexts.
MODEL_SHAPE = (len(_SURE) + 1, len(LENGTHS) + 1)
CACHE_SHAPE = (len(_AGREED) + 1, len(_ALIKE) + 1, len(_LIKELY) + 1)
SEEN_SHAPE = (len(LENGTHS), _MOST_SEEN, _MOST_FOLLOWERS, len(_LIKELY) + 1)
_SHAPES = (MODEL_SHAPE, CACHE_SHAPE, SEEN_SHAPE)
_MODEL, _CACHE, _SEEN = range(3)
*_FIRST, N_GATES = itertools.accumulate(map(math.prod, _SHAPES), initial=0)


@functools.cache
def learned() -> tuple[float, ...]:
    """The gates of a text that nobody has read yet, (N_GATES,) logarithms of strengths."""
    values = json.loads(_LEARNED.read_text(encoding="utf-8"))["gates"]
    assert len(values) == N_GATES, f"{_LEARNED} is of another version"
    return tuple(values)


class Heard(NamedTuple):
    """What one expert gave the token that came, and the gate that it came through."""

    gate: int
    chance: float


def learn(gates: list[float], heard: Sequence[Heard], rate: float) -> float:
    """How likely the token was, all experts considered; then their gates move by how right they were.

    A step of gradient descent on the token's surprise: what an expert's share is once the token is known, less what
    it was before.
    """
    strengths = [math.exp(gates[gate]) for gate, _ in heard]
    total = sum(strengths)
    res = sum(s * each.chance for s, each in zip(strengths, heard, strict=True)) / total
    res = max(res, _TINY)
    for strength, (gate, chance) in zip(strengths, heard, strict=True):
        gates[gate] += rate * strength / total * (chance / res - 1.0)
    return res


class Opinion(NamedTuple):
    """What one expert says of the next token.

    total   what speaks for all followers, more than 0
    """

    gate: int
    followers: Followers
    total: float


class Repeats:
    """Asked and told in turn: `mix` (or `ask`) before each token, `read` when it came."""

    def __init__(self, width: int, gates: Sequence[float] | None = None) -> None:
        """width: of the network's features. gates: to begin with, (N_GATES,); the learned ones."""
        self._gates = list(learned() if gates is None else gates)
        self._ids: list[int] = []
        self._contexts: list[dict[tuple[int, ...], Followers]] = [{} for _ in LENGTHS]
        self._features = np.zeros((2 * _WINDOW, width), dtype=np.float32)
        self._after: list[int] = []  # the token that came after each of these features
        self._opinions: list[Opinion] = []
        self._own_gate = 0
        self._before: Floats = np.zeros(0, dtype=np.float32)

    def mix(self, weights: Floats, features: Floats) -> Floats:
        """What to expect, all considered.

        weights   (V,) what the model expects, which comes to 1
        features  (D,) what it expects that by
        returns   (V,) float32
        """
        self.ask(weights, features)
        strengths = [math.exp(self._gates[each.gate]) for each in self._opinions]
        own = math.exp(self._gates[self._own_gate])
        total = own + sum(strengths)
        added = dict[int, float]()
        for strength, (_, followers, of_all) in zip(strengths, self._opinions, strict=True):
            part = strength / total / of_all
            for token, value in followers.items():
                added[token] = added.get(token, 0.0) + part * value
        res: Floats = weights * np.float32(own / total)
        if added:
            res[list(added)] += np.array(list(added.values()), dtype=np.float32)
        return res

    def ask(self, weights: Floats, features: Floats) -> None:
        """Hear all experts. As `mix`, without the sum over the vocabulary."""
        self._before = weights
        self._features[len(self._after)] = features
        self._opinions = []
        self._ask_alike()
        n_known = self._ask_seen()
        self._own_gate = _gate(_MODEL, bisect(_SURE, float(weights.max())), n_known)

    def heard(self, token: int) -> list[Heard]:
        """What each expert that was asked gives a token."""
        others = [
            Heard(gate, followers.get(token, 0.0) / total)
            for gate, followers, total in self._opinions
        ]
        return [Heard(self._own_gate, float(self._before[token])), *others]

    def read(self, token: int) -> float:
        """This one came after what was asked last. Returns how likely it was."""
        res = learn(self._gates, self.heard(token), RATE)
        self._remember(token)
        return res

    def _ask_alike(self) -> None:
        """What came where the features were like the latest."""
        n_seen = len(self._after)
        first = max(0, n_seen - _WINDOW)
        if not n_seen:
            return
        likeness = self._features[first:n_seen] @ self._features[n_seen]
        likeness *= np.float32(_SHARPNESS / self._features.shape[1])
        most = float(likeness.max())
        likeness -= np.float32(most)
        (near,) = np.nonzero(likeness > -_NEAR)
        followers: Followers = {}
        for place, value in zip(near.tolist(), np.exp(likeness[near]).tolist(), strict=True):
            token = self._after[first + place]
            followers[token] = followers.get(token, 0.0) + value
        total = sum(followers.values())
        agreed = bisect(_AGREED, max(followers.values()) / total)
        kind = agreed, bisect(_ALIKE, most / _SHARPNESS), self._likely(followers)
        self._opinions.append(Opinion(_gate(_CACHE, *kind), followers, total))

    def _ask_seen(self) -> int:
        """What followed the last tokens, the shortest context first. Returns how many contexts are known."""
        n_known = 0
        for place, context in self._recent():
            followers = self._contexts[place].get(context)
            if followers is None:
                break  # nor was it ever preceded by more
            n_known = place + 1
            total = sum(followers.values())
            seen = min(max(round(total), 1), _MOST_SEEN) - 1
            kind = place, seen, min(len(followers), _MOST_FOLLOWERS) - 1, self._likely(followers)
            self._opinions.append(Opinion(_gate(_SEEN, *kind), followers, total))
        return n_known

    def _likely(self, followers: Followers) -> int:
        """Of which kind an expert is by what the model thinks of its favourite."""
        favourite = max(followers, key=lambda token: followers[token])
        return bisect(_LIKELY, float(self._before[favourite]))

    def _recent(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        for place, length in enumerate(LENGTHS):
            if length <= len(self._ids):
                yield place, tuple(self._ids[-length:])

    def _remember(self, token: int) -> None:
        for place, context in self._recent():
            faded = self._contexts[place].get(context, {})
            followers = {t: n * _FADING for t, n in faded.items() if n * _FADING > _FADED}
            followers[token] = followers.get(token, 0.0) + 1.0
            self._contexts[place][context] = followers
        self._ids.append(token)
        if len(self._ids) > _MOST_TOKENS:
            self._ids = self._ids[-max(LENGTHS) :]
            self._contexts = [{} for _ in LENGTHS]
        self._after.append(token)
        if len(self._after) == len(self._features):
            self._features[:_WINDOW] = self._features[_WINDOW:]
            self._after = self._after[_WINDOW:]


def _gate(kind: int, *place: int) -> int:
    """Where a gate lies in the list."""
    res = 0
    for size, i in zip(_SHAPES[kind], place, strict=True):
        res = res * size + i
    return _FIRST[kind] + res
