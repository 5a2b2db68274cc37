"""The texts of the event loop: which language they are in, what edits do to them, and where somebody types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from lm_lint.lsp.buffers import Buffer, Buffers, language_for, moved, too_much
from lm_lint.server_settings import ServerSettings
from lm_lint.settings import Limits
from lm_lint.text import Document, Edit

URI = "file:///a.c"


def opened(text: str, language_id: str = "c") -> tuple[Buffers, Buffer]:
    buffers = Buffers()
    item = types.TextDocumentItem(URI, language_id, 1, text)
    return buffers, buffers.open(item, "utf-16", ServerSettings())


def change(buffers: Buffers, *changes: Any, version: int = 2) -> tuple[Buffer, list[Edit]]:
    identifier = types.VersionedTextDocumentIdentifier(version, URI)
    res = buffers.change(identifier, changes)
    assert res is not None
    return res


def part(line: int, start: int, end: int, text: str) -> types.TextDocumentContentChangePartial:
    where = types.Range(types.Position(line, start), types.Position(line, end))
    return types.TextDocumentContentChangePartial(where, text)


@pytest.mark.parametrize(
    ("language_id", "uri", "expected"),
    [
        ("c", "untitled:Untitled-1", "c"),
        ("C", "file:///a.txt", "c"),
        ("cpp", "file:///a.h", None),
        ("plaintext", "file:///a%20b.h", "c"),
        ("", "file:///page.html", "html"),
        ("django-html", "file:///a.txt", "html"),
        ("jinja", "file:///page.j2", "html"),
        ("jinja", "file:///nginx.conf.j2", None),
        ("erb", "file:///page.html.erb", "html"),
        ("erb", "file:///config.yml.erb", None),
        ("cython", "file:///a.py", None),
        ("latex", "file:///a.tex", None),
        ("c", "file:///a/routes.py", "python"),
        ("c", "file:///a/routes.c", "c"),
        ("c", "file:///a/page.html", "html"),
    ],
)
def test_the_language_follows_from_the_id_then_from_the_name(
    language_id: str, uri: str, expected: str | None
) -> None:
    assert language_for(language_id, uri) == expected


def test_edits_follow_one_another_and_are_handed_on() -> None:
    buffers, buffer = opened("ab\ncd\n")
    _, edits = change(buffers, part(0, 2, 2, "\nx"), part(1, 1, 1, "y"))
    assert edits == [Edit(2, 2, "\nx"), Edit(4, 4, "y")]
    assert buffer.document.text == "ab\nxy\ncd\n"
    assert buffer.document.line_starts.tolist() == [0, 3, 6, 9]
    assert buffer.version == 2


def test_a_whole_text_becomes_the_smallest_edit() -> None:
    buffers, buffer = opened("int a;\nint b;\nint c;\n")
    new = types.TextDocumentContentChangeWholeDocument("int a;\nint bb;\nint c;\n")
    _, edits = change(buffers, new)
    assert edits == [Edit(12, 12, "b")]
    assert buffer.document.text[slice(*buffer.typed)] == "int bb;"


def test_the_typed_lines_are_those_of_the_last_change() -> None:
    buffers, buffer = opened("one\ntwo\nthree\nfour\n")
    change(buffers, part(0, 0, 0, "x"))
    assert buffer.document.text[slice(*buffer.typed)] == "xone"
    # Two places at once, as with several cursors: all between them.
    change(buffers, part(1, 0, 0, "y"), part(2, 0, 0, "y"), version=3)
    assert buffer.document.text[slice(*buffer.typed)] == "ytwo\nythree"


def test_unknown_documents_are_no_error() -> None:
    assert Buffers().change(types.VersionedTextDocumentIdentifier(1, URI), []) is None
    assert Buffers().close(URI) is None


def test_generated_text_is_recognized() -> None:
    limits = Limits(max_file_bytes=20, max_line_chars=5)
    assert too_much(Document.of("abcd\nabcd\n"), limits) is None
    assert too_much(Document.of("a" * 5), limits) is None
    assert "line of 6" in (too_much(Document.of("\n" + "a" * 6), limits) or "")
    assert "more than 20" in (too_much(Document.of("a\n" * 11), limits) or "")


@given(st.text(max_size=12), st.data())
def test_a_moved_span_holds_what_it_held_and_what_was_written(text: str, data: Any) -> None:
    def span() -> tuple[int, int]:
        ends = st.integers(0, len(text))
        start, end = sorted((data.draw(ends), data.draw(ends)))
        return start, end

    before, (start, end) = span(), span()
    edit = Edit(start, end, data.draw(st.text(max_size=4)))
    low, high = moved(before, edit)
    after = Document.of(text).apply(edit).text
    kept = text[before[0] : min(before[1], start)] if before[0] < start else ""
    assert after[low:high].startswith(kept)
    assert edit.text in after[low:high]
    assert 0 <= low <= high <= len(after)
