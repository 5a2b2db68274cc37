"""What the model thinks of each token, for heat maps (`lmLint/surprisal`) and for the curious (`lmLint/showTokens`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lm_lint.documents import TokenBits
from lm_lint.lsp.convert import from_json, plain, to_positions, to_span
from lm_lint.lsp.hover import visible
from lm_lint.lsp.snapshots import Snapshot

# What a token is to the eye.
VISIBLE, BLANKS, LINE_BREAK = 0, 1, 2


@dataclass(frozen=True)
class Request:
    """A document, or the part of it in `range`."""

    uri: str
    range: types.Range | None


def request_of(raw: object) -> Request:
    """The params of both methods, `{textDocument: {uri}, range?}`; raises JsonRpcInvalidParams."""
    params = plain(raw)
    document = params.get("textDocument") if isinstance(params, dict) else None
    uri = document.get("uri") if isinstance(document, dict) else None
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams(f"textDocument.uri was expected, {params!r:.100} found")
    where = params.get("range")
    return Request(uri, None if where is None else from_json(where))


def span_of(snapshot: Snapshot, request: Request) -> tuple[int, int]:
    """The part that is asked for, as offsets, clamped to the text."""
    if request.range is None:
        return 0, len(snapshot.document.text)
    return to_span(snapshot.document, request.range, snapshot.encoding)


def answer(snapshot: Snapshot, tokens: Sequence[TokenBits]) -> dict[str, Any]:
    """The result of `lmLint/surprisal`: one entry for each token in every list, four in `ranges`."""
    document, encoding = snapshot.document, snapshot.encoding
    starts = to_positions(document, [token.start for token in tokens], encoding)
    ends = to_positions(document, [token.end for token in tokens], encoding)
    return {
        "version": snapshot.version,
        "ranges": [
            number for pair in zip(starts, ends, strict=True) for number in (*pair[0], *pair[1])
        ],
        "kinds": [kind_of(document.text[token.start : token.end]) for token in tokens],
        "surprisalBits": [round(token.surprisal_bits, 2) for token in tokens],
        "entropyBits": [round(token.entropy_bits, 2) for token in tokens],
    }


def kind_of(text: str) -> int:
    if text.strip():
        return VISIBLE
    return LINE_BREAK if "\n" in text or "\r" in text else BLANKS


def table(snapshot: Snapshot, tokens: Sequence[TokenBits]) -> dict[str, Any]:
    """The result of `lmLint/showTokens`: a table for people, lines and columns from 1, columns in code points."""
    document = snapshot.document
    lines = [_summary(snapshot, tokens), "", "    place     bits  entropy  token"]
    starts = to_positions(document, [token.start for token in tokens], "utf-32")
    for token, (line, column) in zip(tokens, starts, strict=True):
        place = f"{line + 1}:{column + 1}"
        text = visible(document.text[token.start : token.end])
        figures = f"{token.surprisal_bits:7.2f}  {token.entropy_bits:7.2f}"
        lines.append(f"{place:>9}  {figures}  {text}")
    return {"version": snapshot.version, "text": "\n".join(lines) + "\n"}


def _summary(snapshot: Snapshot, tokens: Sequence[TokenBits]) -> str:
    """`312 tokens, 950.2 bits, 1.21 bits per byte (c, version 7)`."""
    text = snapshot.document.text
    n_bytes = sum(
        len(text[token.start : token.end].encode("utf-8", "surrogatepass")) for token in tokens
    )
    bits = sum(token.surprisal_bits for token in tokens)
    about = f"{snapshot.language}, version {snapshot.version}"
    return f"{len(tokens)} tokens, {bits:.1f} bits, {bits / max(n_bytes, 1):.2f} bits per byte ({about})"
