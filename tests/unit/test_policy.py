"""Which findings are reported: codes by their names, and findings by the lines that were changed."""

from __future__ import annotations

import pytest

from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import UnknownCode
from lm_lint.findings import CODES, Finding, Repair
from lm_lint.policy import codes, touching
from lm_lint.text import Document

TEXT = "one\ntwo\nthree\nfour\n"


def at(start: int, end: int, *repairs: Repair) -> Diagnostic:
    finding = Finding("missing-token", start, end, 0.9, 9.0, repairs)
    return Diagnostic.of(Document.of(TEXT), finding, "message")


def test_codes_are_named_or_fitted_by_a_pattern() -> None:
    assert codes(["wrong-tag", " missing-token "]) == ("wrong-tag", "missing-token")
    assert codes(["*-tag"]) == ("unclosed-tag", "stray-tag", "wrong-tag")
    assert codes(["wrong-tag", "wrong-*"]) == ("wrong-tag", "wrong-token")
    assert codes(["*"]) == CODES
    assert codes([]) == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing-tokn", "'missing-tokn' is no code of lm-lint; was missing-token meant?"),
        ("Wrong-Tag", "'Wrong-Tag' is no code of lm-lint; was wrong-tag meant?"),
        ("E501", "'E501' is no code of lm-lint; known are missing-token, "),
        ("", "'' is no code of lm-lint; known are missing-token, "),
        ("*-taq", "no code of lm-lint is like '*-taq'; known are missing-token, "),
    ],
)
def test_unknown_codes(name: str, sentence: str) -> None:
    with pytest.raises(UnknownCode) as caught:
        codes([name])
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0, 3, 1, 1),
        (0, 4, 1, 1),  # up to the start of the next line, of which nothing is wrong
        (0, 5, 1, 2),
        (4, 4, 2, 2),
        (len(TEXT), len(TEXT), 5, 5),
    ],
)
def test_a_finding_touches_its_lines(start: int, end: int, first: int, last: int) -> None:
    found = at(start, end)
    touched = [line for line in range(1, 6) if touching([found], [(line, line)])]
    assert touched == list(range(first, last + 1))
    assert touching([found], [(1, first - 1), (last + 1, 9)]) == ()


def test_without_lines_all_are_kept_and_with_none_of_them_no_finding() -> None:
    assert len(touching([at(0, 1), at(5, 6)], None)) == 2
    assert touching([at(0, 1)], ()) == ()


def test_a_slip_that_shows_further_down_is_kept_where_its_repair_is() -> None:
    found = at(14, 18, Repair(4, 8, "", 0.9), Repair(0, 0, "x", 0.1))
    assert touching([found], [(2, 2)]) == ()
    assert touching([found], [(2, 2)], TEXT) == (found,)
    assert touching([found], [(1, 1), (3, 3)], TEXT) == ()
