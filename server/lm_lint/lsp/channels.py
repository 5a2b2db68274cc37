"""Ways for messages to come and go: a pair of streams (standard input and output, a TCP connection) or a WebSocket.

Reading and writing block, so each is done on a thread of its own, and so is reading and writing JSON: the event loop
sees messages as Python objects only, and never waits for a client that does not read.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import queue
import re
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Protocol

log = logging.getLogger(__name__)

INTERNAL_ERROR = -32603
MAX_MESSAGE_BYTES = 256 * 2**20  # a length beyond this is noise, not a message

# Anchored at the end only: after a message that was longer than its header said, the next header follows its rest.
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,12})[ \t]*\r?\n\Z", re.IGNORECASE)


class Channel(Protocol):
    def receive(self) -> bytes | None:
        """The next message, without its header; None at the end."""
        ...

    def send(self, message: bytes) -> None: ...

    def close(self) -> None: ...


class StreamChannel:
    """Messages with the header of the base protocol; noise between them is skipped."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer

    def receive(self) -> bytes | None:
        length = None
        while line := self._reader.readline(65536):
            if found := _LENGTH.search(line):
                length = int(found[1])
            elif not line.strip() and length is not None:
                if length <= MAX_MESSAGE_BYTES:
                    break
                log.error("a message of %d bytes was announced; that is taken for noise", length)
                length = None
        if length is None or not line:
            return None
        body = self._reader.read(length)
        return body if len(body) == length else None

    def send(self, message: bytes) -> None:
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(message))
        self._writer.write(message)
        self._writer.flush()

    def close(self) -> None:
        # Closing a stream that another thread is reading would wait for that thread.
        try:
            self._writer.flush()
        except (OSError, ValueError):
            log.debug("the client took not everything", exc_info=True)


class SocketChannel(StreamChannel):
    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection.makefile("rb"), connection.makefile("wb"))
        self._connection = connection

    def close(self) -> None:
        super().close()
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            log.debug("the client closed the connection first")
        self._connection.close()


class WebSocketChannel:
    """One message a frame, without headers; `connection` is one of `websockets.sync`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def receive(self) -> bytes | None:
        from websockets.exceptions import ConnectionClosed

        try:
            message = self._connection.recv()
        except ConnectionClosed:
            return None
        return message.encode("utf-8", "replace") if isinstance(message, str) else bytes(message)

    def send(self, message: bytes) -> None:
        self._connection.send(message.decode("utf-8"))

    def close(self) -> None:
        self._connection.close()


def stdio() -> Channel:
    """Our standard streams; whatever else writes to standard output writes to standard error from now on."""
    channel = StreamChannel(
        os.fdopen(os.dup(sys.stdin.fileno()), "rb"), os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    )
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return channel


def tcp_client(host: str, port: int) -> Channel:
    """Waits for one client."""
    with socket.create_server((host, port)) as listening:
        log.info("listening on %s:%d", *listening.getsockname()[:2])
        connection, peer = listening.accept()
    log.info("serving %s", peer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return SocketChannel(connection)


def websocket_client(host: str, port: int) -> Channel:
    """Waits for one client; others are turned away."""
    from websockets.sync.server import ServerConnection, serve

    found: queue.Queue[ServerConnection] = queue.Queue(maxsize=1)

    def handle(connection: ServerConnection) -> None:
        # The connection is closed when this function returns.
        try:
            found.put_nowait(connection)
        except queue.Full:
            return
        threading.Event().wait()

    listening = serve(handle, host, port, max_size=MAX_MESSAGE_BYTES)
    log.info("listening on %s:%d", *listening.socket.getsockname()[:2])
    threading.Thread(target=listening.serve_forever, name="lm-lint listener", daemon=True).start()
    client = found.get()
    # The queue stays full, so that it is the only one.
    found.put(client)
    return WebSocketChannel(client)


class Connection:
    """A channel as the event loop sees it.

    received  called on the loop with each message as a Python object, a ValueError for one that is no JSON,
              and EOFError when no more will come
    default   makes plain data of objects that JSON does not know
    """

    def __init__(
        self,
        channel: Channel,
        received: Callable[[object], None],
        default: Callable[[Any], Any],
    ) -> None:
        self._channel = channel
        self._received = received
        self._default = default
        self._outgoing: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="lm-lint writer", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._writer.start()
        threading.Thread(
            target=self._read, args=(loop,), name="lm-lint reader", daemon=True
        ).start()

    def send(self, message: object) -> None:
        """Queue a message; nobody may change it any more."""
        self._outgoing.put(message)

    def close(self, timeout_s: float) -> None:
        """Write what is queued, then close; a client that does not read is given up."""
        self._outgoing.put(None)
        self._writer.join(timeout_s)

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        message: object = None
        while not isinstance(message, EOFError):
            try:
                body = self._channel.receive()
                message = EOFError() if body is None else json.loads(body)
            except (OSError, EOFError):
                message = EOFError()
            except (
                ValueError,
                RecursionError,
            ) as error:  # no UTF-8, no JSON, or nested beyond sense
                message = ValueError(str(error))
            try:
                loop.call_soon_threadsafe(self._received, message)
            except RuntimeError:  # the loop is closed
                return

    def _write(self) -> None:
        is_open = True
        while (message := self._outgoing.get()) is not None:
            if not is_open or (body := self._body(message)) is None:
                continue
            try:
                self._channel.send(body)
            except Exception as error:
                is_open = not _is_lost(error)
                log.log(
                    logging.ERROR if is_open else logging.DEBUG,
                    "a message could not be sent",
                    exc_info=True,
                )
        try:
            self._channel.close()
        except Exception:
            log.debug("the channel could not be closed", exc_info=True)

    def _body(self, message: object) -> bytes | None:
        """A message as JSON. One that cannot be written is a mistake of ours; whoever waits for it is told so."""
        try:
            return self._json(message)
        except Exception:
            log.exception("a message could not be written")
        message_id = getattr(message, "id", None)
        if message_id is None or hasattr(message, "method"):
            return None
        error = {"code": INTERNAL_ERROR, "message": "the answer could not be written"}
        return self._json({"jsonrpc": "2.0", "id": message_id, "error": error})

    def _json(self, message: object) -> bytes:
        return json.dumps(message, default=self._default, allow_nan=False).encode()


def _is_lost(error: Exception) -> bool:
    """Is it the channel that fails, and not the message?"""
    return isinstance(error, OSError) or type(error).__module__.startswith("websockets")
