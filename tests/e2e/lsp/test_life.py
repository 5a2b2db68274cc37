"""How the server starts, fails and ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.lsp_client import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    REQUEST_FAILED,
    TIMEOUT_S,
    Client,
    Pipes,
    ServerError,
)
from tests.e2e.lsp.conftest import BROKEN, Connect

NOT_INITIALIZED, METHOD_NOT_FOUND, PARSE_ERROR = -32002, -32601, -32700


def refused(client: Client, method: str, params: Any = None) -> int:
    with pytest.raises(ServerError) as raised:
        client.request(method, params)
    code: int = raised.value.code
    return code


def status_of(client: Client) -> int:
    assert client.process
    return client.process.wait(TIMEOUT_S)


def test_every_request_is_answered_at_any_time(connect: Connect) -> None:
    client = connect(ready=False)
    assert isinstance(client.wire, Pipes)
    assert refused(client, "textDocument/hover", {}) == NOT_INITIALIZED
    client.notify("textDocument/didOpen", {})
    client.initialize({}, options={"enable": False})
    assert refused(client, "initialize", {"processId": None, "capabilities": {}}) == INVALID_REQUEST
    assert refused(client, "textDocument/hover", {"position": 1}) == INVALID_PARAMS
    assert refused(client, "no/such/method", {}) == METHOD_NOT_FOUND
    # A notification by its method, and a request by its number.
    assert (
        refused(client, "textDocument/didClose", {"textDocument": {"uri": "untitled:0"}}) == -32600
    )
    assert refused(client, "lmLint/surprisal", {"textDocument": 3}) == INVALID_PARAMS
    assert refused(client, "workspace/executeCommand", {"command": "no"}) == INVALID_PARAMS
    assert (
        refused(client, "workspace/executeCommand", {"command": "lmLint.fixAll"}) == INVALID_PARAMS
    )
    client.notify("no/such/notification", [1])
    client.notify("textDocument/didChange", {"textDocument": {}})
    client.wire.send(b"{")
    assert client.end_error(None) == PARSE_ERROR
    client.wire.send(b"[1, 2]")
    assert [client.end_error(None) for _ in range(2)] == [INVALID_REQUEST] * 2
    client.wire.send_raw(b"noise\r\ncontent-length: 9999999999\r\n\r\n\x00\xff\r\n")
    client.ping()
    client.request("shutdown")
    assert refused(client, "textDocument/hover", {}) == INVALID_REQUEST
    client.notify("exit")
    assert status_of(client) == 0


def test_exit_without_shutdown_is_status_1(connect: Connect) -> None:
    client = connect(ready=False)
    client.initialize({})
    client.notify("exit")
    assert status_of(client) == 1


def test_the_end_of_standard_input_is_the_end(connect: Connect) -> None:
    client = connect(ready=False)
    client.initialize({})
    client.wire.close()
    assert status_of(client) == 1


def test_the_server_ends_with_its_client(connect: Connect) -> None:
    """A client that is killed says nothing, and its pipes may be held open by others."""
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as editor:
        client = connect(ready=False)
        client.initialize({}, process_id=editor.pid)
        client.ping()
        editor.kill()
        editor.wait()
        assert status_of(client) == 1


@pytest.mark.released
def test_a_model_that_cannot_be_loaded_is_told_once(connect: Connect, tmp_path: Path) -> None:
    model = {"model": str(tmp_path / "nothing")}
    client = connect(settings=lambda scope: model | {"typing": {"pauseMs": 0}})
    assert client.statuses[-1]["state"] == "failed"
    shown = client.wait("window/showMessage")
    assert shown["type"] == 1
    assert "nothing" in shown["message"]
    text = client.open("untitled:a", BROKEN)
    assert client.published(text) == []
    client.edit(text, (0, 0, "int y;\n"))
    client.settled(text)
    assert (
        refused(client, "lmLint/surprisal", {"textDocument": {"uri": text.uri}}) == REQUEST_FAILED
    )
    # Once the setting is put right, everything is.
    del model["model"]
    client.settings = lambda scope: {"typing": {"pauseMs": 0}}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert len(client.published(text)) == 1
    assert client.statuses[-1]["state"] == "ready"
    client.closed(text)


def test_a_model_by_name(
    connect: Connect, tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The editor's word, then the project's; a name that no model has is told with those that there are."""
    monkeypatch.setenv("LM_LINT_MODELS_DIR", str(tmp_path / "models"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine").symlink_to(tiny_folder, target_is_directory=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "lm-lint.toml").write_text('model = "mine"\n')
    model = {"model": "yours"}
    client = connect(folders=[project.as_uri()], settings=lambda scope: model)
    assert client.statuses[-1]["state"] == "failed"
    shown = client.wait("window/showMessage")["message"]
    assert "there is no model of the name yours; there are small, mine." in shown
    model.clear()
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.wait_until(lambda: client.statuses[-1]["state"] == "ready")
    assert client.statuses[-1]["model"] == "mine"


@pytest.mark.released
def test_loading_is_shown_and_may_be_repeated(connect: Connect) -> None:
    client = connect()
    assert [status["state"] for status in client.statuses] == ["loading", "ready"]
    ready = client.statuses[-1]
    assert (ready["model"], ready["message"]) == ("small", None)
    client.wait_until(lambda: any(m["value"]["kind"] == "end" for m in client.progress))
    assert [m["value"]["kind"] for m in client.progress] == ["begin", "end"]
    text = client.open("untitled:a", BROKEN)
    assert len(client.published(text)) == 1
    assert client.request("workspace/executeCommand", {"command": "lmLint.restart"}) is None
    client.wait_until(lambda: [s["state"] for s in client.statuses].count("ready") == 2)
    client.edit(text, (0, 0, "int y;\n"))
    (found,) = client.published(text)
    assert found["range"]["start"]["line"] == 2
    client.closed(text)


@pytest.mark.released
def test_what_is_asked_while_the_model_loads_is_answered(connect: Connect) -> None:
    client = connect(ready=False)
    client.initialize()
    text = client.open("untitled:a", BROKEN)
    client.settled(text)
    tokens = client.begin("lmLint/surprisal", {"textDocument": {"uri": text.uri}})
    assert len(client.published(text)) == 1
    assert client.end(tokens)["version"] == 1
    client.closed(text)
