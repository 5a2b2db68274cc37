"""Diagnostics as text for a terminal, and as the JSON that other tools read.

The shapes of the JSON are a contract (README.md); the text is for people and may change. `rich` is imported when
something is drawn, so that `lm-lint --help` does without.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any, TextIO

from lm_lint.diagnostics import SEVERITIES, Diagnostic, Severity, help_of
from lm_lint.sources import Source

if TYPE_CHECKING:
    from rich.console import Console

    from lm_lint.scorer import Scores

JSON_VERSION = 1

_STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "hint": "bold cyan"}
_TAB_CELLS = 4
_SHOWN_CELLS = 100
_LEFT_CELLS = 60
# A second repair is named when it is likely enough to be worth a look.
_OTHER_REPAIRS = 2
_OTHER_CONFIDENCE = 0.1


def finding_json(source: Source, diagnostic: Diagnostic) -> dict[str, Any]:
    """One entry of `findings`; lines and columns from 1, offsets from 0, all in code points."""
    finding = diagnostic.finding
    return {
        "path": source.name,
        "code": finding.code,
        "severity": diagnostic.severity,
        "confidence": round(finding.confidence, 4),
        "message": diagnostic.message,
        "surprisal_bits": round(finding.surprisal_bits, 3),
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
        "offset": finding.start,
        "end_offset": finding.end,
        "repairs": [
            {
                "offset": repair.start,
                "end_offset": repair.end,
                "text": repair.text,
                "confidence": round(repair.confidence, 4),
            }
            for repair in finding.repairs
        ],
    }


def tokens_json(source: Source, scores: Scores) -> list[dict[str, Any]]:
    """Every token of a text with its bits; the last entry, of no characters, is the end of the text."""
    bounds = [*scores.tokens.bounds.tolist(), len(source.text)]
    bits = zip(scores.surprisal_bits.tolist(), scores.entropy_bits.tolist(), strict=True)
    return [
        {
            "path": source.name,
            "offset": start,
            "end_offset": end,
            "surprisal_bits": round(surprisal, 3),
            "entropy_bits": round(entropy, 3),
        }
        for start, end, (surprisal, entropy) in zip(bounds[:-1], bounds[1:], bits, strict=True)
    ]


def terminal(stream: TextIO, colour: bool) -> Console:
    """Where text is drawn: nothing is wrapped, and nothing in the text is taken for markup."""
    from rich.console import Console

    return Console(
        file=stream,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


def draw(console: Console, source: Source, diagnostic: Diagnostic) -> None:
    """Place and message, the line as it stands, and under it a mark with what to do."""
    from rich.text import Text

    style = _STYLES[diagnostic.severity]
    finding = diagnostic.finding
    place = f"{source.name}:{diagnostic.line}:{diagnostic.column}: "
    head = Text.assemble(
        (place, "bold"),
        (f"{diagnostic.severity}: ", style),
        diagnostic.message,
        (f" [{finding.code}]", "dim"),
    )
    line_start = finding.start - diagnostic.column + 1
    line = source.text[line_start:].split("\n", 1)[0].split("\r", 1)[0]
    n_marked = len(line) - diagnostic.column + 1
    if diagnostic.end_line == diagnostic.line:
        n_marked = diagnostic.end_column - diagnostic.column
    shown, indent, n_cells = cropped(line, diagnostic.column - 1, n_marked)
    number = f"{diagnostic.line:5}"
    helps = [
        help_of(source.language, source.text, finding, repair)
        for repair in _worth_naming(diagnostic)
    ]
    mark = Text.assemble((" " * indent + "^" + "~" * (n_cells - 1), style))
    if helps:
        mark.append(f" help: {helps[0]}", "green")
    margin = " " * len(number)
    console.print(_one_line(head))
    console.print(Text.assemble((f"{number} |", "dim"), f" {shown}" if shown else ""))
    console.print(Text.assemble((f"{margin} | ", "dim"), mark))
    for other in helps[1:]:
        console.print(Text.assemble((f"{margin} | ", "dim"), " " * indent, f"  or: {other}"))


def summary(severities: Counter[Severity], n_files: int) -> str:
    """`1 error, 2 warnings in 3 files`, or what was checked when there is nothing to tell."""
    files = _counted(n_files, "file")
    kinds = [
        _counted(severities[severity], severity) for severity in SEVERITIES if severities[severity]
    ]
    return f"{', '.join(kinds)} in {files}" if kinds else f"nothing found in {files}"


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
    before, marked, after = _visible(before), _visible(marked), _visible(after)
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


def _visible(text: str) -> str:
    """The text without what would move the cursor: tabs are widened, controls get a picture.

    Terminal escapes in a linted file must stay harmless, and marks of writing direction must not turn a line around.
    """
    return "".join(map(_visible_character, text))


def _visible_character(character: str) -> str:
    if character == "\t":
        return " " * _TAB_CELLS
    if character < " ":
        return chr(0x2400 + ord(character))
    # Control, format (direction marks, zero-width joiners), surrogate, line and paragraph separators.
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return "\ufffd"
    return character


def _worth_naming(diagnostic: Diagnostic) -> list[Any]:
    first, *others = diagnostic.finding.repairs or (None,)
    if first is None:
        return []
    likely = [repair for repair in others if repair.confidence >= _OTHER_CONFIDENCE]
    return [first, *likely[:_OTHER_REPAIRS]]


def _one_line(text: Any) -> Any:
    """File names and quoted source may hold control characters too."""
    text.plain = _visible(text.plain)
    return text


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
