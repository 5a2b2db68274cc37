"""What recurs in a document: counts over lexemes, with a repair and without."""

from __future__ import annotations

import pytest

from lm_lint.candidates import Candidate
from lm_lint.ranking import log2
from lm_lint.recurring import Recurrences
from lm_lint.text import Language

C = """int main(void)
{
    printf("%d\\n", one);
    printf("%d of %d\\n", two, three)
    printf("%d\\n", four);
    DECLARE(five)
    DECLARE(six)
    DECLARE(seven)
}
"""
PAGE = """<ul>
<li><a href="one.html">One</a></li>
<li><a href="two.html">Two</li>
<li><a href="three.html">Three</a></li>
<li><a href="four.html">Four</a></li>
</ul>
"""


def _insert(text: str, behind: str, new: str) -> Candidate:
    at = text.index(behind) + len(behind)
    return Candidate(at, at, new, "insert", "", new, 0.0)


def _asked(text: str, language: Language, behind: str, new: str) -> dict[str, float]:
    return Recurrences(text, language).of_candidate(_insert(text, behind, new))


def test_a_repair_that_makes_a_line_like_others_recurs() -> None:
    found = _asked(C, "c", "three)", ";")
    # `w ) ; line` and a name: so it stands behind `four`, but for the name.
    assert found["recurs like 1"] == log2(2) / 2
    assert "stands like 4" not in found


def test_what_stands_without_a_semicolon_elsewhere_is_told() -> None:
    found = _asked(C, "c", "DECLARE(six)", ";")
    assert found["stands like 2"] == log2(2) / 2
    assert "recurs like 4" not in found


def test_counts_are_of_lexemes_and_not_of_parts_of_them() -> None:
    text = "a = bc;\na = c\nx = bc;\n"
    assert "recurs same 1" not in _asked(text, "c", "= c", ";")
    assert "recurs same 1" in _asked(text.replace("= c\n", "= bc\n"), "c", "a = bc;\na = bc", ";")


def test_layout_inside_of_a_line_makes_no_difference() -> None:
    loose = C.replace("(", " ( ").replace(", ", " ,")
    at = loose.index("three)") + len("three)")
    found = Recurrences(loose, "c").of_candidate(Candidate(at, at, ";", "insert", "", ";", 0.0))
    assert found == _asked(C, "c", "three)", ";")


def test_tags_are_alike_but_for_what_is_quoted() -> None:
    found = _asked(PAGE, "html", ">Two", "</a>")
    assert found["recurs like 4"] == log2(2) / 2
    assert "recurs same 2" not in found
    assert "stands like 1" not in found


def test_text_between_tags_is_alike() -> None:
    page = PAGE.replace("Three", "Three, the next one")
    assert _asked(page, "html", ">Two", "</a>")["recurs like 4"] == log2(2) / 2


def test_an_edit_of_blanks_says_nothing() -> None:
    assert _asked(C, "c", "three)", "  ") == {}


def test_indentation_counts_in_python() -> None:
    text = "if a:\n    b()\n    c()\nif d:\n    e()\n  f()\n"
    at = text.index("\n  f()")
    found = Recurrences(text, "python").of_candidate(
        Candidate(at, at + 3, "\n    ", "indent", "", "", 0.0)
    )
    assert found["recurs like 2"] == log2(1) / 2


def test_a_quote_that_is_lost_changes_nothing_on_other_lines() -> None:
    broken = C.replace('printf("%d\\n", one)', 'printf(%d\\n", one)')
    expected = _asked(C, "c", "DECLARE(six)", ";")
    assert _asked(broken, "c", "DECLARE(six)", ";")["stands like 2"] == expected["stands like 2"]


def test_comments_are_passed_over() -> None:
    text = C.replace("five)", "five) // the fifth")
    assert _asked(text, "c", "DECLARE(six)", ";") == _asked(C, "c", "DECLARE(six)", ";")


@pytest.mark.parametrize(("place", "n_elsewhere"), [("DECLARE(six", 2), ("main", 0)])
def test_places_that_stand_elsewhere_too(place: str, n_elsewhere: int) -> None:
    at = C.index(place) + (8 if place[0] == "D" else 0)
    found = Recurrences(C, "c").of_places([at])
    assert found.get("nothing stands like 2", 0.0) == log2(n_elsewhere) / 2


def test_the_rarest_of_several_places_counts() -> None:
    at = C.index("DECLARE(six")
    assert Recurrences(C, "c").of_places([at, C.index("main")]).keys() < Recurrences(
        C, "c"
    ).of_places([at]).keys() | {"nothing stands like 1"}


@pytest.mark.parametrize("language", ["c", "html", "python"])
def test_an_empty_document_has_nothing_that_recurs(language: Language) -> None:
    recurrences = Recurrences("", language)
    assert recurrences.of_places([0]) == {}
    assert recurrences.of_candidate(Candidate(0, 0, ";", "insert", "", ";", 0.0)) == {}


def test_more_than_fifteen_is_no_surer() -> None:
    text = "x;\n" * 40
    found = Recurrences(text + "x\n" + text, "c").of_candidate(
        Candidate(len(text) + 1, len(text) + 1, ";", "insert", "", ";", 0.0)
    )
    assert found["recurs same 1"] == 2.0
