from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lm_lint.text import LANGUAGES, Document, Edit, difference, language_of

ENCODINGS = ("utf-8", "utf-16", "utf-32")

# Few characters, so that CRLF is often made, split and joined by an edit.
texts = st.text(st.sampled_from("\r\nab\f\u2028é🙂\ud83d\u0301"), max_size=20)


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, Edit]:
    text = draw(texts)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text, Edit(start, end, draw(texts))


def lines_of(text: str) -> list[str]:
    """The lines without their breaks, told in the plainest way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@given(texts)
def test_lines_break_at_lf_crlf_and_cr_only(text: str) -> None:
    document = Document.of(text)
    assert [document.line_text(line) for line in range(document.n_lines)] == lines_of(text)


def test_form_feed_and_line_separator_do_not_break_lines() -> None:
    document = Document.of("a\fb\u2028c\u2029d\x0be\x85f\x1cg\nh")
    assert document.n_lines == 2
    assert document.line_text(0) == "a\fb\u2028c\u2029d\x0be\x85f\x1cg"
    assert document.position(document.text.index("g")) == (0, 12)


@given(texts_and_edits())
@example(("a\r\nb", Edit(2, 2, "x")))  # an edit that splits CRLF
@example(("a\rx\nb", Edit(2, 3, "")))  # and one that joins it
@example(("\nb", Edit(0, 0, "\r")))
@example(("\r", Edit(1, 1, "\n")))
@example(("a\r\nb", Edit(1, 3, "\r\n")))
@example(("", Edit(0, 0, "")))
def test_applying_an_edit_equals_building_anew(case: tuple[str, Edit]) -> None:
    text, edit = case
    document = Document.of(text).apply(edit)
    rebuilt = Document.of(text[: edit.start] + edit.text + text[edit.end :])
    assert document == rebuilt
    assert document.line_starts.tolist() == rebuilt.line_starts.tolist()
    assert document.line_starts.dtype == np.int64


@pytest.mark.parametrize("edit", [Edit(-1, 0, ""), Edit(2, 1, ""), Edit(0, 4, "")])
def test_an_edit_outside_the_text_is_a_broken_promise(edit: Edit) -> None:
    with pytest.raises(AssertionError, match="in 3 chars"):
        Document.of("abc").apply(edit)


@given(texts, st.sampled_from(ENCODINGS))
def test_every_place_has_a_column_that_leads_back(text: str, encoding: str) -> None:
    document = Document.of(text)
    for line in range(document.n_lines):
        start, end = document.line_span(line)
        for offset in range(start, end + 1):
            column = document.column(offset, encoding)
            assert document.position(offset) == (line, offset - start)
            assert document.offset(line, column, encoding) == offset


@given(texts, st.integers(-1, 5), st.integers(-1, 50), st.sampled_from(ENCODINGS))
def test_any_line_and_column_give_a_place_in_the_text(
    text: str, line: int, column: int, encoding: str
) -> None:
    document = Document.of(text)
    offset = document.offset(line, column, encoding)
    assert 0 <= offset <= len(text)
    if 0 <= line < document.n_lines:
        start, end = document.line_span(line)
        assert start <= offset <= end


def test_columns_in_each_encoding_around_an_emoji() -> None:
    document = Document.of("x = '🙂'; y")
    after = document.text.index(";")
    assert [document.column(after, e) for e in ENCODINGS] == [10, 8, 7]
    for encoding, column in (("utf-8", 10), ("utf-16", 8), ("utf-32", 7)):
        assert document.offset(0, column, encoding) == after


def test_a_column_inside_a_character_counts_as_its_start() -> None:
    document = Document.of("a🙂b")
    assert [document.offset(0, column, "utf-16") for column in range(5)] == [0, 1, 1, 2, 3]
    assert [document.offset(0, column, "utf-8") for column in range(7)] == [0, 1, 1, 1, 1, 2, 3]


def test_a_combining_accent_is_a_column_of_its_own() -> None:
    document = Document.of("e\u0301 = 1")
    assert [document.column(3, e) for e in ENCODINGS] == [4, 3, 3]


def test_columns_past_the_end_of_a_line_stop_before_its_break() -> None:
    document = Document.of("ab\r\ncd\rlast")
    for encoding in ENCODINGS:
        assert document.offset(0, 99, encoding) == 2
        assert document.offset(1, 99, encoding) == 6
        assert document.offset(2, 99, encoding) == 11
        assert document.offset(3, 0, encoding) == 11


def test_places_inside_and_after_crlf() -> None:
    document = Document.of("ab\r\ncd")
    assert document.position(2) == (0, 2)
    assert document.position(3) == (0, 2)  # between CR and LF: still the end of the first line
    assert document.position(4) == (1, 0)
    assert document.position(99) == (1, 2)
    assert document.position(-1) == (0, 0)


def test_last_line_with_and_without_a_break() -> None:
    assert [Document.of(text).n_lines for text in ("", "a", "a\n", "a\r\n", "\n\n")] == [
        1,
        1,
        2,
        2,
        3,
    ]
    assert Document.of("a\n").line_span(1) == (2, 2)


def test_languages_by_name() -> None:
    expected = {
        "main.c": "c",
        "dir.py/X.H": "c",
        "page.html": "html",
        "PAGE.HTM": "html",
        "p.xhtml": "html",
        "page.html.erb": "html",
        "page.html.j2": "html",
        "base.jinja": "html",
        "mod.py": "python",
        "mod.pyi": "python",
        "nginx.conf.j2": None,
        "script.py.jinja2": None,
        "view.erb": None,
        "Makefile": None,
        ".html": None,
        "main.cpp": None,
        "": None,
    }
    assert {path: language_of(path) for path in expected} == expected
    assert set(expected.values()) - {None} == set(LANGUAGES)


@given(st.text(alphabet="ab\n🙂", max_size=30), st.text(alphabet="ab\n🙂", max_size=30))
def test_the_difference_of_two_texts_turns_one_into_the_other(before: str, after: str) -> None:
    edit = difference(before, after)
    assert Document.of(before).apply(edit).text == after
    kept = len(before) - (edit.end - edit.start)
    assert kept + len(edit.text) == len(after)
    if before == after:
        assert edit.start == edit.end
        assert not edit.text


def test_the_difference_of_long_texts_is_as_small_as_the_change() -> None:
    text = "".join(f"line {i}\n" for i in range(4000))
    assert difference(text, text[:20_000] + "x" + text[20_000:]) == Edit(20_000, 20_000, "x")
    assert (
        difference(text, text[:4096] + text[4097:]).end
        - difference(text, text[:4096] + text[4097:]).start
        == 1
    )
