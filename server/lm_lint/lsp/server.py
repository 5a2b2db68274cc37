"""How the language server is made, started and ended."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from lm_lint.engine import Engine
from lm_lint.lsp import requests, sync
from lm_lint.lsp.channels import Channel, Connection, stdio, tcp_client, websocket_client
from lm_lint.lsp.logs import start_logging
from lm_lint.lsp.session import LintServer, Load
from lm_lint.settings import Settings
from lm_lint.text import Document


def create_server(settings: Settings | None = None, load: Load = Engine.load) -> LintServer:
    """A server that waits for its client; tests hand in an engine of their own."""
    server = LintServer(load, settings)
    sync.register(server)
    requests.register(server)
    return server


async def run(server: LintServer, channel: Channel) -> int:
    """Serve one client; the exit status."""
    loop = asyncio.get_running_loop()
    left: asyncio.Future[int] = loop.create_future()

    def leave(status: int) -> None:
        if not left.done():
            left.set_result(status)

    protocol = server.protocol
    protocol.on_exit = leave
    protocol.connection = Connection(channel, protocol.receive, protocol.plain)
    protocol.connection.start(loop)
    status = await left
    server.client_log.stop()
    is_idle = server.end()
    protocol.connection.close(timeout_s=2.0)
    if not is_idle:
        # A thread in the middle of torch cannot be ended in any other way.
        logging.shutdown()
        os._exit(status)
    return status


def serve(
    *,
    tcp: tuple[str, int] | None,
    ws: tuple[str, int] | None,
    log_file: Path | None,
    log_level: str,
    settings: Settings,
) -> int:
    """Serve one client and return the exit status: 0 after `shutdown` and `exit`, else 1."""
    start_logging(log_level, log_file)
    # The loop shares the interpreter with the worker: by default it would wait 5 ms each time.
    sys.setswitchinterval(0.001)
    Document.of("")  # loads numpy, now rather than while a text is opened
    channel = tcp_client(*tcp) if tcp else websocket_client(*ws) if ws else stdio()
    server = create_server(settings)
    return asyncio.run(run(server, channel))
