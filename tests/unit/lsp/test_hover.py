"""The table at the mouse pointer, in Markdown and in plain text."""

from __future__ import annotations

import pytest
from lsprotocol import types

from lm_lint.documents import Expectation, TokenBits
from lm_lint.lsp.hover import hover, percent, visible, wants_markdown
from tests.snapshots import snapshot_of

EXPECTED = ((" )", 0.812), ("\n    ", 0.09), ("|", 0.0004), ("", 0.0))


def contents(text: str, start: int, end: int, markdown: bool) -> str:
    expectation = Expectation(TokenBits(start, end, 14.234, 2.05), EXPECTED)
    shown = hover(snapshot_of(text), expectation, markdown)
    assert shown is not None
    assert isinstance(shown.contents, types.MarkupContent)
    assert (shown.contents.kind == types.MarkupKind.Markdown) == markdown
    return shown.contents.value


def test_markdown() -> None:
    assert contents("f(x ;", 3, 5, True) == (
        "| `␣;` | |\n"
        "|:--|--:|\n"
        "| surprisal | 14.2 bits |\n"
        "| entropy | 2.0 bits |\n"
        "| `␣)` | 81.2% |\n"
        "| `↵␣␣␣␣` | 9.0% |\n"
        "| `\\|` | <0.1% |\n"
        "| (nothing) | 0.0% |"
    )


def test_plain_text() -> None:
    assert contents("f(x ;", 3, 5, False) == (
        "␣;\n"
        "surprisal  14.2 bits\n"
        "entropy     2.0 bits\n"
        "␣)             81.2%\n"
        "↵␣␣␣␣           9.0%\n"
        "|              <0.1%\n"
        "                0.0%"
    )


def test_the_range_is_the_token() -> None:
    expectation = Expectation(TokenBits(2, 4, 1.0, 1.0), ())
    shown = hover(snapshot_of("🙂x\r\ny"), expectation, True)
    assert shown is not None
    assert shown.range == types.Range(types.Position(0, 3), types.Position(1, 0))


def test_nothing_expected_nothing_shown() -> None:
    assert hover(snapshot_of(""), None, True) is None


@pytest.mark.parametrize(
    ("token", "cell"),
    [("`", "`` ` ``"), ("``", "``` `` ```"), ("||", "`\\|\\|`"), ("<b>", "`<b>`")],
)
def test_what_markdown_would_read_is_kept_from_it(token: str, cell: str) -> None:
    assert f"| {cell} | |" in contents(token, 0, len(token), True)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\t\r\n", "⇥␍↵"),
        ("\f\0\x1b\x7f", "␌␀␛␡"),
        ("é🙂e\u0301", "é🙂e\u0301"),
        ("x" * 40, "x" * 40),
        ("x" * 41, "x" * 39 + "…"),
        ("", ""),
    ],
)
def test_blanks_and_controls_are_visible(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100.0%"), (0.5, "50.0%"), (0.001, "0.1%"), (0.0001, "<0.1%"), (0.0, "0.0%")],
)
def test_percent(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("formats", "markdown"),
    [
        (None, False),
        ([], False),
        ([types.MarkupKind.Markdown, types.MarkupKind.PlainText], True),
        ([types.MarkupKind.PlainText, types.MarkupKind.Markdown], False),
    ],
)
def test_the_clients_taste_decides(formats: list[types.MarkupKind] | None, markdown: bool) -> None:
    able = types.HoverClientCapabilities(content_format=formats)
    text_document = types.TextDocumentClientCapabilities(hover=able)
    assert wants_markdown(types.ClientCapabilities(text_document=text_document)) == markdown


def test_a_client_that_says_nothing_gets_text() -> None:
    assert not wants_markdown(types.ClientCapabilities())
