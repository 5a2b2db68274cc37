"""Configuration files: which one counts for a file, what it may say, and what is excluded."""

from __future__ import annotations

from pathlib import Path

import pytest

from lm_lint.config import Config, Configs, load, nearest
from lm_lint.errors import ConfigError
from lm_lint.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    top = write(tmp_path / "lm-lint.toml", "min-confidence = 0.7\n")
    write(tmp_path / "a" / "pyproject.toml", "[tool.other]\nx = 1  # not lm-lint\n")
    below = write(tmp_path / "a" / "b" / "pyproject.toml", "[tool.lm-lint]\nparser = false\n")
    assert nearest(tmp_path / "a" / "x.c").file == top
    assert nearest(tmp_path / "a" / "b" / "c" / "x.c") == Config(below.parent, below, parser=False)


def test_our_own_file_goes_before_the_shared_one(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.lm-lint]\nparser = false\n")
    own = write(tmp_path / "lm-lint.toml")
    assert nearest(tmp_path / "x.c").file == own


def test_nothing_above_the_root_of_a_repository_counts(tmp_path: Path) -> None:
    write(tmp_path / "lm-lint.toml", "min-confidence = 0.7\n")
    (tmp_path / "project" / ".git").mkdir(parents=True)
    assert nearest(tmp_path / "project" / "src" / "x.c").file is None
    own = write(tmp_path / "project" / "lm-lint.toml")
    assert nearest(tmp_path / "project" / "src" / "x.c").file == own


def test_a_broken_file_of_others_is_no_matter_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.black\n")
    assert nearest(tmp_path / "x.c").file is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("exclude = [", "is no valid TOML"),
        ('exclude = "a"', "`exclude` is 'a'; a list of strings was expected"),
        ("min-confidence = 3", "`min-confidence` is 3; a number from 0 to 1 was expected"),
        ("min_confidence = 0.5", "was `min-confidence` meant?"),
        ("exlude = []", "was `exclude` meant?"),
        ("colour = 1", "known are `exclude`, `min-confidence`, `parser`"),
        ('exclude = ["!"]', "'!' is no pattern"),
    ],
)
def test_what_is_wrong_is_an_error_that_names_the_file(
    tmp_path: Path, text: str, words: str
) -> None:
    file = write(tmp_path / "lm-lint.toml", text)
    with pytest.raises(ConfigError) as caught:
        nearest(tmp_path / "x.c")
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)


def test_a_table_that_is_none(tmp_path: Path) -> None:
    file = write(tmp_path / "pyproject.toml", "[tool]\nlm-lint = 1\n")
    with pytest.raises(ConfigError, match=r"write \[tool.lm-lint\]"):
        load(file)


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "lm-lint.toml")
    (tmp_path / "lm-lint.toml").write_bytes(b"# \xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(tmp_path / "lm-lint.toml")


def test_patterns_are_relative_to_the_folder_of_the_file(tmp_path: Path) -> None:
    write(tmp_path / "lm-lint.toml", 'exclude = ["/gen/", "*.min.html", "!build/"]\n')
    config = nearest(tmp_path / "x.c")
    excluded = ["gen/x.c", "gen/a/x.c", "a/b.min.html", "node_modules/x.py", ".hidden/x.c", ".x.c"]
    for name in excluded:
        assert config.excludes(tmp_path / name), name
    for name in ("x.c", "a/gen/x.c", "build/x.c", "gen", "."):
        assert not config.excludes(tmp_path / name), name
    assert config.excludes(tmp_path / "gen", is_folder=True)
    assert not config.excludes(tmp_path.parent / "node_modules" / "x.c")


def test_names_above_the_folder_do_not_matter(tmp_path: Path) -> None:
    folder = tmp_path / "build" / ".cache" / "project"
    assert not Config(folder).excludes(folder / "x.c")


def test_relative_names_are_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "lm-lint.toml", 'exclude = ["a.c"]\n')
    monkeypatch.chdir(tmp_path)
    assert nearest("a.c").excludes("a.c")


def test_further_patterns_of_an_editor(tmp_path: Path) -> None:
    config, problems = Config(tmp_path).with_exclude(["gen/", "!"])
    assert config.excludes(tmp_path / "gen" / "x.c")
    assert problems == ["'!' is no pattern as in .gitignore."]


def test_the_file_gives_way_to_what_was_decided() -> None:
    config = Config(Path(), min_confidence=0.8, parser=False)
    assert config.applied(Settings()) == Settings(min_confidence=0.8, parser=False)
    assert config.applied(Settings(min_confidence=0.3)).min_confidence == 0.3
    decided = config.applied(Settings(), decided=["min_confidence"])
    assert decided == Settings(parser=False)
    assert Config(Path()).applied(Settings()) == Settings()


def test_files_are_read_once_until_they_are_forgotten(tmp_path: Path) -> None:
    file = write(tmp_path / "lm-lint.toml", "parser = false\n")
    configs = Configs()
    assert configs.of(tmp_path / "a" / "x.c").parser is False
    file.unlink()
    assert configs.of(tmp_path / "a" / "y.c").parser is False
    configs.forget()
    assert configs.of(tmp_path / "a" / "x.c", tmp_path) == Config(tmp_path)


def test_one_file_for_all_or_none(tmp_path: Path) -> None:
    write(tmp_path / "lm-lint.toml", "parser = false\n")
    only = Config(tmp_path, min_confidence=0.9)
    assert Configs(only).of(tmp_path / "x.c") is only
    assert Configs(isolated=True).of(tmp_path / "x.c") == Config(tmp_path)


def test_the_example_of_the_page_is_right(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    config = load(write(tmp_path / "lm-lint.toml", example))
    assert config.exclude == ("generated/", "*.min.html", "!build/")
