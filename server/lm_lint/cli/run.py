"""The order of things: sources are found, linted, repaired, told; the exit status follows from what they came to.

What each step does stands elsewhere. Nothing here knows how a finding comes about or what a format looks like.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TextIO

import click

from lm_lint.cli import terminal
from lm_lint.cli.request import Fixing, Request
from lm_lint.cli.status import CLEAN, FAILED, FOUND
from lm_lint.errors import ConfigError, InputError
from lm_lint.results import Notice, Result, Summary

if TYPE_CHECKING:
    from lm_lint.baseline import Baseline
    from lm_lint.changes import Changes
    from lm_lint.cli.repairing import Repairing
    from lm_lint.formats import Format
    from lm_lint.pool import Pool
    from lm_lint.settings import Settings
    from lm_lint.sources import Source

_STARTED = perf_counter()


def run(request: Request) -> int:
    """Lint what was asked for, and tell; the model is loaded when the first text needs it."""
    from lm_lint.pool import Pool

    with Pool(request.settings, request.jobs, request.cache, request.cache_dir) as pool:
        if not request.watch:
            return Run(request, pool).status()
        from lm_lint.cli.watch import watch

        return watch(request, lambda: Run(request, pool).status())


class Run:
    """One pass over everything that was asked for."""

    def __init__(self, request: Request, pool: Pool) -> None:
        self.request = request
        self.pool = pool
        # While files are watched, configurations change too.
        request.configs.forget()
        self.summary = Summary()
        self.progress = terminal.Progress(request.progress)
        self.changes = _changes(request)
        self.baseline = _baseline(request)
        self._for_baseline: list[Result] = []

    def status(self) -> int:
        """Everything done and told. Raises ConfigError, GitError, ModelError, DeviceError."""
        with terminal.output(self.request.output_file, ConfigError, makes_folder=True) as stream:
            try:
                self._lint(stream)
            finally:
                self.progress.close()
        if self.request.baseline == "write":
            self._write_baseline()
        self._tell_at_last()
        if self.request.timings:
            _tell_timings(self.pool)
        return self._status()

    def _lint(self, stream: TextIO) -> None:
        format_ = self._format(stream)
        repairing = self._repairing(stream)
        sources = ((source, self.settings_of(source)) for source in self._sources())
        for outcome in self.pool.results(sources, format_.needs_tokens):
            if isinstance(outcome, Notice):
                self.notice(outcome)
                continue
            result = self.narrowed(outcome)
            if repairing is not None:
                result = repairing.repaired(result)
            self.summary.add(result)
            if self.request.baseline == "write":
                # The text is not needed any more, but its lines are.
                self._for_baseline.append(result)
            with self.progress.aside(bool(result.diagnostics)):
                format_.result(result)
            self.progress.step(self.summary, result.source.name)
        self.progress.close()
        format_.finish(self.summary)

    def notice(self, notice: Notice) -> None:
        """Say on standard error what could not be done, or only in part."""
        self.summary.notices.append(notice)
        if notice.is_failure or not self.request.quiet:
            with self.progress.aside():
                terminal.tell(f"{notice.path}: {notice.message}" if notice.path else notice.message)

    def narrowed(self, result: Result, is_repaired: bool = False) -> Result:
        """Without what stands on lines that were not changed, and what is in the baseline."""
        from lm_lint.policy import touching

        if self.request.format == "surprisal-json":
            return replace(result, diagnostics=())  # bits are no findings
        found = result.diagnostics
        if self.baseline is not None:
            found, n_known = self.baseline.new(result, is_repaired)
            self.summary.n_in_baseline += 0 if is_repaired else n_known
        if result.source.lines is not None:
            found = touching(found, result.source.lines, result.source.text)
        return replace(result, diagnostics=found)

    def _sources(self) -> Iterator[Source]:
        """What there is to lint; what cannot be is told on the way."""
        from lm_lint.discovery import sources
        from lm_lint.selection import Selection
        from lm_lint.sources import Skipped

        request = self.request
        selection = Selection(
            language=request.language,
            limits=request.limits,
            stdin_name=request.stdin_name,
            include=request.include,
            exclude=request.exclude,
            gitignore=request.gitignore,
            force_exclude=request.force_exclude,
            changes=self.changes,
        )
        for found in sources(request.names, selection, request.configs, sys.stdin.buffer):
            if isinstance(found, Skipped):
                self.notice(Notice(found.name, found.note, is_failure=False))
            elif isinstance(found, InputError):
                self.notice(Notice("", str(found), is_failure=True))
            else:
                if found.note:
                    self.notice(Notice(found.name, found.note, is_failure=False))
                yield found

    def settings_of(self, source: Source) -> Settings:
        """What the command line and the project say of this file. Raises ConfigError."""
        config = self.request.configs.of(source.path or source.name, Path.cwd())
        return config.settings_for(
            source.path or source.name, self.request.settings, self.request.decided
        )

    def _format(self, stream: TextIO) -> Format:
        from lm_lint import formats
        from lm_lint.formats import hyperlinks

        request = self.request
        in_colour = terminal.in_colour(request.colour, stream)
        options = formats.FormatOptions(
            colour=in_colour,
            hyperlinks=in_colour and hyperlinks.understood(os.environ),
            root=_root(),
            statistics=request.statistics,
            quiet=request.quiet,
            command=("lm-lint", *sys.argv[1:]),
        )
        if request.tells_nothing:
            return terminal.Silent()
        return formats.make(request.format, stream, options)

    def _repairing(self, stream: TextIO) -> Repairing | None:
        if self.request.fixing is Fixing.NONE:
            return None
        from lm_lint.cli.repairing import Repairing

        return Repairing(self, stream)

    def _tell_at_last(self) -> None:
        """One line for people whose findings went elsewhere."""
        from lm_lint.formats.summing import counted, sentence, statistics

        request = self.request
        if request.quiet:
            return
        if self.baseline is not None and (n_gone := len(self.baseline.stale)):
            are = "is" if n_gone == 1 else "are"
            gone = f"{counted(n_gone, 'finding')} of the baseline {are} gone"
            terminal.tell(f"{gone}; `--baseline write` takes them off")
        if request.baseline == "write" or not (request.output_file or request.tells_nothing):
            return
        if request.statistics:
            click.echo("\n".join(statistics(self.summary)), err=True)
        terminal.tell(sentence(self.summary))

    def _write_baseline(self) -> None:
        from lm_lint.baseline import Baseline
        from lm_lint.formats.summing import counted

        file = _baseline_file(self.request)
        Baseline.write(file, self._for_baseline)
        if not self.request.quiet:
            terminal.tell(f"{counted(self.summary.n_findings, 'finding')} written to {file}")

    def _status(self) -> int:
        request, summary = self.request, self.summary
        if summary.n_failed:
            return FAILED
        if request.exit_zero or request.baseline == "write":
            return CLEAN
        if request.fixing is Fixing.WRITE_ONLY:
            return CLEAN
        if request.fixing is Fixing.SHOW:
            return FOUND if summary.n_fixed else CLEAN
        return FOUND if summary.n_findings > request.max_findings else CLEAN


def _changes(request: Request) -> Changes | None:
    if not request.changed:
        return None
    from lm_lint import changes

    if request.changed.staged:
        return changes.staged()
    assert request.changed.since is not None
    return changes.since(request.changed.since)


def _baseline_file(request: Request) -> Path:
    if request.baseline_file is not None:
        return request.baseline_file
    from lm_lint.baseline import DEFAULT_FILE

    return request.configs.below(Path.cwd()).baseline_file or Path(DEFAULT_FILE)


def _baseline(request: Request) -> Baseline | None:
    """The one that was asked for, or the project's if it names one. Raises ConfigError."""
    from lm_lint.baseline import Baseline

    if request.baseline == "write":
        return None
    if request.baseline == "use" or request.baseline_file is not None:
        return Baseline.read(_baseline_file(request))
    named = request.configs.below(Path.cwd()).baseline_file
    return Baseline.read(named) if named is not None else None


def _root() -> Path:
    """What reports tell paths relative to: the repository, else the current folder."""
    from lm_lint.config import is_root

    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if is_root(folder)), here)


def _tell_timings(pool: Pool) -> None:
    for stage in ("parse", "import", "load", "score", "detect"):
        click.echo(f"{stage:8} {pool.seconds[stage]:8.3f} s", err=True)
    click.echo(f"{'total':8} {perf_counter() - _STARTED:8.3f} s", err=True)
    click.echo(f"{'memory':8} {terminal.peak_mib():8.0f} MiB at most", err=True)
