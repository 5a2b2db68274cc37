"""A page is read by its grammar where that holds, and by what the network noticed where it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import extraction, markup
from lm_lint.extraction import Reading
from lm_lint.page_text import markdown_of, text_of

PAGE = """<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "loose.dtd">
<head><title>No &amp; text</title><style>p > b { color: red }</style></head>
<body><!-- <a href="no">not seen</a> --><h1>Head</h1>
<p>See <a class=x href="a.html?x=1&amp;y=2">the <b>bold</b>
   page</a> and <a href=bare.html>bare</a>, 1 &lt; 2.<br>It's <strong title="a > b">strong</strong>
<p><a href=''></a><a name=top>no link</a><script>if (a<b) f("</p>");</script>
"""


def read(text: str) -> Reading:
    """By the grammar alone."""
    return extraction.read(text, np.array([0, len(text)]), {})


def noticed(text: str, /, **spans: Sequence[str]) -> Reading:
    """As a network helps that is rather sure of these parts of the text, and of the rest that it is none."""
    bounds = np.array([0, *(m.end() for m in re.finditer(r"\w+|\s+|.", text, re.DOTALL))])
    said = {}
    for objective, parts in spans.items():
        inside = np.zeros(len(text), dtype=bool)
        for part in parts:
            at = text.index(part)
            inside[at : at + len(part)] = True
        said[objective] = np.where(inside[bounds[:-1]], 0.95, 0.05).astype(np.float32)
    return extraction.read(text, bounds, said)


def links(reading: Reading) -> list[tuple[str, str]]:
    return [(link.href, link.text) for link in reading.links]


def test_a_page_without_slips_needs_no_network() -> None:
    reading = read(PAGE)
    assert links(reading) == [
        ("a.html?x=1&y=2", "the bold page"),
        ("bare.html", "bare"),
        ("", ""),
    ]
    assert [PAGE[start:end] for start, end in reading.bold] == ["bold", "strong"]
    assert text_of(reading) == ("Head\nSee the bold page and bare, 1 < 2.\nIt's strong\nno link\n")
    assert PAGE[reading.links[0].start :].startswith("<a class=x")


def test_the_pieces_are_the_page() -> None:
    reading = read(PAGE)
    assert "".join(PAGE[p.start : p.end] for p in reading.pieces) == PAGE


@given(st.text(alphabet="<>\"'=/!-ab {}%\n&;#", max_size=80))
def test_whatever_it_is_it_can_be_read(text: str) -> None:
    reading = read(text)
    assert "".join(text[p.start : p.end] for p in reading.pieces) == text
    ends = [0]
    for link in reading.links:
        assert ends[-1] <= link.content[0] <= link.content[1] <= len(text)
        ends.append(link.content[1])
    text_of(reading)
    markdown_of(reading)


LOST_QUOTE = '<p><a href="x.html>one</a> two <a class="c" href="y.html">three</a> four</p>'


def test_a_lost_quote_swallows_nothing_that_the_network_saw() -> None:
    reading = noticed(
        LOST_QUOTE,
        text=["one", " two ", "three", " four"],
        href=["x.html", "y.html"],
        link=["one", "three"],
    )
    assert links(reading) == [("x.html", "one"), ("y.html", "three")]
    assert text_of(reading) == "one two three four\n"


@pytest.mark.parametrize(
    ("text", "seen", "hrefs", "content", "expected"),
    [
        # `>` is lost.
        ('<p><a href="x"one two</a> three</p>', ["one two", " three"], ["x"], ["one two"], [("x", "one two")]),
        # `<` of the tag is lost.
        ('<p>so a href="x">one two</a> three</p>', ["so", "one two", " three"], ["x"], ["one two"], [("x", "one two")]),
        # `</a>` is lost.
        ('<p><a href="x">one two and so on as it goes on</p>', ["one two and so on as it goes on"], ["x"], ["one two"], [("x", "one two")]),
        # Both quotes are lost.
        ("<p><a href=x>one</a> three</p>", ["one", " three"], ["x"], ["one"], [("x", "one")]),
    ],
)  # fmt: skip
def test_links_outlive_the_loss_of_a_sign(
    text: str,
    seen: list[str],
    hrefs: list[str],
    content: list[str],
    expected: list[tuple[str, str]],
) -> None:
    reading = noticed(text, text=seen, href=hrefs, link=content)
    assert links(reading) == expected


def test_a_comment_that_does_not_end_is_left_where_text_is_seen() -> None:
    text = "<p>one</p><!-- a note -- <p>two words that are read</p><p>three and four</p>"
    parts = ["one", "two words that are read", "three and four"]
    assert text_of(read(text)) == "one\n"
    reading = noticed(text, text=parts, comment=[" a note -- "])
    assert text_of(reading) == "one\ntwo words that are read\nthree and four\n"


def test_a_single_wrong_word_of_the_network_changes_nothing() -> None:
    text = '<p>one <a href="x">two</a> three four</p>'
    reading = noticed(text, text=["one ", " three "], href=[], link=["two"])
    assert links(reading) == [("x", "two")]
    assert text_of(reading) == "one two three four\n"


def test_a_network_that_errs_for_long_does_not_overrule_the_grammar() -> None:
    code = "width = 2 * border, height = width; " * 20
    text = f'<p>one</p><pre>{code}</pre><!-- <a href="x">{code}</a> --><p>two</p>'
    hidden = text[text.index("<!--") : text.index("<p>two")]
    # Code is taken for markup, and markup in a comment for text.
    reading = noticed(text, text=["one", hidden, "two"], link=[hidden])
    assert reading == read(text)
    assert links(reading) == []


def test_evidence_of_a_stretch_is_the_sum_over_its_tokens() -> None:
    text = "ab cd"
    p = np.array([0.9, 0.2], dtype=np.float32)
    prices = markup.Prices(weight=1.0, most_nats=100.0)
    evidence = markup.Evidence(text, np.array([0, 2, 5]), {"text": p}, prices)
    found = evidence.of("text", np.array([0, 1, 2, 3, 5]))
    first, second = np.log(p / (1 - p))
    # The blank that leads the second token says nothing.
    np.testing.assert_allclose(found, [first / 2, first / 2, 0, second], rtol=1e-5)
    assert evidence.of("href", np.array([0, 5])).tolist() == [0.0]


def test_markdown_keeps_what_a_page_is_made_of() -> None:
    page = """<h2>A *title*</h2><p>See <a href="a (b)">the <b>bold</b> one</a>.
