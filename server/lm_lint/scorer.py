"""Bits per token, and the price of other texts from any place in a document.

Torch speaks nats, people read bits: the division by ln 2 is made here and nowhere else, and what
leaves this module is plain arrays. It knows no repairs and no parsers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lm_lint import device as devices
from lm_lint.errors import DeviceError
from lm_lint.model import State, Trace
from lm_lint.text import Language
from lm_lint.tokens import Tokens
from lm_lint.weights import Release, place

Bits = npt.NDArray[np.float32]

_CHUNK = 512  # tokens of one document in one pass: attention costs chunk * (chunk + window)
_BATCH_ROWS = 32
_HEAD_ROWS = 1024  # rows of logits that exist at once
_CONTINUATION_TOKENS = 2048  # tokens of one batch of continuations
_NEAR = 512  # continuations in one batch leave the document within so many tokens


@dataclass(frozen=True)
class Scores:
    """What each token of a text cost, and what was expected before it.

    surprisal_bits  (T + 1,) float32, never negative; the last row is the end of the document
    entropy_bits    (T + 1,) float32, the mean surprisal under the model's own expectation
    """

    tokens: Tokens
    surprisal_bits: Bits
    entropy_bits: Bits


class Scorer:
    """A released model as a function from text to bits."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.tokenizer = release.tokenizer
        self.ranker = release.ranker

    def score(self, text: str, language: Language) -> Scores:
        """The bits of one text."""
        return self.read(text, language, keep=False).scores

    def read(self, text: str, language: Language, keep: bool = True) -> Reading:
        """The bits of one text, with all states kept so that other texts can be priced."""
        tokens = self.tokenizer.encode(text)
        with self._device_trouble():
            return Reading(self, language, tokens, keep)

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
        rows = _packed([len(sequence) for sequence in sequences], _BATCH_ROWS)
        lanes = [np.concatenate([sequences[i] for i in row]) for row in rows]
        longest = max((len(lane) for lane in lanes), default=0)
        ids = np.zeros((len(lanes), longest), dtype=np.int64)
        for row, lane in enumerate(lanes):
            ids[row, : len(lane)] = lane
        with self._device_trouble():
            surprisal, entropy = self._bits_of_lanes(ids)
        res: list[Scores | None] = [None] * len(items)
        for row, members in enumerate(rows):
            at = 0
            for i in members:
                span = slice(at, at + len(sequences[i]) - 1)
                res[i] = Scores(encoded[i], surprisal[row, span], entropy[row, span])
                at += len(sequences[i])
        return [scores for scores in res if scores is not None]

    def sequence(self, tokens: Tokens, language: Language) -> npt.NDArray[np.int64]:
        """What the network reads: the language's tag, the tokens, the end. (T + 2,) int64."""
        tag, end = self.tokenizer.tag(language), self.tokenizer.end
        return np.concatenate([[tag], tokens.ids, [end]]).astype(np.int64)

    def use_cpu(self, why: str) -> None:
        """Go on with the CPU, and say so in one sentence on stderr."""
        print(f"lm-lint: {why}; going on with the CPU, which is slower", file=sys.stderr)
        network = self.release.network
        cpu = torch.device("cpu")
        network.compute_dtype = devices.compute_dtype(cpu)
        place(network, cpu)

    @contextmanager
    def _device_trouble(self) -> Iterator[None]:
        """What a GPU fails with, as a DeviceError; on a CPU such errors are our own."""
        try:
            yield
        except RuntimeError as error:
            device = self.release.network.device
            if device.type == "cpu":
                raise
            cause = "is out of memory" if _is_out_of_memory(error) else "does not work"
            raise DeviceError(f"{device} {cause} ({str(error).splitlines()[0]})") from error

    def bits(self, features: Tensor, targets: Tensor) -> tuple[Bits, Bits]:
        """features (N, D), targets (N,) -> surprisal and entropy in bits, (N,) float32 each."""
        surprisal, entropy = [], []
        for start in range(0, len(features), _HEAD_ROWS):
            rows = slice(start, start + _HEAD_ROWS)
            logits = self.release.network.logits(features[rows]).float()
            log_probability = logits - logits.logsumexp(-1, keepdim=True)
            surprisal.append(-log_probability.gather(1, targets[rows, None])[:, 0])
            entropy.append(-(log_probability.exp() * log_probability).sum(-1))
        both = torch.stack([torch.cat(surprisal), torch.cat(entropy)]) / math.log(2)
        found, expected = both.clamp_(min=0.0).cpu().numpy()
        return found, expected

    @torch.inference_mode()
    def _bits_of_lanes(self, ids: npt.NDArray[np.int64]) -> tuple[Bits, Bits]:
        """(B, L) ids -> surprisal and entropy of each next id, (B, L - 1) each."""
        network = self.release.network
        n_rows, n_ids = ids.shape
        surprisal = np.zeros((n_rows, max(n_ids - 1, 0)), dtype=np.float32)
        entropy = np.zeros_like(surprisal)
        state: State | None = None
        on_device = torch.from_numpy(ids).to(network.device)
        for start in range(0, n_ids - 1, _CHUNK):
            end = min(start + _CHUNK, n_ids - 1)
            features, trace = network.trace(on_device[:, start:end], state)
            state = trace.last()
            targets = on_device[:, start + 1 : end + 1]
            found, expected = self.bits(features.flatten(0, 1), targets.reshape(-1))
            surprisal[:, start:end] = found.reshape(n_rows, -1)
            entropy[:, start:end] = expected.reshape(n_rows, -1)
        return surprisal, entropy


