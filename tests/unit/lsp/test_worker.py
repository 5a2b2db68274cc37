"""The worker's thread with a scripted engine: what goes first, what is given up, what is said of failures."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lm_lint.errors import Abandoned, ModelMissing
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.lsp.worker import NoModel, Stale, Worker
from lm_lint.server_settings import ServerSettings
from lm_lint.settings import Settings
from lm_lint.text import Document, Edit, Language
from tests.snapshots import snapshot_of

Asked = Callable[[], bool]
WAIT_S = 30.0  # a thread that takes longer is stuck


@dataclass
class ScriptedDocument:
    """Applies edits, and settles in as many slices as it is told."""

    text: str
    language: Language
    n_slices: int = 0
    edits: list[Edit] = field(default_factory=list)
    n_replaced: int = 0

    def edit(self, edits: list[Edit]) -> None:
        for edit in edits:
            self.text = Document.of(self.text).apply(edit).text
        self.edits += edits

    def replace(self, text: str) -> None:
        self.text = text
        self.n_replaced += 1

    def settle(self, abandoned: Asked) -> bool:
        self.n_slices -= 1
        return self.n_slices <= 0


@dataclass
class ScriptedEngine:
    model_name: str = "scripted"
    device_name: str = "cpu"
    opened: list[ScriptedDocument] = field(default_factory=list)

    def open(
        self, text: str, language: Language, settings: Settings | None = None
    ) -> ScriptedDocument:
        self.opened.append(ScriptedDocument(text, language))
        return self.opened[-1]


@dataclass
class Heard:
    """What the listener was told, and a gate that checks of certain texts wait at."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    began: threading.Event = field(default_factory=threading.Event)
    gated: str = ""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    def model_loaded(self, model: str, device: str) -> None:
        self.events.append(("loaded", model, device))

    def model_failed(self, message: str) -> None:
        self.events.append(("failed", message))

    def work_changed(self, is_busy: bool) -> None:
        self.events.append(("busy", is_busy))

    def checked(self, snapshot: Snapshot, is_final: bool, result: Any) -> None:
        self.events.append(("checked", snapshot.uri, snapshot.version, is_final, result))

    def judge(
        self, document: Any, snapshot: Snapshot, typed: tuple[int, int] | None, abandoned: Asked
    ) -> str:
        """Gives the text back; a gated one waits until it is abandoned or the gate opens."""
        if snapshot.uri == self.gated:
            self.began.set()
            while not self.gate.wait(0.001):
                if abandoned():
                    raise Abandoned
        self.order.append(snapshot.uri)
        if "raise" in document.text:
            raise ValueError("a mistake")
        return str(document.text)

    async def until(self, *event: Any) -> None:
        async def look() -> None:
            while event not in [each[: len(event)] for each in self.events]:
                await asyncio.sleep(0.001)

        await asyncio.wait_for(look(), WAIT_S)

    def checks(self) -> list[tuple[Any, ...]]:
        return [each[1:] for each in self.events if each[0] == "checked"]


def snapshot(uri: str, text: str, version: int = 1) -> Snapshot:
    return replace(snapshot_of(text, version=version), uri=uri)


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def worker(engine: ScriptedEngine, heard: Heard) -> AsyncIterator[Worker]:
    worker = Worker(asyncio.get_running_loop(), lambda settings: engine, heard.judge, heard)
    worker.load(Settings())
    yield worker
    assert worker.stop(WAIT_S)


async def test_a_document_is_checked(worker: Worker, heard: Heard) -> None:
    worker.put(snapshot("a", "int a;"))
    worker.check("a")
    await heard.until("checked", "a", 1, True, "int a;")
    assert heard.events[0] == ("loaded", "scripted", "cpu")
    await heard.until("busy", False)


async def test_edits_are_handed_over_as_edits(
    worker: Worker, heard: Heard, engine: ScriptedEngine
) -> None:
    worker.put(snapshot("a", "ab"))
    worker.check("a")
    await heard.until("checked", "a", 1)
    worker.put(snapshot("a", "abc", 2), [Edit(2, 2, "c")])
    worker.put(snapshot("a", "abcd", 3), [Edit(3, 3, "d")])
    worker.check("a", (0, 4))
    await heard.until("checked", "a", 3, False, "abcd")
    (document,) = engine.opened
    assert document.edits == [Edit(2, 2, "c"), Edit(3, 3, "d")]
    # Where the edits are not known, or do not lead there, the text is put in place.
    worker.put(snapshot("a", "other", 4))
    worker.check("a")
    await heard.until("checked", "a", 4, True, "other")
    worker.put(snapshot("a", "another", 5), [Edit(0, 0, "x")])
    worker.check("a")
    await heard.until("checked", "a", 5, True, "another")
    assert document.n_replaced == 2
    assert engine.opened == [document]


