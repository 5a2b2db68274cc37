"""What a person asks for: actions, hovers, bits, commands; and that nobody waits who does not want to."""

from __future__ import annotations

from typing import Any

import pytest

from bench.lsp_client import CANCELLED, CONTENT_MODIFIED, Client, ServerError, Text
from tests.e2e.lsp.conftest import BROKEN, CLEAN, Connect

pytestmark = pytest.mark.released


def actions(client: Client, text: Text, **context: Any) -> list[dict[str, Any]]:
    at = text.text.index(";")
    params = {
        "textDocument": {"uri": text.uri},
        "range": client.range(text.text, at, at),
        "context": {"diagnostics": [], **context},
    }
    found: list[dict[str, Any]] = client.request("textDocument/codeAction", params)
    return found


def test_a_repair_is_offered_and_applied(client: Client) -> None:
    text = client.open("untitled:repair", BROKEN)
    client.published(text)
    first, *_, ignore = actions(client, text)
    assert (first["title"], first["isPreferred"]) == ("Insert `)` here", True)
    assert ignore["title"] == "Ignore this finding here (missing-token)"
    resolved = client.request("codeAction/resolve", first)
    (change,) = resolved["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": text.uri, "version": 1}
    at = BROKEN.index(";")
    assert change["edits"] == [{"range": client.range(BROKEN, at, at), "newText": ")"}]
    client.edit(text, (at, at, ")"))
    assert client.published(text) == []
    assert text.text == CLEAN
    with pytest.raises(ServerError) as raised:
        client.request("codeAction/resolve", first)
    assert raised.value.code == CONTENT_MODIFIED


def test_commands_edit_by_way_of_the_client(client: Client) -> None:
    text = client.open("untitled:command", BROKEN)
    client.published(text)
    applied: list[Any] = []

    def apply(params: Any) -> Any:
        applied.append(params["edit"])
        return {"applied": True}

    client.answers["workspace/applyEdit"] = apply
    argument = {"uri": text.uri, "version": text.version}
    command = {"command": "lmLint.fixAll", "arguments": [argument]}
    assert client.request("workspace/executeCommand", command) is True
    ((change,),) = (edit["documentChanges"] for edit in applied)
    assert [edit["newText"] for edit in change["edits"]] == [")"]
    client.replace(text, CLEAN)
    assert client.published(text) == []
    command["arguments"] = [{"uri": text.uri}]
    assert client.request("workspace/executeCommand", command) is False
    assert len(applied) == 1


def test_bits_and_tables(client: Client) -> None:
    text = client.open("untitled:bits", BROKEN)
    client.published(text)
    about = {"textDocument": {"uri": text.uri}}
    bits = client.request("lmLint/surprisal", about)
    assert bits["version"] == 1
    assert len(bits["ranges"]) == 4 * len(bits["surprisalBits"])
    command = {"command": "lmLint.showSurprise", "arguments": [text.uri]}
    assert client.request("workspace/executeCommand", command) == bits
    assert "tokens" in client.request("lmLint/showTokens", about)["text"]


def test_a_cell_follows_the_text(client: Client) -> None:
    source = 'int f(int a)\n{\n    return g("a string of words and words", a);\n}\n'
    text = client.open("untitled:cell", source)
    client.published(text)
    about = {"textDocument": {"uri": text.uri}}
    found = client.request("lmLint/cell", {**about, "property": "string"})
    assert found["version"] == 1
    assert found["cell"]["property"] == "string"
    assert len(found["ranges"]) == 4 * len(found["shades"]) == 4 * len(found["values"])
    columns = [tuple(found["ranges"][4 * i : 4 * i + 4]) for i in range(len(found["shades"]))]
    line, start, end = 2, source.splitlines()[2].index('"'), source.splitlines()[2].rindex('"')
    inside = [
        shade
        for (_, low, end_line, high), shade in zip(columns, found["shades"], strict=True)
        if end_line == line and start < low and high <= end
    ]
    outside = [
        s for (low_line, *_), s in zip(columns, found["shades"], strict=True) if low_line < 2
    ]
    assert min(inside) > max(outside)
    named = {"cell": {key: found["cell"][key] for key in ("layer", "unit")}}
    assert client.request("lmLint/cell", {**about, **named}) == found
    part = {**about, **named, "range": client.range(source, start, start)}
    assert len(client.request("lmLint/cell", part)["shades"]) < 3
    for wanted, code in (({"cell": {"layer": 3, "unit": 1}}, -32803), ({"property": "x"}, -32602)):
        with pytest.raises(ServerError) as raised:
            client.request("lmLint/cell", {**about, **wanted})
        assert raised.value.code == code


def test_hovers_are_off_until_wanted(client: Client, connect: Connect) -> None:
    text = client.open("untitled:hover", BROKEN)
    client.published(text)
    at = client.range(BROKEN, BROKEN.index(";"), BROKEN.index(";"))
    about = {"textDocument": {"uri": text.uri}, "position": at["start"]}
    assert client.request("textDocument/hover", about) is None
    other = connect(settings=lambda scope: {"hover": {"enable": True, "alternatives": 2}})
    text = other.open("untitled:hover", BROKEN)
    other.published(text)
    hover = other.request("textDocument/hover", about)
    assert hover["contents"]["kind"] == "markdown"
    assert len(hover["contents"]["value"].splitlines()) == 2 + 2 + 2
    assert hover["range"]["start"] == about["position"]
    other.closed(text)


def test_a_request_is_cancelled(client: Client) -> None:
    """A long text keeps the worker busy; the answer comes all the same, and so do the others."""
    lines = [f"int f{idx}(int a) {{ return a * {idx} + g(a, {idx}); }}\n" for idx in range(1000)]
    text = client.open("untitled:long", "".join(lines))
    number = client.begin("lmLint/surprisal", {"textDocument": {"uri": text.uri}})
    client.notify("$/cancelRequest", {"id": number})
    client.notify("$/cancelRequest", {"id": 10**9})
    with pytest.raises(ServerError) as raised:
        client.end(number)
    assert raised.value.code == CANCELLED
    client.closed_unseen(text)


def test_a_text_that_changes_takes_the_question_back(client: Client) -> None:
    lines = [f"int f{idx}(int a) {{ return a * {idx} + g(a, {idx}); }}\n" for idx in range(1000)]
    text = client.open("untitled:changing", "".join(lines))
    number = client.begin("lmLint/surprisal", {"textDocument": {"uri": text.uri}})
    client.edit(text, (0, 0, "int y;\n"))
    with pytest.raises(ServerError) as raised:
        client.end(number)
    assert raised.value.code == CONTENT_MODIFIED
    client.closed_unseen(text)
