"""A document that is open and changes: its text, and what is remembered so that a keystroke costs little.

Everything here belongs to the thread that owns the model.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from lm_lint import suppressions, suspects
from lm_lint.clusters import Cluster, clusters
from lm_lint.diagnostics import Diagnostic, message_of, placed
from lm_lint.errors import Abandoned
from lm_lint.findings import Finding
from lm_lint.normal import NormalText
from lm_lint.remarks import Remark, remarks
from lm_lint.settings import Settings
from lm_lint.text import Document, Edit, Language, difference

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lm_lint.cells import Cell, KnownCell, Property
    from lm_lint.inspection import Look
    from lm_lint.live import LiveScores

T = TypeVar("T")
Span = tuple[int, int]


class Tools(Protocol):
    """What a document asks of the engine that it belongs to."""

    def find(
        self,
        text: str,
        language: Language,
        settings: Settings,
        breathe: Callable[[], None],
        patient: bool,
    ) -> tuple[list[Finding], bool]:
        """The findings of a text in normal form, and whether a patient search may find others.

        `breathe` is called between chunks of work. Not patient: what was found out about a stretch
        of text is good enough while what stands around it changes.
        """
        ...

    def prepare(self, text: str, language: Language, settings: Settings, offset: int) -> None:
        """Read ahead what a slip at an offset would be judged by."""
        ...

    def live(self, text: str, language: Language) -> LiveScores:
        """The bits of a text in normal form, to be kept up to date."""
        ...

    def cells(self) -> tuple[KnownCell, ...]:
        """Which cells of the model are known to follow something."""
        ...

    def or_on_cpu(self, work: Callable[[], T]) -> T:
        """The work done; once more, on the CPU, where the device gives up in the middle."""
        ...


@dataclass(frozen=True)
class TokenBits:
    """One token: text[start:end] in code points, what it cost, and what was expected before it, in bits."""

    start: int
    end: int
    surprisal_bits: float
    entropy_bits: float


@dataclass(frozen=True)
class TokenHeat:
    """One token: text[start:end] in code points, what a cell holds after it, and how warm that is; see Look."""

    start: int
    end: int
    value: float
    shade: float


@dataclass(frozen=True)
class CellHeat:
    """What one cell holds in a part of a text; `known` are all cells of which something is known in its language."""

    look: Look
    tokens: list[TokenHeat]
    known: tuple[KnownCell, ...]


@dataclass(frozen=True)
class Expectation:
    """What the model expected at a token: `likeliest` are texts with their probabilities, likeliest first."""

    token: TokenBits
    likeliest: tuple[tuple[str, float], ...]


class _Look(IntEnum):
    """How well a text was searched."""

    NONE = 0  # never
    EARLIER = 1  # before its last edits
    ROUGH = 2  # as it is, but a patient look may find something else
    PATIENT = 3


def never() -> bool:
    return False


class OpenDocument:
    """Offsets are code points of `text`, which is what the editor shows (with its CRs and byte order mark)."""

    def __init__(self, tools: Tools, settings: Settings, text: str, language: Language) -> None:
        self.settings = settings
        self.language = language
        self.document = Document.of(text)
        self._tools = tools
        self._suppressed = suppressions.of(text, language)
        self._normal = NormalText.of(text, self._suppressed.left_out)
        self._live: LiveScores | None = None
        # What was found last, in the normal form, moved along with the edits since, and how well it was looked for.
        self._found: list[Finding] = []
        self._look = _Look.NONE
        # What was said last of the comments that ignore findings, in the offsets of the text, moved along too.
        self._remarks: list[Remark] = []
        # Whether `settle` found something else, which `diagnostics` gives; whoever asks may reset it.
        self.has_news: bool = False
        # The last edit in the normal form, until it was prepared for.
        self._cursor: int | None = None

    @property
    def text(self) -> str:
        return self.document.text

    def edit(self, edits: Sequence[Edit]) -> None:
        """Apply edits one after the other, each in the offsets of the text that those before left."""
        for edit in edits:
            self.document = self.document.apply(edit)
            self._renew(edit)

    def replace(self, text: str) -> None:
        """A new text whose edits are not known."""
        self.edit([difference(self.text, text)])

    def _renew(self, edit: Edit) -> None:
        """The normal form after an edit, and what is known of it moved along."""
        self._suppressed = suppressions.of(self.text, self.language)
        self._remarks = [
            Remark(moved, remark.message)
            for remark in self._remarks
            if (moved := _moved(remark.finding, edit))
        ]
        before = self._normal
        self._normal = NormalText.of(self.text, self._suppressed.left_out)
        if before.text == self._normal.text:
            return
        if not (before.is_text and self._normal.is_text):
            edit = difference(before.text, self._normal.text)
        self._found = [m for found in self._found if (m := _moved(found, edit))]
        self._look = min(self._look, _Look.EARLIER)
        self._cursor = edit.start
        if self._live is not None:
            self._live.edit(edit)

    def diagnostics(
        self, typed: Span | None = None, abandoned: Callable[[], bool] = never
    ) -> list[Diagnostic]:
        """The diagnostics by place, of at least settings.min_confidence.

        typed      what somebody is writing right now: nothing new is said, since half a statement is no slip, and
                   what is there stays where it still may be true. None: everything is looked at.
        abandoned  asked between chunks of work; where it says True, Abandoned is raised.
        """
        if typed is not None and self._look is not _Look.NONE:
            self._found = list(self._still_there(self._found, typed))
            self._look = _Look.EARLIER
        elif self._look <= _Look.EARLIER:
            # The first look is a patient one; later ones are followed by one in `settle`.
            self._search(abandoned, patient=self._look is _Look.NONE)
        if typed is None:
            self._judge_comments()
        return self._placed()

    def _search(self, abandoned: Callable[[], bool], patient: bool) -> None:
        text, breathe = self._normal.text, _breathing(abandoned)
        if not text.strip():
            self._found, self._look = [], _Look.PATIENT
            return
        found, is_rough = self._tools.or_on_cpu(
            lambda: self._tools.find(text, self.language, self.settings, breathe, patient)
        )
        self._found = [placed(text, finding) for finding in found]
        self._look = _Look.ROUGH if is_rough else _Look.PATIENT

    def _still_there(self, found: Sequence[Finding], typed: Span) -> Iterator[Finding]:
        """What was found earlier, where the text still stumbles and nobody is writing."""
        if not found or not self.settings.parser:
            return
        text = self._normal.text
        where = _places(clusters(text, self.language, suspects.problems(text, self.language)))
        low, high = (self._normal.normal_offset(offset) for offset in typed)
        for finding in found:
            idx = bisect_right(where, (finding.start, len(text))) - 1
            is_typed = finding.start <= high and finding.end >= low
            if not is_typed and idx >= 0 and finding.start <= where[idx][1]:
                yield finding

    def _judge_comments(self) -> None:
        """Say of comments what is wrong with them. A rough look may miss what they ignore."""
        if self._look is _Look.PATIENT:
            found = [self._normal.restored(finding) for finding in self._found]
            self._remarks = remarks(
                self._suppressed, self.language, found, self.settings, self._not_searched
            )

    def _not_searched(self) -> list[Span]:
        """Where the text stumbles, if the detector may have given up before it came to all slips."""
        from lm_lint.detector import ROUNDS
        from lm_lint.examination import CLUSTERS_AT_ONCE

        text = self._normal.text
        where = _places(clusters(text, self.language, suspects.problems(text, self.language)))
        if len(where) <= CLUSTERS_AT_ONCE and len(self._found) < ROUNDS:
            return []
        place = self._normal.original_offset
        return [(place(start), place(end)) for start, end in where]

    def _placed(self) -> list[Diagnostic]:
        """What is reported, by place."""
        settings = self.settings
        res = [(remark.finding, remark.message) for remark in self._remarks]
        for finding in sorted(self._found, key=lambda finding: finding.start):
            if finding.confidence < settings.min_confidence or not settings.reports(finding.code):
                continue
            own = self._normal.restored(finding)
            if not self._suppressed.covers(own.start, own.end, own.code):
                res.append((own, message_of(self.language, self._normal.text, finding)))
        return [
            Diagnostic.of(self.document, own, message, settings.severity_of(own.code))
            for own, message in sorted(res, key=lambda each: each[0].start)
        ]

    def surprisal(
        self, start: int, end: int, abandoned: Callable[[], bool] = never
    ) -> list[TokenBits]:
        """The tokens that touch text[start:end], with their bits. Raises Abandoned."""
        live = self._scored()
        low, high = self._normal.normal_offset(start), self._normal.normal_offset(end)
        self._tools.or_on_cpu(lambda: live.need(low, high, abandoned))
        first, last = _touching(live.tokens.bounds, low, high)
        bounds = self._normal.original_offsets(live.tokens.bounds[first : last + 1])
        rows = zip(
            bounds[:-1].tolist(),
            bounds[1:].tolist(),
            live.surprisal_bits[first:last].tolist(),
            live.entropy_bits[first:last].tolist(),
            strict=True,
        )
        return [TokenBits(*row) for row in rows]

    def activations(
        self,
        start: int,
        end: int,
        wanted: Cell | Property | None = None,
        abandoned: Callable[[], bool] = never,
    ) -> CellHeat:
        """What a cell holds after each of the tokens that touch text[start:end].

        wanted  a cell, or a property whose best cell is meant; None: the best one of the first property
        Raises Abandoned, CellUnknown, ModelDamaged.
        """
        from lm_lint import inspection

        live = self._scored()
        all_known = self._tools.cells()
        look = inspection.look_at(all_known, self.language, wanted, live.config)
        low, high = self._normal.normal_offset(start), self._normal.normal_offset(end)
        first, last = _touching(live.tokens.bounds, low, high)
        found = self._tools.or_on_cpu(lambda: live.activations(first, last, [look.cell], abandoned))
        values = found[:, 0]
        look = look.fitted_to(values)
        bounds = self._normal.original_offsets(live.tokens.bounds[first : last + 1]).tolist()
        rows = zip(
            bounds[:-1], bounds[1:], values.tolist(), look.shades(values).tolist(), strict=True
        )
        known = tuple(each for each in all_known if each.language == self.language)
        return CellHeat(look, [TokenHeat(*row) for row in rows], known)

    def expectation(self, offset: int, k: int = 5) -> Expectation | None:
        """The token that covers an offset, and the k likeliest in its place; None in an empty text."""
        tokens = self.surprisal(offset, offset + 1)
        if not tokens:
            return None
        live = self._scored()
        token = next((t for t in tokens if t.start <= offset < t.end), tokens[-1])
        place = (
            int(live.tokens.bounds.searchsorted(self._normal.normal_offset(token.start), "right"))
            - 1
        )
        return Expectation(token, self._tools.or_on_cpu(lambda: live.expectation(place, k)))

    def settle(self, abandoned: Callable[[], bool] = never) -> bool:
        """One slice of what was left open for speed, or of what may be asked for next; True once
        nothing is left. Raises Abandoned."""
        if self._look is _Look.ROUGH:
            before = self._found, self._remarks
            self._search(abandoned, patient=True)
            self._judge_comments()
            self.has_news = self.has_news or before != (self._found, self._remarks)
            return False
        text, cursor, self._cursor = self._normal.text, self._cursor, None
        if cursor is not None and text.strip():
            self._tools.or_on_cpu(
                lambda: self._tools.prepare(text, self.language, self.settings, cursor)
            )
            return False
        live = self._live
        return live is None or self._tools.or_on_cpu(lambda: live.settle(abandoned))

    def _scored(self) -> LiveScores:
        """The bits of the text; nobody pays for them before somebody wants to see them."""
        if self._live is None:
            self._live = self._tools.live(self._normal.text, self.language)
        return self._live

    @property
    def n_scored(self) -> int:
        """Tokens that went through the network for `surprisal` and `settle` since the document was opened."""
        return self._live.n_scored if self._live else 0

    @property
    def memory_bytes(self) -> int:
        """What is remembered for this document: its text, its bits, and the states of the network."""
        return 2 * len(self.text) + (self._live.memory_bytes if self._live else 0)


def _breathing(abandoned: Callable[[], bool]) -> Callable[[], None]:
    def breathe() -> None:
        if abandoned():
            raise Abandoned

    return breathe


def _moved(finding: Finding, edit: Edit) -> Finding | None:
    """The finding after an edit elsewhere; None where the edit touches it or one of its repairs."""
    growth = len(edit.text) - (edit.end - edit.start)
    spans = [(finding.start, finding.end), *((r.start, r.end) for r in finding.repairs)]
    if any(start <= edit.end and end >= edit.start for start, end in spans):
        return None

    def by(offset: int) -> int:
        return offset + growth if offset > edit.start else offset

    repairs = tuple(
        dataclasses.replace(r, start=by(r.start), end=by(r.end)) for r in finding.repairs
    )
    return dataclasses.replace(
        finding, start=by(finding.start), end=by(finding.end), repairs=repairs
    )


def _places(found: Sequence[Cluster]) -> list[Span]:
    return sorted((cluster.start, cluster.end) for cluster in found)


def _touching(bounds: npt.NDArray[np.int64], start: int, end: int) -> Span:
    """The tokens that share a character with text[start:end], as a range."""
    # Pieces of one character all begin where it does.
    first = int(bounds.searchsorted(start, side="left"))
    if first == len(bounds) or bounds[first] > start:
        first -= 1
    last = int(bounds.searchsorted(max(end, start + 1), side="left"))
    return min(max(first, 0), len(bounds) - 1), min(max(last, 0), len(bounds) - 1)
