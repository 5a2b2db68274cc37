"""What a cell of the network holds after each token, for heat maps (`lmLint/cell`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lm_lint.cells import PROPERTIES, Cell, KnownCell, Property
from lm_lint.documents import CellHeat
from lm_lint.lsp import surprisal
from lm_lint.lsp.convert import plain, to_positions
from lm_lint.lsp.snapshots import Snapshot


@dataclass(frozen=True)
class Request:
    """A document, or the part of it in `range`; a cell, or a property whose best cell is meant."""

    uri: str
    range: types.Range | None
    wanted: Cell | Property | None


def request_of(raw: object) -> Request:
    """The params, `{textDocument: {uri}, range?, cell? | property?}`; raises JsonRpcInvalidParams."""
    where, params = surprisal.request_of(raw), plain(raw)
    return Request(where.uri, where.range, _wanted(params.get("cell"), params.get("property")))


def _wanted(cell: Any, property_: Any) -> Cell | Property | None:
    if cell is not None:
        numbers: list[Any] = (
            [cell.get("layer"), cell.get("unit")] if isinstance(cell, dict) else [None, None]
        )
        if not all(type(each) is int and each >= 0 for each in numbers):
            raise JsonRpcInvalidParams(f"cell: {{layer, unit}} was expected, {cell!r:.100} found")
        layer, unit = numbers
        return Cell(layer, unit)
    if property_ is not None and not (isinstance(property_, str) and property_ in PROPERTIES):
        expected = ", ".join(PROPERTIES)
        raise JsonRpcInvalidParams(f"property: {property_!r:.100} is none of {expected}")
    found: Property | None = property_
    return found


def answer(snapshot: Snapshot, heat: CellHeat) -> dict[str, Any]:
    """The result: one entry for each token in `kinds`, `values` and `shades`, four in `ranges`."""
    document, encoding, tokens = snapshot.document, snapshot.encoding, heat.tokens
    starts = to_positions(document, [token.start for token in tokens], encoding)
    ends = to_positions(document, [token.end for token in tokens], encoding)
    look = heat.look
    return {
        "version": snapshot.version,
        "ranges": [
            number for pair in zip(starts, ends, strict=True) for number in (*pair[0], *pair[1])
        ],
        "kinds": [surprisal.kind_of(document.text[token.start : token.end]) for token in tokens],
        "values": [round(token.value, 3) for token in tokens],
        "shades": [round(token.shade, 2) for token in tokens],
        "cell": _told(look.cell, look.known)
        | {"middle": look.middle, "spread": look.spread, "sign": look.sign},
        "cells": [_told(each.cell, each) for each in heat.known],
    }


def _told(cell: Cell, known: KnownCell | None) -> dict[str, Any]:
    return {
        "layer": cell.layer,
        "unit": cell.unit,
        "property": known.property if known else None,
        "measure": known.measure if known else None,
        "score": known.score if known else None,
    }
