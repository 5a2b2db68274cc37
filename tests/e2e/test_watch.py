"""`--watch` in a process of its own: it lints again when a file changes, and Ctrl-C ends it quietly."""

from __future__ import annotations

import functools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server"), "NO_COLOR": "1"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_what_changes_is_linted_again(tmp_path: Path, tiny_folder: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()

    def write(name: str, text: str) -> None:
        """At once, so that it is one change."""
        (tmp_path / name).write_text(text)
        os.replace(tmp_path / name, folder / name)

    write("a.c", "int x;\n")
    command = [sys.executable, "-u", "-m", "lm_lint", "--watch", "--no-cache"]
    # In the background of a script SIGINT is ignored, and children inherit that.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*command, "--model", str(tiny_folder), "."],
        cwd=folder,
        env=ENVIRONMENT,
        preexec_fn=listen,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stderr is not None
            assert running.stdout.readline() == "nothing found in 1 file\n"
            assert running.stderr.readline() == "lm-lint: waiting for changes; Ctrl-C ends\n"
            write("notes.txt", "no source\n")
            write("b.c", "int y;\n")
            assert running.stdout.readline() == "nothing found in 2 files\n"
            assert running.stderr.readline() == "lm-lint: waiting for changes; Ctrl-C ends\n"
            write("lm-lint.toml", "nonsense = 1\n")
            assert "`nonsense` is no setting of lm-lint" in running.stderr.readline()
            assert running.stderr.readline() == "lm-lint: waiting for changes; Ctrl-C ends\n"
            running.send_signal(signal.SIGINT)
            out, err = running.communicate()
            assert (running.returncode, out, err) == (0, "", "")
        finally:
            running.kill()
