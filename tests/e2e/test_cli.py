"""The real command in a process of its own: what a person or CI sees."""

from __future__ import annotations

import functools
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server"), "NO_COLOR": "1"}
COMMAND = [sys.executable, "-m", "lm_lint"]


def lint(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    done = subprocess.run(  # type: ignore[call-overload]
        command,
        **{"capture_output": True, "text": True, "env": ENVIRONMENT, "cwd": ROOT, **options},
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_answer_at_once(option: str) -> None:
    """Within 0.25 s of computing; the clock on the wall would tell how busy the machine is."""
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert lint(option).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(seconds) < 0.25


def test_every_stage_runs(tiny_folder: Path, tmp_path: Path) -> None:
    """A model of thousands of weights knows nothing, but all parts meet."""
    file = tmp_path / "a.c"
    file.write_text("int main(void)\n{\n    return (0;\n}\n")
    arguments = (
        "--model",
        tiny_folder,
        "--device",
        "cpu",
        "--format",
        "json",
        "--min-confidence",
        "0",
    )
    done = lint(file, *arguments)
    found = json.loads(done.stdout)
    assert found["version"] == 1
    assert done.returncode == (1 if found["findings"] else 0)
    assert done.stderr == ""


def test_the_bits_of_every_token(tiny_folder: Path, tmp_path: Path) -> None:
    text = "\ufeffint é;\r\nint 🙂;\r\n"
    file = tmp_path / "a.c"
    file.write_bytes(text.encode())
    done = lint(file, "--model", tiny_folder, "--device", "cpu", "--format", "surprisal-json")
    assert (done.returncode, done.stderr) == (0, "")
    tokens = json.loads(done.stdout)["tokens"]
    assert tokens[0]["offset"] == 1
    assert [token["offset"] for token in tokens[1:]] == [
        token["end_offset"] for token in tokens[:-1]
    ]
    assert tokens[-1]["offset"] == tokens[-1]["end_offset"] == len(text)
    assert all(token["surprisal_bits"] >= 0 and token["entropy_bits"] > 0 for token in tokens)
    assert {token["path"] for token in tokens} == {str(file)}


@pytest.mark.parametrize("damage", ["no folder", "truncated", "not a model"])
def test_a_damaged_model(tiny_folder: Path, tmp_path: Path, damage: str) -> None:
    """Some of what can be wrong with a folder; tests/unit/test_weights.py has the rest."""
    folder = tmp_path / "model"
    if damage != "no folder":
        shutil.copytree(tiny_folder, folder)
    weights = folder / "model.safetensors"
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "not a model":
        (folder / "config.json").write_text("[]")
    file = tmp_path / "a.c"
    file.write_text("int x\n")
    done = lint(file, "--model", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("lm-lint: ")
    assert str(folder) in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_trouble(tiny_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    file.write_text("int x;\n" * 20)
    command = [*COMMAND, str(file), "--model", str(tiny_folder), "--format", "surprisal-json"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=ENVIRONMENT, **pipes) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_an_interruption_is_quiet(tmp_path: Path) -> None:
    """Interrupted while it waits for standard input, which is before the model is loaded."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # In the background of a script SIGINT is ignored, and children inherit that.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*COMMAND, "missing.c", "-", "--language", "c"],
        env=ENVIRONMENT,
        preexec_fn=listen,
        **pipes,
    ) as process:
        assert process.stderr is not None
        # The sentence about the missing file says that the command is past its start.
        assert b"missing.c" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert b"Traceback" not in process.stderr.read()


def test_odd_files_side_by_side(tmp_path: Path) -> None:
    """No model is needed for what cannot be linted; one status for all of it."""
    (tmp_path / "binary.c").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "line.c").write_text("x" * 1_000_000)
    with (tmp_path / "huge.html").open("wb") as file:
        file.truncate(50_000_000)
    done = lint(tmp_path)
    assert (done.returncode, done.stdout) == (0, "nothing found in 0 files\n")
    assert len(done.stderr.splitlines()) == 3
    (tmp_path / "loop.py").symlink_to("loop.py")
    done = lint(tmp_path, tmp_path / "missing.c", tmp_path / "binary.c")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 5


@pytest.mark.released
def test_the_readme_shows_what_is_printed() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```console\n\$ lm-lint (\S+)\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    done = lint(shown[1], "--device", "cpu")
    assert done.stdout == shown[2]
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.released
def test_a_file_is_linted_in_little_memory() -> None:
    """Without torch 100 MB were measured."""
    done = lint("examples/missing_paren.c", "--device", "cpu", "--timings")
    told = dict(line.split(maxsplit=1) for line in done.stderr.splitlines())
    assert list(told) == ["parse", "import", "load", "score", "detect", "total", "memory"]
    assert float(told["memory"].split()[0]) * 1.048576 <= 200


@pytest.mark.released
def test_the_doctor_finds_all_well() -> None:
    done = lint("doctor", "--device", "cpu", "--json")
    told = json.loads(done.stdout)
    assert (told["problems"], done.returncode, done.stderr) == ([], 0, "")
    assert told["speed"]["sample"] == "its slip is found"
    assert told["server"]["starts"] is True
    assert told["model"]["bits_per_byte"]


@pytest.mark.released
def test_a_comment_takes_a_finding_away(tmp_path: Path) -> None:
    file = tmp_path / "a.c"
    lines = (ROOT / "examples" / "missing_paren.c").read_text().splitlines(keepends=True)
    lines[26] = lines[26].rstrip("\n") + "  // lm-lint: ignore[missing-token] on purpose\n"
    file.write_text("".join(lines))
    done = lint(file, "--device", "cpu")
    assert (done.returncode, done.stdout) == (0, "nothing found in 1 file\n")
