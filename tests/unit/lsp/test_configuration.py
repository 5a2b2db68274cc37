"""Settings of documents: what an editor sets goes before what the project's files say, and all else comes from them."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from lm_lint.lsp.configuration import Configuration
from lm_lint.settings import Settings

PROJECT = """
ignore = ["misspelt-word"]
severity = { wrong-tag = "hint" }
unused-suppressions = false
min-confidence = 0.8
fix-confidence = 0.95

[[overrides]]
files = ["old/"]
select = ["missing-token"]
parser = false
min-confidence = 0.5
"""


def configured(folder: Path, text: str, **options: object) -> Configuration:
    (folder / "lm-lint.toml").write_text(text)
    res = Configuration()
    folders = [types.WorkspaceFolder(folder.as_uri(), "project")]
    capabilities = types.ClientCapabilities()
    res.initialize(
        types.InitializeParams(
            capabilities, workspace_folders=folders, initialization_options=dict(options)
        )
    )
    return res


def test_a_projects_files_say_what_is_reported(tmp_path: Path) -> None:
    configuration = configured(tmp_path, PROJECT)
    settings = configuration.settings_for((tmp_path / "a.c").as_uri())
    assert settings.lint_settings() == Settings(
        min_confidence=0.8,
        ignore=("misspelt-word",),
        severity=(("wrong-tag", "hint"),),
        unused_suppressions=False,
    )
    assert settings.fix_all.min_confidence == 0.95
    old = configuration.settings_for((tmp_path / "old" / "a.c").as_uri()).lint_settings()
    assert (old.select, old.ignore, old.parser) == (("missing-token",), (), False)
    assert old.min_confidence == 0.5
    assert configuration.settings_for("untitled:a").lint_settings() == Settings()
    assert configuration.problems == []


def test_what_an_editor_sets_goes_before(tmp_path: Path) -> None:
    configuration = configured(tmp_path, PROJECT, minConfidence=0.7, fixAll={"minConfidence": 0.5})
    settings = configuration.settings_for((tmp_path / "old" / "a.c").as_uri())
    assert settings.lint_settings().min_confidence == 0.7
    assert settings.lint_settings().select == ("missing-token",)
    assert settings.fix_all.min_confidence == 0.5


def test_a_wrong_file_is_told_once_and_left_out(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 'ignore = ["misspelt-wort"]\n')
    for name in ("a.c", "b.c"):
        settings = configuration.settings_for((tmp_path / name).as_uri())
        assert settings.lint_settings() == Settings()
    (problem,) = configuration.problems
    assert problem.endswith("was misspelt-word meant?")
