"""Where the reading of a document can go on: states of the network, by the position they stand before.

A checkpoint is light or full. A full one is a whole state, most of which is the windows of the attention layers. A light
one leaves the windows out, for a twentieth of the memory; whoever reads on from it rebuilds them by reading a window's
length from another one before. This module knows no text and does no reading.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from typing import Any, NamedTuple

import numpy as np

from lm_lint.shape import NetworkConfig
from lm_lint.states import State, Trace, copied, reach, stack

SPACING = 64  # tokens between light checkpoints, at best
FOCUS_TOKENS = 1024  # within so many tokens of the last edit they stand closer
_CLOSER = 8


def spacing_at(position: int, spacing: int, focus: int) -> int:
    """Tokens between light checkpoints at a position, where there are `spacing` far from the last edit."""
    near = abs(position - focus) <= FOCUS_TOKENS
    return max(SPACING, spacing // _CLOSER) if near else spacing


class Light(NamedTuple):
    """What the R recurrences remember: h (R, D) float32, and the inputs of their convolutions (R, kept, D)."""

    h: Any
    inputs: Any


class Checkpoints:
    """States of one document's reading, by position: what the network remembers before it reads on there."""

    def __init__(self, config: NetworkConfig, home: Hashable, itemsize: int) -> None:
        """home: where the states are, and of which type; itemsize: bytes of a number of that type."""
        self.home = home
        self._attention = frozenset(config.attention_layers)
        self._recurrent = [i for i in range(config.n_layers) if i not in self._attention]
        self._kept = config.conv_width - 1
        self.n_windows = len(self._attention)
        per_layer = config.width * (4 + self._kept * itemsize)
        self.light_bytes = (
            len(self._recurrent) * per_layer + 1024
        )  # the objects weigh something too
        self._places: list[int] = []
        self._lights: list[Light] = []
        self.full: dict[int, State[Any]] = {}  # the oldest first

    @property
    def n_bytes(self) -> int:
        arrays = [array for state in self.full.values() for pair in state.layers for array in pair]
        n_full: int = sum(array.nbytes for array in arrays)
        return len(self._lights) * self.light_bytes + n_full

    def last_full(self, position: int) -> int:
        """The last full checkpoint up to a position; 0, the start of the text, is always one."""
        return max((place for place in self.full if place <= position), default=0)

    def last_light(self, position: int) -> int:
        idx = bisect_right(self._places, position) - 1
        return self._places[idx] if idx >= 0 else 0

    def light_at(self, position: int) -> Light | None:
        idx = bisect_left(self._places, position)
        found = idx < len(self._places) and self._places[idx] == position
        return self._lights[idx] if found else None

    def places_between(self, start: int, end: int) -> list[int]:
        """The light checkpoints behind `start`, up to `end`."""
        return self._places[bisect_right(self._places, start) : bisect_right(self._places, end)]

    def edit(self, first: int, tail: int, shift: int) -> None:
        """Drop what stood at the changed positions, and move what stood behind them.

        A state right at `tail` has read the last of the changed tokens.
        """
        pairs = [
            (place if place <= first else place + shift, light)
            for place, light in zip(self._places, self._lights, strict=True)
            if place <= first or place > tail
        ]
        self._places = [place for place, _ in pairs]
        self._lights = [light for _, light in pairs]
        self.full = {
            place if place <= first else place + shift: state
            for place, state in self.full.items()
            if place <= first or place > tail
        }

    def replace(self, start: int, end: int, places: list[int], lights: list[Light]) -> None:
        """Other checkpoints in the place of those behind `start`, up to `end`."""
        span = slice(bisect_right(self._places, start), bisect_right(self._places, end))
        self._places[span] = places
        self._lights[span] = lights
        for place in [place for place in self.full if start < place <= end]:
            del self.full[place]

    def add_full(self, states: dict[int, State[Any]], focus: int, most: int) -> None:
        """Keep these, and give up the oldest, but never the one before the place being typed."""
        for place, state in states.items():
            self.full.pop(place, None)
            self.full[place] = state
        spared = self.last_full(focus)
        for place in [place for place in self.full if place != spared]:
            if len(self.full) > most:
                del self.full[place]

    def thin(self, most: int, spacing: int, focus: int) -> None:
        """Leave out light checkpoints that stand close to others until there are few enough."""
        while len(self._places) > most:
            latest, chosen = -spacing, []
            for idx, place in enumerate(self._places):
                if place - latest >= spacing_at(place, spacing, focus):
                    chosen.append(idx)
                    latest = place
            self._places = [self._places[idx] for idx in chosen]
            self._lights = [self._lights[idx] for idx in chosen]
            spacing *= 2

    def lights_of(self, trace: Trace[Any], row: int, at: list[int]) -> list[Light]:
        """What is remembered after some tokens of a pass."""
        if not at:
            return []
        after = np.array(at, dtype=np.int64)
        before = reach(after, self._kept)
        layers = [trace.layers[i] for i in self._recurrent]
        h = stack([first[row, after] for first, _ in layers], 1)  # (N, R, D)
        inputs = stack([second[row, before] for _, second in layers], 1)
        # Each its own memory, so that each can be given up alone.
        return [Light(copied(h[i]), copied(inputs[i])) for i in range(len(at))]

    def filled_in(self, position: int, state: State[Any]) -> State[Any]:
        """The state at a light checkpoint, with the windows of another state."""
        light = self.light_at(position)
        assert light is not None, f"no checkpoint at {position}"
        layers = list(state.layers)
        for idx, layer in enumerate(self._recurrent):
            layers[layer] = (light.h[idx][None], light.inputs[idx][None])
        return State(state.since * 0 + position, state.latest, layers)


def equal(a: Light, b: Light) -> bool:
    """Whether two states are one but for rounding.

    Measured with the small model: reading in other chunks moves h by 3e-6 in float32 and by 0.03 to 0.07 in
    bfloat16, with inputs one step of bfloat16 apart. A difference of 2e-4 in h is one of 5e-5 bits.
    """
    most_h, most_inputs = (2e-4, 2e-4) if a.inputs.dtype.itemsize == 4 else (0.05, 0.07)
    h = float(abs(a.h - b.h).max())
    return h <= most_h and float(abs(a.inputs - b.inputs).max()) <= most_inputs
