"""The HTML report in a real browser: its script runs under its own policy, and does what it says.

Needs Chromium; it is spoken to over its debugging protocol.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser import BROWSER, Tab, opened
from tests.unit.formats.made import hostile, result, written

TEXT = "int a(int b«→)»\n{\n\treturn «retrun→b»;\n}\r\n/* 🙂 naïve */\n\n\tint x = f(b«→)»;\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium to look at the page with"),
]


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """The report of two files with findings and a clean one."""
    page = tmp_path / "report.html"
    found = [result(TEXT), hostile(), result("int y;\n", "b.c")]
    page.write_text(written("html", found), encoding="utf-8", newline="")
    async with opened(page, tmp_path / "profile") as res:
        yield res


async def test_the_page_does_what_it_says(tab: Tab) -> None:
    await tab.until("!document.querySelector('#file1 .chunk[data-heat]')")
    lines = await tab.value(
        "[...document.querySelectorAll('#file1 .l > code')].map((line) => {"
        " const copy = line.cloneNode(true);"
        " copy.querySelectorAll('ins').forEach((ghost) => ghost.remove());"
        " return copy.textContent; }).join('\\n')"
    )
    text = result(TEXT).source.text.replace("\r\n", "\n").removesuffix("\n")
    assert lines == text, "painting tokens changes no text"
    assert await tab.value("document.querySelectorAll('#file1 .l span.s7').length") > 0

    await tab.press("j")
    assert await tab.value("document.querySelector('.note.now').id") == "f1"
    await tab.press("k")
    assert await tab.value("document.querySelector('.note.now').id") == "f5"

    await tab.press("h")
    assert await tab.value("document.documentElement.dataset.show") == "e"

    await tab.value("document.querySelector('#file1 .code').focus()")
    await tab.press("ArrowRight")
    tip = await tab.value("document.getElementById('tip').innerText")
    assert tip.split("\n")[1] == "surprisal 0.0 bits \u00b7 certain"

    await tab.press("/")
    for key in "a.c return":
        await tab.press(key)
    assert await tab.value("document.querySelector('.shown').textContent") == "1 of 5 shown"
    assert await tab.value("document.getElementById('file2').hidden")
    await tab.press("Escape")
    assert await tab.value("document.querySelector('.shown').textContent") == "5 shown"
    assert tab.trouble == []
