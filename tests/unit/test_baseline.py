"""The baseline: findings are known again after lines moved, and what is new is told."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.baseline import DEFAULT_FILE, Baseline
from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import ConfigError
from lm_lint.findings import Code, Finding
from lm_lint.results import Result
from lm_lint.sources import Source
from lm_lint.text import Document

SLIP = "§"  # where a test wants a finding


def result(path: Path, text: str, code: Code = "missing-token") -> Result:
    """The file with a finding at each `§`, which stands for no character."""
    parts = text.split(SLIP)
    text, document = "".join(parts), Document.of("".join(parts))
    places = [sum(map(len, parts[:n])) for n in range(1, len(parts))]
    found = [Finding(code, place, place, 0.9, 9.0, ()) for place in places]
    source = Source(path.name, "c", text, path=str(path))
    return Result(source, tuple(Diagnostic.of(document, each, "message") for each in found))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / DEFAULT_FILE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A source file; what is in it is known from results only."""
    res = tmp_path / "src" / "a.c"
    res.parent.mkdir()
    res.touch()
    return res


def new_lines(file: Path, found: Result) -> list[int]:
    return [diagnostic.line for diagnostic in Baseline.read(file).new(found)[0]]


def stale(file: Path, found: Result) -> list[str]:
    baseline = Baseline.read(file)
    baseline.new(found)
    return [entry.line for entry in baseline.stale]


OLD = "int a§\nint b;\nint c§\n"


@pytest.mark.parametrize(
    ("text", "new", "gone"),
    [
        (OLD, [], []),
        ("// more\n\n" + OLD.replace("int b;\n", ""), [], []),
        ("int c§\nint b;\nint a§\n", [], []),
        (OLD.replace("int", "\tint"), [], []),
        (OLD.replace("int a", "  int\ta  "), [], []),
        (OLD.replace("\n", "\r\n"), [], []),
        (OLD + "int d§\n", [4], []),
        ("int d§\n" + OLD, [1], []),
        ("int a;\nint b;\nint c§\n", [], ["int a"]),
        ("int aa§\nint b;\nint c§\n", [1], ["int a"]),
        ("", [], ["int a", "int c"]),
    ],
)
def test_old_findings_are_known_again(
    file: Path, path: Path, text: str, new: list[int], gone: list[str]
) -> None:
    Baseline.write(file, [result(path, OLD)])
    assert new_lines(file, result(path, text)) == new
    assert stale(file, result(path, text)) == gone


def test_another_code_or_another_file_is_new(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, OLD)])
    assert new_lines(file, result(path, OLD, "wrong-token")) == [1, 3]
    assert new_lines(file, result(path.with_name("b.c"), OLD)) == [1, 3]


TWICE = "void f() {\n    g(1§\n}\nvoid h() {\n    g(1§\n}\n"


def test_of_the_same_line_as_many_are_old_as_there_were(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, TWICE)])
    assert new_lines(file, result(path, TWICE)) == []
    third = "void i() {\n    g(1§\n}\n"
    for text in (third + TWICE, TWICE + third):
        (line,) = new_lines(file, result(path, text))
        assert text.replace(SLIP, "").split("\n")[line - 2] == "void i() {"
    one = TWICE.replace("g(1§", "g(1)", 1)
    assert stale(file, result(path, one)) == ["g(1"]


def test_where_the_neighbours_changed_the_number_counts(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, "a\ng(1§\nb\n")])
    assert new_lines(file, result(path, "c\ng(1§\nd\n")) == []
    assert new_lines(file, result(path, "c\ng(1§\nd\ng(1§\ne\n")) == [4]
    assert new_lines(file, result(path, "c\ng(1§\nd\na\ng(1§\nb\n")) == [2]


def test_several_findings_on_a_line_are_counted(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, "f(§g(§\n")])
    assert '"count": 2' in file.read_text()
    assert len(new_lines(file, result(path, "f(§g(§\n"))) == 0
    assert len(new_lines(file, result(path, "f(§g(§§\n"))) == 1


def test_a_finding_on_an_empty_line_belongs_to_the_last_one_that_is_not(
    file: Path, path: Path
) -> None:
    Baseline.write(file, [result(path, "f(\n\n§")])
    assert json.loads(file.read_text())["findings"][0]["line"] == "f("
    assert new_lines(file, result(path, "x\nf(\n\n\n\n§")) == []
    assert new_lines(file, result(path, "g(\n\n§")) == [3]


def test_how_many_are_old_is_told(file: Path, path: Path) -> None:
    assert Baseline.write(file, [result(path, OLD)]).n_left == 2
    baseline = Baseline.read(file)
    new, hidden = baseline.new(result(path, OLD + "int d§\n"))
    assert ([d.line for d in new], hidden) == ([4], 2)
    assert (baseline.n_left, baseline.stale) == (0, [])


# --- The file.


def test_it_is_sorted_and_the_same_whatever_the_order(file: Path, path: Path) -> None:
    results = [result(path.with_name(f"{n}.c"), OLD) for n in "cab"]
    Baseline.write(file, results)
    text = file.read_text()
    random.Random(0).shuffle(results)
    Baseline.write(file, results)
    assert file.read_text() == text
    rows = [json.loads(line.rstrip(",")) for line in text.split("\n") if '"path"' in line]
    assert [row["path"] for row in rows] == [f"src/{n}.c" for n in "aabbcc"]
    assert json.loads(text) == {"version": 1, "findings": rows}
    Baseline.write(file, [result(path.with_name(f"{n}.c"), "") for n in "abc"])
    assert json.loads(file.read_text()) == {"version": 1, "findings": []}


