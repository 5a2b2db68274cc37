"""Settings of documents: what an editor sets goes before what the project's files say, and all else comes from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsprotocol import types

from lm_lint.lsp.configuration import Configuration
from lm_lint.model_folder import default_folder
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


def test_a_model_has_a_name_or_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of that name where the server runs is none: whoever wrote the workspace may have put it there."""
    monkeypatch.setenv("LM_LINT_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "config.json").write_text("{}")
    absolute = str(tmp_path / "big")
    for said, meant in {
        "big": tmp_path / "models" / "big",
        "small": default_folder(),
        absolute: tmp_path / "big",
        "~/m": Path.home() / "m",
    }.items():
        settings = configured(tmp_path, "", model=said).overall.lint_settings()
        assert settings.model == meant, said
    assert configured(tmp_path, "").overall.lint_settings().model is None


def test_the_project_names_a_model_where_the_editor_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LM_LINT_MODELS_DIR", str(tmp_path / "models"))
    text = 'model = "big"\n'
    assert configured(tmp_path, text).overall.lint_settings().model == tmp_path / "models" / "big"
    chosen = configured(tmp_path, text, model="other").overall.lint_settings()
    assert chosen.model == tmp_path / "models" / "other"
    by_option = Configuration(Settings(model=tmp_path / "mine"))
    by_option.initialize(types.InitializeParams(types.ClientCapabilities()))
    assert by_option.overall.lint_settings().model == tmp_path / "mine"
    wrong = configured(tmp_path, 'model = "./big"\n')
    assert wrong.overall.lint_settings().model is None
    assert "the name of a model, and no folder, was expected" in wrong.problems[0]
