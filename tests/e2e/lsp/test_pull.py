"""Diagnostics for clients that ask: result ids, refreshing, the files of the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.lsp_client import CANCELLED, FULL, PULLING, Client, ServerError, Text
from tests.e2e.lsp.conftest import BROKEN, CLEAN, Connect

pytestmark = pytest.mark.released
METHOD_NOT_FOUND = -32601


def pull(client: Client, text: Text, previous: str | None = None) -> dict[str, Any]:
    params = {"textDocument": {"uri": text.uri}, "previousResultId": previous}
    result: dict[str, Any] = client.request("textDocument/diagnostic", params)
    return result


def refreshes(client: Client) -> int:
    return sum(m["method"] == "workspace/diagnostic/refresh" for m in client.asked)


def progress_of(client: Client, token: str) -> list[str]:
    return [m["value"]["kind"] for m in client.progress if m["token"] == token]


def known_of(items: dict[str, Any]) -> list[Any]:
    return [{"uri": item["uri"], "value": item["resultId"]} for item in items.values()]


def test_results_have_ids_and_are_not_repeated(connect: Connect) -> None:
    client = connect(capabilities=PULLING)
    assert client.capabilities["diagnosticProvider"]["identifier"] == "lm-lint"
    text = client.open("file:///pulled.c", BROKEN)
    first = pull(client, text)
    assert first["kind"] == "full"
    assert [item["code"] for item in first["items"]] == ["missing-token"]
    again = pull(client, text, first["resultId"])
    assert again == {"kind": "unchanged", "resultId": first["resultId"]}
    end = len(text.text)
    client.edit(text, (end, end, "int y;\n"))
    assert pull(client, text, first["resultId"])["kind"] == "unchanged"
    client.edit(text, (0, 0, "int z;\n"))
    moved = pull(client, text, first["resultId"])
    assert moved["items"][0]["range"]["start"]["line"] == 2
    client.close(text)
    assert pull(client, text, moved["resultId"])["items"] == []
    # Other languages have no findings, and that is no error.
    other = client.open("file:///a.tex", "\\begin{x}", "latex")
    assert pull(client, other)["items"] == []
    client.close(other)


def test_what_the_pause_brings_is_announced(connect: Connect) -> None:
    client = connect(capabilities=PULLING, settings=lambda scope: {"typing": {"pauseMs": 200}})
    text = client.open("file:///typed.c", CLEAN)
    first = pull(client, text)
    assert first["items"] == []
    before = refreshes(client)
    at = CLEAN.index(")", CLEAN.index("add(1, 2"))
    client.edit(text, (at, at + 1, ""))
    while_typing = pull(client, text, first["resultId"])
    if while_typing["kind"] == "unchanged":  # else the machine is so slow that the pause is over
        client.wait_until(lambda: refreshes(client) > before)
        while_typing = pull(client, text, first["resultId"])
    assert [item["code"] for item in while_typing["items"]] == ["missing-token"]


def test_a_client_that_cannot_be_told_waits_for_the_pause(connect: Connect) -> None:
    capabilities = PULLING | {"workspace": FULL["workspace"]}
    settings: Any = {"typing": {"pauseMs": 50}}
    client = connect(capabilities=capabilities, settings=lambda scope: settings)
    text = client.open("file:///typed.c", CLEAN)
    assert pull(client, text)["items"] == []
    at = CLEAN.index(")", CLEAN.index("add(1, 2"))
    client.edit(text, (at, at + 1, ""))
    assert [item["code"] for item in pull(client, text)["items"]] == ["missing-token"]


def test_push_can_be_chosen(connect: Connect) -> None:
    client = connect(capabilities=PULLING, options={"diagnostics": {"mode": "push"}})
    assert "diagnosticProvider" not in client.capabilities
    text = client.open("file:///pushed.c", BROKEN)
    assert len(client.published(text)) == 1
    client.closed(text)


def test_files_of_the_workspace(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "sub" / "broken.c").write_text(BROKEN)
    (tmp_path / "clean.c").write_text(CLEAN)
    (tmp_path / "left.c").write_text(BROKEN)
    (tmp_path / "node_modules" / "other.c").write_text(BROKEN)
    (tmp_path / "notes.txt").write_text(BROKEN)
    settings: Any = {"diagnostics": {"workspace": True}, "exclude": ["left.*"]}
    client = connect(
        capabilities=PULLING,
        folders=[tmp_path.as_uri()],
        options=settings,
        settings=lambda scope: settings,
    )
    assert client.capabilities["diagnosticProvider"]["workspaceDiagnostics"] is True
    opened = client.open((tmp_path / "open.c").as_uri(), BROKEN)

    def began(known: list[Any], **more: Any) -> int:
        return client.begin("workspace/diagnostic", {"previousResultIds": known, **more})

    def asked(known: list[Any], **more: Any) -> Any:
        return client.end(began(known, **more))

    def waits(known: list[Any], token: str) -> int | None:
        """A question whose answer waits, the files having been looked at; None if there is one."""
        number = began(known, workDoneToken=token)
        client.wait_until(lambda: progress_of(client, token)[-1:] == ["end"])
        client.ping()
        return None if any(message.get("id") == number for message in client.unread) else number

    items = {Path(item["uri"]).name: item for item in asked([])["items"]}
    assert set(items) == {"broken.c", "clean.c"}
    assert [one["code"] for one in items["broken.c"]["items"]] == ["missing-token"]
    assert items["clean.c"]["items"] == []

    # In parts, with a progress bar.
    result = asked([], partialResultToken="part", workDoneToken="bar")
    assert result["items"] == []
    parts = [m["value"] for m in client.progress if m["token"] == "part"]
    assert sorted(Path(part["items"][0]["uri"]).name for part in parts) == ["broken.c", "clean.c"]
    kinds = progress_of(client, "bar")
    assert (kinds[0], kinds[-1]) == ("begin", "end")

    # Once nothing is new the answer waits until something may be.
    number = waits(known_of(items), "first")
    assert number is not None
    (tmp_path / "clean.c").write_text(BROKEN)
    (tmp_path / "sub" / "broken.c").unlink()
    client.notify("workspace/didChangeWatchedFiles", {"changes": []})
    news = {Path(item["uri"]).name: item for item in client.end(number)["items"]}
    assert [one["code"] for one in news["clean.c"]["items"]] == ["missing-token"]
    assert news["broken.c"]["items"] == []
    assert progress_of(client, "first").count("end") == 1

    # Neovim asks at every refresh, also while a question waits: the newest one takes its place.
    known = known_of({"clean.c": news["clean.c"]})
    older = [waits(known, "second"), began(known)]
    number = waits(known, "third")
    assert number is not None
    for each in older:
        assert each is not None
        assert {item["kind"] for item in client.end(each)["items"]} == {"unchanged"}
    assert not client.unread
    client.notify("$/cancelRequest", {"id": number})
    with pytest.raises(ServerError) as raised:
        client.end(number)
    assert raised.value.code == CANCELLED
    client.close(opened)


def test_the_workspace_is_left_alone_unless_wanted(connect: Connect, tmp_path: Path) -> None:
    """Neovim up to 0.12.4 does not ask again for what is open where something for the workspace is announced."""
    (tmp_path / "broken.c").write_text(BROKEN)
    client = connect(capabilities=PULLING, folders=[tmp_path.as_uri()])
    assert client.capabilities["diagnosticProvider"]["workspaceDiagnostics"] is False
    with pytest.raises(ServerError) as raised:
        client.request("workspace/diagnostic", {"previousResultIds": []})
    assert raised.value.code == METHOD_NOT_FOUND
