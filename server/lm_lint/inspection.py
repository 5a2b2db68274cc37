"""A text as cells of the network see it: which cells are looked at, and what each holds after every token.

Plain data for those who show it. It knows no colours and no editors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lm_lint import activations, cells
from lm_lint.cells import Cell, KnownCell, Property
from lm_lint.errors import CellUnknown
from lm_lint.normal import NormalText
from lm_lint.shape import NetworkConfig
from lm_lint.text import Language
from lm_lint.text_scorer import TextScorer
from lm_lint.tokens import Bounds

Floats = npt.NDArray[np.float32]

_SPREAD = 0.99  # this share of a cell's values is within its spread, where the file of cells does not name one


@dataclass(frozen=True)
class Look:
    """How to look at one cell; `known` where it was found to follow something.

    A value is shaded by how far it is from the middle: 1 is a spread above it, or below where the sign is -1.
    Where the spread is 0 it is not known yet; see fitted_to.
    """

    cell: Cell
    middle: float = 0.0
    spread: float = 0.0
    sign: int = 1
    known: KnownCell | None = None

    @classmethod
    def of(cls, known: KnownCell) -> Look:
        return cls(known.cell, known.middle, known.spread, known.sign, known)

    def fitted_to(self, values: Floats) -> Look:
        """With a spread: where none is known, that of these values, (T,)."""
        return self if self.spread else replace(self, spread=spread_of(values))

    def shades(self, values: Floats) -> Floats:
        """(T,) values -> (T,) float32; warm is positive, and beyond 1 is rare."""
        res: Floats = (values - np.float32(self.middle)) * np.float32(self.sign / self.spread)
        return res


@dataclass(frozen=True)
class Inspection:
    """One text and some cells.

    text    in normal form
    bounds  (T+1,) int64, token t is text[bounds[t]:bounds[t+1]]
    places  (T+1,) int64, the same in offsets of the file's own text
    values  (T, looks) float32, what each cell holds after each token
    """

    name: str
    language: Language
    model: str
    text: str
    bounds: Bounds
    places: Bounds
    looks: tuple[Look, ...]
    values: Floats

    def shades(self, idx: int) -> Floats:
        """(T,) float32 of one of the looks."""
        return self.looks[idx].shades(self.values[:, idx])


def inspect(
    scorer: TextScorer,
    name: str,
    model: str,
    text: str,
    language: Language,
    wanted: Sequence[KnownCell | Cell],
) -> Inspection:
    """Read a text and keep what these cells hold. Raises CellUnknown."""
    normal = NormalText.of(text)
    shown = [each if isinstance(each, Cell) else each.cell for each in wanted]
    values = activations.of_text(scorer, normal.text, language, shown)
    bounds = scorer.tokenizer.encode(normal.text).bounds
    looks = tuple(
        (Look(each) if isinstance(each, Cell) else Look.of(each)).fitted_to(values[:, idx])
        for idx, each in enumerate(wanted)
    )
    places = normal.original_offsets(bounds)
    return Inspection(name, language, model, normal.text, bounds, places, looks, values)


def look_at(
    known: tuple[KnownCell, ...],
    language: Language,
    wanted: Cell | Property | None,
    config: NetworkConfig,
) -> Look:
    """How to look at a cell, or at the best one for a property; None: for the first of the language.

    Raises CellUnknown.
    """
    if isinstance(wanted, Cell):
        activations.check([wanted], config)
        own = [each for each in known if (each.cell, each.language) == (wanted, language)]
        return Look.of(own[0]) if own else Look(wanted)
    best = cells.chosen(known, language, wanted)
    if best is None:
        raise CellUnknown(
            "nobody has looked yet which cells of this model follow what; `python -m models cells MODEL` finds "
            "them, in a checkout of lm-lint. Any cell can be named as LAYER:UNIT"
        )
    return Look.of(best)


def spread_of(values: Floats) -> float:
    """How far from nothing most values are. (T,) -> more than 0."""
    found = float(np.quantile(np.abs(values), _SPREAD)) if len(values) else 0.0
    return found if found > 0 else 1.0
