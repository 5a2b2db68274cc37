"""HTML's own rules: what is a slip in a page, what is none, and the same after a small edit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import html_tags
from lm_lint.html_tags import EditedPage, Page, n_problems, tag_problems
from lm_lint.html_templates import Conditions, Move
from lm_lint.html_tree import Node

CORRECT = [
    "",
    "<!DOCTYPE html><html><head><title>a < b</title></head><body><p>x</body></html>",
    "<ul><li>one<li>two</ul><dl><dt>a<dd>b<dt>c</dl><select><option>1<option>2</select>",
    "<table><tr><td>1<td>2<tr><th>3</table><table><tbody><tr><td><p>x</table>",
    "<td>a fragment</td><td>of a row</td>",
    "<p>one<div>two</div><p>three<h1>four</h1>",
    "<svg viewBox='0 0 1 1'><path d='M0'/><g><circle/></g></svg><math><mi/></math>",
    "<script>if (a < b && '<div>') { x = `</b>`; }</script><style>a > b {}</style>",
    "<!--[if IE]><p><![endif]--><!--[if !IE]><!--><b>x</b><!--<![endif]--><!---->",
    '<input value="a > b" disabled><a href=/x/>y</a><div (click)="f($event)" :key="a" #r></div>',
    '<div ng-if="a < b && c > 0" title="a <b>bold</b> word">x</div>',
    '<a {{attrs}} class="a"{% if b %} c="d"{% endif %} href={% url "x" %}>{{ y }}</a>',
    "{{#if a}}<div class='a'>{{else}}<div>{{/if}}x</div>",
    "<?php if ($a): ?><div class='a'><?php else: ?><div><?php endif; ?>x</div>",
    "<% if (a) { %><i><% } else { %><i class='b'><% } %>x</i>",
    "{% comment %} a <div> that is no tag {% endcomment %}<h{{ level }}>x</h{{ level }}>",
    '<input ${m.state != 2 ? "checked" : ""} value="${m.state == 1 ? "a" : "b"}"><p>#{a < b}</p>',
    '<li [#if mode="a"]class="b"[/#if]>x</li><div class="c-[#if d=""]6[#else]12[/#if]">y</div>',
    "@if (a < f(b)) { <b>x</b> } @else if (a <= 1) { <i>y</i> }\n@for (c of d; track c;\n let e = $index) {<p>z</p>}",
    '<a {if $a}onclick="b"{/if} {if $a < 1}href="#"{else}href="{$c}"{/if}>x</a><p>{$d|e:"<"}</p>',
    '{foreach name="a" item="b"}<input {in name="c" value="1"}checked{/in} value="{:f("x")}"/>{/foreach}',
    "{if $a}{switch name='b'}{case value='1'}<i>x</i>{/case}{/switch}<div>{else}<div class='c'>{/if}y</div>",
    """<a href="{a}"{f:if(condition: b, then: ' target="{b.c}"')} title="d">x</a>""",
    '<extend name="a"/><block name="b"><if condition="c"><p>x</p><else/><p>y</p></if></block>',
    '<?xml version="1.0"?><html xmlns="x"><body><div class="x"/><br></br></body></html>',
    "<body><p>1 > 0, -> and => are no tags</p></body>",
    "<div>@if (a) {<my-part [b]='c' />}</div>",
    "<a href='x'><div>y</div></a><button><span>z</span></button><my-part a='b'></my-part>",
]


@pytest.mark.parametrize("page", CORRECT)
def test_a_correct_page_has_no_problem(page: str) -> None:
    assert tag_problems(page) == []
    assert n_problems(page) == 0


@pytest.mark.parametrize(
    ("page", "kind", "name", "noticed"),
    [
        ("<div><b>x</div>", "unclosed", "b", "</div>"),
        ("<ul><li><div>x<li>y</ul>", "unclosed", "div", "<li>y"),
        ("<p><span>x<p>y</p>", "unclosed", "span", "<p>y"),
        ("<a href=x>y<a href=z>w</a>", "unclosed", "a", "<a href=z"),
        ("<h1>x<h2>y</h2>", "unclosed", "h1", "<h2>"),
        ("<select><option>x<input>", "unclosed", "select", "<input>"),
        ("<title>x<body>y</body>", "unclosed", "title", "<body>"),
        ("<p><ul></ul></p>", "stray", "p", "</p>"),
        ("<tr><td>x</div></td></tr>", "stray", "div", "</div>"),
        ("<div><table><tr><td></div></td></tr></table></div>", "stray", "div", "</div></td>"),
        ("<table><tr><td>x</td></tr><td>y</td></table>", "stray", "td", "<td>y"),
        ("<table><div>x</div></table>", "stray", "div", "<div>"),
        ("<input></input>", "stray", "input", "</input>"),
        ("<h2>x</h4><p>y", "stray", "h4", "</h4>"),
        ("{% if a %}<b>x{% endif %}<i>y</i>", "unclosed", "b", ""),
    ],
)
def test_nesting(page: str, kind: str, name: str, noticed: str) -> None:
    (problem,) = tag_problems(page)
    assert (problem.kind, problem.name) == (kind, name)
    assert page[problem.noticed :].startswith(noticed)


@pytest.mark.parametrize(
    ("page", "flaw", "at", "sure"),
    [
        ("<div/>x</div>", "self-closing", 4, True),
        ("<html><my-part/></html>", "self-closing", 14, False),
        ("<div\n<p>x</p></div>", "lost >", 4, True),
        ("<b>x</b\n<i>y</i>", "lost >", 7, True),
        ('<a href="x>y</a> <b class="z">w</b>', "lost quote", 8, True),
        ('<img alt="a src="x">', "lost quote", 9, True),
        ('<ul class="a"">x</ul>', "behind a quote", 13, True),
        ('<meta name="a", content="b">', "behind a quote", 14, True),
        ('<p data-theme-"f">x', "stray quote", 14, True),
        ('<a href=x">y</a>', "quote in value", 9, True),
        ("<a href=>y</a>", "no value", 8, True),
        ("<<div>x</div>", "lone <", 0, True),
        ("x < y", "lone <", 2, False),
        ("<b>x</b> /div>", "lost <", 9, False),
        ("<b>x</b class='y'>", "attributes of an end tag", 7, True),
        ("<!-- x <b>y</b>", "comment", 0, True),
    ],
)
def test_a_broken_tag(page: str, flaw: str, at: int, sure: bool) -> None:
    problem = next(p for p in tag_problems(page) if p.kind == "broken")
    assert (problem.detail, problem.noticed, problem.sure) == (flaw, at, sure)


def test_a_lost_quote_is_one_problem_and_swallows_nothing() -> None:
    page = '<p><a href="x>y</a> and <a href="z">w</a></p><p>more</p>'
    assert [p.detail for p in tag_problems(page)] == ["lost quote"]


@pytest.mark.parametrize(
    "half",
    [
        "<html><body><center>\n<div id='a'>\n<div class='b'> {{ c }}\n<!-- of the header -->\n",
        "<!-- footer -->\n</div> <!-- b -->\n{% d %}</div>\n<p>e</p></center></body></html>",
        "<table><tr><td>",
    ],
)
def test_half_a_page_is_no_slip(half: str) -> None:
    assert tag_problems(half) == []


@pytest.mark.parametrize(
    "page",
    [
        "<div><b>x</b>",
        "<p>x</p></div>",
        "<body>x</body><div>",
        "<div><b><br>",
        "<div><b>x",
        "<i>x</div><b>",
    ],
)
def test_a_page_that_is_no_half_is_told_of_what_stays_open(page: str) -> None:
    assert len(tag_problems(page)) > 0


def test_an_element_under_a_condition_stands_for_itself() -> None:
    assert tag_problems("{% if a %}<a href=x>{% endif %}y{% if b %}</i>{% endif %}z") == []
    inside = "{% if a %}<p><i>y</p>{% endif %}{% if b %}<i>{% endif %}"
    assert [p.start for p in tag_problems(inside)] == [inside.index("<i>")]


_NEW = ["", "<", ">", '"', "=", "/", "</div>", "<div>", "<p>", "<script>", "<!--", "-->", "<title>",
        "</title>", "<svg>", "<td>", "<a b='c'>", "{{ x }}", "{% if a %}", "{% endif %}",
        "${x}", "[#if a]", "[", "]", "{if $a}", "{else}", "{/if}", "{", "}", "@if (a) {"]  # fmt: skip
_PAGE = (
    "<!DOCTYPE html><html><head><title>t</title><script>a < b</script></head><body>"
    "<div class='a'><ul><li>x<li><a href=\"y\">z</a></ul><svg><path d='M'/></svg></div>\n"
    "{% if c %}<b>{{ d }}</b>{% else %}<b class='e'>f</b>{% endif %}<!-- g --><table><tr><td>1"
    "</table><p>h<select><option>i</select> j < k<br></body></html>\n"
)


@pytest.mark.parametrize("seed", range(20))
def test_after_an_edit_the_problems_are_those_of_the_new_page(seed: int) -> None:
    draw = random.Random(seed)
    text = _PAGE
    for _ in range(60):
        page = Page(text)
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice((0, 0, 1, 4, 15)))
        new = draw.choice(_NEW)
        edited = text[:start] + new + text[end:]
        assert page.after(start, end, new) == tag_problems(edited), (text, start, end, new)
        text = edited if draw.random() < 0.5 and len(edited) < 900 else _PAGE


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a b='",
        "<!--",
        "<div>",
        "</b>",
        "{% if a %}<p>",
        "<svg>",
        "@if (",
        "@if ((a",
        "{$a",
        "[#a",
        "${",
        "{f:a({",
    ],
)
def test_hopeless_text_takes_no_time_worth_telling(piece: str) -> None:
    page = Page(piece * 3000)
    assert page.after(10, 11, "") == tag_problems(page.text[:10] + page.text[11:])


# --- Edited pages -----------------------------------------------------------------------------------

_TEMPLATE = (
    "<ul>{% for a in b %}<li>{{ a }}</li>{% endfor %}</ul>{% if a %}<b>{% if c %}x</b>{% else %}y</b>{% endif %}"
    "{% else %}<i>{{ d }}{{ e }}</i>{% endif %}{% if f %}<div>{% endif %}{{ g }}</p>{% if f %}{% else %}{% endif %}"
    "<p class='{{ h }}'>{# </p> #}<a {% if i %}href=j{% endif %}>k</a></p>{% if l %}</div>{% endif %}\n"
    '<b {if $a}c="d"{else}e{/if}>${f ? "<" : ">"}</b>[#if g]<i>h</i>[/#if] @if (j < (k)) { l } {$m}\n'
)
_NESTING = ["</ul>", "</p>", "<form>", "<button>", "</a>", "<h1>", "<select>", "<tr>", "x", "<i>"]
_EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from([0, 0, 1, 4, 15, 40]), st.sampled_from(_NEW + _NESTING)
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture
def short_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a walk found is used again in pages as short as these."""
    monkeypatch.setattr(html_tags, "_STRIDE", 2)


