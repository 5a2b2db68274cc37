"""Formats by name, files for reports, what is told at the end, and the statuses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click
import pytest

from lm_lint import formats
from lm_lint.cli.lint import command
from tests.command import Run, write


def test_every_format_can_be_chosen() -> None:
    (option,) = (param for param in command.params if param.name == "format_")
    assert isinstance(option.type, click.Choice)
    assert tuple(option.type.choices) == formats.NAMES


@pytest.mark.parametrize(
    "format_", [f for f in formats.NAMES if f not in ("html", "surprisal-json")]
)
def test_a_format_tells_of_a_finding(run: Run, format_: str) -> None:
    res = run("--format", format_, write("a.c", "int a\n"))
    assert res.status == 1
    assert "a.c" in res.out
    assert "expected" in res.out


def test_a_report_goes_into_a_file(run: Run) -> None:
    write("a.c", "int a\n")
    res = run("a.c", "--format", "json", "--output-file", "reports/lint.json")
    assert (res.status, res.out, res.err) == (1, "", "lm-lint: 1 error in 1 file\n")
    assert len(json.loads(Path("reports/lint.json").read_text())["findings"]) == 1
    assert os.listdir("reports") == ["lint.json"]


def test_a_report_that_cannot_be_written_is_a_sentence(run: Run) -> None:
    write("a.c", "int a\n")
    os.mkdir("reports")
    res = run("a.c", "--output-file", "reports")
    assert res.status == 2
    assert res.err.startswith("lm-lint: reports: cannot be written (")
    assert os.listdir("reports") == []


def test_a_report_is_not_replaced_by_half_of_one(run: Run) -> None:
    write("old.json", "the old one")
    write("a.c", "int a\n")
    write("sub/lm-lint.toml", "nonsense = 1\n")
    write("sub/b.c")
    assert run("a.c", "sub", "--format", "json", "--output-file", "old.json").status == 2
    assert Path("old.json").read_text() == "the old one"
    assert sorted(os.listdir()) == ["a.c", "old.json", "sub"]


def test_quiet_says_findings_alone(run: Run) -> None:
    write("a.c", "int a\n")
    write("b.c", b"\x7fELF\x02\x01\x01" + bytes(200))
    res = run(".", "--quiet")
    assert res.out.endswith("insert `;` here\n\n")
    assert res.err == ""


def test_statistics_count_codes(run: Run) -> None:
    write("a.c", "int a\nint b\n")
    assert "2  missing-token\n" in run("a.c", "--statistics").out


def test_statuses_can_be_softened(run: Run) -> None:
    write("a.c", "int a\nint b\n")
    assert run("a.c").status == 1
    assert run("a.c", "--exit-zero").status == 0
    assert run("a.c", "--max-findings", "2").status == 0
    assert run("a.c", "--max-findings", "1").status == 1
    assert run("a.c", "missing.c", "--exit-zero").status == 2


def test_check_may_be_said(run: Run) -> None:
    write("a.c", "int a\n")
    assert run("check", "a.c").out == run("a.c").out


def test_no_names_are_an_error_with_a_hint(run: Run) -> None:
    res = run()
    assert res.status == 2
    assert "`lm-lint .`" in res.err