async def test_stale_work_is_given_up(worker: Worker, heard: Heard) -> None:
    heard.gated = "a"
    worker.put(snapshot("a", "1"))
    worker.check("a")
    await asyncio.to_thread(heard.began.wait, WAIT_S)
    worker.put(snapshot("a", "12", 2), [Edit(1, 1, "2")])
    heard.gated = ""
    worker.check("a")
    await heard.until("checked", "a", 2, True, "12")
    assert heard.checks() == [("a", 2, True, "12")]


async def test_a_closed_document_is_given_up(worker: Worker, heard: Heard) -> None:
    heard.gated = "a"
    worker.put(snapshot("a", "1"))
    worker.check("a")
    await asyncio.to_thread(heard.began.wait, WAIT_S)
    worker.drop("a")
    worker.put(snapshot("b", "2"))
    worker.check("b")
    await heard.until("checked", "b")
    assert heard.order == ["b"]


async def test_the_edited_document_and_questions_go_first(worker: Worker, heard: Heard) -> None:
    heard.gated = "old"
    names = ["old", "b", "c", "edited"]
    for name in names:
        worker.put(snapshot(name, name))
        worker.check(name)
    await asyncio.to_thread(heard.began.wait, WAIT_S)
    newest = snapshot("edited", "edited!", 2)
    worker.put(newest, [Edit(6, 6, "!")])
    worker.check("edited", (0, 1))
    asked = worker.ask(newest, lambda document, abandoned: heard.order.append("asked"))
    scanned = worker.scan(lambda engine, abandoned: heard.order.append("scanned"))
    await heard.until("checked", "edited", 2)
    heard.gate.set()
    await asyncio.gather(asked, scanned)
    # What stepped aside comes last of its kind.
    assert heard.order == ["asked", "edited", "b", "c", "old", "scanned"]


async def test_the_document_that_somebody_waits_for_goes_first(
    worker: Worker, heard: Heard
) -> None:
    heard.gated = "old"
    for name in ["old", "b", "c", "wanted"]:
        worker.put(snapshot(name, name))
        worker.check(name)
    await asyncio.to_thread(heard.began.wait, WAIT_S)
    worker.prefer("wanted")
    await heard.until("checked", "wanted")
    heard.gate.set()
    await heard.until("checked", "old")
    assert heard.order == ["wanted", "b", "c", "old"]


async def test_a_check_steps_aside_only_so_often(worker: Worker, heard: Heard) -> None:
    heard.gated = "old"
    worker.put(snapshot("old", "old"))
    worker.put(other := snapshot("b", "b"))
    worker.check("old")
    for _ in range(3):
        await asyncio.to_thread(heard.began.wait, WAIT_S)
        heard.began.clear()
        await worker.ask(other, lambda document, abandoned: None)
    await asyncio.to_thread(heard.began.wait, WAIT_S)
    asked = worker.ask(other, lambda document, abandoned: heard.order.append("asked"))
    heard.gate.set()
    await asked
    assert heard.order == ["old", "asked"]


async def test_questions_about_an_old_text_are_refused(worker: Worker, heard: Heard) -> None:
    old = snapshot("a", "1")
    worker.put(old)
    began = threading.Event()

    def work(document: Any, abandoned: Asked) -> None:
        began.set()
        while not abandoned():
            pass
        raise Abandoned

    asked = worker.ask(old, work)
    await asyncio.to_thread(began.wait, WAIT_S)
    worker.put(snapshot("a", "12", 2), [Edit(1, 1, "2")])
    with pytest.raises(Stale):
        await asked
    with pytest.raises(Stale):
        await worker.ask(old, lambda document, abandoned: None)


async def test_a_question_outlives_settings_and_another_model(worker: Worker) -> None:
    """The text is the same: it is answered once the model is there again."""
    about, tries = snapshot("a", "1"), []
    worker.put(about)
    began = threading.Event()

    def work(document: Any, abandoned: Asked) -> str:
        tries.append(1)
        began.set()
        while len(tries) == 1:
            if abandoned():
                raise Abandoned
        return str(document.text)

    asked = worker.ask(about, work)
    await asyncio.to_thread(began.wait, WAIT_S)
    worker.put(replace(about, settings=ServerSettings(parser=False)))
    worker.load(Settings())
    assert await asked == "1"
    assert len(tries) == 2