def _edit(page: Page, place: float, n_gone: int, new: str) -> tuple[int, int, str]:
    start = int(place * len(page.text))
    return start, min(start + n_gone, len(page.text)), new


def _chains(page: Page) -> list[list[tuple[str, int, int, bool, int]]]:
    """What is open before each tag; the last number tells which elements are one and the same."""
    known: dict[int, int] = {}
    states: list[Node | None] = list(page.states)
    res = []
    for state in states:
        chain, node = [], state
        while node is not None:
            which = known.setdefault(id(node), len(known))
            chain.append((node.name, node.tag.start, node.tag.end, node.soft, which))
            node = node.parent
        res.append(chain)
    return res


@given(_EDITS)
@pytest.mark.usefixtures("short_strides")
def test_an_edited_page_is_the_page_read_anew(edits: list[tuple[float, int, str]]) -> None:
    page = Page(_PAGE + _TEMPLATE * 2)
    for edit in edits:
        page = page.edited(*_edit(page, *edit))
        fresh = Page(page.text)
        assert page.problems == fresh.problems
        assert page.masked == fresh.masked
        assert list(page.tags) == list(fresh.tags)
        assert _chains(page) == _chains(fresh)
        marks = [page.marks_before(idx) for idx in range(len(page.tags) + 1)]
        assert marks == [fresh.marks_before(idx) for idx in range(len(fresh.tags) + 1)]


