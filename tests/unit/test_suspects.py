"""Part by part a text is judged as it is as a whole: clean where that is clean, and near the slip where it is not."""

from __future__ import annotations

import random

import pytest

from lm_lint import structure, suspects
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
