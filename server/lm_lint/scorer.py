"""Bits per token, and the price of other texts from any place in a document.

Torch speaks nats, people read bits: the division by ln 2 is made here and nowhere else, and what
leaves this module is plain arrays. It knows no repairs and no parsers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

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
_BLOCK = 64  # tokens whose bits are computed together
_MOST_PIECES = 8  # of a reading that goes on from others
_RECENT, _RECENT_BYTES = 4, 30 << 20  # readings that later ones may go on from
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
        self._recent: list[Reading] = []  # the latest first

    def score(self, text: str, language: Language) -> Scores:
        """The bits of one text."""
        tokens = self.tokenizer.encode(text)
        ids = self.sequence(tokens, language)[None]
        with self._device_trouble():
            surprisal, entropy = self._bits_of_lanes(ids)
        return Scores(tokens, surprisal[0], entropy[0])

    def read(self, text: str, language: Language) -> Reading:
        """One text, of which other texts can be priced. It is read as far as somebody asks, and
        goes on from what the latest readings have in common with it."""
        reading = Reading(
            self, self.sequence(tokens := self.tokenizer.encode(text), language), tokens
        )
        reading.resume(self._recent)
        self._recent = _affordable([reading, *self._recent])
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
        self.forget()
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

    def surprisal(self, features: Tensor, targets: Tensor) -> Bits:
        """features (N, D), targets (N,) -> what each target costs in bits, (N,) float32."""
        found = [
            self._log_probability(features[start : start + _HEAD_ROWS])
            .gather(1, targets[start : start + _HEAD_ROWS, None])[:, 0]
            .mul_(-1 / math.log(2))
            for start in range(0, len(features), _HEAD_ROWS)
        ]
        res: Bits = torch.cat(found).clamp_(min=0.0).cpu().numpy()
        return res

    def entropy(self, features: Tensor) -> Bits:
        """features (N, D) -> the mean surprisal that is expected, in bits, (N,) float32."""
        found = []
        for start in range(0, len(features), _HEAD_ROWS):
            log_probability = self._log_probability(features[start : start + _HEAD_ROWS])
            found.append(-(log_probability.exp() * log_probability).sum(-1))
        res: Bits = torch.cat(found).div_(math.log(2)).clamp_(min=0.0).cpu().numpy()
        return res

    def _log_probability(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, V) float32 nats."""
        return torch.log_softmax(self.release.network.logits(features).float(), -1)

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
            flat = features.flatten(0, 1)
            found = self.surprisal(flat, targets.reshape(-1))
            surprisal[:, start:end] = found.reshape(n_rows, -1)
            entropy[:, start:end] = self.entropy(flat).reshape(n_rows, -1)
        return surprisal, entropy


@dataclass(frozen=True)
class _Piece:
    """Some tokens of a document that were read together.

    start     the first of them
    n_tokens  how many count; behind them the document went on in another way
    features  (n, D) what the head reads at each, n at least n_tokens
    trace     the states behind each
    """

    start: int
    n_tokens: int
    features: Tensor
    trace: Trace

    @property
    def end(self) -> int:
        return self.start + self.n_tokens

    def part(self, start: int, end: int) -> tuple[Tensor, Trace]:
        """What is kept of tokens start to end of the document, without a copy."""
        first, last = start - self.start, end - self.start
        return self.features[first:last], self.trace.part(first, last)

    @property
    def n_bytes(self) -> int:
        layers = [tensor for layer in self.trace.layers for tensor in layer]
        return sum(tensor.nbytes for tensor in (self.features, *layers))


