"""What is installed, whether it works, and how fast: `lm-lint doctor`, for people and for bug reports.

Every stage is tried for itself, so that one that is broken is told beside the others; what is wrong comes last, with
what to do. Nothing is sent anywhere.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any

from lm_lint import __version__, cards, machine
from lm_lint.config import nearest
from lm_lint.errors import LmLintError
from lm_lint.model_folder import default_folder, folder_of
from lm_lint.settings import Settings

if TYPE_CHECKING:
    from lm_lint.engine import Engine
    from lm_lint.text import Language

LIBRARIES = ("torch", "tokenizers", "pygls", "lsprotocol", "tree-sitter", "tree-sitter-c")
SERVER_PATIENCE_S = 60

# A whole program with one slip: the `)` of the `if`.
SAMPLE = """\
#include <stdio.h>

static int largest(const int *values, int count)
{
    int best = values[0];
    for (int i = 1; i < count; i++) {
        if (values[i] > best {
            best = values[i];
        }
    }
    return best;
}

int main(void)
{
    int values[] = {3, 9, 4};
    printf("%d\\n", largest(values, 3));
    return 0;
}
"""


@dataclass
class Report:
    """What was found, by section and name, in the order in which it was looked at; and what is wrong."""

    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def say(self, section: str, name: str, value: Any) -> None:
        self.facts.setdefault(section, {})[name] = value

    def json(self) -> str:
        return json.dumps({"version": 1, **self.facts, "problems": self.problems}, indent=1) + "\n"

    def text(self) -> str:
        lines: list[str] = []
        for section, facts in self.facts.items():
            lines += [
                section,
                *(
                    f"  {name.replace('_', ' '):20} {_shown(value)}"
                    for name, value in facts.items()
                ),
                "",
            ]
        if not self.problems:
            lines.append("all is well")
        else:
            lines += ["what is wrong", *(f"  {problem}" for problem in self.problems)]
        return "\n".join(lines) + "\n"


def examine(settings: Settings, folder: Path) -> Report:
    """Look at everything, with the configuration that holds in `folder`."""
    report = Report()
    _versions(report)
    if (model := _configuration(report, folder)) and settings.model is None:
        settings = replace(settings, model=folder_of(model))
    with _stage(report, "the cache cannot be looked at"):
        _command(report, settings)
    with _stage(report, "the model cannot be used"):
        _model(report, settings)
    with _stage(report, "the language server does not start"):
        _server(report)
    return report


@contextmanager
def _stage(report: Report, broken: str) -> Iterator[None]:
    """Whatever happens within becomes a problem; ours are whole sentences already."""
    try:
        yield
    except LmLintError as error:
        report.problems.append(str(error))
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        report.problems.append(f"{broken} ({said}); reinstall lm-lint, or report this")


def _versions(report: Report) -> None:
    section = "versions"
    report.say(section, "lm-lint", __version__)
    report.say(section, "python", platform.python_version())
    for name in LIBRARIES:
        try:
            report.say(section, name, metadata.version(name))
        except metadata.PackageNotFoundError:
            report.say(section, name, None)
            report.problems.append(f"{name} is not installed; install it, or reinstall lm-lint")
    report.say(section, "platform", platform.platform())
    report.say(section, "processors", machine.n_processors())


def _command(report: Report, settings: Settings) -> None:
    """What `lm-lint` takes without being told."""
    from lm_lint import cache
    from lm_lint.pool import default_jobs

    named = os.environ.get("LM_LINT_CACHE_DIR")
    folder = Path(named) if named else cache.default_folder()
    report.say("command", "jobs", default_jobs(settings))
    report.say("command", "cache", str(folder))
    report.say("command", "cache_mb", round(cache.size(folder) / 1e6, 1))


def _configuration(report: Report, folder: Path) -> str | None:
    """What the project says; the name of the model that it names."""
    report.say("configuration", "folder", str(folder))
    try:
        config = nearest(folder / "any")
    except LmLintError as error:
        report.say("configuration", "file", None)
        report.problems.append(str(error))
        return None
    report.say("configuration", "file", str(config.file) if config.file else None)
    for name in ("exclude", "min_confidence", "parser", "model"):
        if (value := getattr(config, name)) not in (None, ()):
            report.say("configuration", name.replace("_", "-"), value)
    return config.model


def _model(report: Report, settings: Settings) -> None:
    """Load it, then read and check the sample with it; times are the best of a few."""
    from lm_lint.device import choose, compute_dtype
    from lm_lint.engine import Engine

    folder = settings.model or default_folder()
    report.say("model", "folder", str(folder))
    engine = Engine.load(settings)
    report.say("model", "name", engine.model_name)
    _release(report, folder)
    report.say("model", "load_seconds", round(engine.seconds["load"], 3))
    report.say("device", "name", engine.device_name)
    auto = "no GPU works here" if engine.device_name == "cpu" else "a GPU works here"
    report.say("device", "why", auto if settings.device == "auto" else "it was asked for")
    kind = str(compute_dtype(choose(engine.device_name))).rpartition(".")[2]
    native = "multiplies" if kind == "bfloat16" else "does not multiply"
    report.say("device", "type", f"{kind}: this device {native} matrices of bfloat16")
    _speed(report, engine)


def _release(report: Report, folder: Path) -> None:
    """What its folder tells; that its hashes are right was seen when it was loaded."""
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    report.say("model", "size_mb", round(size / 1e6, 1))
    report.say("model", "hashes", "as config.json says")
    if bits_per_byte := cards.read(folder).bits_per_byte:
        report.say("model", "bits_per_byte", bits_per_byte)


def _speed(report: Report, engine: Engine) -> None:
    """Every text is new: what an engine has seen it may remember."""
    broken = [SAMPLE.replace("9", str(number)) for number in (17, 28, 39)]
    mended = [text.replace("best {", "best) {") for text in broken]
    n_tokens = len(engine.scores(mended[0], "c").surprisal_bits)
    seconds = min(_seconds(engine.scores, text) for text in mended)
    report.say("speed", "tokens_per_second", round(n_tokens / seconds))
    seconds = min(_seconds(engine.check, text) for text in broken)
    report.say("speed", "check_milliseconds", round(seconds * 1e3, 1))
    found = [d.finding.repairs[0] for d in engine.check(broken[0], "c") if d.finding.repairs]
    is_found = [repair.apply(broken[0]) for repair in found] == [mended[0]]
    report.say("speed", "sample", "its slip is found" if is_found else "its slip is not found")
    if not is_found or engine.check(mended[0], "c"):
        report.problems.append(
            "the slip of the sample is not found, or one where there is none: this model is no good, or the device "
            "computes wrongly; try --device cpu, and reinstall lm-lint if that does not help"
        )


def _seconds(work: Callable[[str, Language], object], text: str) -> float:
    start = perf_counter()
    work(text, "c")
    return perf_counter() - start


def _server(report: Report) -> None:
    """Start the server as an editor does, let it answer `initialize`, and ask it to leave."""
    here = str(Path(__file__).resolve().parents[1])
    paths = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "lm_lint", "server", "--stdio"]
    params: dict[str, Any] = {"processId": os.getpid(), "rootUri": None, "capabilities": {}}
    start = perf_counter()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": paths},
        ) as process,
    ):
        watchdog = threading.Timer(SERVER_PATIENCE_S, process.kill)
        watchdog.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, 1, "initialize", params)
            answer = _answer(process.stdout, 1)
            seconds = perf_counter() - start
            _send(process.stdin, 2, "shutdown", None)
            _answer(process.stdout, 2)
            _send(process.stdin, None, "exit", None)
            process.stdin.close()
            status = process.wait()
        except (OSError, ValueError):
            process.kill()
            process.wait()
            with suppress(OSError):  # what it did not read any more
                process.stdin.close()
            log.seek(0)
            said = log.read().decode("utf-8", "replace").strip().splitlines() or ["nothing"]
            report.say("server", "starts", False)
            report.problems.append(
                f"the language server gave no answer; it said last: {said[-1]}. Reinstall lm-lint, or report this."
            )
            return
        finally:
            watchdog.cancel()
    report.say("server", "starts", True)
    report.say("server", "initialize_seconds", round(seconds, 3))
    report.say("server", "version", answer.get("serverInfo", {}).get("version"))
    if status:
        report.problems.append(f"the language server left with status {status}; 0 was expected")


def _send(stream: IO[bytes], id_: int | None, method: str, params: object) -> None:
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if id_ is not None:
        message["id"] = id_
    if params is not None:
        message["params"] = params
    body = json.dumps(message).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def _answer(stream: IO[bytes], id_: int) -> dict[str, Any]:
    """The result of a request; other messages are passed over. ValueError where there is none."""
    while True:
        length = 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise ValueError("the stream has ended")
        message = json.loads(stream.read(length))
        if message.get("id") == id_ and "method" not in message:
            if "error" in message:
                raise ValueError(message["error"])
            return message.get("result") or {}


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    return ", ".join(value) if isinstance(value, tuple) else str(value)
