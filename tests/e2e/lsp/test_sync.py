"""The server's text is the client's, whatever is typed and however columns are counted."""

from __future__ import annotations

import pytest

from bench.lsp_client import FULL, REQUEST_FAILED, Client, ServerError
from tests.e2e.lsp.conftest import BROKEN, Connect

pytestmark = pytest.mark.released

ODD = (
    "/* \U0001f600 e\u0301 */ int a;\r\nint b;\x0c int c;\r\rint d; /* \u2028 */ int e;\nlast line"
)


def agree(client: Client, uri: str) -> None:
    there = client.text_at_server(uri)
    here = client.texts[uri]
    assert (there["text"], there["version"]) == (here.text, here.version)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_edits_land_where_the_client_means_them(connect: Connect, encoding: str) -> None:
    capabilities = FULL | {"general": {"positionEncodings": [encoding, "utf-16"]}}
    client = connect(ready=False, settings=lambda scope: None)
    result = client.initialize(capabilities, options={"enable": False})
    assert result["capabilities"]["positionEncoding"] == encoding
    text = client.open("file:///odd.c", ODD)
    agree(client, text.uri)
    for offset in range(0, len(ODD), 3):
        at = offset if text.text[offset : offset + 1] != "\n" else offset + 1
        client.edit(text, (at, at, "\U0001f600;"), (at + 1, at + 2, "é\r\n"))
        agree(client, text.uri)
    end = len(text.text)
    client.edit(text, (end, end, "\x0c and more"), (end + 1, end + 1, "\n"))
    agree(client, text.uri)


def test_utf_16_is_what_silent_clients_mean(connect: Connect) -> None:
    client = connect(ready=False)
    assert client.initialize({})["capabilities"]["positionEncoding"] == "utf-16"
    client.until_ready()


def test_positions_outside_the_text_are_its_nearest_place(client: Client) -> None:
    text = client.open("untitled:outside", "int a;\nint b;")
    client.published(text)
    far = {"line": 99, "character": 99}
    client.change(text, [{"range": {"start": far, "end": far}, "text": "\n"}])
    past_end = {"line": 0, "character": 99}
    before_end = {"line": 0, "character": 3}
    client.change(text, [{"range": {"start": past_end, "end": before_end}, "text": " x;"}])
    assert client.text_at_server(text.uri)["text"] == "int x;\nint b;\n"
    client.settled(text)


def test_the_whole_text_and_parts_of_it_may_change_at_once(client: Client) -> None:
    text = client.open("untitled:several", BROKEN)
    assert len(client.published(text)) == 1
    where = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
    client.change(text, [{"text": "int a;\n"}, {"range": where, "text": "int b;\n"}])
    text.text = "int b;\nint a;\n"
    assert client.published(text) == []
    agree(client, text.uri)


def test_a_version_out_of_order_is_still_an_edit(client: Client) -> None:
    text = client.open("untitled:order", "int a;\n", version=7)
    client.published(text)
    text.version = 2
    client.edit(text, (0, 0, "int b;\n"))
    agree(client, text.uri)
    client.settled(text)
    client.wait_until(lambda: any("follows version 7" in log["message"] for log in client.logs))


def test_what_is_not_open_cannot_change(client: Client) -> None:
    text = client.open("untitled:gone", "int a;\n")
    client.published(text)
    client.closed(text)
    text.version = 1
    client.edit(text, (0, 0, "int b;\n"))
    client.close(client.open("untitled:other", "x", "latex"))
    client.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:never"}})
    client.notify("textDocument/didSave", {"textDocument": {"uri": "untitled:never"}})
    with pytest.raises(ServerError) as raised:
        client.text_at_server(text.uri)
    assert raised.value.code == REQUEST_FAILED
    client.wait_until(
        lambda: any("was changed but is not open" in log["message"] for log in client.logs)
    )


def test_opening_twice_starts_anew(client: Client) -> None:
    text = client.open("untitled:twice", BROKEN)
    assert len(client.published(text)) == 1
    text = client.open("untitled:twice", "int a;\n", version=5)
    assert client.published(text) == []
    agree(client, text.uri)
