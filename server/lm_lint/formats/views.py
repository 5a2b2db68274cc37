"""A text as a page shows it: lines with findings marked in them and told below them, in blocks that can be folded.

Plain data for a template; colours and the order of files are not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from lm_lint.findings import Repair
from lm_lint.formats.diffs import Row, rows
from lm_lint.formats.heat import Heat
from lm_lint.formats.places import Place, cell_at, help_for, message_of, place_of
from lm_lint.formats.visible import tamed, visible
from lm_lint.text import Document

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic
    from lm_lint.results import Result

_CONTEXT_LINES = 8
_FOLDED_LINES = 30  # a shorter stretch is not worth a fold
_CHUNK_LINES = 100
_GHOST_CHARS = 80
Span = tuple[int, int]


@dataclass(frozen=True)
class Segment:
    """A piece of a line: `severity` of the finding that it belongs to; a ghost is what a repair would insert."""

    text: str
    severity: str | None = None
    is_ghost: bool = False


@dataclass(frozen=True)
class Fix:
    """A repair: what to do, how likely it is, and the lines it changes."""

    help: str
    percent: int
    rows: list[Row]


@dataclass(frozen=True)
class Note:
    """A finding as it is told below its line; `number` is its own on the page."""

    number: int
    diagnostic: Diagnostic
    place: Place
    message: str
    fixes: list[Fix]


@dataclass(frozen=True)
class Line:
    """`cell` where a cell of a notebook begins with it."""

    number: int
    segments: list[Segment]
    notes: list[Note]
    cell: int | None = None


@dataclass(frozen=True)
class Chunk:
    """Some lines, painted at once; `is_far` from everything that is said."""

    lines: list[Line]
    heat: str

    @property
    def is_far(self) -> bool:
        return len(self.lines) > _FOLDED_LINES and not any(line.notes for line in self.lines)


@dataclass(frozen=True)
class Block:
    """Lines that are shown, or that hide behind a fold; without chunks they are left out."""

    n_lines: int
    is_folded: bool
    chunks: list[Chunk]


class View:
    """One result, cut up once; numbers of its findings begin at `first_number`."""

    def __init__(self, result: Result, first_number: int) -> None:
        self._source = result.source
        self._document = Document.of(result.source.text)
        self._heat = Heat(result.source.text, result.tokens) if result.tokens else None
        self.notes = [
            self._note(number, diagnostic)
            for number, diagnostic in enumerate(result.diagnostics, first_number)
        ]
        self._notes: dict[int, list[Note]] = defaultdict(list)
        self._spans: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
        self._ghosts: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for note in self.notes:
            self._enter(note)

    def blocks(self, whole: bool) -> list[Block]:
        """All lines, those far from findings folded away; not `whole`: these are left out."""
        res: list[Block] = []
        n_lines, at = self.n_lines, 0
        for low, high in _near(self._used_lines(), n_lines):
            if low > at:
                res.append(self._block(at, low, is_folded=True, is_shown=whole))
            res.append(self._block(low, high, is_folded=False, is_shown=True))
            at = high
        if at < n_lines:
            res.append(self._block(at, n_lines, is_folded=True, is_shown=whole))
        return res

    def levels(self, n_most: int) -> list[int]:
        """How warm the text is from top to bottom, in at most n_most steps."""
        if self._heat is None:
            return []
        n_lines = self.n_lines
        n_steps = min(n_most, n_lines)
        bounds = [n_lines * step // n_steps for step in range(n_steps + 1)]
        span = self._document.line_span
        return [
            max(self._heat.level(*span(line)) for line in range(low, high))
            for low, high in pairwise(bounds)
        ]

    @property
    def n_lines(self) -> int:
        """Without the empty one behind the last line break, unless something is to be said there."""
        last = self._document.n_lines - 1
        is_empty = last > 0 and not self._document.line_text(last)
        return last if is_empty and last not in self._used_lines() else last + 1

    def _note(self, number: int, diagnostic: Diagnostic) -> Note:
        place = place_of(self._source, diagnostic)
        message = visible(message_of(self._source, diagnostic))
        fixes = [self._fix(diagnostic, repair) for repair in diagnostic.finding.repairs]
        return Note(number, diagnostic, place, message, fixes)

    def _fix(self, diagnostic: Diagnostic, repair: Repair) -> Fix:
        told = visible(help_for(self._source, diagnostic, repair))
        return Fix(told, _percent(repair.confidence), rows(self._document, repair))

    def _enter(self, note: Note) -> None:
        """Remember by line what is to be marked there and told below it."""
        finding = note.diagnostic.finding
        self._notes[note.diagnostic.line - 1].append(note)
        first, last = note.diagnostic.line - 1, note.diagnostic.end_line
        for line in range(first, last if finding.end > finding.start else first):
            self._spans[line].append((finding.start, finding.end, note.diagnostic.severity))
        for repair in finding.repairs[:1]:
            if repair.start == repair.end:
                line = self._document.position(repair.start)[0]
                self._ghosts[line].append((repair.start, _ghost(repair.text)))

    def _used_lines(self) -> list[int]:
        return sorted({*self._notes, *self._spans, *self._ghosts})

    def _block(self, low: int, high: int, is_folded: bool, is_shown: bool) -> Block:
        chunks = []
        for start in range(low, high if is_shown else low, _CHUNK_LINES):
            numbers = range(start, min(start + _CHUNK_LINES, high))
            spans = [self._document.line_span(number) for number in numbers]
            heat = self._heat.packed(spans) if self._heat else ""
            lines = [self._line(*each) for each in zip(numbers, spans, strict=True)]
            chunks.append(Chunk(lines, heat))
        return Block(high - low, is_folded, chunks)

    def _line(self, idx: int, span: Span) -> Line:
        segments = _segments(
            self._source.text, span, self._spans.get(idx, ()), self._ghosts.get(idx, ())
        )
        cell = cell_at(self._source, span[0])
        number = idx + 1 if cell is None else idx + 2 - cell.first_line
        begins = cell.number if cell is not None and number == 1 else None
        return Line(number, list(segments), self._notes.get(idx, []), begins)


def _segments(
    text: str,
    line: Span,
    spans: Sequence[tuple[int, int, str]],
    ghosts: Sequence[tuple[int, str]],
) -> Iterator[Segment]:
    """The line cut wherever something begins or ends."""
    low, high = line
    if not spans and not ghosts:
        yield Segment(tamed(text[low:high]))
        return
    inner = [offset for start, end, _ in spans for offset in (start, end)]
    inner += [offset for offset, _ in ghosts]
    cuts = sorted({low, high, *(offset for offset in inner if low < offset < high)})
    for start, end in pairwise([*cuts, high]):
        for offset, shown in ghosts:
            if min(max(offset, low), high) == start:
                yield Segment(shown, is_ghost=True)
        if end > start:
            severities = [each for first, last, each in spans if first <= start and end <= last]
            yield Segment(tamed(text[start:end]), severities[0] if severities else None)


def _ghost(text: str) -> str:
    shown = visible(text.replace("\r\n", "\n")).replace("\u240a", "\u21b5")
    return shown if len(shown) <= _GHOST_CHARS else shown[:_GHOST_CHARS] + "\u2026"


def _near(lines: Iterable[int], n_lines: int) -> list[Span]:
    """Stretches of lines to show: around these, or all where there are none; small gaps are filled."""
    res: list[Span] = []
    for line in lines:
        low, high = max(line - _CONTEXT_LINES, 0), min(line + _CONTEXT_LINES + 1, n_lines)
        if res and low - res[-1][1] < _FOLDED_LINES:
            res[-1] = (res[-1][0], max(high, res[-1][1]))
        else:
            res.append((low if low >= _FOLDED_LINES else 0, high))
    if not res:
        return [(0, n_lines)]
    if n_lines - res[-1][1] < _FOLDED_LINES:
        res[-1] = (res[-1][0], n_lines)
    return res


def _percent(share: float) -> int:
    """Nothing is certain, and nothing impossible."""
    return min(max(round(100 * share), 1), 99)
