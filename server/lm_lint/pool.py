"""Many texts to their results, in their order, with as many processes as are worth it.

What the cache knows and what parses is dealt with here, in the parent; processes are started once there is enough
work for them, or not at all. Only so much is read ahead of what was handed out that memory stays flat whatever comes.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from lm_lint import machine
from lm_lint.errors import InputError, LmLintError, ModelNeeded
from lm_lint.linting import Job, Linter, failure_of, opened_cache
from lm_lint.results import Notice, Result

if TYPE_CHECKING:
    from lm_lint.crew import Crew
    from lm_lint.settings import Settings
    from lm_lint.sources import Source

Outcome = Result | Notice

_PROCESS_BYTES = 200 << 20  # of one that has loaded the small model
_FEW = 4  # texts for the model; fewer are not worth processes
# So much is done here before processes are asked, which takes about as long.
_PATIENCE_SECONDS = 0.5
# About so long it takes until processes can be of use; meanwhile work goes on here.
_READY_SECONDS = 0.4
_AHEAD_FILES, _AHEAD_CHARS = 2000, 16_000_000  # that are read before what came first is handed out


def default_jobs(settings: Settings) -> int:
    """As many processes as there are processors and room in memory for; one where a GPU computes."""
    if machine.likely_device(settings.device) != "cpu":
        return 1
    free = machine.free_bytes()
    n_affordable = machine.n_processors() if free is None else free // _PROCESS_BYTES
    return max(1, min(machine.n_processors(), n_affordable))


@dataclass
class _Task:
    """A place in the order of results."""

    job: Job
    outcome: Outcome | None = None


class Pool:
    """Lints with one model, or with several of the same in processes of their own. A context: at its end the
    processes are gone and the cache is written.

    Raises ModelMissing, ModelDamaged at once where the model is not whole.
    """

    def __init__(
        self,
        settings: Settings,
        jobs: int | None = None,
        cache: bool = True,
        cache_dir: Path | None = None,
    ) -> None:
        """jobs: how many processes lint; None for `default_jobs`."""
        self.n_jobs = default_jobs(settings) if jobs is None else jobs
        self._linter = Linter(settings, opened_cache(cache_dir) if cache else None)
        self._crew: Crew | None = None
        self._ready_at = 0.0
        self._spent_seconds = 0.0  # here
        self._window: deque[_Task] = deque()  # all that is not handed out
        self._n_chars = 0  # in it
        self._waiting: deque[_Task] = deque()  # for the model, or for a process
        self._given: dict[int, _Task] = {}
        self._numbers = count()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._dismiss()
        self._linter.close()

    @property
    def seconds(self) -> Counter[str]:
        """Where the time went, by stage; of all processes together."""
        return self._linter.seconds

    def results(
        self, jobs: Iterable[tuple[Source, Settings]], needs_tokens: bool = False
    ) -> Iterator[Outcome]:
        """The result of each, in their order; a text for which there is none has a notice instead.

        Raises ModelError, DeviceError.
        """
        self._forget()
        try:
            for source, settings in jobs:
                self._add(Job(source, settings, needs_tokens))
                yield from self._finished()
                while self._is_full():
                    self._go_on(is_end=False)
                    yield from self._finished()
            while self._window:
                self._go_on(is_end=True)
                yield from self._finished()
        finally:
            self._forget()
        if cache := self._linter.cache:
            cache.flush()
            if cache.problem:
                yield Notice("", cache.problem, is_failure=False)
                cache.problem = None

    def lint(self, source: Source, settings: Settings, needs_tokens: bool = False) -> Result:
        """One text, ahead of all that wait. Raises ModelError, DeviceError, and InputError where there is no result."""
        job = Job(source, settings, needs_tokens)
        task = _Task(job, self._linter.known(job))
        if task.outcome is None and not self._done_here(task, may_load=self._crew is None):
            self._waiting.appendleft(task)
        while task.outcome is None:
            self._go_on(is_end=True)
        if isinstance(task.outcome, Notice):
            raise InputError(f"{source.name}: {task.outcome.message}")
        return task.outcome

    # --- The order of things.

    def _add(self, job: Job) -> None:
        task = _Task(job, self._linter.known(job))
        self._window.append(task)
        self._n_chars += len(job.source.text)
        if task.outcome is None and (self._has_crew() or not self._done_here(task)):
            self._waiting.append(task)
        if self._is_worth_processes():
            self._call()
        if self._has_crew():
            self._give()
            self._take(0)

    def _go_on(self, is_end: bool) -> None:
        """Get a little nearer to the next result, where all that could be added is, or no more should be."""
        if self._crew is None and not is_end:
            self._call()
        self._ready_at = 0.0  # nothing is left to do meanwhile
        if self._crew is not None:
            self._give()
        if self._crew is not None:
            self._take(None)
        elif self._waiting:
            self._done_here(self._waiting.popleft(), may_load=True)

    def _finished(self) -> Iterator[Outcome]:
        """What comes next in the order and is known."""
        while self._window and (outcome := self._window[0].outcome) is not None:
            self._n_chars -= len(self._window.popleft().job.source.text)
            yield outcome

    def _is_full(self) -> bool:
        return len(self._window) >= _AHEAD_FILES or self._n_chars > _AHEAD_CHARS

    def _forget(self) -> None:
        """Nobody wants any more what was asked for. What processes still say of it is not listened to."""
        self._window.clear()
        self._waiting.clear()
        self._given.clear()
        self._n_chars = 0

    # --- Here, in the parent.

    def _done_here(self, task: _Task, may_load: bool = False) -> bool:
        """Whether a text could be dealt with, with the model only where it may be loaded or is."""
        began = perf_counter()
        may_load = may_load or self.n_jobs == 1
        try:
            task.outcome = self._linter.result(task.job, self._linter.look(task.job, may_load))
        except ModelNeeded:
            return False
        except LmLintError:
            raise
        except Exception as error:
            task.outcome = Notice(task.job.source.name, failure_of(error), is_failure=True)
        finally:
            self._spent_seconds += perf_counter() - began
        return True

    # --- In processes.

    def _is_worth_processes(self) -> bool:
        if self.n_jobs == 1 or self._crew is not None:
            return False
        return len(self._waiting) >= _FEW or self._spent_seconds > _PATIENCE_SECONDS

    def _has_crew(self) -> bool:
        """Is there a crew that is likely to have begun?"""
        return self._crew is not None and perf_counter() >= self._ready_at

    def _call(self) -> None:
        from lm_lint.crew import Crew

        if self.n_jobs == 1:
            return
        n_threads = max(1, machine.n_processors() // self.n_jobs)
        crew = Crew(self._linter.settings, self.n_jobs, n_threads)
        try:
            is_slow = crew.prepare()
        except OSError:
            self.n_jobs = 1
            return
        self._crew = crew
        self._ready_at = perf_counter() + _READY_SECONDS * is_slow

    def _give(self) -> None:
        from lm_lint.crew import Text

        assert self._crew is not None
        while self._waiting:
            job, number = self._waiting[0].job, next(self._numbers)
            source = job.source
            text = Text(source.text, source.language, job.settings, job.needs_tokens)
            try:
                if not self._crew.take(number, text):
                    return
            except OSError:
                # No process can be had here: then without.
                self._dismiss()
                self.n_jobs = 1
                return
            self._given[number] = self._waiting.popleft()

    def _take(self, timeout_s: float | None) -> None:
        assert self._crew is not None
        for number, reply in self._crew.replies(timeout_s):
            task = self._given.pop(number, None)
            if task is None:
                continue
            self._linter.add_seconds(reply.seconds)
            if reply.looked is not None:
                task.outcome = self._linter.result(task.job, reply.looked)
            elif reply.failure is not None:
                task.outcome = Notice(task.job.source.name, reply.failure, is_failure=True)
            else:
                self._waiting.appendleft(task)

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.close()
            self._waiting.extendleft(reversed(self._given.values()))
            self._given.clear()
