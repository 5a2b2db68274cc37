"""Which findings count: codes, overrides, baselines, changed lines, what is staged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Run, write
from tests.repositories import Repository, lonely


@pytest.fixture
def repository(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    lonely(monkeypatch, tmp_path.parent)
    res = Repository(tmp_path)
    res.commit(a_c="int x;\nint a\nint y;\n", b_c="int b\n")
    return res


def test_codes_are_chosen(run: Run) -> None:
    write("a.c", "int a\n")
    assert run("a.c", "--ignore", "missing-token").status == 0
    assert run("a.c", "--select", "wrong-token,*-tag").status == 0
    assert run("a.c", "--select", "missing-token").status == 1
    res = run("a.c", "--select", "mising-token")
    assert res.status == 2
    assert "was missing-token meant?" in res.err


def test_an_override_holds_for_its_files(run: Run) -> None:
    write("lm-lint.toml", '[[overrides]]\nfiles = ["old/"]\nignore = ["missing-token"]\n')
    write("old/a.c", "int a\n")
    write("new/a.c", "int a\n")
    res = run(".")
    assert "new/a.c:1:6" in res.out
    assert "old/a.c" not in res.out


def test_a_comment_that_ignores_nothing_is_told(run: Run) -> None:
    res = run(write("a.c", "int x;  // lm-lint: ignore\n"))
    assert "[unused-suppression]" in res.out
    assert run("a.c", "--ignore", "unused-suppression").status == 0
    assert run("a.c", "--fix").status == 1  # comments are people's
    assert run("a.c", "--interactive", stdin=b"y\n").status == 0
    assert Path("a.c").read_text() == "int x;\n"


def test_a_baseline_is_written_and_used(run: Run) -> None:
    write("a.c", "int a\n")
    res = run(".", "--baseline", "write")
    assert (res.status, res.out) == (0, "")
    assert "1 finding " in res.err
    write("a.c", "\n\nint a\nint b\n")
    assert run(".").out.endswith("2 errors in 1 file\n")
    res = run(".", "--baseline", "use")
    assert "a.c:4:6" in res.out
    assert res.out.endswith("1 error in 1 file, 1 in the baseline\n")
    write("a.c", "int c;\n")
    res = run(".", "--baseline", "use")
    assert res.status == 0
    assert "1 finding of the baseline is gone" in res.err


def test_the_project_names_its_baseline(run: Run) -> None:
    write("a.c", "int a\n")
    write("lm-lint.toml", 'baseline = "known.json"\n')
    assert run(".", "--baseline", "write").status == 0
    assert json.loads(Path("known.json").read_text())
    assert run(".").status == 0
    assert run(".", "--isolated").status == 1


def test_a_baseline_that_is_missing_is_a_sentence(run: Run) -> None:
    write("a.c", "int a\n")
    res = run(".", "--baseline", "use")
    assert res.status == 2
    assert res.err.startswith("lm-lint: lm-lint-baseline.json: ")


def test_only_changed_lines_count(run: Run, repository: Repository) -> None:
    assert run("--changed-since", "HEAD").out == "nothing found in 0 files\n"
    repository.write("a.c", "int x;\nint a\nint y\n")
    res = run("--changed-since", "HEAD")
    assert "a.c:3:6: error" in res.out
    assert res.out.endswith("1 error in 1 file\n")
    res = run("--changed-since", "nowhere")
    assert res.status == 2
    assert "nowhere" in res.err


def test_what_is_staged_is_linted_as_it_is_staged(run: Run, repository: Repository) -> None:
    repository.write("a.c", "int x;\nint a\nint staged\n")
    repository.git("add", "a.c")
    repository.write("a.c", "int nothing;\n")
    res = run("--staged")
    assert "a.c:3:11: error" in res.out
    assert res.out.endswith("1 error in 1 file\n")


def test_git_decides_what_is_found(run: Run, repository: Repository) -> None:
    repository.write(".gitignore", "b.c\n")
    assert run(".").out.endswith("1 error in 1 file\n")
    assert run(".", "--no-gitignore").out.endswith("2 errors in 2 files\n")
    assert run(".", "b.c").out.endswith("2 errors in 2 files\n")


def test_what_is_excluded_can_be_excluded_by_force(run: Run) -> None:
    write("gen/a.c", "int a\n")
    write("lm-lint.toml", 'exclude = ["gen/"]\n')
    assert run("gen/a.c").status == 1
    assert run("gen/a.c", "--force-exclude").status == 0
