"""The HTML report in a real browser: its script runs under its own policy, and does what it says.

Needs Chromium; it is spoken to over its debugging protocol.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.unit.formats.made import hostile, result, written

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)
TROUBLE = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
TEXT = "int a(int b«→)»\n{\n\treturn «retrun→b»;\n}\r\n/* 🙂 naïve */\n\n\tint x = f(b«→)»;\n"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium to look at the page with"),
]


class Tab:
    """One page of the browser; `trouble` is what it complained of."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._numbers = socket, itertools.count(1)
        self.trouble: list[Any] = []

    async def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (message := json.loads(await self._socket.recv())).get("id") != number:
            if message["method"] in TROUBLE:
                self.trouble.append(message)
        return message["result"]

    async def value(self, expression: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        for _ in range(1000):
            if await self.value(expression):
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never true: {expression}")

    async def press(self, key: str) -> None:
        text = key if len(key) == 1 else ""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text)


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    """The report of two files with findings and a clean one."""
    page = tmp_path / "report.html"
    found = [result(TEXT), hostile(), result("int y;\n", "b.c")]
    page.write_text(written("html", found), encoding="utf-8", newline="")
    profile = tmp_path / "profile"
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={profile}", page.as_uri()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
        assert browser.stderr is not None
        try:
            told = next(line for line in browser.stderr if "DevTools listening on" in line)
            address = told.split()[-1]
            pages = address.split("/browser/")[0] + "/page"
            async with connect(f"{pages}/{await _page(address)}") as socket:
                res = Tab(socket)
                for domain in ("Runtime", "Log", "Page"):
                    await res.call(f"{domain}.enable")
                await res.call("Page.reload")
                await res.until("document.readyState === 'complete'")
                yield res
        finally:
            browser.terminate()


async def _page(address: str) -> str:
    """The tab that holds the report, once it is there."""
    async with connect(address) as socket:
        browser = Tab(socket)
        while True:
            targets = (await browser.call("Target.getTargets"))["targetInfos"]
            for target in targets:
                if target["type"] == "page" and target["url"].startswith("file:"):
                    return str(target["targetId"])
            await asyncio.sleep(0.02)


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
