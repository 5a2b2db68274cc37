"""Standard output and standard error: colour or not, sentences, and a bar for those who wait at a terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

import click

from lm_lint.cli.status import BROKEN_PIPE, SIGNALLED

if TYPE_CHECKING:
    from pathlib import Path

    from lm_lint.errors import LmLintError
    from lm_lint.results import Result, Summary

_PATIENCE_S = 0.7  # what is quicker shows no bar
_TICK_S = 0.1


def in_colour(choice: str, stream: TextIO) -> bool:
    """By the terminal, unless NO_COLOR (no-color.org) or the option says otherwise."""
    if choice != "auto":
        return choice == "always"
    is_dumb = os.environ.get("TERM") == "dumb"
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and not is_dumb


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty()


def write_bytes(stream: TextIO, data: bytes) -> None:
    """What is not to be decoded and encoded on the way: patches, and files that are not all UTF-8."""
    stream.flush()
    stream.buffer.write(data)
    stream.buffer.flush()


def tell(sentence: str) -> None:
    click.echo(f"lm-lint: {sentence}", err=True)


def peak_mib() -> float:
    """The most memory that this process ever held. Linux's ru_maxrss would begin with that of
    the process that started it."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["VmHWM"].split()[0]) / 1024
    except (OSError, KeyError):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes


def give_up_stdout() -> None:
    """The reader has gone: what is still buffered must not complain at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def piped(work: Callable[[], int]) -> int:
    """The status of the work, unless who reads our output goes away."""
    try:
        status = work()
        sys.stdout.flush()
    except BrokenPipeError:
        # Caught here because click would leave with status 1, which means findings.
        give_up_stdout()
        return BROKEN_PIPE
    return status


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Whoever asks the process to end has it clean up first, as after Ctrl-C."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(SIGNALLED + number)

    before: dict[int, Any] = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def output(
    file: Path | None, error: type[LmLintError], *, makes_folder: bool = False
) -> Iterator[TextIO]:
    """Where --output-file says. A file is replaced when all is written, so that nobody reads half of one.

    Raises the error where it cannot be written.
    """
    if file is None or str(file) == "-":
        yield sys.stdout
        return
    half = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        if makes_folder:
            file.parent.mkdir(parents=True, exist_ok=True)
        with open(half, "w", encoding="utf-8", newline="") as stream:
            yield stream
        os.replace(half, file)
    except OSError as cause:
        raise error(
            f"{file}: cannot be written ({cause.strerror or cause}); choose another --output-file"
        ) from cause
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def downloading() -> Iterator[Callable[[int, int | None], None]]:
    """What to tell the bytes of a download, so far and in all; a bar on standard error while that is a terminal."""
    if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield lambda n_bytes, in_all: None
        return
    with _download_bar() as bar:
        task = bar.add_task("", total=None)
        yield lambda n_bytes, in_all: bar.update(task, completed=n_bytes, total=in_all)


class Progress:
    """How far a run is, on standard error while that is a terminal; it goes away when the run ends.

    How many files there are is not known before the last is found, so it counts and does not promise.
    """

    def __init__(self, is_wanted: bool) -> None:
        self._is_wanted = is_wanted and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._started = self._shown = monotonic()
        self._bar: Any = None

    def step(self, summary: Summary, name: str) -> None:
        """One more file is done."""
        now = monotonic()
        if not self._is_wanted or now - self._shown < _TICK_S or now - self._started < _PATIENCE_S:
            return
        self._shown = now
        if self._bar is None:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None, name="")
            self._bar.start()
        rate = summary.n_lines / (now - self._started)
        said = f"{summary.n_files:,} files, {summary.n_findings:,} findings, {rate:,.0f} lines/s"
        self._bar.update(self._task, description=said, name=click.format_filename(name)[-50:])

    @contextmanager
    def aside(self, is_wanted: bool = True) -> Iterator[None]:
        """The bar is out of the way while something is printed."""
        bar = self._bar if is_wanted else None
        if bar is not None:
            bar.stop()
        yield
        if bar is not None:
            sys.stdout.flush()
            bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = None


class Silent:
    """A format for runs whose findings nobody wants to read: a diff goes to stdout in their place, or nothing."""

    needs_tokens = False

    def result(self, result: Result) -> None:
        pass

    def finish(self, summary: Summary) -> None:
        pass


def _download_bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    return Bar(
        BarColumn(20),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    return Bar(
        SpinnerColumn(),
        BarColumn(20),
        TextColumn("{task.description}"),
        TextColumn("[dim]{task.fields[name]}", markup=True),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
