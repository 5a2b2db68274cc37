"""What cells hold: the judge steps through the text one token at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lm_lint import activations, inspection, light_scorer, weights
from lm_lint.cells import Cell, KnownCell
from lm_lint.errors import Abandoned, CellUnknown
from lm_lint.light_scorer import LightScorer
from lm_lint.live import LiveScores
from lm_lint.scorer import Scorer
from lm_lint.text import Edit, Language
from lm_lint.text_scorer import TextScorer
from tests.sources import SOURCES

CELLS = [Cell(0, 5), Cell(0, 31), Cell(0, 0)]
LONG = SOURCES["c"] * 8


@pytest.fixture(scope="module")
def light(tiny_folder: Path) -> LightScorer:
    return light_scorer.load(tiny_folder)


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(weights.load(tiny_folder, "cpu", torch.float32))


def stepwise(scorer: TextScorer, text: str, language: Language) -> activations.Floats:
    """The states of layer 0 by as many passes as there are tokens."""
    ids = scorer.sequence(scorer.tokenizer.encode(text), language)[:-1]
    state, rows = None, []
    for at in range(len(ids)):
        _, trace = scorer.trace(ids[None, at : at + 1], state)
        state = trace.last()
        rows.append([float(state.layers[cell.layer][0][0, cell.unit]) for cell in CELLS])
    return np.array(rows[1:], dtype=np.float32).reshape(-1, len(CELLS))


@pytest.mark.parametrize("text", ["", "x", SOURCES["c"]])
def test_values_are_those_of_single_steps(light: LightScorer, scorer: Scorer, text: str) -> None:
    expected = stepwise(light, text, "c")
    for each in (light, scorer):
        found = activations.of_text(each, text, "c", CELLS)
        assert found.shape == (len(light.tokenizer.encode(text)), 3)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_cells_differ_from_each_other_and_along_the_text(light: LightScorer) -> None:
    found = activations.of_text(light, LONG, "c", CELLS)
    assert (found.std(axis=0) > 0).all()
    assert np.abs(found[:, 0] - found[:, 1]).max() > 0.01


def test_there_are_no_cells_where_layers_attend(light: LightScorer) -> None:
    assert activations.recurrences(light.config) == [0]
    for cell in (Cell(1, 0), Cell(2, 0), Cell(0, 32)):
        with pytest.raises(CellUnknown, match="recurrent layers are 0, of 32 units"):
            activations.of_text(light, "x", "c", [cell])


@pytest.mark.parametrize("n_read", [0, 1, 400, 10**6])
def test_an_open_text_gives_the_same(scorer: Scorer, n_read: int) -> None:
    """Whatever was read and edited before."""
    live = LiveScores(scorer, LONG, "c")
    live.need(0, n_read)
    live.edit(Edit(40, 45, "(()x"))
    if n_read:
        live.need(0, len(live.text))
    expected = activations.of_text(scorer, live.text, "c", CELLS)
    n_tokens = len(live.tokens)
    for first, last in ((0, 0), (0, 1), (0, n_tokens), (7, 90), (n_tokens - 1, n_tokens)):
        found = live.activations(first, last, CELLS)
        np.testing.assert_allclose(found, expected[first:last], atol=1e-3)


def test_far_from_what_was_read_it_is_about_right(scorer: Scorer) -> None:
    live = LiveScores(scorer, SOURCES["python"] * 60, "python")
    expected = activations.of_text(scorer, live.text, "python", CELLS)
    n_tokens = len(live.tokens)
    assert n_tokens > 6000
    found = live.activations(n_tokens - 50, n_tokens, CELLS)
    assert live.n_scored < 1000
    np.testing.assert_allclose(found, expected[-50:], atol=0.1)


def test_it_is_given_up_between_chunks(scorer: Scorer) -> None:
    live = LiveScores(scorer, LONG, "c")
    with pytest.raises(Abandoned):
        live.activations(0, len(live.tokens), CELLS, lambda: True)


def test_warm_is_what_the_cell_was_found_for(light: LightScorer) -> None:
    known = KnownCell(CELLS[0], "string", "c", -1, 0.1, 0.2, "AUC", 0.9)
    seen = inspection.inspect(light, "a.c", "tiny", "int x;\r\n", "c", [known, CELLS[1]])
    values = activations.of_text(light, "int x;\n", "c", CELLS[:2])
    np.testing.assert_allclose(seen.shades(0), (0.1 - values[:, 0]) / 0.2, rtol=1e-4)
    largest = np.quantile(np.abs(values[:, 1]), 0.99)
    np.testing.assert_allclose(seen.shades(1), values[:, 1] / largest, rtol=1e-4)
    assert seen.text == "int x;\n"
    assert seen.places[-1] == 8, "offsets of the file count the CR"


def test_a_cell_that_is_always_nothing_has_a_spread() -> None:
    assert inspection.spread_of(np.zeros(5, dtype=np.float32)) == 1.0
    assert inspection.spread_of(np.zeros(0, dtype=np.float32)) == 1.0
