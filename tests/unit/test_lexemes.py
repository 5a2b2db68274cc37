"""Words, numbers and signs: what a slip is made of."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.lexemes import KEYWORDS, class_name, lexemes, nearly
from lm_lint.text import LANGUAGES, Language

WORDS = st.text(string.ascii_letters + "_", min_size=2, max_size=8)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("c", "a->b += c_1 <<= 2;", "a -> b += c_1 <<= 2 ;"),
        ("c", "if (x&&!y) /* z */", "if ( x && ! y ) /* z */"),
        ("c", '#define A "b c" ## d', '# define A " b c " ## d'),
        ("c", "f(1.5e-3f, 0x1F, ...)", "f ( 1.5e-3f , 0x1F , ... )"),
        ("c", "a\n\n  = b;", "a = b ;"),
        ("python", "x **= y // 2 if z else w", "x **= y // 2 if z else w"),
        ("python", "f\"\"\"a'''", "f \"\"\" a '''"),
        ("python", "(n := a.b[1:2])", "( n := a . b [ 1 : 2 ] )"),
        ("html", '<a href="b-1">é</a>', '< a href = " b - 1 " > é < / a >'),
        ("c", "日本 = é;", "日本 = é ;"),
        ("c", " \t\n", ""),
    ],
)
def test_a_text_in_lexemes(language: Language, text: str, expected: str) -> None:
    assert [lexeme.text for lexeme in lexemes(text, language)] == expected.split()


@given(st.text(), st.sampled_from(LANGUAGES))
def test_lexemes_hold_all_but_blanks(text: str, language: Language) -> None:
    found = lexemes(text, language)
    end = 0
    for lexeme in found:
        assert end <= lexeme.start < lexeme.end
        assert text[lexeme.start : lexeme.end] == lexeme.text
        assert not text[end : lexeme.start].strip()
        end = lexeme.end
    assert not text[end:].strip()


def test_python_s_line_breaks_are_lexemes_with_the_indentation_behind_them() -> None:
    found = lexemes("if a:\n\n    b\nc", "python")
    assert [(x.text, x.kind) for x in found if x.kind == "line"] == [
        ("\n\n    ", "line"),
        ("\n", "line"),
    ]
    assert all(x.kind != "line" for x in lexemes("a\n  b\n", "c"))


@pytest.mark.parametrize(
    ("language", "lexeme", "kind"),
    [
        ("c", "while", "keyword"),
        ("c", "include", "keyword"),
        ("c", "def", "name"),
        ("python", "def", "keyword"),
        ("python", "None", "keyword"),
        ("html", "while", "name"),
        ("c", "_x1", "name"),
        ("c", "é", "name"),
        ("c", "0x1F", "number"),
        ("c", ";", "sign"),
        ("c", "->", "sign"),
        ("python", '"""', "sign"),
    ],
)
def test_the_class_of_a_lexeme(language: Language, lexeme: str, kind: str) -> None:
    (found,) = lexemes(lexeme, language)
    assert found.kind == kind
    assert class_name(lexeme, language) == (lexeme if kind == "sign" else kind)


def test_no_lexeme_and_a_line_have_class_names() -> None:
    assert class_name("", "c") == "nothing"
    assert class_name("\n    ", "python") == "line"


def test_a_stretch_has_offsets_of_the_whole_text() -> None:
    text = "int a;\nint b = 1;\n"
    found = lexemes(text, "c", 7, 12)
    assert [(x.start, x.text) for x in found] == [(7, "int"), (11, "b")]
    assert lexemes(text, "c", 7) == [x for x in lexemes(text, "c") if x.start >= 7]


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("retrun", "return"),  # neighbours swapped
        ("retur", "return"),  # one letter less
        ("returnn", "return"),  # one more
        ("retirn", "return"),  # another one
        ("RETURN", "return"),  # other case
        ("fro", "for"),
        ("fi", "if"),
        ("it", "int"),
    ],
)
def test_words_that_are_nearly_another(word: str, wanted: str) -> None:
    assert nearly(word, wanted)
    assert nearly(wanted, word)


@pytest.mark.parametrize(
    ("word", "wanted"),
    [
        ("return", "return"),
        ("rutern", "return"),  # two letters apart
        ("retnru", "return"),
        ("ret", "return"),
        ("is", "in"),  # one of two letters says nothing
        ("a", "as"),
        ("", "a"),
        ("while", "until"),
    ],
)
def test_words_that_are_not(word: str, wanted: str) -> None:
    assert not nearly(word, wanted)
    assert not nearly(wanted, word)


def distance(a: str, b: str) -> int:
    """Edits by the textbook: insert, delete, replace, swap neighbours (Damerau)."""
    rows = [[i + j if not i * j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1)
            best = min(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 2 : j][::-1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


@given(
    WORDS.flatmap(lambda word: st.tuples(st.just(word), WORDS | st.permutations(word).map("".join)))
)
def test_nearly_is_one_edit_by_the_textbook(pair: tuple[str, str]) -> None:
    word, wanted = pair
    if word.lower() != wanted.lower() and min(len(word), len(wanted)) > 2:
        assert nearly(word, wanted) == (distance(word, wanted) == 1)


@given(st.data(), WORDS.filter(lambda word: len(word) > 2))
def test_any_single_edit_is_near(data: st.DataObject, word: str) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(string.ascii_letters))
    for other in (word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]):
        assert nearly(other, word) == (other != word)


def test_keywords_are_lexemes() -> None:
    for language, keywords in KEYWORDS.items():
        for keyword in keywords:
            assert [x.text for x in lexemes(keyword, language)] == [keyword]
