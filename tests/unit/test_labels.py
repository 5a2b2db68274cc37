"""What is true of each place in a text, drawn below it."""

from __future__ import annotations

import numpy as np
import pytest

from lm_lint.cells import IN_LANGUAGE
from lm_lint.heads import DEEPEST, Objective
from lm_lint.heads import IN_LANGUAGE as OF_HEADS
from lm_lint.text import LANGUAGES, Language
from models.labels import LONGEST, characters, labels, of_tokens
from tests.sources import SOURCES

# A digit below a character is what is true behind it; the first one, before all, is left out.
PICTURES: list[tuple[Language, str, str, str]] = [
    ("c", "depth", "f(a[1], {2}) }", "01122111221000"),
    ("c", "depth", "f(\"(\", '(') /* ( */", "0111111111000000000"),
    ("c", "string", 'a = "b\\"c" + \'d\';', "00001111100001100"),
    ("c", "comment", "a /* b */ c", "00011111000"),
    ("c", "comment", "a // b\nc", "00011100"),
    ("c", "comment", '"//" // c', "000000111"),
    ("python", "string", "x = '''a'b\n''' # '", "000000111111100000"),
    ("python", "comment", "x # '\ny", "0011100"),
    ("html", "comment", "<p><!-- a --></p>", "00000011111100000"),
    ("html", "open-tags", "<p>a<br><b>c</b></p>", "00111111112222211110"),
    ("html", "open-tags", "<ul><li>a<li>b</ul>", "0001111222222222220"),
    ("c", "line-length", "ab\ncd", "12012"),
]


@pytest.mark.parametrize(("language", "name", "text", "picture"), PICTURES)
def test_places(language: Language, name: str, text: str, picture: str) -> None:
    offsets = np.arange(1, len(text) + 1)
    found = labels(text, language, offsets)
    drawn = "".join(str(int(value)) for value in found[name])  # type: ignore[index]
    assert f"{text}\n{drawn}" == f"{text}\n{picture}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_property_of_a_language_has_a_value_everywhere(language: Language) -> None:
    text = SOURCES[language]
    offsets = np.arange(len(text) + 1)
    found = labels(text, language, offsets)
    assert tuple(found) == IN_LANGUAGE[language]
    for values in found.values():
        assert values.shape == offsets.shape
        assert (values >= 0).all()
    some = np.sort(np.random.default_rng(0).choice(offsets, 20))
    for name, values in labels(text, language, some).items():
        np.testing.assert_array_equal(values, found[name][some])


def test_long_lines_have_an_end() -> None:
    found = labels("x" * 500, "c", np.array([50, 500]))
    assert found["line-length"].tolist() == [50, LONGEST]


# --- Characters, for heads ------------------------------------------------------------------------------------------

# A digit below each character.
CHARACTERS: list[tuple[Language, str, str, str]] = [
    ("c", "string", 'a = "b\\"c";', "00001111100"),
    ("c", "depth", "f(a[1])", "0112210"),
    ("python", "depth", "f('(', [1]) # (", "011111122100000"),
    ("python", "comment", "x # '\ny", "0011100"),
    ("html", "text", "<p> a  b </p> c", "000011111000001"),
    ("html", "text", "<title>a</title>b", "00000000000000001"),
    ("html", "text", "<style>a</style><!-- b -->c", "0" * 26 + "1"),
    ("html", "text", "<!DOCTYPE html><?a b?>c", "0" * 22 + "1"),
    ("html", "text", "{% if a %}{{ b }}", "0" * 10 + "1" * 7),
    ("html", "link", '<a href="b">c<i>d</i></a>e', "0" * 11 + "1" * 13 + "00"),
    ("html", "link", "<a name=b>c</a>d", "0" * 16),
    (
        "html",
        "link",
        "{% if a %}<a href=b>{% else %}<a href=c>{{ d }}</a>",
        "0" * 19 + "1" * 31 + "0",
    ),
    ("html", "href", '<a class=c href="/b">d</a>', "0" * 17 + "11" + "0" * 7),
    ("html", "href", "<a href=/b title='href=c'>d</a>", "0" * 8 + "11" + "0" * 21),
    ("html", "href", "<link href='a'><a data-href='b' href=''>", "0" * 40),
    (
        "html",
        "bold",
        "<b>c</b><strong>d</strong><h1>e</h1>",
        "00111110" + "0" * 7 + "1" * 10 + "0" * 11,
    ),
    ("html", "comment", "<!-- a --><script>'<!-- b -->'</script>", "0001111110" + "0" * 29),
    ("html", "open-tags", "<p>a<br><b>c</b></p>", "00111111112222211110"),
]


@pytest.mark.parametrize(("language", "name", "text", "picture"), CHARACTERS)
def test_characters(language: Language, name: str, text: str, picture: str) -> None:
    found = characters(text, language)[name]  # type: ignore[index]
    drawn = "".join(str(int(value)) for value in found)
    assert f"{text}\n{drawn}" == f"{text}\n{picture}"


def test_depths_have_an_end() -> None:
    assert characters("(" * 40, "c")["depth"].tolist() == [min(n, DEEPEST) for n in range(1, 41)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_objective_of_a_language_has_a_value_everywhere(language: Language) -> None:
    text = SOURCES[language]
    found = characters(text, language)
    assert tuple(found) == OF_HEADS[language]
    assert all(values.shape == (len(text),) for values in found.values())
    assert all(values.shape == (0,) for values in characters("", language).values())


# Bounds, what the characters are, and what the tokens are then.
TOKENS = [
    ("text", "ab <c", [0, 2, 4, 5], "11100", "100"),  # of " <" the blank does not count
    ("text", "  a", [0, 2, 3], "001", "01"),
    ("text", "ab", [0, 2], "10", "0"),  # in doubt the later one
    ("text", "abc", [0, 3], "110", "1"),
    ("link", "abc", [0, 3], "110", "0"),  # a state: as it is behind the token
    ("open-tags", "ab", [0, 1, 2], "35", "35"),
    ("text", "\u20ac", [0, 0, 0, 1], "1", "111"),  # pieces of one character
    ("text", "", [0], "", ""),
]


@pytest.mark.parametrize(("name", "text", "bounds", "values", "expected"), TOKENS)
def test_tokens(name: Objective, text: str, bounds: list[int], values: str, expected: str) -> None:
    known = np.array([int(char) for char in values], dtype=np.uint8)
    found = of_tokens(text, np.array(bounds), known, name)
    assert "".join(map(str, found.tolist())) == expected
