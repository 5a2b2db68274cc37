"""One server, one text, its edits: a row for each keystroke. Knows the protocol and the clock, no tables.

At each keystroke the change is sent, and then, where the server offers it, the question for diagnostics. Whichever
answers for that version first is the answer; the next key is pressed after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bench.keystrokes.client import Client, Json, ServerDied, ServerError
from bench.keystrokes.hosts import Opening, Scenario
from bench.keystrokes.kinds import Kind
from bench.keystrokes.matching import Published, answer
from bench.keystrokes.memory import resident_mib
from bench.keystrokes.servers import SUFFIX, Server
from lm_lint.text import Document, Edit

Mode = Literal["single", "burst", "pause", "open"]
Status = Literal["ok", "timeout", "died", "error"]
EVERYWHERE = "all"  # the position of an opening
STATUS_METHOD = "lmLint/status"
# lm-lint tells that it is busy once it has been for so long: what is done sooner is not told, and counts as this.
BUSY_AFTER_S = 0.3
# An answer that says "ask again" is asked again; so often at most.
_RETRIES = 20
_RETRY_CODES = {-32801, -32802}  # content modified, server cancelled


@dataclass(frozen=True)
class Row:
    """What one keystroke (or one opening) cost.

    ms          from the change to the answer for its version; None where none came
    settled_ms  until the server said that it is idle again, where it says so; never less than 300
    mode        single: after the answer to the key before; burst: the last of keys 80 ms apart; pause: counted from
                the end of the server's own pause; open: from didOpen to the first answer
    """

    server: str
    language: str
    n_lines: int
    made: str
    position: str
    kind: str
    mode: Mode
    edit: str
    status: Status
    ms: float | None
    settled_ms: float | None = None
    n_diagnostics: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Asked:
    """How keys are pressed: at most max_strokes of an edit, the next after timeout_s without an answer."""

    modes: tuple[Mode, ...] = ("single", "burst")
    max_strokes: int = 40
    timeout_s: float = 10.0
    open_timeout_s: float = 120.0
    burst_ms: float = 80.0


@dataclass
class Answered:
    at_s: float
    n: int | None


class Session:
    """A server that runs, with one document open at a time."""

    def __init__(self, server: Server, client: Client, folder: Path, asked: Asked) -> None:
        self.server = server
        self.client = client
        self.folder = folder
        self.asked = asked
        self.uri = ""
        self.version = 0
        self.document = Document.of("")
        self._n_documents = 0
        self._pulling: tuple[int, asyncio.Future[Any]] | None = None

    @property
    def pulls(self) -> bool:
        # An empty object is an offer as well.
        offer = self.client.capabilities.get("diagnosticProvider")
        return self.server.pull and offer is not None and offer is not False

    async def open(self, language: str, text: str) -> tuple[float, Answered | None]:
        """The answer to the text as opened. The file is on disk as well: some servers want that."""
        self._n_documents += 1
        suffix = SUFFIX[language]  # type: ignore[index]
        path = self.folder / f"text{self._n_documents}{suffix}"
        path.write_text(text, encoding="utf-8", newline="")
        self.uri, self.version, self.document = path.as_uri(), 1, Document.of(text)
        item = {"uri": self.uri, "languageId": language, "version": 1, "text": text}
        sent = time.monotonic()
        self.client.notify("textDocument/didOpen", {"textDocument": item})
        return sent, await self.answered(sent, self.asked.open_timeout_s)

    def close(self) -> None:
        with contextlib.suppress(ServerDied):
            self.client.notify("textDocument/didClose", {"textDocument": {"uri": self.uri}})

    def press(self, edit: Edit) -> float:
        """One change on its way; the second at which it left. The text is brought up to date before."""
        change = {"range": self._range(edit), "text": edit.text}
        self.document = self.document.apply(edit)
        self.version += 1
        identifier = {"uri": self.uri, "version": self.version}
        sent = time.monotonic()
        self.client.notify(
            "textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]}
        )
        return sent

    async def answered(self, sent: float, timeout_s: float) -> Answered | None:
        """Pushed or pulled, whichever comes first for this version."""
        published = self.client.published[self.uri]
        pull = asyncio.create_task(self._pull(timeout_s)) if self.pulls else None
        version = self.version

        def is_there(now: float) -> Published | Answered | None:
            found = answer(published, version, sent, now)
            pulled = pull.result() if pull is not None and pull.done() else None
            if found and pulled:
                return found if found.at_s < pulled.at_s else pulled
            return found or pulled

        try:
            found = await self.client.until(is_there, timeout_s)
            if pull is not None and not pull.done():
                # Whoever pushed first still owes an answer; it must not be counted to the next key.
                await asyncio.wait([pull], timeout=timeout_s)
            return Answered(found.at_s, found.n) if found else None
        finally:
            if pull is not None:
                pull.cancel()
                await asyncio.gather(pull, return_exceptions=True)

    async def _pull(self, timeout_s: float) -> Answered | None:
        """The answer to the question for diagnostics, wherever the server wants to be asked again."""
        for _ in range(_RETRIES):
            request, future = self.client.send(
                "textDocument/diagnostic", {"textDocument": {"uri": self.uri}}
            )
            self._pulling = request, future
            # Whoever waits for news of the client is woken by this answer as well.
            try:
                at_s, report = await asyncio.wait_for(future, timeout_s)
            except ServerError as error:
                if error.error.get("code") in _RETRY_CODES:
                    continue
                raise
            except asyncio.TimeoutError:
                self.client.notify("$/cancelRequest", {"id": request})
                return None
            items = (report or {}).get("items")
            return Answered(at_s, None if items is None else len(items))
        return None

    async def ready(self) -> None:
        """lm-lint loads its model in the background and says when that is done."""

        def is_over(_: float) -> str | None:
            states = [p["state"] for _, method, p in self.client.told if method == STATUS_METHOD]
            return states[-1] if states and states[-1] != "loading" else None

        if self.server.pause_ms is not None:
            state = await self.client.until(is_over, self.asked.open_timeout_s)
            if state != "ready":
                raise ServerDied(f"the model is not ready: {state}")

    async def settled(self, sent: float, found: Answered | None) -> float | None:
        """The second at which the server had nothing left to do; None if it never says or is not done in time."""
        since = max(sent, found.at_s) if found else sent

        def is_idle(now: float) -> float | None:
            at_s, is_busy = busy_since(self.client.told, 0.0)[-1]
            if is_busy:
                return None
            if at_s >= sent:
                return max(at_s, sent + BUSY_AFTER_S)
            return max(since, sent + BUSY_AFTER_S) if now > since + 2 * BUSY_AFTER_S else None

        if not busy_since(self.client.told, 0.0):
            return None
        idle: float | None = await self.client.until(is_idle, self.asked.timeout_s)
        return idle

    def _range(self, edit: Edit) -> Json:
        return {"start": self._position(edit.start), "end": self._position(edit.end)}

    def _position(self, offset: int) -> Json:
        line, _ = self.document.position(offset)
        return {"line": line, "character": self.document.column(offset, "utf-16")}


def busy_since(told: Sequence[tuple[float, str, Any]], at_s: float) -> list[tuple[float, bool]]:
    """What the server said of being busy from that second on."""
    return [
        (when, bool(params.get("busy")))
        for when, method, params in told
        if method == STATUS_METHOD and when >= at_s
    ]


@contextlib.asynccontextmanager
async def session(server: Server, folder: Path, asked: Asked) -> AsyncIterator[Session]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in server.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    client = await Client.start(server.command, folder, server.settings, server.environment)
    try:
        await asyncio.wait_for(
            client.initialize(folder, server.options, server.pull, server.refresh),
            asked.open_timeout_s,
        )
        running = Session(server, client, folder, asked)
        await running.ready()
        yield running
    finally:
        await client.stop()


async def play(
    running: Session,
    scenario: Scenario,
    tell: Callable[[Row], None],
    remember: Callable[[float], None],
) -> None:
    """Open the text, wait for its diagnostics, play every edit. ServerDied ends it, after a row that says so."""
    pid = running.client.process.pid
    row = _rows_of(running.server, scenario)
    sent, first = await running.open(scenario.language, scenario.text)
    await running.settled(sent, first)
    remember(resident_mib(pid))
    if first is None:
        tell(_of_edit(row, "start", "clean", "")("open", "timeout", None))
    for placed in scenario.edits:
        make = _of_edit(row, placed.position, placed.kind, placed.id)
        keys = placed.strokes[: running.asked.max_strokes]
        rest = placed.strokes[running.asked.max_strokes :]
        try:
            if "pause" in running.asked.modes:
                # One rest in the middle of what is typed, one at its end.
                half = max(1, len(keys) // 2)
                for some in (keys[:half], keys[half:]):
                    await _pausing(running, some, make, tell)
            elif "burst" in running.asked.modes and len(keys) > 4:
                half = len(keys) // 2
                if "single" in running.asked.modes:
                    await _single(running, keys[:half], make, tell)
                    keys = keys[half:]
                await _burst(running, keys, make, tell)
            else:
                await _single(running, keys, make, tell)
            for edit in rest:
                running.press(edit)
            if rest:
                await running.answered(time.monotonic(), running.asked.timeout_s)
        except ServerDied:
            tell(make("single", "died", None))
            raise
        except ServerError:
            tell(make("single", "error", None))
        remember(resident_mib(pid))
    running.close()


async def open_one(
    running: Session, opening: Opening, kind: Kind, tell: Callable[[Row], None]
) -> None:
    """A file opened by a warm server, as it is or with a slip."""
    text = opening.broken if kind == "broken" else opening.text
    assert text is not None, opening.id
    size = round(text.count("\n") + 1, -2)
    blank = Scenario(opening.language, size, opening.made, text, ())
    make = _of_edit(_rows_of(running.server, blank), EVERYWHERE, kind, opening.id)
    try:
        sent, found = await running.open(opening.language, text)
        settled = _ms(sent, await running.settled(sent, found))
        tell(_told(make, "open", sent, found, settled))
    except ServerDied:
        tell(make("open", "died", None))
        raise
    except ServerError:
        tell(make("open", "error", None))


Make = Callable[..., Row]


async def _single(
    running: Session, keys: Sequence[Edit], make: Make, tell: Callable[[Row], None]
) -> None:
    for i, key in enumerate(keys):
        sent = running.press(key)
        found = await running.answered(sent, running.asked.timeout_s)
        settled = None
        if i + 1 == len(keys):
            settled = _ms(sent, await running.settled(sent, found))
        tell(_told(make, "single", sent, found, settled))


async def _burst(
    running: Session, keys: Sequence[Edit], make: Make, tell: Callable[[Row], None]
) -> None:
    """All keys at their pace, each asked for as an editor does: the question before is taken back."""
    sent = 0.0
    for i, key in enumerate(keys):
        sent = running.press(key)
        if i + 1 == len(keys):
            break
        pending = _ask(running)
        await asyncio.sleep(running.asked.burst_ms / 1000)
        if pending is not None and not pending[1].done():
            running.client.notify("$/cancelRequest", {"id": pending[0]})
    found = await running.answered(sent, running.asked.timeout_s)
    settled = _ms(sent, await running.settled(sent, found))
    tell(_told(make, "burst", sent, found, settled))


def _ask(running: Session) -> tuple[int, asyncio.Future[Any]] | None:
    if not running.pulls:
        return None
    return running.client.send("textDocument/diagnostic", {"textDocument": {"uri": running.uri}})


async def _pausing(
    running: Session, keys: Sequence[Edit], make: Make, tell: Callable[[Row], None]
) -> None:
    """Keys at their pace, then a rest: from the end of the server's own pause to its answer.

    Told that the client cannot be asked to pull again, a server keeps its answer until the pause is over.
    """
    if not keys:
        return
    for key in keys[:-1]:
        running.press(key)
        await asyncio.sleep(running.asked.burst_ms / 1000)
    sent = running.press(keys[-1])
    pause_s = (running.server.pause_ms or 0) / 1000
    found = await running.answered(sent, running.asked.timeout_s + pause_s)
    tell(_told(make, "pause", sent + pause_s, found, None))


def _told(
    make: Make, mode: Mode, sent: float, found: Answered | None, settled_ms: float | None
) -> Row:
    if found is None:
        return make(mode, "timeout", None)
    return make(mode, "ok", _ms(sent, found.at_s), settled_ms, found.n)


def _ms(sent: float, at_s: float | None) -> float | None:
    return None if at_s is None else round(1000 * (at_s - sent), 3)


def _rows_of(server: Server, scenario: Scenario) -> Make:
    def make(
        position: str, kind: str, edit: str, mode: Mode, status: Status, ms: float | None,
        settled_ms: float | None = None, n: int | None = None,
    ) -> Row:  # fmt: skip
        return Row(
            server.name, scenario.language, scenario.n_lines, scenario.made, position, kind, mode,
            edit, status, ms, settled_ms, n,
        )  # fmt: skip

    return make


def _of_edit(make: Make, position: str, kind: str, edit: str) -> Make:
    def of_edit(mode: Mode, status: Status, *more: Any) -> Row:
        return make(position, kind, edit, mode, status, *more)

    return of_edit
