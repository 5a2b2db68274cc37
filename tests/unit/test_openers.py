"""Openers, and that reading a part of the text finds the same as reading all of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import openers
from lm_lint.openers import opener
from lm_lint.text import Language

# Each piece is whole, and stands between blanks, so nothing in it depends on its neighbours.
SHARED = ["(", ")", "[", "]", "{", "}", "x", "\n", "\n", '"("', "')'", '"x\\\n("', "'a\\\n)'"]
PIECES: dict[Language, list[str]] = {
    "c": [*SHARED, "/* ( */", "/* ) \n ( \n */", "// ( /*\n", "// } */\n", '"/*"', "{ \\\n"],
    "python": [*SHARED, '"""("""', "'''\n ) \n ( '''", '"""\n # } \' \n"""', "# )\n", "# it's\n"],
    "html": ["<b>", "</b>", "<B x='1'>", "<b/>", "<br>", "<b", "<!-- <b> -->", "<!--", "x", "\n"],
}
CLOSERS: dict[Language, list[str]] = {
    "c": [")", "]", "}"],
    "python": [")", "]", "}"],
    "html": ["</b>", "</B>", "</i>"],
}
HIDING: dict[Language, str] = {
    "c": r"//[^\n]*|/\*.*?\*/|",
    "python": r'#[^\n]*|""".*?"""|\'\'\'.*?\'\'\'|',
    "html": "",
}
STRINGS = r'"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?|[()\[\]{}]'
TAGS = r"<!--.*?-->|<(/?)([A-Za-z][^\s<>/]*)[^<>]*?(/?)>"


def judged(language: Language, text: str, offset: int, closer: str) -> int | None:
    """The start of the opener, by reading everything from the first character on."""
    opened: list[int] = []
    if language == "html":
        name = closer[2:-1].lower()
        for match in re.compile(TAGS, re.S).finditer(text, 0, offset):
            if (match[2] or "").lower() != name or match[3]:
                continue
            if not match[1]:
                opened.append(match.start())
            elif opened:
                opened.pop()
        return opened[-1] if opened else None
    opening = {")": "(", "]": "[", "}": "{"}[closer]
    for match in re.compile(HIDING[language] + STRINGS, re.S).finditer(text, 0, offset):
        if match[0] == opening:
            opened.append(match.start())
        elif match[0] == closer and opened:
            opened.pop()
    return opened[-1] if opened else None


@pytest.mark.parametrize("language", ["c", "python", "html"])
@given(data=st.data())
def test_a_part_of_the_text_tells_as_much_as_all_of_it(
    language: Language, data: st.DataObject
) -> None:
    text = " ".join(data.draw(st.lists(st.sampled_from(PIECES[language]), max_size=40)))
    offset = data.draw(st.integers(0, len(text)))
    closer = data.draw(st.sampled_from(CLOSERS[language]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openers, "_FIRST_REACH_CHARS", 4)
        found = opener(language, text, offset, closer)
    assert (found and found.start) == judged(language, text, offset, closer)


@pytest.mark.parametrize(
    ("language", "text", "closer", "opened"),
    [
        ("c", "f(g(1), ", ")", "("),
        ("c", "f(x", " ) ", "("),
        ("c", "a[f(1", "]", "["),
        ("c", '"(" /* ( */ // (\n', ")", None),
        ("c", "f(x", ";", None),
        ("c", "f(x", "", None),
        ("html", "<div><p class=a>", "</p>", "<p class=a>"),
        ("html", "<my-tag><DIV>", "</div>", "<DIV>"),
        ("html", "<my-tag>", "</my-tag>", "<my-tag>"),
        ("html", "<divx>", "</div>", None),
        ("html", "<div/>", "</div>", None),
        ("html", "<div>", "<div>", None),
        ("html", "<div>", "div", None),
        ("html", "<!-- <div> -->", "</div>", None),
    ],
)
def test_openers(language: Language, text: str, closer: str, opened: str | None) -> None:
    found = opener(language, text, len(text), closer)
    assert (found and text[found.start : found.end]) == opened


def test_an_opener_far_up_is_found() -> None:
    body = "    g(1); /* { */ h('}');\n" * 3000
    found = opener("c", "int f(void) {\n" + body, len(body), "}")
    assert found == openers.Opener(12, 13, "{")


def test_an_opener_further_up_than_anybody_looks_is_not_searched_for() -> None:
    body = "    g(1); /* { */ h('}');\n" * 9000
    assert opener("c", "int f(void) {\n" + body, len(body), "}") is None
