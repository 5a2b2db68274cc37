"""One document as a model reads it: what was seen is kept, so that other texts can be priced from any place in it.

Position i stands before token i. Arrays of numpy go to what computes and come from it; features and traces are handed
back as they came, so it may be torch or numpy. This module knows neither of them, nor repairs, nor parsers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lm_lint.states import State, Trace, cat
from lm_lint.tokens import Tokens

Bits = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Features = Any  # (..., D), an array or a tensor: what a network's head reads

_BLOCK = 64  # tokens whose bits are computed together
_MOST_PIECES = 8  # of a reading that goes on from others
_NEAR = 512  # continuations in one batch leave the document within so many tokens


class Computes(Protocol):
    """What a reading asks of a scorer; see TextScorer."""

    chunk_tokens: int
    continuation_tokens: int

    def device_trouble(self) -> AbstractContextManager[None]: ...
    def trace(self, ids: Ids, state: State[Any] | None) -> tuple[Features, Trace[Any]]: ...
    def branch(self, document: Trace[Any], positions: Ids, ids: Ids) -> Features: ...
    def surprisal(self, features: Features, targets: Ids) -> Bits: ...
    def entropy(self, features: Features) -> Bits: ...
    def expectations(self, features: Features) -> Bits: ...
    def likeliest(self, features: Features, k: int) -> tuple[Ids, Bits]: ...


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
    features: Features
    trace: Trace[Any]

    @property
    def end(self) -> int:
        return self.start + self.n_tokens

    def part(self, start: int, end: int) -> tuple[Features, Trace[Any]]:
        """What is kept of tokens start to end of the document, without a copy."""
        first, last = start - self.start, end - self.start
        return self.features[first:last], self.trace.part(first, last)

    @property
    def n_bytes(self) -> int:
        layers = [array for layer in self.trace.layers for array in layer]
        return sum(array.nbytes for array in (self.features, *layers))


class Reading:
    """One document as the model reads it. Position i stands before token i; T is its end.

    The features and states at every position that was read stay in memory (about 10 kB a token
    for the small model), and `expectations` and `cost` answer what-ifs. What nobody asks for is
    never read: a document is read as far as the last position that was asked for, and a token's
    bits are computed with those around it.
    """

    def __init__(self, scorer: Computes, sequence: Ids, tokens: Tokens) -> None:
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
            self._pieces = [_Piece(0, n_tokens, *self._span(0, n_tokens))]

    def _read_to(self, end: int) -> None:
        """Read at least `end` tokens of the sequence."""
        n_all = len(self._bits)
        while (start := self.n_read) < end:
            # A little more than was asked for, for it is seldom all.
            stop = min(start + self.scorer.chunk_tokens, max(end + _BLOCK, start + 2 * _BLOCK))
            stop = n_all if n_all - stop < _BLOCK else stop
            state: State[Any] | None = None
            if self._pieces:
                state = self._pieces[-1].part(start - 1, start)[1].last()
            features, trace = self.scorer.trace(self.sequence[None, start:stop], state)
            self._pieces.append(_Piece(start, stop - start, features[0], trace))

    def _score(self, first: int, last: int) -> None:
        (missing,) = np.nonzero(~self._has_bits[first:last])
        rows = first + missing
        self._bits[rows] = self.scorer.surprisal(self._features(rows), self.sequence[rows + 1])
        self._has_bits[rows] = True

    def _span(self, first: int, last: int) -> tuple[Features, Trace[Any]]:
        """What is kept of tokens first to last; a copy only where they were read apart."""
        self._read_to(last)
        parts = [
            piece.part(max(first, piece.start), min(last, piece.end))
            for piece in self._pieces
            if piece.start < last and piece.end > first
        ]
        if len(parts) == 1:
            return parts[0]
        return cat([f for f, _ in parts]), Trace.joined([t for _, t in parts])

    def _features(self, positions: Ids) -> Features:
        """(N,) -> (N, D)."""
        self._read_to(int(positions.max(initial=-1)) + 1)
        borders = np.array([piece.start for piece in self._pieces])
        which = np.searchsorted(borders, positions, side="right") - 1
        parts: list[Features] = []
        order: list[Ids] = []
        # np.unique would import numpy.ma, which takes 10 ms.
        for piece_idx in sorted(set(which.tolist())):
            (rows,) = np.nonzero(which == piece_idx)
            piece = self._pieces[piece_idx]
            parts.append(piece.features[positions[rows] - piece.start])
            order.append(rows)
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return self._span(0, 1)[0][:0]
        back = np.argsort(np.concatenate(order), kind="stable")
        return cat(parts)[back]

    def likeliest(self, positions: Sequence[int], k: int) -> tuple[Ids, Bits]:
        """The k likeliest tokens at each position.

        positions  N positions in [0, T]
        returns    ids (N, k) int64 and their bits (N, k) float32, cheapest first
        """
        return self.scorer.likeliest(self._features(np.array(positions, dtype=np.int64)), k)

    def expectations(self, positions: Sequence[int]) -> Bits:
        """What every token of the vocabulary would cost at each position.

        positions  N positions in [0, T]
        returns    (N, V) float32 bits
        """
        return self.scorer.expectations(self._features(np.array(positions, dtype=np.int64)))

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
                <= self.scorer.continuation_tokens
            ):
                end += 1
            batch = order[start:end]
            with self.scorer.device_trouble():
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
            branched = self.scorer.branch(document, at - low, ids[:, :-1])
            mask = real[:, 1:]
            found[:, 1:][mask] = self.scorer.surprisal(branched[mask], ids[:, 1:][mask])
        return [found[row, :n] for row, n in enumerate(n_tokens)]

    def _first_bits(self, positions: Ids, ids: Ids) -> Bits:
        """What one token costs at each position; each position is looked at once."""
        places = sorted(set(positions.tolist()))
        table, rows = self.expectations(places), np.searchsorted(places, positions)
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


def _n_common(one: Ids, other: Ids) -> int:
    """How many ids two sequences share at their beginning."""
    shorter = min(len(one), len(other))
    differ = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(differ[0]) if len(differ) else shorter


def affordable(readings: list[Reading], most: int, most_bytes: int) -> list[Reading]:
    """As many of these, from the first on, as may be kept; what they share counts once."""
    seen: set[int] = set()
    n_bytes = 0
    for n_kept, reading in enumerate(readings[:most]):
        for piece in reading.pieces:
            n_bytes += 0 if id(piece.trace) in seen else piece.n_bytes
            seen.add(id(piece.trace))
        if n_bytes > most_bytes and n_kept:
            return readings[:n_kept]
    return readings[:most]
