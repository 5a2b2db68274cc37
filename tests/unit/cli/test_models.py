"""`lm-lint model`, and models by name wherever one is taken."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lm_lint import model_folder
from lm_lint.cli import terminal
from lm_lint.model_folder import default_folder
from lm_lint.settings import Settings
from tests import folders
from tests.command import Run, write


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    res = tmp_path.parent / f"{tmp_path.name}-home"
    monkeypatch.setenv(model_folder.HOME_VARIABLE, str(res))
    return res


def test_a_model_comes_is_used_and_goes(
    run: Run, loaded: list[Settings], tiny_folder: Path, home: Path
) -> None:
    packed = run("model", "pack", str(tiny_folder))
    sha256, out = packed.out.split()
    assert (packed.status, out, packed.err) == (0, "tiny.tar.gz", "")
    res = run("model", "install", out, "--sha256", sha256, "--name", "big")
    assert (res.status, res.err) == (0, "")
    assert res.out.splitlines()[0].startswith("big is installed: 0.0")
    assert res.out.splitlines()[1] == f"SHA-256 of the archive: {sha256}"
    assert run("model", "install", out, "--name", "big").out.startswith("big is there already: ")
    write("a.c", "int a\n")
    assert run("a.c", "--model", "big").status == 1
    assert loaded[-1].model == home / "big"
    assert run("model", "remove", "big").out == "big is removed\n"
    assert os.listdir(home) == []
    res = run("a.c", "--model", "big")
    assert res.status == 2
    assert "there is no model of the name big; there is small." in res.err
    assert "`lm-lint model install PATH-or-URL`" in res.err


def test_what_cannot_be_installed_is_a_sentence(
    run: Run, tiny_folder: Path, tmp_path: Path
) -> None:
    run("model", "install", str(tiny_folder))
    other = folders.another(tiny_folder, tmp_path / "x" / "tiny")
    for arguments in (["nosuch"], [str(other)], ["http://127.0.0.1/m.tar"]):
        res = run("model", "install", *arguments)
        assert (res.status, res.out, res.err.count("\n")) == (2, "", 1)
        assert res.err.startswith("lm-lint: ")
    assert run("model", "install", str(other), "--force").out.startswith("tiny is replaced: ")


@pytest.mark.released
def test_models_are_listed(run: Run, tiny_folder: Path, home: Path) -> None:
    folders.copied(tiny_folder, home / "tiny")
    folders.copied(tiny_folder, home / "broken")
    (home / "broken" / "config.json").write_text("{")
    (home / "notes").mkdir()
    head, small, tiny, broken = run("model", "list").out.splitlines()
    assert head.split()[:5] == ["name", "parameters", "MB", "bits/weight", "SHA-256"]
    assert small.startswith("small ")
    assert small.endswith(" default")
    assert "C 0.858 / HTML 1.043 / Python 1.266" in small
    assert tiny.endswith("not told")
    assert broken.startswith(f"broken: {home / 'broken'}/config.json cannot be read")
    listed = json.loads(run("model", "list", "--format", "json").out)
    assert (listed["version"], listed["folder"]) == (1, str(home))
    by_name = {each["name"]: each for each in listed["models"]}
    assert list(by_name) == ["small", "broken", "tiny"]
    assert by_name["small"]["default"]
    assert by_name["small"]["parameters"] == 7_902_212
    assert not by_name["tiny"]["bundled"]
    assert "config.json" in by_name["broken"]["problem"]


def test_a_model_is_shown(run: Run, tiny_folder: Path, home: Path, tmp_path: Path) -> None:
    folder = folders.copied(tiny_folder, home / "tiny")
    (folder / "CARD.md").write_text("# tiny\n\n| Trained by | `x\x1b[31m` |\n")
    res = run("model", "show", "tiny")
    assert res.status == 0
    assert "Trained by                    x\u241b[31m\n" in res.out
    assert "verified                      yes: " in res.out
    assert run("model", "show", str(folder)).out == res.out
    shown = json.loads(run("model", "show", "tiny", "--format", "json").out)["model"]
    assert (shown["name"], shown["problem"], shown["calibrated"]) == ("tiny", None, False)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9] + bytes(9))
    res = run("model", "show", "tiny")
    assert res.status == 2
    assert "verified                      no: " in res.out
    assert "its SHA-256 is" in res.out
    assert run("model", "show", "nosuch").status == 2


def test_a_folder_goes_before_a_name_where_a_person_types(
    run: Run, loaded: list[Settings], tiny_folder: Path, home: Path
) -> None:
    """docs/models.md says so; a project's word is a name wherever it is read."""
    write("a.c", "int a\n")
    write("lm-lint.toml", 'model = "tiny"\n')
    folders.copied(tiny_folder, home / "tiny")
    folders.copied(tiny_folder, home / "big")
    for arguments, meant in (
        ([], home / "tiny"),
        (["--model", "big"], home / "big"),
        (["--model", "small"], default_folder()),
        (["--isolated"], None),
    ):
        run("a.c", *arguments)
        assert loaded[-1].model == meant
    folders.copied(tiny_folder, Path("big"))
    folders.copied(tiny_folder, Path("tiny"))
    for arguments, meant in (
        ([], home / "tiny"),
        (["--model", "big"], Path("big")),
        (["--model", "./big"], Path("big")),
        (["--model", str(home / "big")], home / "big"),
    ):
        run("a.c", *arguments)
        assert loaded[-1].model == meant


def test_a_project_whose_model_is_not_there(run: Run) -> None:
    write("a.c", "int a\n")
    write("lm-lint.toml", 'model = "big"\n')
    res = run("a.c")
    assert res.status == 2
    assert "lm-lint.toml: `model`: there is no model of the name big; there is small." in res.err
    assert run("a.c", "--isolated").status == 1
    shown = json.loads(run("config", "show", "--json").out)["settings"]
    assert shown["model"]["value"] == "big"


def test_an_installed_model_is_completed(
    run: Run, tiny_folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.copied(tiny_folder, home / "tiny")
    monkeypatch.setenv("_LM_LINT_COMPLETE", "bash_complete")
    for words in ("lm-lint --model t", "lm-lint model show t", "lm-lint model remove t"):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert "plain,tiny" in run().out.splitlines()


def test_a_download_is_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with terminal.downloading() as tell:
        tell(1, 2)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(terminal, "is_terminal", lambda stream: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with terminal.downloading() as tell:
        tell(1_500_000, 3_000_000)
    assert "1.5/3.0 MB" in capsys.readouterr().err
