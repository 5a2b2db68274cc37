"""Columns and edits in all encodings, whatever stands in the line, and what a diagnostic is to an editor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.protocol import default_converter

from lm_lint.findings import Finding, Repair
from lm_lint.lsp.convert import (
    ENCODINGS,
    from_json,
    plain,
    to_diagnostic,
    to_edit,
    to_encoding,
    to_json,
    to_offset,
    to_position,
    to_positions,
    to_range,
    to_span,
)
from lm_lint.text import Document, Encoding
from tests.snapshots import URI, marked_snapshot, snapshot_of

# An emoji, a combining accent, CRLF, a form feed, U+2028, a lone CR, and a last line without a line break.
TEXT = "int 🙂e\u0301;\r\n\fx = 'é';\n\u2028y\rend🙂"
CODECS: dict[Encoding, str] = {
    "utf-8": "utf-8",
    "utf-16": "utf-16-le",
    "utf-32": "utf-32-le",
}
UNIT_BYTES: dict[Encoding, int] = {"utf-8": 1, "utf-16": 2, "utf-32": 4}

PIECES = st.sampled_from(["a", "é", "e\u0301", "🙂", "\f", "\u2028", "\t", "\n", "\r\n", "\r", " "])
TEXTS = st.lists(PIECES, max_size=30).map("".join)
encodings = pytest.mark.parametrize("encoding", ENCODINGS)


def position(line: int, character: int) -> types.Position:
    return types.Position(line, character)


def change(
    first: tuple[int, int], last: tuple[int, int], text: str
) -> types.TextDocumentContentChangePartial:
    where = types.Range(position(*first), position(*last))
    return types.TextDocumentContentChangePartial(where, text)


@encodings
def test_a_position_counts_the_units_before_it(encoding: Encoding) -> None:
    document = Document.of(TEXT)
    line = 0
    for offset, char in enumerate(TEXT):
        start = int(document.line_starts[line])
        before = TEXT[start:offset].encode(CODECS[encoding])
        if TEXT[offset - 1 : offset + 1] != "\r\n":
            expected = position(line, len(before) // UNIT_BYTES[encoding])
            assert to_position(document, offset, encoding) == expected
            assert to_offset(document, expected, encoding) == offset
        line += char == "\n" or (char == "\r" and TEXT[offset + 1] != "\n")


@pytest.mark.parametrize(
    ("encoding", "columns"),
    [("utf-8", (4, 8, 9, 11, 12)), ("utf-16", (4, 6, 7, 8, 9)), ("utf-32", (4, 5, 6, 7, 8))],
)
def test_columns_of_an_emoji_and_of_an_accent(encoding: Encoding, columns: tuple[int]) -> None:
    document = Document.of(TEXT)
    found = [to_position(document, offset, encoding).character for offset in range(4, 9)]
    assert found == list(columns)


@encodings
def test_what_lies_outside_is_clamped(encoding: Encoding) -> None:
    document = Document.of(TEXT)
    assert to_offset(document, position(0, 2**31 - 1), encoding) == TEXT.index("\r\n")
    assert to_offset(document, position(2, 99), encoding) == TEXT.index("\r", 12)
    assert to_offset(document, position(3, 99), encoding) == len(TEXT)
    assert to_offset(document, position(4, 0), encoding) == len(TEXT)
    assert to_offset(document, position(2**31 - 1, 7), encoding) == len(TEXT)
    assert to_position(document, 10**9, encoding).line == 3


def test_the_middle_of_a_character_is_its_start() -> None:
    document = Document.of("🙂x")
    assert to_offset(document, position(0, 1), "utf-16") == 0
    assert [to_offset(document, position(0, n), "utf-8") for n in range(6)] == [0, 0, 0, 0, 1, 2]


@encodings
@given(text=TEXTS)
def test_many_positions_at_once_are_the_same(encoding: Encoding, text: str) -> None:
    document = Document.of(text)
    offsets = [at for at in range(len(text) + 1) if text[max(at - 1, 0) : at + 1] != "\r\n"]
    one_by_one = [to_position(document, offset, encoding) for offset in offsets]
    assert to_positions(document, offsets, encoding) == [
        (place.line, place.character) for place in one_by_one
    ]
    assert to_positions(document, offsets[-1:], encoding) == [
        (place.line, place.character) for place in one_by_one[-1:]
    ]


def test_no_positions() -> None:
    assert to_positions(Document.of("x"), [], "utf-16") == []


@encodings
@given(text=TEXTS, data=st.data())
def test_an_edit_changes_what_the_client_changed(
    encoding: Encoding, text: str, data: st.DataObject
) -> None:
    """The judge edits the bytes of the client's encoding, line by line."""
    document = Document.of(text)
    offsets = st.integers(0, len(text)).filter(lambda at: text[max(at - 1, 0) : at + 1] != "\r\n")
    start, end = sorted((data.draw(offsets), data.draw(offsets)))
    first, last = (to_position(document, offset, encoding) for offset in (start, end))
    if data.draw(st.booleans()):
        first, last = last, first
    new = data.draw(TEXTS)
    edit = to_edit(
        document,
        types.TextDocumentContentChangePartial(types.Range(first, last), new),
        encoding,
    )
    assert document.apply(edit).text == text[:start] + new + text[end:]


