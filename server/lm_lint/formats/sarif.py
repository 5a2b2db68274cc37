"""SARIF 2.1.0, for code scanning services and the viewers of editors, repairs included.

A log is written while results come: the order of its properties means nothing. Messages keep `{` as it is, though
the standard doubles it: services show messages as they stand, and `}}` for a missing `}` would be a wrong repair.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, TextIO

from lm_lint import __version__
from lm_lint.diagnostics import Diagnostic, Severity, opener_of
from lm_lint.findings import COMMENT_CODES, Repair
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.fingerprints import fingerprints, line_hashes
from lm_lint.formats.places import (
    below,
    cell_at,
    help_for,
    line_in_file,
    message_of,
    path_below,
    place_of,
    uri_of,
)
from lm_lint.formats.streams import JsonArray, dumped
from lm_lint.formats.visible import visible
from lm_lint.rules import URL, Rule, rules
from lm_lint.text import Document

if TYPE_CHECKING:
    from lm_lint.results import Notice, Result, Summary
    from lm_lint.sources import Source

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "note"}
_BOM = "\ufeff"


class Sarif:
    """One log with one run."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream, self._options = stream, options
        self._rules = rules()
        self._indices = {rule.code: idx for idx, rule in enumerate(self._rules)}
        head = _opened({"$schema": SCHEMA, "version": "2.1.0"}, 1)
        run = _opened({"tool": {"driver": self._driver()}}, 3)
        self._results = JsonArray(stream, f'{head}"runs": [\n  {run}"results": ', 3)

    def result(self, result: Result) -> None:
        if not result.diagnostics:
            return
        path = below(result.source, self._options.root)
        own, theirs = fingerprints(result, path), line_hashes(result)
        document = Document.of(result.source.text)
        for diagnostic, print_, line_hash in zip(result.diagnostics, own, theirs, strict=True):
            entry = self._result(result.source, document, diagnostic, _artifact(path))
            entry["partialFingerprints"] = {"lmLintFinding/v1": print_}
            if not result.source.cells:
                entry["partialFingerprints"]["primaryLocationLineHash"] = line_hash
            self._results.add(entry)

    def finish(self, summary: Summary) -> None:
        self._results.close()
        rest = {
            "invocations": [self._invocation(summary)],
            "originalUriBaseIds": {
                _ROOT: {"description": {"text": "The folder that lm-lint was run in."}}
            },
            "columnKind": "unicodeCodePoints",
            "defaultEncoding": "UTF-8",
        }
        members = (f'\n   "{key}": {dumped(value, 3)}' for key, value in rest.items())
        self._stream.write(f",{','.join(members)}\n  }}\n ]\n}}\n")

    def _driver(self) -> dict[str, Any]:
        return {
            "name": "lm-lint",
            "version": __version__,
            "semanticVersion": __version__,
            "informationUri": URL.split("/blob/")[0],
            "rules": [_rule(rule) for rule in self._rules],
        }

    def _result(
        self, source: Source, document: Document, diagnostic: Diagnostic, artifact: dict[str, Any]
    ) -> dict[str, Any]:
        finding = diagnostic.finding
        res: dict[str, Any] = {
            "ruleId": finding.code,
            "level": _LEVELS[diagnostic.severity],
            "message": {"text": visible(message_of(source, diagnostic))},
            "rank": round(100 * finding.confidence, 2),
            "locations": [_location(source, document, diagnostic, artifact)],
            "properties": {
                "confidence": round(finding.confidence, 4),
                "surprisalBits": round(finding.surprisal_bits, 3),
            },
        }
        if finding.code in self._indices:
            res["ruleIndex"] = self._indices[finding.code]
        if source.cells:
            return res  # its file says the same in JSON, where a repair would be another
        if opened := opener_of(source.language, source.text, finding):
            where = {"artifactLocation": artifact, "region": _region(document, *opened)}
            res["relatedLocations"] = [
                {"id": 0, "physicalLocation": where, "message": {"text": "opened here"}}
            ]
        if finding.repairs:
            # The best alone: some readers take the last of several.
            best = finding.repairs[0]
            res["fixes"] = [
                {
                    "description": {"text": visible(help_for(source, diagnostic, best))},
                    "artifactChanges": [_change(document, best, artifact)],
                }
            ]
        return res

    def _invocation(self, summary: Summary) -> dict[str, Any]:
        res: dict[str, Any] = {"executionSuccessful": not summary.n_failed}
        if self._options.command:
            res["commandLine"] = visible(shlex.join(self._options.command))
        res["toolExecutionNotifications"] = [self._notification(each) for each in summary.notices]
        return res

    def _notification(self, notice: Notice) -> dict[str, Any]:
        res: dict[str, Any] = {
            "level": "error" if notice.is_failure else "note",
            "message": {"text": visible(notice.message)},
        }
        if notice.path:
            artifact = _artifact(path_below(notice.path, self._options.root))
            res["locations"] = [{"physicalLocation": {"artifactLocation": artifact}}]
        return res


def _rule(rule: Rule) -> dict[str, Any]:
    is_about_comments = rule.code in COMMENT_CODES
    name = "".join(word.capitalize() for word in rule.code.split("-"))
    return {
        "id": rule.code,
        **({"name": name} if "-" in rule.code else {}),  # must not say the same as the id
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.summary, "markdown": rule.section},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": "warning" if is_about_comments else "error"},
        "properties": {
            "tags": ["comments" if is_about_comments else "syntax", *rule.languages],
            "precision": "high",
            "problem.severity": "warning" if is_about_comments else "error",
        },
    }


def _location(
    source: Source, document: Document, diagnostic: Diagnostic, artifact: dict[str, Any]
) -> dict[str, Any]:
    finding = diagnostic.finding
    cell = cell_at(source, finding.start)
    if cell is None:
        region = _region(document, finding.start, finding.end)
        return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    place = place_of(source, diagnostic)
    name = f"cell {cell.number}, line {place.line}, column {place.column}"
    region = {"startLine": line_in_file(source, diagnostic.line)}
    return {
        "physicalLocation": {"artifactLocation": artifact, "region": region},
        "logicalLocations": [
            {"name": name, "fullyQualifiedName": f"cell {cell.number}", "kind": "cell"}
        ],
    }


def _region(document: Document, start: int, end: int) -> dict[str, int]:
    (line, column), (end_line, end_column) = document.position(start), document.position(end)
    # A byte order mark counts as nothing here.
    mark = document.text.startswith(_BOM)
    return {
        "startLine": line + 1,
        "startColumn": max(column + 1 - (mark and line == 0), 1),
        "endLine": end_line + 1,
        "endColumn": max(end_column + 1 - (mark and end_line == 0), 1),
    }


def _change(document: Document, repair: Repair, artifact: dict[str, Any]) -> dict[str, Any]:
    replacement: dict[str, Any] = {
        "deletedRegion": _region(document, repair.start, repair.end),
        "insertedContent": {
            "text": repair.text
        },  # "" too: not every reader expects it to be absent
    }
    return {"artifactLocation": artifact, "replacements": [replacement]}


def _artifact(path: str) -> dict[str, Any]:
    uri = uri_of(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}


def _opened(members: dict[str, Any], depth: int) -> str:
    """The beginning of an object that goes on."""
    pad = " " * depth
    return (
        "{"
        + "".join(f'\n{pad}"{key}": {dumped(value, depth)},' for key, value in members.items())
        + f"\n{pad}"
    )
