"""Readers of pages answer in the same words, and figures count what they say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from bench import extraction as bench
from bench.page_readers import RIVALS, Said
from models.heldout import Heldout

PAGE = """<html><head><title>no</title><style>no {}</style></head><body>
<h1>Head</h1><p>See <a class="x" href=" a.html?x=1&amp;y=2 ">the <b>bold</b>
page</a>, it's<br>here.<!-- no --><script>no("</p>")</script><ul><li>One<li>Two</ul>
<strong>a <b>b</b></strong><a name="t">name</a></body></html>"""
LOST_QUOTE = '<p><a href="x>one</a> two <a class="c" href="y">three</a> four</p>'
ALL: dict[str, Callable[[str], Said]] = {**RIVALS, bench.GRAMMAR: bench.by_grammar}


@pytest.mark.parametrize("name", ALL)
def test_every_reader_reads_a_clean_page_alike(name: str) -> None:
    said = ALL[name](PAGE)
    assert said.links == Counter({("a.html?x=1&y=2", "the bold page"): 1})
    assert said.hrefs == Counter({"a.html?x=1&y=2": 1})
    words = "Head See the bold page, it's here. One Two a b name"
    # `</strong><a>` parts no words.
    assert said.words == Counter(words.replace("b name", "bname").split())
    assert said.bold == Counter(["bold", "a", "b"])


@pytest.mark.parametrize("name", bench.PARSERS)
def test_a_lost_quote_leads_parsers_astray(name: str) -> None:
    """What the bench is there to show; were it not so, the readers would not be asked what they seem to be."""
    said = RIVALS[name](LOST_QUOTE)
    assert ("y", "three") not in said.links
    assert "one" not in said.words


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("text", ["", "<", "<!--", "<a href", "\0<p>x", "<b>" * 3000])
def test_every_reader_survives(name: str, text: str) -> None:
    assert not ALL[name](text).links


def test_lost_signs_are_one_to_three() -> None:
    text = '<p class="a">x = "y" <b>z</b></p>'
    draw = random.Random(1)
    lengths = {len(bench.with_lost_signs(text, draw) or "") - len(text) for _ in range(200)}
    assert {-3, -2, -1, 1} <= lengths <= set(range(-3, 4))
    # Signs of the text stay.
    broken = [bench.with_lost_signs(text, draw) or "" for _ in range(50)]
    assert all('x = "y" ' in each and each != text for each in broken)
    assert bench.with_lost_signs("no tag = none", draw) is None


def test_pages_are_drawn_evenly_and_are_no_templates() -> None:
    pages = [Heldout(f"<p>{n}", "big", str(n)) for n in range(20)]
    pages += [Heldout("<p>small", "small", "a"), Heldout("{{ x }}", "small", "b")]
    drawn = bench.drawn(pages, 6, 4, seed=0)
    assert [page.project for page in drawn] == ["big", "small", "big", "big", "big"]
    assert drawn == bench.drawn(reversed(pages), 6, 4, seed=0)
    assert drawn != bench.drawn(pages, 6, 4, seed=1)


def test_figures_and_lost_links() -> None:
    page = bench.Page(LOST_QUOTE.replace('"x>', '"x">'), LOST_QUOTE)

    def knows(text: str) -> Said:
        return Said(Counter({("x", "one"): 1, ("z", "z"): 1}), Counter(["one", "two", "three"]))

    found = bench.measure([page], {**RIVALS, bench.OURS: knows})
    assert (found.n_pages, found.n_affected, found.n_hard) == (1, 1, 2)
    ours = found.all[bench.OURS]
    assert (ours.precision("links"), ours.recall("links"), ours.f1("links")) == (0.5, 0.5, 0.5)
    assert (ours.precision("words"), ours.recall("words")) == (1.0, 0.75)
    assert found.hard == Counter({bench.OURS: 1})
    assert found.against["html5lib"] == (1, 0)
    assert found.clean["html5lib"].f1("links") == 1.0
    told = bench.page(
        {"command": "c", "weights": "w", "heads": "h", "machine": "m"}, {"real slips": found}
    )
    assert "## Real slips: 1 pages" in told
    assert "| html5lib | 0 | 1 | 0 |" in told
    assert "| lm-lint | 50.0 / 50.0 / 50.0 |" in told
