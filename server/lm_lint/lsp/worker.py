"""The one thread that owns the model and all that is remembered for open documents.

The event loop tells it what the texts have become and what is to be done; results come back to the loop. Of several
versions of a document only the newest is worked on. What a person asks for goes first, then the document that is
being edited or waited for, then the others, then files that are not open, then what was left open for speed. Work
that nobody wants any more is given up between two chunks.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from lm_lint.documents import OpenDocument
from lm_lint.errors import Abandoned, LmLintError
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.settings import Settings
from lm_lint.text import Edit, Language

log = logging.getLogger(__name__)

T = TypeVar("T")
Span = tuple[int, int]
Asked = Callable[[], bool]

PATIENCE = 3  # so often a check steps aside for more urgent work before it is carried through


class EngineLike(Protocol):
    @property
    def model_name(self) -> str: ...
    @property
    def device_name(self) -> str: ...
    def open(self, text: str, language: Language, settings: Settings | None = None) -> Any: ...


class Listener(Protocol):
    """Who is told, on the event loop, what happens on the thread."""

    def model_loaded(self, model: str, device: str) -> None:
        """The model is ready; also when it has moved to another device."""
        ...

    def model_failed(self, message: str) -> None: ...

    def work_changed(self, is_busy: bool) -> None: ...

    def checked(self, snapshot: Snapshot, is_final: bool, result: Any) -> None:
        """A check of a snapshot is done; result is what `judge` returned, None where that failed."""
        ...


class Stale(Exception):
    """The text has changed since the question about it was asked, or is not open any more."""


class NoModel(Exception):
    """There is no model to answer with; the message says why."""


Judge = Callable[[OpenDocument, Snapshot, "Span | None", Asked], Any]


@dataclass
class _Slot:
    """A document that is open.

    edits     what happened to the text since the thread saw it last; None: not known
    document  belongs to the thread
    """

    snapshot: Snapshot
    edits: list[Edit] | None
    document: OpenDocument | None = None
    settings: Settings | None = None


@dataclass
class _Check:
    uri: str
    typed: Span | None
    n_steps_aside: int = 0


@dataclass
class _Question(Generic[T]):
    """Something that is waited for; `uri` and `snapshot` are of the document it is about, if it is about one."""

    future: asyncio.Future[T]
    work: Callable[..., T]
    snapshot: Snapshot | None = None
    is_cancelled: bool = False


@dataclass
class _Queue:
    questions: deque[_Question[Any]] = field(default_factory=deque)
    checks: dict[str, _Check] = field(default_factory=dict)
    scans: deque[_Question[Any]] = field(default_factory=deque)
    unsettled: dict[str, None] = field(default_factory=dict)
    load: Settings | None = None


class Worker:
    """All public methods are called on the event loop and return at once."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        load: Callable[[Settings], EngineLike],
        judge: Judge,
        listener: Listener,
    ) -> None:
        self._loop = loop
        self._load_engine = load
        self._judge = judge
        self._listener = listener
        self._changed = threading.Condition()
        self._queue = _Queue()
        self._slots: dict[str, _Slot] = {}
        self._preferred: str | None = None
        self._is_stopping = False
        self._is_busy = False
        self._told: tuple[str, str] | None = None
        self._engine: EngineLike | None = None
        self._trouble = ""
        self._thread = threading.Thread(target=self._run, name="lm-lint worker", daemon=True)

    # --- Called on the event loop.

    def load(self, settings: Settings) -> None:
        """Load the model, again if need be; documents are opened anew in it, and whoever wants them checked says so."""
        with self._changed:
            self._queue.load = settings
            self._changed.notify()
        if self._thread.ident is None:
            self._thread.start()

    def put(self, snapshot: Snapshot, edits: Sequence[Edit] | None = None) -> None:
        """The newest text of a document, and the edits that led to it from the one before, if they are known."""
        with self._changed:
            slot = self._slots.get(snapshot.uri)
            if slot is None:
                self._slots[snapshot.uri] = _Slot(snapshot, None)
                return
            slot.snapshot = snapshot
            if edits is None:
                slot.edits = None
            else:
                self._preferred = snapshot.uri
                if slot.edits is not None:
                    slot.edits += edits

    def drop(self, uri: str) -> None:
        """The document was closed."""
        with self._changed:
            self._slots.pop(uri, None)
            self._queue.checks.pop(uri, None)
            self._queue.unsettled.pop(uri, None)

    def check(self, uri: str, typed: Span | None = None) -> None:
        """Check the newest text of a document; replaces a check of it that has not begun."""
        with self._changed:
            self._queue.checks.pop(uri, None)
            self._queue.checks[uri] = _Check(uri, typed)
            self._changed.notify()

    def prefer(self, uri: str) -> None:
        """Somebody waits for the check of this document: it goes before those of others until another one is edited."""
        with self._changed:
            self._preferred = uri

    def ask(
        self, snapshot: Snapshot, work: Callable[[OpenDocument, Asked], T]
    ) -> asyncio.Future[T]:
        """What `work` says of a document; raises Stale and NoModel. Cancelling the future gives the work up."""
        return self._enqueue(self._queue.questions, work, snapshot)

    def scan(self, work: Callable[[EngineLike, Asked], T]) -> asyncio.Future[T]:
        """The same for work that is about no open document and can wait."""
        return self._enqueue(self._queue.scans, work, None)

    def stop(self, timeout_s: float) -> bool:
        """Give up everything; False if the thread is still in the middle of something."""
        with self._changed:
            self._is_stopping = True
            self._changed.notify()
        if self._thread.ident is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _enqueue(
        self,
        queue: deque[_Question[Any]],
        work: Callable[..., T],
        snapshot: Snapshot | None,
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        question = _Question(future, work, snapshot)

        def done(future: asyncio.Future[T]) -> None:
            question.is_cancelled = future.cancelled()

        future.add_done_callback(done)
        with self._changed:
            queue.append(question)
            self._changed.notify()
        return future

    # --- Called on the thread.

    def _run(self) -> None:
        while job := self._next():
            try:
                job()
            except Exception:
                log.exception("work on a document failed")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._is_stopping:
                if job := self._pick():
                    return job
                self._changed.wait()
        return None

    def _pick(self) -> Callable[[], None] | None:
        """The most urgent thing to do; what it is about leaves the queue."""
        queue = self._queue
        if queue.load is not None:
            settings, queue.load = queue.load, None
            return lambda: self._load(settings)
        if queue.questions:
            question = queue.questions.popleft()
            return lambda: self._at_work(lambda: self._answer(question))
        if queue.checks:
            uri = self._preferred if self._preferred in queue.checks else next(iter(queue.checks))
            check = queue.checks.pop(uri or "")
            return lambda: self._at_work(lambda: self._check(check))
        if queue.scans:
            scan = queue.scans.popleft()
            return lambda: self._at_work(lambda: self._scan(scan))
        if self._is_busy:
            self._is_busy = False
            self._tell(self._listener.work_changed, False)
        if queue.unsettled:
            uri = next(iter(queue.unsettled))
            return lambda: self._settle(uri)
        return None

    def _at_work(self, work: Callable[[], None]) -> None:
        if not self._is_busy:
            self._is_busy = True
            self._tell(self._listener.work_changed, True)
        work()
        self._tell_device()

    def _load(self, settings: Settings) -> None:
        with self._changed:
            for slot in self._slots.values():
                slot.document = None
            self._queue.unsettled.clear()
        self._engine, self._told = None, None
        try:
            self._engine = self._load_engine(settings)
        except Exception as error:
            known = isinstance(error, LmLintError)
            log.log(logging.DEBUG if known else logging.ERROR, "no model", exc_info=True)
            self._trouble = str(error) if known else f"{type(error).__name__}: {error}"
            self._tell(self._listener.model_failed, self._trouble)
        self._tell_device()

    def _tell_device(self) -> None:
        if self._engine is None:
            return
        now = (self._engine.model_name, self._engine.device_name)
        if now != self._told:
            self._told = now
            self._tell(self._listener.model_loaded, *now)

    def _check(self, check: _Check) -> None:
        slot = self._slots.get(check.uri)
        if slot is None:
            return
        snapshot, edits = self._newest(slot)

        def abandoned() -> bool:
            return self._is_gone(slot, snapshot) or self._should_step_aside(check)

        result = None
        try:
            document = self._brought_up_to_date(slot, snapshot, edits)
            if document is not None:
                result = self._judge(document, snapshot, check.typed, abandoned)
        except Abandoned:
            with self._changed:
                # A newer version of the text brings its own check.
                if not self._is_gone(slot, snapshot) and check.uri not in self._queue.checks:
                    check.n_steps_aside += 1
                    self._queue.checks[check.uri] = check
            return
        except Exception:
            log.exception("%s could not be checked", check.uri)
            slot.document = None
        else:
            self._unsettle(slot)
        self._tell(self._listener.checked, snapshot, check.typed is None, result)

    def _should_step_aside(self, check: _Check) -> bool:
        queue = self._queue
        if check.n_steps_aside >= PATIENCE or check.uri == self._preferred:
            return False
        return bool(queue.questions) or self._preferred in queue.checks

    def _answer(self, question: _Question[Any]) -> None:
        snapshot = question.snapshot
        assert snapshot is not None
        slot = self._slots.get(snapshot.uri)
        if slot is None or self._is_other_text(slot, snapshot):
            self._settle_question(question, Stale())
            return
        try:
            document = self._brought_up_to_date(slot, *self._newest(slot))
        except Exception as error:
            slot.document = None
            self._settle_question(question, error)
            return
        if document is None:
            self._settle_question(question, NoModel(self._trouble))
            return

        def abandoned() -> bool:
            is_over = self._is_stopping or question.is_cancelled or self._queue.load is not None
            return is_over or self._is_other_text(slot, snapshot)

        is_done = self._work_on(question, abandoned, document)
        if not is_done and self._is_other_text(slot, snapshot):
            self._settle_question(question, Stale())
        elif not is_done:
            with self._changed:
                self._queue.questions.appendleft(question)
        self._unsettle(slot)

    def _scan(self, question: _Question[Any]) -> None:
        queue = self._queue
        if self._engine is None:
            self._settle_question(question, NoModel(self._trouble))
            return

        def abandoned() -> bool:
            waiting = bool(queue.questions or queue.checks)
            return self._is_stopping or question.is_cancelled or waiting

        if not self._work_on(question, abandoned, self._engine):
            with self._changed:
                queue.scans.appendleft(question)

    def _work_on(self, question: _Question[Any], abandoned: Asked, about: Any) -> bool:
        """Answer a question; False where the work was given up though somebody waits for it."""
        if question.is_cancelled:
            return True
        try:
            result = question.work(about, abandoned)
        except Abandoned:
            return question.is_cancelled
        except Exception as error:
            self._settle_question(question, error)
        else:
            self._settle_question(question, None, result)
        return True

    def _settle(self, uri: str) -> None:
        """One slice of what was left open for speed."""
        slot = self._slots.get(uri)
        is_done = True
        try:
            if slot is not None and slot.document is not None and slot.edits == []:
                is_done = slot.document.settle(self._is_something_waiting)
                if slot.document.has_news:
                    slot.document.has_news = False
                    with self._changed:
                        self._queue.checks.setdefault(uri, _Check(uri, None))
        except Abandoned:
            is_done = False
        except Exception:
            log.exception("%s could not be settled", uri)
        if is_done:
            with self._changed:
                self._queue.unsettled.pop(uri, None)

    def _is_something_waiting(self) -> bool:
        queue = self._queue
        return self._is_stopping or bool(
            queue.questions or queue.checks or queue.scans or queue.load
        )

    def _unsettle(self, slot: _Slot) -> None:
        with self._changed:
            if self._slots.get(slot.snapshot.uri) is slot:
                self._queue.unsettled[slot.snapshot.uri] = None

    def _is_gone(self, slot: _Slot, snapshot: Snapshot) -> bool:
        """Is this no more what is to be worked on?"""
        return (
            self._is_stopping
            or slot.snapshot is not snapshot
            or self._slots.get(snapshot.uri) is not slot
            or self._queue.load is not None
        )

    def _is_other_text(self, slot: _Slot, snapshot: Snapshot) -> bool:
        """Is a question about this snapshot pointless by now? The same text with other settings is as good."""
        return (
            slot.snapshot.document is not snapshot.document
            or self._slots.get(snapshot.uri) is not slot
        )

    def _newest(self, slot: _Slot) -> tuple[Snapshot, list[Edit] | None]:
        """The newest snapshot, and the edits since the thread asked last."""
        with self._changed:
            edits, slot.edits = slot.edits, []
            return slot.snapshot, edits

    def _brought_up_to_date(
        self, slot: _Slot, snapshot: Snapshot, edits: list[Edit] | None
    ) -> OpenDocument | None:
        """The thread's document with the text of the snapshot; None while there is no model."""
        if self._engine is None:
            return None
        text, settings = snapshot.document.text, snapshot.settings.lint_settings()
        document = slot.document
        if document is None or document.language != snapshot.language or slot.settings != settings:
            document = self._engine.open(text, snapshot.language, settings)
            slot.document, slot.settings = document, settings
        elif edits is None:
            document.replace(text)
        else:
            document.edit(edits)
            if document.text != text:
                log.error("%s: the edits do not lead to the text", snapshot.uri)
                document.replace(text)
        return document

    def _settle_question(
        self, question: _Question[Any], error: Exception | None, result: Any = None
    ) -> None:
        def settle() -> None:
            if question.future.done():
                return
            if error is not None:
                question.future.set_exception(error)
            else:
                question.future.set_result(result)

        self._tell(settle)

    def _tell(self, what: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(what, *arguments)
        except RuntimeError:  # the loop is closed: nobody listens any more
            log.debug("%s comes too late", what)
