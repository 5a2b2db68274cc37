"""The bits of tokens, as a page carries them: a few bytes a token, painted by the page when they come into view.

It knows tokens and lines; what they look like is for the page to say.
"""

from __future__ import annotations

from array import array
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from sys import byteorder
from typing import TYPE_CHECKING

from lm_lint.formats.visible import tamed

if TYPE_CHECKING:
    from lm_lint.documents import TokenBits

# Where one colour ends and the next begins, as in the editors' surprise view.
THRESHOLDS_BITS = (1, 2, 4, 6, 9, 13)
# A line is as warm as its tokens are on average, which is much less than the warmest of them.
_LINE_THRESHOLDS_BITS = (0.5, 1, 1.75, 2.75, 4, 6)
_END_OF_LINE = 0xFFFF
_PARTS_A_BIT = 64
Piece = tuple[int, int, float, float]


class Heat:
    """The tokens of one text by place; tokens that are pieces of one character are taken together."""

    def __init__(self, text: str, tokens: Sequence[TokenBits]) -> None:
        self._text = text
        self._pieces: list[Piece] = []
        bits = expected = 0.0
        for token in tokens:
            bits, expected = bits + token.surprisal_bits, expected + token.entropy_bits
            if token.end > token.start:
                self._pieces.append((token.start, token.end, bits, expected))
                bits = expected = 0.0
        self._starts = [piece[0] for piece in self._pieces]

    def packed(self, lines: Sequence[tuple[int, int]]) -> str:
        """For the lines at these spans: length in UTF-16, bits and expected bits of every token, as base64."""
        res = array("H")
        for start, end in lines:
            for low, high, bits, expected in self._within(start, end):
                res.extend((_units(self._text[low:high]), _parts(bits), _parts(expected)))
            res.extend((_END_OF_LINE, 0, 0))
        if byteorder == "big":
            res.byteswap()
        return b64encode(res.tobytes()).decode("ascii")

    def level(self, start: int, end: int) -> int:
        """How warm a line is on average, 0 where it says nothing."""
        bits = [
            bits for low, high, bits, _ in self._within(start, end) if self._text[low:high].strip()
        ]
        return bisect_right(_LINE_THRESHOLDS_BITS, sum(bits) / len(bits)) + 1 if bits else 0

    def _within(self, start: int, end: int) -> Iterator[Piece]:
        for idx in range(max(bisect_right(self._starts, start) - 1, 0), len(self._pieces)):
            low, high, bits, expected = self._pieces[idx]
            if low >= end:
                return
            if high > start:
                yield max(low, start), min(high, end), bits, expected


def _units(text: str) -> int:
    shown = tamed(text)
    return min(len(shown) + sum(character > "\uffff" for character in shown), _END_OF_LINE - 1)


def _parts(bits: float) -> int:
    return min(max(round(bits * _PARTS_A_BIT), 0), 0xFFFF)
