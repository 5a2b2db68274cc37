"""What a released folder tells of itself, for people who choose among models: sizes, hashes, how it was trained.

All of it is what the folder says. That the hashes are those of the files is for `release.read` to check.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lm_lint import model_folder
from lm_lint.errors import ModelDamaged
from lm_lint.model_folder import CARD, PARTS, RANKING
from lm_lint.shape import NetworkConfig

_MOST_CARD_CHARS = 1 << 18


@dataclass(frozen=True)
class Card:
    """A model as it presents itself.

    name           what config.json calls it; where it is installed it may have another name
    sha256         by file
    bits_per_byte  by language, where CARD.md has them
    rows           the head of CARD.md, a name and what is said of it
    is_calibrated  whether a ranking of repairs was fitted to it
    """

    name: str
    n_parameters: int
    weights_bytes: int
    sha256: dict[str, str]
    bits_per_byte: dict[str, float]
    rows: tuple[tuple[str, str], ...]
    is_calibrated: bool

    @property
    def bits_per_weight(self) -> float:
        """In the file, all in all: scales of integers count, too."""
        return 8 * self.weights_bytes / self.n_parameters

    @property
    def hash_prefix(self) -> str:
        return self.sha256[PARTS[0]][:12]


def read(folder: Path) -> Card:
    """Raises ModelMissing, ModelDamaged."""
    config = model_folder.check(folder)
    hashes = config.get("sha256")
    try:
        shape = NetworkConfig.from_dict(config["network"])
        problem = shape.problem()
        shapes = shape.parameters().values() if problem is None else ()
        sha256 = {part: str(hashes[part]) for part in PARTS}  # type: ignore[index]
    except (TypeError, ValueError, KeyError) as error:
        raise ModelDamaged(f"{folder}/config.json describes no network: {error}") from error
    if problem:
        raise ModelDamaged(f"{folder}/config.json describes no network: {problem}")
    text = _text(folder / CARD)
    return Card(
        name=str(config.get("name", folder.name)),
        n_parameters=sum(map(math.prod, shapes)),
        weights_bytes=(folder / PARTS[0]).stat().st_size,
        sha256=sha256,
        bits_per_byte=bits_per_byte(text),
        rows=tuple(_head(text)) or tuple(_training(config)),
        is_calibrated=(folder / RANKING).is_file(),
    )


def bits_per_byte(card: str) -> dict[str, float]:
    """By language, from the tables of a card, whose first row below the head is the model's."""
    lines = card.splitlines()
    res: dict[str, float] = {}
    for above, below in zip(lines, lines[2:], strict=False):
        cells, numbers = _cells(above), _cells(below)
        language, colon, _ = cells[0].partition(":") if cells else ("", "", "")
        if colon and "bits per byte" in cells and len(numbers) == len(cells):
            try:
                res[language] = float(numbers[cells.index("bits per byte")])
            except ValueError:
                continue
    return res


def _text(path: Path) -> str:
    """A card is for people: one that is missing or odd is no trouble."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MOST_CARD_CHARS)
    except OSError:
        return ""


def _head(card: str) -> Iterator[tuple[str, str]]:
    """The first table of a card, above its first section."""
    for line in card.split("\n## ", 1)[0].splitlines():
        cells = _cells(line)
        if len(cells) == 2 and cells[0].strip("-: "):
            yield cells[0], cells[1].strip("`")


def _training(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What config.json says, for a model without a card."""
    training = config.get("training")
    for key, value in training.items() if isinstance(training, dict) else ():
        yield str(key).replace("_", " "), f"{value:,}" if isinstance(value, int) else str(value)


def _cells(row: str) -> list[str]:
    row = row.strip()
    if not (row.startswith("|") and row.endswith("|")):
        return []
    return [cell.strip() for cell in row[1:-1].split("|")]
