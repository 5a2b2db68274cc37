"""Findings for people in a terminal: the place, the message, the line as it stands, and what to do.

The text is for people and may change. `rich` is imported when something is drawn.
"""

from __future__ import annotations

from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from lm_lint.diagnostics import Diagnostic, Severity
from lm_lint.findings import Repair
from lm_lint.formats import summing
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.places import help_for, message_of, place_of, uri_of
from lm_lint.formats.visible import visible

if TYPE_CHECKING:
    import rich.text
    from rich.console import Console

    from lm_lint.results import Result, Summary
    from lm_lint.sources import Source

_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "hint": "bold cyan"}
_SHOWN_CELLS = 100
_LEFT_CELLS = 60
# A second repair is named when it is likely enough to be worth a look.
_OTHER_REPAIRS = 2
_OTHER_CONFIDENCE = 0.1


class Text:
    """As results come; `statistics` adds a table of codes."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream, self._options = stream, options

    @cached_property
    def _console(self) -> Console:
        return terminal(self._stream, self._options.colour)

    def result(self, result: Result) -> None:
        if not result.diagnostics:
            return
        for diagnostic in result.diagnostics:
            draw(self._console, result.source, diagnostic, self._options.hyperlinks)
            self._console.print()
        self._stream.flush()

    def finish(self, summary: Summary) -> None:
        lines = summing.statistics(summary) if self._options.statistics else []
        if lines:
            lines.append("")
        if not self._options.quiet:
            lines.append(summing.sentence(summary))
        self._stream.writelines(f"{line}\n" for line in lines)


def terminal(
    stream: TextIO, colour: bool, colours: Literal["standard", "256"] = "standard"
) -> Console:
    """Where text is drawn: nothing is wrapped, and nothing in the text is taken for markup."""
    from rich.console import Console

    return Console(
        file=stream,
        force_terminal=colour,
        color_system=colours if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


def drawn(source: Source, diagnostic: Diagnostic) -> str:
    """What `draw` draws, without colours."""
    stream = StringIO()
    draw(terminal(stream, False), source, diagnostic)
    return stream.getvalue()


def draw(
    console: Console, source: Source, diagnostic: Diagnostic, hyperlinks: bool = False
) -> None:
    """Place and message, the line as it stands, and under it a mark with what to do."""
    from rich.text import Text

    style = _STYLES[diagnostic.severity]
    shown, indent, n_cells = _excerpt(source, diagnostic)
    number = f"{place_of(source, diagnostic).line:5}"
    helps = [visible(help_for(source, diagnostic, repair)) for repair in _worth_naming(diagnostic)]
    mark = Text.assemble((" " * indent + "^" + "~" * (n_cells - 1), style))
    if helps:
        mark.append(f" help: {helps[0]}", "green")
    margin = " " * len(number)
    console.print(headline(source, diagnostic, hyperlinks))
    console.print(Text.assemble((f"{number} |", "dim"), f" {shown}" if shown else ""))
    console.print(Text.assemble((f"{margin} | ", "dim"), mark))
    for other in helps[1:]:
        console.print(Text.assemble((f"{margin} | ", "dim"), " " * indent, f"  or: {other}"))


def headline(source: Source, diagnostic: Diagnostic, hyperlinks: bool = False) -> rich.text.Text:
    """`name:line:column: severity: message [code]`; file names and quoted source may hold control characters."""
    from rich.style import Style
    from rich.text import Text

    # No line in the link: some terminals take `#` for a part of the file's name.
    link = uri_of(Path(source.path).absolute().as_posix()) if hyperlinks and source.path else None
    place, severity, told, code = headline_parts(source, diagnostic)
    return Text.assemble(
        (place, Style(bold=True, link=link)),
        (severity, _STYLES[diagnostic.severity]),
        told,
        (code, "dim"),
    )


def headline_parts(source: Source, diagnostic: Diagnostic) -> tuple[str, str, str, str]:
    """The same in plain pieces: place, severity, message, code."""
    name = visible(source.name)
    if name.startswith(("::", "##[")):
        name = f"./{name}"  # a line that begins so is a command to CI services
    return (
        f"{name}:{place_of(source, diagnostic)}: ",
        f"{diagnostic.severity}: ",
        visible(message_of(source, diagnostic)),
        f" [{diagnostic.finding.code}]",
    )


def _excerpt(source: Source, diagnostic: Diagnostic) -> tuple[str, int, int]:
    line_start = diagnostic.finding.start - diagnostic.column + 1
    line = source.text[line_start:].split("\n", 1)[0].split("\r", 1)[0]
    n_marked = len(line) - diagnostic.column + 1
    if diagnostic.end_line == diagnostic.line:
        n_marked = diagnostic.end_column - diagnostic.column
    return cropped(line, diagnostic.column - 1, n_marked)


def cropped(line: str, column: int, n_marked: int) -> tuple[str, int, int]:
    """The part of a line to show, where the mark starts under it, and how wide it is, in terminal cells.

    column    code points before the mark
    n_marked  code points that are marked; the mark is at least one cell wide
    """
    from rich.cells import cell_len

    before, marked, after = (
        line[:column],
        line[column : column + n_marked],
        line[column + n_marked :],
    )
    before, marked, after = visible(before), visible(marked), visible(after)
    if cell_len(before) > _LEFT_CELLS and cell_len(before + marked + after) > _SHOWN_CELLS:
        while cell_len(before) > _LEFT_CELLS - 1:
            before = before[max(1, (cell_len(before) - _LEFT_CELLS) // 2) :]
        before = "\u2026" + before
    indent = cell_len(before)
    room = _SHOWN_CELLS - indent
    n_cells = max(1, min(cell_len(marked), room))
    rest = marked + after
    if cell_len(rest) > room:
        rest = rest[: room - 1]
        while cell_len(rest) > room - 1:
            rest = rest[:-1]
        rest += "\u2026"
    return before + rest, indent, n_cells


def _worth_naming(diagnostic: Diagnostic) -> list[Repair]:
    repairs = diagnostic.finding.repairs
    likely = [repair for repair in repairs[1:] if repair.confidence >= _OTHER_CONFIDENCE]
    return [*repairs[:1], *likely[:_OTHER_REPAIRS]]
