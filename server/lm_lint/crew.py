"""Processes that lint, each with a model of its own: texts go out, what was found comes back, in any order.

A process that dies takes one text with it and no more; the others go on. Ctrl-C is the business of the parent, which
ends them; they end by themselves, too, when the parent is gone. Nothing here knows the order of results or the cache.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from lm_lint.engine import prepare_environment
from lm_lint.errors import LmLintError
from lm_lint.linting import Linter, failure_of

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from lm_lint.linting import Looked
    from lm_lint.settings import Settings
    from lm_lint.text import Language

_AHEAD_CHARS = 32_000  # of short texts a process is given the next before it has done the last
_MOST_DEATHS = 3  # one after the other, without a result between them
_JOIN_SECONDS = 2.0
_KILLED = 9  # the signal of a system that has run out of memory
# What the server has imported from which processes are forked.
_PRELOADED = ["lm_lint.linting", "lm_lint.engine", "lm_lint.detector", "lm_lint.light_scorer"]


@dataclass(frozen=True)
class Text:
    """What a process is told of a source."""

    text: str
    language: Language
    settings: Settings
    needs_tokens: bool


@dataclass(frozen=True)
class Reply:
    """What came of a text: something, or a sentence that says why there is nothing; neither where nobody has
    looked at it, and somebody should."""

    looked: Looked | None = None
    failure: str | None = None
    seconds: Counter[str] = field(default_factory=Counter)


@dataclass
class _Worker:
    """A process, and the numbers of the texts that it was given, the one it works on first."""

    process: BaseProcess
    connection: Connection
    given: deque[tuple[int, Text]] = field(default_factory=deque)

    def has_room(self, text: Text) -> bool:
        return (
            not self.given
            or sum(len(one.text) for _, one in self.given) + len(text.text) <= _AHEAD_CHARS
        )


class Crew:
    """Up to `n_workers` processes, started as texts come; to be closed."""

    def __init__(self, settings: Settings, n_workers: int, n_threads: int) -> None:
        self.n_workers = n_workers
        self._settings, self._n_threads = settings, n_threads
        self._context = _context()
        self._workers: list[_Worker] = []
        self._n_deaths = 0

    def prepare(self) -> bool:
        """Begin with what takes a while, without waiting for it; whether there is such a thing. Raises OSError."""
        prepare_environment(self._n_threads)
        if self._context.get_start_method() != "forkserver":
            return False
        self._context.set_forkserver_preload(_PRELOADED)
        from multiprocessing.forkserver import ensure_running

        with _without_interrupts(True):
            ensure_running()
        return True

    def take(self, number: int, text: Text) -> bool:
        """Whether somebody could be found for a text. Raises OSError where no process can be started at all."""
        idle = next((worker for worker in self._workers if not worker.given), None)
        worker = idle or self._started() or self._least_busy(text)
        if worker is None:
            return False
        try:
            worker.connection.send((number, text))
        except OSError:
            if worker.given:
                return False  # what it was given before tells of its death
            self._dead(worker)
            return self.take(number, text)
        worker.given.append((number, text))
        return True

    def replies(self, timeout_s: float | None) -> Iterator[tuple[int, Reply]]:
        """What has come back meanwhile, or within some time; None waits for at least one.

        Raises the LmLintError that a process met, for it would be met again.
        """
        busy = {worker.connection: worker for worker in self._workers if worker.given}
        for ready in wait(list(busy), timeout_s) if busy else ():
            worker = busy[cast(Connection, ready)]
            try:
                number, answer = worker.connection.recv()
            except (EOFError, OSError):
                yield from self._buried(worker)
                continue
            if isinstance(answer, LmLintError):
                raise answer
            self._n_deaths = 0
            given, _ = worker.given.popleft()
            assert given == number, (given, number)
            yield number, answer

    def close(self) -> None:
        """End all processes, whatever they are doing."""
        for worker in self._workers:
            worker.process.kill()
            worker.connection.close()
        for worker in self._workers:
            worker.process.join(_JOIN_SECONDS)
        self._workers.clear()

    def _started(self) -> _Worker | None:
        """A new process, if there may be one more. Raises OSError where there is none and none can be started."""
        if len(self._workers) >= self.n_workers:
            return None
        here, there = self._context.Pipe()
        arguments = (there, self._settings, self._n_threads)
        process: Any = self._context.Process(
            target=_work, args=arguments, daemon=True, name="lm-lint"
        )
        try:
            # Of processes that are forked from the server its own are ignored already, and to wait for it may take long.
            with _without_interrupts(self._context.get_start_method() == "spawn"):
                process.start()
        except (OSError, EOFError) as error:
            here.close()
            if not self._workers:
                raise OSError(str(error)) from error
            self.n_workers = len(self._workers)
            return None
        finally:
            there.close()
        self._workers.append(_Worker(process, here))
        return self._workers[-1]

    def _least_busy(self, text: Text) -> _Worker | None:
        able = [worker for worker in self._workers if worker.has_room(text)]
        return min(able, key=lambda worker: len(worker.given), default=None)

    def _buried(self, worker: _Worker) -> Iterator[tuple[int, Reply]]:
        """A process has died: the text that it worked on has failed, the others are given to the next."""
        how = self._dead(worker)
        number, _ = worker.given.popleft()
        yield number, Reply(failure=f"could not be linted: the process that read it {how}")
        for number, _ in worker.given:
            yield number, Reply()

    def _dead(self, worker: _Worker) -> str:
        """Go on without a process; how it ended. Raises LmLintError where others ended like it just before."""
        self._workers.remove(worker)
        worker.connection.close()
        worker.process.join(_JOIN_SECONDS)
        status = worker.process.exitcode
        how = _cause(status)
        self._n_deaths += 1
        if self._n_deaths >= max(_MOST_DEATHS, 2 * self.n_workers):
            raise LmLintError(
                f"the processes that lint end one after the other ({how}); try --jobs 1, and "
                "report this if that helps"
            )
        if status == -_KILLED and self._workers:
            # There may be too little memory for so many.
            self.n_workers = len(self._workers)
        return how


def _context() -> Any:
    """How processes are started. Never a plain fork: the parent may have threads, which a fork leaves behind
    with all that they hold. The server of forkserver has none when it forks; on macOS it is not trusted either."""
    methods = multiprocessing.get_all_start_methods()
    is_sound = "forkserver" in methods and sys.platform != "darwin"
    return multiprocessing.get_context("forkserver" if is_sound else "spawn")


@contextlib.contextmanager
def _without_interrupts(wanted: bool) -> Iterator[None]:
    """What is started meanwhile is born deaf to Ctrl-C, which reaches every process of a terminal."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _cause(status: int | None) -> str:
    """How a process ended, for a person."""
    if status is None or status >= 0:
        return f"ended with status {status}"
    if status == -_KILLED:
        return "was killed; there may be too little memory for it (fewer --jobs take less)"
    try:
        return f"crashed ({signal.Signals(-status).name})"
    except ValueError:
        return f"crashed (signal {-status})"


