"""Diagnostics that are pushed: with their version, without flicker, and with a pause while somebody types."""

from __future__ import annotations

import pytest

from bench.lsp_client import Client
from tests.e2e.lsp.conftest import BROKEN, CLEAN, Connect

pytestmark = pytest.mark.released


def test_a_finding_has_all_that_an_editor_shows(client: Client) -> None:
    text = client.open("untitled:all", BROKEN)
    (found,) = client.published(text)
    assert found["message"] == "`)` expected before `;`"
    assert (found["code"], found["severity"], found["source"]) == ("missing-token", 1, "lm-lint")
    where = client.range(BROKEN, BROKEN.index(";"), BROKEN.index(";"))
    assert found["range"] == where
    assert found["codeDescription"]["href"].endswith("docs/codes.md#missing-token")
    assert found["data"]["repairs"][0]["newText"] == ")"
    assert found["data"]["version"] == 1


def test_clean_text_says_so_once(client: Client) -> None:
    text = client.open("untitled:clean", CLEAN)
    assert client.published(text) == []
    client.edit(text, (0, 0, "int y;\n"))
    client.settled(text)
    client.edit(text, (0, 0, "int z;\n"))
    client.settled(text)
    assert not client.unread


def test_what_did_not_change_is_not_sent_again(client: Client) -> None:
    text = client.open("untitled:same", BROKEN)
    (found,) = client.published(text)
    end = len(text.text)
    client.edit(text, (end, end, "int y;\n"))
    client.settled(text)
    assert not client.unread
    client.edit(text, (0, 0, "int z;\n"))
    (moved,) = client.published(text)
    assert moved["range"]["start"]["line"] == found["range"]["start"]["line"] + 1


def test_a_squiggle_that_was_edited_is_sent_again(client: Client) -> None:
    """Taken out and put back in one change: the client may have lost it."""
    text = client.open("untitled:touched", BROKEN)
    (found,) = client.published(text)
    at = BROKEN.index("add(1, 2;")
    client.edit(text, (at, at + 9, ""), (at, at, "add(1, 2;"))
    (again,) = client.published(text)
    assert again["range"] == found["range"]


def test_a_repair_clears_its_finding(client: Client) -> None:
    text = client.open("untitled:repaired", BROKEN)
    client.published(text)
    at = BROKEN.index(";")
    client.edit(text, (at, at, ")"))
    assert text.text == CLEAN
    assert client.published(text) == []


def test_what_is_being_typed_is_left_alone_until_it_is_saved(connect: Connect) -> None:
    """A pause that never ends shows that nothing is said before it ends."""
    client = connect(settings=lambda scope: {"typing": {"pauseMs": 60_000}})
    text = client.open("untitled:typed", CLEAN)
    assert client.published(text) == []
    at = CLEAN.index(")", CLEAN.index("add(1, 2"))
    client.edit(text, (at, at + 1, ""))
    client.settled(text)
    assert not client.unread
    client.notify("textDocument/didSave", {"textDocument": {"uri": text.uri}})
    (found,) = client.published(text)
    assert found["code"] == "missing-token"
    # Elsewhere it stays, and moves with the text.
    client.edit(text, (0, 0, "int"))
    client.edit(text, (3, 3, " y;\n"))
    client.settled(text)
    lists = [m["params"] for m in client.unread]
    for _ in lists:
        client.wait("textDocument/publishDiagnostics")
    assert lists[-1]["version"] == text.version
    (moved,) = lists[-1]["diagnostics"]
    assert moved["range"]["start"]["line"] == 2
    client.closed(text)


def test_after_the_pause_everything_is_looked_at(connect: Connect) -> None:
    client = connect(settings=lambda scope: {"typing": {"pauseMs": 20}})
    text = client.open("untitled:paused", CLEAN)
    assert client.published(text) == []
    at = CLEAN.index(")", CLEAN.index("add(1, 2"))
    client.edit(text, (at, at + 1, ""))
    (found,) = client.published(text)
    assert found["code"] == "missing-token"
    client.closed(text)


def test_twenty_documents_at_once_are_all_served(client: Client) -> None:
    texts = [client.open(f"untitled:many-{idx}", f"int y{idx};\n" + BROKEN) for idx in range(20)]
    for text in texts:
        assert len(client.published(text)) == 1


def test_the_newest_version_wins(client: Client) -> None:
    text = client.open("untitled:fast", BROKEN)
    client.published(text)
    for idx in range(30):
        client.edit(text, (0, 0, f"int y{idx};\n"))
    client.settled(text)
    versions = [m["params"]["version"] for m in client.unread]
    assert versions == sorted(set(versions))
    assert versions[-1] == text.version
    for _ in versions:
        client.wait("textDocument/publishDiagnostics")