@pytest.mark.parametrize(
    ("text", "first", "last", "expected"),
    [
        ("abc", (0, 0), (0, 99), "X"),
        ("abc\n", (0, 1), (0, 99), "aX\n"),
        ("abc\r\nd", (0, 1), (0, 99), "aX\r\nd"),
        ("abc\r\nd", (0, 1), (1, 0), "aXd"),
        ("abc\nd", (1, 0), (0, 1), "aXd"),
        ("abc", (7, 0), (9, 9), "abcX"),
        ("abc\n", (1, 0), (1, 0), "abc\nX"),
        ("", (0, 0), (5, 5), "X"),
        ("a\fb\nc", (0, 1), (0, 2), "aXb\nc"),
        ("a\rb", (1, 0), (1, 1), "a\rX"),
    ],
)
def test_edits_in_part(
    text: str, first: tuple[int, int], last: tuple[int, int], expected: str
) -> None:
    document = Document.of(text)
    edit = to_edit(document, change(first, last, "X"), "utf-16")
    assert document.apply(edit).text == expected


def test_a_whole_text_replaces_the_old_one() -> None:
    document = Document.of(TEXT)
    edit = to_edit(document, types.TextDocumentContentChangeWholeDocument("new"), "utf-8")
    assert document.apply(edit).text == "new"


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        (None, "utf-16"),
        ([], "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-32", "utf-8"], "utf-32"),
        (["utf-7", "utf-16"], "utf-16"),
        (["utf-7"], "utf-16"),
        ([types.PositionEncodingKind.Utf8], "utf-8"),
    ],
)
def test_the_first_encoding_that_is_known_is_taken(
    offered: list[str] | None, expected: Encoding
) -> None:
    assert to_encoding(types.GeneralClientCapabilities(position_encodings=offered)) == expected


def test_a_client_without_general_capabilities_counts_in_utf_16() -> None:
    assert to_encoding(None) == "utf-16"


def test_a_range_written_backwards_is_turned_round() -> None:
    where = types.Range(position(1, 1), position(0, 1))
    assert to_span(Document.of("abc\ndef"), where, "utf-8") == (1, 5)


def test_a_range_survives_the_way_through_json() -> None:
    where = types.Range(position(1, 2), position(3, 4))
    assert from_json(to_json(where)) == where


