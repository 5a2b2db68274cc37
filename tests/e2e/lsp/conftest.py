"""The real server as a process, and a client that forgives nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.lsp_client import FULL, Client, Pipes, start

BROKEN = "int main(void) {\n    int x = add(1, 2;\n    return 0;\n}\n"
CLEAN = "int main(void) {\n    int x = add(1, 2);\n    return 0;\n}\n"

Connect = Callable[..., Client]


def connected(**options: Any) -> Client:
    """A client whose server is starting. Options: those of `Client`, and `arguments` of the process."""
    process = start(options.pop("arguments", ("-m", "lm_lint.lsp")))
    assert process.stdin
    assert process.stdout
    return Client(Pipes(process.stdout, process.stdin), process, **options)


def begun(
    capabilities: Any = FULL, folders: Any = (), options: Any = None, **others: Any
) -> Client:
    """A client whose server has its model."""
    client = connected(**others)
    try:
        client.initialize(capabilities, folders, options)
        client.until_ready()
    except BaseException:
        client.kill()
        raise
    return client


@pytest.fixture(scope="module")
def shared() -> Iterator[Client]:
    """One server for a file of tests; each uses documents of its own, and reads what it caused."""
    client = begun()
    yield client
    try:
        assert client.finish() == 0
    finally:
        client.kill()


@pytest.fixture
def client(shared: Client) -> Iterator[Client]:
    """The shared server, with nothing unread before and after, and all documents closed."""
    yield shared
    for text in list(shared.texts.values()):
        if shared.is_checked(text):
            shared.closed(text)
        else:
            shared.close(text)
    shared.ping()
    assert not shared.unread


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Servers of a test's own; `finish` is called by the test, or here."""
    clients: list[Client] = []

    def make(ready: bool = True, **options: Any) -> Client:
        client = begun(**options) if ready else connected(**options)
        clients.append(client)
        return client

    yield make
    for client in clients:
        try:
            if client.process and client.process.poll() is None:
                assert client.finish() == 0
        finally:
            client.kill()