async def test_a_cancelled_question_ends_its_work(worker: Worker) -> None:
    about = snapshot("a", "1")
    worker.put(about)
    began, ended = threading.Event(), threading.Event()

    def work(document: Any, abandoned: Asked) -> None:
        began.set()
        while not abandoned():
            pass
        ended.set()
        raise Abandoned

    asked = worker.ask(about, work)
    await asyncio.to_thread(began.wait, WAIT_S)
    asked.cancel()
    assert await asyncio.to_thread(ended.wait, WAIT_S)
    assert await worker.ask(about, lambda document, abandoned: "next") == "next"


async def test_a_scan_is_repeated_when_it_had_to_step_aside(worker: Worker, heard: Heard) -> None:
    began, tries = threading.Event(), []

    def work(engine: Any, abandoned: Asked) -> str:
        tries.append(1)
        began.set()
        while len(tries) == 1:
            if abandoned():
                raise Abandoned
        return "scanned"

    scanned = worker.scan(work)
    await asyncio.to_thread(began.wait, WAIT_S)
    worker.put(snapshot("a", "1"))
    worker.check("a")
    assert await scanned == "scanned"
    assert len(tries) == 2


async def test_a_mistake_costs_one_result(
    worker: Worker, heard: Heard, engine: ScriptedEngine
) -> None:
    worker.put(bad := snapshot("a", "raise"))
    worker.check("a")
    await heard.until("checked", "a", 1, True, None)
    with pytest.raises(ZeroDivisionError):
        await worker.ask(bad, lambda document, abandoned: 1 // 0)
    worker.put(snapshot("a", "fine", 2), [Edit(0, 5, "fine")])
    worker.check("a")
    await heard.until("checked", "a", 2, True, "fine")


async def test_without_a_model_all_is_answered(heard: Heard) -> None:
    def load(settings: Settings) -> ScriptedEngine:
        if settings.device == "cuda":
            raise ModelMissing("no such folder")
        return ScriptedEngine()

    worker = Worker(asyncio.get_running_loop(), load, heard.judge, heard)
    worker.load(Settings(device="cuda"))
    about = snapshot("a", "1")
    worker.put(about)
    worker.check("a")
    await heard.until("checked", "a", 1, True, None)
    assert ("failed", "no such folder") in heard.events
    with pytest.raises(NoModel, match="no such folder"):
        await worker.ask(about, lambda document, abandoned: None)
    with pytest.raises(NoModel):
        await worker.scan(lambda engine, abandoned: None)
    worker.load(Settings())
    worker.check("a")
    await heard.until("checked", "a", 1, True, "1")
    assert worker.stop(WAIT_S)


async def test_a_change_of_device_is_told(
    worker: Worker, heard: Heard, engine: ScriptedEngine
) -> None:
    worker.put(about := snapshot("a", "1"))
    await worker.ask(about, lambda document, abandoned: setattr(engine, "device_name", "mps"))
    await heard.until("loaded", "scripted", "mps")


async def test_what_was_left_open_is_settled(
    worker: Worker, heard: Heard, engine: ScriptedEngine
) -> None:
    worker.put(about := snapshot("a", "1"))
    done = threading.Event()

    def work(document: Any, abandoned: Asked) -> None:
        document.n_slices = 3
        settle = document.settle

        def settled(abandoned: Asked) -> bool:
            if is_done := settle(abandoned):
                done.set()
            return bool(is_done)

        document.settle = settled

    await worker.ask(about, work)
    assert await asyncio.to_thread(done.wait, WAIT_S)
    assert engine.opened[0].n_slices == 0


async def test_a_document_that_cannot_be_opened_is_answered_and_tried_again(
    worker: Worker, engine: ScriptedEngine, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    await heard.until("loaded")
    opened = engine.open
    monkeypatch.setattr(engine, "open", None)
    first = snapshot("a", "int a;")
    worker.put(first)
    with pytest.raises(TypeError):
        await asyncio.wait_for(worker.ask(first, lambda document, _: document.text), WAIT_S)
    worker.check("a")
    await heard.until("checked", "a", 1, True, None)
    monkeypatch.setattr(engine, "open", opened)
    worker.put(snapshot("a", "int b;", 2), [Edit(4, 5, "b")])
    worker.check("a")
    await heard.until("checked", "a", 2, True, "int b;")


async def test_a_document_that_cannot_follow_an_edit_is_opened_anew(
    worker: Worker, engine: ScriptedEngine, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.put(snapshot("a", "int a;"))
    worker.check("a")
    await heard.until("checked", "a", 1)
    monkeypatch.setattr(engine.opened[0], "edit", None)
    worker.put(snapshot("a", "int b;", 2), [Edit(4, 5, "b")])
    worker.check("a")
    await heard.until("checked", "a", 2, True, None)
    worker.check("a")
    await heard.until("checked", "a", 2, True, "int b;")
    assert len(engine.opened) == 2
