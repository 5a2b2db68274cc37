"""Cells of the recurrence that follow something a person can see: how deep brackets are nested, what is a string.

They are found ahead of time (`python -m models cells`) and named in a file beside the weights, which says for which
weights that was. This module reads that file. It knows neither networks nor colours.

The idea is that of Karpathy, Johnson and Fei-Fei 2015, arXiv 1506.02078.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from lm_lint.errors import CellUnknown, ModelDamaged
from lm_lint.model_folder import CELLS, read_config
from lm_lint.text import LANGUAGES, Language

FORMAT = 1
Property = Literal["depth", "string", "comment", "open-tags", "line-length"]
PROPERTIES: tuple[Property, ...] = get_args(Property)
# What each property of a place in a text is, and in which languages there is one; the first of a language's is the
# one that is shown where none was asked for.
SAID: dict[Property, str] = {
    "depth": "how many brackets are open",
    "string": "inside a string",
    "comment": "inside a comment",
    "open-tags": "how many tags are open",
    "line-length": "how many characters the line has so far",
}
IN_LANGUAGE: dict[Language, tuple[Property, ...]] = {
    "c": ("depth", "string", "comment", "line-length"),
    "html": ("open-tags", "comment", "line-length"),
    "python": ("string", "comment", "line-length"),
}


class Cell(NamedTuple):
    """One number of a layer's state, both counted from 0."""

    layer: int
    unit: int

    def __str__(self) -> str:
        return f"{self.layer}:{self.unit}"

    @classmethod
    def of(cls, word: str) -> Cell:
        """LAYER:UNIT as a cell. Raises ValueError."""
        layer, colon, unit = word.partition(":")
        if not (colon and all(part.isascii() and part.isdigit() for part in (layer, unit))):
            raise ValueError(f"{word!r} is no cell; a layer and a unit were expected, as in 2:117")
        return cls(int(layer), int(unit))


@dataclass(frozen=True)
class KnownCell:
    """A cell that was found to follow a property in one language.

    sign     1 where the cell rises with the property, -1 where it falls
    middle   the value that says neither: the threshold of a yes or no, the mean of a number
    spread   how far from the middle 99 of 100 values are; more than 0
    measure  what `score` is: "AUC" or "R2", on text that had no part in the search
    """

    cell: Cell
    property: Property
    language: Language
    sign: int
    middle: float
    spread: float
    measure: str
    score: float

    def to_json(self) -> dict[str, Any]:
        return {
            "layer": self.cell.layer,
            "unit": self.cell.unit,
            "property": self.property,
            "language": self.language,
            "sign": self.sign,
            "middle": self.middle,
            "spread": self.spread,
            "measure": self.measure,
            "score": self.score,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> KnownCell:
        """Raises KeyError, TypeError, ValueError."""
        property_, language, spread = raw["property"], raw["language"], float(raw["spread"])
        if property_ not in PROPERTIES or language not in LANGUAGES or not spread > 0:
            raise ValueError(f"{property_!r} in {language!r} with a spread of {spread}")
        return cls(
            Cell(int(raw["layer"]), int(raw["unit"])),
            property_,
            language,
            -1 if raw["sign"] < 0 else 1,
            float(raw["middle"]),
            spread,
            str(raw["measure"]),
            float(raw["score"]),
        )


def load(folder: Path) -> tuple[KnownCell, ...]:
    """The cells that are known of a model, those of each property best first; none where nobody has looked for them.

    Raises ModelMissing, ModelDamaged.
    """
    path = folder / CELLS
    config = read_config(folder)
    if not path.is_file():
        return ()
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] != FORMAT:
            raise ValueError(f"format {FORMAT} was expected, {raw['format']} found")
        res = tuple(KnownCell.from_json(each) for each in raw["cells"])
        fitted_to = str(raw["model_sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged(f"{path} cannot be read: {error!r}. Install the model again.") from error
    expected = str(config.get("sha256", {}).get("model.safetensors"))
    if fitted_to != expected:
        raise ModelDamaged(
            f"{path} tells of the model with SHA-256 {fitted_to[:12]}…, and this one has {expected[:12]}…. "
            "Install the model again, or find its cells with `python -m models cells`."
        )
    return res


def save(folder: Path, known: tuple[KnownCell, ...], facts: dict[str, Any]) -> None:
    """Write the file of a folder; `facts` say how the cells were found. Raises ModelMissing, ModelDamaged."""
    raw = {
        "format": FORMAT,
        "model_sha256": read_config(folder)["sha256"]["model.safetensors"],
        **facts,
        "cells": [each.to_json() for each in known],
    }
    (folder / CELLS).write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")


def chosen(
    known: tuple[KnownCell, ...], language: Language, property_: Property | None
) -> KnownCell | None:
    """The best cell of a property, or of the first property of the language that has one.

    None where nobody has looked. Raises CellUnknown where the language has no such property, or it no cell.
    """
    wanted = IN_LANGUAGE[language] if property_ is None else (property_,)
    if property_ is not None and property_ not in IN_LANGUAGE[language]:
        raise CellUnknown(
            f"{property_} is nothing that cells were looked for in {language}; "
            f"there is {', '.join(IN_LANGUAGE[language])}"
        )
    own = [each for each in known if each.language == language and each.property in wanted]
    if own:
        return min(own, key=lambda each: wanted.index(each.property))
    if known:
        raise CellUnknown(f"no cell of this model follows {' or '.join(wanted)} in {language}")
    return None
