"""Made slips: always a real error, always with the right place, and the same for the same seed."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import get_args

import pytest

from bench import made_edits, made_places, slips, soundness
from bench.made_edits import Edit
from bench.made_slips import HOW, How, made
from bench.made_tokens import Tokens
from lm_lint.text import LANGUAGES, Language

C = """#include <stdio.h>
// a comment; with a sign
int add(int a, int b)
{
    if (a > 0) {
        b += 1;
        b += 2;
    }
    return a + b;
}

int main(void)
{
    char name[] = "some one";
    for (int i = 0; i < 3; i++) {
        printf("%s %d\\n", name, add(i, 2));
    }
    return 0;
}
"""
PYTHON = '''"""A module; with signs: in (it)."""
import os


def names(folder, depth=0):
    res = {"a": [1, 2], "b": (3,)}
    for name in os.listdir(folder):
        if name == "x" and depth:
            res["a"].append(name)
        else:
            print("none", name)
    return res


class Box:
    def open(self):
        return [self.lid, {"key": 1}]
'''
HTML = """<!DOCTYPE html>
<html>
<head><title>One</title></head>
<body>
<script>if (a < b) { c(); }</script>
<div class="menu" id="top">
  <ul>
    <li><a href="#one">One</a></li>
    <li><a href="#two">Two</a></li>
  </ul>
  <p>Some <b>bold</b> words.</p>
</div>
<form action="go"><input type="text" name="q"><button>Go</button></form>
</body>
</html>
"""
TEXTS: dict[Language, str] = {"c": C, "python": PYTHON, "html": HTML}


@dataclass(frozen=True)
class Text:
    text: str
    project: str = "p"
    path: str = "f"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", HOW)
def test_every_slip_is_an_error_and_is_taken_back(language: Language, how: How) -> None:
    res = made([Text(TEXTS[language])], language, how, 12, seed=3)
    assert len(res) == 12
    assert len({slip.id for slip in res}) == 12
    for slip in res:
        assert slip.source == how
        assert slip.fixed == TEXTS[language]
        assert soundness.is_new_error(language, slip.fixed, slip.broken)
        assert slip.line in slip.accept_lines
        n_slips = len(slip.each)
        assert 2 <= n_slips <= 5 if how == "made-several" else n_slips == 1
        if how != "made-several":
            assert slip.broken.count("\n", 0, slip.offset) + 1 == slip.line


def test_several_are_taken_back_one_by_one() -> None:
    for slip in made([Text(C)], "c", "made-several", 5, seed=1):
        assert len(slip.undone) == len(slip.each)
        for (line, _), undone in zip(slip.each, slip.undone, strict=True):
            assert undone != slip.broken
            # All that stands before the slip's line is as it was.
            assert undone.split("\n")[: line - 1] == slip.broken.split("\n")[: line - 1]


def test_the_seed_decides_and_the_order_of_documents_does_not() -> None:
    documents = [Text(C), Text(C.replace("add", "sum"), "q")]
    once = made(documents, "c", "made-shaped", 8, seed=1)
    assert once == made(documents[::-1], "c", "made-shaped", 8, seed=1)
    assert once != made(documents, "c", "made-shaped", 8, seed=2)


def test_documents_that_are_wrong_or_short_give_nothing() -> None:
    assert made([Text("a = 1\n")], "python", "made-random", 3) == []
    assert made([Text(PYTHON + "\nx = (\n")], "python", "made-random", 3) == []


def token(tokens: Tokens, text: str, nth: int = 0) -> made_edits.Token:
    return [t for t in tokens.all if t.text == text][nth]


def test_a_lost_brace_takes_its_line_along_and_may_stand_elsewhere() -> None:
    tokens = Tokens.of("c", C)
    edit = made_edits.deleted(tokens, token(tokens, "}"))
    broken = edit.apply(C)
    assert "b += 2;\n    return" in broken
    line = tokens.line(edit.start)
    # Behind the `{` of the block and all that follows, and where the next function begins, but not inside of it.
    assert made_places.accepted_lines(tokens, edit, line) == {5, 6, 7, 8, 9, 11}
    assert line == 7


def test_one_of_two_closing_tags_too_many_is_either() -> None:
    html = "<div>\n<div>\n</div>\n</div>\n<p>a</p>\n"
    tokens = Tokens.of("html", html)
    end = token(tokens, "</div>", 1).end
    edit = Edit(end, end, "\n</div>", "insert", (), ("</div>",), 1)
    assert made_places.accepted_lines(tokens, edit, 5) == {3, 4, 5}


def test_a_lost_dot_does_not_make_one_word() -> None:
    tokens = Tokens.of("python", "a.b = 1\n")
    assert made_edits.deleted(tokens, token(tokens, ".")).apply("a.b = 1\n") == "a b = 1\n"


def test_html_is_cut_as_people_see_it() -> None:
    tokens = Tokens.of("html", '<p>a b</p><a href="x" {% if y %}id=z{% endif %}>c</a><!-- <i> -->')
    texts = [t.text for t in tokens.all if t.kind != "text"]
    assert texts == ["<p>", "</p>", "<a", "href", "=", '"x"', "id", "=", "z", ">", "</a>"]


def test_directives_and_comments_of_c_are_left_alone() -> None:
    texts = [t.text for t in Tokens.of("c", "#define A (1\nint a; // )\n").all]
    assert texts == ["int", "a", ";"]


@pytest.mark.parametrize("language", get_args(Language))
def test_every_shape_can_be_made(language: Language) -> None:
    tokens = Tokens.of(language, TEXTS[language] + ("<hr/>" if language == "html" else ""))
    for _, shape in made_edits.SHAPES[language]:
        draws = [shape(tokens, random.Random(seed)) for seed in range(40)]
        assert any(edit and slips.lexemes(language, edit.apply(tokens.text)) for edit in draws), (
            shape
        )


def test_statements_outside_of_functions_are_an_error_in_c() -> None:
    assert soundness.is_new_error("c", "int f() { if (1) g(); }", "int f() { } if (1) g();")


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_gcc_sees_what_tree_sitter_forgives() -> None:
    before, after = "int f(int a) { return a; }", "int f(int a) { return a a; }"
    assert soundness.gcc_complains(after)
    assert not soundness.gcc_complains(before)
    assert not soundness.gcc_complains('#include "no_such.h"\nint f(void) { return 0; }')
