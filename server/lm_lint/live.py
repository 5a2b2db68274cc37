"""The bits of an open document, kept up to date while it is edited.

A text is a row of positions: position p stands before token p, and the last one before the end. Its bits take a reading
of everything before it, and what was read last is nearly always still true but for a few tokens. So the positions are
kept as stretches (stretches.py), each of one reading, and the bits behind an edit stay as an estimate. `need` reads
from a checkpoint before the edit until the bits that come out are those that were there; `settle` goes on, slice by
slice, until the whole text is one reading from its start.

This module knows no lines, no repairs and no editors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.activations import Floats, of_trace
from lm_lint.cells import Cell
from lm_lint.checkpoints import FOCUS_TOKENS, SPACING, Checkpoints, Light, equal, spacing_at
from lm_lint.errors import Abandoned
from lm_lint.reading import Bits, Ids
from lm_lint.shape import NetworkConfig
from lm_lint.states import State, Trace
from lm_lint.stretches import FAR_TOKENS, Stretch, Stretches
from lm_lint.text import Edit, Language
from lm_lint.text_scorer import TextScorer
from lm_lint.tokens import Tokens

_EDIT_CHUNK = 128  # tokens read at once beyond an edit, before asking whether old and new have met

_MEETS_BITS = 0.15  # new and old have met where no bits differ by more ...
_MEETS_TOKENS = 64  # ... for so long
_RUN_UP_TOKENS = 512  # what is read before a place that is far from any checkpoint

_LIGHT_BYTES = 1 << 20  # light checkpoints of one document, and so much more for each token
_LIGHT_BYTES_PER_TOKEN = 40
_MOST_FULL = 3
# The full checkpoint of the place being typed stands so far before it: people also delete.
_BEHIND_FOCUS = 24
_RESTING = 16  # light checkpoints of a document at rest


def _never() -> bool:
    return False


class LiveScores:
    """One open document's bits. Nothing is read before it is asked for.

    text            what was scored, in normal form
    tokens          its T tokens
    surprisal_bits  (T + 1,) float32, as in `Scores`; NaN where nothing was read yet
    entropy_bits    (T + 1,) float32
    n_scored        tokens that went through the network since the document was opened

    Memory: the text, 21 bytes a token, light checkpoints of 1 MiB and 40 bytes a token at most
    (but eight at least), and three full ones (one where all is settled), which take 270 kB each with the
    small model in bfloat16.
    """

    def __init__(self, scorer: TextScorer, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.tokens: Tokens = scorer.tokenizer.encode(text)
        n_positions = len(self.tokens) + 1
        self.surprisal_bits: Bits = np.full(n_positions, np.nan, dtype=np.float32)
        self.entropy_bits: Bits = np.full(n_positions, np.nan, dtype=np.float32)
        self.n_scored = 0
        self._scorer = scorer
        self._stretches = Stretches(n_positions)
        self._checkpoints = self._no_checkpoints()
        self._focus = 0  # the first token of the last edit

    # --- What is asked ----------------------------------------------------------------------------------------------

    @property
    def known(self) -> npt.NDArray[np.int8]:
        """(T + 1,) EXACT, STALE (about right: something further up changed since) or UNKNOWN."""
        return self._stretches.known()

    @property
    def is_settled(self) -> bool:
        return self._stretches.n_exact == self._n_positions

    @property
    def config(self) -> NetworkConfig:
        """The shape of the network that reads it."""
        return self._scorer.config

    @property
    def memory_bytes(self) -> int:
        arrays = (self.surprisal_bits, self.entropy_bits, self.tokens.ids, self.tokens.bounds)
        return (
            sum(array.nbytes for array in arrays)
            + sys.getsizeof(self.text)
            + self._checkpoints.n_bytes
        )

    def edit(self, edit: Edit) -> None:
        """The text after an edit, in offsets of the text before; the network is not asked."""
        recut = self._scorer.tokenizer.retokenize(self.text, self.tokens, edit)
        self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
        self.tokens = recut.tokens
        first, n_removed, n_added = recut[1:]
        if not n_removed and not n_added:
            return
        # The token behind the new ones follows another one than before: its bits are gone as well.
        gap = np.full(n_added + 1, np.nan, dtype=np.float32)
        tail = first + n_removed + 1
        self.surprisal_bits, self.entropy_bits = (
            np.concatenate((bits[:first], gap, bits[tail:]))
            for bits in (self.surprisal_bits, self.entropy_bits)
        )
        self._stretches.edit(first, tail, first + n_added + 1)
        self._checkpoints.edit(first, tail, n_added - n_removed)
        self._focus = first

    def need(self, start: int, end: int, abandoned: Callable[[], bool] = _never) -> None:
        """Read until the bits of the tokens that touch text[start:end] are about right.

        What changed more than a thousand tokens further up is left to `settle`. Raises Abandoned between
        chunks, and keeps what was done.
        """
        self._follow_device()
        bounds = self.tokens.bounds
        first = max(int(bounds.searchsorted(start, side="left")) - 1, 0)
        last = int(bounds.searchsorted(max(end, start + 1), side="left"))
        if end >= len(self.text):
            last = self._n_positions
        while (gap := self._stretches.gap(first, last)) is not None:
            if abandoned():
                raise Abandoned
            _take(self._scorer, [self._step_over(gap)])

    def settle(self, abandoned: Callable[[], bool] = _never) -> bool:
        """One slice of reading on from where all is exact; True once everything is.

        Then the bits are those of a fresh start. Raises Abandoned instead of starting.
        """
        return settle_many([self], abandoned)

    def expectation(self, position: int, k: int) -> tuple[tuple[str, float], ...]:
        """The k likeliest tokens at a position, as texts with their probabilities, likeliest first.

        The end of the document is the empty text.
        """
        assert 0 <= position < self._n_positions, f"position {position} of {self._n_positions}"
        self._follow_device()
        with self._scorer.device_trouble():
            start, state, _ = self._start(position)
            if start < position:
                state = self._read(start, position, state)
            features, _ = self._scorer.trace(self._ids(position, position + 1)[None], state)
            self.n_scored += 1
            ids, bits = self._scorer.likeliest(features[0], k)
        text_of = self._scorer.tokenizer.text_of
        pairs = zip(ids[0].tolist(), np.exp2(-bits[0]).tolist(), strict=True)
        return tuple((text_of(token_id), probability) for token_id, probability in pairs)

    def activations(
        self,
        first: int,
        last: int,
        cells: Sequence[Cell],
        abandoned: Callable[[], bool] = _never,
    ) -> Floats:
        """What cells hold after the tokens first to last. Returns (last - first, cells) float32.

        Nothing of it is kept. Far from what was read, about right: as if the text began a little before.
        Raises Abandoned between chunks.
        """
        assert 0 <= first <= last <= len(self.tokens), f"{first} to {last} of {len(self.tokens)}"
        self._follow_device()
        res = np.empty((last - first, len(cells)), dtype=np.float32)
        if first == last:
            return res
        with self._scorer.device_trouble():
            # The token is the one that the position behind it has read last.
            at, state, _ = self._start(first + 1)
            while at <= last:
                if abandoned():
                    raise Abandoned
                end = min(at + self._scorer.chunk_tokens, last + 1)
                _, trace = self._scorer.trace(self._ids(at, end)[None], state)
                state = trace.last()
                self.n_scored += end - at
                found = of_trace(trace, cells)[max(first + 1 - at, 0) :]
                if len(found):
                    res[end - 1 - first - len(found) : end - 1 - first] = found
                at = end
        return res

    def rest(self) -> None:
        """Give up most checkpoints: nobody has edited this document lately."""
        self._checkpoints.full.clear()
        spacing = max(SPACING, self._n_positions // _RESTING)
        self._checkpoints.thin(_RESTING, spacing, -FOCUS_TOKENS)

    # --- Where to read ----------------------------------------------------------------------------------------------

    @property
    def _n_positions(self) -> int:
        return len(self.tokens) + 1

    def _step_over(self, gap: int) -> _Step:
        """The next chunk of reading over a gap, and a little beyond."""
        start, state, is_cold = self._start(gap)
        stretch, end = self._stretches.holder(gap)
        if stretch.scored:
            end = gap
        end = min(end + _EDIT_CHUNK, start + self._scorer.chunk_tokens, self._n_positions)
        return _Step(self, start, end, state, is_cold)

    def _settling_step(self, n_tokens: int) -> _Step:
        start, state, _ = self._start(self._stretches.n_exact, exact=True)
        return _Step(self, start, min(start + n_tokens, self._n_positions), state)

    def _start(self, position: int, exact: bool = False) -> tuple[int, State[Any], bool]:
        """The cheapest place at or before a position to read from, the state there, and whether it is cold."""
        kept, scorer = self._checkpoints, self._scorer
        window = kept.n_windows * scorer.config.window
        at_full = kept.last_full(position)
        at_light = kept.last_light(position)
        start, cost = at_full, position - at_full
        if at_light and position - at_light + window < cost:
            start, cost = at_light, position - at_light + window
        if cost > FAR_TOKENS and not exact:
            return position, self._cold(position), True
        if start == 0:
            return 0, scorer.empty_state(1), False
        if start in kept.full:
            kept.full[start] = kept.full.pop(start)  # now the newest
            return start, kept.full[start], False
        return start, self._restored(start), False

    def _cold(self, position: int) -> State[Any]:
        """The state at a position, as if the text began a little before it."""
        start = position - _RUN_UP_TOKENS
        return self._read(start, position, self._scorer.empty_state(1), begins=True)

    def _restored(self, position: int) -> State[Any]:
        """The whole state at a light checkpoint.

        What a window holds follows from the layers below it. Reading from a light checkpoint a window further
        up, the first attention layer gets its window right and all layers above it go wrong; but those
        have their own states in the light checkpoint that is reached. Each attention layer takes one
        such step.
        """
        kept, window = self._checkpoints, self._scorer.config.window
        stops = [position]
        while len(stops) <= kept.n_windows and stops[-1] > 0:
            stops.append(kept.last_light(stops[-1] - window))
        stops.reverse()
        state = self._scorer.empty_state(1)
        if stops[0]:
            state.latest = self._scorer.on_device(self._ids(stops[0] - 1, stops[0]))
            state = kept.filled_in(stops[0], state)
        for start, end in pairwise(stops):
            state = kept.filled_in(end, self._read(start, end, state))
        return state

    def _read(self, start: int, end: int, state: State[Any], begins: bool = False) -> State[Any]:
        """The state at `end`, from that at `start`; nothing is kept."""
        n_chunk = self._scorer.chunk_tokens
        for chunk in range(start, end, n_chunk):
            ids = self._ids(chunk, min(chunk + n_chunk, end))
            if begins and chunk == start:
                ids[0] = self._scorer.tokenizer.tag(self.language)
            _, trace = self._scorer.trace(ids[None], state)
            state = trace.last()
            self.n_scored += len(ids)
        return state

    def _ids(self, start: int, end: int) -> Ids:
        """What the network reads before the positions start to end: of `TextScorer.sequence`."""
        tokenizer = self._scorer.tokenizer
        ids = np.empty(end - start, dtype=np.int64)
        inside = self.tokens.ids[max(start - 1, 0) : end - 1]
        low = 1 if start == 0 else 0
        ids[low : low + len(inside)] = inside
        if start == 0:
            ids[0] = tokenizer.tag(self.language)
        ids[low + len(inside) :] = tokenizer.end
        return ids

    def _follow_device(self) -> None:
        """States of a device that was given up are of no use."""
        if self._checkpoints.home != self._scorer.home:
            self._checkpoints = self._no_checkpoints()

    def _no_checkpoints(self) -> Checkpoints:
        scorer = self._scorer
        return Checkpoints(scorer.config, scorer.home, scorer.itemsize)

    # --- What was read ----------------------------------------------------------------------------------------------

    def _commit(
        self, step: _Step, found: Bits, expected: Bits, trace: Trace[Any], row: int
    ) -> None:
        """Take in what was read at the positions from step.start on.

        The device is asked for everything first, since it may fail.
        """
        start, end, kept = step.start, step.end, self._checkpoints
        is_new = step.is_cold or (start == 0 and not self._stretches.first.scored)
        is_again = not is_new and end <= self._stretches.holder(max(start - 1, 0))[1]
        old, _ = self._stretches.holder(end - 1)
        places = self._light_places(start, end)
        lights = kept.lights_of(trace, row, [place - start - 1 for place in places])
        full = self._full_of(step, trace, row)
        if not is_again:
            meeting = self._meeting(old, step, found, dict(zip(places, lights, strict=True)))
            self.surprisal_bits[start:end] = found
            self.entropy_bits[start:end] = expected
            self._stretches.splice(start, end, is_new, meeting)
        kept.replace(start, end, places, lights)
        if old.start == start:
            kept.full.pop(start, None)  # it has served; the one at `end` takes its place
        # Where all is settled nobody goes on from the end of what was read.
        kept.add_full(full, self._focus, 1 if self.is_settled else _MOST_FULL)
        spacing, most = self._spacing()
        kept.thin(most, spacing, self._focus)

    def _meeting(self, old: Stretch, step: _Step, found: Bits, lights: dict[int, Light]) -> Stretch:
        """The stretch that was read over, with what is now known of how it meets the new reading."""
        if not old.scored:
            return replace(old, met=False)
        low = max(step.start, old.start)
        before = self.surprisal_bits[low : step.end]
        apart = np.flatnonzero(~(np.abs(found[low - step.start :] - before) < _MEETS_BITS))
        n_agreed = len(before) - 1 - int(apart[-1]) if len(apart) else len(before)
        if not len(apart) and old.start == step.start:
            n_agreed += old.n_agreed
        kept = self._checkpoints
        reach = self._scorer.config.window * kept.n_windows
        equal_from, is_equal = old.equal_from, False
        for position in sorted(lights):
            light = kept.light_at(position)
            if light is None or position <= low:
                continue
            if not equal(light, lights[position]):
                equal_from = None
                continue
            equal_from = position if equal_from is None else equal_from
            # The states agree but for the windows, which follow from states a window further up.
            is_equal = is_equal or position - equal_from >= reach
        return replace(
            old,
            met=n_agreed >= _MEETS_TOKENS,
            n_agreed=n_agreed,
            equal_from=equal_from,
            is_equal=is_equal,
        )

    def _light_places(self, start: int, end: int) -> list[int]:
        """Where light checkpoints shall be between two positions: where some are, and in gaps."""
        kept = self._checkpoints
        end = min(end, self._n_positions - 1)
        wide, _ = self._spacing()
        res: list[int] = []
        latest = kept.last_light(start)
        for place in [*kept.places_between(start, end), end + 1]:
            spacing = spacing_at(latest, wide, self._focus)
            latest = max(latest, start + 1 - spacing)
            # None is put just before one that is there.
            while place - latest > (spacing if place > end else spacing * 3 // 2):
                latest += spacing
                res.append(latest)
            if place <= end:
                res.append(place)
                latest = place
        return res

    def _full_of(self, step: _Step, trace: Trace[Any], row: int) -> dict[int, State[Any]]:
        """The states to keep: one before the place being typed, and where the reading stopped, to go on from."""
        res: dict[int, State[Any]] = {}
        anchor = self._focus - _BEHIND_FOCUS
        wanted = [step.end] if step.end < self._n_positions else []
        if anchor - SPACING <= step.start <= self._focus and step.start and not step.is_cold:
            res[step.start] = step.state
        elif step.start < anchor < step.end:
            wanted.insert(0, anchor)
        for place in wanted:
            at = np.array([place - step.start - 1])
            res[place] = trace.state(np.array([row]), at)
        return res

    def _spacing(self) -> tuple[int, int]:
        """Tokens between light checkpoints far from the last edit, and how many there may be."""
        budget = _LIGHT_BYTES + _LIGHT_BYTES_PER_TOKEN * len(self.tokens)
        most = max(8, budget // self._checkpoints.light_bytes)
        spacing = SPACING
        while len(self.tokens) > spacing * most * 3 // 4:
            spacing *= 2
        return spacing, most


def settle_many(live: Sequence[LiveScores], abandoned: Callable[[], bool] = _never) -> bool:
    """One slice of settling for documents of one scorer, in one batch; True once all are settled.

    Where there are more documents than a slice is good for, the first ones come first.
    """
    waiting = [one for one in live if not one.is_settled]
    if not waiting:
        return True
    if abandoned():
        raise Abandoned
    scorer = waiting[0]._scorer
    n_tokens = scorer.slice_tokens
    chosen = waiting[: max(1, n_tokens // SPACING)]
    for one in chosen:
        one._follow_device()
    each = min(n_tokens // len(chosen), scorer.chunk_tokens)
    _take(scorer, [one._settling_step(each) for one in chosen])
    return all(one.is_settled for one in live)


@dataclass
class _Step:
    """Positions start to end of one document are to be read from a state; cold: that did not see all before."""

    live: LiveScores
    start: int
    end: int
    state: State[Any]
    is_cold: bool = False


def _take(scorer: TextScorer, steps: Sequence[_Step]) -> None:
    """Read the steps as rows of one batch. The documents change only after all has gone well."""
    lengths = [step.end - step.start for step in steps]
    ids = np.zeros((len(steps), max(lengths) + 1), dtype=np.int64)
    for row, step in enumerate(steps):
        ids[row, : lengths[row] + 1] = step.live._ids(step.start, step.end + 1)
    inside = np.arange(max(lengths)) < np.array(lengths)[:, None]
    with scorer.device_trouble():
        features, trace = scorer.trace(ids[:, :-1], State.cat([step.state for step in steps]))
        features = features[inside]
        found, expected = scorer.both(features, ids[:, 1:][inside])
        at = 0
        for row, (step, length) in enumerate(zip(steps, lengths, strict=True)):
            step.live.n_scored += length
            span = slice(at, at + length)
            step.live._commit(step, found[span], expected[span], trace, row)
            at += length
