"""`run` runs the command in an empty folder; a module may bring another `engine`."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from lm_lint import cli
from lm_lint.engine import Engine
from lm_lint.settings import Settings
from tests.command import Made, Result, Run, semicolons


@pytest.fixture
def engine() -> Made:
    return semicolons


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, engine: Made) -> list[Settings]:
    """The settings that engines were asked for."""
    asked: list[Settings] = []

    def load(settings: Settings, n_threads: int | None = None) -> Engine:
        asked.append(settings)
        return engine(settings)

    monkeypatch.setattr(Engine, "lazy", load)
    return asked


@pytest.fixture
def run(
    loaded: list[Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("LM_LINT_NO_CACHE", "1")

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["lm-lint", *arguments])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
        with pytest.raises(SystemExit) as exited:
            cli.main()
        captured = capsys.readouterr()
        assert isinstance(exited.value.code, int)
        res = Result(exited.value.code, captured.out, captured.err)
        assert res.has_no_traceback()
        return res

    return run
