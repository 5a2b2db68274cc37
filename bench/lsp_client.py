"""A strict client of the language server, for tests and for the long runs of this folder.

It waits for messages, never for time to pass; it keeps the texts itself, by other means than the server's; and what
the server sent without being read is a mistake that `finish` finds.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Protocol

REQUEST_FAILED = -32803
CONTENT_MODIFIED = -32801
CANCELLED = -32800
INVALID_PARAMS = -32602
INVALID_REQUEST = -32600
TIMEOUT_S = 60.0  # a server that says nothing for so long is stuck, however slow the machine

Message = dict[str, Any]
Answer = Callable[[Any], Any]

FULL: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
        "codeAction": {
            "dataSupport": True,
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
            "resolveSupport": {"properties": ["edit"]},
        },
        "hover": {"contentFormat": ["markdown"]},
    },
    "workspace": {
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    },
    "window": {"workDoneProgress": True},
}
PULLING: Message = FULL | {
    "textDocument": FULL["textDocument"] | {"diagnostic": {"relatedDocumentSupport": False}},
    "workspace": FULL["workspace"] | {"diagnostics": {"refreshSupport": True}},
}


class ServerError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Message) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.message = error["message"]


class Wire(Protocol):
    def send(self, message: bytes) -> None: ...
    def receive(self) -> bytes | None: ...
    def close(self) -> None: ...


class Pipes:
    """A pair of streams with the headers of the base protocol."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, message: bytes) -> None:
        self.send_raw(b"Content-Length: %d\r\n\r\n%s" % (len(message), message))

    def send_raw(self, data: bytes) -> None:
        self._writer.write(data)
        self._writer.flush()

    def receive(self) -> bytes | None:
        length = None
        while (line := self._reader.readline()).strip():
            name, _, value = line.partition(b":")
            assert name in (b"Content-Length", b"Content-Type"), line
            if name == b"Content-Length":
                length = int(value)
        if length is None:
            return None
        body = self._reader.read(length)
        return body if len(body) == length else None

    def close(self) -> None:
        self._writer.close()


