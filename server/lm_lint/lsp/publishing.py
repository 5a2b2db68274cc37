"""What the client has been told of each open document, and when it is told anew.

A list of findings that looks the same as the one the client shows is not sent again, so nothing flickers. The client
itself moves its squiggles while somebody types; where an edit touched one, nobody knows what became of it, and the
next list is sent in any case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from lsprotocol import types

from lm_lint.diagnostics import Diagnostic
from lm_lint.documents import OpenDocument
from lm_lint.lsp.convert import to_diagnostic
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.text import Edit

Span = tuple[int, int]
_LEAST_NOTICED = 0.05  # for the coming and going of repairs below nothing is sent again
Publish = Callable[[types.PublishDiagnosticsParams], None]


@dataclass(frozen=True)
class Judgement:
    """The diagnostics of one snapshot, in our words and in the protocol's."""

    found: tuple[Diagnostic, ...] = ()
    items: tuple[types.Diagnostic, ...] = ()


def judge(
    document: OpenDocument,
    snapshot: Snapshot,
    typed: Span | None,
    abandoned: Callable[[], bool],
    related: bool = True,
) -> Judgement:
    """Check a document; this runs on the worker's thread, the translation too."""
    found = document.diagnostics(typed, abandoned)
    return judgement(snapshot, found, related)


def judgement(snapshot: Snapshot, found: Sequence[Diagnostic], related: bool) -> Judgement:
    return Judgement(tuple(found), tuple(to_diagnostic(snapshot, one, related) for one in found))


def looks(item: types.Diagnostic) -> object:
    """What of a diagnostic can be seen or used.

    Every edit anywhere moves confidences a little, and the repairs that hardly anybody means come and go.
    """
    data = cast("dict[str, Any]", item.data or {})
    repairs = [
        (repair["range"], repair["newText"])
        for idx, repair in enumerate(data.get("repairs", ()))
        if idx == 0 or repair["confidence"] >= _LEAST_NOTICED
    ]
    return (item.range, item.code, item.severity, item.message, repairs)


@dataclass
class Report:
    """What is known and what was told of one document.

    snapshot   what `judgement` is about; None before the first check
    is_final   no: the place being typed has not been looked at
    items      what the client was told last; None when the next list has to be sent in any case
    spans      where those are by now, in the offsets of the newest text
    result_id  of those, for clients that pull
    pulled     the snapshot and the result id of the last answer to such a client
    """

    judgement: Judgement = field(default_factory=Judgement)
    snapshot: Snapshot | None = None
    is_final: bool = False
    items: tuple[types.Diagnostic, ...] | None = None
    spans: list[Span] = field(default_factory=list)
    result_id: int = 0
    pulled: tuple[Snapshot | None, int] = (None, 0)
    waiting: list[asyncio.Future[Report]] = field(default_factory=list)


class Reports:
    """The reports of all open documents; lives on the event loop.

    publish  sends a list to the client; for clients that pull, which are not sent any, it is None
    """

    def __init__(self, publish: Publish | None) -> None:
        self._publish = publish
        self._reports: dict[str, Report] = {}
        self._n_results = 0

    def get(self, uri: str) -> Report | None:
        return self._reports.get(uri)

    def opened(self, uri: str) -> None:
        if uri not in self._reports:
            self._reports[uri] = Report()

    def edited(self, uri: str, edits: Sequence[Edit]) -> None:
        report = self._reports[uri]
        for edit in edits:
            if report.items is None:
                return
            if any(start <= edit.end and edit.start <= end for start, end in report.spans):
                report.items = None
            growth = len(edit.text) - (edit.end - edit.start)
            report.spans = [
                (start + growth, end + growth) if start >= edit.end else (start, end)
                for start, end in report.spans
            ]

    def checked(self, snapshot: Snapshot, is_final: bool, judgement: Judgement) -> bool:
        """Take in the result for the newest text of a document; is it another one than the client was told?"""
        report = self._reports[snapshot.uri]
        report.judgement, report.snapshot, report.is_final = judgement, snapshot, is_final
        is_news = report.items is None or [*map(looks, report.items)] != [
            *map(looks, judgement.items)
        ]
        if is_news:
            self._n_results += 1
            report.result_id = self._n_results
            report.items = judgement.items
            report.spans = [(one.finding.start, one.finding.end) for one in judgement.found]
            self._tell(snapshot.uri, snapshot.version, judgement.items)
        waiting, report.waiting = report.waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(report)
        return is_news

    def closed(self, uri: str) -> None:
        """A closed document shows nothing, and whoever waits for it waits no longer."""
        report = self._reports.pop(uri, None)
        if report is None:
            return
        for future in report.waiting:
            future.cancel()
        self._tell(uri, None, ())

    async def next(self, uri: str) -> Report:
        """The report after the next check."""
        future: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self._reports[uri].waiting.append(future)
        return await future

    def _tell(self, uri: str, version: int | None, items: Sequence[types.Diagnostic]) -> None:
        if self._publish is not None:
            self._publish(types.PublishDiagnosticsParams(uri, list(items), version))
