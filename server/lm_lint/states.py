"""What a network remembers: the state after one token, and the trace of a whole pass.

The same for both networks: an array is one of numpy (light.py) or a tensor of torch (model.py). It does not know
what computed them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np


class Array(Protocol):
    """What numpy's arrays and torch's tensors have in common, as far as it is used here."""

    @property
    def shape(self) -> Any: ...
    @property
    def nbytes(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...


A = TypeVar("A", bound=Array)


@dataclass
class State(Generic[A]):
    """What the network remembers after some token, for each row of a batch.

    since   (B,) int64, tokens since the document began, that token included; 0 before any
    latest  (B,) int64, the id of that token
    layers  one tuple per layer: a recurrence keeps its state (B, D) float32 and the last inputs
            of its convolution (B, conv_width - 1, D); an attention keeps its last keys and
            values (B, W, D), without rotation
    """

    since: A
    latest: A
    layers: list[tuple[A, A]]

    def rows(self, index: A) -> State[A]:
        """The states of some rows, which may repeat. index (N,) int64 -> N rows."""
        return State(
            self.since[index],
            self.latest[index],
            [(a[index], b[index]) for a, b in self.layers],
        )

    def detach(self) -> State[A]:
        """The same without the way it was computed; for tensors."""
        layers: Any = self.layers
        return State(self.since, self.latest, [(a.detach(), b.detach()) for a, b in layers])

    @staticmethod
    def cat(states: Sequence[State[A]]) -> State[A]:
        """One batch out of several, rows in order."""
        layers = [
            (cat([a for a, _ in parts]), cat([b for _, b in parts]))
            for parts in zip(*(state.layers for state in states), strict=True)
        ]
        since = cat([state.since for state in states])
        return State(since, cat([state.latest for state in states]), layers)


@dataclass
class Trace(Generic[A]):
    """The states after every token of one pass, kept as the sequences they are windows of."""

    since: A  # (B, T) int64
    ids: A  # (B, T) int64
    layers: list[tuple[A, A]]
    kept: list[int] = field(default_factory=list)  # tokens each second sequence reaches back

    def state(self, rows: Any, positions: Any) -> State[A]:
        """The states after given tokens.

        rows       (N,) int64, which row of the batch; of numpy, or like the trace's own
        positions  (N,) int64, which token of that row
        returns    a State of N rows
        """
        res: list[tuple[A, A]] = []
        for (first, second), kept in zip(self.layers, self.kept, strict=True):
            # Into sequences padded by `kept`.
            index = reach(positions, kept)  # (N, kept)
            gathered = second[rows[:, None], index]
            if first.shape[1] == self.since.shape[1]:
                res.append((first[rows, positions], gathered))
            else:
                res.append((first[rows[:, None], index], gathered))
        return State(self.since[rows, positions], self.ids[rows, positions], res)

    def part(self, start: int, end: int) -> Trace[A]:
        """The trace of tokens start to end alone, without a copy."""
        n_tokens = self.since.shape[1]
        layers = [
            (
                first[:, start : end + (kept if first.shape[1] != n_tokens else 0)],
                second[:, start : end + kept],
            )
            for (first, second), kept in zip(self.layers, self.kept, strict=True)
        ]
        return Trace(self.since[:, start:end], self.ids[:, start:end], layers, self.kept)

    @staticmethod
    def joined(traces: Sequence[Trace[A]]) -> Trace[A]:
        """One trace out of those of consecutive passes."""
        if len(traces) == 1:
            return traces[0]
        kept = traces[0].kept
        layers = []
        for which, parts in enumerate(zip(*(t.layers for t in traces), strict=True)):
            attends = parts[0][0].shape[1] != traces[0].since.shape[1]
            skip = kept[which]
            firsts = [a if i == 0 or not attends else a[:, skip:] for i, (a, _) in enumerate(parts)]
            seconds = [b if i == 0 else b[:, skip:] for i, (_, b) in enumerate(parts)]
            layers.append((cat(firsts, 1), cat(seconds, 1)))
        since = cat([t.since for t in traces], 1)
        return Trace(since, cat([t.ids for t in traces], 1), layers, kept)

    def last(self) -> State[A]:
        """The state after the last token, without a gather."""
        n_tokens = self.since.shape[1]
        res = [
            (
                first[:, -1] if first.shape[1] == n_tokens else first[:, -kept:],
                second[:, second.shape[1] - kept :],
            )
            for (first, second), kept in zip(self.layers, self.kept, strict=True)
        ]
        return State(self.since[:, -1], self.ids[:, -1], res)


def cat(parts: Sequence[A], axis: int = 0) -> A:
    """Arrays of one kind, one behind the other."""
    arrays: Any = parts
    res: A
    if isinstance(arrays[0], np.ndarray):
        res = np.concatenate(arrays, axis)  # type: ignore[assignment]
    else:
        import torch

        res = torch.cat(arrays, axis)  # type: ignore[assignment]
    return res


def stack(parts: Sequence[A], axis: int) -> A:
    """Arrays of one kind and shape, along a new axis."""
    arrays: Any = parts
    res: A
    if isinstance(arrays[0], np.ndarray):
        res = np.stack(arrays, axis)  # type: ignore[assignment]
    else:
        import torch

        res = torch.stack(arrays, axis)  # type: ignore[assignment]
    return res


def copied(array: A) -> A:
    """The same in memory of its own."""
    own: Any = array
    res: A = own.copy() if isinstance(own, np.ndarray) else own.clone()
    return res


def reach(positions: A, kept: int) -> A:
    """Where the last `kept` inputs up to each position stand, in sequences padded by `kept`.

    positions  (N,) int64, of numpy or on the device of the sequences
    returns    (N, kept) int64
    """
    at: Any = positions
    res: A
    if isinstance(at, np.ndarray):
        res = at[:, None] + np.arange(1, kept + 1)  # type: ignore[assignment]
    else:
        import torch

        res = at[:, None] + torch.arange(1, kept + 1, device=at.device)
    return res
