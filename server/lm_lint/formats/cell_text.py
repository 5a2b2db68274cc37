"""What a cell holds, in a terminal: the text in warm and cool colours, or, where there are none, heights below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from lm_lint.cells import SAID
from lm_lint.formats.text import terminal
from lm_lint.formats.visible import visible

if TYPE_CHECKING:
    from rich.text import Text

    from lm_lint.inspection import Inspection, Look

# Background and foreground from cool to warm, of the 256 colours; what is near the middle has none.
_STYLES = (
    "color(231) on color(25)",
    "color(231) on color(67)",
    "color(16) on color(152)",
    "",
    "color(16) on color(223)",
    "color(16) on color(215)",
    "color(231) on color(166)",
)
_HEIGHTS = "▁▂▃▄▅▆▇"
_STEPS = (-0.75, -0.4, -0.12, 0.12, 0.4, 0.75)  # of shades, between the levels


def write(stream: TextIO, inspection: Inspection, colour: bool) -> None:
    """The first of the cells over the whole text, and all of them by name."""
    from rich.text import Text

    console = terminal(stream, colour, "256")
    console.print(
        Text(f"{visible(inspection.name)} as model {visible(inspection.model)} reads it", "bold")
    )
    for row in _rows(inspection.looks):
        mark = "*" if inspection.looks[0] in row else " "
        console.print(Text(f" {mark} {told(row)}", "" if mark == "*" else "dim"))
    legend = Text("   less ")
    for height, style in zip(_HEIGHTS, _STYLES, strict=True):
        legend.append("  " if colour else height, style)
    first = inspection.looks[0]
    console.print(legend.append(f" more: cell {first.cell}, whose middle is {first.middle:.3g}"))
    console.print()
    width = max(4, len(str(inspection.text.count("\n") + 1)))
    for number, (line, heights) in enumerate(_lines(inspection), 1):
        console.print(Text(f"{number:{width}} ", "dim") + line)
        if not colour and heights.strip():
            console.print(f"{' ' * width} {heights.rstrip()}")


def told(looks: Sequence[Look]) -> str:
    """`how many brackets are open  2:206 (R2 0.519), 4:183 (0.607)`, of cells that follow the same."""
    known = looks[0].known
    if known is None:
        return f"{'cells that you chose':40} {', '.join(str(look.cell) for look in looks)}"
    figures = [f"{look.cell} ({look.known.score:.3f})" for look in looks if look.known]
    return f"{SAID[known.property]:40} {', '.join(figures)}  {known.measure}"


def _rows(looks: Sequence[Look]) -> list[list[Look]]:
    """The cells of each property."""
    res: dict[str | None, list[Look]] = {}
    for look in looks:
        res.setdefault(look.known.property if look.known else None, []).append(look)
    return list(res.values())


def level(shade: float) -> int:
    """From 0, coolest, to 6."""
    return sum(shade >= step for step in _STEPS)


def _lines(inspection: Inspection) -> Iterator[tuple[Text, str]]:
    """Each line in its colours, and the heights below its characters."""
    from rich.cells import cell_len
    from rich.text import Text

    line, heights = Text(), ""
    bounds = inspection.bounds.tolist()
    for idx, shade in enumerate(inspection.shades(0).tolist()):
        at = level(shade)
        for part, piece in enumerate(inspection.text[bounds[idx] : bounds[idx + 1]].split("\n")):
            if part:
                yield line, heights
                line, heights = Text(), ""
            shown = visible(piece)
            line.append(shown, _STYLES[at])
            heights += _HEIGHTS[at] * cell_len(shown)
    yield line, heights
