"""What goes over the wire, and what becomes of a message that cannot."""

from __future__ import annotations

import json
import queue
from types import SimpleNamespace
from typing import Any

import pytest

from lm_lint.lsp.channels import INTERNAL_ERROR, Connection


class Taken:
    """A channel that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: queue.Queue[Any] = queue.Queue()

    def receive(self) -> bytes | None:
        return None

    def send(self, message: bytes) -> None:
        self.sent.put(json.loads(message))

    def close(self) -> None:
        self.sent.put("closed")


@pytest.fixture
def channel() -> Taken:
    return Taken()


def send(channel: Taken, *messages: object) -> list[Any]:
    """What arrives of these messages."""
    connection = Connection(channel, lambda message: None, vars)
    connection._writer.start()
    for message in messages:
        connection.send(message)
    connection.close(timeout_s=60)
    return list(channel.sent.queue)


def test_an_answer_that_is_no_json_is_an_error(channel: Taken) -> None:
    answer = SimpleNamespace(jsonrpc="2.0", id=7, result=float("nan"))
    error = {"code": INTERNAL_ERROR, "message": "the answer could not be written"}
    expected = {"jsonrpc": "2.0", "id": 7, "error": error}
    assert send(channel, answer) == [expected, "closed"]


def test_a_notification_that_is_no_json_is_left_out(channel: Taken) -> None:
    odd = SimpleNamespace(jsonrpc="2.0", method="x", params={1, 2}, id=None)
    request = SimpleNamespace(jsonrpc="2.0", id=7, method="x", params=object())
    plain = {"jsonrpc": "2.0", "method": "y"}
    assert send(channel, odd, request, plain) == [plain, "closed"]
