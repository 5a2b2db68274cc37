"""GitLab's code quality report: one array, whose entries merge requests compare by their fingerprints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from lm_lint.diagnostics import Diagnostic, Severity
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.fingerprints import fingerprints
from lm_lint.formats.places import line_in_file, message_of, place_of, shown_below
from lm_lint.formats.streams import JsonArray
from lm_lint.formats.visible import visible

if TYPE_CHECKING:
    from lm_lint.results import Result, Summary
    from lm_lint.sources import Source

_SEVERITIES: dict[Severity, str] = {"error": "major", "warning": "minor", "hint": "info"}


class GitLab:
    """Paths are relative to the root of the project, as GitLab wants them."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream, self._options = stream, options
        self._issues = JsonArray(stream, "", 0)

    def result(self, result: Result) -> None:
        path = shown_below(result.source, self._options.root)
        for diagnostic, print_ in zip(result.diagnostics, fingerprints(result, path), strict=True):
            self._issues.add(_issue(result.source, diagnostic, path, print_))

    def finish(self, summary: Summary) -> None:
        self._issues.close()
        self._stream.write("\n")


def _issue(source: Source, diagnostic: Diagnostic, path: str, print_: str) -> dict[str, Any]:
    place = place_of(source, diagnostic)
    where = "" if place.cell is None else f"cell {place.cell}, line {place.line}: "
    first, last = (line_in_file(source, n) for n in (diagnostic.line, diagnostic.end_line))
    return {
        "type": "issue",
        "description": where + visible(message_of(source, diagnostic)),
        "check_name": diagnostic.finding.code,
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[diagnostic.severity],
        "fingerprint": print_,
        "location": {"path": path, "lines": {"begin": first, "end": last}},
    }