def start(
    arguments: Iterable[str] = ("-m", "lm_lint.lsp"),
    environment: dict[str, str] | None = None,
    stderr: int | BinaryIO | None = None,
) -> subprocess.Popen[bytes]:
    """The server as a process of its own, with pipes."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env={**os.environ, **(environment or {})},
    )


@dataclass
class Text:
    """A document as this client has it."""

    uri: str
    language_id: str
    version: int
    text: str


@dataclass
class Client:
    """One session.

    settings   answers `workspace/configuration`; called with the scope's URI or None
    answers    what else the server may ask
    statuses   every `lmLint/status`, `logs` every `window/logMessage`, `progress` every `$/progress`:
               they come at any time and need not be read
    """

    wire: Wire
    process: subprocess.Popen[bytes] | None = None
    settings: Answer = lambda scope: {"typing": {"pauseMs": 0}}
    answers: dict[str, Answer] = field(default_factory=dict)
    statuses: list[Message] = field(default_factory=list)
    logs: list[Message] = field(default_factory=list)
    progress: list[Message] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)
    texts: dict[str, Text] = field(default_factory=dict)
    encoding: str = "utf-16"
    capabilities: Message = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._arrived = threading.Condition()
        self._unread: list[Message] = []
        self._is_over = False
        self._n_requests = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # --- Messages.

    def _read(self) -> None:
        try:
            while (body := self.wire.receive()) is not None:
                self._take(json.loads(body))
        except (OSError, ValueError):
            pass  # the wire was closed under us
        with self._arrived:
            self._is_over = True
            self._arrived.notify_all()

    def _take(self, message: Message) -> None:
        method = message.get("method")
        if method is not None and "id" in message:
            self._answer(message)
        with self._arrived:
            kept = {
                "lmLint/status": self.statuses,
                "window/logMessage": self.logs,
                "$/progress": self.progress,
            }.get(method or "", self.asked if method and "id" in message else self._unread)
            kept.append(
                message if kept is self._unread or kept is self.asked else message["params"]
            )
            self._arrived.notify_all()

    def _answer(self, message: Message) -> None:
        method, params = message["method"], message.get("params")
        known = self.answers.get(method)
        if method == "workspace/configuration" and known is None:
            result = [self.settings(item.get("scopeUri")) for item in params["items"]]
        else:
            result = known(params) if known else None
        self._send({"id": message["id"], "result": result})

    def _send(self, message: Message) -> None:
        self.wire.send(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def notify(self, method: str, params: Any = None) -> None:
        self._send({"method": method, "params": {} if params is None else params})

    def begin(self, method: str, params: Any = None) -> int:
        """Send a request; `end` waits for its answer."""
        self._n_requests += 1
        self._send({"id": self._n_requests, "method": method, "params": params})
        return self._n_requests

    def end(self, number: int) -> Any:
        message = self._next(lambda m: m.get("id") == number and "method" not in m)
        if "error" in message:
            raise ServerError(message["error"])
        return message["result"]

    def end_error(self, number: int | None) -> int:
        """The code of an error; None: of one for a message that could not be read."""
        message = self._next(lambda m: "error" in m and m["id"] == number)
        code: int = message["error"]["code"]
        return code

    def request(self, method: str, params: Any = None) -> Any:
        return self.end(self.begin(method, params))

    def wait(self, method: str, wanted: Callable[[Any], bool] = lambda params: True) -> Any:
        """The params of the first notification of this kind that was not read yet."""
        return self._next(lambda m: m.get("method") == method and wanted(m["params"]))["params"]

    def wait_until(self, condition: Callable[[], object]) -> None:
        """For what is collected aside: statuses, logs, progress, and what the server asked."""
        with self._arrived:
            done = self._arrived.wait_for(lambda: condition() or self._is_over, TIMEOUT_S)
            assert done, f"waited in vain; unread: {self._unread}"
            assert condition(), f"the server ended; unread: {self._unread}"

    def _next(self, wanted: Callable[[Message], bool]) -> Message:
        def find() -> Message | None:
            return next((message for message in self._unread if wanted(message)), None)

        with self._arrived:
            self._arrived.wait_for(lambda: find() or self._is_over, TIMEOUT_S)
            message = find()
            state = "the server ended" if self._is_over else "waited in vain"
            assert message is not None, f"{state}; unread: {self._unread}"
            self._unread.remove(message)
            return message

    @property
    def unread(self) -> list[Message]:
        with self._arrived:
            return list(self._unread)

    def forget_unread(self) -> None:
        """For long runs, which do not look at everything."""
        with self._arrived:
            self._unread.clear()
            for kept in (self.statuses, self.logs, self.progress, self.asked):
                del kept[:-10]

    # --- The life of a session.

    def initialize(
        self,
        capabilities: Message = FULL,
        folders: Iterable[str] = (),
        options: Any = None,
        process_id: int | None = None,
    ) -> Message:
        params = {
            "processId": process_id,
            "rootUri": None,
            "capabilities": capabilities,
            "workspaceFolders": [{"uri": uri, "name": uri} for uri in folders],
            "initializationOptions": options,
        }
        result: Message = self.request("initialize", params)
        self.capabilities = result["capabilities"]
        self.encoding = self.capabilities["positionEncoding"]
        self.notify("initialized")
        return result

    def until_ready(self) -> Message:
        self.wait_until(lambda: any(status["state"] != "loading" for status in self.statuses))
        return self.statuses[-1]

    def finish(self) -> int | None:
        """Shut down politely; the exit status of the process. Nothing may be left unread."""
        self.request("shutdown")
        self.notify("exit")
        status = self.process.wait(TIMEOUT_S) if self.process else None
        self._reader.join(TIMEOUT_S)
        self.wire.close()
        assert not self.unread, f"unread: {self.unread}"
        return status

    def kill(self) -> None:
        """For the end of a test that failed."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                if stream:
                    with contextlib.suppress(OSError):
                        stream.close()

    # --- Texts.

    def open(self, uri: str, text: str, language_id: str = "c", version: int = 1) -> Text:
        res = self.texts[uri] = Text(uri, language_id, version, text)
        item = {"uri": uri, "languageId": language_id, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return res

    def edit(self, text: Text, *edits: tuple[int, int, str]) -> int:
        """Apply edits one after the other, each in code points of what those before left; the new version."""
        changes = []
        for start, end, new in edits:
            changes.append({"range": self.range(text.text, start, end), "text": new})
            text.text = text.text[:start] + new + text.text[end:]
        return self.change(text, changes)

    def replace(self, text: Text, new: str) -> int:
        text.text = new
        return self.change(text, [{"text": new}])

    def change(self, text: Text, changes: list[Message]) -> int:
        text.version += 1
        identifier = {"uri": text.uri, "version": text.version}
        params = {"textDocument": identifier, "contentChanges": changes}
        self.notify("textDocument/didChange", params)
        return text.version

    def close(self, text: Text) -> None:
        del self.texts[text.uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": text.uri}})

    def closed(self, text: Text) -> None:
        """Close a document for which lists were pushed; the last one is empty."""
        self.close(text)
        self.cleared(text)

    def closed_unseen(self, text: Text) -> None:
        """The same for a document whose lists were not waited for; of those some may have come."""
        self.close(text)
        while self.wait(
            "textDocument/publishDiagnostics", lambda each: each["uri"] == text.uri
        ).get("version"):
            pass

    def cleared(self, text: Text) -> None:
        """The next list for a document is empty and for no version: it is not checked any more."""
        params = self.wait("textDocument/publishDiagnostics", lambda each: each["uri"] == text.uri)
        assert params == {"uri": text.uri, "diagnostics": []}, params

    def is_checked(self, text: Text) -> bool:
        return text.language_id in ("c", "html", "python")

    def ping(self) -> None:
        """Returns once all that was sent before has been handled on the server's event loop."""
        with contextlib.suppress(ServerError):
            self.request("lmLint/text", {"textDocument": {"uri": "untitled:nothing of that name"}})

    def range(self, text: str, start: int, end: int) -> Message:
        return {
            "start": position(text, start, self.encoding),
            "end": position(text, end, self.encoding),
        }

    def published(self, text: Text) -> list[Message]:
        """The next list for a document; it must be for the newest version."""
        params = self.wait(
            "textDocument/publishDiagnostics", lambda params: params["uri"] == text.uri
        )
        assert params.get("version") == text.version, (params, text.version)
        found: list[Message] = params["diagnostics"]
        return found

    def settled(self, text: Text) -> None:
        """Returns once the newest version was checked: whatever had to be published stands unread by then."""
        where = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": text.uri},
            "range": {"start": where, "end": where},
            "context": {"diagnostics": []},
        }
        self.request("textDocument/codeAction", params)

    def text_at_server(self, uri: str) -> Message:
        result: Message = self.request("lmLint/text", {"textDocument": {"uri": uri}})
        return result


_BREAK = re.compile("\r\n|\r|\n")


def position(text: str, offset: int, encoding: str) -> Message:
    """Line and column of an offset, found in the slow and obvious way."""
    line, start = 0, 0
    for match in _BREAK.finditer(text):
        if match.end() > offset:
            break
        line, start = line + 1, match.end()
    before = text[start:offset]
    width = {
        "utf-8": len(before.encode("utf-8", "surrogatepass")),
        "utf-16": len(before.encode("utf-16-le", "surrogatepass")) // 2,
        "utf-32": len(before),
    }[encoding]
    return {"line": line, "character": width}
