"""Slips of one function, each judged as if the others were not there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import structure
from lm_lint.clusters import Cluster, clusters
from lm_lint.separation import separated

LINES = [
    "int f(int a, int b)",
    "{",
    "    int c = a + b;",
    "    g(c);",
    "    for (a = 0; a < b; a++) {",
    "        c += h(a, b);",
    "    }",
    "    g(c - 1);",
    "    if (c > b) {",
    "        return c;",
    "    }",
    "    return a;",
    "}",
    "",
]


def broken(*changes: tuple[int, str, str]) -> str:
    """The function with something on some lines replaced."""
    lines = list(LINES)
    for row, old, new in changes:
        assert old in lines[row]
        lines[row] = lines[row].replace(old, new)
    return "\n".join(lines)


def parted(text: str, settled: set[str] | None = None) -> list[Cluster]:
    (cluster,) = clusters(text, "c", structure.problems(text, "c"))
    return separated(text, "c", cluster, settled or ())


def rows_of(text: str) -> set[int]:
    return {text.count("\n", 0, p.start) for p in structure.problems(text, "c")}


def test_two_slips_are_each_judged_without_the_other() -> None:
    found = parted(broken((2, ";", ""), (9, "c;", "c")))
    assert len(found) == 2
    first, second = (one.judged for one in found)
    assert "int c = a + b\n" in first
    assert "return c\n" not in first
    assert "return c\n" in second
    assert "int c = a + b\n" not in second
    assert not rows_of(first) & rows_of(second)


def test_a_line_that_opens_a_block_still_opens_it() -> None:
    text = broken((4, "a < b;", "a < b"), (9, "c;", "c"))
    found = parted(text)
    assert len(found) == 2
    assert all(one.judged.count("{") == text.count("{") for one in found)


@pytest.mark.parametrize(
    "change",
    [(3, "(c", "c"), (5, "b)", "b"), (8, " {", ""), (6, "}", ""), (1, "{", ""), (9, "c;", "c")],
)
def test_one_slip_is_one_cluster_and_seen_as_it_is(change: tuple[int, str, str]) -> None:
    (only,) = parted(broken(change))
    assert not only.judged
    assert not only.first


def test_a_lost_brace_comes_before_the_other_slips() -> None:
    text = broken((6, "}", ""), (9, "c;", "c"))
    (brace,) = parted(text)
    assert brace.first
    assert "return c\n" not in brace.judged
    assert structure.weight(brace.judged.replace("h(a, b);\n    ", "h(a, b);\n   }"), "c") == 0
    assert parted(text, {brace.judged}) == [
        Cluster(0, len(text), tuple(structure.problems(text, "c")))
    ]


def test_python_and_pages_are_left_alone() -> None:
    text = "def f(a:\n    b = 1\n    c = 2\n    return (b\n"
    (cluster,) = clusters(text, "python", structure.problems(text, "python"))
    assert separated(text, "python", cluster) == [cluster]


@given(
    st.lists(
        st.tuples(
            st.integers(2, 11),
            st.sampled_from([";", "(", ")", "{", "}", "=", "c"]),
            st.sampled_from(["", "((", "}", '"']),
        ),
        max_size=4,
    )
)
def test_what_is_judged_is_as_long_and_every_problem_has_one_place(
    changes: list[tuple[int, str, str]],
) -> None:
    lines = list(LINES)
    for row, old, new in changes:
        lines[row] = lines[row].replace(old, new, 1)
    text = "\n".join(lines)
    for cluster in clusters(text, "c", structure.problems(text, "c")):
        found = separated(text, "c", cluster)
        members = [problem for one in found for problem in one.problems]
        assert len(members) == len(set(members))
        assert set(members) <= set(cluster.problems)
        assert set(members) == set(cluster.problems) or found[0].first
        for one in found:
            shown, real = one.stretch(text), text[one.start : one.end]
            assert [len(line) for line in shown.split("\n")] == [
                len(line) for line in real.split("\n")
            ]
