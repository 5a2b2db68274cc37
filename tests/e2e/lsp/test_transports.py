"""The server over TCP and WebSocket, and its log file."""

from __future__ import annotations

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from bench.lsp_client import Client, Pipes, start


class Socket:
    """One message a frame."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def send(self, message: bytes) -> None:
        self._connection.send(message.decode())

    def receive(self) -> bytes | None:
        try:
            return str(self._connection.recv()).encode()
        except ConnectionClosed:
            return None

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(params=["tcp", "ws"])
def listening(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes], int]]:
    """The kind of transport, the server, and the port that it says it listens on."""
    other = {"tcp": "ws", "ws": "tcp"}[request.param]
    program = (
        "from pathlib import Path; from lm_lint.lsp.server import serve; "
        "from lm_lint.settings import Settings; "
        f"raise SystemExit(serve({request.param}=('127.0.0.1', 0), {other}=None, "
        f"log_file=Path({str(tmp_path / 'log')!r}), log_level='info', settings=Settings()))"
    )
    process = start(["-c", program], stderr=subprocess.PIPE)
    assert process.stderr
    for line in process.stderr:
        if match := re.search(rb"listening on 127\.0\.0\.1:(\d+)", line):
            yield request.param, process, int(match[1])
            break
    process.kill()
    process.communicate()
    assert "listening on" in (tmp_path / "log").read_text()


def test_a_session(listening: tuple[str, subprocess.Popen[bytes], int]) -> None:
    kind, process, port = listening
    if kind == "ws":
        with connect(f"ws://127.0.0.1:{port}", proxy=None) as websocket:
            play(Client(Socket(websocket), process))
    else:
        connection = socket.create_connection(("127.0.0.1", port))
        client = Client(Pipes(connection.makefile("rb"), connection.makefile("wb")), process)
        connection.close()  # the streams keep it open
        play(client)


def play(client: Client) -> None:
    client.initialize(options={"enable": False})
    client.wait_until(lambda: client.asked)
    text = client.open("file:///a.c", "int \U0001f600;\n", "latex")
    client.edit(text, (5, 5, "b"))
    assert client.text_at_server(text.uri)["text"] == "int \U0001f600b;\n"
    assert client.finish() == 0
