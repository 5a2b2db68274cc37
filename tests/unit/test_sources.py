"""Reading: what becomes of a file's bytes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.changes import WHOLE
from lm_lint.errors import UnknownLanguage, UnreadableInput
from lm_lint.settings import Limits
from lm_lint.sources import (
    Outcome,
    Skipped,
    Source,
    decoded,
    exact_text,
    load,
    printable,
    standard_input,
    with_lines,
)
from lm_lint.text import Language


def read(name: str, data: bytes, language: Language | None = None) -> Outcome:
    return decoded(name, language, data, Limits(max_file_bytes=1000, max_line_chars=100), name)


def note(outcome: Outcome) -> str:
    assert isinstance(outcome, Skipped), outcome
    return outcome.note


def source(outcome: Outcome) -> Source:
    assert isinstance(outcome, Source), outcome
    return outcome


def test_a_text_as_it_is() -> None:
    data = "\ufeffint é;\r\n\f".encode()
    assert read("a.c", data) == Source("a.c", "c", data.decode(), path="a.c", data=data)


@given(st.binary(max_size=30), st.text(max_size=10))
def test_offsets_hold_in_bytes_that_are_no_text(binary: bytes, text: str) -> None:
    """One character for each byte that belongs to none, so that all other bytes can be written back."""
    data = text.encode("utf-8", "replace") + binary
    exact = Source("a.c", "c", "", data=data)
    found = decoded("a.c", "c", data, Limits())
    if isinstance(found, Source):
        assert exact_text(exact).encode("utf-8", "surrogateescape") == data
        assert len(found.text) == len(exact_text(found))
        assert all(
            a == b or a == "\ufffd" for a, b in zip(found.text, exact_text(found), strict=True)
        )
        assert not any(0xD800 <= ord(char) < 0xE000 for char in found.text)
        assert bool(found.note) is (b"\xff" in data or data.decode("utf-8", "ignore") != found.text)


def test_a_note_where_bytes_are_replaced() -> None:
    assert source(read("a.c", b"/* \xe9\xa0 */\n")).text == "/* \ufffd\ufffd */\n"
    assert source(read("a.c", b"/* \xe9 */\n")).note
    assert source(read("a.c", "/* \ufffd */\n".encode())).note is None


def test_what_is_no_source_text() -> None:
    assert "UTF-16" in note(read("a.c", "int x;".encode("utf-16")))
    assert "binary" in note(read("a.c", bytes(range(256))))
    assert "larger than 0.001 MB" in note(read("a.c", b"x" * 1001))
    assert "line of 101 characters" in note(read("a.c", b"x" * 101))
    assert "looks like C++" in note(read("a.h", b"class A {\n};\n"))


def test_who_names_a_language_is_believed() -> None:
    assert source(read("a.h", b"class A {\n};\n", "c")).language == "c"
    assert source(read("a.txt", b"int x;\n", "c")).language == "c"
    assert source(read("a.ipynb", b"<p>\n", "html")).text == "<p>\n"


def test_a_language_by_the_first_line() -> None:
    script = b"#!/usr/bin/env python3\n"
    assert source(read("tool", script)).language == "python"
    assert isinstance(read("tool.sh", script), UnknownLanguage)
    assert isinstance(read("tool", b"#!/bin/sh\n"), UnknownLanguage)


NOTEBOOK: dict[str, object] = {
    "cells": [
        {"cell_type": "code", "source": ["!ls\n", "x = (1\n"]},
        {"cell_type": "code", "source": ["y\n"], "outputs": [{"png": "x" * 3000}]},
    ],
    "nbformat": 4,
}


def test_a_notebook() -> None:
    data = json.dumps(NOTEBOOK, indent=1).encode()
    found = source(read("a.ipynb", data))
    assert (found.language, found.text, found.is_notebook) == (
        "python",
        "#ls\nx = (1\n\f\ny\n",
        True,
    )
    assert (found.data, len(found.cells)) == (data, 2)
    assert exact_text(found) == found.text
    assert isinstance(read("a.ipynb", data[:-2]), UnreadableInput)
    foreign = {**NOTEBOOK, "metadata": {"language_info": {"name": "R"}}}
    assert "in R, skipped" in note(read("a.ipynb", json.dumps(foreign).encode()))
    assert "larger" in note(read("a.ipynb", b"x" * 25_001))


def test_lines_that_count() -> None:
    found = source(read("a.c", b"a\r\nb\r\n"))
    assert with_lines(found, ((2, 2),)).lines == ((2, 2),)
    assert with_lines(found, WHOLE).lines is None
    # git knows no line that ends with CR alone.
    assert with_lines(source(read("a.c", b"a\rb\r\nc")), ((1, 1),)).lines is None
    data = json.dumps(NOTEBOOK, indent=1).encode()
    (line,) = (n for n, line in enumerate(data.split(b"\n"), 1) if b"x = (1" in line)
    assert with_lines(source(read("a.ipynb", data)), ((line, line),)).lines == ((2, 2),)


def test_standard_input() -> None:
    def piped(data: bytes, name: str | None = None, language: Language | None = None) -> Outcome:
        return standard_input(io.BytesIO(data), name, language, Limits(max_file_bytes=1000))

    assert source(piped(b"x\n", None, "c")).name == "<stdin>"
    found = source(piped(b"x\n", "dir/a.c"))
    assert (found.name, found.path, found.data) == ("dir/a.c", None, b"x\n")
    assert source(piped(b"#!/usr/bin/python\n")).language == "python"
    assert source(piped(json.dumps(NOTEBOOK).encode(), "a.ipynb")).is_notebook
    assert "larger" in note(piped(b"x" * 2000, "a.c"))
    assert "--stdin-filename" in str(piped(b"x\n"))
    assert "--stdin-filename" in str(piped(b"x\n", "a.txt"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in str(load(str(tmp_path / "a.c"), None, Limits()))
    assert "directory" in str(load(str(tmp_path), "c", Limits()))
    assert isinstance(load("a\0.c", None, Limits()), UnreadableInput)


def test_endless_files_are_read_up_to_the_limit() -> None:
    assert "larger" in note(load("/dev/zero", "c", Limits()))


@pytest.mark.parametrize(
    ("name", "shown"),
    [("é🙂.c", "é🙂.c"), ("a\udcff.c", "a\ufffd.c"), ("a\nb\x1b[1m.c", "a\ufffdb\ufffd[1m.c")],
)
def test_names_that_can_be_printed(name: str, shown: str) -> None:
    assert printable(name) == shown
