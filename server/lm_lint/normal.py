"""The form of a text that the model was trained to read, and the way back to the text's own offsets."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lm_lint.findings import Finding, Repair

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class NormalText:
    """A text as the model was trained to read it, and the way back to its own offsets.

    The byte order mark is left out and every line break is one LF.

    text     the normal form
    n_bom    1 when a byte order mark was left out, else 0
    dropped  offsets in the normal form of the LFs that lost a CR before them, increasing
    newline  what a line break is in this text
    """

    text: str
    n_bom: int
    dropped: tuple[int, ...]
    newline: str

    @property
    def is_text(self) -> bool:
        """Whether the normal form is the text itself."""
        return not self.n_bom and not self.dropped and self.newline == "\n"

    @classmethod
    def of(cls, text: str) -> NormalText:
        n_bom = int(text.startswith("\ufeff"))
        text = text[n_bom:]
        if "\r" not in text:
            return cls(text, n_bom, (), "\n")
        found = [match.start() for match in re.finditer("\r\n", text)]
        dropped = tuple(start - idx for idx, start in enumerate(found))
        first = re.search("\r\n|\r|\n", text)
        assert first is not None
        return cls(re.sub("\r\n?", "\n", text), n_bom, dropped, first[0])

    def original_offset(self, offset: int) -> int:
        """An LF that was CRLF is one place: its start is the CR, its end is behind the LF."""
        return offset + self.n_bom + bisect_left(self.dropped, offset)

    def original_offsets(self, offsets: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The same for a row of offsets."""
        import numpy as np

        if not self.dropped:
            return offsets + self.n_bom
        return offsets + self.n_bom + np.searchsorted(np.array(self.dropped), offsets, side="left")

    def normal_offset(self, offset: int) -> int:
        """The place in the normal form of an offset in the text."""
        offset = max(offset - self.n_bom, 0)
        # dropped[i] + i is where the CR stands in the text without its mark.
        n_before = bisect_left(range(len(self.dropped)), offset, key=lambda i: self.dropped[i] + i)
        return offset - n_before

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
