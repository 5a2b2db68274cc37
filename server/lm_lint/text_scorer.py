"""A model as a function from texts to bits, whatever computes it.

scorer.py does it with torch, light_scorer.py with numpy; from here on all is plain arrays of bits. This module knows
neither of them, nor repairs, nor parsers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from lm_lint.ranking import Ranker
from lm_lint.reading import Bits, Features, Ids, Reading, affordable
from lm_lint.shape import NetworkConfig
from lm_lint.states import State, Trace
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer, Tokens


@dataclass(frozen=True)
class Scores:
    """What each token of a text cost, and what was expected before it.

    surprisal_bits  (T + 1,) float32, never negative; the last row is the end of the document
    entropy_bits    (T + 1,) float32, the mean surprisal under the model's own expectation
    """

    tokens: Tokens
    surprisal_bits: Bits
    entropy_bits: Bits


class TextScorer(ABC):
    """A released model as a function from text to bits."""

    batch_rows = 32  # texts that are scored side by side
    chunk_tokens = 512  # of one document in one pass: attention costs chunk * (chunk + window)
    continuation_tokens = 2048  # tokens of one batch of continuations
    recent, recent_bytes = 4, 30 << 20  # readings that later ones may go on from

    def __init__(self, tokenizer: Tokenizer, ranker: Ranker, config: NetworkConfig) -> None:
        self.tokenizer, self.ranker, self.config = tokenizer, ranker, config
        self._recent: list[Reading] = []  # the latest first

    # --- What computes ----------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def home(self) -> Hashable:
        """Where states are, and of which type: those of another home are of no use here."""

    @property
    @abstractmethod
    def itemsize(self) -> int:
        """Bytes of a number in most of a state."""

    @property
    @abstractmethod
    def slice_tokens(self) -> int:
        """Tokens that are read in some 30 ms, in whose middle nothing else can be done."""

    @abstractmethod
    def on_device(self, ids: Ids) -> Any:
        """Ids as a state holds them."""

    @abstractmethod
    def empty_state(self, n_rows: int) -> State[Any]:
        """The state before a document, n_rows times."""

    @abstractmethod
    def trace(self, ids: Ids, state: State[Any] | None) -> tuple[Features, Trace[Any]]:
        """ids (B, T), after a state of B rows or at the start of a document -> (B, T, D), and all states."""

    @abstractmethod
    def branch(self, document: Trace[Any], positions: Ids, ids: Ids) -> Features:
        """The features (N, T, D) of texts ids (N, T) that leave one document behind its tokens positions (N,)."""

    @abstractmethod
    def surprisal(self, features: Features, targets: Ids) -> Bits:
        """features (N, D), targets (N,) -> what each target costs in bits, (N,) float32."""

    @abstractmethod
    def entropy(self, features: Features) -> Bits:
        """features (N, D) -> the mean surprisal that is expected, in bits, (N,) float32."""

    @abstractmethod
    def both(self, features: Features, targets: Ids) -> tuple[Bits, Bits]:
        """Surprisal and entropy, for little more than the price of one."""

    @abstractmethod
    def expectations(self, features: Features) -> Bits:
        """features (N, D) -> what every token of the vocabulary would cost in bits, (N, V) float32."""

    @abstractmethod
    def likeliest(self, features: Features, k: int) -> tuple[Ids, Bits]:
        """features (N, D) -> the k likeliest tokens (N, k) and their bits (N, k), cheapest first."""

    def device_trouble(self) -> AbstractContextManager[None]:
        """What a device fails with in the body, as a DeviceError; a scorer's own methods see to it themselves."""
        return nullcontext()

    # --- Texts ------------------------------------------------------------------------------------------------------

    def score(self, text: str, language: Language) -> Scores:
        """The bits of one text."""
        tokens = self.tokenizer.encode(text)
        ids = self.sequence(tokens, language)[None]
        surprisal, entropy = self._bits_of_lanes(ids)
        return Scores(tokens, surprisal[0], entropy[0])

    def read(self, text: str, language: Language) -> Reading:
        """One text, of which other texts can be priced. It is read as far as somebody asks, and
        goes on from what the latest readings have in common with it."""
        reading = Reading(
            self, self.sequence(tokens := self.tokenizer.encode(text), language), tokens
        )
        reading.resume(self._recent)
        self._recent = affordable([reading, *self._recent], self.recent, self.recent_bytes)
        return reading

    def forget(self) -> None:
        """Drop what is kept of the latest readings."""
        self._recent = []

    def score_many(self, items: Sequence[tuple[str, Language]]) -> list[Scores]:
        """The bits of several texts in one batch; each row takes the next text when it is done.

        Rows are as long as the longest text needs, so wildly different lengths cost nothing
        but the last few passes.
        """
        encoded = self.tokenizer.encode_many([text for text, _ in items])
        sequences = [
            self.sequence(tokens, language)
            for tokens, (_, language) in zip(encoded, items, strict=True)
        ]
        rows = _packed([len(sequence) for sequence in sequences], self.batch_rows)
        lanes = [np.concatenate([sequences[i] for i in row]) for row in rows]
        longest = max((len(lane) for lane in lanes), default=0)
        ids = np.zeros((len(lanes), longest), dtype=np.int64)
        for row, lane in enumerate(lanes):
            ids[row, : len(lane)] = lane
        surprisal, entropy = self._bits_of_lanes(ids)
        res: list[Scores | None] = [None] * len(items)
        for row, members in enumerate(rows):
            at = 0
            for i in members:
                span = slice(at, at + len(sequences[i]) - 1)
                res[i] = Scores(encoded[i], surprisal[row, span], entropy[row, span])
                at += len(sequences[i])
        return [scores for scores in res if scores is not None]

    def sequence(self, tokens: Tokens, language: Language) -> Ids:
        """What the network reads: the language's tag, the tokens, the end. (T + 2,) int64."""
        tag, end = self.tokenizer.tag(language), self.tokenizer.end
        return np.concatenate([[tag], tokens.ids, [end]]).astype(np.int64)

    def _bits_of_lanes(self, ids: Ids) -> tuple[Bits, Bits]:
        """(B, L) ids -> surprisal and entropy of each next id, (B, L - 1) each."""
        n_rows, n_ids = ids.shape
        surprisal = np.zeros((n_rows, max(n_ids - 1, 0)), dtype=np.float32)
        entropy = np.zeros_like(surprisal)
        state: State[Any] | None = None
        for start in range(0, n_ids - 1, self.chunk_tokens):
            end = min(start + self.chunk_tokens, n_ids - 1)
            features, trace = self.trace(ids[:, start:end], state)
            state = trace.last()
            flat = features.reshape(-1, features.shape[-1])
            found, expected = self.both(flat, ids[:, start + 1 : end + 1].reshape(-1))
            surprisal[:, start:end] = found.reshape(n_rows, -1)
            entropy[:, start:end] = expected.reshape(n_rows, -1)
        return surprisal, entropy


def _packed(lengths: Sequence[int], n_rows: int) -> list[list[int]]:
    """Which items share a row, so that rows are about equally long: longest first, to the
    shortest row. Empty rows are left out.
    """
    rows: list[list[int]] = [[] for _ in range(min(n_rows, len(lengths)))]
    filled = [0] * len(rows)
    for item in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        row = filled.index(min(filled))
        rows[row].append(item)
        filled[row] += lengths[item]
    return [row for row in rows if row]
