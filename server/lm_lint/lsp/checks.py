"""When what is checked: at once where nobody types, where somebody does after a pause.

Lives on the event loop. After a change the place being typed is left alone; once nothing has changed for a while,
everything is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from lm_lint.lsp.buffers import Buffer
from lm_lint.lsp.publishing import Reports
from lm_lint.lsp.worker import Worker
from lm_lint.text import Edit


class Checks:
    """Hands documents to the worker; what is watched has a report."""

    def __init__(self, worker: Worker, reports: Reports) -> None:
        self._worker = worker
        self._reports = reports
        self._pauses: dict[str, asyncio.TimerHandle] = {}

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
            loop = asyncio.get_running_loop()
            self._pauses[buffer.uri] = loop.call_later(pause_ms / 1000, self._look, buffer.uri)
        else:
            self._worker.check(buffer.uri)

    def saved(self, uri: str) -> None:
        """Whoever saves has finished typing."""
        if uri in self._pauses:
            self._end_pause(uri)
            self._worker.check(uri)

    def _look(self, uri: str) -> None:
        self._end_pause(uri)
        self._worker.check(uri)

    def _end_pause(self, uri: str) -> None:
        if pause := self._pauses.pop(uri, None):
            pause.cancel()