@given(_EDITS, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.sampled_from(_NESTING))))
@pytest.mark.usefixtures("short_strides")
def test_after_an_edit_of_an_edited_page_the_problems_are_those_of_the_new_one(
    edits: list[tuple[float, int, str]], repairs: list[tuple[float, int, str]]
) -> None:
    page = Page(_PAGE + _TEMPLATE * 2)
    for edit in edits:
        page = page.edited(*_edit(page, *edit))
        for repair in repairs:
            start, end, new = _edit(page, *repair)
            expected = tag_problems(page.text[:start] + new + page.text[end:])
            assert page.after(start, end, new) == expected


def test_an_edit_costs_what_it_changes() -> None:
    page = Page("<div>\n" + "<p>some <b>words</b></p>\n" * 500 + "</div>\n")
    word = page.edited(6000, 6000, "word")
    assert isinstance(word, EditedPage)
    assert word.n_walked < 10
    # A tag that stays open counts for all that follows; what is typed behind it does not.
    opened = word.edited(3000, 3000, "<div>")
    assert isinstance(opened, EditedPage)
    assert opened.n_walked > 1000
    typed = opened.edited(4000, 4000, "word")
    assert isinstance(typed, EditedPage)
    assert typed.n_walked < 10


def test_many_repairs_of_one_slip_walk_to_the_end_of_a_page_once() -> None:
    page = Page("<div>\n" + "<p>some <b>words</b></p>\n" * 500 + "</div>\n")
    page.after(20, 20, "<div>")
    n_known = len(page._rests)
    assert n_known > 5
    line = page.text.index("<p>", 200)
    assert page.after(line, line, "<div>") == tag_problems(
        page.text[:line] + "<div>" + page.text[line:]
    )
    assert len(page._rests) == n_known