class Reading:
    """One document as the model read it. Position i stands before token i; T is its end.

    With `keep`, the features and states at every position stay in memory (about 10 kB a token
    for the small model), and `likeliest` and `cost` answer what-ifs.
    """

    def __init__(self, scorer: Scorer, language: Language, tokens: Tokens, keep: bool) -> None:
        self.scorer, self.language, self.tokens = scorer, language, tokens
        self.sequence = scorer.sequence(tokens, language)
        self._document_features: Tensor
        self._document: Trace
        found, expected = self._read(keep)
        self.scores = Scores(tokens, found, expected)

    @torch.inference_mode()
    def _read(self, keep: bool) -> tuple[Bits, Bits]:
        network = self.scorer.release.network
        ids = torch.from_numpy(self.sequence).to(network.device)
        parts: list[tuple[Bits, Bits]] = []
        all_features: list[Tensor] = []
        traces: list[Trace] = []
        state: State | None = None
        for start in range(0, len(ids) - 1, _CHUNK):
            end = min(start + _CHUNK, len(ids) - 1)
            features, trace = network.trace(ids[None, start:end], state)
            state = trace.last()
            parts.append(self.scorer.bits(features[0], ids[start + 1 : end + 1]))
            if keep:
                all_features.append(features[0])
                traces.append(trace)
        if keep:
            self._document_features = torch.cat(all_features)
            self._document = Trace.joined(traces)
        found, expected = zip(*parts, strict=True)
        return np.concatenate(found), np.concatenate(expected)

    @property
    def _device(self) -> torch.device:
        return self.scorer.release.network.device

    @torch.inference_mode()
    def likeliest(
        self, positions: Sequence[int], k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The k likeliest tokens at each position.

        positions  N positions in [0, T]
        returns    ids (N, k) int64 and their bits (N, k) float32, cheapest first
        """
        rows = self._document_features[torch.tensor(list(positions), device=self._device)]
        ids, bits = [], []
        for start in range(0, len(rows), _HEAD_ROWS):
            logits = self.scorer.release.network.logits(rows[start : start + _HEAD_ROWS]).float()
            best = torch.log_softmax(logits, -1).topk(k)
            ids.append(best.indices)
            bits.append(-best.values / math.log(2))
        return torch.cat(ids).cpu().numpy(), torch.cat(bits).cpu().numpy()

    @torch.inference_mode()
    def expectations(self, positions: Sequence[int]) -> npt.NDArray[np.float32]:
        """What every token of the vocabulary would cost at each position.

        positions  N positions in [0, T]
        returns    (N, V) float32 bits
        """
        rows = self._document_features[torch.tensor(list(positions), device=self._device)]
        logits = self.scorer.release.network.logits(rows).float()
        bits = torch.log_softmax(logits, -1).mul_(-1 / math.log(2))
        found: npt.NDArray[np.float32] = bits.cpu().numpy()
        return found

    @torch.inference_mode()
    def cost(self, positions: Sequence[int], continuations: Sequence[Sequence[int]]) -> list[Bits]:
        """What each continuation costs after the document's tokens before its position.

        positions      N positions in [0, T]
        continuations  N lists of token ids, not empty
        returns        N arrays, the bits of each continuation's tokens
        """
        # Neighbours share what the attention reads; those of like length share the padding.
        order = sorted(
            range(len(positions)), key=lambda i: (positions[i] // _NEAR, len(continuations[i]))
        )
        res: list[Bits] = [np.zeros(0, dtype=np.float32)] * len(positions)
        start = 0
        while start < len(order):
            end = start + 1
            while (
                end < len(order)
                and positions[order[end]] // _NEAR == positions[order[start]] // _NEAR
                and (end + 1 - start) * max(len(continuations[order[i]]) for i in (start, end))
                <= _CONTINUATION_TOKENS
            ):
                end += 1
            batch = order[start:end]
            with self.scorer._device_trouble():
                found = self._cost_of_batch(
                    [positions[i] for i in batch], [continuations[i] for i in batch]
                )
            for i, bits in zip(batch, found, strict=True):
                res[i] = bits
            start = end
        return res

    def _cost_of_batch(
        self, positions: Sequence[int], continuations: Sequence[Sequence[int]]
    ) -> list[Bits]:
        """Position i stands behind id i of the sequence, whose features predict the first of
        the new tokens; only the others need the network."""
        network = self.scorer.release.network
        longest = max(len(ids) for ids in continuations)
        ids = np.zeros((len(positions), longest), dtype=np.int64)
        for row, continuation in enumerate(continuations):
            ids[row, : len(continuation)] = continuation
        on_device = torch.from_numpy(ids).to(network.device)
        at = torch.tensor(list(positions), device=network.device)
        features = self._document_features[at][:, None]
        if longest > 1:
            branched = network.branch(self._document, at, on_device[:, :-1])
            features = torch.cat([features, branched], dim=1)
        found, _ = self.scorer.bits(features.flatten(0, 1), on_device.reshape(-1))
        table = found.reshape(len(positions), longest)
        return [table[row, : len(ids)] for row, ids in enumerate(continuations)]


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


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
