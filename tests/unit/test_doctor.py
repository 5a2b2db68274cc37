"""The doctor: every stage is told, and one that is broken does not hide the others."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest

from lm_lint import doctor
from lm_lint.doctor import Report, examine
from lm_lint.settings import Settings


def test_a_report_ends_with_what_is_wrong() -> None:
    report = Report()
    report.say("model", "load_seconds", 0.5)
    report.say("server", "starts", True)
    assert report.text().splitlines()[-1] == "all is well"
    report.problems.append("m: is damaged. Install it again.")
    lines = report.text().splitlines()
    assert "  load seconds         0.5" in lines
    assert "  starts               yes" in lines
    assert lines[-2:] == ["what is wrong", "  m: is damaged. Install it again."]
    assert json.loads(report.json()) == {
        "version": 1,
        "model": {"load_seconds": 0.5},
        "server": {"starts": True},
        "problems": ["m: is damaged. Install it again."],
    }


def test_a_model_that_knows_nothing_does_not_find_the_slip(
    tiny_folder: Path, tmp_path: Path
) -> None:
    """Everything runs for real, the server too; only the model is a toy."""
    (tmp_path / "lm-lint.toml").write_text("min-confidence = 0.7\n")
    report = examine(Settings("cpu", tiny_folder), tmp_path)
    assert report.facts["configuration"]["min-confidence"] == 0.7
    assert report.facts["model"]["name"] == "tiny"
    assert report.facts["device"]["name"] == "cpu"
    assert report.facts["speed"]["tokens_per_second"] > 0
    assert report.facts["server"]["starts"] is True
    assert [problem.split(",")[0] for problem in report.problems] == [
        "the slip of the sample is not found"
    ]


def test_one_broken_stage_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lm-lint.toml").write_text("colour = 1\n")
    monkeypatch.setattr(doctor, "LIBRARIES", ("torch", "no-such-library"))
    # The server runs below another name: a program that ends at once.
    monkeypatch.setattr(doctor.sys, "executable", "false")
    report = examine(Settings("cpu", tmp_path / "none"), tmp_path)
    assert report.facts["versions"]["torch"]
    assert report.facts["server"]["starts"] is False
    library, config, model, server = report.problems
    assert library.startswith("no-such-library is not installed")
    assert "colour" in config
    assert "no such model folder" in model
    assert server.startswith("the language server gave no answer")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Content-Length: x\r\n\r\n",
        b"Content-Length: 2\r\n\r\n{",
        b'Content-Length: 34\r\n\r\n{"id": 1, "error": {"message": "x"}}',
    ],
)
def test_an_answer_that_is_none(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - JSON's own errors are of this kind
        doctor._answer(BytesIO(data), 1)


def test_the_project_names_a_model(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was installed is looked at; one that was not is what is wrong. An option goes before both."""
    monkeypatch.setattr(doctor, "_speed", lambda *_: None)
    monkeypatch.setattr(doctor, "_server", lambda *_: None)
    monkeypatch.setenv("LM_LINT_MODELS_DIR", str(tmp_path))
    (tmp_path / "mine").symlink_to(tiny_folder, target_is_directory=True)
    (tmp_path / "lm-lint.toml").write_text('model = "mine"\n')
    report = examine(Settings("cpu"), tmp_path)
    assert report.facts["configuration"]["model"] == "mine"
    assert report.facts["model"]["folder"] == str(tmp_path / "mine")
    assert report.problems == []
    (tmp_path / "lm-lint.toml").write_text('model = "yours"\n')
    (problem,) = examine(Settings("cpu"), tmp_path).problems
    assert problem.startswith("there is no model of the name yours; there are small, mine.")
    assert examine(Settings("cpu", tiny_folder), tmp_path).problems == []