@pytest.mark.parametrize(
    ("text", "start", "end"), [("{x{ a }} b", 1, 2), ("a {{ b }x} c", 8, 9), ("<x% a %>", 1, 2)]
)
def test_what_is_taken_away_may_make_a_mark(text: str, start: int, end: int) -> None:
    page = Page(text)
    assert page.masked == text
    edited = page.edited(start, end, "")
    assert edited.masked == Page(text[:start] + text[end:]).masked != edited.text


def test_the_innermost_condition_around_a_place() -> None:
    conditions = Conditions([(12, 18), (20, 22), (10, 30), (40, 40)])
    found = [conditions.around(at) for at in (9, 10, 12, 17, 18, 20, 22, 29, 30, 40)]
    inner, outer, small = (12, 18), (10, 30), (20, 22)
    assert found == [None, outer, inner, inner, outer, small, outer, outer, None, None]
    assert not Conditions([])


def test_what_is_written_at_the_border_of_a_condition_stands_under_it() -> None:
    conditions = Conditions([(10, 30)])
    for at, around in ((9, None), (10, (10, 31)), (30, (10, 31)), (31, None)):
        move = Move(at, at, 1)
        moved = around or ((11, 31) if at < 10 else (10, 30))
        assert conditions.around_moved(at, move) == around
        assert conditions.moved(move).around(at) == around
        assert conditions.moved(move).around(20) == conditions.around_moved(20, move) == moved
