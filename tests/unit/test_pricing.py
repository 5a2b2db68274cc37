"""What a model says about repairs: sums by hand, and with a scripted model what is meant gains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lm_lint.candidates import Candidate
from lm_lint.pricing import QUICK_TOKENS, WINDOW_TOKENS, Price, Pricing
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from tests.unit.test_detector import HTML, PYTHON, C, Scripted


@dataclass
class Doubling:
    """A reading in which token t costs 2^t bits, and in every continuation token t costs 1 + t."""

    tokenizer: Tokenizer
    text: str
    asked: list[tuple[int, list[int]]] = field(default_factory=list)

    @property
    def tokens(self) -> Any:
        return self.tokenizer.encode(self.text)

    @property
    def scores(self) -> Any:
        n_rows = len(self.tokens) + 1
        return SimpleNamespace(surprisal_bits=2.0 ** np.arange(n_rows, dtype=np.float32))

    def cost(self, positions: Sequence[int], continuations: Sequence[Sequence[int]]) -> list[Any]:
        self.asked += [(p, list(ids)) for p, ids in zip(positions, continuations, strict=True)]
        return [1.0 + np.arange(len(ids), dtype=np.float32) for ids in continuations]


TEXT = "(a,,b;"  # every character is a token


def candidate(start: int, end: int, text: str) -> Candidate:
    return Candidate(start, end, text, "", "", "", 0.0)


def priced(
    reading: Any, text: str, which: Candidate, n: int = 3, language: Language = "c"
) -> Price:
    (res,) = Pricing(reading.tokenizer, text, language, reading).prices([which], n)
    return res


@pytest.fixture
def doubling(tiny_tokenizer: Tokenizer) -> Doubling:
    reading = Doubling(tiny_tokenizer, TEXT)
    assert reading.tokens.bounds.tolist() == list(range(7))
    return reading


def test_an_insertion_by_hand(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(5, 5, ")"))
    # `)` costs 1; then `;` costs 2 and no longer 32, the end 3 and no longer 64.
    assert (found.first, found.added, found.removed) == (5, 1.0, 0.0)
    assert (found.saved, found.near, found.gain) == (91.0, 91.0, 90.0)
    assert found.on_signs == 30.0
    assert found.on_text == 0.0
    close, semicolon = doubling.tokenizer.encode(");").ids.tolist()
    assert doubling.asked == [(5, [close, semicolon, doubling.tokenizer.end])]


def test_a_deletion_by_hand(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(2, 3, ""), 2)
    # The two commas are alike, so the second one goes: 8 bits. `b` and `;` cost 1 and 2.
    assert (found.first, found.added, found.removed) == (3, 0.0, 8.0)
    assert found.saved == (16 - 1) + (32 - 2)
    assert found.on_signs == 32 - 2


def test_a_replacement_by_hand(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(0, 1, "[{"), 1)
    assert (found.first, found.added, found.removed, found.saved) == (0, 3.0, 1.0, 2 - 3)
    assert found.gain == 1 - 3 + 2 - 3


def test_near_is_the_first_four_tokens(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(0, 0, "-"), 6)
    assert found.near == (1 - 2) + (2 - 3) + (4 - 4) + (8 - 5)
    assert found.saved == found.near + (16 - 6) + (32 - 7)


def test_an_edit_that_changes_nothing_costs_nothing_itself(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(1, 2, "a"))
    assert (found.added, found.removed) == (0.0, 0.0)


def test_the_end_of_the_text_is_as_far_as_it_goes(doubling: Doubling) -> None:
    found = priced(doubling, TEXT, candidate(6, 6, "}"), 99)
    assert (found.first, found.added, found.saved) == (6, 1.0, 64 - 2)
    assert found.on_signs == 0.0


def test_no_candidates_ask_nothing(doubling: Doubling) -> None:
    assert Pricing(doubling.tokenizer, TEXT, "c", doubling).prices([], 3) == []
    assert doubling.asked == []


def test_many_are_priced_in_one_batch_in_their_order(doubling: Doubling) -> None:
    which = [candidate(5, 5, ")"), candidate(2, 3, ""), candidate(0, 1, "[{")]
    together = Pricing(doubling.tokenizer, TEXT, "c", doubling).prices(which, 3)
    assert together == [priced(doubling, TEXT, one) for one in which]


@pytest.mark.parametrize(
    ("language", "text", "at", "is_sign", "is_text"),
    [
        ("c", '("a, b");', 3, False, True),
        ("c", "(/* , */);", 4, False, True),
        ("c", "(a, b);", 2, True, False),
        ("python", "(b) # a, b\n", 7, False, True),
        ("python", "'''a, b'''\n", 4, False, True),
        ("html", "<p>a, b</p>", 4, False, True),
        ("html", '<p title="a">', 2, False, False),
    ],
)
def test_what_is_saved_on_signs_and_on_text(
    tiny_tokenizer: Tokenizer, language: Language, text: str, at: int, is_sign: bool, is_text: bool
) -> None:
    reading = Doubling(tiny_tokenizer, text)
    found = priced(reading, text, candidate(at, at, "?"), 1, language)
    assert found.saved != 0
    assert found.on_signs == (found.saved if is_sign else 0.0)
    assert found.on_text == (found.saved if is_text else 0.0)


SLIPS: list[tuple[Language, str, str, str]] = [
    ("c", C, "sum = 0;", "sum = 0"),
    ("c", C, "(i + 1)", "(i + 1"),
    ("c", C, "(sum > 100)", "(sum > 100))"),
    ("c", C, "i < count;", "i < count,"),
    ("c", C, "return sum;", "retrun sum;"),
    ("python", PYTHON, "< limit:", "< limit"),
    ("python", PYTHON, "    return", "      return"),
    ("python", PYTHON, '("too', "(too"),
    ("html", HTML, "</b>", ""),
    ("html", HTML, '"a.html">', '"a.html"'),
]


@pytest.mark.parametrize("n_following", [QUICK_TOKENS, WINDOW_TOKENS])
@pytest.mark.parametrize(("language", "correct", "good", "bad"), SLIPS)
def test_the_true_repair_gains(
    tiny_tokenizer: Tokenizer,
    language: Language,
    correct: str,
    good: str,
    bad: str,
    n_following: int,
) -> None:
    text = correct.replace(good, bad, 1)
    reading = Scripted(tiny_tokenizer, correct).read(text, language)
    start = correct.index(good)
    repair = candidate(start, start + len(bad), good)
    pricing = Pricing(tiny_tokenizer, text, language, reading)
    found, same, stranger = pricing.prices(
        [repair, candidate(start, start + 1, text[start]), candidate(start, start, "@@")],
        n_following,
    )
    assert found.gain > 5
    assert same.gain == pytest.approx(0.0)
    assert stranger.gain < 0 < found.gain


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 60), min_size=1, max_size=40), n_best=st.integers(1, 8))
def test_the_best_are_found_without_pricing_all(
    tiny_tokenizer: Tokenizer, places: list[int], n_best: int
) -> None:
    tokenizer = tiny_tokenizer
    text = "int f(int a)\n{\n    return g(a, 1);\n}\nint main(void) { f(2) }\n"
    reading = Scripted(tokenizer, text).read(text, "c")
    pricing = Pricing(tokenizer, text, "c", reading)
    signs = ";)(x"
    candidates = [
        Candidate(at, at, signs[at % 4], "insert", "", signs[at % 4], 0.0)
        if at % 3
        else Candidate(at, at + 1, "", "delete", text[at], "", 0.0)
        for at in places
    ]

    def rank(_: int, price: Price) -> float:
        return price.removed - price.added + price.saved

    ranks = [rank(i, price) for i, price in enumerate(pricing.prices(candidates, 3))]
    expected = sorted(range(len(ranks)), key=lambda i: -ranks[i])[:n_best]
    found = pricing.best(candidates, 3, n_best, rank)
    assert [ranks[i] for i in found] == [ranks[i] for i in expected]
