"""Which repair was meant: a log-linear model, and "nothing is wrong" among its outcomes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.ranking import DEFAULT, Ranker, hinge, log2
from lm_lint.text import LANGUAGES

RANKER = Ranker({"c": {"gain": 2.0, "op delete": -1.0, "nothing": 0.5}})
FEATURES = st.dictionaries(
    st.sampled_from(["gain", "op delete", "unheard of"]), st.floats(-1e3, 1e3), max_size=3
)


def test_a_score_is_a_sum_of_weights_and_values() -> None:
    assert RANKER.score("c", {"gain": 1.5, "op delete": 1.0}) == pytest.approx(2.0)
    assert RANKER.score("c", {}) == 0.0


def test_what_has_no_weight_counts_nothing() -> None:
    assert RANKER.score("c", {"gain": 1.0, "unheard of": 99.0}) == RANKER.score("c", {"gain": 1.0})


def test_what_was_not_fitted_is_judged_by_hand() -> None:
    assert RANKER.score("python", {"gain": 1.0}) == DEFAULT.score("python", {"gain": 1.0}) > 0
    assert RANKER.score("a language", {"gain": 1.0}) == 0.0


def test_probabilities_by_hand() -> None:
    found = RANKER.probabilities("c", {"nothing": 1.0}, [{"gain": 1.0}, {"op delete": 1.0}])
    total = math.exp(0.5) + math.exp(2.0) + math.exp(-1.0)
    assert found.tolist() == pytest.approx([math.exp(2.0) / total, math.exp(-1.0) / total])


def test_without_candidates_nothing_is_wrong() -> None:
    assert RANKER.probabilities("c", {"nothing": 1.0}, []).tolist() == []


@given(FEATURES, st.lists(FEATURES, max_size=6))
def test_probabilities_sum_to_one_at_most(
    nothing: dict[str, float], candidates: list[dict[str, float]]
) -> None:
    found = RANKER.probabilities("c", nothing, candidates)
    assert found.shape == (len(candidates),)
    assert np.all(np.isfinite(found))
    assert np.all(found >= 0)
    assert found.sum() <= 1 + 1e-9


@given(st.floats(-20, 20), st.floats(0.01, 20))
def test_the_better_candidate_gets_more(gain: float, more: float) -> None:
    worse, better = RANKER.probabilities("c", {}, [{"gain": gain}, {"gain": gain + more}])
    assert better > worse
    alone = RANKER.probabilities("c", {}, [{"gain": gain}])
    assert alone[0] >= worse


def test_a_doubt_more_leaves_less_for_repairs() -> None:
    calm = RANKER.probabilities("c", {"nothing": 0.0}, [{"gain": 1.0}])
    assert RANKER.probabilities("c", {"nothing": 4.0}, [{"gain": 1.0}]) < calm


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=5))
def test_huge_scores_do_not_overflow(gains: list[float]) -> None:
    found = RANKER.probabilities("c", {}, [{"gain": gain} for gain in gains])
    assert np.all(np.isfinite(found))


def test_weights_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "detector.json"
    path.write_text(json.dumps({"weights": {"c": {"gain": 3.0}}, "more": 1}))
    assert Ranker.load(path).score("c", {"gain": 2.0}) == 6.0


@pytest.mark.parametrize("content", ["[]", "{}", '{"weight": {}}', '"weights"', "null", "{", ""])
def test_a_file_that_holds_no_weights(tmp_path: Path, content: str) -> None:
    path = tmp_path / "detector.json"
    path.write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011 - of json or of ours, as promised
        Ranker.load(path)


@pytest.mark.parametrize(
    "content", ['{"weights": []}', '{"weights": {"c": {"gain": "x"}}}', '{"weights": {"c": 1}}']
)
def test_a_file_whose_weights_are_no_table(tmp_path: Path, content: str) -> None:
    path = tmp_path / "detector.json"
    path.write_text(content)
    with pytest.raises(ValueError):  # noqa: PT011
        Ranker.load(path)


def test_weights_by_hand_are_there_for_every_way_to_judge() -> None:
    for language in LANGUAGES:
        for key in (language, f"{language}-surprise"):
            likely = DEFAULT.probabilities(key, {"nothing": 1.0}, [{"op insert": 1.0, "gain": 6.0}])
            unlikely = DEFAULT.probabilities(
                key, {"nothing": 1.0}, [{"op insert": 1.0, "gain": 0.0}]
            )
            assert unlikely[0] < 0.1 < 0.9 < likely[0]


def test_a_hinge_by_hand() -> None:
    assert hinge("x", 5.0, (0.0, 12.0), 10.0) == {"x": 0.5, "x>0": 0.5}
    assert hinge("x", 20.0, (0.0, 12.0), 10.0) == {"x": 2.0, "x>0": 2.0, "x>12": pytest.approx(0.8)}
    assert hinge("x", -3.0, (0.0, 2.5), 1.0) == {"x": -3.0}
    assert "x>2.5" in hinge("x", 3.0, (2.5,), 1.0)


@given(st.floats(-30, 60), st.floats(0.0, 1e-3))
def test_a_hinge_has_no_jumps(value: float, step: float) -> None:
    weights = {"x": 1.0, "x>0": -3.0, "x>12": 5.0}
    ranker = Ranker({"c": weights})
    here = ranker.score("c", hinge("x", value, (0.0, 12.0), 10.0))
    there = ranker.score("c", hinge("x", value + step, (0.0, 12.0), 10.0))
    assert abs(there - here) <= step + 1e-9


def test_the_logarithm_of_a_count() -> None:
    assert [log2(0), log2(1), log2(7), log2(-5)] == [0.0, 1.0, 3.0, 0.0]
