"""Which repairs are made together."""

from __future__ import annotations

import pytest

from lm_lint.diagnostics import Diagnostic
from lm_lint.findings import Repair
from lm_lint.repairs import best, certain, edits, overlap
from lm_lint.text import Edit, Language
from tests.repairing import diagnostic

TEXT = "int a = f(1);\nint b;\n"


def found(*repairs: Repair) -> list[Diagnostic]:
    return [diagnostic(TEXT, repair) for repair in repairs]


def test_those_that_are_sure_enough_by_place() -> None:
    several = found(Repair(9, 9, "x", 0.9), Repair(4, 5, "c", 0.95), Repair(0, 3, "long", 0.89))
    assert edits(certain(TEXT, "c", several, 0.9)) == [Edit(4, 5, "c"), Edit(9, 9, "x")]
    assert certain(TEXT, "c", several, 0.99) == []


@pytest.mark.parametrize(
    ("one", "other", "is_overlap"),
    [
        ((3, 5), (5, 7), False),
        ((3, 5), (5, 5), False),
        ((3, 3), (3, 3), True),
        ((3, 3), (3, 5), True),
        ((3, 5), (4, 4), True),
        ((3, 6), (4, 5), True),
        ((3, 5), (6, 6), False),
    ],
)
def test_of_two_that_overlap_the_surer_one_is_made(
    one: tuple[int, int], other: tuple[int, int], is_overlap: bool
) -> None:
    first, second = Repair(*one, "1", 0.92), Repair(*other, "2", 0.95)
    assert overlap(first, second) == overlap(second, first) == is_overlap
    made = [best(each) for each in certain(TEXT, "c", found(first, second), 0.9)]
    assert made == ([second] if is_overlap else [first, second])


def test_only_the_best_repair_of_a_finding_counts() -> None:
    two = diagnostic(TEXT, Repair(0, 3, "long", 0.5), Repair(4, 5, "c", 0.95))
    assert certain(TEXT, "c", [two], 0.9) == []


def test_our_comments_are_not_taken_away() -> None:
    """The model does not see them, so a repair that reaches across one would take it along."""
    text = "f(a  // lm-lint: ignore[wrong-token] on purpose\n,b);\n"
    end = text.index(",")
    across = diagnostic(text, Repair(3, end, "", 0.99))
    assert certain(text, "c", [across], 0.9) == []
    # One whose blanks around the comment stay, and one beside it.
    kept = diagnostic(text, Repair(2, end, "x" + text[3:end], 0.99))
    beside = diagnostic(text, Repair(3, 3, ",", 0.99))
    for each in (kept, beside):
        assert certain(text, "c", [each], 0.9) == [each]


def test_comments_of_no_use_are_for_people_to_remove() -> None:
    text = "f(a);  // lm-lint: ignore\n"
    unused = diagnostic(text, Repair(5, len(text) - 1, "", 1.0), code="unused-suppression")
    assert certain(text, "c", [unused], 0.9) == []


@pytest.mark.parametrize(
    ("language", "text", "repair", "is_certain"),
    [
        ("python", "rm the file\n", Repair(0, 2, "#", 0.99), False),
        ("python", "x = 1 // the first\n", Repair(6, 8, "#", 0.99), True),
        ("c", "/ the first\n", Repair(0, 0, "/", 0.99), False),
        ("c", "include <stdio.h>\n", Repair(0, 0, "#", 0.99), True),
        ("html", "<p><-- old --></p>\n", Repair(4, 4, "!", 0.99), False),
        ("html", "<p>a</p</body>\n", Repair(7, 7, ">", 0.99), True),
    ],
)
def test_no_code_becomes_a_comment(
    language: Language, text: str, repair: Repair, is_certain: bool
) -> None:
    assert bool(certain(text, language, [diagnostic(text, repair)], 0.9)) == is_certain
