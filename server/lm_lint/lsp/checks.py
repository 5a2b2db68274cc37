"""When what is checked: at once where nobody types, where somebody does after a pause.

Lives on the event loop. After a change the place being typed is left alone; once nothing has changed for a while,
everything is looked at. That look begins a little before the pause ends, so that its result is there by then; until
then it is kept back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lm_lint.lsp.buffers import Buffer
from lm_lint.lsp.publishing import Reports
from lm_lint.lsp.worker import Worker
from lm_lint.text import Edit

HEAD_START_MS = 250  # about what a slip costs on two cores


@dataclass
class _Pause:
    """What follows an edit, until the next one.

    timer     for the beginning of the look, then for the end of the pause
    has_begun the look
    result    tells what came of it
    """

    timer: asyncio.TimerHandle
    has_begun: bool = False
    result: Callable[[], None] | None = None


class Checks:
    """Hands documents to the worker; what is watched has a report."""

    def __init__(self, worker: Worker, reports: Reports) -> None:
        self._worker = worker
        self._reports = reports
        self._pauses: dict[str, _Pause] = {}

    def watch(self, buffer: Buffer) -> None:
        """A document that was opened, or is to be looked at anew, with other settings perhaps."""
        self._end_pause(buffer.uri)
        self._reports.opened(buffer.uri)
        self._worker.put(buffer.freeze())
        self._worker.check(buffer.uri)

    def unwatch(self, uri: str) -> None:
        """A document that was closed, or is not to be checked any more."""
        self._end_pause(uri)
        self._worker.drop(uri)
        self._reports.closed(uri)

    def edited(self, buffer: Buffer, edits: Sequence[Edit]) -> None:
        self._end_pause(buffer.uri)
        self._reports.edited(buffer.uri, edits)
        self._worker.put(buffer.freeze(), edits)
        pause_ms = buffer.settings.typing.pause_ms
        if pause_ms:
            self._worker.check(buffer.uri, buffer.typed)
            # Not at once: what changes no more is to be told first.
            before_ms = max(pause_ms - HEAD_START_MS, pause_ms // 2)
            timer = self._after(before_ms, self._begin_look, buffer.uri, pause_ms - before_ms)
            self._pauses[buffer.uri] = _Pause(timer)
        else:
            self._worker.check(buffer.uri)

    def saved(self, uri: str) -> None:
        """Whoever saves has finished typing."""
        self._end_pause(uri, look=True)

    def keep_back(self, uri: str, tell: Callable[[], None]) -> bool:
        """Tell what was found everywhere once the pause ends; False where there is none."""
        pause = self._pauses.get(uri)
        if pause is None:
            return False
        pause.result = tell
        return True

    def _begin_look(self, uri: str, left_ms: int) -> None:
        pause = self._pauses[uri]
        pause.has_begun = True
        pause.timer = self._after(left_ms, self._end_pause, uri, True)
        self._worker.check(uri)

    def _end_pause(self, uri: str, look: bool = False) -> None:
        """look: everything is to be looked at now, else something else has come between."""
        pause = self._pauses.pop(uri, None)
        if pause is None:
            return
        pause.timer.cancel()
        if look and pause.result is not None:
            pause.result()
        elif look and not pause.has_begun:
            self._worker.check(uri)

    def _after(self, ms: int, what: Callable[..., None], *arguments: object) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(ms / 1000, what, *arguments)
