"""The form of a text that the model was trained to read, and the way back to the text's own offsets."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lm_lint.findings import Finding, Repair

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


_CRLF = re.compile("\r\n")


@dataclass(frozen=True)
class NormalText:
    """A text as the model was trained to read it, and the way back to its own offsets.

    The byte order mark is left out, every line break is one LF, and what the caller names is left out.

    text     the normal form
    n_bom    1 when a byte order mark was left out, else 0
    dropped  offsets in the normal form at which something else was left out, increasing
    n_chars  how many characters of it lie before each of these places, and at last how many in all
    newline  what a line break is in this text
    is_text  whether the normal form is the text itself
    """

    text: str
    n_bom: int
    dropped: tuple[int, ...]
    n_chars: tuple[int, ...]
    newline: str
    is_text: bool

    @classmethod
    def of(cls, text: str, left_out: Sequence[tuple[int, int]] = ()) -> NormalText:
        """left_out   spans of the text in order, apart, and without line breaks"""
        n_bom = int(text.startswith("\ufeff"))
        text = text[n_bom:]
        spans = [(start - n_bom, end - n_bom) for start, end in left_out]
        newline, is_text = "\n", not (n_bom or spans or "\r" in text)
        if "\r" in text:
            spans = sorted([*spans, *((m.start(), m.start() + 1) for m in _CRLF.finditer(text))])
            first = re.search("\r\n|\r|\n", text)
            assert first is not None
            newline = first[0]
        kept: list[str] = []
        dropped: list[int] = []
        n_chars = [0]
        at = 0
        for start, end in spans:
            kept.append(text[at:start])
            dropped.append(start - n_chars[-1])
            n_chars.append(n_chars[-1] + end - start)
            at = end
        normal = "".join([*kept, text[at:]]).replace("\r", "\n")
        return cls(normal, n_bom, tuple(dropped), tuple(n_chars), newline, is_text)

    def original_offset(self, offset: int) -> int:
        """A place where something was left out is the place before it: an LF that was CRLF starts at the CR."""
        return offset + self.n_bom + self.n_chars[bisect_left(self.dropped, offset)]

    def original_offsets(self, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The same for a row of offsets."""
        import numpy as np

        if not self.dropped:
            return offsets + self.n_bom
        idx = np.searchsorted(np.array(self.dropped), offsets, side="left")
        res: npt.NDArray[np.int64] = offsets + self.n_bom + np.array(self.n_chars)[idx]
        return res

    def normal_offset(self, offset: int) -> int:
        """The place in the normal form of an offset in the text."""
        offset = max(offset - self.n_bom, 0)
        # dropped[i] + n_chars[i] is where what was left out stands in the text without its mark.
        places = range(len(self.dropped))
        n = bisect_left(places, offset, key=lambda i: self.dropped[i] + self.n_chars[i])
        # An offset inside what was left out is the place of it.
        return max(offset - self.n_chars[n], self.dropped[n - 1] if n else 0)

    def restored(self, finding: Finding) -> Finding:
        """The finding in the offsets, and its repairs with the line breaks, of the original."""
        place = self.original_offset
        repairs = tuple(
            Repair(
                place(repair.start),
                place(repair.end),
                repair.text.replace("\n", self.newline),
                repair.confidence,
            )
            for repair in finding.repairs
        )
        return dataclasses.replace(
            finding, start=place(finding.start), end=place(finding.end), repairs=repairs
        )
