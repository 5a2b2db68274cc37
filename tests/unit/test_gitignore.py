"""Rules of git, judged by git."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lm_lint import gitignore
from lm_lint.gitignore import Ignores, Rules
from tests.repositories import Repository, lonely


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    lonely(monkeypatch, tmp_path / "home")
    return Repository(tmp_path / "project")


def shown(repository: Repository) -> list[str]:
    """What a walk by our rules comes upon."""

    def walk(folder: str, ignores: Ignores) -> Iterator[str]:
        ignores = ignores.below(folder)
        for entry in os.scandir(folder):
            path = f"{folder}/{entry.name}"
            if entry.name == ".git" or ignores.hides(path, entry.is_dir(follow_symlinks=False)):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from walk(path, ignores)
            else:
                yield os.path.relpath(path, root)

    root = os.path.realpath(repository.folder)
    ignores = gitignore.above(root)
    assert ignores is not None
    return sorted(walk(root, ignores))


def shown_by_git(repository: Repository) -> list[str]:
    found = repository.git("ls-files", "-z", "--others", "--exclude-standard")
    return sorted(name for name in found.split("\0") if name)


@pytest.mark.parametrize(
    ("lines", "path", "verdict"),
    [
        ("*.o", "a.o", True),
        ("*.o", "b/a.o", True),
        ("/*.o", "b/a.o", None),
        ("b/*.o", "b/a.o", True),
        ("b/*.o", "c/b/a.o", None),
        ("build/", "build/", True),
        ("build/", "build", None),
        ("build/", "src/build/", True),
        ("src/**/x", "src/x", True),
        ("src/**/x", "src/a/b/x", True),
        ("**/x", "x", True),
        ("src/**", "src/", None),
        ("src/**", "src/a/", True),
        ("a?c", "a/c", None),
        ("[ab]x", "bx", True),
        ("[!ab]x", "bx", None),
        ("[]a]x", "]x", True),
        ("[a", "[a", None),
        ("a\\", "a\\", None),
        ("\\*", "*", True),
        ("\\!x", "!x", True),
        ("\\#x", "#x", True),
        ("#x", "#x", None),
        ("x  ", "x", True),
        ("x\\ ", "x ", True),
        ("", "x", None),
        ("/", "x", None),
        ("*.c\n!a.c", "a.c", False),
        ("!a.c\n*.c", "a.c", True),
        ("*\n!*/", "a/", False),
        ("?.c", "é.c", None),
        ("??.c", "é.c", True),
        ("[[:digit:]]x", "7x", True),
        ("[[:nothing:]]x", "7x", None),
        ("[z-a]", "m", None),
    ],
)
def test_patterns(lines: str, path: str, verdict: bool | None) -> None:
    rules = Rules.of(lines.split("\n"))
    assert rules.verdict(path.removesuffix("/"), path.endswith("/")) is verdict


def test_a_file_is_covered_by_its_folder() -> None:
    rules = Rules.of(["/gen/", "*.o"])
    covered = ("gen/a/b.c", "x/b.o", "x.o/a.c")
    assert all(map(rules.covers, covered))
    assert not rules.covers("src/gen/a.c")


def test_files_of_rules_at_every_level(repository: Repository, tmp_path: Path) -> None:
    for name in ("a.c", "b.c", "c.c", "d.c", "sub/a.c", "sub/b.c", "sub/sub/c.c", "sub/d.c"):
        repository.write(name)
    repository.write(".gitignore", "b.c\r\n/d.c\n")
    repository.write("sub/.gitignore", "\ufeff!b.c\nsub/\n")
    repository.write(".git/info/exclude", "c.c\n")
    (tmp_path / "home" / ".config" / "git").mkdir(parents=True)
    (tmp_path / "home" / ".config" / "git" / "ignore").write_text("/a.c\n")
    assert shown(repository) == shown_by_git(repository)
    assert "a.c" not in shown(repository)
    (tmp_path / "home" / "mine").write_text("sub/a.c\n")
    repository.git("config", "core.excludesFile", "~/mine")
    assert shown(repository) == shown_by_git(repository)
    assert "a.c" in shown(repository)


def test_what_whitelists_say(repository: Repository) -> None:
    """Where only some kinds of files are wanted; folders must be walked all the same."""
    for name in ("a.c", "a.txt", "sub/a.c", "sub/a.txt", "sub/gen/a.c", "out/x/a.c", "out/a.txt"):
        repository.write(name)
    repository.write(".gitignore", "*\n!*/\n!*.c\n/sub/gen/**\nout/**\n!out/**/\n!out/**/*.c\n")
    assert shown(repository) == shown_by_git(repository) == ["a.c", "out/x/a.c", "sub/a.c"]


def test_case_as_the_repository_wants_it(repository: Repository) -> None:
    repository.write("A.C")
    repository.write(".gitignore", "*.c\n[b]*\n")
    for value in ("true", "false"):
        repository.git("config", "core.ignoreCase", value)
        assert shown(repository) == shown_by_git(repository)


def test_further_working_trees_share_a_file_of_rules(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit(a_c="int x;\n")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "other"))
    repository.write(".git/info/exclude", "b.c\n")
    ignores = gitignore.above(os.path.realpath(tmp_path / "other"))
    assert ignores is not None
    assert ignores.hides(os.path.realpath(tmp_path / "other" / "b.c"), False)


def test_without_git_its_files_still_count(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.write(".gitignore", "b.c\n")
    repository.write("b.c")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shown(repository) == [".gitignore"]


def test_outside_of_a_repository(repository: Repository, tmp_path: Path) -> None:
    repository.write(".gitignore", "sub/\n")
    inside = os.path.realpath(repository.write("sub/deep/a.c").parent)
    assert gitignore.above(os.path.realpath(tmp_path)) is None
    ignores = gitignore.above(inside)
    assert ignores is not None
    assert not ignores.layers, "who names what is ignored wants it"


NAMES = ("a", "foo", "x.c", "y.c", "é.c", "a b", "z ", "[x]", "#h", "!n", "\\q", "Build", "x]y")
ATOMS = (
    *(
        "*",
        "?",
        "**",
        "***",
        "foo",
        "a",
        "*.c",
        ".c",
        "[ab]",
        "[!a]",
        "[a-z]",
        "[^x]",
        "[]x]",
        "x]y",
    ),
    *(
        "[[:alpha:]]",
        "[[:nope:]]",
        "[z-a]",
        "[a",
        "\\*",
        "\\",
        "é",
        "?.c",
        "build",
        " ",
        "\\ ",
        "[a-]",
    ),
    *("[--a]", "[x]]*", "[\\]x]*", "[[:upper:]b]*"),
)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("seed", range(12))
def test_whatever_stands_in_a_file(repository: Repository, seed: int) -> None:
    rng = random.Random(seed)
    folders = [""]
    for _ in range(8):
        folders.append(os.path.join(rng.choice(folders), rng.choice(NAMES)))
        (repository.folder / folders[-1]).mkdir(exist_ok=True)
    for _ in range(30):
        path = repository.folder / rng.choice(folders) / rng.choice(NAMES)
        if not path.exists():
            path.touch()
    for folder in rng.sample(folders, 3):
        lines = "\n".join(_pattern(rng) for _ in range(rng.randint(1, 4)))
        repository.write(os.path.join(folder, ".gitignore"), lines)
    repository.git("config", "core.ignoreCase", rng.choice(["true", "false"]))
    assert shown(repository) == shown_by_git(repository)


def _pattern(rng: random.Random) -> str:
    names = ("".join(rng.choices(ATOMS, k=rng.randint(1, 2))) for _ in range(rng.randint(1, 3)))
    return rng.choice(["", "", "/", "!"]) + "/".join(names) + rng.choice(["", "", "/", " "])
