"""CPython's own error, ruff and pyright: of the latter two only what they say about syntax."""

from __future__ import annotations

import json
import sys
import sysconfig
import warnings
from collections.abc import Sequence
from pathlib import Path

from bench.reports import Report, Tool
from bench.rivals.processes import TOOLS, all_at_once, folder_of, one_by_one, run, version_of
from lm_lint.text import Document


def tools() -> list[Tool]:
    version = ".".join(map(str, sys.version_info[:3]))
    res = [Tool("CPython", "python", f"CPython {version}", one_by_one(cpython))]
    ruff = Path(sysconfig.get_path("scripts")) / "ruff"
    if version_ := version_of([ruff, "--version"]):
        look = one_by_one(lambda text: ruff_reports(run([ruff, *_RUFF], text)[0], text))
        res.append(Tool("ruff", "python", f"ruff {version_}", look, repairs=True))
    if version_ := version_of([TOOLS / "pyright", "--version"]):
        res.append(Tool("pyright", "python", f"pyright {version_}", all_at_once(_pyright)))
    return res


def cpython(text: str) -> list[Report]:
    """compile() as `python file.py` would: it stops at the first error, and offers nothing that can be applied."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<text>", "exec", dont_inherit=True)
        except SyntaxError as error:
            line = error.lineno or 1
            column = (error.offset or 1) - 1
            offset = Document.of(text).offset(line - 1, max(0, column))
            return [Report(line, offset, error.msg or "")]
        except (ValueError, RecursionError, MemoryError) as error:  # a NUL; nested too deeply
            return [Report(1, None, str(error))]
    return []


_RUFF = (
    "check",
    "--isolated",
    "--no-cache",
    "--output-format",
    "json",
    "--stdin-filename",
    "text.py",
    "-",
)


def ruff_reports(stdout: str, text: str) -> list[Report]:
    """Syntax errors only. Since they have no rule, older versions gave them no code at all."""
    document = Document.of(text)
    res = []
    for each in json.loads(stdout or "[]"):
        if each["code"] not in (None, "invalid-syntax"):
            continue
        row, column = each["location"]["row"], each["location"]["column"]
        offset = document.offset(row - 1, column - 1)
        changes = tuple(
            (
                document.offset(e["location"]["row"] - 1, e["location"]["column"] - 1),
                document.offset(e["end_location"]["row"] - 1, e["end_location"]["column"] - 1),
                e["content"],
            )
            for e in (each["fix"] or {}).get("edits", [])
        )
        res.append(Report(row, offset, each["message"], repairs=(changes,) if changes else ()))
    return res


def _pyright(texts: Sequence[str]) -> list[list[Report]]:
    with folder_of(texts, ".py") as paths:
        stdout, _ = run([TOOLS / "pyright", "--outputjson", *paths], folder=paths[0].parent)
    return pyright_reports(stdout, [path.name for path in paths], texts)


def pyright_reports(stdout: str, names: Sequence[str], texts: Sequence[str]) -> list[list[Report]]:
    """Errors without a rule are those of its parser; those with one are about types and imports."""
    documents = {name: Document.of(text) for name, text in zip(names, texts, strict=True)}
    res: dict[str, list[Report]] = {name: [] for name in names}
    for each in json.loads(stdout or "{}").get("generalDiagnostics", []):
        name = Path(each["file"]).name
        if each["severity"] == "error" and "rule" not in each and name in res:
            start = each["range"]["start"]
            offset = documents[name].offset(start["line"], start["character"], "utf-16")
            res[name].append(Report(start["line"] + 1, offset, each["message"]))
    return [res[name] for name in names]