class Reading:
    """One document as the model reads it. Position i stands before token i; T is its end.

    The features and states at every position that was read stay in memory (about 10 kB a token
    for the small model), and `expectations` and `cost` answer what-ifs. What nobody asks for is
    never read: a document is read as far as the last position that was asked for, and a token's
    bits are computed with those around it.
    """

    def __init__(self, scorer: Scorer, sequence: npt.NDArray[np.int64], tokens: Tokens) -> None:
        self.scorer, self.sequence, self.tokens = scorer, sequence, tokens
        self._pieces: list[_Piece] = []
        self._bits = np.zeros(len(sequence) - 1, dtype=np.float32)
        self._has_bits = np.zeros(len(sequence) - 1, dtype=np.bool_)

    @property
    def scores(self) -> ReadingScores:
        return ReadingScores(self)

    def bits(self, first: int, last: int) -> Bits:
        """What tokens first to last cost, (last - first,) float32; T is the end of the document."""
        last = min(last, len(self._bits))
        if first < last and not self._has_bits[first:last].all():
            self._score(first - first % _BLOCK, min(last + -last % _BLOCK, len(self._bits)))
        return self._bits[first:last]

    @torch.inference_mode()
    def entropy_bits(self) -> Bits:
        """What was expected before each token, (T + 1,) float32."""
        return self.scorer.entropy(self._span(0, len(self._bits))[0])

    @property
    def n_read(self) -> int:
        return self._pieces[-1].end if self._pieces else 0

    @property
    def pieces(self) -> Sequence[_Piece]:
        return self._pieces

    def resume(self, others: Sequence[Reading]) -> None:
        """Take over what another reading has in common with the beginning of this one."""
        best, n_tokens = None, 0
        for other in others:
            n_common = min(_n_common(self.sequence, other.sequence), other.n_read, len(self._bits))
            if n_common > n_tokens:
                best, n_tokens = other, n_common
        if best is None:
            return
        self._pieces = [
            replace(piece, n_tokens=min(piece.n_tokens, n_tokens - piece.start))
            for piece in best._pieces
            if piece.start < n_tokens
        ]
        # The last token's successor may be another one.
        self._bits[: n_tokens - 1] = best._bits[: n_tokens - 1]
        self._has_bits[: n_tokens - 1] = best._has_bits[: n_tokens - 1]
        if len(self._pieces) > _MOST_PIECES:
            with torch.inference_mode():
                self._pieces = [_Piece(0, n_tokens, *self._span(0, n_tokens))]

    @torch.inference_mode()
    def _read_to(self, end: int) -> None:
        """Read at least `end` tokens of the sequence."""
        network = self.scorer.release.network
        n_all = len(self._bits)
        while (start := self.n_read) < end:
            # A little more than was asked for, for it is seldom all.
            stop = min(start + _CHUNK, max(end + _BLOCK, start + 2 * _BLOCK))
            stop = n_all if n_all - stop < _BLOCK else stop
            ids = torch.from_numpy(self.sequence[start:stop]).to(network.device)
            state: State | None = None
            if self._pieces:
                state = self._pieces[-1].part(start - 1, start)[1].last()
            with self.scorer._device_trouble():
                features, trace = network.trace(ids[None], state)
            self._pieces.append(_Piece(start, stop - start, features[0], trace))

    @torch.inference_mode()
    def _score(self, first: int, last: int) -> None:
        (missing,) = np.nonzero(~self._has_bits[first:last])
        rows = first + missing
        features = self._features(rows)
        targets = torch.from_numpy(self.sequence[rows + 1]).to(features.device)
        with self.scorer._device_trouble():
            self._bits[rows] = self.scorer.surprisal(features, targets)
        self._has_bits[rows] = True

    def _span(self, first: int, last: int) -> tuple[Tensor, Trace]:
        """What is kept of tokens first to last; a copy only where they were read apart."""
        self._read_to(last)
        parts = [
            piece.part(max(first, piece.start), min(last, piece.end))
            for piece in self._pieces
            if piece.start < last and piece.end > first
        ]
        if len(parts) == 1:
            return parts[0]
        return torch.cat([f for f, _ in parts]), Trace.joined([t for _, t in parts])

    def _features(self, positions: npt.NDArray[np.int64]) -> Tensor:
        """(N,) -> (N, D)."""
        self._read_to(int(positions.max(initial=-1)) + 1)
        borders = np.array([piece.start for piece in self._pieces])
        which = np.searchsorted(borders, positions, side="right") - 1
        parts: list[Tensor] = []
        order: list[npt.NDArray[np.int64]] = []
        for piece_idx in np.unique(which):
            (rows,) = np.nonzero(which == piece_idx)
            piece = self._pieces[piece_idx]
            parts.append(
                piece.features[
                    torch.from_numpy(positions[rows] - piece.start).to(piece.features.device)
                ]
            )
            order.append(rows)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return self.scorer.release.network.embedding[:0]
        back = np.argsort(np.concatenate(order), kind="stable")
        return torch.cat(parts)[torch.from_numpy(back).to(parts[0].device)]

    @torch.inference_mode()
    def likeliest(
        self, positions: Sequence[int], k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The k likeliest tokens at each position.

        positions  N positions in [0, T]
        returns    ids (N, k) int64 and their bits (N, k) float32, cheapest first
        """
        rows = self._features(np.array(positions, dtype=np.int64))
        ids, bits = [], []
        for start in range(0, len(rows), _HEAD_ROWS):
            best = self.scorer._log_probability(rows[start : start + _HEAD_ROWS]).topk(k)
            ids.append(best.indices)
            bits.append(-best.values / math.log(2))
        return torch.cat(ids).cpu().numpy(), torch.cat(bits).cpu().numpy()

    @torch.inference_mode()
    def expectations(self, positions: Sequence[int]) -> npt.NDArray[np.float32]:
        """What every token of the vocabulary would cost at each position.

        positions  N positions in [0, T]
        returns    (N, V) float32 bits
        """
        rows = self._features(np.array(positions, dtype=np.int64))
        bits = self.scorer._log_probability(rows).mul_(-1 / math.log(2))
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
        n_tokens = np.array([len(ids) for ids in continuations])
        longest = int(n_tokens.max())
        ids = np.zeros((len(positions), longest), dtype=np.int64)
        for row, continuation in enumerate(continuations):
            ids[row, : len(continuation)] = continuation
        at = np.array(positions, dtype=np.int64)
        # Padding is not looked up in the vocabulary.
        real = np.arange(longest) < n_tokens[:, None]
        found = np.zeros(ids.shape, dtype=np.float32)
        found[:, 0] = self._first_bits(at, ids[:, 0])
        if longest > 1:
            low, high = int(at.min()), int(at.max()) + 1
            document = self._span(low, high)[1]
            on_device = torch.from_numpy(ids).to(network.device)
            where = torch.from_numpy(at - low).to(network.device)
            branched = network.branch(document, where, on_device[:, :-1])
            mask = torch.from_numpy(real[:, 1:]).to(network.device)
            found[:, 1:][real[:, 1:]] = self.scorer.surprisal(
                branched[mask], on_device[:, 1:][mask]
            )
        return [found[row, :n] for row, n in enumerate(n_tokens)]

    def _first_bits(self, positions: npt.NDArray[np.int64], ids: npt.NDArray[np.int64]) -> Bits:
        """What one token costs at each position; each position is looked at once."""
        places, rows = np.unique(positions, return_inverse=True)
        table = self.expectations(places.tolist())
        res: Bits = np.maximum(table[rows, ids], 0.0)
        return res


class ReadingScores:
    """The bits of a reading, computed when they are looked at."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self.tokens = reading, reading.tokens

    @property
    def surprisal_bits(self) -> LazyBits:
        return LazyBits(self._reading)

    @property
    def entropy_bits(self) -> Bits:
        return self._reading.entropy_bits()


class LazyBits:
    """A row of bits of which slices without a step can be had for the price of reading so far."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def __len__(self) -> int:
        return len(self._reading.sequence) - 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice) and index.step is None:
            first, last, _ = index.indices(len(self))
            return self._reading.bits(first, last)
        if isinstance(index, int) and 0 <= index < len(self):
            return self._reading.bits(index, index + 1)[0]
        return self._reading.bits(0, len(self))[index]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self._reading.bits(0, len(self)), dtype=dtype)


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


def _n_common(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> int:
    """How many ids two sequences share at their beginning."""
    shorter = min(len(one), len(other))
    differ = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(differ[0]) if len(differ) else shorter


def _affordable(readings: list[Reading]) -> list[Reading]:
    """As many of these, from the first on, as may be kept; what they share counts once."""
    seen: set[int] = set()
    n_bytes = 0
    for n_kept, reading in enumerate(readings[:_RECENT]):
        for piece in reading.pieces:
            n_bytes += 0 if id(piece.trace) in seen else piece.n_bytes
            seen.add(id(piece.trace))
        if n_bytes > _RECENT_BYTES and n_kept:
            return readings[:n_kept]
    return readings[:_RECENT]


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
