"""The file of known cells: read, checked against the weights, chosen from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lm_lint import cells
from lm_lint.cells import IN_LANGUAGE, PROPERTIES, SAID, Cell, KnownCell
from lm_lint.cli import inspect
from lm_lint.errors import CellUnknown, ModelDamaged
from lm_lint.text import LANGUAGES

DEPTH = KnownCell(Cell(0, 7), "depth", "c", 1, 0.25, 1.5, "R2", 0.5)
SECOND = KnownCell(Cell(0, 8), "depth", "c", -1, 0.0, 2.0, "R2", 0.4)
STRING = KnownCell(Cell(0, 3), "string", "c", -1, 0.0, 0.5, "AUC", 0.9)
TAGS = KnownCell(Cell(0, 1), "open-tags", "html", 1, 0.0, 1.0, "R2", 0.3)
KNOWN = (STRING, DEPTH, SECOND, TAGS)


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    res = tmp_path / "tiny"
    shutil.copytree(tiny_folder, res)
    return res


def test_what_is_written_is_read(folder: Path) -> None:
    assert cells.load(folder) == ()
    cells.save(folder, KNOWN, {"seed": 3})
    assert cells.load(folder) == KNOWN
    assert json.loads((folder / "cells.json").read_text())["seed"] == 3


def test_cells_of_other_weights_are_refused(folder: Path) -> None:
    cells.save(folder, KNOWN, {})
    config = json.loads((folder / "config.json").read_text())
    config["sha256"]["model.safetensors"] = "0" * 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelDamaged, match="this one has 000000000000"):
        cells.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"cells": None},
        {"cells": [{}]},
        {"cells": [DEPTH.to_json() | {"spread": 0}]},
        {"cells": [DEPTH.to_json() | {"property": "beauty"}]},
        {"model_sha256": None},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(folder: Path, change: dict[str, Any]) -> None:
    cells.save(folder, KNOWN, {})
    path = folder / "cells.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelDamaged):
        cells.load(folder)
    path.write_text("{")
    with pytest.raises(ModelDamaged):
        cells.load(folder)


def test_the_best_cell_is_chosen() -> None:
    assert cells.chosen(KNOWN, "c", "depth") == DEPTH
    assert cells.chosen(KNOWN, "c", "string") == STRING
    assert cells.chosen(KNOWN, "c", None) == DEPTH, "the first property of the language"
    assert cells.chosen(KNOWN, "html", None) == TAGS
    assert cells.chosen((), "c", None) is None
    with pytest.raises(CellUnknown, match="no cell of this model follows comment in c"):
        cells.chosen(KNOWN, "c", "comment")
    with pytest.raises(CellUnknown, match="there is string, comment, line-length"):
        cells.chosen(KNOWN, "python", "depth")


def test_every_property_is_told_of() -> None:
    assert set(SAID) == set(PROPERTIES) == {p for own in IN_LANGUAGE.values() for p in own}
    assert set(IN_LANGUAGE) == set(LANGUAGES)
    (option,) = [each for each in inspect.inspect.params if each.name == "property_"]
    assert tuple(option.type.choices) == PROPERTIES  # type: ignore[attr-defined]


def test_the_name_of_a_cell() -> None:
    assert Cell.of("2:117") == Cell(2, 117)
    assert str(Cell(2, 117)) == "2:117"
    for word in ("", "2", "2:", ":1", "-1:2", "2:1:3", "a:b", "２:1"):
        with pytest.raises(ValueError, match="no cell"):
            Cell.of(word)
