"""What cells hold, for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from lm_lint.inspection import Inspection


def write(stream: TextIO, inspection: Inspection) -> None:
    """One object; offsets in code points of the file's text, values in the order of `cells`."""
    places, bounds = inspection.places.tolist(), inspection.bounds.tolist()
    res = {
        "version": 1,
        "path": inspection.name,
        "language": inspection.language,
        "model": inspection.model,
        "cells": [
            {
                "layer": look.cell.layer,
                "unit": look.cell.unit,
                "property": look.known.property if look.known else None,
                "measure": look.known.measure if look.known else None,
                "score": look.known.score if look.known else None,
                "sign": look.sign,
                "middle": look.middle,
                "spread": look.spread,
            }
            for look in inspection.looks
        ],
        "tokens": [
            {
                "offset": places[idx],
                "end_offset": places[idx + 1],
                "text": inspection.text[bounds[idx] : bounds[idx + 1]],
                "values": [round(value, 4) for value in row],
            }
            for idx, row in enumerate(inspection.values.tolist())
        ],
    }
    json.dump(res, stream)
    stream.write("\n")
