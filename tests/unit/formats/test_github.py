"""Annotations: what may stand in a workflow command, and columns only where GitHub takes them."""

from __future__ import annotations

from lm_lint.notebooks import Cell
from lm_lint.results import Notice
from tests.unit.formats.made import result, written


def test_an_annotation_and_the_last_line() -> None:
    assert written("github", [result("f(1«→)»;\n", "src/a.c", confidence=0.7)]).splitlines() == [
        "::warning file=src/a.c,line=1,endLine=1,col=4,endColumn=4,title=lm-lint%3A missing-token"
        "::`)` expected before `;`%0Ainsert `)` here",
        "1 warning in 1 file",
    ]


def test_what_would_end_a_property_is_escaped() -> None:
    line = written("github", [result("a«%→;»", "100%,a:\nb.c", confidence=0.3)]).splitlines()[0]
    assert line.startswith("::notice file=100%25%2Ca%3A%0Ab.c,line=1,")
    assert "`;` expected instead of `%25`" in line


def test_columns_are_left_out_where_a_finding_has_several_lines() -> None:
    line = written("github", [result("a«b\nc→;»")]).splitlines()[0]
    assert "line=1,endLine=2,title" in line


def test_notices_are_annotations_too() -> None:
    notices = [Notice("b.c", "b.c: no such file", True), Notice("", "nothing to lint", False)]
    assert written("github", [], notices, quiet=True).splitlines() == [
        "::error file=b.c::b.c: no such file",
        "::notice::nothing to lint",
    ]


def test_a_cell_of_a_notebook_is_named() -> None:
    cells = (Cell(0, 1, 0, 5, 1),)
    line = written("github", [result("x\nf(«→)»\n", "n.ipynb", "python", cells=cells)])
    assert line.startswith(
        "::error file=n.ipynb,line=1,title=lm-lint%3A missing-token::cell 1, line 2: "
    )
