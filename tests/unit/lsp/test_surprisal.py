"""Bits of tokens on their way to heat maps and to people."""

from __future__ import annotations

import json
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lm_lint.documents import TokenBits
from lm_lint.lsp.surprisal import Request, answer, request_of, span_of, table
from lm_lint.text import Encoding
from tests.snapshots import URI, snapshot_of

TEXT = 'f("🙂");\r\n  é'
TOKENS = [
    TokenBits(0, 1, 3.14159, 2.71828),
    TokenBits(1, 3, 0.0, 0.001),
    TokenBits(3, 4, 11.0, 4.0),
    TokenBits(4, 7, 0.5, 0.5),
    TokenBits(7, 11, 1.0, 1.0),
    TokenBits(11, 12, 20.0, 9.0),
]


@pytest.mark.parametrize(
    ("encoding", "emoji", "last"),
    [("utf-8", (3, 7, 10), 4), ("utf-16", (3, 5, 8), 3), ("utf-32", (3, 4, 7), 3)],
)
def test_the_lists_have_an_entry_for_each_token(
    encoding: Encoding, emoji: tuple[int, int, int], last: int
) -> None:
    start, end, line_end = emoji
    assert answer(snapshot_of(TEXT, encoding=encoding), TOKENS) == {
        "version": 3,
        "ranges": [
            *(0, 0, 0, 1),
            *(0, 1, 0, 3),
            *(0, start, 0, end),
            *(0, end, 0, line_end),
            *(0, line_end, 1, 2),
            *(1, 2, 1, last),
        ],
        "kinds": [0, 0, 0, 0, 2, 0],
        "surprisalBits": [3.14, 0.0, 11.0, 0.5, 1.0, 20.0],
        "entropyBits": [2.72, 0.0, 4.0, 0.5, 1.0, 9.0],
    }


def test_the_answer_is_plain_json() -> None:
    snapshot = snapshot_of(TEXT)
    assert json.loads(json.dumps(answer(snapshot, TOKENS))) == answer(snapshot, TOKENS)


@pytest.mark.parametrize(
    ("text", "kind"), [("x", 0), (" x", 0), ("\n x", 0), (" \t", 1), ("\n  ", 2), ("\r", 2)]
)
def test_kinds(text: str, kind: int) -> None:
    found = answer(snapshot_of(text), [TokenBits(0, len(text), 1.0, 1.0)])
    assert found["kinds"] == [kind]


def test_no_tokens() -> None:
    assert answer(snapshot_of(""), []) == {
        "version": 3,
        "ranges": [],
        "kinds": [],
        "surprisalBits": [],
        "entropyBits": [],
    }


def place(line: int, character: int) -> dict[str, int]:
    return {"line": line, "character": character}


@pytest.mark.parametrize(
    ("where", "span"),
    [
        (None, (0, 12)),
        ({"start": place(0, 3), "end": place(0, 5)}, (3, 4)),
        ({"start": place(0, 5), "end": place(0, 3)}, (3, 4)),
        ({"start": place(0, 3), "end": place(0, 99)}, (3, 7)),
        ({"start": place(1, 0), "end": place(99, 0)}, (9, 12)),
        ({"start": place(7, 0), "end": place(9, 0)}, (12, 12)),
    ],
)
def test_the_part_that_is_asked_for(where: Any, span: tuple[int, int]) -> None:
    request = request_of({"textDocument": {"uri": URI}, "range": where})
    assert request.uri == URI
    assert span_of(snapshot_of(TEXT), request) == span


def test_a_request_for_the_whole_text() -> None:
    assert request_of({"textDocument": {"uri": URI}}) == Request(URI, None)
    where = types.Range(types.Position(0, 0), types.Position(1, 0))
    raw = {"start": place(0, 0), "end": place(1, 0)}
    assert request_of({"textDocument": {"uri": URI}, "range": raw}) == Request(URI, where)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        3,
        [],
        {},
        {"textDocument": None},
        {"textDocument": {"uri": 3}},
        {"uri": URI},
        {"textDocument": {"uri": URI}, "range": 3},
        {"textDocument": {"uri": URI}, "range": {"start": place(0, 0)}},
    ],
)
def test_params_that_make_no_sense_are_refused(raw: Any) -> None:
    with pytest.raises(JsonRpcInvalidParams, match="expected"):
        request_of(raw)


def test_the_table_for_people() -> None:
    shown = table(snapshot_of(TEXT), TOKENS)
    assert shown["version"] == 3
    assert shown["text"].splitlines() == [
        "6 tokens, 35.6 bits, 2.23 bits per byte (c, version 3)",
        "",
        "    place     bits  entropy  token",
        "      1:1     3.14     2.72  f",
        '      1:2     0.00     0.00  ("',
        "      1:4    11.00     4.00  🙂",
        '      1:5     0.50     0.50  ");',
        "      1:8     1.00     1.00  ␍↵␣␣",
        "      2:3    20.00     9.00  é",
    ]


def test_the_table_of_nothing() -> None:
    assert table(snapshot_of(""), [])["text"].startswith("0 tokens, 0.0 bits, 0.00 bits per byte")
