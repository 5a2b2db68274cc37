"""Whether the model is there and at work: told to the client by `lmLint/status` and by a progress bar."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types

if TYPE_CHECKING:
    from pygls.progress import Progress

log = logging.getLogger(__name__)

METHOD = "lmLint/status"
BUSY_AFTER_S = 0.3  # work that is done sooner is not worth a word


@dataclass(frozen=True)
class Status:
    """message: why there is no model, as a sentence."""

    state: Literal["loading", "ready", "failed"] = "loading"
    model: str | None = None
    device: str | None = None
    busy: bool = False
    message: str | None = None


class StatusTeller:
    """Tells every change of the status, once; lives on the event loop."""

    def __init__(self, notify: Callable[[str, dict[str, Any]], None]) -> None:
        self._notify = notify
        self._busy_soon: asyncio.TimerHandle | None = None
        self._told: Status | None = None
        self.status = Status()

    def loading(self) -> None:
        self._become(Status())

    def ready(self, model: str, device: str) -> None:
        self._become(Status("ready", model, device, self.status.busy))

    def failed(self, message: str) -> None:
        self._become(Status("failed", message=message))

    def working(self, is_busy: bool) -> None:
        if self._busy_soon is not None:
            self._busy_soon.cancel()
            self._busy_soon = None
        if is_busy:
            loop = asyncio.get_running_loop()
            self._busy_soon = loop.call_later(BUSY_AFTER_S, self._be_busy)
        else:
            self._become(replace(self.status, busy=False))

    def _be_busy(self) -> None:
        self._become(replace(self.status, busy=True))

    def _become(self, status: Status) -> None:
        self.status = status
        if status != self._told:
            self._told = status
            self._notify(METHOD, asdict(status))


class ProgressBar:
    """One progress bar that the server starts, for clients that have some; `end` may come at any time."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = title
        self._token = str(uuid.uuid4())
        self._is_shown = False
        self._is_over = False

    async def show(self) -> None:
        try:
            await self._progress.create_async(self._token)
        except Exception as error:  # whatever the client says, work goes on
            log.debug("no progress bar: %s", error)
            return
        if not self._is_over:
            self._is_shown = True
            begin = types.WorkDoneProgressBegin(title=self._title, cancellable=False)
            self._progress.begin(self._token, begin)

    def end(self, message: str) -> None:
        if self._is_shown and not self._is_over:
            self._progress.end(self._token, types.WorkDoneProgressEnd(message=message))
        self._is_over = True
        self._progress.tokens.pop(self._token, None)
