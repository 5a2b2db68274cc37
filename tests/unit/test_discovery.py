"""Which files are linted: folders, patterns, what is excluded, ignored, included, changed."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

import pytest

from lm_lint import changes, discovery
from lm_lint.config import Config, Configs
from lm_lint.discovery import Selection
from lm_lint.errors import ConfigError, InputError, NothingToLint, UnreadableInput
from lm_lint.sources import Outcome, Skipped, Source
from tests.repositories import Repository, lonely

SCRIPT = "#!/usr/bin/env python3\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lonely(monkeypatch, tmp_path / "home")
    folder = tmp_path / "project"
    folder.mkdir()
    write(folder, "a.c", "gen/b.c", "gen/sub/c.c", "build/d.c", "sub/e.c", "sub/gen/f.c", ".x/g.c")
    (folder / "lm-lint.toml").write_text('exclude = ["/gen/"]\n')
    monkeypatch.chdir(folder)
    return folder


def write(folder: Path, *names: str, text: str = "int x;\n") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def outcomes(
    *names: str, selection: Selection | None = None, configs: Configs | None = None
) -> list[Outcome]:
    selection, configs = selection or Selection(), configs or Configs()
    found = list(discovery.sources(names, selection, configs, BytesIO(b"int y;\n")))
    read = [outcome.path for outcome in found if isinstance(outcome, Source)]
    if selection.changes is None and "-" not in names:
        listed = list(discovery.paths(names, selection, configs))
        assert set(read) <= {path for path in listed if isinstance(path, str)}
    return found


def names(*arguments: str, configs: Configs | None = None, **options: object) -> list[str]:
    found = outcomes(*arguments, selection=Selection(**options), configs=configs)  # type: ignore[arg-type]
    return [outcome.name for outcome in found if isinstance(outcome, Source)]


# --- Folders and what a project excludes.


def test_what_is_excluded_is_not_walked(project: Path) -> None:
    assert names(".") == ["./a.c", "./sub/e.c", "./sub/gen/f.c"]
    assert names(str(project)) == [
        str(project / name) for name in ("a.c", "sub/e.c", "sub/gen/f.c")
    ]


def test_what_is_named_is_read(project: Path) -> None:
    assert names("gen/b.c", "build", "gen", ".x") == [
        "gen/b.c",
        "build/d.c",
        "gen/sub/c.c",
        ".x/g.c",
    ]


def test_unless_it_is_refused(project: Path) -> None:
    assert names("gen/b.c", "a.c", "./gen/sub/c.c", force_exclude=True) == ["a.c"]
    assert outcomes("gen/b.c", selection=Selection(force_exclude=True)) == []
    assert outcomes("-", selection=Selection(force_exclude=True, stdin_name="gen/b.c")) == []
    assert names("-", stdin_name="gen/b.c") == ["gen/b.c"]
    assert names("a.c", "sub/e.c", force_exclude=True, exclude=("sub",)) == ["a.c"]


def test_without_a_file_only_the_default_patterns_count(project: Path) -> None:
    assert names(".", configs=Configs(isolated=True)) == [
        "./a.c",
        "./gen/b.c",
        "./gen/sub/c.c",
        "./sub/e.c",
        "./sub/gen/f.c",
    ]


def test_a_nearer_file_counts_below_it(project: Path) -> None:
    (project / "sub" / "lm-lint.toml").write_text('exclude = ["e.c"]\n')
    assert names(".") == ["./a.c", "./sub/gen/f.c"]


def test_an_option_excludes_more(project: Path) -> None:
    assert names(".", exclude=("sub",)) == ["./a.c"]
    assert names(".", exclude=("*.c", "!e.c")) == ["./sub/e.c"]
    os.chdir(project / "sub")
    assert names("..", exclude=("/gen/",)) == ["../a.c", "../sub/e.c"]
    assert names(str(project), exclude=("/e.c",)) == [
        str(project / name) for name in ("a.c", "sub/gen/f.c")
    ]


def test_a_folder_whose_files_are_all_excluded_is_told(project: Path) -> None:
    (project / "sub" / "lm-lint.toml").write_text('exclude = ["*.c"]\n')
    (outcome,) = outcomes("sub")
    assert isinstance(outcome, NothingToLint)
    assert str(outcome).startswith("sub: no files with a known extension")


def test_a_wrong_file_ends_the_walk(project: Path) -> None:
    (project / "sub" / "lm-lint.toml").write_text("colour = 1\n")
    with pytest.raises(ConfigError):
        names(".")


def test_a_wrong_pattern_is_told(project: Path) -> None:
    for option in ("include", "exclude"):
        with pytest.raises(ConfigError, match=f"--{option}: '.a' is no pattern"):
            names(".", **{option: ("[a",)})


def test_each_file_once(project: Path) -> None:
    (project / "sub" / "link.c").symlink_to("e.c")
    found = names("sub/gen", "sub", "a.c", "./a.c", str(project / "sub" / "e.c"), "sub/*.c")
    assert found == ["sub/gen/f.c", "sub/e.c", "a.c"]


# --- Languages.


def test_only_files_of_the_wanted_language(project: Path) -> None:
    write(project, "b.py", "c.html", "notes.txt")
    assert names(".", language="python") == ["./b.py"]
    assert names("notes.txt", "b.py", language="c") == ["notes.txt", "b.py"]
    (outcome,) = outcomes("sub", selection=Selection(language="html"))
    assert "no html files in this directory" in str(outcome)


def test_scripts_without_a_suffix(project: Path) -> None:
    write(project, "bin/tool", "bin/tool.sh", "bin/.rc", text=SCRIPT)
    write(project, "bin/LICENSE")
    assert names("bin") == names("bin", language="python") == ["bin/tool"]
    assert names("bin/tool") == ["bin/tool"]
    assert isinstance(outcomes("bin", selection=Selection(language="c"))[0], NothingToLint)
    assert isinstance(outcomes("bin/LICENSE")[0], InputError)


def test_what_a_project_says_of_languages(project: Path) -> None:
    (project / "lm-lint.toml").write_text(
        'include = ["*.inc", "/odd/*"]\nlanguages = {"*.tpl" = "html", "gen/*.c" = "python"}\n'
    )
    write(project, "a.tpl", "b.inc", "odd/c", "odd/d.txt")
    found = outcomes(".")
    assert {o.name: o.language for o in found if isinstance(o, Source)} == {
        "./a.c": "c",
        "./a.tpl": "html",
        "./gen/b.c": "python",
        "./gen/sub/c.c": "c",
        "./sub/e.c": "c",
        "./sub/gen/f.c": "c",
    }
    told = [str(o) for o in found if isinstance(o, InputError)]
    assert [sentence.split(":")[0] for sentence in told] == ["./b.inc", "./odd/c", "./odd/d.txt"]
    assert names(".", language="c")[-1] == "./sub/gen/f.c"
    assert "./b.inc" in names(".", language="c")
    assert "./gen/b.c" not in names(".", language="c")


def test_further_files_by_an_option(project: Path) -> None:
    write(project, "sub/x.inc", "sub/deep/y.inc", "z.inc", "gen/w.inc")
    assert names("sub", include=("*.inc",), language="c") == [
        "sub/e.c",
        "sub/x.inc",
        "sub/deep/y.inc",
        "sub/gen/f.c",
    ]
    assert names(".", include=("/sub/*.inc",), language="c")[1:3] == ["./sub/e.c", "./sub/x.inc"]


# --- Patterns that no shell expanded.


def test_patterns(project: Path) -> None:
    assert names("sub/*.c") == ["sub/e.c"]
    assert names("sub/**/*.c") == ["sub/e.c", "sub/gen/f.c"]
    assert names("**/*.c") == ["./a.c", "./sub/e.c", "./sub/gen/f.c"]
    assert names(f"{project}/[as]*") == [
        str(project / name) for name in ("a.c", "sub/e.c", "sub/gen/f.c")
    ]
    assert names("s?b") == ["./sub/e.c", "./sub/gen/f.c"]
    assert names("build/*.c") == ["build/d.c"]


def test_patterns_and_languages(project: Path) -> None:
    write(project, "x.inc", "sub/y.inc")
    assert names("*", "**/*.inc", language="c") == [
        "./a.c",
        "./lm-lint.toml",
        "./x.inc",
        "./sub/e.c",
        "./sub/gen/f.c",
        "./sub/y.inc",
    ]
    assert isinstance(outcomes("*.inc")[0], NothingToLint)


def test_a_file_may_be_called_like_a_pattern(project: Path) -> None:
    write(project, "[a].c", "*.c")
    assert names("[a].c", "*.c") == ["[a].c", "*.c"]


@pytest.mark.parametrize("name", ["*.h", "missing/*.c", "a.c/*", "../*.c"])
def test_patterns_that_fit_nothing(project: Path, name: str) -> None:
    (outcome,) = outcomes(name)
    assert isinstance(outcome, InputError)
    assert str(outcome).startswith(name)


# --- What git ignores.


def test_what_git_ignores_is_left_out(project: Path) -> None:
    Repository(project)
    write(project, ".gitignore", text="/sub/gen/\n*.g.c\n")
    write(project, "sub/.gitignore", text="!y.g.c\n")
    write(project, "x.g.c", "sub/y.g.c")
    assert names(".") == ["./a.c", "./sub/e.c", "./sub/y.g.c"]
    assert names("sub") == ["sub/e.c", "sub/y.g.c"]
    assert names("*.c", "sub/**") == ["./a.c", "sub/e.c", "sub/y.g.c"]
    everything = ["./a.c", "./x.g.c", "./sub/e.c", "./sub/y.g.c", "./sub/gen/f.c"]
    assert names(".", gitignore=False) == everything
    (project / "sub" / "lm-lint.toml").write_text("respect-gitignore = false\n")
    assert names(".") == ["./a.c", "./sub/e.c", "./sub/y.g.c", "./sub/gen/f.c"]


def test_what_is_named_is_read_though_git_ignores_it(project: Path) -> None:
    Repository(project)
    write(project, ".gitignore", text="/sub/\n")
    assert names("sub/e.c") == ["sub/e.c"]
    assert names("sub") == ["sub/e.c", "sub/gen/f.c"]
    assert names("sub/gen", "sub/e.c", force_exclude=True) == ["sub/gen/f.c", "sub/e.c"]


def test_outside_of_repositories_rules_are_only_files(project: Path) -> None:
    write(project, ".gitignore", text="*.c\n")
    assert "./a.c" in names(".")
    inner = Repository(project / "inner")
    inner.write("x.c")
    inner.write("y.c")
    inner.write(".gitignore", "x.c\n")
    assert names("inner") == ["inner/y.c"]
    assert "./inner/x.c" not in names(".")


def test_a_repository_inside_of_another_has_its_own_rules(project: Path) -> None:
    Repository(project)
    write(project, ".gitignore", text="x.c\n")
    Repository(project / "inner").write("x.c")
    assert "./inner/x.c" in names(".")


def test_folders_that_are_ignored_are_not_entered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Repository(project)
    write(project, ".gitignore", text="/sub/\n")
    entered: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (entered.append(path), real(path))[1])
    assert names(".") == ["./a.c"]
    assert set(entered) == {"."}


# --- What else lies about.


def test_links(project: Path) -> None:
    (project / "loop.c").symlink_to("loop.c")
    (project / "nowhere.c").symlink_to("missing.c")
    (project / "nowhere").symlink_to("missing")
    (project / "sub" / "up").symlink_to("..")
    (project / "sub" / "up.c").symlink_to("..")
    found = outcomes(".")
    assert [outcome.name for outcome in found if isinstance(outcome, Source)] == [
        "./a.c",
        "./sub/e.c",
        "./sub/gen/f.c",
    ]
    told = sorted(str(outcome) for outcome in found if isinstance(outcome, UnreadableInput))
    assert [sentence.split(":")[0] for sentence in told] == ["./loop.c", "./nowhere.c"]
    (project / "linked").symlink_to("sub")
    assert names("linked") == ["linked/e.c", "linked/gen/f.c"]


def test_pipes_are_not_waited_for(project: Path) -> None:
    os.mkfifo(project / "sub" / "pipe.c")
    os.mkfifo(project / "sub" / "pipe")
    (project / "sub" / "link.c").symlink_to("pipe.c")
    found = outcomes("sub")
    assert [outcome.name for outcome in found if isinstance(outcome, Skipped)] == [
        "sub/link.c",
        "sub/pipe.c",
    ]
    assert names("sub") == ["sub/e.c", "sub/gen/f.c"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folders_that_cannot_be_read(project: Path) -> None:
    (project / "sub" / "gen").chmod(0)
    try:
        found = outcomes("sub")
    finally:
        (project / "sub" / "gen").chmod(0o700)
    assert [type(outcome) for outcome in found] == [Source, UnreadableInput]


def test_a_folder_that_goes_away(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("gen"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = outcomes("sub")
    assert [type(outcome) for outcome in found] == [Source, UnreadableInput]
    assert str(found[1]) == "sub/gen: cannot be read (Permission denied); check its permissions"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_of_undecodable_bytes(project: Path) -> None:
    write(project, "sub/\udcff/\udcfe.c")
    assert names("sub", exclude=("x",)) == ["sub/e.c", "sub/gen/f.c", "sub/\ufffd/\ufffd.c"]
    assert names("sub/\udcff/\udcfe.c") == ["sub/\ufffd/\ufffd.c"]
    Repository(project)
    assert len(names("sub")) == 3


def test_missing_files(project: Path) -> None:
    missing, found, nothing = outcomes("missing.c", "a.c", "")
    assert str(missing) == "missing.c: no such file (any more); check the name"
    assert isinstance(found, Source)
    assert isinstance(nothing, UnreadableInput)


def test_very_deep_folders(project: Path) -> None:
    deep = "/".join(["d"] * 300)
    write(project / "deep", f"{deep}/a.c")
    Repository(project)
    assert names("deep") == [f"deep/{deep}/a.c"]


def test_standard_input(project: Path) -> None:
    assert names("a.c", "-", language="c") == ["a.c", "<stdin>"]
    (project / "lm-lint.toml").write_text('languages = {"*.tpl" = "html"}\n')
    (outcome,) = outcomes("-", selection=Selection(stdin_name="x.tpl"))
    assert isinstance(outcome, Source)
    assert (outcome.language, outcome.path) == ("html", None)


def test_one_config_for_all(project: Path) -> None:
    configs = Configs(Config(project, project / "other.toml", exclude=("/sub/",)))
    assert names(".", configs=configs) == ["./a.c", "./gen/b.c", "./gen/sub/c.c"]


def test_what_to_watch(project: Path) -> None:
    found = discovery.watched(["a.c", "sub", "-", "sub/*.c", "gen/**/x[a]/*.c", "missing.c", "**"])
    assert found == ("a.c", "sub", "gen", ".")


# --- What was changed.


@pytest.fixture
def repository(project: Path) -> Repository:
    res = Repository(project)
    for name in ("a.c", "sub/e.c", "gen/b.c", "notes.txt"):
        res.write(name, "int x;\nint y;\n")
    res.commit()
    for name in ("a.c", "sub/e.c", "gen/b.c", "notes.txt"):
        res.write(name, "int x;\nint z;\n")
    res.write("sub/new.py", "x\n")
    return res


def changed(*arguments: str, **options: object) -> list[tuple[str, object]]:
    selection = Selection(changes=changes.since("HEAD"), **options)  # type: ignore[arg-type]
    found = outcomes(*arguments, selection=selection)
    assert all(isinstance(outcome, Source) for outcome in found), found
    return [(outcome.name, outcome.lines) for outcome in found if isinstance(outcome, Source)]


LINES = ((2, 2),)


def test_only_what_was_changed(repository: Repository) -> None:
    expected = [("a.c", LINES), ("sub/e.c", LINES), ("sub/new.py", None)]
    assert changed() == expected
    assert changed(".") == [(f"./{name}", lines) for name, lines in expected]
    assert changed("sub", "a.c", "sub/gen/f.c") == [*expected[1:], expected[0]]
    assert changed("gen/b.c", "*.c") == [("gen/b.c", LINES), ("./a.c", LINES)]
    assert changed("gen") == [("gen/b.c", LINES)]
    assert changed("gen/b.c", force_exclude=True) == []
    assert changed(language="python") == expected[2:]
    assert changed(exclude=("sub",)) == expected[:1]
    assert changed("notes.txt", language="c") == [("notes.txt", LINES)]


def test_changes_below_the_current_folder(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.folder / "sub")
    assert changed() == [("e.c", LINES), ("new.py", None)]
    assert changed("..")[0] == ("../a.c", LINES)


def test_nothing_changed_is_nothing_to_do(repository: Repository) -> None:
    repository.commit()
    assert changed() == changed(".") == changed("a.c") == changed("*.c") == []
    (outcome,) = outcomes("missing.c", selection=Selection(changes=changes.since("HEAD")))
    assert isinstance(outcome, UnreadableInput)


def test_what_is_staged_is_read_from_the_index(repository: Repository) -> None:
    repository.git("add", "a.c", "sub/new.py")
    repository.write("a.c", "something else\n")
    (repository.folder / "sub" / "new.py").unlink()
    found = outcomes(selection=Selection(changes=changes.staged()))
    assert [(o.name, o.text, o.lines, o.path) for o in found if isinstance(o, Source)] == [
        ("a.c", "int x;\nint z;\n", LINES, None),
        ("sub/new.py", "x\n", None, None),
    ]
    assert len(found) == 2
    assert names("sub/new.py", changes=changes.staged()) == ["sub/new.py"]
