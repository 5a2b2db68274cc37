"""A language client of its own: JSON-RPC over a process's standard input and output, and a clock.

Nothing of pygls, so that no server is measured with its own library. It answers what servers ask, and keeps every
message about diagnostics with the moment at which its last byte was read (before it was parsed).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.keystrokes.matching import Published

Json = dict[str, Any]
# An editor of today, in the column units that all editors know.
_CAPABILITIES: Json = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "applyEdit": True,
        "workspaceEdit": {"documentChanges": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "diagnostics": {"refreshSupport": True},
    },
    "textDocument": {
        "synchronization": {"dynamicRegistration": False, "didSave": True},
        "publishDiagnostics": {
            "relatedInformation": True,
            "versionSupport": True,
            "codeDescriptionSupport": True,
            "dataSupport": True,
        },
        "codeAction": {
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}}
        },
    },
    "window": {"workDoneProgress": True, "showMessage": {}},
}


class ServerDied(Exception):
    """The server's process ended, or closed its output, while something was asked of it."""


class ServerError(Exception):
    """The server answered a request with an error: `error` is the JSON of it."""

    def __init__(self, error: Json) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.error = error


class Client:
    """One server process. `published` and `told` grow; whoever waits is woken by `news`."""

    def __init__(self, process: asyncio.subprocess.Process, settings: Mapping[str, Any]) -> None:
        self.process = process
        self.published: dict[str, list[Published]] = defaultdict(list)
        self.told: list[tuple[float, str, Any]] = []  # other notifications: seconds, method, params
        self.capabilities: Json = {}
        self.stderr = b""
        self.is_dead = False
        self._settings = settings
        self._waiting: dict[int, asyncio.Future[tuple[float, Any]]] = {}
        self._next_id = 0
        self._news = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._read_stderr())]

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        folder: Path,
        settings: Mapping[str, Any],
        environment: Mapping[str, str] | None = None,
    ) -> Client:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        return cls(process, settings)

    async def initialize(self, folder: Path, options: Any, pull: bool, refresh: bool) -> Json:
        """Shake hands. pull: the client says that it can ask for diagnostics; refresh: that it can be told to."""
        capabilities = json.loads(json.dumps(_CAPABILITIES))
        if pull:
            capabilities["textDocument"]["diagnostic"] = {"dynamicRegistration": False}
        capabilities["workspace"]["diagnostics"]["refreshSupport"] = refresh
        uri = folder.as_uri()
        _, result = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "bench.keystrokes"},
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": folder.name}],
                "capabilities": capabilities,
                "initializationOptions": options,
            },
        )
        self.capabilities = result.get("capabilities", {})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": dict(self._settings)})
        return self.capabilities

    async def stop(self) -> None:
        """Ask politely, then end the process and its children."""
        if not self.is_dead:
            with contextlib.suppress(ServerDied, ServerError, asyncio.TimeoutError):
                await asyncio.wait_for(self.request("shutdown", None), 5)
                self.notify("exit", None)
                await asyncio.wait_for(self.process.wait(), 3)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.process.stdin is not None:
            self.process.stdin.close()

    # --- Sending ---

    def send(self, method: str, params: Any) -> tuple[int, asyncio.Future[tuple[float, Any]]]:
        """A request on its way: its id, and the future of (second at which it was read, result)."""
        self._next_id += 1
        future: asyncio.Future[tuple[float, Any]] = asyncio.get_running_loop().create_future()
        # Whoever gave up waiting is not told of errors any more.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting[self._next_id] = future
        self._write({"id": self._next_id, "method": method, "params": params})
        return self._next_id, future

    async def request(self, method: str, params: Any) -> tuple[float, Any]:
        return await self.send(method, params)[1]

    def notify(self, method: str, params: Any) -> None:
        self._write({"method": method, "params": params})

    def _write(self, message: Json) -> None:
        if self.is_dead or self.process.stdin is None or self.process.stdin.is_closing():
            raise ServerDied(self.last_words())
        if message.get("params", 0) is None:
            del message["params"]
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode(
            "utf-8", "replace"
        )
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    # --- Waiting ---

    async def until(self, is_there: Callable[[float], Any], timeout_s: float) -> Any:
        """What `is_there` gives, asked with the time at each message and every 20 ms; None at the end of time."""
        end = time.monotonic() + timeout_s
        while True:
            self._news.clear()
            found = is_there(time.monotonic())
            if found:
                return found
            if self.is_dead:
                raise ServerDied(self.last_words())
            if time.monotonic() >= end:
                return None
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), 0.02)

    def last_words(self) -> str:
        tail = self.stderr.decode("utf-8", "replace").strip().splitlines()[-3:]
        return f"ended with status {self.process.returncode}; " + " | ".join(tail)

    # --- Reading ---

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                head = await self.process.stdout.readuntil(b"\r\n\r\n")
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                body = await self.process.stdout.readexactly(length)
                self._take(time.monotonic(), json.loads(body))
        except (asyncio.IncompleteReadError, ConnectionError, StopIteration, ValueError):
            pass
        finally:
            self.is_dead = True
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(ServerDied(self.last_words()))
            self._news.set()

    async def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(1 << 16):
            self.stderr = (self.stderr + chunk)[-20_000:]

    def _take(self, at_s: float, message: Json) -> None:
        if "method" not in message:
            self._take_answer(at_s, message)
        elif "id" in message:
            with contextlib.suppress(ServerDied):
                result = self._reply(message["method"], message.get("params"))
                self._write({"id": message["id"], "result": result})
            self.told.append((at_s, message["method"], message.get("params")))
        elif message["method"] == "textDocument/publishDiagnostics":
            params = message["params"]
            self.published[params["uri"]].append(
                Published(at_s, params.get("version"), len(params["diagnostics"]))
            )
        else:
            self.told.append((at_s, message["method"], message.get("params")))
        self._news.set()

    def _take_answer(self, at_s: float, message: Json) -> None:
        future = self._waiting.pop(message["id"], None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(ServerError(message["error"]))
        else:
            future.set_result((at_s, message.get("result")))

    def _reply(self, method: str, params: Any) -> Any:
        """What an editor would answer."""
        if method == "workspace/configuration":
            return [self._setting(item.get("section")) for item in params["items"]]
        if method == "workspace/applyEdit":
            return {"applied": False}
        if method == "eslint/confirmESLintExecution":
            return 4  # approved
        return None

    def _setting(self, section: str | None) -> Any:
        found: Any = self._settings
        for name in section.split(".") if section else ():
            found = found.get(name) if isinstance(found, Mapping) else None
        return found