<ul><li>x<ul><li>deep</li></ul></li><li><a href="y"><img src="i.png" alt="Pic"></a></li></ul>
<ol><li>one<li>two</ol><blockquote>said <code>a*b</code></blockquote>
<pre>
  if a &lt; b:
      c
</pre><hr><table><tr><td>1<td>2</table>"""
    assert (
        markdown_of(read(page))
        == """## A \\*title\\*

See [the **bold** one](<a (b)>).

- x
   - deep
- [![Pic](i.png)](y)

1. one
2. two

> said `a*b`

```
  if a < b:
      c
```

---

1 | 2
"""
    )


def test_what_looks_like_markdown_is_text() -> None:
    page = "<p># no [title](x) `a` 1\\2<p>1. no list"
    assert markdown_of(read(page)) == "\\# no \\[title\\](x) \\`a\\` 1\\\\2\n\n1\\. no list\n"


def test_a_template_is_read_without_what_steers_it() -> None:
    page = '<p>{% if x > "1" %}Hello {{ name }}{% endif %} <a href="{{ url("a") }}">go</a>'
    reading = read(page)
    assert links(reading) == [('{{ url("a") }}', "go")]
    assert text_of(reading) == "Hello {{ name }} go\n"


@pytest.mark.parametrize("words", ["first", "the first page of them all, and of the others"])
def test_an_address_that_lost_its_quote_ends_with_its_tag_whatever_the_network_thinks(
    words: str,
) -> None:
    page = f'<p>See <a href="one.html>{words}</a> and <a href="two.html">two</a>.</p>\n'
    reading = noticed(page, href=[f"one.html>{words}", "two.html"], text=["See", " and ", "two<"])
    assert links(reading) == [("one.html", words), ("two.html", "two")]


def test_an_address_with_its_quotes_may_hold_that_sign() -> None:
    assert links(read('<a href="a>b.html">one</a>')) == [("a>b.html", "one")]
