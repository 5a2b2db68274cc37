"""Slips out of histories: what a commit mended is found, alone, and what it did besides is not taken for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import slips
from bench.slips import Slip
from lm_lint.text import Language
from models import calibrate, mine
from models.histories import Change
from tests.repositories import Repository, lonely
from tests.unit.test_detector import HTML, PYTHON, C


def found(language: Language, before: str, after: str) -> list[Slip]:
    change = Change("a", "b" * 40, before, after)
    rows: list[dict[str, Any]] = list(mine.slips_of(change, language))
    return [Slip.of({"id": "x", "source_set": "mined", **row}) for row in rows]


@pytest.mark.parametrize(
    ("language", "good", "bad", "missing", "extra"),
    [
        ("c", "int sum = 0;", "int sum = 0", (";",), ()),
        ("c", "(sum > 100)", "(sum > 100))", (), (")",)),
        ("html", "<b>bold</b>", "<b>bold", ("</b", ">"), ()),
        ("python", "if price < limit:", "if price < limit", (":",), ()),
        ("python", "total(prices, limit):", "total prices, limit:", ("(", ")"), ()),
    ],
)
def test_what_a_commit_mended_is_found(
    language: Language, good: str, bad: str, missing: tuple[str, ...], extra: tuple[str, ...]
) -> None:
    after = {"c": C, "html": HTML, "python": PYTHON}[language]
    before = after.replace(good, bad)
    assert before != after
    (slip,) = found(language, before, after)
    assert (slip.missing, slip.extra) == (missing, extra)
    assert slip.broken == before
    assert slips.lexemes(language, slip.fixed) == slips.lexemes(language, after)
    assert slip.line == after[: after.index(good)].count("\n") + 1


def test_what_else_was_changed_stays_out_of_it() -> None:
    before = C.replace("int sum = 0;", "int sum = 0").replace("sum - 10", "sum - 11")
    (slip,) = found("c", before, C)
    assert "sum - 11" in slip.broken
    assert slip.fixed == slip.broken.replace("int sum = 0", "int sum = 0;")


def test_each_of_two_slips_is_told_alone() -> None:
    before = C.replace("int sum = 0;", "int sum = 0").replace("(sum > 100)", "(sum > 100))")
    first, second = found("c", before, C)
    assert first.broken == C.replace("int sum = 0;", "int sum = 0")
    assert second.broken == C.replace("(sum > 100)", "(sum > 100))")
    assert first.fixed == second.fixed == C


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (C, C.replace("sum - 10", "sum - 11")),  # nothing was wrong
        (C.replace("{", "", 1), C.replace("}", "", 1)),  # something still is
        (C.replace("sum > 100) {", "sum > 100"), C.replace("sum > 100) {", "a + b * c < 2) {")),
    ],
)
def test_what_shows_no_slip_is_left_out(before: str, after: str) -> None:
    assert found("c", before, after) == []


@pytest.mark.parametrize(("before", "after"), [("b;a \n", "a b;\n"), ("x(y;\n", "x y;\n")])
def test_words_that_were_apart_stay_apart(before: str, after: str) -> None:
    text = before
    for hunk in reversed(list(mine.hunks(before, after, "c"))):
        text = hunk.apply(text)
    assert slips.lexemes("c", text) == slips.lexemes("c", after)


def test_a_comment_behind_a_hunk_is_not_part_of_it() -> None:
    before, after = "f(a)// why\ng(b);\n", "f(a);// why\ng(b);\n"
    (hunk,) = mine.hunks(before, after, "c")
    assert hunk.apply(before) == after
    assert hunk.undo(before, after) == before


@given(
    st.lists(st.sampled_from(["a", "b;", "(c)", "{\n", "}\n", "<p>", "</p>", " ", "\n"])), st.data()
)
def test_all_hunks_together_are_the_change(pieces: list[str], data: st.DataObject) -> None:
    before = "".join(pieces)
    after = "".join(data.draw(st.permutations(pieces))) + data.draw(
        st.sampled_from(["", "d", "\n"])
    )
    for language in ("c", "html"):
        text = before
        for hunk in reversed(list(mine.hunks(before, after, language))):
            assert hunk.undo(before, after) != after or hunk.text == before[hunk.start : hunk.end]
            text = hunk.apply(text)
        assert slips.lexemes(language, text) == slips.lexemes(language, after)


def test_a_history_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lonely(monkeypatch, tmp_path / "home")
    repository = Repository(tmp_path / "mirror" / "ada+sums")
    broken = C.replace("int sum = 0;", "int sum = 0")
    repository.commit(a_c=broken, b_py=PYTHON)
    repository.commit(a_c=C, b_py=PYTHON.replace("limit", "most"))
    repository.commit(a_c=broken)
    repository.commit(a_c=C)
    commit = repository.git("rev-parse", "HEAD").strip()
    (row,) = mine.of_repository("ada/sums", commit, ("c", "python"), tmp_path / "mirror", 9, 9)
    assert (row["broken"], row["fixed"], row["missing"]) == (broken, C, (";",))
    assert row["blob"] == ["ada/sums", repository.git("rev-parse", "HEAD~1:a.c").strip()]
    first = repository.git("rev-parse", "HEAD~3").strip()
    assert mine.of_repository("ada/sums", first, ("c",), tmp_path / "mirror", 9, 9) == []


def test_what_is_known_already_is_not_taken_twice() -> None:
    (slip,) = found("c", C.replace("int sum = 0;", "int sum = 0"), C)
    (other,) = found("c", C.replace("sum - 10;", "sum - 10"), C)
    assert list(calibrate.apart([slip, other], [slip])) == [other]
