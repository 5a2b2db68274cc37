"""The only translation between our types and the protocol's.

Inside, a place is an offset in code points; in the protocol it is a line and a column in units that client and server
have agreed on. What clients send is clamped to the text: a position past the end of a line is its end, one past the
last line the end of the text, and a range written backwards is turned round.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast, get_args

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lm_lint import rules
from lm_lint.diagnostics import Diagnostic, Severity, help_of, opener_of
from lm_lint.findings import Finding
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.text import Document, Edit, Encoding

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SOURCE = "lm-lint"

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
_SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "hint": types.DiagnosticSeverity.Hint,
}


def to_encoding(general: types.GeneralClientCapabilities | None) -> Encoding:
    """The client's first choice that we know; UTF-16 for clients that name none, as the protocol wants."""
    for offered in (general and general.position_encodings) or ():
        for encoding in ENCODINGS:
            if offered == encoding:
                return encoding
    return "utf-16"


def to_position(document: Document, offset: int, encoding: Encoding) -> types.Position:
    line, _ = document.position(offset)
    return types.Position(line, document.column(offset, encoding))


def to_range(document: Document, start: int, end: int, encoding: Encoding) -> types.Range:
    first, last = (to_position(document, offset, encoding) for offset in (start, end))
    return types.Range(first, last)


def to_positions(
    document: Document, offsets: Sequence[int], encoding: Encoding
) -> list[tuple[int, int]]:
    """Line and column of many offsets at once, for all the tokens of a long text; none inside a CRLF."""
    import numpy as np

    if not offsets:
        return []
    at = np.array(offsets, dtype=np.int64)
    lines = document.line_starts.searchsorted(at, side="right") - 1
    line_starts = document.line_starts[lines]
    first = int(line_starts.min())
    units = _units_before(document.text[first : int(at.max())], encoding)
    columns = units[at - first] - units[line_starts - first]
    return list(zip(lines.tolist(), columns.tolist(), strict=True))


def _units_before(text: str, encoding: Encoding) -> npt.NDArray[np.int64]:
    """How many units of `encoding` stand before each character, and in all; (len(text) + 1,)."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    limits = {"utf-8": (0x7F, 0x7FF, 0xFFFF), "utf-16": (0xFFFF,), "utf-32": ()}[encoding]
    widths = 1 + sum((codes > limit for limit in limits), np.zeros(len(codes), dtype=np.int64))
    return np.concatenate((np.zeros(1, dtype=np.int64), widths.cumsum()))


def to_offset(document: Document, position: types.Position, encoding: Encoding) -> int:
    return document.offset(position.line, position.character, encoding)


def to_span(document: Document, where: types.Range, encoding: Encoding) -> tuple[int, int]:
    """Start and end as offsets, in this order."""
    start = to_offset(document, where.start, encoding)
    end = to_offset(document, where.end, encoding)
    return min(start, end), max(start, end)


def to_edit(
    document: Document, change: types.TextDocumentContentChangeEvent, encoding: Encoding
) -> Edit:
    """One change of `textDocument/didChange`, in the offsets of the text that the changes before it left."""
    if isinstance(change, types.TextDocumentContentChangePartial):
        start, end = to_span(document, change.range, encoding)
        return Edit(start, end, change.text)
    return Edit(0, len(document.text), change.text)


def to_diagnostic(
    snapshot: Snapshot, diagnostic: Diagnostic, related: bool = True
) -> types.Diagnostic:
    """A diagnostic as editors show it; `data` holds what its code actions need (docs/protocol.md).

    related  whether the client understands related information
    """
    finding = diagnostic.finding
    return types.Diagnostic(
        range=to_range(snapshot.document, finding.start, finding.end, snapshot.encoding),
        message=diagnostic.message,
        severity=_SEVERITIES[diagnostic.severity],
        code=finding.code,
        code_description=types.CodeDescription(f"{rules.URL}#{finding.code}"),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.code == "unused-suppression" else None,
        related_information=_opened_here(snapshot, finding) if related else None,
        data={
            "repairs": _repairs(snapshot, finding),
            "surprisalBits": round(finding.surprisal_bits, 3),
            "confidence": round(finding.confidence, 4),
            "version": snapshot.version,
        },
    )


def _repairs(snapshot: Snapshot, finding: Finding) -> list[dict[str, Any]]:
    document, language = snapshot.document, snapshot.language
    return [
        {
            "range": to_json(to_range(document, repair.start, repair.end, snapshot.encoding)),
            "newText": repair.text,
            "confidence": round(repair.confidence, 4),
            "title": sentence(help_of(language, document.text, finding, repair)),
        }
        for repair in finding.repairs
    ]


def _opened_here(
    snapshot: Snapshot, finding: Finding
) -> list[types.DiagnosticRelatedInformation] | None:
    document = snapshot.document
    opened = opener_of(snapshot.language, document.text, finding)
    if opened is None:
        return None
    where = types.Location(snapshot.uri, to_range(document, *opened, snapshot.encoding))
    return [types.DiagnosticRelatedInformation(where, "opened here")]


def sentence(text: str) -> str:
    """Titles in menus begin with a capital letter."""
    return text[:1].upper() + text[1:]


def to_json(where: types.Range) -> dict[str, Any]:
    """A range for `data` and for arguments of commands, which come back as plain objects."""
    return {
        name: {"line": position.line, "character": position.character}
        for name, position in (("start", where.start), ("end", where.end))
    }


def from_json(raw: object) -> types.Range:
    """The range in `data` or in arguments; raises JsonRpcInvalidParams."""
    try:
        # What is no such object fails as it should.
        ends = [cast(Any, raw)[name] for name in ("start", "end")]
        first, last = (types.Position(end["line"], end["character"]) for end in ends)
    except (KeyError, TypeError, ValueError) as error:
        raise JsonRpcInvalidParams(f"a range was expected, {raw!r:.100} found") from error
    return types.Range(first, last)


def plain(raw: object) -> Any:
    """The params of a method that is not in the standard, which pygls makes named tuples of, as plain objects."""
    if isinstance(raw, tuple) and hasattr(raw, "_asdict"):
        return {name: plain(value) for name, value in raw._asdict().items()}
    if isinstance(raw, dict):
        return {name: plain(value) for name, value in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [plain(value) for value in raw]
    return raw
