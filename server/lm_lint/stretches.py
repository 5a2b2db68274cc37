"""The positions of a text as stretches, each of which was read in one go or not at all.

An edit cuts a stretch in two with a gap between; a reading over the gap swallows what it goes over, and all that
follows where it comes to the state that was there. What is read, and what comes of it, is not known here.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

# What `Stretches.known` says of a position.
UNKNOWN, STALE, EXACT = 0, 1, 2

FADES_TOKENS = 1024  # an edit further up than this is not felt
FAR_TOKENS = (
    4096  # a wanted place so far from any reading is read without most of what stands before it
)


@dataclass(frozen=True)
class Stretch:
    """Positions from `start` to the next stretch, whose bits came from one reading.

    scored      False: they have not been read
    met         the reading before ended about as this one began
    n_agreed    how many positions just before `start` got new bits like those that this reading had given
    equal_from  the first of the checkpoints before `start`, all since then, where both readings had one state
    is_equal    both readings have one state: what follows is as if read in one go
    """

    start: int
    scored: bool = False
    met: bool = False
    n_agreed: int = 0
    equal_from: int | None = None
    is_equal: bool = False


class Stretches:
    """The stretches of n positions, in order. The first one starts at 0, and if it was read, then from the start of
    the text."""

    def __init__(self, n_positions: int) -> None:
        self.n_positions = n_positions
        self._stretches = [Stretch(0)]

    @property
    def first(self) -> Stretch:
        return self._stretches[0]

    @property
    def n_exact(self) -> int:
        """Positions from the start that were read in one go."""
        return self._end_of(0) if self.first.scored else 0

    def known(self) -> npt.NDArray[np.int8]:
        """(positions,) EXACT, STALE (about right: something further up changed since) or UNKNOWN."""
        res = np.full(self.n_positions, UNKNOWN, dtype=np.int8)
        for idx, stretch in enumerate(self._stretches):
            if stretch.scored:
                res[stretch.start : self._end_of(idx)] = EXACT if idx == 0 else STALE
        return res

    def holder(self, position: int) -> tuple[Stretch, int]:
        """The stretch that holds a position, and where that ends."""
        idx = self._index(position)
        return self._stretches[idx], self._end_of(idx)

    def gap(self, first: int, last: int) -> int | None:
        """Where to read for the positions first to last; None where all is about right."""
        idx, stretches = self._index(first), self._stretches
        felt = first - FADES_TOKENS
        while idx > 0 and not stretches[idx].met and stretches[idx].start > felt:
            idx -= 1
        for here, stretch in enumerate(stretches[idx:], idx):
            if stretch.start >= last:
                break
            if stretch.met or (
                stretch.start < felt and (stretch.scored or self._end_of(here) < felt)
            ):
                continue
            return stretch.start if first - stretch.start <= FAR_TOKENS else first
        return None

    def edit(self, first: int, tail: int, new_tail: int) -> None:
        """The positions first to tail give way to unread ones, up to new_tail."""
        self.n_positions += new_tail - tail
        res = [stretch for stretch in self._stretches if stretch.start < first]
        res.append(Stretch(first))
        holder = [stretch for stretch in self._stretches if stretch.start <= tail][-1]
        res.append(Stretch(new_tail, holder.scored))
        for stretch in self._stretches:
            if stretch.start > tail:
                moved = stretch.start + new_tail - tail
                res.append(replace(stretch, start=moved, n_agreed=0, equal_from=None))
        # Neighbours that were not read are one, and none begins behind the last position.
        self._stretches = [
            stretch
            for idx, stretch in enumerate(res)
            if (idx == 0 or stretch.scored or res[idx - 1].scored)
            and stretch.start < self.n_positions
        ]

    def splice(self, start: int, end: int, is_new: bool, meeting: Stretch) -> None:
        """Let a reading of the positions start to end swallow what it went over, and all that follows from an
        equal state.

        is_new   it goes on from no other reading
        meeting  the stretch that holds the last of the positions, with how it meets the reading
        """
        stop = self.holder(end - 1)[1] if meeting.is_equal else end
        before = [stretch for stretch in self._stretches if stretch.start < start]
        if start == 0 and not is_new:
            before = self._stretches[:1]
        if is_new:
            before.append(Stretch(start, scored=True, met=True))
        after = [stretch for stretch in self._stretches if stretch.start >= stop]
        if stop < self.n_positions and (not after or after[0].start > stop):
            after.insert(0, replace(meeting, start=stop))
        elif after and not meeting.is_equal:
            met = after[0].met and meeting.met
            after[0] = replace(after[0], met=met, n_agreed=0, equal_from=None)
        self._stretches = before + after

    def _end_of(self, idx: int) -> int:
        behind = self._stretches[idx + 1 :]
        return behind[0].start if behind else self.n_positions

    def _index(self, position: int) -> int:
        return bisect_right(self._stretches, position, key=lambda stretch: stretch.start) - 1