# --- In the process.


def _work(connection: Connection, settings: Settings, n_threads: int) -> None:
    """Answer one text after the other until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    texts: SimpleQueue[tuple[int, Text]] = SimpleQueue()
    # Always ready to take what comes, so that two who both send never wait for each other.
    threading.Thread(target=_receive, args=(connection, texts), daemon=True).start()
    answer = _answering(settings, n_threads)
    while True:
        number, text = texts.get()
        try:
            connection.send((number, answer(text)))
        except OSError:
            os._exit(1)


def _receive(connection: Connection, texts: SimpleQueue[tuple[int, Text]]) -> None:
    try:
        while True:
            texts.put(connection.recv())
    except (EOFError, OSError):
        # Nobody waits for the work at hand either.
        os._exit(0)


def _answering(settings: Settings, n_threads: int) -> Callable[[Text], Reply | LmLintError]:
    linter: Linter | None = None

    def answer(text: Text) -> Reply | LmLintError:
        nonlocal linter
        try:
            linter = linter or Linter(settings, n_threads=n_threads)
            before = Counter(linter.seconds)
            looked = linter.look_at(text.text, text.language, text.settings, text.needs_tokens)
            return Reply(looked, seconds=linter.seconds - before)
        except LmLintError as error:
            return error
        except Exception as error:
            return Reply(failure=failure_of(error))

    return answer
