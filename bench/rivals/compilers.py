"""gcc and clang as someone runs them on a file without knowing how the project is built."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from bench.reports import Change, Looked, Report, Tool
from bench.rivals.processes import run, version_of
from lm_lint.text import Document

_ERROR = re.compile(r"^<stdin>:(\d+):(\d+): (fatal )?error: (.*)$")
_FIXIT = re.compile(r'^fix-it:"<stdin>":\{(\d+):(\d+)-(\d+):(\d+)\}:"(.*)"$')
_MISSING_HEADER = re.compile(r"No such file|file not found")
_MAX_HEADERS = 60

_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_FLAGS = ("-fsyntax-only", "-w", "-std=gnu11", "-fdiagnostics-parseable-fixits", "-x", "c", "-")


def tools() -> list[Tool]:
    res = []
    for name, extra in (("gcc", ["-fdiagnostics-column-unit=byte"]), ("clang", [])):
        if version := version_of([name, "--version"]):
            look = looker([name, *extra, *_FLAGS])
            res.append(Tool(name, "c", f"{name} {version}", look, repairs=True))
    return res


def looker(command: Sequence[str]) -> Callable[[Sequence[str]], list[Looked]]:
    """A missing header is no slip: its line is left blank and the compiler is asked again, and told at once of
    headers that were missing before. The time is that of the last call."""
    missing: set[str] = set()

    def look(text: str) -> Looked:
        given = _without_headers(text, missing)
        for _ in range(_MAX_HEADERS):
            began = time.perf_counter()
            _, stderr = run(command, given)
            elapsed_ms = 1000 * (time.perf_counter() - began)
            headers = missing_headers(stderr, given)
            if not headers:
                break
            missing.update(headers)
            given = _without_headers(given, missing)
        return Looked(tuple(parsed(stderr, text)), elapsed_ms)

    return lambda texts: [look(text) for text in texts]


def missing_headers(stderr: str, text: str) -> set[str]:
    lines = text.split("\n")
    found = (_ERROR.match(line) for line in stderr.split("\n"))
    return {
        lines[int(match[1]) - 1].strip()
        for match in found
        if match and match[3] and _MISSING_HEADER.search(match[4])
    }


def _without_headers(text: str, missing: set[str]) -> str:
    return "\n".join("" if line.strip() in missing else line for line in text.split("\n"))


def parsed(stderr: str, text: str) -> list[Report]:
    """The errors in order, each with the fix-its that follow it, which make one repair."""
    document = Document.of(text)
    res: list[Report] = []
    fixes: list[list[Change]] = []
    for line in stderr.split("\n"):
        if match := _ERROR.match(line):
            row, column = int(match[1]), int(match[2])
            res.append(Report(row, document.offset(row - 1, column - 1, "utf-8"), match[4]))
            fixes.append([])
        elif fixes and (match := _FIXIT.match(line)):
            start = document.offset(int(match[1]) - 1, int(match[2]) - 1, "utf-8")
            end = document.offset(int(match[3]) - 1, int(match[4]) - 1, "utf-8")
            fixes[-1].append((start, end, unescaped(match[5])))
    return [
        Report(r.line, r.offset, r.message, repairs=(tuple(changes),) if changes else ())
        for r, changes in zip(res, fixes, strict=True)
    ]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), text)
