"""What people read in a terminal: lines to the letter, links, statistics, the last line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lm_lint.findings import Finding
from lm_lint.formats import hyperlinks
from lm_lint.notebooks import Cell
from lm_lint.results import Result, Summary
from tests.unit.formats.made import result, written

TWO = [result("int x«→;»\n\tf(«→)»;\n"), result("y", "b.c")]


def test_a_finding_its_line_and_its_repair() -> None:
    assert written("text", [result("if «(a→(a)» {\n")]).splitlines() == [
        "a.c:1:4: error: `)` expected before `{` [missing-token]",
        "    1 | if (a {",
        "      |    ^~ help: insert `)` before `{`",
        "",
        "1 error in 1 file",
    ]


def test_concise_is_one_line_a_finding_and_nothing_else() -> None:
    assert written("concise", TWO) == (
        "a.c:1:6: error: `;` expected after `x` [missing-token]\n"
        "a.c:2:4: error: `)` expected before `;` [missing-token]\n"
    )


@pytest.mark.parametrize("name", ["text", "concise", "github"])
def test_statistics_count_by_code(name: str) -> None:
    lines = written(name, [*TWO, result("b«)→»;")], statistics=True).splitlines()
    assert [line for line in lines[-4:] if line and "::" not in line] == [
        "2  missing-token",
        "1  unexpected-token",
        "3 errors in 3 files",
    ]
    assert written("text", [], statistics=True) == "nothing found in 0 files\n"


def test_the_last_line_tells_what_was_fixed_and_what_was_known() -> None:
    found = result("x«→;»")
    fixed = Result(found.source, (), fixed=found.diagnostics)
    summary = Summary(n_in_baseline=1200)
    assert written("text", [fixed], summary=summary) == (
        "nothing found in 1 file, 1,200 in the baseline, 1 fixed\n"
    )


def test_quiet_leaves_the_last_line_out() -> None:
    assert written("text", [result("y")], quiet=True) == ""


def test_names_are_links_where_links_are_understood(tmp_path: Path) -> None:
    found = [result("x«→;»", "a b.c", path=str(tmp_path / "a b.c"))]
    for name in ("text", "concise"):
        shown = written(name, found, colour=True, hyperlinks=True)
        assert (tmp_path / "a b.c").as_uri() in shown
        assert "\x1b]8;" not in written(name, found, colour=True)
        assert "\x1b" not in written(name, found, hyperlinks=True)


@pytest.mark.parametrize(
    ("environment", "are_understood"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, True),
        ({"TERM": "xterm-256color", "VTE_VERSION": "4205"}, False),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "vscode"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x", "TERM_PROGRAM": "iTerm.app"}, False),
        ({"TERM": "xterm-kitty", "CI": "true"}, False),
        ({"TERM": "dumb", "TERM_PROGRAM": "vscode"}, False),
        ({}, False),
        ({"FORCE_HYPERLINK": "1"}, True),
        ({"FORCE_HYPERLINK": "0", "TERM": "xterm-kitty"}, False),
    ],
)
def test_terminals_that_know_links(environment: dict[str, str], are_understood: bool) -> None:
    assert hyperlinks.understood(environment) == are_understood


def test_a_name_is_no_command_to_a_ci_service() -> None:
    assert written("concise", [result("x«→;»", "::stop-commands::x.c")]).startswith("./::stop")


def test_a_notebook_is_told_by_its_cells() -> None:
    text = "if x:\n    y(\n\f\nprint(\n"
    cells = (Cell(1, 1, 0, 13, 1), Cell(3, 2, 15, 22, 4))
    found = result("if x:\n    y(«→)»\n\f\nprint(«→)»\n", "n.ipynb", "python", cells=cells)
    assert found.source.text == text
    assert [line.split(": ")[0] for line in written("concise", [found]).splitlines()] == [
        "n.ipynb:cell 1:2:7",
        "n.ipynb:cell 2:1:7",
    ]
    assert "\n    1 | print(\n" in written("text", [found])


def test_another_line_is_told_as_the_notebook_counts_it() -> None:
    cells = (Cell(0, 1, 0, 2, 1), Cell(1, 2, 4, 20, 3))
    found = result("x\n\f\nf(\n  1,\n«→)»\n", "n.ipynb", "python", cells=cells)
    message = "`)` expected at the end of the file, to close the `(` of line 1 of cell 2"
    assert message in written("concise", [found])


def test_a_finding_without_repairs() -> None:
    found = result("x«→;»\n")
    bare = Finding("missing-token", 1, 1, 0.95, 3.0, ())
    diagnostic = type(found.diagnostics[0])(bare, "error", "something is missing here", 1, 2, 1, 2)
    lines = written("text", [Result(found.source, (diagnostic,))]).splitlines()
    assert lines[1:3] == ["    1 | x", "      |  ^"]
