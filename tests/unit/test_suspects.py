"""Part by part a text is judged as it is as a whole: clean where that is clean, and near the slip where it is not."""

from __future__ import annotations

import random

import pytest

from lm_lint import structure, suspects
from lm_lint.html_tags import EditedPage, Page
from lm_lint.text import Language
from tests.sources import SOURCES
from tests.unit.test_parts import PYTHON, C

FUNCTION = "int f{n}(int a)\n{{\n    if (a) {{\n        g(a);\n    }}\n    return a;\n}}\n\n"
FUNCTIONS = "#include <stdio.h>\n" + "".join(FUNCTION.format(n=i) for i in range(60))
DEFINITIONS = "import os\n\n" + "".join(
    f"def f{i}(a):\n    if a:\n        g(a)\n    return a\n\n" for i in range(60)
)
TEXTS: dict[Language, str] = {"c": FUNCTIONS, "python": DEFINITIONS}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("c", C),
        ("c", SOURCES["c"]),
        ("c", FUNCTIONS),
        ("c", 'extern "C" {\n' + FUNCTIONS + "}\n"),
        ("c", "struct s {\n    int a[2];\n};\nstatic int t[] = {\n{ 1, 2 },\n{\n3\n},\n};\n"),
        ("c", "int main()\n{\nif (1)\n{\nf();\n}\nelse\n{\ng();\n}\nreturn 0;\n}\n"),
        ("python", PYTHON),
        ("python", SOURCES["python"]),
        ("python", DEFINITIONS),
        ("python", "if a:\n    def f(): pass\nelse:\n    x = 1\n@a\n@b\ndef g(): pass\n"),
        ("html", SOURCES["html"]),
        ("c", ""),
        ("python", ""),
        ("html", ""),
    ],
)
def test_right_text_is_clean(language: Language, text: str) -> None:
    assert structure.problems(text, language) == []
    assert suspects.problems(text, language) == []


@pytest.mark.parametrize("language", ["c", "python"])
def test_what_stumbles_as_a_whole_stumbles_in_its_part(language: Language) -> None:
    """And near the slip, however long the text is."""
    text, chance = TEXTS[language], random.Random(1)
    signs = [i for i, sign in enumerate(text) if sign in "(){};:" and i > 40]
    for place in chance.sample(signs, 60):
        broken = text[:place] + text[place + 1 :]
        found = suspects.problems(broken, language)
        assert bool(found) == bool(structure.problems(broken, language)), broken[
            place - 20 : place + 20
        ]
        for problem in found:
            assert abs(problem.start - place) < 400
            assert problem.start <= problem.end <= len(broken)


@pytest.mark.parametrize("language", ["c", "python"])
def test_slips_far_apart_are_found_at_once(language: Language) -> None:
    text = TEXTS[language]
    first, last = text.index("(a)", 100), text.rindex("(a)")
    broken = text[: first + 2] + text[first + 3 : last + 2] + text[last + 3 :]
    found = [problem.start for problem in suspects.problems(broken, language)]
    assert min(found) < first + 200
    assert max(found) > last - 200


def test_a_brace_and_its_partner_far_away_are_one_matter() -> None:
    """A block around many functions: each end stumbles alone, both together do not."""
    text = "namespace {\n" + FUNCTIONS + "}\n"  # no C, but braces that belong together
    assert len(suspects._dirty(suspects.parts(text, "c"), "c")) == 1
    block = "int outer(void) {\n" + "{\n    g();\n}\n" * 40 + "}\n"
    assert suspects.problems(block, "c") == []


def test_a_word_that_stands_once_in_its_part_is_known_from_others() -> None:
    """The rule of misspelt keywords asks for words that stand but once in the text."""
    assert suspects.problems("int f(void)\n{\n    retrun 0;\n}\n", "c")


def test_python_2_is_known_by_any_of_its_parts() -> None:
    old = DEFINITIONS + "def old():\n    print 'x'\n"
    assert suspects.problems(old, "python") == structure.problems(old, "python")


def test_an_open_string_does_not_cost_the_whole_file() -> None:
    text = DEFINITIONS * 40
    broken = '"""' + text
    assert suspects.problems(broken, "python")
    assert all(p.end <= 45_000 for p in suspects.problems(broken, "python"))


def test_a_page_that_is_edited_is_judged_as_if_it_were_read_anew() -> None:
    chance = random.Random(3)
    text = SOURCES["html"].replace("</body>", "<div>\n<p>more\n</div>\n" * 30 + "</body>")
    for _ in range(80):
        at = chance.randrange(len(text) + 1)
        new = chance.choice(["x", "<b>", "</div>", "", "", '"', "{% if a %}", "<", ">", "<!--"])
        text = text[:at] + new + text[at + chance.choice([0, 0, 1, 4]) :]
        assert suspects.problems(text, "html") == structure.problems(text, "html")


@pytest.mark.parametrize("is_before", [True, False])
def test_a_long_class_beside_a_slip_is_not_judged_along(is_before: bool) -> None:
    method = "    def m{}(\n        self, a: int\n    ) -> int:\n        return f(a)\n\n"
    long = "class Long:\n" + "".join(method.format(i) for i in range(500)) + "\n"
    broken = "class Short(Base:\n    def f(self):\n        pass\n\n\n"
    text = long + broken if is_before else broken + long
    found = suspects.problems(text, "python")
    assert found
    start = text.index("class Short")
    # Of what follows the open bracket the first method is read.
    end = start + len(broken) if is_before else text.index("def m1(")
    assert all(start <= problem.start <= end for problem in found)


PAGE = SOURCES["html"].replace("</body>", "<div>\n<p>more\n</div>\n" * 200 + "</body>")


def test_a_page_that_was_read_a_few_edits_ago_is_not_read_again() -> None:
    whole = suspects.page_of(PAGE)
    text = PAGE
    for letter in "typed":
        place = text.index("more", 2000) + 4
        text = text[:place] + letter + text[place:]
        page = suspects.page_of(text)
        assert isinstance(page, EditedPage)
        assert page.base is whole
    # And so is one with a repair in it, far from what is typed.
    repaired = suspects.page_of(text.replace("<p>more\n</div>", "<p>more\n</p></div>", 1))
    assert isinstance(repaired, EditedPage)


def test_another_page_is_read_as_a_whole() -> None:
    suspects.page_of(PAGE)
    for other in (PAGE.upper(), PAGE[::-1], PAGE[: len(PAGE) // 2]):
        assert not isinstance(suspects.page_of(other), EditedPage)


def test_pages_do_not_grow_deep() -> None:
    text = PAGE
    for n in range(60):
        # Each far from the one before, so that no page is near to two of them.
        place = text.index("more", (n * 1777) % (len(text) - 100))
        text = text[:place] + "<div>" + text[place:]
        page = suspects.page_of(text)
        assert page.problems == Page(text).problems
        assert suspects._depth(page) <= suspects._MOST_EDITS
