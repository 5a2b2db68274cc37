"""The tools that are run on a tree, as a pipeline would run them. Each on the files of its language only."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bench.command.measuring import Measured, measured
from bench.command.trees import File
from bench.rivals.processes import TOOLS, version_of
from lm_lint.machine import n_processors
from lm_lint.text import Language

# Enough files for a command line, and few enough that it is not too long.
_AT_ONCE = 500


@dataclass(frozen=True)
class Rival:
    """`run` gives the seconds for some files, and those that it read to their end."""

    name: str
    language: Language
    run: Callable[[Sequence[File], Path], tuple[float, list[File]]]


def lm_lint(
    files: Sequence[File] | None, folder: Path, cache: Path | None, jobs: int | None = None
) -> Measured:
    """All of a folder, or some files of it."""
    command: list[str | Path] = [sys.executable, "-m", "lm_lint", "--isolated", "--format", "json"]
    command += ["--cache-dir", cache] if cache else ["--no-cache"]
    command += ["--jobs", str(jobs)] if jobs else []
    command += ["--no-gitignore"]
    command += ["."] if files is None else [file.path for file in files]
    return measured(command, folder)


def rivals() -> tuple[list[Rival], list[str]]:
    """Those that are installed, and a word on each that is not."""
    wanted: list[tuple[str, Language, list[str | Path], Callable[..., Rival]]] = [
        ("gcc -fsyntax-only", "c", ["gcc"], _compiler),
        ("clang -fsyntax-only", "c", ["clang"], _compiler),
        ("ruff check --select E9", "python", [Path(sys.executable).with_name("ruff")], _ruff),
        ("html-validate", "html", [TOOLS / "html-validate"], _html_validate),
        ("tidy -e", "html", ["tidy"], _tidy),
    ]
    found, missing = [], []
    for name, language, program, make in wanted:
        if version := version_of([*program, "--version"]):
            found.append(make(f"{name} ({version})", language, program))
        else:
            missing.append(f"{name.split()[0]} is not installed here; bench/setup.sh installs it.")
    return found, missing


def _compiler(name: str, language: Language, program: list[str | Path]) -> Rival:
    """One process a file, as many at once as there are processors. Headers are looked for where the file came from;
    a file for which one is missing is left out, for the compiler stops there."""

    def look(file: File) -> bool:
        near = [parent for parent in file.origin.parents if len(parent.parts) > 3][:3]
        folders = [where for parent in near for where in (parent, parent / "include")]
        command = [*program, "-fsyntax-only", "-w", "-x", "c", file.path]
        done = _run([*command, *(f"-I{where}" for where in folders)], file.path.parent)
        return "fatal error" not in done

    def run(files: Sequence[File], folder: Path) -> tuple[float, list[File]]:
        with ThreadPoolExecutor(n_processors()) as pool:
            whole = [file for file, good in zip(files, pool.map(look, files), strict=True) if good]
            began = time.perf_counter()
            list(pool.map(look, whole))
            return time.perf_counter() - began, whole

    return Rival(name, language, run)


def _ruff(name: str, language: Language, program: list[str | Path]) -> Rival:
    options = ["check", "--isolated", "--no-cache", "--select", "E9", "--exit-zero", "--quiet"]
    return Rival(name, language, _batches([*program, *options]))


def _html_validate(name: str, language: Language, program: list[str | Path]) -> Rival:
    return Rival(name, language, _batches([*program, "-f", "json"]))


def _tidy(name: str, language: Language, program: list[str | Path]) -> Rival:
    return Rival(name, language, _batches([*program, "-q", "-e", "-utf8"]))


def _batches(
    command: list[str | Path],
) -> Callable[[Sequence[File], Path], tuple[float, list[File]]]:
    def run(files: Sequence[File], folder: Path) -> tuple[float, list[File]]:
        began = time.perf_counter()
        for start in range(0, len(files), _AT_ONCE):
            _run([*command, *(file.path for file in files[start : start + _AT_ONCE])], folder)
        return time.perf_counter() - began, list(files)

    return run


def _run(command: Sequence[str | Path], folder: Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, check=False
    )
    return done.stderr.decode("utf-8", "replace")
