"""How a page is indented: the mismatches of a page and of its repairs, counted anew by the slow, obvious way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import html_layout
from lm_lint.html_layout import Layout, Skeleton, layout_of, skeleton_of
from lm_lint.html_names import OPTIONAL_END, RAW_TEXT, VOID
from lm_lint.html_tags import EditedPage, Page

PAGE = (
    "<!DOCTYPE html>\n<body>\n<div>\n  <section>\n    <b>x</b>\n\t<div>\n    </div> <i>y</i>\n  </section>\n"
    "</div>\n{% if a %}\n  <nav>\n    {{ b }}<br/>\n  </nav>\n{% else %}<nav>{% endif %}\n<form>\n</form>\n</body>\n"
) * 3
NEW = [
    "",
    "x",
    "\n",
    "  ",
    "<div>",
    "</div>",
    "\n  </section>",
    "</b>",
    "<i>",
    "<",
    ">",
    "<nav>\n",
    "{% if c %}",
]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from([0, 0, 1, 4, 20]), st.sampled_from(NEW)),
    min_size=1,
    max_size=5,
)


def slow_mismatches(page: Page) -> int:
    """With a stack, from the page's first tag to its last."""
    res = 0
    stack: list[tuple[str, int | None]] = []
    for tag in page.tags:
        if tag.kind == "mark" or tag.closed or tag.name in VOID | OPTIONAL_END | RAW_TEXT:
            continue
        line = page.masked[page.masked.rfind("\n", 0, tag.start) + 1 : tag.start]
        indent = None if line.strip() else len(line.expandtabs(8))
        if tag.kind == "start":
            outer = stack[-1][1] if stack else None
            res += indent is not None and outer is not None and indent <= outer
            stack.append((tag.name, indent))
            continue
        places = [at for at, (name, _) in enumerate(stack) if name == tag.name]
        if not places:
            res += 2
            continue
        res += 2 * (len(stack) - 1 - places[-1])
        wanted = stack[places[-1]][1]
        res += indent is not None and wanted is not None and indent != wanted
        del stack[places[-1] :]
    return res + 2 * len(stack)


@pytest.fixture(autouse=True)
def short_strides(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was counted once is used again in pages as short as these."""
    monkeypatch.setattr(html_layout, "_STRIDE", 2)


def edited(page: Page, place: float, n_gone: int, new: str) -> Page:
    start = int(place * len(page.text))
    return page.edited(start, min(start + n_gone, len(page.text)), new)


def bones(page: Page) -> list[object]:
    return Skeleton(page)._bones


@pytest.mark.parametrize(
    ("text", "n_mismatches"),
    [
        ("", 0),
        ("<div>\n  <b>\n  </b>\n</div>\n", 0),
        ("<div>\n  <b>\n    </b>\n</div>\n", 1),
        ("<div>\n<b>\n</b>\n</div>\n", 1),
        ("<div>\n  <b>\n</div>\n", 2),
        ("<div>\n</b>\n</div>\n", 2),
        ("<div>\n  <p>\n<br>\n</div>\n", 0),
        ("<div>\n\t<b>\n        </b>\n</div>", 0),
    ],
)
def test_mismatches_of_a_page(text: str, n_mismatches: int) -> None:
    assert Layout(Page(text)).mismatches == n_mismatches == slow_mismatches(Page(text))


@given(EDITS)
def test_an_edited_page_is_laid_out_as_if_it_were_read_anew(
    edits: list[tuple[float, int, str]],
) -> None:
    page = Page(PAGE)
    for edit in edits:
        layout_of(page)
        page = edited(page, *edit)
        fresh = Page(page.text)
        assert layout_of(page).mismatches == slow_mismatches(fresh)
        assert skeleton_of(page)._bones == bones(fresh)


@given(EDITS, st.floats(0, 1), st.sampled_from(["</div>", "<div>", "</nav>", "</section>", "<b>"]))
def test_a_repair_changes_the_layout_of_an_edited_page_as_of_a_fresh_one(
    edits: list[tuple[float, int, str]], place: float, new: str
) -> None:
    page = Page(PAGE)
    for edit in edits:
        page = edited(page, *edit)
        start = int(place * len(page.text))
        expected = Layout(Page(page.text)).after(start, start, new)
        assert layout_of(page).after(start, start, new) == expected
        # Once more, by what was remembered.
        assert layout_of(page).after(start, start, new) == expected


def test_a_repair_between_tags_is_judged_like_the_page_with_it() -> None:
    page = Page(PAGE.replace("</section>", "", 1))
    layout = Layout(page)
    for match in re.finditer(r"(?<=>)\n", page.masked):
        repaired = page.text[: match.start()] + "\n  </section>" + page.text[match.start() :]
        after = layout.after(match.start(), match.start(), "\n  </section>")
        assert after == slow_mismatches(Page(repaired))


def test_a_long_page_is_not_counted_to_its_end_for_each_repair() -> None:
    """Only to where something was counted before with as much open."""
    page = Page("<div>\n" * 3 + "  <b>x</b>\n" * 400 + "</div>\n" * 3)
    layout = Layout(page)
    layout.after(40, 40, "<i>")
    n_known = len(layout._rests)
    assert n_known > 300
    layout.after(51, 51, "<i>")
    assert len(layout._rests) < n_known + 10


def test_what_is_far_from_a_stretch_counts_but_where_it_is_does_not() -> None:
    page = Page(PAGE)
    low, high = PAGE.index("<nav>"), PAGE.index("</nav>") + 6
    around = skeleton_of(page).around(low, high)
    inside = page.edited(low + 5, low + 5, "<i>more</i>")
    assert isinstance(inside, EditedPage)
    assert skeleton_of(inside).around(low, high + 11) == around
    assert hash(skeleton_of(inside).around(low, high + 11)) == hash(around)
    word = page.edited(high + 1, high + 1, "word")
    assert skeleton_of(word).around(low, high) == around
    tag = page.edited(len(PAGE) - 8, len(PAGE) - 8, "<b>")
    assert skeleton_of(tag).around(low, high) != around
    assert around != "something else"
