"""Bits: the judge is a slow scorer that asks the network for one token at a time."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from lm_lint import weights
from lm_lint.errors import DeviceError
from lm_lint.scorer import Scorer
from lm_lint.text import Language

C = "int main(void)\n{\n    int total = 0;\n    return total;\n}\n"
PYTHON = "def main():\n    return [1, 2, 3]\n" * 40  # longer than a chunk


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(weights.load(tiny_folder, "cpu", torch.float32))


@torch.no_grad()
def judge(scorer: Scorer, text: str, language: Language) -> list[float]:
    """Surprisal in bits, one token at a time through the state, in float32."""
    network = scorer.release.network
    ids = [*scorer.tokenizer.encode(text).ids.tolist(), scorer.tokenizer.end]
    logits, state = network(torch.tensor([[scorer.tokenizer.tag(language)]]))
    res = []
    for token in ids:
        res.append(-float(torch.log_softmax(logits[0, -1], -1)[token]) / math.log(2))
        logits, state = network(torch.tensor([[token]]), state)
    return res


@pytest.mark.parametrize(("text", "language"), [(C, "c"), (PYTHON, "python"), ("", "html")])
def test_bits_are_those_of_the_slow_scorer(scorer: Scorer, text: str, language: Language) -> None:
    found = scorer.score(text, language).surprisal_bits
    np.testing.assert_allclose(found, judge(scorer, text, language), atol=1e-3)


def test_a_batch_gives_the_bits_of_each_text_alone(scorer: Scorer) -> None:
    items: list[tuple[str, Language]] = [(C, "c"), (PYTHON, "python"), ("", "html"), (C, "html")]
    for (text, language), scores in zip(items, scorer.score_many(items), strict=True):
        alone = scorer.score(text, language)
        np.testing.assert_allclose(scores.surprisal_bits, alone.surprisal_bits, atol=1e-3)
        np.testing.assert_allclose(scores.entropy_bits, alone.entropy_bits, atol=1e-3)
    assert scorer.score_many([]) == []


def test_entropy_is_the_expectation_of_surprisal(scorer: Scorer) -> None:
    reading = scorer.read(C, "c")
    n_entries = scorer.tokenizer.vocab_size
    _, bits = reading.likeliest([0, 7], n_entries)
    expected = (np.exp2(-bits) * bits).sum(axis=1)
    np.testing.assert_allclose(reading.scores.entropy_bits[[0, 7]], expected, rtol=1e-4)


def test_the_price_of_what_stands_there_is_its_surprisal(scorer: Scorer) -> None:
    reading = scorer.read(PYTHON, "python")
    ids = reading.tokens.ids
    positions = [0, 1, 5, 512, 513, len(ids)]
    assert len(ids) > 600
    continuations = [[*ids[p : p + 9].tolist()] or [scorer.tokenizer.end] for p in positions]
    for position, found in zip(positions, reading.cost(positions, continuations), strict=True):
        expected = reading.scores.surprisal_bits[position : position + len(found)]
        np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_price_of_another_text_is_its_surprisal_there(scorer: Scorer) -> None:
    reading = scorer.read(C, "c")
    ids = reading.tokens.ids.tolist()
    other = [*ids[:6], ids[2], *ids[6:12]]
    found = reading.cost([6], [other[6:]])[0]
    text = scorer.tokenizer.decode(other)
    assert scorer.tokenizer.encode(text).ids.tolist() == other
    np.testing.assert_allclose(found, judge(scorer, text, "c")[6:-1], atol=1e-3)


def test_a_reading_goes_on_from_what_it_shares_with_the_last_ones(scorer: Scorer) -> None:
    scorer.forget()
    for n_edits, text in enumerate(
        [PYTHON, PYTHON[:700] + "x" + PYTHON[700:], PYTHON[:90], PYTHON]
    ):
        reading = scorer.read(text, "python")
        assert bool(reading.n_read) == bool(n_edits)
        fresh = Scorer(scorer.release).read(text, "python")
        n_tokens = len(fresh.tokens)
        for start in (n_tokens // 2, 0):
            np.testing.assert_allclose(
                reading.scores.surprisal_bits[start:],
                fresh.scores.surprisal_bits[start:],
                atol=1e-3,
            )
        at = [0, n_tokens // 3, n_tokens // 2, n_tokens]
        continuations = [[7, 8, 9, 10]] * len(at)
        pairs = zip(reading.cost(at, continuations), fresh.cost(at, continuations), strict=True)
        for found, expected in pairs:
            np.testing.assert_allclose(found, expected, atol=1e-3)
    scorer.forget()


def test_many_small_edits_keep_few_pieces(scorer: Scorer) -> None:
    for end in range(100, 160):
        reading = scorer.read(PYTHON[:end], "python")
        bits = np.asarray(reading.scores.surprisal_bits)
    assert len(reading.pieces) < 12
    np.testing.assert_allclose(bits, scorer.score(PYTHON[:159], "python").surprisal_bits, atol=1e-3)
    scorer.forget()


def test_no_more_is_read_than_asked_for(scorer: Scorer) -> None:
    scorer.forget()
    reading = scorer.read(PYTHON * 3, "python")
    assert reading.n_read == 0
    reading.expectations([100])
    assert 100 < reading.n_read < 300
    scorer.forget()


def test_likeliest_are_sorted_and_priced(scorer: Scorer) -> None:
    reading = scorer.read(C, "c")
    ids, bits = reading.likeliest([3], 5)
    assert (np.diff(bits[0]) >= 0).all()
    priced = reading.cost([3] * 5, [[i] for i in ids[0].tolist()])
    np.testing.assert_allclose([p[0] for p in priced], bits[0], atol=1e-3)


def test_bfloat16_stays_near_float32(tiny_folder: Path, scorer: Scorer) -> None:
    rough = Scorer(weights.load(tiny_folder, "cpu", torch.bfloat16)).score(PYTHON, "python")
    exact = scorer.score(PYTHON, "python")
    difference = np.abs(rough.surprisal_bits - exact.surprisal_bits)
    assert difference.mean() < 0.05


def test_trouble_of_a_device_is_told_and_the_cpu_takes_over(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scorer = Scorer(weights.load(tiny_folder, "cpu", torch.float32))
    expected = scorer.score(C, "c").surprisal_bits
    trouble = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(torch.OutOfMemoryError), scorer.device_trouble():
        raise trouble  # on a CPU it is our own fault
    with monkeypatch.context() as patch:
        patch.setattr(type(scorer.release.network), "device", torch.device("cuda:0"))
        told = pytest.raises(DeviceError, match="cuda:0 is out of memory")
        with told, scorer.device_trouble():
            raise trouble
    scorer.use_cpu("cuda:0 is out of memory")
    assert "going on with the CPU" in capsys.readouterr().err
    np.testing.assert_allclose(scorer.score(C, "c").surprisal_bits, expected, atol=0.5)
