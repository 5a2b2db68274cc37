"""`--fix`, `--diff`, `--fix-only`, `--interactive`: what is written, what is told, and what stays as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lm_lint import writing
from lm_lint.errors import ChangedMeanwhile
from tests.command import Run, write

BROKEN, WHOLE = "int a\nint maybe\nint b\n", "int a;\nint maybe\nint b;\n"


def test_without_an_option_nothing_is_written(run: Run) -> None:
    write("a.c", BROKEN)
    assert run("a.c").status == 1
    assert Path("a.c").read_text() == BROKEN


def test_what_is_sure_is_made_and_the_rest_is_reported(run: Run) -> None:
    write("a.c", BROKEN)
    res = run("a.c", "--fix")
    assert Path("a.c").read_text() == WHOLE
    assert res.status == 1
    assert res.out.startswith("a.c:2:10: warning: `;` expected")
    assert res.out.endswith("\n1 warning in 1 file, 2 fixed\n")
    assert run("a.c", "--fix", "--fix-confidence", "0.5").status == 0


def test_the_project_says_how_sure_a_repair_must_be(run: Run) -> None:
    write("lm-lint.toml", "fix-confidence = 0.5\n")
    write("a.c", BROKEN)
    assert run("a.c", "--fix").status == 0
    assert Path("a.c").read_text() == "int a;\nint maybe;\nint b;\n"


def test_fix_only_reports_nothing_else(run: Run) -> None:
    write("a.c", BROKEN)
    res = run("a.c", "--fix-only")
    assert (res.status, res.out) == (0, "")
    assert res.err == "lm-lint: 1 warning in 1 file, 2 fixed\n"
    assert Path("a.c").read_text() == WHOLE


def test_a_diff_changes_nothing(run: Run) -> None:
    write("a.c", BROKEN)
    res = run("a.c", "--diff")
    assert res.status == 1
    assert res.out == (
        "--- a/a.c\n+++ b/a.c\n@@ -1,3 +1,3 @@\n-int a\n+int a;\n int maybe\n-int b\n+int b;\n"
    )
    assert Path("a.c").read_text() == BROKEN
    write("a.c", WHOLE)
    assert run("a.c", "--diff").status == 0


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ("y\nn\ny\n", "int a;\nint maybe\nint b;\n"),
        ("a\n", "int a;\nint maybe;\nint b;\n"),
        ("n\nd\n", BROKEN),
        ("?\ny\nq\n", "int a;\nint maybe\nint b\n"),
        ("y\n", "int a;\nint maybe\nint b\n"),  # and the end of the input
    ],
)
def test_each_repair_is_asked_about(run: Run, answers: str, text: str) -> None:
    write("a.c", BROKEN)
    res = run("a.c", "--interactive", stdin=answers.encode())
    assert Path("a.c").read_text() == text
    assert "Make this repair" in res.out


def test_who_quits_is_asked_no_more(run: Run) -> None:
    write("a.c", BROKEN)
    write("b.c", BROKEN)
    res = run(".", "--interactive", stdin=b"q\n")
    assert res.out.count("Make this repair") == 1
    assert res.out.endswith("4 errors, 2 warnings in 2 files\n")


def test_standard_input_is_repaired_to_standard_output(run: Run) -> None:
    res = run("-", "--language", "c", "--fix", stdin=BROKEN.encode())
    assert (res.status, res.out) == (1, WHOLE)
    assert res.err == "lm-lint: 1 warning in 1 file, 2 fixed\n"
    res = run("-", "--language", "c", "--fix-only", stdin=b"int a;\n")
    assert (res.status, res.out) == (0, "int a;\n")


def test_bytes_of_the_file_stay_as_they_are(run: Run) -> None:
    write("a.c", b"\xef\xbb\xbfint caf\xe9;\r\nint a\r\n\r\nint z;")
    # The detector knows lines that end with LF.
    assert run("a.c", "--fix").status == 0
    assert Path("a.c").read_bytes() == b"\xef\xbb\xbfint caf\xe9;\r\nint a;\r\n\r\nint z;"


def test_a_file_that_changed_meanwhile_is_left_alone(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.c", BROKEN)
    write("b.c", BROKEN)
    replace = writing.replace

    def replaced(path: str, old: bytes, new: bytes) -> str | None:
        if path.endswith("a.c"):
            raise ChangedMeanwhile("a.c: was changed since it was linted; left as it was")
        return replace(path, old, new)

    monkeypatch.setattr(writing, "replace", replaced)
    res = run(".", "--fix")
    assert res.status == 2
    assert res.err == "lm-lint: a.c: was changed since it was linted; left as it was\n"
    assert Path("a.c").read_text() == BROKEN
    assert Path("b.c").read_text() == WHOLE


def test_what_is_in_the_baseline_is_not_repaired(run: Run) -> None:
    write("a.c", "int a\n")
    run(".", "--baseline", "write")
    write("a.c", "int a\nint b\n")
    res = run(".", "--baseline", "use", "--fix")
    assert Path("a.c").read_text() == "int a\nint b;\n"
    assert res.out == "nothing found in 1 file, 1 in the baseline, 1 fixed\n"
    assert res.status == 0


@pytest.mark.parametrize(
    "options",
    [
        "--diff --interactive",
        "--fix-only --interactive",
        "--fix --staged",
        "--fix --format surprisal-json",
        "--fix --baseline write",
        "--watch --interactive",
        "--fix - b.c",
        "--interactive -",
    ],
)
def test_what_cannot_be_meant_is_refused(run: Run, options: str) -> None:
    write("a.c")
    res = run("a.c", *options.split()) if "-" not in options.split() else run(*options.split())
    assert res.status == 2
    assert res.err.startswith("Usage: lm-lint")
    assert os.listdir() == ["a.c"]
