"""Random trees, bytes, configurations and options: a status and sentences, never a traceback, and no file changed."""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lm_lint import cli
from lm_lint.engine import Engine
from lm_lint.settings import Settings
from tests.command import semicolons

NAMES = st.sampled_from(
    [
        "a.c",
        "b.h",
        "c.py",
        "d.html",
        "e.ipynb",
        "script",
        "sub/a.c",
        "sub/.gitignore",
        ".gitignore",
        "sub/lm-lint.toml",
        "build/a.c",
        "deep/er/q.html.j2",
        "-f.c",
        "[a].c",
        "*.c",
    ]
) | st.sampled_from(["x y.c", "é\n.py"])
BYTES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [
            b"int x\n",
            b"int x\r\nint y\r\n",
            b"\xef\xbb\xbfint x\n",
            b"int caf\xe9\nint y\n",
            b"#!/usr/bin/python\nint x\n",
            b"int x; // lm-lint: ignore\n",
            b"# lm-lint: ignore-file\nint x\n",
            b'{"cells": [{"cell_type": "code", "source": "int x\\n"}], "metadata": {}, "nbformat": 4}',
            b'{"cells": [{"cell_type": "code", "source": 7}], "metadata": {}, "nbformat": 4}',
            b"int x\n" * 400,
        ]
    ),
)
CONFIGS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"",
            b"min-confidence = 0.5\n",
            b"min-confidence = 7\n",
            b"exclude = ['sub/']\ninclude = ['script']\n",
            b"languages = {'*.h' = 'html'}\n",
            b"[[overrides]]\nfiles = ['*.c']\nseverity = {missing-token = 'hint'}\n",
            b"[[overrides]]\nfiles = 3\n",
            b"baseline = 'none.json'\n",
            b"select = ['*-tag']\n",
            b"ignore = ['no-such']\n",
            b"unknown = 1\n",
        ]
    ),
)
OPTIONS = st.lists(
    st.sampled_from(
        [
            "--format=concise",
            "--format=json",
            "--format=sarif",
            "--format=github",
            "--format=gitlab",
            "--format=junit",
            "--diff",
            "--statistics",
            "--quiet",
            "--isolated",
            "--no-gitignore",
            "--force-exclude",
            "--include=*",
            "--exclude=sub",
            "--language=python",
            "--max-file-size=0.0001",
            "--no-parser",
            "--select=missing-token",
            "--ignore=*",
            "--baseline=use",
            "--max-findings=3",
            "--exit-zero",
            "--color=always",
            "--jobs=1",
            "--timings",
            "sub",
            "a.c",
            "*.c",
            "nowhere",
            "-",
        ]
    ),
    max_size=5,
    unique=True,
)
TREES = st.dictionaries(NAMES, BYTES, max_size=6)


def lint(monkeypatch: pytest.MonkeyPatch, folder: str, arguments: list[str]) -> tuple[int, str]:
    """The status and what stderr says. Every way out but SystemExit is a traceback."""

    def load(settings: Settings, n_threads: int | None = None) -> Engine:
        return semicolons(settings)

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "lazy", load)
        patch.setattr(sys, "argv", ["lm-lint", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"int x\n")))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setenv("LM_LINT_NO_CACHE", "1")
        patch.setenv("GIT_CEILING_DIRECTORIES", os.path.dirname(folder))
        patch.chdir(folder)
        with pytest.raises(SystemExit) as exited:
            cli.main()
        err.flush()
    status: Any = exited.value.code
    return status, err.buffer.getvalue().decode()  # type: ignore[attr-defined]


def grown(tree: dict[str, bytes], config: bytes | None, folder: str) -> dict[Path, bytes]:
    """The files as they were written."""
    files = dict(tree)
    if config is not None:
        files["lm-lint.toml"] = config
    res = {}
    for name, data in files.items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        res[path] = data
    return res


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES, config=st.none() | CONFIGS, options=OPTIONS)
def test_nothing_ends_in_a_traceback_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
    tree: dict[str, bytes],
    config: bytes | None,
    options: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = grown(tree, config, folder)
        status, err = lint(monkeypatch, folder, [".", *options])
        assert status in (0, 1, 2)
        assert status != 2 or err
        assert {
            path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
        } == files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(tree=TREES)
def test_repairs_change_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tree: dict[str, bytes]
) -> None:
    """Every file is what it was, or, without what the repairs wrote, what it was."""
    with tempfile.TemporaryDirectory() as folder:
        files = grown(tree, None, folder)
        status, _ = lint(monkeypatch, folder, [".", "--fix", "--no-gitignore"])
        assert status in (0, 1, 2)
        for path, data in files.items():
            new = path.read_bytes()
            assert new == data or new.replace(b";", b"") == data.replace(b";", b"")
        assert len(files) == sum(path.is_file() for path in Path(folder).rglob("*"))
