"""Incremental bits with the released model: what a keystroke costs, and how far bfloat16 strays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lm_lint import device, weights
from lm_lint.live import LiveScores
from lm_lint.scorer import Scorer
from lm_lint.text import Edit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models" / "small"
# Rounding differs with the shapes of the chunks that are read: mean and most bits apart from a fresh start.
APART_BITS = {torch.float32: (1e-4, 1e-3), torch.bfloat16: (0.02, 0.3)}

pytestmark = [pytest.mark.released, pytest.mark.slow]


@pytest.fixture(
    scope="module",
    params=[
        torch.float32,
        pytest.param(
            torch.bfloat16,
            marks=pytest.mark.skipif(
                device.compute_dtype(torch.device("cpu")) != torch.bfloat16,
                reason="this CPU does not multiply in bfloat16",
            ),
        ),
    ],
)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return Scorer(weights.load(FOLDER, "cpu", request.param))


@pytest.fixture(scope="module")
def text(scorer: Scorer) -> str:
    """Some 4,000 tokens of Python."""
    source = (ROOT / "server" / "lm_lint" / "tokens.py").read_text(encoding="utf-8")
    bounds = scorer.tokenizer.encode(source).bounds
    return source[: int(bounds[min(4000, len(bounds) - 1)])]


def settle(scores: LiveScores) -> None:
    while not scores.settle():
        pass


def type_at(scores: LiveScores, place: int, typed: str) -> list[int]:
    """Type, and look at 40 lines around after each key. Returns the tokens read for each key."""
    res = []
    for idx, char in enumerate(typed):
        before = scores.n_scored
        scores.edit(Edit(place + idx, place + idx, char))
        scores.need(max(place - 800, 0), min(place + 800, len(scores.text)))
        res.append(scores.n_scored - before)
    return res


def test_a_keystroke_costs_a_few_hundred_tokens(scorer: Scorer, text: str) -> None:
    scores = LiveScores(scorer, text, "python")
    settle(scores)
    first, later = [], []
    for share in (0.1, 0.4, 0.6, 0.9):
        place = scores.text.index("\n", int(share * len(scores.text)))
        costs = type_at(scores, place, " + count")
        first.append(costs[0])
        later += costs[1:]
        settle(scores)
    # The first key at a new place also rebuilds an attention window of 256 tokens.
    assert np.mean(first) < 600, first
    assert np.mean(later) < 400, later


def test_settled_bits_are_near_those_of_a_fresh_start(scorer: Scorer, text: str) -> None:
    mean_bits, most_bits = APART_BITS[scorer.release.network.compute_dtype]
    scores = LiveScores(scorer, text, "python")
    settle(scores)
    middle = text.index("\n", len(text) // 2) + 1
    edits = [
        Edit(middle, middle, "    return total\n"),
        Edit(200, 230, ""),
        Edit(len(text) - 300, len(text) - 299, "(("),
        Edit(middle, middle, text[:900]),
    ]
    for edit in edits:
        scores.edit(edit)
        scores.need(edit.start, edit.start + 500)
        settle(scores)
        expected = scorer.score(scores.text, "python")
        apart = np.abs(scores.surprisal_bits - expected.surprisal_bits)
        assert apart.mean() < mean_bits
        assert apart.max() < most_bits


def test_two_hundred_documents_fit(scorer: Scorer, text: str) -> None:
    """Of 1,000 lines, some 12,000 tokens: with the model and Python (335 MB) they stay under 1 GB."""
    scores = LiveScores(scorer, text * 3, "python")
    scores.settle()
    type_at(scores, len(text), " + count")
    settle(scores)
    assert 11_000 < len(scores.tokens) < 13_000
    assert scores.memory_bytes < 2_300_000
    type_at(scores, 2 * len(text), " + count")
    assert scores.memory_bytes < 3_300_000
    scores.rest()
    assert scores.memory_bytes < 700_000
