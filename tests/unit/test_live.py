"""Bits of a text that is edited: the judge is the scorer that reads the whole text anew."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lm_lint import live, weights
from lm_lint.errors import Abandoned, DeviceError
from lm_lint.live import LiveScores, settle_many
from lm_lint.scorer import Scorer
from lm_lint.stretches import EXACT, STALE, UNKNOWN
from lm_lint.text import LANGUAGES, Edit, Language
from tests.sources import SOURCES

LONG = SOURCES["python"] * 12
WINDOW = 16  # of the tiny network


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(weights.load(tiny_folder, "cpu", torch.float32))


def settled(scores: LiveScores) -> LiveScores:
    while not scores.settle():
        pass
    return scores


def check(scorer: Scorer, scores: LiveScores) -> None:
    """Settled bits equal those of a fresh start."""
    expected = scorer.score(scores.text, scores.language)
    np.testing.assert_array_equal(scores.tokens.ids, expected.tokens.ids)
    np.testing.assert_array_equal(scores.tokens.bounds, expected.tokens.bounds)
    np.testing.assert_allclose(scores.surprisal_bits, expected.surprisal_bits, atol=1e-3)
    np.testing.assert_allclose(scores.entropy_bits, expected.entropy_bits, atol=1e-3)


def after(n_calls: int) -> Callable[[], bool]:
    """An abandonment that comes at some call."""
    calls = iter(range(n_calls))
    return lambda: next(calls, None) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["", "x", "\n", "🙂", SOURCES["c"], "a" * 20_000, "({[" * 2000])
def test_bits_are_those_of_a_fresh_start(scorer: Scorer, text: str, language: Language) -> None:
    scores = LiveScores(scorer, text, language)
    assert (scores.known == UNKNOWN).all()
    check(scorer, settled(scores))
    assert (scores.known == EXACT).all()
    assert scores.n_scored == len(scores.tokens) + 1


def test_nothing_is_read_before_it_is_asked_for(scorer: Scorer) -> None:
    scores = LiveScores(scorer, LONG, "python")
    scores.edit(Edit(10, 12, "xyz"))
    assert scores.n_scored == 0
    scores.need(0, 100)
    assert 0 < scores.n_scored <= 512
    assert not scores.is_settled


def test_an_edit_is_felt_for_a_stretch_only(scorer: Scorer) -> None:
    scores = settled(LiveScores(scorer, LONG * 4, "python"))
    n_tokens = len(scores.tokens)
    place = LONG.index("count", len(LONG) // 2)
    before = scores.n_scored
    scores.edit(Edit(place, place, "ac"))
    scores.need(0, len(scores.text))
    assert scores.n_scored - before < 600 < n_tokens // 8
    assert (scores.known != UNKNOWN).all()
    assert (scores.known == STALE).any()
    expected = scorer.score(scores.text, "python").surprisal_bits
    np.testing.assert_allclose(scores.surprisal_bits, expected, atol=0.3)
    check(scorer, settled(scores))
    # The state has become that of before, so settling need not read to the end.
    assert scores.n_scored - before < n_tokens


def test_an_edit_before_the_first_checkpoint(scorer: Scorer) -> None:
    scores = settled(LiveScores(scorer, LONG, "python"))
    for place in (40, 0, 90):
        scores.edit(Edit(place, place, "ab"))
        scores.need(0, 500)
        known = scores.known
        assert (known[:20] == EXACT).all()
    check(scorer, settled(scores))


def test_typing_costs_little(scorer: Scorer) -> None:
    scores = settled(LiveScores(scorer, LONG * 4, "python"))
    place = len(LONG)
    scores.edit(Edit(place, place, "\n"))
    scores.need(place, place + 10)
    before = scores.n_scored
    typed = "for line in lines:"
    for idx, char in enumerate(typed):
        scores.edit(Edit(place + idx, place + idx, char))
        scores.need(place, place + 30)
    assert (scores.n_scored - before) / len(typed) < 250
    check(scorer, settled(scores))


def test_edits_in_many_places_leave_what_lies_between(scorer: Scorer) -> None:
    text = LONG * 4
    scores = settled(LiveScores(scorer, text, "python"))
    before = scores.n_scored
    for place in range(len(text) - 100, 0, -len(text) // 6):
        scores.edit(Edit(place, place + 5, "total"))
    scores.need(0, len(scores.text))
    assert scores.n_scored - before < len(scores.tokens) * 2 // 3
    expected = scorer.score(scores.text, "python").surprisal_bits
    np.testing.assert_allclose(scores.surprisal_bits, expected, atol=0.3)
    check(scorer, settled(scores))


def test_a_far_place_is_read_first(scorer: Scorer) -> None:
    scores = LiveScores(scorer, LONG * 8, "python")
    start = len(scores.text) - 500
    scores.need(start, start + 100)
    assert scores.n_scored < 2000 < len(scores.tokens) // 4
    first = int(scores.tokens.bounds.searchsorted(start))
    assert scores.known[first] == STALE
    assert scores.known[0] == UNKNOWN
    expected = scorer.score(scores.text, "python").surprisal_bits
    np.testing.assert_allclose(
        scores.surprisal_bits[first : first + 20], expected[first : first + 20], atol=0.3
    )
    check(scorer, settled(scores))


def test_work_that_was_abandoned_is_kept(scorer: Scorer) -> None:
    scores = LiveScores(scorer, LONG, "python")
    with pytest.raises(Abandoned):
        scores.need(0, len(LONG), after(1))
    done = scores.n_scored
    assert done
    assert (scores.known[:done] == EXACT).all()
    with pytest.raises(Abandoned):
        scores.settle(lambda: True)
    check(scorer, settled(scores))
    assert scores.n_scored == len(scores.tokens) + 1


def test_a_batch_of_documents_settles_as_each_alone(scorer: Scorer) -> None:
    texts = [SOURCES["c"], "", LONG, SOURCES["html"] * 3, "x"]
    documents = [LiveScores(scorer, text, "c") for text in texts]
    documents[2].need(len(LONG) - 10, len(LONG))
    while not settle_many(documents):
        pass
    for scores in documents:
        check(scorer, scores)
    assert settle_many([])
    documents[0].edit(Edit(0, 0, "int x;\n"))
    with pytest.raises(Abandoned):
        settle_many(documents, lambda: True)


def test_what_was_expected_is_what_the_scorer_expects(scorer: Scorer) -> None:
    scores = settled(LiveScores(scorer, LONG, "python"))
    reading = scorer.read(LONG, "python")
    for position in (0, 1, 63, 64, 65, 700, len(scores.tokens)):
        ids, bits = reading.likeliest([position], 5)
        found = scores.expectation(position, 5)
        expected = 2.0 ** -bits[0].astype(np.float64)
        np.testing.assert_allclose([p for _, p in found], expected, atol=1e-4)
        assert found[0][0] == scorer.tokenizer.text_of(int(ids[0, 0]))
    assert LiveScores(scorer, "", "c").expectation(0, 3)


def test_memory_is_bounded(scorer: Scorer) -> None:
    scores = settled(LiveScores(scorer, LONG * 8, "python"))
    for place in range(0, len(scores.text), 997):
        scores.edit(Edit(place, place, "y"))
        scores.need(place, place + 1)
    n_tokens = len(scores.tokens)
    full = 3 * 2 * 4 * 32 * (WINDOW + 4)
    assert scores.memory_bytes < (1 << 20) + 61 * n_tokens + 2 * len(scores.text) + full
    held = scores.memory_bytes
    scores.rest()
    assert scores.memory_bytes < held - 100_000
    check(scorer, settled(scores))


def test_checkpoints_thin_out(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LIGHT_BYTES", 20_000)
    monkeypatch.setattr(live, "_LIGHT_BYTES_PER_TOKEN", 0)
    scores = settled(LiveScores(scorer, LONG * 4, "python"))
    scores.edit(Edit(len(LONG), len(LONG), "(1)"))
    scores.need(0, len(LONG) * 2)
    assert 10_000 < scores._checkpoints.n_bytes < 20_000 + 3 * 2 * 4 * 32 * (WINDOW + 4)
    check(scorer, settled(scores))


@pytest.mark.parametrize("n_bytes", [3_000, 20_000, 60_000])
def test_checkpoints_stand_evenly(
    scorer: Scorer, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    monkeypatch.setattr(live, "_LIGHT_BYTES", n_bytes)
    monkeypatch.setattr(live, "_LIGHT_BYTES_PER_TOKEN", 0)
    scores = settled(LiveScores(scorer, LONG * 4, "python"))
    spacing, _ = scores._spacing()
    places = scores._checkpoints.places_between(live.FOCUS_TOKENS, len(scores.tokens))
    assert max(np.diff(places)) <= 2 * spacing
    assert len(scores.tokens) - places[-1] <= spacing


def test_states_of_a_lost_device_are_dropped(tiny_folder: Path) -> None:
    scorer = Scorer(weights.load(tiny_folder, "cpu", torch.float32))
    exact = Scorer(weights.load(tiny_folder, "cpu", torch.float32))
    scores = LiveScores(scorer, LONG, "python")
    scores.settle()
    scorer.release.network.compute_dtype = torch.bfloat16  # as use_cpu does
    weights.place(scorer.release.network, torch.device("cpu"))
    scores.edit(Edit(30, 31, "(2"))
    settled(scores)
    expected = exact.score(scores.text, "python").surprisal_bits
    assert np.abs(scores.surprisal_bits - expected).mean() < 0.05


def test_a_failing_device_changes_nothing(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = LiveScores(scorer, LONG, "python")
    scores.settle()
    scores.edit(Edit(40, 40, "[]"))
    known = scores.known

    def fail(*_: object) -> None:
        raise DeviceError("out of memory")

    for name in ("trace", "both"):
        with monkeypatch.context() as patch:
            patch.setattr(scorer, name, fail)
            with pytest.raises(DeviceError):
                scores.need(0, 1000)
            with pytest.raises(DeviceError):
                scores.settle()
        np.testing.assert_array_equal(scores.known, known)
    check(scorer, settled(scores))


PIECES = st.one_of(
    st.sampled_from(
        ["\n", "    ", ";", "(", ")", "🙂", "e\u0301", "\f", "\u2028", "<div>", "日本語", "x"]
    ),
    st.sampled_from(["int count = 0;\n", "</li>\n", "    return [1, 2]\n", "\t\tlength--;\n"]),
    st.sampled_from([*SOURCES.values()]),
    st.sampled_from(["".join(f"item_{i} = {i}\n" for i in range(200))]),
    st.text(max_size=8),
).map(lambda text: text.replace("\r", ""))


class Editing(RuleBasedStateMachine):
    """Edits, wishes, interruptions and settling in any order."""

    scorer: Scorer

    @initialize(language=st.sampled_from(LANGUAGES), n_copies=st.integers(0, 6))
    def open(self, language: Language, n_copies: int) -> None:
        self.scores = LiveScores(self.scorer, SOURCES[language] * n_copies, language)

    def place(self, share: float) -> int:
        return round(share * len(self.scores.text))

    @rule(share=st.floats(0, 1), n_chars=st.integers(0, 60), text=PIECES)
    def replace(self, share: float, n_chars: int, text: str) -> None:
        start = self.place(share)
        end = min(start + n_chars, len(self.scores.text))
        self.scores.edit(Edit(start, end, text))

    @rule(share=st.floats(0, 1), length=st.floats(0, 0.7))
    def delete(self, share: float, length: float) -> None:
        self.scores.edit(Edit(self.place(share), self.place(min(share + length, 1)), ""))

    @rule(share=st.floats(0, 1), text=st.sampled_from(["count", "if (x)", "  "]))
    def type(self, share: float, text: str) -> None:
        start = self.place(share)
        for idx, char in enumerate(text):
            self.scores.edit(Edit(start + idx, start + idx, char))
            self.scores.need(start, start + 100)

    @rule(share=st.floats(0, 1))
    def duplicate_line(self, share: float) -> None:
        text = self.scores.text
        start = text.rfind("\n", 0, self.place(share)) + 1
        end = text.find("\n", start) + 1 or len(text)
        self.scores.edit(Edit(end, end, text[start:end]))

    @rule(share=st.floats(0, 1), n_chars=st.integers(0, 3000))
    def need(self, share: float, n_chars: int) -> None:
        start = self.place(share)
        self.scores.need(start, min(start + n_chars, len(self.scores.text)))
        first, last = self.scores.tokens.bounds.searchsorted([start, start + n_chars])
        assert (self.scores.known[first:last] != UNKNOWN).all()

    @rule(n_calls=st.integers(0, 3))
    def abandon(self, n_calls: int) -> None:
        with suppress(Abandoned):
            self.scores.need(0, len(self.scores.text), after(n_calls))

    @rule(n_slices=st.integers(1, 4))
    def settle_a_little(self, n_slices: int) -> None:
        for _ in range(n_slices):
            self.scores.settle()

    @rule(share=st.floats(0, 1))
    def look(self, share: float) -> None:
        self.scores.expectation(round(share * len(self.scores.tokens)), 5)

    @rule()
    def rest(self) -> None:
        self.scores.rest()

    @rule()
    def settle(self) -> None:
        check(self.scorer, settled(self.scores))

    @precondition(lambda self: hasattr(self, "scores"))
    @invariant()
    def what_is_known_is_right(self) -> None:
        scores = self.scores
        known = scores.known
        assert len(known) == len(scores.tokens) + 1 == len(scores.surprisal_bits)
        np.testing.assert_array_equal(np.isnan(scores.surprisal_bits), known == UNKNOWN)
        if len(scores.text) > 4000:
            return  # at the end it is looked at in any case
        expected = self.scorer.score(scores.text, scores.language).surprisal_bits
        exact = known == EXACT
        np.testing.assert_allclose(scores.surprisal_bits[exact], expected[exact], atol=1e-3)

    def teardown(self) -> None:
        if hasattr(self, "scores"):
            check(self.scorer, settled(self.scores))


@pytest.mark.slow
def test_any_edits_leave_the_bits_of_a_fresh_start(scorer: Scorer) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    machine = type("EditingWithScorer", (Editing,), {"scorer": scorer})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=15, deadline=None)
    )
