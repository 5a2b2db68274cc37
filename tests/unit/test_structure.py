"""Where texts do not parse, by tree-sitter, by brackets and by HTML's own rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import structure
from lm_lint.html_tags import blanked, tag_problems
from lm_lint.text import Language

CORRECT: list[tuple[Language, str]] = [
    ("c", "int main(void)\n{\n    char c = '{';\n    return c; /* ) */\n}\n"),
    ("c", "#include <stdio.h>\nmain()\n{\n    return 0;\n}\nadd(a, b)\nint a, b;\n{\n}\n"),
    ("c", "static int\nf(int c)\n{\n    switch (c) { case 0 ... 9: return 1; }\n}\n"),
    ("python", "def f(x):\n    return [x, (1, '(')]  # ]\n"),
    ("html", "<!DOCTYPE html><html><body><ul><li>one<li>two</ul><br><img src=a></body></html>"),
    ("html", "<p>one<p>two<table><tr><td>1<td>2</table>"),
    ("html", "<svg><path d='M0'/></svg><script>if (a < b) '<div>'</script>"),
    ("html", "{% if a %}<div class='a'>{% else %}<div>{% endif %}x</div>"),
    ("html", "<% if a? %><p><% else %><i><% b.each do |c| %><b></b><% end %></i><% end %></p>"),
    ("html", "{% for a in b %}{% if not loop.first %}</ul>{% endif %}<ul><li>x{% endfor %}</ul>"),
    ("html", "{% for a in b %}<b>{{ a < 3 }}</b>{% endfor %}<% if x %>y<% end %>"),
]


@pytest.mark.parametrize(("language", "text"), CORRECT)
def test_correct_text_has_no_problem(language: Language, text: str) -> None:
    assert structure.problems(text, language) == []
    assert structure.weight(text, language) == 0


@pytest.mark.parametrize(
    ("language", "text", "start"),
    [
        ("c", "int f(void)\n{\n    g(1;\n}\n", 19),
        ("c", "int f(void)\n{\n    if (a) {\n    return 1;\n}\n", 12),
        ("c", "int f(void)\n{\n    return 1;\n}\n}\n", 30),
        ("python", "é = [1, 2\nprint(x)\n", 4),
        ("python", "def f(:\n    pass\n", 6),
    ],
)
def test_a_slip_in_code_is_placed(language: Language, text: str, start: int) -> None:
    found = structure.problems(text, language)
    assert any(p.start <= start <= max(p.end, p.start) for p in found), found


@pytest.mark.parametrize(
    ("page", "kind", "name", "start"),
    [
        ("<div><p>text</p>", "unclosed", "div", 0),
        ("<b><i>x</b></i>", "unclosed", "i", 3),
        ("<p>x</p></div>", "stray", "div", 8),
        ("<a href='x>y</a>", "broken", "", 0),
        ("<div <p>x</p>", "broken", "", 0),
        ("<title>x</titel><body></body>", "unclosed", "title", 0),
        ("</br>", "stray", "br", 0),
    ],
)
def test_a_slip_in_a_page_is_named(page: str, kind: str, name: str, start: int) -> None:
    assert (kind, name, start) in [(p.kind, p.name, p.start) for p in tag_problems(page)]


def test_an_unclosed_element_is_noticed_where_its_parent_ends() -> None:
    page = "<body><div><p>x</body>"
    (problem,) = tag_problems(page)
    assert (problem.name, problem.noticed) == ("div", page.index("</body>"))


@pytest.mark.parametrize(
    "page",
    ["{% if a %}x{% elif b %}<div>{% endif %}y", "a<?php echo '<b>'; ?>b", "{{ a }}{# <b> #}"],
)
def test_blanking_keeps_every_offset(page: str) -> None:
    res = blanked(page)
    assert len(res) == len(page)
    assert "{" not in res
    assert "<" not in res


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("if a:\n    b\n  c\n", [3]),
        ("a = 1\n    b = 2\n", [2]),
        ("", []),
        ("# only this\n", []),
        ("if a:  # why:\nb = 1\n", [2]),
        ("x = [\n  1,\n      2]\ny = \\\n     3\nif a: b\nc\n", []),
        ('def f():\n    """x:\n  y\n    """\n    return {\n 1: 2}\n', []),
        ("if a:\n\tb\n\n# z\n\tc\nelse:\n\td\n", []),
        ('for x in y:  # \'\n    pass\nprint("a:")\nb\n', []),
    ],
)
def test_indentation_has_rules(text: str, lines: list[int]) -> None:
    found = structure.indentation_problems(text)
    assert [text.count("\n", 0, p.end) + 1 for p in found] == lines


def test_what_is_open_at_a_place() -> None:
    assert structure.open_at("f(a[1, {2", "c", 9) == ["(", "[", "{"]
    assert structure.open_at("<body><div><b>x", "html", 15) == ["div", "b"]


def test_offsets_hold_behind_a_function_without_a_type() -> None:
    typed, untyped = "int main()\n{\n    f(1;\n}\n", "main()\n{\n    f(1;\n}\n"
    expected = [(p.start - 4, p.end - 4) for p in structure.problems(typed, "c")]
    assert [(p.start, p.end) for p in structure.problems(untyped, "c")] == expected
    assert expected


def test_a_call_before_many_indented_names_is_read_at_once() -> None:
    """Blanks between the statements could be shared out in 12 to the power of 9 ways."""
    text = "f(a)\n" + "            x;\n" * 12 + "}\n"
    assert structure.without_old_c(text) == (text, [])
    old = "f(a)\n" + "            int a;\n" * 9 + "{\n}\n"
    assert structure.without_old_c(old) == (f"int {old}", [0])
    assert structure.without_old_c(old.replace("int a;", "int a;\n            int b;", 1))[1] == []


def test_offsets_count_code_points_and_not_bytes() -> None:
    plain, accented = "int f( { return 1; }", "/*é😀*/int f( { return 1; }"
    shift = len(accented) - len(plain)
    expected = [(p.start + shift, p.end + shift) for p in structure.problems(plain, "c")]
    assert [(p.start, p.end) for p in structure.problems(accented, "c")] == expected
    assert expected


BRACKETED = 'int f(int a)\n{\n    if (a > 1) {\n        g(a, "x");\n    }\n    return a;\n}\n'


EDITED = {
    "plain": BRACKETED,
    "with a function without a type": "main(a)\nint a;\n{\n    return a;\n}\n" + BRACKETED,
    "with comments": "/* f( */ int x; // g(\n" + BRACKETED.replace("1", "'(' /* ) */"),
    "with a slip": BRACKETED.replace("a;", "a", 1) + "int y[3;\n",
}


@pytest.mark.parametrize("text", EDITED.values(), ids=EDITED)
@given(
    place=st.integers(0, 120),
    n_gone=st.integers(0, 6),
    new=st.sampled_from([*"(){};,\"'x1/\n# ", "", "}\nf() {", "retrun", "08", "*/", "é"]),
    enough=st.sampled_from([0, 1, 3, 1 << 30]),
)
def test_an_edit_gives_the_health_of_the_text_with_it(
    text: str, place: int, n_gone: int, new: str, enough: int
) -> None:
    start = min(place, len(text))
    end = min(start + n_gone, len(text))
    found = structure.CText(text).after(start, end, new, enough)
    expected = structure.c_health(None, text[:start] + new + text[end:], enough)
    # A tree that is edited may cut the same errors in another way; not whether there are any.
    if enough == 0 or found is None or expected is None:
        assert (found is None) == (expected is None)
    else:
        assert (found.n_rules, bool(found.n_tree)) == (expected.n_rules, bool(expected.n_tree))
