"""What a text repeats: tokens that followed something like this before, mixed into what a model expects.

Dynamic evaluation without gradients. Experts say what comes next: one looks where the network's features were like
these (a neural cache: Grave et al. 2016, arXiv 1612.04426), the others what followed the last 1 to 8 tokens (as PPM
does: Cleary, Witten 1984). One after the other takes a share of the probability. How large a share is learned in this
text, by how right such experts were. What tokens mean is not known here.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Followers = dict[int, float]  # a token and how much speaks for it
Key = tuple[int, int, int, int]

LENGTHS = (1, 2, 3, 4, 6, 8)  # of contexts, in tokens
FIRST_SHARES = (0.03, 0.05, 0.1, 0.15, 0.2, 0.3)  # of each, before anything was learned
FIRST_CACHE_SHARE = 0.05
_FIRST_COUNT = 2.0  # how many observations such a share is worth
_LEAST, _MOST = 0.001, 0.995  # a share
_MOST_SEEN, _MOST_FOLLOWERS = 4, 3  # from where on contexts are of one kind
_LIKELY = (0.01, 0.1, 0.4, 0.8)  # between these, probabilities are of one kind
_FADING = 0.9  # what followed a context counts so much less each time that something follows it
_FADED = 0.01  # and from here on not at all
_SHARPNESS = 16.0  # of the cache; features are of unit mean square
_NEAR = 6.0  # nats below the most alike, from where on nothing counts
_WINDOW = 2048  # tokens that the cache looks back, at least
_MOST_TOKENS = 1 << 16  # after so many, contexts are forgotten, and shares are not
_TINY = 1e-30


@dataclass
class Share:
    """A mean over all experts of one kind: how much of what came was theirs."""

    value: float
    count: float = _FIRST_COUNT

    def learn(self, value: float) -> None:
        self.count += 1.0
        self.value += (value - self.value) / self.count
        self.value = min(max(self.value, _LEAST), _MOST)


class Opinion(NamedTuple):
    """What one expert says of the next token.

    total   what speaks for all followers, more than 0
    """

    followers: Followers
    total: float
    share: Share

    def mixed(self, token: int, expected: float) -> float:
        """How likely a token is then, by how likely it was."""
        theirs = self.followers.get(token, 0.0) / self.total
        return (1.0 - self.share.value) * expected + self.share.value * theirs


class Repeats:
    """Asked and told in turn: `mix` before each token, `read` when it came."""

    def __init__(self, width: int) -> None:
        """width: of the network's features."""
        self._ids: list[int] = []
        self._contexts: list[dict[tuple[int, ...], Followers]] = [{} for _ in LENGTHS]
        self._shares: dict[Key, Share] = {}
        self._features = np.zeros((2 * _WINDOW, width), dtype=np.float32)
        self._after: list[int] = []  # the token that came after each of these features
        self._opinions: list[Opinion] = []
        self._before: Floats = np.zeros(0, dtype=np.float32)

    def mix(self, weights: Floats, features: Floats) -> Floats:
        """What to expect, all considered.

        weights   (V,) what the model expects, which comes to 1
        features  (D,) what it expects that by
        returns   (V,) float32
        """
        self._before = weights
        self._features[len(self._after)] = features
        self._opinions = []
        self._ask_alike()
        self._ask_seen()
        left, added = 1.0, dict[int, float]()
        for followers, total, share in reversed(self._opinions):
            part = left * share.value / total
            for token, value in followers.items():
                added[token] = added.get(token, 0.0) + part * value
            left *= 1.0 - share.value
        res: Floats = weights * np.float32(left)
        if added:
            res[list(added)] += np.array(list(added.values()), dtype=np.float32)
        return res

    def read(self, token: int) -> None:
        """This one came after what was mixed last."""
        expected = max(float(self._before[token]), _TINY)
        for opinion in self._opinions:
            before = expected
            expected = opinion.mixed(token, before)
            opinion.share.learn(1.0 - (1.0 - opinion.share.value) * before / expected)
        self._remember(token)

    def _ask_alike(self) -> None:
        """What came where the features were like the latest."""
        n_seen = len(self._after)
        first = max(0, n_seen - _WINDOW)
        if not n_seen:
            return
        likeness = self._features[first:n_seen] @ self._features[n_seen]
        likeness *= np.float32(_SHARPNESS / self._features.shape[1])
        likeness -= likeness.max()
        (near,) = np.nonzero(likeness > -_NEAR)
        followers: Followers = {}
        for place, value in zip(near.tolist(), np.exp(likeness[near]).tolist(), strict=True):
            token = self._after[first + place]
            followers[token] = followers.get(token, 0.0) + value
        agreed = int(4 * max(followers.values()) / sum(followers.values()))
        self._hear(followers, (-1, agreed, 0), FIRST_CACHE_SHARE)

    def _ask_seen(self) -> None:
        """What followed the last tokens, the shortest context first."""
        for place, context in self._recent():
            followers = self._contexts[place].get(context)
            if followers is None:
                return  # nor was it ever preceded by more
            n_seen = min(round(sum(followers.values())), _MOST_SEEN)
            kind = place, n_seen, min(len(followers), _MOST_FOLLOWERS)
            self._hear(followers, kind, FIRST_SHARES[place])

    def _hear(self, followers: Followers, kind: tuple[int, int, int], first_share: float) -> None:
        """One more opinion. What it is worth depends on how likely its favourite was before."""
        favourite = max(followers, key=lambda token: followers[token])
        expected = float(self._before[favourite])
        for opinion in self._opinions:
            expected = opinion.mixed(favourite, expected)
        key = *kind, bisect(_LIKELY, expected)
        share = self._shares.setdefault(key, Share(first_share))
        self._opinions.append(Opinion(followers, sum(followers.values()), share))

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
