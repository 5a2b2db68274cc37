"""Candidates in numbers: names and values, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.candidates import Candidate
from lm_lint.features import brace_mismatches, near, of_candidate, of_nothing
from lm_lint.pricing import Price
from lm_lint.structure import Health
from lm_lint.text import Language

CLEAN = Health(0, 0, 0, 0, 100)
BROKEN = Health(1, 40, 2, 0, 100)
TEXT = "int f(void)\n{\n    g(1)\n}\n"
END_OF_CALL = TEXT.index(")\n}") + 1
INSERTION = Candidate(END_OF_CALL, END_OF_CALL, ";", "insert", "", ";", 12.0)


def of(candidate: Candidate, language: Language = "c", **changes: Any) -> dict[str, float]:
    values: dict[str, Any] = {"price": None, "before": None, "after": None, "text": TEXT, "away": 0}
    values |= changes
    return of_candidate(
        candidate,
        values["price"],
        values["before"],
        values["after"],
        values["text"],
        language,
        values["away"],
        values.get("fit", 0.0),
    )


def test_an_insertion_by_hand() -> None:
    assert of(INSERTION) == {
        "free": 1.2,
        "op insert": 1.0,
        "insert nothing > ;": 1.0,
        "away": 0.0,
        "at line end ;": 1.0,
    }


PAGE = "<div>\n<p>One</p>\n</p>\n<!-- two -->three\n"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (PAGE.index("</p>\n<!"), PAGE.index("\n<!"), {"behind end", "before mark", "alone"}),
        (PAGE.index("</p>"), PAGE.index("</p>"), {"behind text", "before end"}),
        (PAGE.index("\n<p>"), PAGE.index("\n<p>"), {"behind start", "before start"}),
        (len(PAGE), len(PAGE), {"behind text", "before nothing", "alone"}),
        (0, 0, {"behind nothing", "before start"}),
        (-5, -5, {"behind nothing", "before start"}),
    ],
)
def test_what_stands_next_to_an_edit_of_a_page(start: int, end: int, expected: set[str]) -> None:
    edit = Candidate(start, end, "", "delete-end-tag", "p", "", 0.0)
    found = {name for name in of(edit, "html", text=PAGE) if " be" in name or " alone" in name}
    assert found == {f"delete-end-tag {each}" for each in expected}


def price_of(**bits: float) -> Price:
    """A price that is 0 but for what is given."""
    values: dict[str, Any] = dict.fromkeys(Price.__dataclass_fields__, 0.0)
    return Price(**values | {"first": 0} | bits)


def test_the_price_by_hand() -> None:
    price = price_of(added=2.0, removed=1.0, near=8.0, saved=21.0, on_signs=5.0, on_text=-4.0)
    res = of(INSERTION, price=price)
    assert price.gain == 20.0
    expected = {
        "gain": 2.0,
        "gain>0": 2.0,
        "gain>12": 0.8,
        "saved": 2.1,
        "saved>0": 2.1,
        "saved>12": 0.9,
        "near": 0.8,
        "on signs": 0.5,
        "on text": -0.4,
        "added": 0.2,
        "removed": 0.1,
    }
    assert {name: res[name] for name in expected} == pytest.approx(expected)
    assert "gain>30" not in res


def test_extreme_prices_are_cut_off() -> None:
    res = of(INSERTION, price=price_of(added=500.0, removed=500.0, near=-900.0, saved=900.0))
    assert (res["gain"], res["saved"], res["near"]) == (6.0, 6.0, -2.0)
    assert (res["added"], res["removed"]) == (3.0, 4.0)
    assert of(Candidate(0, 0, ";", "insert", "", ";", -99.0))["free"] == -2.0


def test_health_by_hand() -> None:
    res = of(INSERTION, before=BROKEN, after=CLEAN)
    expected = {
        "weight left": 0.0,
        "clean": 1.0,
        "weight share": 1.0,
        "tree drop": 1.0,
        "rules drop": 2.0,
        "tree chars": 1.0,
    }
    assert {name: res[name] for name in expected} == expected
    half = of(INSERTION, before=BROKEN, after=Health(1, 30, 0, 0, 100))
    assert "clean" not in half
    assert (half["weight left"], half["weight share"]) == (0.5, pytest.approx(2 / 3))
    assert (half["tree drop"], half["tree chars"]) == (0.0, 0.25)


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (Health(0, 0, 0, 0, 100), "compiles"),
        (Health(0, 0, 0, 1, 60), "compiler goes on"),
        (Health(0, 0, 0, 1, 20), None),
    ],
)
def test_what_the_compiler_says(after: Health, name: str | None) -> None:
    res = of(INSERTION, "python", before=Health(0, 0, 0, 1, 20), after=after)
    assert {n for n in res if n.startswith("compile")} == ({name} if name else set())


@pytest.mark.parametrize(
    ("candidate", "language", "name"),
    [
        (Candidate(0, 3, "", "delete", "int", "", 0.0), "c", "delete keyword > nothing"),
        (Candidate(4, 5, "h", "replace", "f", "h", 0.0), "c", "replace name > name"),
        (Candidate(5, 6, "[", "replace", "(", "[", 0.0), "c", "replace ( > ["),
        (Candidate(4, 6, "(f", "swap", "f", "(", 0.0), "c", "swap name > ("),
        (Candidate(4, 5, "for", "respell", "f", "for", 0.0), "c", "respell some > some"),
        (Candidate(0, 0, "    ", "indent", "", "deeper", 0.0), "python", "indent  > some"),
        (Candidate(0, 4, "", "indent", "deeper", "", 0.0), "python", "indent some > "),
        (Candidate(0, 0, "</DIV>", "close", "", "DIV", 0.0), "html", "close tag > div"),
        (Candidate(0, 3, "", "drop", "x-y", "", 0.0), "html", "drop tag > other"),
    ],
)
def test_what_kind_of_slip_it_would_be(candidate: Candidate, language: Language, name: str) -> None:
    res = of(candidate, language)
    assert res[name] == 1.0
    assert res[f"op {candidate.op}"] == 1.0


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        (0, {"away": 0.0}),
        (1, {"away": 0.25, "behind": 0.25}),
        (-7, {"away": 0.75}),
        (15, {"away": 1.0, "away>3": 0.25, "behind": 2.0}),
    ],
)
def test_the_way_to_the_suspect(away: int, expected: dict[str, float]) -> None:
    res = of(INSERTION, away=away)
    assert {n: v for n, v in res.items() if n.startswith(("away", "behind"))} == expected


def test_where_in_its_line_something_is_inserted() -> None:
    places = {}
    for at in (END_OF_CALL, TEXT.index("g(1"), TEXT.index("(1")):
        res = of(Candidate(at, at, "x", "insert", "", "if", 0.0))
        places[at] = {name for name in res if name.startswith("at ")}
    assert list(places.values()) == [{"at line end word"}, {"at line start word"}, set()]


def test_a_brace_that_agrees_with_the_indentation() -> None:
    broken = "int f(void)\n{\n    if (a) {\n        b();\n    c();\n    d();\n}\n"
    right = broken.index("\n    c();")
    wrong = broken.index("\n}\n")
    left = [brace_mismatches(broken[:at] + "\n    }" + broken[at:]) for at in (right, wrong)]
    assert left[0] < left[1]
    assert left[0] < brace_mismatches(broken)


def test_agreement_with_the_layout_is_capped_and_may_be_absent() -> None:
    assert of(INSERTION, fit=0.0).keys() == of(INSERTION).keys()
    assert of(INSERTION, fit=-2.0)["layout fit"] == -1.0
    assert of(INSERTION, fit=40.0)["layout fit"] == 3.0


@pytest.mark.parametrize(
    ("text", "n_mismatches"),
    [
        ("", 0),
        ("int f(void)\n{\n    if (a) {\n        b();\n    }\n    return 1;\n}\n", 0),
        ("int f(void) {\n\tint a;\nlabel:\n\tb();\n}\n", 0),
        ("int f(void)\n{\n#if A\n    b();\n#endif\n/* x */\n}\n", 0),
        ("int f(void)\n{\n    b();\n  }\n", 1),  # a closing brace on another column
        ("int f(void)\n{\nb();\n}\n", 1),  # a line no deeper than its block
        ("int f(void)\n{\n    if (a) {\n        b();\n    c();\n}\n", 2),
        ("    int a;\n", 1),  # moved in though nothing is open
        ("}\n", 1),
        ("int f(void)\n{\n    g(\"}\");\n    h('{'); /* } */\n}\n", 0),
    ],
)
def test_lines_that_are_indented_against_the_braces(text: str, n_mismatches: int) -> None:
    assert brace_mismatches(text) == n_mismatches


def test_nothing_by_hand() -> None:
    res = of_nothing(TEXT, "c", BROKEN, 7, 20.0, True, ["    g(1)"], 1, TEXT)
    assert res == pytest.approx(
        {
            "nothing": 1.0,
            "nothing candidates": 3.0,
            "nothing bits": 2.0,
            "nothing bits>8": 1.2,
            "nothing weight": 2.0,
            "nothing lines": math.log2(5) / 4,
            "nothing clusters": 0.0,
            "nothing unknown word": 1.0,
            "nothing repeated word": 0.0,
        }
    )


def test_reasons_to_doubt_that_anything_is_wrong() -> None:
    res = of_nothing(
        "FOO(a)\n",
        "c",
        Health(2, 9, 0, 1, 3),
        0,
        90.0,
        False,
        ["FOO(a)"],
        3,
        "FOO(a)\nFOO(b)\n  FOO(c)\n",
    )
    for name in ("nothing unreliable", "nothing macro", "nothing tree only", "nothing compiler"):
        assert res[name] == 1.0
    assert res["nothing bits"] == 2.4
    python = of_nothing("FOO(a)\n", "python", None, 0, 0.0, True, ["FOO(a)"], 1, "FOO(a)\n")
    assert set(python) == {"nothing", "nothing candidates", "nothing bits", "nothing clusters"}


@pytest.mark.parametrize(
    ("hot", "place", "away"),
    [([], 5, 0), ([5], 5, 0), ([2, 9], 4, 2), ([2, 9], 8, -1), ([3], 30, 27)],
)
def test_the_nearest_suspect(hot: list[int], place: int, away: int) -> None:
    assert near(np.array(hot, dtype=np.int64), place) == away


@given(st.text(st.sampled_from("{}a; \n\t\"'/*#:")))
def test_mismatches_are_at_most_the_lines(text: str) -> None:
    assert 0 <= brace_mismatches(text) <= len(text.split("\n"))
