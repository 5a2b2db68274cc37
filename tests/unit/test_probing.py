"""Figures of cells and probes, on answers that are known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from models import probing
from models.probing import Figures

RANDOM = np.random.default_rng(5)
NOISE = RANDOM.normal(size=(600, 4)).astype(np.float32)
YES = (RANDOM.random(600) < 0.3).astype(np.float64)
DEPTHS = RANDOM.integers(0, 6, 600).astype(np.float64)


def told(column: int, values: np.ndarray) -> probing.Floats:  # type: ignore[type-arg]
    """The noise with something to find in one column."""
    res = NOISE.copy()
    res[:, column] = values
    return res


def halves(x: probing.Floats, y: probing.Labels):  # type: ignore[no-untyped-def]
    return (x[:300], y[:300]), (x[300:], y[300:])


def test_auc_is_the_share_of_pairs_in_order() -> None:
    values = RANDOM.integers(0, 9, 80).astype(np.float32)
    y = (RANDOM.random(80) < 0.4).astype(np.float64)
    pairs = values[y == 1][:, None] - values[y == 0]
    expected = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
    assert probing.auc(values, y) == pytest.approx(expected)


def test_the_cell_that_knows_is_found_either_way_round() -> None:
    for sign in (1, -1):
        scores = probing.cell_scores(told(2, sign * YES + 0.01 * NOISE[:, 2]), YES)
        assert scores.argmax() == 2
        assert scores[2] == 1.0
        scores = probing.cell_scores(told(1, 3 - sign * DEPTHS), DEPTHS)
        assert scores.argmax() == 1
        assert scores[1] == pytest.approx(1.0)
        assert scores[0] < 0.1
    assert probing.cell_scores(np.ones((600, 1), np.float32), DEPTHS)[0] == 0


def test_a_threshold_parts_yes_from_no() -> None:
    values = (2 + YES - 3 * (YES == 0)).astype(np.float32)
    middle, sign = probing.threshold(values, YES)
    assert (-1 < middle < 3, sign) == (True, 1)
    assert probing.threshold(-values, YES) == (-middle, -1)


def test_figures_of_a_perfect_cell_and_of_noise() -> None:
    (fit, test) = halves(-YES.astype(np.float32), YES)
    assert probing.of_cell(fit, test, False) == Figures(auc=1.0, accuracy=1.0)
    (fit, test) = halves((7 - 2 * DEPTHS).astype(np.float32), DEPTHS)
    found = probing.of_cell(fit, test, True)
    assert (found.r2, found.accuracy) == (pytest.approx(1.0), 1.0)
    assert probing.of_cell(fit, test, False).accuracy is None
    (fit, test) = halves(NOISE[:, 0], DEPTHS)
    assert probing.of_cell(fit, test, True).score < 0.05


def test_a_probe_finds_what_no_single_cell_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(probing, "_PENALTY", 1.0)  # there are few places here
    x = NOISE.copy()
    x[:, 0] = DEPTHS - 3 * NOISE[:, 1]
    (fit, test) = halves(x, DEPTHS)
    assert probing.of_cell((fit[0][:, 0], fit[1]), (test[0][:, 0], test[1]), True).score < 0.5
    found = probing.of_probe(fit, test, True)
    assert found.r2 is not None
    assert found.r2 > 0.95
    assert found.accuracy is not None
    assert found.accuracy > 0.3, "of six depths"
    x[:, 0] = 2 * YES - 3 * NOISE[:, 1]
    (fit, test) = halves(x, YES)
    assert probing.of_probe(fit, test, False).score > 0.95


def test_chance_is_the_commonest_answer_of_the_other_part() -> None:
    assert probing.chance(YES, YES, False) == Figures(auc=0.5, accuracy=float((YES == 0).mean()))
    fit, test = np.array([2.0, 2.0, 5.0]), np.array([5.0, 2.0, 5.0, 99.0])
    assert probing.chance(fit, test, True) == Figures(r2=0.0, accuracy=0.25)
    assert probing.chance(fit, test, False) == Figures(r2=0.0)
    assert probing.chance(np.array([99.0, 99.0]), test, True).accuracy == 0.25
