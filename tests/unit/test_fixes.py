"""Repairs in rounds: on while it gets better, back where it gets worse, never to and fro."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import fixes
from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import InputError
from lm_lint.findings import Repair
from lm_lint.sources import Source
from tests.repairing import ScriptedLinter, diagnostic, insertion, source_of


def repaired(found: dict[str, list[Diagnostic]], rounds: int = 3) -> tuple[fixes.Repaired, int]:
    """From the first text on; how often was it linted?"""
    linter = ScriptedLinter(dict(found))
    text, diagnostics = next(iter(found.items()))
    return fixes.repaired(source_of(text), diagnostics, linter, 0.9, rounds), len(linter.seen)


def test_what_a_repair_uncovers_is_repaired_too() -> None:
    one = insertion("f(1\ng(2\n", "\ng", ")")
    two = insertion("f(1)\ng(2\n", ")\n", ",")
    unsure = insertion("f(1,)\ng(2\n", "2", "1", confidence=0.7)
    res, n_looks = repaired({"f(1\ng(2\n": [one], "f(1)\ng(2\n": [two], "f(1,)\ng(2\n": [unsure]})
    assert res.text == "f(1,)\ng(2\n"
    assert res.applied == res.left_result.fixed == (one, two)
    assert res.left_result.diagnostics == (unsure,)
    assert res.left_result.source.text == res.text
    assert res.left_result.source.data == b"f(1,)\ng(2\n"
    assert n_looks == 2


def test_nothing_certain_leaves_all_as_it_is() -> None:
    unsure = insertion("f(1;", ";", ")", confidence=0.89)
    source = source_of("f(1;")
    linter = ScriptedLinter({})
    res = fixes.repaired(source, [unsure], linter, 0.9)
    assert (res.applied, res.left_result.diagnostics) == ((), (unsure,))
    assert res.left_result.source is source
    assert linter.seen == []


def test_a_round_that_does_harm_is_taken_back() -> None:
    text = "f(1;"
    wrong = insertion(text, "1", "(")
    worse = "f((1;"
    res, _ = repaired(
        {text: [wrong], worse: [insertion(worse, "1", "x"), insertion(worse, ";", ")")]}
    )
    assert (res.text, res.applied, res.left_result.diagnostics) == (text, (), (wrong,))


def test_only_what_does_harm_is_taken_back() -> None:
    text = "f(1;\ng(2;\n"
    right, wrong = insertion(text, ";\ng", ")"), insertion(text, "2", "(", 0.99)
    both, bad, good = "f(1);\ng((2;\n", "f(1;\ng((2;\n", "f(1);\ng(2;\n"
    three = [insertion(both, before, "x") for before in ("f", "1", "2")]
    left = insertion(good, "2", "(", 0.8)
    res, _ = repaired({text: [right, wrong], both: three, bad: three, good: [left]})
    assert (res.text, res.applied, res.left_result.diagnostics) == (good, (right,), (left,))


def test_what_a_later_round_would_take_back_was_no_repair() -> None:
    text, other = "f(1;", "f((1;"
    to = insertion(text, "1", "(")
    fro = diagnostic(other, Repair(2, 3, "", 0.99))
    res, n_looks = repaired({text: [to], other: [fro]})
    assert (res.text, res.applied, res.left_result.diagnostics) == (text, (), (to,))
    assert n_looks == 1


def test_there_are_so_many_rounds_and_no_more() -> None:
    texts = ["x" * n + ";" for n in range(1, 9)]
    res, n_looks = repaired({text: [insertion(text, ";", "x")] for text in texts}, rounds=4)
    assert (res.text, len(res.applied), n_looks) == ("xxxxx;", 4, 4)


def test_what_cannot_be_written_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Source, text: str) -> bytes:
        raise InputError("a repair reaches from one cell of the notebook into the next one")

    monkeypatch.setattr("lm_lint.plans.encoded", refuse)
    one = insertion("f(1;", ";", ")")
    res, n_looks = repaired({"f(1;": [one]})
    assert (res.text, res.applied, res.left_result.diagnostics, n_looks) == ("f(1;", (), (one,), 0)


def test_what_a_person_chose_is_made_whatever_is_found_then() -> None:
    text = "f(1;"
    chosen, other = insertion(text, "1", "("), insertion(text, ";", ")")
    worse = [insertion("f((1;", before, "x") for before in ("f", "1", ";")]
    planned = fixes.Plan.of(source_of(text), [chosen, other], [chosen])
    res = fixes.made(planned, ScriptedLinter({"f((1;": worse}))
    assert (res.text, res.applied, res.left_result.fixed) == ("f((1;", (chosen,), (chosen,))
    assert res.left_result.diagnostics == tuple(worse)
    nothing = fixes.made(fixes.Plan.of(source_of(text), [chosen], []), ScriptedLinter({}))
    assert (nothing.text, nothing.left_result.diagnostics) == (text, (chosen,))


texts = st.text("ab;", max_size=3)
edits = st.tuples(st.integers(0, 3), st.integers(0, 1), texts, st.sampled_from([0.5, 0.95]))


@given(texts, st.dictionaries(texts, st.lists(edits, max_size=3)), st.integers(1, 4))
def test_there_is_never_more_found_than_before(
    text: str, wanted: dict[str, list[tuple[int, int, str, float]]], rounds: int
) -> None:
    """Whatever a linter says, with rules that send texts to and fro among them."""
    found = {
        about: [
            diagnostic(about, Repair(min(start, len(about)), min(start + n, len(about)), *rest))
            for start, n, *rest in each
        ]
        for about, each in wanted.items()
    }
    linter = ScriptedLinter(dict(found))
    res = fixes.repaired(source_of(text), found.get(text, []), linter, 0.9, rounds)
    assert list(res.left_result.diagnostics) == list(found.get(res.text, []))
    assert len(res.left_result.diagnostics) <= len(found.get(text, []))
    assert len(linter.seen) <= rounds * 4
    assert bool(res.applied) == (res.left_result.source.text != text) or res.text == text
