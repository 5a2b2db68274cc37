"""Where the server's log goes: standard error, a file, and the client's own log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path

from lsprotocol import types

from lm_lint.lsp.protocol import Quiet

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_TYPES = (
    (logging.ERROR, types.MessageType.Error),
    (logging.WARNING, types.MessageType.Warning),
    (logging.INFO, types.MessageType.Info),
)
PACKAGE = "lm_lint"


def start_logging(level: str, file: Path | None) -> None:
    """Raises OSError where the file cannot be written."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if file is not None:
        handlers.append(logging.FileHandler(file, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        handler.addFilter(Quiet())
        logging.getLogger().addHandler(handler)
    # pygls writes every message to its log, which costs time.
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger(PACKAGE).setLevel(level.upper())


class ClientLog(logging.Handler):
    """What our own modules log, as `window/logMessage`."""

    def __init__(self, send: Callable[[types.LogMessageParams], None]) -> None:
        super().__init__()
        self._send = send
        self.addFilter(Quiet())

    def start(self, level: str) -> None:
        self.level_of(level)
        logging.getLogger(PACKAGE).addHandler(self)

    def stop(self) -> None:
        logging.getLogger(PACKAGE).removeHandler(self)

    def level_of(self, level: str) -> None:
        """From which level on the client is told; the logger lets through what any of the logs wants."""
        self.setLevel(level.upper())
        logger = logging.getLogger(PACKAGE)
        logger.setLevel(min(self.level, logger.getEffectiveLevel()))

    def emit(self, record: logging.LogRecord) -> None:
        kind = next(
            (kind for level, kind in _TYPES if record.levelno >= level), types.MessageType.Log
        )
        self._send(types.LogMessageParams(kind, self.format(record)))
