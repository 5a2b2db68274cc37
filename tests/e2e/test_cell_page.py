"""The page of `lm-lint inspect` in a real browser: colours follow the chosen cell, keys work, nothing is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from lm_lint.cells import Cell, KnownCell
from lm_lint.formats import cell_page
from lm_lint.inspection import Inspection, Look
from tests.browser import BROWSER, Tab, opened

TEXT = "</script> {\n\n  🙂\tx\n"
BOUNDS = np.array([0, 9, 11, 15, 16, 18, 19])
# Of two cells after each of the six tokens.
VALUES = np.array([[0, 5], [0.1, 5], [1, 5], [2, 5], [-1, 3], [-9, 1]], dtype=np.float32)
DEPTH = KnownCell(Cell(0, 7), "depth", "c", 1, 0.0, 1.0, "R2", 0.512)
STRING = KnownCell(Cell(2, 3), "string", "c", -1, 3.0, 2.0, "AUC", 0.934)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium to look at the page with"),
]


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    looks = (Look.of(DEPTH), Look.of(STRING))
    found = Inspection("a&b.c", "c", "tiny", TEXT, BOUNDS, BOUNDS, looks, VALUES)
    stream = StringIO()
    cell_page.write(stream, found)
    page = tmp_path / "page.html"
    page.write_text(stream.getvalue(), encoding="utf-8", newline="")
    async with opened(page, tmp_path / "profile") as res:
        yield res


COLOURS = "[...document.querySelectorAll('.l span')].map((s) => [s.dataset.t, s.className])"


async def test_the_page_does_what_it_says(tab: Tab) -> None:
    lines = "[...document.querySelectorAll('.l > code')].map((l) => l.textContent).join('\\n')"
    assert await tab.value(lines) == TEXT
    # A token of several lines is in each of them.
    assert await tab.value(COLOURS) == [
        ["0", ""], ["1", "w1"], ["2", "w8"], ["3", "w8"], ["4", "k8"],
    ]  # fmt: skip
    assert await tab.value("document.querySelector('.now').textContent") == (
        "Cell 0:7: how many brackets are open"
    )
    await tab.press("j")
    assert await tab.value("document.querySelector('.now').textContent") == (
        "Cell 2:3: inside a string"
    )
    assert await tab.value(COLOURS) == [[str(n), "k8"] for n in range(4)] + [["4", ""]]
    await tab.press("j")
    assert await tab.value("document.querySelector('.cells input').checked")
    assert await tab.value("document.querySelectorAll('.over i').length") == 4
    assert tab.trouble == []


async def test_tokens_tell_their_values(tab: Tab) -> None:
    await tab.value("document.querySelector('.code').focus()")
    for _ in range(5):
        await tab.press("ArrowRight")
    said = await tab.value("document.getElementById('tip').innerText")
    assert said.splitlines() == [
        "x",
        "after it the cell holds -1.000",
        "1.00 spreads below the middle",
    ]
    await tab.press("Escape")
    assert await tab.value("document.getElementById('tip').hidden")
    await tab.press("k")
    await tab.press("ArrowLeft")
    said = await tab.value("document.getElementById('tip').innerText")
    assert "the cell holds 5.000" in said, "the other cell, turned round"
    assert tab.trouble == []
