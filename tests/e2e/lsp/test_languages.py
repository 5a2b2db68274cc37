"""Which documents are checked, and that the others may be opened all the same."""

from __future__ import annotations

import pytest

from bench.lsp_client import Client
from tests.e2e.lsp.conftest import BROKEN

pytestmark = pytest.mark.released

HTML = "<!DOCTYPE html>\n<html>\n<body>\n<div>\n<p>Some text</p>\n</body>\n</html>\n"
PYTHON = "def f(x):\n    return (x + 1\n\n\nprint(f(2))\n"


@pytest.mark.parametrize(
    ("uri", "language_id", "text"),
    [
        ("untitled:Untitled-1", "c", BROKEN),
        ("file:///a%20b/%C3%A9.c", "c", BROKEN),
        ("file:///a.py", "python", PYTHON),
        ("file:///a.html", "html", HTML),
        ("file:///a.html", "django-html", HTML),
        ("file:///a.hbs", "handlebars", HTML),
        ("file:///a.h", "plaintext", BROKEN),
        ("vscode-vfs://github/a/b.c", "c", BROKEN),
    ],
)
def test_by_id_then_by_name(client: Client, uri: str, language_id: str, text: str) -> None:
    opened = client.open(uri, text, language_id)
    assert len(client.published(opened)) == 1
    client.closed(opened)


@pytest.mark.parametrize(
    ("uri", "language_id"),
    [("file:///a.h", "cpp"), ("file:///nginx.conf.j2", "jinja"), ("file:///a.pyx", "cython")],
)
def test_others_are_ignored_politely(client: Client, uri: str, language_id: str) -> None:
    text = client.open(uri, BROKEN, language_id)
    client.edit(text, (0, 3, "long"))
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.settled(text)
    where = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}}
    assert client.request("textDocument/hover", where) is None
    assert client.text_at_server(uri)["text"] == text.text
    client.close(text)


def test_what_is_generated_is_not_read(client: Client) -> None:
    text = client.open("untitled:minified", "int a" + "a" * 200_000 + ";\n")
    client.settled(text)
    client.close(text)
    client.wait_until(lambda: any("untitled:minified" in log["message"] for log in client.logs))
