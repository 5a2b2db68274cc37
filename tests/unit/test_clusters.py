"""Problems in groups, each with the stretch of text that is enough to judge a repair."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import structure, suspects
from lm_lint.clusters import Cluster, clusters
from lm_lint.structure import Problem
from lm_lint.text import LANGUAGES, Language

C_FUNCTION = "static int f{0}(int a)\n{{\n    int b = a * {0};\n    if (b > 1) {{\n        g(b);\n    }}\n    return b;\n}}\n\n"
PYTHON_FUNCTION = "def f{0}(a):\n    b = a * {0}\n    if b > 1:\n        g(b)\n    return b\n\n\n"


def program(language: Language, n_functions: int, *broken: int) -> str:
    """A text of like functions; in the broken ones the call of g is left open."""
    pattern = C_FUNCTION if language == "c" else PYTHON_FUNCTION
    functions = [pattern.format(i) for i in range(n_functions)]
    for which in broken:
        functions[which] = functions[which].replace("g(b)", "g(b")
    return "".join(functions)


def cut(text: str, language: Language) -> list[Cluster]:
    return clusters(text, language, structure.problems(text, language))


def assert_each_is_once_and_inside(
    text: str, problems: list[Problem], found: list[Cluster]
) -> None:
    members = [problem for cluster in found for problem in cluster.problems]
    assert sorted(members, key=repr) == sorted(problems, key=repr)
    for cluster in found:
        assert 0 <= cluster.start <= cluster.end <= len(text)
        assert all(cluster.start <= p.start <= cluster.end for p in cluster.problems)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_problem_is_no_cluster(language: Language) -> None:
    assert clusters("x" * 5000, language, []) == []


@pytest.mark.parametrize("language", ["c", "python"])
def test_a_small_text_is_one_cluster(language: Language) -> None:
    text = program(language, 4, 1, 3)
    problems = structure.problems(text, language)
    assert clusters(text, language, problems) == [Cluster(0, len(text), tuple(problems))]


def test_two_functions_with_a_slip_each_are_two_clusters() -> None:
    text = program("c", 40, 5, 30)
    found = cut(text, "c")
    assert len(found) == 2
    for which, cluster in zip((5, 30), found, strict=True):
        stretch = text[cluster.start : cluster.end]
        assert f"int f{which}(int a)" in stretch
        assert stretch.count("static int") <= 2
        # What is judged alone is broken by its own slip only.
        assert structure.weight(stretch, "c") > 0
        assert structure.weight(stretch.replace("g(b;", "g(b);"), "c") == 0
    assert_each_is_once_and_inside(text, structure.problems(text, "c"), found)


def test_two_slips_of_one_function_are_one_cluster() -> None:
    text = program("c", 40, 20).replace("int b = a * 20;", "int b = a * 20")
    (cluster,) = cut(text, "c")
    assert len(cluster.problems) >= 2
    assert "int f20(int a)" in text[cluster.start : cluster.end]


def test_a_cluster_of_python_begins_where_something_is_defined() -> None:
    text = program("python", 60, 40).replace("def f40", "@cached\ndef f40")
    found = cut(text, "python")
    starts = [text[cluster.start :].split("(")[0] for cluster in found]
    assert any("f40" in start or "f39" in start for start in starts), starts
    assert all(
        start.startswith(("def", "@")) or not cluster.start
        for start, cluster in zip(starts, found, strict=True)
    )
    assert_each_is_once_and_inside(text, structure.problems(text, "python"), found)


@pytest.mark.parametrize("language", ["c", "python"])
def test_a_cluster_of_a_long_text_is_bounded(language: Language) -> None:
    line = "    total += price(i, 1);\n" if language == "c" else "    total += price(i, 1)\n"
    head = "int f(void)\n{\n" if language == "c" else "def f():\n"
    text = head + line * 1000 + line.replace(")", "", 1) + line * 1000
    text += "}\n" if language == "c" else ""
    problems = structure.problems(text, language)
    assert problems
    for cluster in clusters(text, language, problems):
        assert cluster.end - cluster.start <= 16_000
        assert text[cluster.start - 1 : cluster.start] in ("", "\n")
        assert cluster.problems
        assert all(cluster.start <= p.start <= cluster.end for p in cluster.problems)


def test_problems_far_apart_in_one_long_function_are_in_clusters() -> None:
    line = "    total += price(i, 1);\n"
    text = "int f(void)\n{\n" + line * 2000 + "}\n"
    problems = [Problem(at, at + 1, at) for at in (100, 30_000)]
    assert_each_is_once_and_inside(text, problems, clusters(text, "c", problems))


@given(st.data(), st.sampled_from(["c", "python"]))
def test_every_problem_is_in_exactly_one_cluster(data: st.DataObject, language: Language) -> None:
    text = program(language, data.draw(st.sampled_from([3, 60])))
    place = st.integers(0, len(text))
    spans = st.tuples(place, st.integers(0, 50), st.integers(0, 500), st.sampled_from(["", "{"]))
    drawn = data.draw(st.lists(spans, max_size=8))
    problems = [
        Problem(at, min(at + n, len(text)), min(at + n + later, len(text)), opener)
        for at, n, later, opener in drawn
    ]
    found = clusters(text, language, problems)
    assert_each_is_once_and_inside(text, problems, found)
    assert [c.start for c in found] == sorted(c.start for c in found)
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start


PARAGRAPH = "<p>Some words of a page that goes on and on.</p>\n"


def test_problems_of_a_page_that_are_apart_are_two_clusters() -> None:
    page = f"<body>\n<b>one</b></i>\n{PARAGRAPH * 60}<em>two</em></strong>\n</body>\n"
    found = cut(page, "html")
    assert len(found) == 2
    for cluster, slip in zip(found, ("</b></i>", "</em></strong>"), strict=True):
        assert slip in page[cluster.start : cluster.end]
        assert cluster.end - cluster.start < len(page) / 2
    assert_each_is_once_and_inside(page, structure.problems(page, "html"), found)


def test_problems_of_a_page_that_are_near_are_one_cluster() -> None:
    page = f"<body>{PARAGRAPH * 60}<b>one</i>\n<em>two</strong>\n{PARAGRAPH * 60}</body>"
    problems = [p for p in structure.problems(page, "html") if p.noticed < len(page) * 0.6]
    (cluster,) = clusters(page, "html", problems)
    assert len(cluster.problems) == len(problems) >= 2


def test_what_stays_open_reaches_to_where_that_is_noticed() -> None:
    page = f"<body>\n<div>{PARAGRAPH * 60}</body>\n"
    (cluster,) = cut(page, "html")
    (problem,) = cluster.problems
    assert problem.opener == "div"
    assert cluster.start <= problem.start
    assert cluster.end >= problem.noticed


def test_a_long_class_is_judged_by_its_methods() -> None:
    methods = "".join(f"    def f{i}(self):\n        return [{i}, self.a]\n\n" for i in range(200))
    text = "class A:\n" + methods + "\nx = 1\n"
    assert suspects.problems(text, "python") == []
    broken = text.replace("[100, self.a]", "[100, self.a", 1)
    (cluster,) = clusters(broken, "python", suspects.problems(broken, "python"))
    stretch = broken[cluster.start : cluster.end]
    assert len(stretch) < 300
    assert structure.weight(stretch, "python") > 0
    assert structure.weight(stretch.replace("self.a\n", "self.a]\n", 1), "python") == 0


def test_a_method_in_a_string_is_no_border() -> None:
    inside = "    def not_this(self):\n        pass\n" * 100
    text = "class A:\n" + '    """\n' + inside + "    def f(self:\n        pass\n" + '    """\n'
    assert suspects.problems(text, "python") == []
    broken = text + "    def g(self:\n        pass\n" + "    def h(self):\n        pass\n"
    for cluster in clusters(broken, "python", suspects.problems(broken, "python")):
        assert broken.count('"""', 0, cluster.start) % 2 == 0
