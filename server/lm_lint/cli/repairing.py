"""What is done with repairs: written into files, shown as a diff, or asked about one by one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lm_lint import fixes, writing
from lm_lint.cli import terminal
from lm_lint.cli.request import Fixing
from lm_lint.errors import InputError, NotWritten
from lm_lint.formats.visible import tamed
from lm_lint.results import Notice, Result
from lm_lint.settings import FIX_CONFIDENCE

if TYPE_CHECKING:
    from lm_lint.cli.run import Run
    from lm_lint.sources import Source


class Repairing:
    """Results in, results with their repairs out; `run` lints anew and takes notices."""

    def __init__(self, run: Run, stream: TextIO) -> None:
        self._run = run
        self._stream = stream
        self._has_quit = False
        self._in_colour = terminal.in_colour(run.request.colour, stream)

    def repaired(self, result: Result) -> Result:
        """What is left; a file that cannot be written stays as it was, with a notice that is a failure."""
        fixing, is_filter = self._run.request.fixing, self._run.request.is_filter
        done = self._made(result) if result.diagnostics and not self._has_quit else None
        if is_filter:
            data = (done.left_result if done else result).source.data
            assert data is not None, result.source.name
            terminal.write_bytes(self._stream, data)
        if done is None or done.text == result.source.text:
            return result
        if fixing is Fixing.SHOW:
            self._show_diff(result.source, done.text)
            return replace(result, fixed=done.applied)
        return done.left_result if is_filter else self._written(result, done)

    def _made(self, result: Result) -> fixes.Repaired | None:
        def lint(source: Source) -> Result:
            found = self._run.pool.lint(source, self._run.settings_of(source))
            return self._run.narrowed(found, is_repaired=True)

        try:
            if self._run.request.fixing is Fixing.ASK:
                return fixes.made(self._chosen(result), lint)
            least = self._least(result.source)
            return fixes.repaired(result.source, result.diagnostics, lint, least)
        except InputError as error:
            self._run.notice(Notice("", str(error), is_failure=True))
            return None

    def _chosen(self, result: Result) -> fixes.Plan:
        with self._run.progress.aside():
            plan = fixes.interactive(result, _ask, _show, self._in_colour, self._least_asked())
        self._has_quit = plan.is_end
        return plan

    def _written(self, result: Result, done: fixes.Repaired) -> Result:
        old, new = result.source.data, done.left_result.source.data
        assert old is not None, result.source.name
        assert new is not None, result.source.name
        if result.source.path is None:
            sentence = f"{result.source.name}: is no file that can be written; use --diff"
            self._run.notice(Notice("", sentence, is_failure=True))
            return result
        try:
            note = writing.replace(result.source.path, old, new)
        except NotWritten as error:
            self._run.notice(Notice("", str(error), is_failure=True))
            return result
        if note:
            self._run.notice(Notice("", note, is_failure=False))
        return done.left_result

    def _show_diff(self, source: Source, new_text: str) -> None:
        diff = fixes.unified_diff(source, new_text)
        with self._run.progress.aside():
            shown = _coloured(diff) if self._in_colour else diff
            terminal.write_bytes(self._stream, shown.encode("utf-8", "surrogateescape"))

    def _least(self, source: Source) -> float:
        """How sure a repair must be: as the option says, else the project."""
        request = self._run.request
        if "fix_confidence" in request.decided:
            return request.fix_confidence
        said = request.configs.of(source.path or source.name, Path.cwd()).fix_confidence
        return FIX_CONFIDENCE if said is None else said

    def _least_asked(self) -> float:
        """A person is asked about all that is shown, unless an option says otherwise."""
        request = self._run.request
        return request.fix_confidence if "fix_confidence" in request.decided else 0.0


def _ask(question: str) -> str:
    sys.stdout.write(question)
    sys.stdout.flush()
    answer = sys.stdin.readline()
    if not answer:
        sys.stdout.write("\n")
        raise EOFError
    return answer


def _show(lines: str) -> None:
    sys.stdout.write(lines + "\n")


def _coloured(diff: str) -> str:
    """For people at a terminal: what would move its cursor is shown as a picture."""
    colours = {"-": "\x1b[31m", "+": "\x1b[32m", "@": "\x1b[36m"}
    lines = [tamed(line.rstrip("\r")) for line in diff.split("\n")]
    return "\n".join(
        f"{colours[line[0]]}{line}\x1b[0m" if line[:1] in colours else line for line in lines
    )
