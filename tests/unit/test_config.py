"""Configuration files: which one counts for a file, what it may say, and what is excluded."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from lm_lint.config import OWN_FILE, SHARED_FILE, Config, Configs, Override, load, nearest, show
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
        ("colour = 1", "known are `baseline`, `exclude`, `fix-confidence`, "),
        ('exclude = ["!"]', "'!' is no pattern"),
        ('include = "*.inc"', "`include` is '*.inc'; a list of strings was expected"),
        ('select = ["missing-tokn"]', "select: 'missing-tokn' is no code of lm-lint; was missing-"),
        (
            'ignore = ["*-taq"]',
            "ignore: no code of lm-lint is like '*-taq'; known are missing-token",
        ),
        ("ignore = [1]", "`ignore` is [1]; a list of strings was expected"),
        ("parser = 1", "`parser` is 1; true or false was expected"),
        ("unused-suppression = true", "was `unused-suppressions` meant?"),
        ("fix-confidence = true", "`fix-confidence` is true; a number from 0 to 1 was expected"),
        ("model = './m'", "`model` is './m'; the name of a model, and no folder, was expected"),
        ("model = 3", "`model` is 3; the name of a model"),
        ("baseline = false", "`baseline` is false; a path was expected"),
        ('severity = "hint"', "`severity` is 'hint'; a table such as { wrong-tag = 'warning' }"),
        (
            'severity = { wrong-tag = "eror" }',
            '`severity.wrong-tag` is \'eror\'; "error", "warning" or "hint" was expected; '
            "was 'error' meant?",
        ),
        (
            'severity = { wrong-tak = "hint" }',
            "severity: 'wrong-tak' is no code of lm-lint; was wr",
        ),
        ('languages = { "*.inc" = "C" }', '`languages.*.inc` is \'C\'; "c", "html" or "python"'),
        ('languages = { "!" = "c" }', "languages: '!' is no pattern"),
        ("overrides = 1", "write [[overrides]] above each"),
        ('[overrides]\nfiles = ["a"]', "write [[overrides]] above each"),
        ("[[overrides]]\nparser = false", "overrides 1: `files` must name the files"),
        ("[[overrides]]\nfiles = []", "overrides 1: `files` must name the files"),
        (
            '[[overrides]]\nfiles = ["a"]\n[[overrides]]\nfiles = ["b"]\nexclude = []',
            "`overrides 2.exclude` is no setting of lm-lint; known are `files`, `ignore`, ",
        ),
        (
            '[[overrides]]\nfiles = ["a"]\nlangage = "c"',
            "`overrides 1.langage` is no setting of lm-lint; was `language` meant?",
        ),
        (
            '[[overrides]]\nfiles = ["a"]\nlanguage = "pyhton"',
            '`overrides 1.language` is \'pyhton\'; "c", "html" or "python" was expected; was \'python\'',
        ),
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
    assert config.settings_for(None, Settings()) == Settings(min_confidence=0.8, parser=False)
    assert config.settings_for(None, Settings(min_confidence=0.3)).min_confidence == 0.3
    decided = config.settings_for(None, Settings(), decided=["min_confidence"])
    assert decided == Settings(parser=False)
    assert Config(Path()).settings_for("x.c", Settings()) == Settings()


WHOLE = """
select = ["*-token", "*-tag"]
ignore = ["stray-tag"]
severity = { wrong-tag = "hint", "*-tag" = "warning" }
unused-suppressions = false
baseline = "known.json"
respect-gitignore = false
fix-confidence = 1
model = "medium"
include = ["*.inc"]
languages = { "*.inc" = "c", "*.tpl" = "html", "old/*.tpl" = "python" }

[[overrides]]
files = ["old/", "!old/new.c"]
ignore = ["wrong-tag"]
severity = { missing-token = "error" }
min-confidence = 0.9

