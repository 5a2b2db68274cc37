"""What is true of each place in a text, drawn below it."""

from __future__ import annotations

import numpy as np
import pytest

from lm_lint.cells import IN_LANGUAGE
from lm_lint.text import LANGUAGES, Language
from models.labels import LONGEST, labels
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
