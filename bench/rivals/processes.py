"""Running other programs: on one text by its standard input, or on many texts in a folder."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.reports import Looked, Report

TIMEOUT_S = 120
# Where bench/setup.sh puts what npm brings.
TOOLS = Path(__file__).resolve().parents[2] / ".bench-tools" / "node_modules" / ".bin"


def run(
    command: Sequence[str | Path], text: str = "", folder: Path | None = None
) -> tuple[str, str]:
    """Standard output and standard error; both empty where the program takes too long."""
    # In English, and with the search path of whoever runs this, since node may live anywhere.
    environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", os.defpath), "NO_COLOR": "1"}
    if home := os.environ.get("HOME"):
        environment["HOME"] = home
    try:
        done = subprocess.run(
            [str(part) for part in command],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=TIMEOUT_S,
            env=environment,
            cwd=folder,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", ""
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def version_of(command: Sequence[str | Path]) -> str | None:
    """The first number with dots that a program prints; None where it is missing or does not start."""
    try:
        found = re.search(r"\d+(\.\d+)+", "".join(run(command)))
    except OSError:
        return None
    return found[0] if found else None


@contextmanager
def folder_of(texts: Sequence[str], suffix: str) -> Iterator[list[Path]]:
    """The texts as files text-0000.suffix and so on, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="lm-lint-bench-") as folder:
        paths = [Path(folder) / f"text-{i:04d}{suffix}" for i in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text.encode("utf-8", "replace"))
        yield paths


def one_by_one(look: Callable[[str], list[Report]]) -> Callable[[Sequence[str]], list[Looked]]:
    """A function of one text as one of many, with the time of each. Where it fails it has said nothing of that text,
    and the page names the failure; an hour of other texts is not lost for it."""

    def all_of(texts: Sequence[str]) -> list[Looked]:
        res = []
        for text in texts:
            began = time.perf_counter()
            reports: tuple[Report, ...] = ()
            failure = ""
            try:
                reports = tuple(look(text))
            except Exception as error:
                failure = f"{type(error).__name__}: {error}"
            res.append(Looked(reports, 1000 * (time.perf_counter() - began), failure))
        return res

    return all_of


def all_at_once(
    look: Callable[[Sequence[str]], list[list[Report]]],
) -> Callable[[Sequence[str]], list[Looked]]:
    """A program that starts slowly and so reads many texts in one go; timed only where it was given one."""

    def all_of(texts: Sequence[str]) -> list[Looked]:
        began = time.perf_counter()
        found = look(texts)
        elapsed_ms = 1000 * (time.perf_counter() - began)
        return [
            Looked(tuple(reports), elapsed_ms if len(texts) == 1 else None) for reports in found
        ]

    return all_of
