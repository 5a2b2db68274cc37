"""Asking a person about each repair. Whoever calls says how to show a line and how to get an answer."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

from lm_lint import notebooks, repairs
from lm_lint.diagnostics import Diagnostic
from lm_lint.plans import Plan, possible
from lm_lint.repairs import best
from lm_lint.results import Result
from lm_lint.sources import Source
from lm_lint.text import Document

_SHOWN_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_CONTEXT_LINES = 2
# What would move the cursor of a terminal, or turn a line around.
_UNRULY = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_COLOURS = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}
_PLAIN = "\x1b[0m"
_HELP = """\
y  make this repair
n  leave it
a  make this one and all the others in this file
d  leave this one and all the others in this file
q  leave this one and all the others, here and in other files
?  say this again"""


def interactive(
    result: Result,
    ask: Callable[[str], str],
    show: Callable[[str], None],
    in_colour: bool = False,
    least_confidence: float = 0.0,
) -> Plan:
    """Show each repair and ask whether to make it: y n a d q ?, as `git add --patch` does.

    ask    given a question, gives the answer; EOFError counts as q
    show   given lines without the last line break
    """
    source = result.source
    todo = [
        each
        for each in possible(source, result.diagnostics)
        if best(each).confidence >= least_confidence
    ]
    chosen: list[Diagnostic] = []
    answer = ""
    for number, diagnostic in enumerate(todo, 1):
        if not _fits(diagnostic, chosen):
            continue
        show("\n".join(_described(source, diagnostic, in_colour)))
        answer = _answer(f"Make this repair ({number}/{len(todo)}) [y,n,a,d,q,?]? ", ask, show)
        if answer == "a":
            rest = sorted(todo[number:], key=lambda other: -best(other).confidence)
            for each in (diagnostic, *rest):
                chosen += [each] if _fits(each, chosen) else []
        if answer == "y":
            chosen.append(diagnostic)
        if answer in "adq":
            break
    return Plan.of(source, result.diagnostics, chosen, is_end=answer == "q")


def _fits(diagnostic: Diagnostic, chosen: Iterable[Diagnostic]) -> bool:
    return not any(repairs.overlap(best(diagnostic), best(other)) for other in chosen)


def _answer(question: str, ask: Callable[[str], str], show: Callable[[str], None]) -> str:
    while True:
        try:
            answer = ask(question).strip().lower()[:1]
        except EOFError:
            return "q"
        if answer and answer in "ynadq":
            return answer
        show(_HELP)


def _described(source: Source, diagnostic: Diagnostic, in_colour: bool) -> list[str]:
    """The place, the message, and what changes with two lines around it."""
    place = f"{source.name}:{diagnostic.line}:{diagnostic.column}"
    if source.cells:
        cell, line = notebooks.place(source.cells, diagnostic.line)
        place = f"{source.name}: cell {cell.number}, line {line}, column {diagnostic.column}"
    sure = f"{best(diagnostic).confidence:.0%} sure"
    head = f"{place}: {diagnostic.message} [{diagnostic.finding.code}, {sure}]"
    lines = [_UNRULY.sub("\ufffd", line) for line in (head, *_hunk(source, diagnostic))]
    if not in_colour:
        return lines
    return [f"\x1b[1m{lines[0]}{_PLAIN}", *map(_coloured, lines[1:])]


def _hunk(source: Source, diagnostic: Diagnostic) -> list[str]:
    repair, document = best(diagnostic), Document.of(source.text)
    first = max(0, document.position(repair.start)[0] - _CONTEXT_LINES)
    last = min(document.n_lines - 1, document.position(repair.end)[0] + _CONTEXT_LINES)
    start, end = document.line_span(first)[0], document.line_span(last)[1]
    old = source.text[start:end]
    new = source.text[start : repair.start] + repair.text + source.text[repair.end : end]
    diff = difflib.unified_diff(_shown_lines(old), _shown_lines(new), n=_CONTEXT_LINES)
    # Only the signs matter: where the lines stand was said above.
    return [line for line in list(diff)[2:] if not line.startswith("@@")]


def _shown_lines(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in _SHOWN_LINE.findall(text)]


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1])
    return f"{colour}{line}{_PLAIN}" if colour else line
