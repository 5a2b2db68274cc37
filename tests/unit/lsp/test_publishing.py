"""When a list of findings is sent, and when it would only flicker."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest
from lsprotocol import types

from lm_lint.diagnostics import Diagnostic
from lm_lint.lsp.publishing import Judgement, Reports, judgement
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.text import Document, Edit
from tests.snapshots import URI, marked_snapshot

MARKED = "int a = f(1«→)»;\nint b;\n"


class Told(list[Any]):
    """What was sent."""

    def __call__(self, params: types.PublishDiagnosticsParams) -> None:
        self.append(params)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def reports(told: Told) -> Reports:
    res = Reports(told)
    res.opened(URI)
    return res


def judged(marked: str = MARKED) -> tuple[Snapshot, Judgement]:
    snapshot, found = marked_snapshot(marked)
    return snapshot, judgement(snapshot, found, related=True)


def test_the_first_list_is_sent_even_if_it_is_empty(reports: Reports, told: Told) -> None:
    snapshot, _ = judged()
    assert reports.checked(snapshot, True, Judgement())
    assert [(each.version, each.diagnostics) for each in told] == [(3, [])]
    assert not reports.checked(snapshot, True, Judgement())
    assert len(told) == 1


def test_the_same_list_is_not_sent_again(reports: Reports, told: Told) -> None:
    snapshot, found = judged()
    assert reports.checked(snapshot, False, found)
    reports.edited(URI, [Edit(len(snapshot.document.text), len(snapshot.document.text), "x")])
    later = dataclasses.replace(snapshot, version=4)
    assert not reports.checked(later, True, judgement(later, found.found, related=True))
    assert len(told) == 1
    report = reports.get(URI)
    assert report
    assert (report.snapshot, report.is_final, report.result_id) == (later, True, 1)


def test_what_moved_is_sent(reports: Reports, told: Told) -> None:
    reports.checked(snapshot := judged()[0], True, judged()[1])
    reports.edited(URI, [Edit(0, 0, "\n")])
    assert reports.checked(snapshot, True, judged("\n" + MARKED)[1])
    assert [each.diagnostics[0].range.start.line for each in told] == [0, 1]


def test_a_touched_squiggle_is_sent_again(reports: Reports, told: Told) -> None:
    snapshot, found = judged()
    reports.checked(snapshot, True, found)
    at = snapshot.document.text.index(";")
    # First it moves, then it is touched where it is by then, then all is as before.
    reports.edited(URI, [Edit(0, 0, "x"), Edit(at, at + 2, ""), Edit(at, at, "1;"), Edit(0, 1, "")])
    assert reports.checked(snapshot, True, found)
    assert len(told) == 2


def test_little_changes_of_confidence_are_none(reports: Reports, told: Told) -> None:
    snapshot, found = judged()
    reports.checked(snapshot, True, found)
    (one,) = found.found
    finding = one.finding
    hardly = dataclasses.replace(finding.repairs[0], text="x", confidence=0.001)
    repairs = (dataclasses.replace(finding.repairs[0], confidence=0.94), hardly)
    finding = dataclasses.replace(finding, repairs=repairs, confidence=0.96)
    other = Diagnostic.of(Document.of(snapshot.document.text), finding, one.message)
    assert not reports.checked(snapshot, True, judgement(snapshot, [other], related=True))


def test_a_closed_document_shows_nothing(reports: Reports, told: Told) -> None:
    snapshot, found = judged()
    reports.checked(snapshot, True, found)
    reports.closed(URI)
    assert (told[-1].version, told[-1].diagnostics) == (None, [])
    reports.closed(URI)
    assert len(told) == 2
    assert reports.get(URI) is None


async def test_whoever_waits_gets_the_next_report(reports: Reports) -> None:
    snapshot, found = judged()
    waiting = [asyncio.ensure_future(reports.next(URI)) for _ in range(2)]
    await asyncio.sleep(0)
    reports.checked(snapshot, True, found)
    assert [(await each).judgement for each in waiting] == [found, found]
    late = asyncio.ensure_future(reports.next(URI))
    await asyncio.sleep(0)
    reports.closed(URI)
    with pytest.raises(asyncio.CancelledError):
        await late
