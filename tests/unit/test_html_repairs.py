"""The true repair of a slip in a page is among what is proposed, and proposals keep to their word."""

from __future__ import annotations

import pytest

from lm_lint.html_repairs import Kind, Proposal, propose
from lm_lint.html_tags import Page, tag_problems


def proposals(text: str) -> list[Proposal]:
    page = Page(text)
    return [p for problem in page.problems for p in propose(text, problem, page)]


@pytest.mark.parametrize(
    ("broken", "fixed", "kind"),
    [
        ("<div>\n  <p>x</p>\n", "<div>\n  <p>x</p>\n</div>\n", "insert-end-tag"),
        ("<p><b>Note: see</p>", "<p><b>Note:</b> see</p>", "insert-end-tag"),
        ("<p>a</b> b</p>", "<p>a b</p>", "delete-end-tag"),
        ("<div>\n</div>\n</div>\n<p>x", "<div>\n</div>\n<p>x", "delete-end-tag"),
        ("<div>\n<div>\nx\n</div>\n", "<div>\nx\n</div>\n", "delete-start-tag"),
        ("<p>x</code> y</p>", "<p><code>x</code> y</p>", "insert-start-tag"),
        ("<h2>x</h4><p>y", "<h2>x</h2><p>y", "rename-end-tag"),
        ("<span>x</div>", "<div>x</div>", "rename-start-tag"),
        ("<ol><li>x</ol><ol><li>y<ol>", "<ol><li>x</ol><ol><li>y</ol>", "start-to-end"),
        ("<p>see </a>x</code></p>", "<p>see <code>x</code></p>", "end-to-start"),
        ("<pre><code>x</pre></code>", "<pre><code>x</code></pre>", "swap-end-tags"),
        ("<script src='x'/>\n</script>", "<script src='x'>\n</script>", "self-closing"),
        ("<textarea a='b'/>", "<textarea a='b'></textarea>", "self-closing"),
        ('<a href="x>y</a> <b c="d">e</b>', '<a href="x">y</a> <b c="d">e</b>', "insert-mark"),
        ("<div\n<p>x</p></div>", "<div>\n<p>x</p></div>", "insert-mark"),
        ("<div>x/div>", "<div>x</div>", "insert-mark"),
        ('<ul class="a"">x</ul>', '<ul class="a">x</ul>', "delete-mark"),
        ('<meta name="a", content="b">', '<meta name="a" content="b">', "delete-mark"),
        ("<<div>x</div>", "<div>x</div>", "delete-mark"),
        ('<p data-theme-"f">x</p>', '<p data-theme="f">x</p>', "replace-mark"),
        ("<sapn>x</span>", "<span>x</span>", "respell"),
        ("<title>x</titel>\n<body>y</body>", "<title>x</title>\n<body>y</body>", "respell"),
    ],
)
def test_the_true_repair_is_proposed(broken: str, fixed: str, kind: Kind) -> None:
    assert tag_problems(fixed) == []
    found = [p.kind for p in proposals(broken) if p.apply(broken) == fixed]
    assert found[:1] == [kind]


def test_an_end_tag_may_be_missing_from_an_inner_element() -> None:
    broken = "<div>\n  <div>\n    <p>a</p>\n  <div>\n    b\n  </div>\n</div>\n"
    fixed = broken.replace("a</p>\n", "a</p>\n  </div>\n")
    assert fixed in [p.apply(broken) for p in proposals(broken)]


def test_a_start_tag_is_copied_from_its_siblings() -> None:
    row = '<div class="row">\n<b>x</b>\n</div>\n'
    broken = "<body>\n" + row + row.replace('<div class="row">\n', "") + "</body>\n"
    assert "<body>\n" + row + row + "</body>\n" in [p.apply(broken) for p in proposals(broken)]


def test_layout_makes_no_second_proposal() -> None:
    broken = "<div>\n  <p>x</p>\n\n\n  <p>y</p>\n"
    results = ["".join(p.apply(broken).split()) for p in proposals(broken)]
    assert len(results) == len(set(results))


def test_there_are_never_too_many() -> None:
    text = "<div>\n" * 300 + "some words here\n</div>\n" * 299
    page = Page(text)
    assert page.problems
    assert all(len(propose(text, problem, page)) <= 150 for problem in page.problems)


def test_a_page_need_not_be_cut_before() -> None:
    text = "<div><b>x</div>"
    (problem,) = tag_problems(text)
    assert propose(text, problem) == propose(text, problem, Page(text))
