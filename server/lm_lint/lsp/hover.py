"""The hover: how surprising the token under the cursor is, and what was expected in its place, as a small table."""

from __future__ import annotations

import re

from lsprotocol import types

from lm_lint.documents import Expectation
from lm_lint.lsp.convert import to_range
from lm_lint.lsp.snapshots import Snapshot

_BLANKS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍", "\x7f": "␡"}
_SHOWN_CHARS = 40


def wants_markdown(capabilities: types.ClientCapabilities) -> bool:
    """Does the client like Markdown better than plain text? A client that says nothing can do text."""
    hover = capabilities.text_document and capabilities.text_document.hover
    formats = (hover and hover.content_format) or ()
    return next(iter(formats), None) == types.MarkupKind.Markdown


def hover(
    snapshot: Snapshot, expectation: Expectation | None, markdown: bool
) -> types.Hover | None:
    if expectation is None:
        return None
    token = expectation.token
    rows = [
        ("surprisal", f"{token.surprisal_bits:.1f} bits"),
        ("entropy", f"{token.entropy_bits:.1f} bits"),
    ]
    written = snapshot.document.text[token.start : token.end]
    likeliest = [(visible(text), percent(share)) for text, share in expectation.likeliest]
    draw, kind = (
        (_markdown, types.MarkupKind.Markdown) if markdown else (_plain, types.MarkupKind.PlainText)
    )
    return types.Hover(
        types.MarkupContent(kind, draw(visible(written), rows, likeliest)),
        to_range(snapshot.document, token.start, token.end, snapshot.encoding),
    )


def visible(text: str) -> str:
    """The text on one line, blanks and control characters as signs: `␣` `↵` `⇥`; long ones cut short."""
    if len(text) > _SHOWN_CHARS:
        text = text[: _SHOWN_CHARS - 1] + "…"
    # Unicode has a picture for each control character, at U+2400 and its number.
    return "".join(
        _BLANKS.get(char) or (chr(0x2400 + ord(char)) if char < " " else char) for char in text
    )


def percent(share: float) -> str:
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{100 * share:.1f}%"


def _markdown(written: str, rows: list[tuple[str, str]], likeliest: list[tuple[str, str]]) -> str:
    """One table: the token is its head, what was expected follows below the figures."""
    lines = [f"| {_code(written)} | |", "|:--|--:|"]
    lines += [f"| {name} | {figure} |" for name, figure in rows]
    lines += [f"| {_code(text)} | {share} |" for text, share in likeliest]
    return "\n".join(lines)


def _code(text: str) -> str:
    """A code span in a table's cell: its fence is longer than any backticks in it, and bars are escaped."""
    if not text:
        return "(nothing)"
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def _plain(written: str, rows: list[tuple[str, str]], likeliest: list[tuple[str, str]]) -> str:
    names = max(len(name) for name, _ in rows + likeliest)
    figures = max(len(figure) for _, figure in rows + likeliest)
    lines = [f"{name:{names}}  {figure:>{figures}}" for name, figure in rows + likeliest]
    return "\n".join([written, *lines])
