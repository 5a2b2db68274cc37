"""What cells hold, as one page to look at: the text in warm and cool colours, and a choice of cells beside it.

As the report, it is complete in itself: nothing is fetched, and its policy forbids any script but its own.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from lm_lint import __version__
from lm_lint.cells import SAID
from lm_lint.formats.visible import tamed, visible

if TYPE_CHECKING:
    from lm_lint.inspection import Inspection, Look

_ASSETS = Path(__file__).with_name("assets")
_PARTS = 8192  # of a spread: values beyond four spreads from the middle are shown as four
LEVELS = 8  # colours on either side of the middle


@dataclass(frozen=True)
class Choice:
    """A cell that can be chosen: `heat` holds a shade for each token, 16 bits each, as base64."""

    look: Look
    heat: str


@dataclass(frozen=True)
class Group:
    """What some cells follow, as a heading."""

    said: str
    choices: list[Choice]


def write(stream: TextIO, inspection: Inspection) -> None:
    """The whole page, the first of the cells chosen."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, own_style, script = (
        (_ASSETS / name).read_text(encoding="utf-8")
        for name in ("report.css", "cells.css", "cells.js")
    )
    page = environment.get_template("cells.html.j2").stream(
        style=Markup(style + own_style),
        script=Markup(script),
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        version=__version__,
        name=visible(inspection.name),
        model=visible(inspection.model),
        n_tokens=len(inspection.values),
        groups=_groups(inspection),
        lines=_lines(inspection),
        levels=LEVELS,
    )
    page.enable_buffering(64)
    stream.writelines(page)
    stream.write("\n")


def _groups(inspection: Inspection) -> list[Group]:
    """In the order in which their first cells come."""
    res: dict[str, Group] = {}
    for idx, look in enumerate(inspection.looks):
        said = SAID[look.known.property] if look.known else "chosen by you"
        heat = _packed(inspection.shades(idx))
        res.setdefault(said, Group(said, [])).choices.append(Choice(look, heat))
    return list(res.values())


def _packed(shades: np.ndarray[tuple[int], np.dtype[np.float32]]) -> str:
    parts = np.clip(np.round(shades * _PARTS), -32768, 32767).astype("<i2")
    return b64encode(parts.tobytes()).decode("ascii")


def _lines(inspection: Inspection) -> Iterator[list[tuple[int, str]]]:
    """Each line as its pieces: which token each belongs to, and how it looks."""
    line: list[tuple[int, str]] = []
    bounds = inspection.bounds.tolist()
    for idx in range(len(inspection.values)):
        for part, piece in enumerate(inspection.text[bounds[idx] : bounds[idx + 1]].split("\n")):
            if part:
                yield line
                line = []
            if piece:
                line.append((idx, tamed(piece)))
    yield line
