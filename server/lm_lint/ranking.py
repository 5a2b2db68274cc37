"""Which repair was meant, and is anything wrong at all: a log-linear model over the candidates.

    P(candidate) = exp(w . f(candidate)) / (exp(w . f(nothing)) + sum over candidates)

One of the outcomes is that the text is right as it is. The features are what the language model
says (bits saved), what the parsers say (does the text parse better) and what kind of slip it would
be; the weights are fitted to slips and to correct text by models/calibrate.py, and are part of a
released model, since they depend on how sure that model is (noisy channel: Shannon 1948; as a
conditional log-linear model: Berger et al. 1996).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Features = Mapping[str, float]


@dataclass(frozen=True)
class Ranker:
    """Weights by language and feature, in nats; a feature without a weight counts nothing.

    model_sha256   the weights of the network that they were fitted to
    """

    weights: Mapping[str, Mapping[str, float]]
    model_sha256: str = ""

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Raises ValueError where the file is not a table of weights."""
        values = json.loads(path.read_text(encoding="utf-8"))
        tables = values.get("weights") if isinstance(values, dict) else None
        if not isinstance(tables, dict) or not all(map(_is_table, tables.values())):
            raise ValueError(
                f"{path} holds no weights of a detector: a table of numbers by language was expected"
            )
        return cls(tables, str(values.get("model_sha256", "")))

    def score(self, key: str, features: Features) -> float:
        """w . f in nats. `key` is a language, with "-surprise" behind it where no parser is asked;
        one that was not fitted is judged by weights set by hand."""
        weights = self.weights.get(key) or _UNFITTED.get(key, {})
        return sum(weights.get(name, 0.0) * value for name, value in features.items())

    def probabilities(
        self, key: str, nothing: Features, candidates: Sequence[Features]
    ) -> npt.NDArray[np.float64]:
        """The probability of each candidate, (N,); what is missing to 1 is that nothing is wrong."""
        scores = np.array([self.score(key, nothing), *(self.score(key, f) for f in candidates)])
        shares = np.exp(scores - scores.max())
        return np.asarray(shares[1:] / shares.sum())


def _is_table(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(weight, int | float) and not isinstance(weight, bool)
        for weight in value.values()
    )


def hinge(name: str, value: float, knots: Sequence[float], scale: float) -> dict[str, float]:
    """A piecewise linear function of `value` as features: its slope may change at each knot."""
    res = {name: value / scale}
    for knot in knots:
        if value > knot:
            res[f"{name}>{knot:g}"] = (value - knot) / scale
    return res


def log2(value: float) -> float:
    """log2(1 + value), for counts and distances."""
    return math.log2(1.0 + max(value, 0.0))


# What a model without fitted weights is judged by (tests, and the first step of a calibration).
_BY_HAND: dict[str, float] = {
    "gain": 3.5,
    "clean": 2.0,
    "weight share": 2.0,
    "away": -0.7,
    "layout fit": 2.0,
    "op insert": -3.0,
    "op delete": -5.0,
    "op replace": -5.0,
    "op swap": -6.0,
    "op respell": -4.0,
    "op indent": -4.0,
    "op quote": -5.0,
    "op enclose": -5.0,
    "op unwrap": -6.0,
    "op rebracket": -6.0,
    "op join": -6.0,
    "op split": -5.0,
    "op cut": -8.0,
    "nothing": 2.5,
}
_UNFITTED: dict[str, dict[str, float]] = {
    "c": _BY_HAND,
    "html": _BY_HAND,
    "python": _BY_HAND,
    "c-surprise": {**_BY_HAND, "nothing": 8.0},
    "html-surprise": {**_BY_HAND, "nothing": 8.0},
    "python-surprise": {**_BY_HAND, "nothing": 8.0},
}
DEFAULT = Ranker({})
