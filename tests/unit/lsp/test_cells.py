"""What a cell holds on its way to heat maps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from lm_lint.cells import Cell, KnownCell
from lm_lint.documents import CellHeat, TokenHeat
from lm_lint.inspection import Look
from lm_lint.lsp.cells import Request, answer, request_of
from lm_lint.text import Encoding
from tests.snapshots import URI, snapshot_of

KNOWN = KnownCell(Cell(2, 7), "string", "c", -1, 0.5, 2.0, "AUC", 0.9)
OTHER = KnownCell(Cell(0, 1), "depth", "c", 1, 0.0, 1.0, "R2", 0.4)
TOKENS = [TokenHeat(0, 3, 1.23456, -0.36728), TokenHeat(3, 4, -0.5, 0.5)]


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", 6), ("utf-16", 4), ("utf-32", 3)])
def test_the_lists_have_an_entry_for_each_token(encoding: Encoding, end: int) -> None:
    snapshot = snapshot_of('f"🙂\n', encoding=encoding)
    found = answer(snapshot, CellHeat(Look.of(KNOWN), TOKENS, (KNOWN, OTHER)))
    assert found["version"] == 3
    assert found["ranges"] == [0, 0, 0, end, 0, end, 1, 0]
    assert found["kinds"] == [0, 2]
    assert found["values"] == [1.235, -0.5]
    assert found["shades"] == [-0.37, 0.5]
    cell = {"layer": 2, "unit": 7, "property": "string", "measure": "AUC", "score": 0.9}
    assert found["cell"] == cell | {"middle": 0.5, "spread": 2.0, "sign": -1}
    assert [each["property"] for each in found["cells"]] == ["string", "depth"]
    assert found["cells"][0] == cell
    assert json.loads(json.dumps(found)) == found


def test_a_cell_of_which_nothing_is_known() -> None:
    found = answer(snapshot_of("x"), CellHeat(Look(Cell(1, 2), 0.0, 3.0), [], ()))
    assert found["cell"]["property"] is None
    assert (found["ranges"], found["shades"], found["cells"]) == ([], [], [])


ABOUT = {"textDocument": {"uri": URI}}


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({}, None),
        ({"property": "depth"}, "depth"),
        ({"cell": {"layer": 2, "unit": 7}}, Cell(2, 7)),
        ({"cell": {"layer": 2, "unit": 7}, "property": "depth"}, Cell(2, 7)),
    ],
)
def test_params(more: dict[str, Any], wanted: Any) -> None:
    assert request_of(ABOUT | more) == Request(URI, None, wanted)


@pytest.mark.parametrize(
    "more",
    [
        {"property": "beauty"},
        {"property": 1},
        {"property": ["depth"]},
        {"cell": 5},
        {"cell": {"layer": 2}},
        {"cell": {"layer": -1, "unit": 0}},
        {"cell": {"layer": True, "unit": 0}},
        {"cell": {"layer": "2", "unit": "7"}},
    ],
)
def test_params_that_make_no_sense(more: dict[str, Any]) -> None:
    with pytest.raises(JsonRpcInvalidParams):
        request_of(ABOUT | more)