[[overrides]]
files = ["old/x.c"]
select = ["missing-token"]
parser = false
language = "python"
"""


@pytest.fixture
def whole(tmp_path: Path) -> Config:
    return load(write(tmp_path / "lm-lint.toml", WHOLE))


def test_every_key_is_read(whole: Config) -> None:
    assert whole.select is not None
    assert set(whole.select) == {
        "missing-token", "unexpected-token", "wrong-token", "unclosed-tag", "stray-tag", "wrong-tag",
    }  # fmt: skip
    assert whole.ignore == ("stray-tag",)
    assert whole.severity == (
        ("stray-tag", "warning"),
        ("unclosed-tag", "warning"),
        ("wrong-tag", "hint"),
    )
    assert (whole.unused_suppressions, whole.respect_gitignore) == (False, False)
    assert whole.baseline_file == whole.folder / "known.json"
    assert (whole.fix_confidence, whole.model) == (1.0, "medium")
    assert whole.includes(whole.folder / "a" / "b.inc")
    assert not whole.includes(whole.folder / "a" / "b.c")
    assert whole.file is not None
    shared = write(whole.folder / "sub" / "pyproject.toml", _as_table(WHOLE))
    assert replace(load(shared), folder=whole.folder, file=whole.file) == whole


def _as_table(text: str) -> str:
    return "[tool.lm-lint]" + text.replace("[[overrides]]", "[[tool.lm-lint.overrides]]")


def test_later_overrides_go_before(whole: Config) -> None:
    def of(name: str, **base: Any) -> Settings:
        return whole.settings_for(whole.folder / name, Settings(**base))

    assert (of("a.c").ignore, of("a.c").min_confidence) == (("stray-tag",), 0.6)
    old = of("old/sub/a.c")
    assert (old.ignore, old.min_confidence, old.parser) == (("wrong-tag",), 0.9, True)
    assert old.select == whole.select
    assert dict(old.severity) == {**dict(whole.severity or ()), "missing-token": "error"}
    assert of("old/new.c") == of("a.c")
    # Who selects anew starts anew.
    last = of("old/x.c")
    assert (last.select, last.ignore, last.parser) == (("missing-token",), (), False)
    assert last.min_confidence == 0.9
    assert of("old/x.c", min_confidence=0.2).min_confidence == 0.2
    assert of("../old/x.c") == of("a.c")


def test_an_option_that_selects_takes_back_what_files_ignore(whole: Config) -> None:
    base = Settings(select=("stray-tag",))
    assert whole.settings_for(None, base).ignore == ()
    assert whole.settings_for(None, base, ["select"]).reports("stray-tag")
    both = replace(base, ignore=("stray-tag",))
    assert not whole.settings_for(None, both, ["select", "ignore"]).reports("stray-tag")


def test_an_empty_list_selects_everything_again(tmp_path: Path) -> None:
    text = 'select = ["wrong-tag"]\n[[overrides]]\nfiles = ["a.c"]\nselect = []\n'
    config = load(write(tmp_path / "lm-lint.toml", text))
    assert not config.settings_for(tmp_path / "b.c", Settings()).reports("missing-token")
    assert config.settings_for(tmp_path / "a.c", Settings()).reports("missing-token")


def test_languages_by_the_last_pattern_that_fits_and_overrides_before_all(whole: Config) -> None:
    names = ["a.inc", "a.tpl", "old/a.tpl", "old/x.c", "a.c", "../a.inc"]
    assert [whole.language_of(whole.folder / name) for name in names] == [
        "c", "html", "python", "python", None, None,
    ]  # fmt: skip


def test_settings_of_all_kinds_can_be_told_apart_quickly(whole: Config) -> None:
    """They are keys of caches."""
    settings = whole.settings_for(whole.folder / "old" / "x.c", Settings())
    assert hash(settings) != hash(Settings())


def test_what_holds_for_a_file_is_shown_with_its_origin(whole: Config) -> None:
    path = whole.folder / "old" / "x.c"
    rows = show(path, Settings(min_confidence=0.7), configs=Configs())
    shown = {row.key: row[1:] for row in rows}
    file = str(whole.file)
    assert shown["min-confidence"] == ("0.7", "option")
    assert shown["parser"] == ("false", f"{file}, overrides 2")
    assert shown["select"] == ('["missing-token"]', f"{file}, overrides 2")
    assert shown["ignore"] == ("[]", "default")
    assert shown["severity"][1] == f"{file}, overrides 1"
    assert shown["unused-suppressions"] == ("false", file)
    assert shown["baseline"] == ('"known.json"', file)
    assert shown["exclude"] == ("[]", "default")
    assert shown["languages"][0].startswith('{ "*.inc" = "c", ')
    assert shown["language"] == ('"python"', f"{file}, overrides 2")
    assert shown["model"] == ('"medium"', file)
    keys = {line.partition(" ")[0] for line in WHOLE.partition("[[")[0].split("\n") if line}
    assert keys | {"exclude", "min-confidence", "parser", "language"} == set(shown)


def test_without_a_file_all_is_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    rows = show(None, Settings())
    assert {row.origin for row in rows} == {"default"}
    assert dict(row[:2] for row in rows)["fix-confidence"] == "0.9"
    (parser,) = (row for row in show(None, Settings(), ["parser"]) if row.key == "parser")
    assert parser.origin == "option"


def test_what_is_shown_can_be_written_into_a_file(whole: Config) -> None:
    rows = show(None, Settings(), configs=Configs(whole))
    text = "\n".join(f"{row.key} = {row.value}" for row in rows)
    again = load(write(whole.folder / "sub" / "lm-lint.toml", text))
    assert again.settings_for(None, Settings()) == whole.settings_for(None, Settings())
    assert again.languages == whole.languages


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


PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_are_right(tmp_path: Path, example: str) -> None:
    name = SHARED_FILE if "[tool." in example else OWN_FILE
    assert load(write(tmp_path / name, example)) != Config(tmp_path, tmp_path / name)


def test_the_page_has_every_key() -> None:
    """In its tables, and in an example."""
    keys = [fact.name.replace("_", "-") for fact in fields(Config)]
    own = {f"`{key}`" for key in keys if key not in ("folder", "file", "overrides")}
    files = {f"`{fact.name.replace('_', '-')}`" for fact in fields(Override)}
    first, second = (
        set(re.findall(r"^\| (`[^`]*`) ", part, re.M)) for part in PAGE.split("## ")[1:3]
    )
    assert first == own
    assert second == files
    shown = "".join(EXAMPLES)
    for key in own | files:
        assert re.search(rf"^{key[1:-1]} = ", shown, re.M), key
