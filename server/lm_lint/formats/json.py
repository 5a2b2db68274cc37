"""The JSON of lm-lint, a contract (README.md): findings as one object or a line each, and tokens with their bits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TextIO

from lm_lint.formats.base import FormatOptions
from lm_lint.formats.places import message_of, place_of
from lm_lint.formats.streams import JsonArray

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic
    from lm_lint.documents import TokenBits
    from lm_lint.results import Result, Summary
    from lm_lint.sources import Source

VERSION = 1


class Json:
    """One object with all findings."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream = stream
        self._findings = JsonArray(stream, _head("findings"), 1)

    def result(self, result: Result) -> None:
        for diagnostic in result.diagnostics:
            self._findings.add(finding_json(result.source, diagnostic))

    def finish(self, summary: Summary) -> None:
        self._findings.close()
        self._stream.write("\n}\n")


class JsonLines:
    """One finding a line, as soon as it is known."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream = stream

    def result(self, result: Result) -> None:
        for diagnostic in result.diagnostics:
            self._stream.write(json.dumps(finding_json(result.source, diagnostic)) + "\n")
        self._stream.flush()

    def finish(self, summary: Summary) -> None:
        pass


class SurprisalJson:
    """One object with every token of every file."""

    needs_tokens = True

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream = stream
        self._tokens = JsonArray(stream, _head("tokens"), 1)

    def result(self, result: Result) -> None:
        for token in result.tokens or ():
            self._tokens.add(token_json(result.source, token))

    def finish(self, summary: Summary) -> None:
        self._tokens.close()
        self._stream.write("\n}\n")


def finding_json(source: Source, diagnostic: Diagnostic) -> dict[str, Any]:
    """One entry of `findings`; lines and columns from 1, offsets from 0, all in code points.

    In a notebook all of them count from the beginning of `cell`, which counts code cells from 1.
    """
    finding, place = diagnostic.finding, place_of(source, diagnostic)
    return {
        "path": source.name,
        **({} if place.cell is None else {"cell": place.cell}),
        "code": finding.code,
        "severity": diagnostic.severity,
        "confidence": round(finding.confidence, 4),
        "message": message_of(source, diagnostic),
        "surprisal_bits": round(finding.surprisal_bits, 3),
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "offset": finding.start - place.offset,
        "end_offset": finding.end - place.offset,
        "repairs": [
            {
                "offset": repair.start - place.offset,
                "end_offset": repair.end - place.offset,
                "text": repair.text,
                "confidence": round(repair.confidence, 4),
            }
            for repair in finding.repairs
        ],
    }


def token_json(source: Source, token: TokenBits) -> dict[str, Any]:
    """One entry of `tokens`; the last one of a file, of no characters, is its end."""
    return {
        "path": source.name,
        "offset": token.start,
        "end_offset": token.end,
        "surprisal_bits": round(token.surprisal_bits, 3),
        "entropy_bits": round(token.entropy_bits, 3),
    }


def _head(key: str) -> str:
    return f'{{\n "version": {VERSION},\n "{key}": '
