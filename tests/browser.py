"""A page in a real browser, spoken to over Chromium's debugging protocol."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

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


@asynccontextmanager
async def opened(page: Path, profile: Path) -> AsyncIterator[Tab]:
    """A file of HTML in a browser with a profile of its own, loaded."""
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
    """The tab that holds the page, once it is there."""
    async with connect(address) as socket:
        browser = Tab(socket)
        while True:
            targets = (await browser.call("Target.getTargets"))["targetInfos"]
            for target in targets:
                if target["type"] == "page" and target["url"].startswith("file:"):
                    return str(target["targetId"])
            await asyncio.sleep(0.02)
