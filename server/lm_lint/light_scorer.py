"""Bits per token, and the price of other texts from any place in a document, computed by numpy.

What scorer.py does with torch, for processes that read little and end soon, or that shall take little memory. As
there, nats become bits here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lm_lint import packing
from lm_lint import release as releases
from lm_lint.light import Floats, LightNetwork
from lm_lint.model_folder import default_folder
from lm_lint.reading import Bits, Ids
from lm_lint.release import Release
from lm_lint.states import State, Trace
from lm_lint.text_scorer import TextScorer

_HEAD_ROWS = 128  # rows of logits that exist at once: 3 MB


def load(folder: Path | None = None) -> LightScorer:
    """The scorer of a released folder. Raises ModelMissing, ModelDamaged."""
    parts = releases.read(folder or default_folder())
    try:
        network = LightNetwork(parts.shape, packing.read(parts.weights))
    except (ValueError, KeyError, TypeError) as error:
        raise parts.mismatch(error) from error
    return LightScorer(parts.release(network))


class LightScorer(TextScorer):
    """A released model as a function from text to bits, on a CPU and in float32."""

    # More are no quicker and take more memory.
    batch_rows, chunk_tokens, continuation_tokens = 4, 256, 512
    recent, recent_bytes = 4, 8 << 20

    def __init__(self, release: Release[LightNetwork]) -> None:
        super().__init__(release.tokenizer, release.ranker, release.network.config)
        self.release = release

    @property
    def home(self) -> Hashable:
        return "numpy"

    @property
    def itemsize(self) -> int:
        return 4

    @property
    def slice_tokens(self) -> int:
        return 256

    def on_device(self, ids: Ids) -> Ids:
        return ids

    def use_cpu(self, why: str) -> None:
        raise AssertionError(f"numpy computes on the CPU already ({why})")

    def empty_state(self, n_rows: int) -> State[Any]:
        return self.release.network.empty_state(n_rows)

    def trace(self, ids: Ids, state: State[Any] | None) -> tuple[Floats, Trace[Any]]:
        return self.release.network.trace(ids, state)

    def branch(self, document: Trace[Any], positions: Ids, ids: Ids) -> Floats:
        return self.release.network.branch(document, positions, ids)

    def surprisal(self, features: Floats, targets: Ids) -> Bits:
        res = np.zeros(len(features), dtype=np.float32)
        for span, logits in self._logits(features):
            chosen = logits[np.arange(len(logits)), targets[span]].copy()
            res[span] = _log_sum_exp(logits) - chosen
        return _as_bits(res)

    def entropy(self, features: Floats) -> Bits:
        return self.both(features, np.zeros(len(features), dtype=np.int64))[1]

    def both(self, features: Floats, targets: Ids) -> tuple[Bits, Bits]:
        surprisal, entropy = np.zeros((2, len(features)), dtype=np.float32)
        for span, logits in self._logits(features):
            logits -= logits.max(axis=1, keepdims=True)
            weights = np.exp(logits)
            total = weights.sum(axis=1)
            log_total = np.log(total)
            entropy[span] = log_total - np.einsum("nv,nv->n", weights, logits) / total
            surprisal[span] = log_total - logits[np.arange(len(logits)), targets[span]]
        return _as_bits(surprisal), _as_bits(entropy)

    def expectations(self, features: Floats) -> Bits:
        res = np.zeros((len(features), self.config.vocab_size), dtype=np.float32)
        for span, logits in self._logits(features):
            np.subtract(_log_sum_exp(logits.copy())[:, None], logits, out=res[span])
        return _as_bits(res)

    def likeliest(self, features: Floats, k: int) -> tuple[Ids, Bits]:
        bits = self.expectations(features)
        some = np.argpartition(bits, min(k, bits.shape[1] - 1), axis=1)[:, :k]
        order = np.argsort(np.take_along_axis(bits, some, 1), axis=1, kind="stable")
        ids = np.take_along_axis(some, order, 1)
        return ids, np.take_along_axis(bits, ids, 1)

    def _logits(self, features: Floats) -> Iterator[tuple[slice, Floats]]:
        """Some rows at a time, and their logits (rows, V), which may be written to."""
        for start in range(0, len(features), _HEAD_ROWS):
            span = slice(start, start + _HEAD_ROWS)
            yield span, self.release.network.logits(features[span])


def _log_sum_exp(logits: Floats) -> Floats:
    """(N, V) -> (N,) nats. Writes over the logits."""
    most = logits.max(axis=1)
    logits -= most[:, None]
    np.exp(logits, out=logits)
    res: Floats = np.log(logits.sum(axis=1)) + most
    return res


def _as_bits(nats: Floats) -> Bits:
    """In their place."""
    nats /= np.float32(math.log(2))
    return np.maximum(nats, 0.0, out=nats)