@pytest.mark.parametrize(
    "raw",
    [
        None,
        1,
        "range",
        {},
        {"start": 1, "end": 2},
        {"start": {"line": -1, "character": 0}, "end": {"line": 0, "character": 0}},
        {"start": {"line": "0", "character": 0}, "end": {"line": 0, "character": 0}},
        {"start": {"line": 0, "character": 0}},
    ],
)
def test_what_is_no_range_is_said(raw: object) -> None:
    with pytest.raises(JsonRpcInvalidParams, match="a range was expected"):
        from_json(raw)


def test_named_tuples_of_pygls_become_plain_objects() -> None:
    raw = {"textDocument": {"uri": URI}, "list": [{"a": 1}, 2], "range": None}
    message = {"jsonrpc": "2.0", "id": 1, "method": "lmLint/surprisal", "params": raw}
    from pygls.protocol.json_rpc import JsonRPCRequestMessage

    params = default_converter().structure(message, JsonRPCRequestMessage).params
    assert params.textDocument.uri == URI
    assert plain(params) == raw


def test_a_diagnostic_carries_what_an_editor_needs() -> None:
    snapshot, (found,) = marked_snapshot('s = "🙂"; f(\n  x«→)»;\n')
    diagnostic = to_diagnostic(snapshot, found)
    assert default_converter().unstructure(diagnostic) == {
        "range": {"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 3}},
        "message": "`)` expected before `;`, to close the `(` of line 1",
        "severity": 1,
        "code": "missing-token",
        "codeDescription": {
            "href": "https://github.com/lm-lint/lm-lint/blob/main/docs/codes.md#missing-token"
        },
        "source": "lm-lint",
        "relatedInformation": [
            {
                "location": {
                    "uri": URI,
                    # The emoji takes two units of UTF-16.
                    "range": {
                        "start": {"line": 0, "character": 11},
                        "end": {"line": 0, "character": 12},
                    },
                },
                "message": "opened here",
            }
        ],
        "data": {
            "repairs": [
                {
                    "range": {
                        "start": {"line": 1, "character": 3},
                        "end": {"line": 1, "character": 3},
                    },
                    "newText": ")",
                    "confidence": 0.95,
                    "title": "Insert `)` here",
                }
            ],
            "surprisalBits": 12.5,
            "confidence": 0.95,
            "version": 3,
        },
    }


def test_related_information_only_for_those_who_can_show_it() -> None:
    snapshot, (found,) = marked_snapshot("f(x«→)»;")
    assert to_diagnostic(snapshot, found, related=False).related_information is None


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [
        (0.95, types.DiagnosticSeverity.Error),
        (0.7, types.DiagnosticSeverity.Warning),
        (0.3, types.DiagnosticSeverity.Hint),
    ],
)
def test_severities(confidence: float, severity: types.DiagnosticSeverity) -> None:
    snapshot, (found,) = marked_snapshot("x = 1«→;»\n", confidence=confidence)
    assert to_diagnostic(snapshot, found).severity == severity


def test_repairs_in_a_text_with_crlf_and_an_emoji() -> None:
    snapshot, (found,) = marked_snapshot('a = "🙂"«→;»\r\nb = 1;\r\n', encoding="utf-8")
    (repair,) = to_diagnostic(snapshot, found).data["repairs"]  # type: ignore[index]
    assert repair["range"]["start"] == {"line": 0, "character": 10}
    span = to_span(snapshot.document, from_json(repair["range"]), "utf-8")
    repaired = Repair(*span, repair["newText"], 1.0).apply(snapshot.document.text)
    assert repaired == 'a = "🙂";\r\nb = 1;\r\n'


def test_a_finding_without_repairs_is_shown_too() -> None:
    from lm_lint.diagnostics import Diagnostic

    snapshot = snapshot_of("x y")
    finding = Finding("wrong-token", 0, 1, 0.7, 9.0, ())
    diagnostic = to_diagnostic(snapshot, Diagnostic.of(snapshot.document, finding, "m"))
    assert diagnostic.data["repairs"] == []  # type: ignore[index]
    assert diagnostic.range == to_range(snapshot.document, 0, 1, "utf-16")
