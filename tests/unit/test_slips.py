"""The rows of real slips, and what counts as the same program."""

from __future__ import annotations

from typing import Any

import pytest

from bench import slips
from bench.slips import Slip
from lm_lint.text import Language

SAME: list[tuple[Language, str, str]] = [
    ("c", "int a ;", "int  a;\n\n"),
    ("c", "f(a); // why", "f(a /* b */);"),
    ("c", "#define A 1\nint x;", "# define  A  1\n\nint\nx;"),
    ("c", '"a b"', ' "a b" '),
    ("python", "if a:\n  b\nc", "if a :\n    b   # d\n\nc\n"),
    ("python", "f(a,\nb)", "f(a, b)"),
    ("python", "a = \\\n  b", "a = b"),
    ("html", "<P>a</p> b", "<p>a\n</p>\n  b"),
]
DIFFERENT: list[tuple[Language, str, str]] = [
    ("c", "a = = b;", "a == b;"),
    ("c", '"a b"', '"a  b"'),
    ("c", "#define A 1\nint x;", "#define A 1 int x;"),
    ("c", "x = 'a;", "x = 'a';"),
    ("c", "inta;", "int a;"),
    ("c", "/* a", "/* a */"),
    ("python", "if a:\n  b\nc", "if a:\n  b\n  c"),
    ("python", "a\nb", "a b"),
    ("python", "if a:\n    b\n  c", "if a:\n    b\nc"),
    ("python", "x = 'a", "x = 'a'"),
    ("python", 'x = """a', 'x = """a"""'),
    ("html", "<p>a</p>", "<p>a<p>"),
    ("html", "<a href=b>", "<a href='b'>"),
    ("html", "<br/>", "<br>"),
    ("html", "<div>a b</div>", "<div>a</div> b"),
]


@pytest.mark.parametrize(("language", "a", "b"), SAME)
def test_layout_is_ignored(language: Language, a: str, b: str) -> None:
    assert slips.lexemes(language, a) == slips.lexemes(language, b)


@pytest.mark.parametrize(("language", "a", "b"), DIFFERENT)
def test_other_differences_are_seen(language: Language, a: str, b: str) -> None:
    assert slips.lexemes(language, a) != slips.lexemes(language, b)


def row(**changes: Any) -> dict[str, Any]:
    """A missing `)` on line 2, which would also be right on line 3."""
    broken = "int a;\nf(a;\ng();\n"
    return {
        "id": "c-1",
        "lang": "c",
        "part": "tune",
        "source_set": "tracer",
        "broken": broken,
        "fixed": "int a;\nf(a);\ng();\n",
        "error_line": 2,
        "error_offset": 10,
        "accept_lines": [2, 3],
        "kind": "delete",
        "single": True,
        "missing": [")"],
        "extra": [],
    } | changes


def test_crlf_and_mark_are_taken_off_as_the_engine_does() -> None:
    slip = Slip.of(
        row(broken="\ufeffint a;\r\nf(a;\r\n", fixed="\ufeffint a;\r\nf(a);\r\n", error_offset=12)
    )
    assert slip.broken == "int a;\nf(a;\n"
    assert slip.fixed == "int a;\nf(a);\n"
    assert slip.broken[slip.offset :] == ";\n"


def test_choice_is_by_part_limit_and_seed() -> None:
    rows = [Slip.of(row(id=f"c-{i}", part="tune" if i % 2 else "report")) for i in range(40)]
    chosen = slips.choose(rows, "tune", 5, 1)
    assert len(chosen) == 5
    assert {slip.part for slip in chosen} == {"tune"}
    assert chosen == slips.choose(reversed(rows), "tune", 5, 1)
    assert chosen != slips.choose(rows, "tune", 5, 2)
    assert len(slips.choose(rows, "report", None, 1)) == 20
