"""When documents are handed to the worker, and when its answer is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from lm_lint.lsp.buffers import Buffer
from lm_lint.lsp.checks import Checks
from lm_lint.lsp.publishing import Reports
from lm_lint.server_settings import ServerSettings
from lm_lint.text import Document, Edit

WAIT_S = 30.0


@dataclass
class Noted:
    """A worker that only notes what it is asked for."""

    checked: list[Any] = field(default_factory=list)
    twice: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, snapshot: Any, edits: Any = None) -> None:
        pass

    def drop(self, uri: str) -> None:
        pass

    def check(self, uri: str, typed: Any = None) -> None:
        self.checked.append(typed)
        if len(self.checked) == 3:
            self.twice.set()


def opened(pause_ms: int) -> tuple[Noted, Checks, Buffer]:
    settings, problems = ServerSettings.parse({"typing": {"pauseMs": pause_ms}})
    assert not problems
    worker = Noted()
    checks = Checks(worker, Reports(None))  # type: ignore[arg-type]
    buffer = Buffer("a.c", "c", "c", 1, Document.of("int a;\n"), settings, "utf-16")
    checks.watch(buffer)
    edit = Edit(4, 5, "b")
    buffer.apply(edit)
    checks.edited(buffer, [edit])
    return worker, checks, buffer


async def test_the_look_begins_before_the_pause_ends() -> None:
    worker, checks, buffer = opened(pause_ms=40)
    assert worker.checked == [None, buffer.typed]
    told: list[float] = []
    loop = asyncio.get_running_loop()
    before = loop.time()
    await asyncio.wait_for(worker.twice.wait(), WAIT_S)
    assert worker.checked == [None, buffer.typed, None]
    over = asyncio.Event()

    def tell() -> None:
        told.append(loop.time() - before)
        over.set()

    if checks.keep_back(buffer.uri, tell):  # else the machine is so slow that the pause is over
        await asyncio.wait_for(over.wait(), WAIT_S)
        assert told[0] > 0.035
    assert len(worker.checked) == 3
    assert not checks.keep_back(buffer.uri, tell)


async def test_saving_tells_what_was_kept_back() -> None:
    worker, checks, buffer = opened(pause_ms=60_000)
    told: list[str] = []
    assert checks.keep_back(buffer.uri, lambda: told.append("found"))
    assert told == []
    checks.saved(buffer.uri)
    assert told == ["found"]
    assert len(worker.checked) == 2
    checks.saved(buffer.uri)
    assert told == ["found"]


async def test_saving_has_everything_looked_at_if_that_has_not_begun() -> None:
    worker, checks, buffer = opened(pause_ms=60_000)
    checks.saved(buffer.uri)
    assert worker.checked == [None, buffer.typed, None]


@pytest.mark.parametrize("what", ["edited", "watched", "unwatched"])
async def test_what_was_kept_back_is_of_no_use_any_more(what: str) -> None:
    _, checks, buffer = opened(pause_ms=60_000)
    told: list[str] = []
    checks.keep_back(buffer.uri, lambda: told.append("found"))
    if what == "edited":
        checks.edited(buffer, [Edit(0, 0, " ")])
    elif what == "watched":
        checks.watch(buffer)
    else:
        checks.unwatch(buffer.uri)
    checks.saved(buffer.uri)
    assert told == []


async def test_without_a_pause_everything_is_told_at_once() -> None:
    worker, checks, buffer = opened(pause_ms=0)
    assert worker.checked == [None, None]
    assert not checks.keep_back(buffer.uri, lambda: None)
