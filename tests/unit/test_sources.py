"""Walking: what a project excludes is left out of directories, and what is named is read."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from lm_lint.config import Configs
from lm_lint.errors import ConfigError, InputError
from lm_lint.settings import Limits
from lm_lint.sources import Source, sources


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.c", "gen/b.c", "gen/sub/c.c", "build/d.c", "sub/e.c", "sub/gen/f.c", ".x/g.c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("int x;\n")
    (tmp_path / "lm-lint.toml").write_text('exclude = ["/gen/"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*arguments: str, configs: Configs | None = None) -> list[str]:
    found = sources(arguments, None, Limits(), BytesIO(), configs=configs or Configs())
    return [outcome.name for outcome in found if isinstance(outcome, Source)]


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


def test_a_folder_whose_files_are_all_excluded_is_told(project: Path) -> None:
    (project / "sub" / "lm-lint.toml").write_text('exclude = ["*.c"]\n')
    (outcome,) = sources(["sub"], None, Limits(), BytesIO(), configs=Configs())
    assert isinstance(outcome, InputError)


def test_a_wrong_file_ends_the_walk(project: Path) -> None:
    (project / "sub" / "lm-lint.toml").write_text("colour = 1\n")
    with pytest.raises(ConfigError):
        names(".")