def test_files_that_were_not_linted_keep_their_findings_unless_they_are_gone(
    file: Path, path: Path
) -> None:
    other, gone = path.with_name("b.c"), path.with_name("c.c")
    other.touch()
    Baseline.write(file, [result(each, OLD) for each in (path, other, gone)])
    baseline = Baseline.read(file)
    assert {entry.path for entry in baseline.stale} == {"src/c.c"}
    Baseline.write(file, [result(path, "int z§\n")])
    rows = json.loads(file.read_text())["findings"]
    assert [(row["path"], row["line"]) for row in rows] == [
        ("src/a.c", "int z"),
        ("src/b.c", "int a"),
        ("src/b.c", "int c"),
    ]


def test_paths_are_relative_to_the_file_wherever_we_are(
    file: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    Baseline.write(file, [result(Path("a.c"), OLD)])
    monkeypatch.chdir(path.parents[2])
    assert new_lines(file, result(path, OLD)) == []
    above = Source("b.c", "c", "int a\n", path=str(file.parents[1] / "b.c"))
    Baseline.write(file, [Result(above, result(path, OLD).diagnostics[:1])])
    paths = {row["path"] for row in json.loads(file.read_text())["findings"]}
    assert paths == {"src/a.c", "../b.c"}


def test_standard_input_and_content_of_the_index(
    file: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    Baseline.write(file, [result(path, OLD)])
    found = result(path, OLD).diagnostics
    staged = Result(Source("src/a.c", "c", "int a\nint b;\nint c\n"), found)
    assert Baseline.read(file).new(staged) == ((), 2)
    unnamed = Result(Source("<stdin>", "c", "int a\nint b;\nint c\n"), found)
    assert Baseline.read(file).new(unnamed) == (found, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no baseline: "),
        ("{", "mend it, or delete it and write it anew with --baseline write"),
        ("[]", "is no baseline of lm-lint; name another file"),
        ('{"version": 1}', "is no baseline of lm-lint"),
        ('{"version": 2, "findings": []}', "is a baseline of version 2, and 1 was expected"),
        ('{"version": 1, "findings": [1]}', "finding 1 is not as lm-lint writes it: 1;"),
        ('{"version": 1, "findings": [{"path": "a"}]}', "finding 1 is not as lm-lint writes it"),
        ("[" * 100_000, "is no baseline: "),
        (
            '{"version": 1, "findings": [\n<<<<<<< HEAD\n=======\n>>>>>>> other\n]}',
            "holds the marks of a merge conflict; keep the lines of both sides",
        ),
    ],
)
def test_what_is_wrong_with_the_file_is_told(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    for work in (lambda: Baseline.read(file), lambda: Baseline.write(file, [])):
        with pytest.raises(ConfigError) as caught:
            work()
        assert str(caught.value).startswith(f"{file}: ")
        assert words in str(caught.value)
    assert file.read_text() == text


@pytest.mark.parametrize("count", [0, -1, True, "2", 1.5])
def test_a_count_that_is_none(file: Path, path: Path, count: object) -> None:
    Baseline.write(file, [result(path, "f(§g(§\n")])
    file.write_text(file.read_text().replace('"count": 2', f'"count": {json.dumps(count)}'))
    with pytest.raises(ConfigError, match="finding 1 is not"):
        Baseline.read(file)


def test_a_count_beyond_all_reason_costs_nothing(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, "f(§g(§\n")])
    file.write_text(file.read_text().replace('"count": 2', '"count": 1000000000000'))
    assert new_lines(file, result(path, "f(§g(§§§\n")) == []


def test_a_file_that_is_not_there_or_no_text(file: Path) -> None:
    with pytest.raises(ConfigError, match="write one with --baseline write"):
        Baseline.read(file)
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        Baseline.read(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        Baseline.read(file.parent)
    with pytest.raises(ConfigError, match="cannot be written"):
        Baseline.write(file.parent / "none" / "x.json", [])


def test_writing_keeps_the_mode_and_the_link(file: Path, path: Path) -> None:
    Baseline.write(file, [])
    os.chmod(file, 0o640)
    link = file.with_name("link.json")
    link.symlink_to(file)
    Baseline.write(link, [result(path, OLD)])
    assert link.is_symlink()
    assert (file.stat().st_mode & 0o777, "int a" in file.read_text()) == (0o640, True)
    assert sorted(each.name for each in file.parent.iterdir()) == sorted(
        [file.name, link.name, "src"]
    )


def test_odd_text_survives(file: Path, path: Path) -> None:
    Baseline.write(file, [result(path, "\ud800 e\u0301 🙂 \x00§\n\ufffd§\n")])
    assert new_lines(file, result(path, "\ud800 e\u0301 🙂 \x00§\n\ufffd§\n")) == []


LINES = st.lists(st.sampled_from(["f(§", "f(", "g(§", "", "  ", "§", "f(§§"]), max_size=8)


@given(LINES, LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_known_and_no_more(
    tmp_path_factory: pytest.TempPathFactory, old: list[str], new: list[str], newline: str
) -> None:
    folder = tmp_path_factory.getbasetemp()
    file, path = folder / DEFAULT_FILE, folder / "a.c"
    before, after = (result(path, newline.join(lines)) for lines in (old, new))
    file.unlink(missing_ok=True)
    assert Baseline.write(file, [before]).n_left == len(before.diagnostics)
    baseline = Baseline.read(file)
    assert baseline.new(before) == ((), len(before.diagnostics))
    assert baseline.stale == []
    baseline = Baseline.read(file)
    reported, hidden = baseline.new(after)
    assert len(reported) + hidden == len(after.diagnostics)
    assert hidden + len(baseline.stale) == len(before.diagnostics)
