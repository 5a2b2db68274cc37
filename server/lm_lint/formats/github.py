"""Annotations of GitHub Actions: workflow commands that put a finding beside the changed line."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from lm_lint.diagnostics import Diagnostic, Severity
from lm_lint.formats import summing
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.places import (
    help_for,
    line_in_file,
    message_of,
    path_below,
    place_of,
    printable,
    shown_below,
)
from lm_lint.formats.visible import tamed, visible

if TYPE_CHECKING:
    from lm_lint.results import Result, Summary
    from lm_lint.sources import Source

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "notice"}
Parameters = dict[str, object]


class GitHub:
    """A command a finding, as soon as it is known; the last line sums up."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream, self._options = stream, options

    def result(self, result: Result) -> None:
        path = shown_below(result.source, self._options.root)
        for diagnostic in result.diagnostics:
            command = _COMMANDS[diagnostic.severity]
            message = _message(result.source, diagnostic)
            self._write(command, _parameters(result.source, diagnostic, path), message)
        self._stream.flush()

    def finish(self, summary: Summary) -> None:
        for notice in summary.notices:
            where: Parameters = {}
            if notice.path:
                where["file"] = printable(path_below(notice.path, self._options.root))
            self._write("error" if notice.is_failure else "notice", where, visible(notice.message))
        if self._options.statistics:
            self._stream.writelines(f"{line}\n" for line in summing.statistics(summary))
        if not self._options.quiet:
            self._stream.write(summing.sentence(summary) + "\n")

    def _write(self, command: str, parameters: Parameters, message: str) -> None:
        told = ",".join(f"{name}={_property(value)}" for name, value in parameters.items())
        self._stream.write(f"::{command} {told}".rstrip() + f"::{_data(message)}\n")


def _parameters(source: Source, diagnostic: Diagnostic, path: str) -> Parameters:
    """Columns are told on a single line only: GitHub refuses them elsewhere."""
    title = f"lm-lint: {diagnostic.finding.code}"
    if source.cells:
        return {"file": path, "line": line_in_file(source, diagnostic.line), "title": title}
    res: Parameters = {"file": path, "line": diagnostic.line, "endLine": diagnostic.end_line}
    if diagnostic.line == diagnostic.end_line:
        res |= {"col": diagnostic.column, "endColumn": diagnostic.end_column}
    return {**res, "title": title}


def _message(source: Source, diagnostic: Diagnostic) -> str:
    place = place_of(source, diagnostic)
    where = "" if place.cell is None else f"cell {place.cell}, line {place.line}: "
    message = where + visible(message_of(source, diagnostic))
    if not diagnostic.finding.repairs:
        return message
    return f"{message}\n{visible(help_for(source, diagnostic, diagnostic.finding.repairs[0]))}"


def _data(text: str) -> str:
    return tamed(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: object) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")
