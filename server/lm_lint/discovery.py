"""From the names on the command line to files: folders, patterns, what is left out, what was changed.

What is named is read; what is found on the way must be of a known language, and neither excluded nor ignored by git.
Nothing here knows what is done with a text.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal

from lm_lint import gitignore
from lm_lint import sources as reading
from lm_lint.changes import Changes
from lm_lint.config import Configs
from lm_lint.errors import GitError, InputError, NothingToLint, UnreadableInput
from lm_lint.gitignore import Ignores, Rules
from lm_lint.selection import Filter, Selection, below
from lm_lint.sources import Outcome, Skipped, Source, printable, unreadable

STANDARD_INPUT = "-"
Found = str | Skipped | InputError


def sources(
    names: Iterable[str], selection: Selection, configs: Configs, stdin: BinaryIO
) -> Iterator[Outcome]:
    """The text of each file that is meant, in the order of the names and sorted below each; each file once.

    Only one lies in memory at a time. Errors are handed on as values: one bad name does not keep the others from
    being linted. A bad configuration does: ConfigError. Without names: what was changed below the current folder.
    """
    search = _Search(selection, configs)
    for name in names_of(names, selection):
        if name == STANDARD_INPUT:
            yield from search.standard_input(stdin)
            continue
        for found in search.found(name):
            yield search.read(found) if isinstance(found, str) else found


def paths(names: Iterable[str], selection: Selection, configs: Configs) -> Iterator[Found]:
    """The files alone that `sources` would read, to count or to watch them; standard input is none."""
    search = _Search(selection, configs)
    for name in names_of(names, selection):
        if name != STANDARD_INPUT:
            yield from search.found(name)


def names_of(names: Iterable[str], selection: Selection) -> tuple[str, ...]:
    """The names; where there are none and only changes count, one that stands for the current folder."""
    found = tuple(names)
    return found or (() if selection.changes is None else ("",))


def watched(names: Iterable[str]) -> tuple[str, ...]:
    """The files and folders in which something may change; of a pattern the folder that it starts from."""
    bases = (_Pattern.of(name).base for name in names if name != STANDARD_INPUT)
    return tuple(base for base in dict.fromkeys(bases) if os.path.exists(base))


@dataclass(frozen=True)
class _Pattern:
    """A name, or one with `*` in it: where to start, and which files below fit; None: all."""

    base: str
    rules: Rules | None

    @classmethod
    def of(cls, name: str) -> _Pattern:
        # A file may be called so, too.
        if not glob.has_magic(name) or os.path.lexists(name):
            return cls(name, None)
        parts = name.replace(os.sep, "/").split("/")
        n = next(idx for idx, part in enumerate(parts) if glob.has_magic(part))
        base = "/" if parts[:n] == [""] else "/".join(parts[:n])
        return cls(base or os.curdir, Rules.of(["/" + "/".join(parts[n:])]))

    def fits(self, relative: str, is_folder: bool) -> bool:
        """Does it fit this very entry, by its path from the base on?"""
        return self.rules is not None and bool(self.rules.verdict(relative, is_folder))


@dataclass(frozen=True)
class _Folder:
    """A folder on the way.

    path      as people see it
    real      where it is, without links
    relative  from where the walk began, with a slash at the end
    ignores   what git ignores in it; None outside of a repository
    fits      a pattern fits it, and so all that is in it
    """

    path: str
    real: str
    relative: str
    ignores: Ignores | None
    fits: bool

    def below(self, name: str, pattern: _Pattern) -> _Folder:
        relative = self.relative + name
        return _Folder(
            os.path.join(self.path, name),
            os.path.join(self.real, name),
            relative + "/",
            self.ignores,
            self.fits or pattern.fits(relative, is_folder=True),
        )

    def real_path(self, entry: os.DirEntry[str]) -> str:
        """Where the file of an entry is, without links."""
        return (
            os.path.realpath(entry.path)
            if entry.is_symlink()
            else os.path.join(self.real, entry.name)
        )


@dataclass(frozen=True)
class _File:
    """A file on the way: how people see it, and where it is without links."""

    path: str
    real: str


class _Search:
    """One reading of the command line; it knows what it has found already."""

    def __init__(self, selection: Selection, configs: Configs) -> None:
        self._selection = selection
        self._filter = Filter(selection, configs)
        self._seen: set[str] = set()

    def found(self, name: str) -> Iterator[Found]:
        """The files that a name stands for, but for those that were found before."""
        pattern = _Pattern.of(name)
        if self._selection.changes is not None:
            yield from self._changed(name, pattern, self._selection.changes)
            return
        try:
            is_folder = stat.S_ISDIR(os.stat(pattern.base).st_mode)
        except (OSError, ValueError) as error:
            yield unreadable(name, error)
            return
        if is_folder:
            yield from self._in_folder(name, pattern)
        elif pattern.rules is not None:
            yield self._nothing(name, pattern)
        elif not self._filter.refuses(name):
            yield from self._once(name, os.path.realpath(name))

    def read(self, path: str) -> Outcome:
        """The text of a file that was found."""
        limits, changes = self._selection.limits, self._selection.changes
        language = self._filter.language_said(path)
        lines = None if changes is None else changes.lines_of(path)
        if changes is not None and changes.is_staged:
            try:
                data = changes.content_of(path)
            except GitError as error:
                return UnreadableInput(f"{printable(path)}: {error}")
            # It has no path to be written back to: the file may say something else.
            res = reading.decoded(printable(path), language, data, limits)
        else:
            res = reading.load(path, language, limits)
        return reading.with_lines(res, lines) if lines and isinstance(res, Source) else res

    def standard_input(self, stdin: BinaryIO) -> Iterator[Outcome]:
        name, limits = self._selection.stdin_name, self._selection.limits
        if name and self._filter.refuses(name):
            return
        language = self._filter.language_said(name) if name else self._selection.language
        yield reading.standard_input(stdin, name, language, limits)

    def _in_folder(self, name: str, pattern: _Pattern) -> Iterator[Found]:
        is_empty = True
        for found in self._walked(pattern):
            if isinstance(found, _File):
                is_empty = False
                yield from self._once(found.path, found.real)
            else:
                yield found
        if is_empty:
            yield self._nothing(name, pattern)

    def _once(self, path: str, real: str) -> Iterator[str]:
        if real not in self._seen:
            self._seen.add(real)
            yield path

    def _walked(self, pattern: _Pattern) -> Iterator[_File | Skipped | InputError]:
        """The files below a folder; what is left out is not entered."""
        real = os.path.realpath(pattern.base)
        waiting = [_Folder(pattern.base, real, "", gitignore.above(real), pattern.rules is None)]
        while waiting:
            here = waiting.pop()
            try:
                with os.scandir(here.path) as entries:
                    inside = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield unreadable(here.path, error)
                continue
            here = replace(here, ignores=_ignores_in(here, inside))
            inner: list[_Folder] = []
            for entry in inside:
                if not _is_folder(entry):
                    yield from self._file(entry, here, pattern)
                elif not self._is_left_out(entry, here, pattern, is_folder=True):
                    inner.append(here.below(entry.name, pattern))
            waiting += reversed(inner)

    def _file(
        self, entry: os.DirEntry[str], here: _Folder, pattern: _Pattern
    ) -> Iterator[_File | Skipped | InputError]:
        """The file of an entry, if it is wanted."""
        path, is_named = os.path.join(here.path, entry.name), False
        if not here.fits:
            is_named = pattern.fits(here.relative + entry.name, is_folder=False)
            if not is_named:
                return
        # Cheap questions come first: most files of a project are no sources.
        wanted = self._filter.wants(path, pattern.base, is_named)
        if wanted is False or self._is_left_out(entry, here, pattern, is_folder=False):
            return
        try:
            kind = _kind(entry)
        except OSError as error:
            if wanted:
                yield unreadable(path, error)
            return
        if kind == "file" and (wanted or self._filter.wants_script(path)):
            yield _File(path, here.real_path(entry))
        elif kind == "other" and wanted:
            yield Skipped(printable(path), "is a pipe or a device, skipped")

    def _is_left_out(
        self, entry: os.DirEntry[str], here: _Folder, pattern: _Pattern, is_folder: bool
    ) -> bool:
        """Is an entry of a folder excluded, or ignored by git?"""
        path, top = os.path.join(here.path, entry.name), pattern.base
        if self._filter.excludes(path, top, here.relative + entry.name, is_folder):
            return True
        if here.ignores is None or not self._filter.respects_git(path, top):
            return False
        real = os.path.join(here.real, entry.name)
        return here.ignores.hides(real.replace(os.sep, "/"), is_folder)

    def _changed(self, name: str, pattern: _Pattern, changes: Changes) -> Iterator[Found]:
        """Of what a name stands for, the files that were changed."""
        base = pattern.base or os.curdir
        if not os.path.isdir(base):
            is_touched = changes.lines_of(base) is not None
            if not is_touched and not os.path.lexists(base):
                yield unreadable(name, FileNotFoundError())
            elif is_touched and not self._filter.refuses(base):
                yield from self._once(base, os.path.realpath(base))
            return
        top = os.path.realpath(base)
        for changed in changes.paths:
            relative = below(changed, top)
            # A link that was changed leads to a file that was not.
            if relative is None or changes.lines_of(changed) is None:
                continue
            path = os.path.join(base, relative) if name else relative
            is_named = pattern.rules is not None and pattern.rules.covers(relative)
            if pattern.rules is None or is_named:
                wanted = self._filter.wants(path, base, is_named)
                if (
                    wanted is not False
                    and not self._filter.excludes_on_the_way(path, base)
                    and (wanted or self._filter.wants_script(path))
                ):
                    yield from self._once(path, changed)

    def _nothing(self, name: str, pattern: _Pattern) -> NothingToLint:
        language = self._selection.language
        known = "files with a known extension (such as .c, .html, .py)"
        kinds = f"{language} files" if language else known
        if pattern.rules is None:
            return NothingToLint(
                f"{printable(name)}: no {kinds} in this directory; name files or another directory"
            )
        return NothingToLint(f"{printable(name)}: this pattern fits no {kinds}; check it")


def _ignores_in(here: _Folder, inside: Sequence[os.DirEntry[str]]) -> Ignores | None:
    """What git ignores in a folder: by its own file, too, and anew where a repository begins."""
    names = {entry.name for entry in inside}
    res = here.ignores
    if here.relative and ".git" in names and gitignore.is_root(here.real):
        res = gitignore.of_root(here.real)
    if res is not None and gitignore.FILE in names:
        res = res.below(here.real)
    return res


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Links to folders are not followed: what they lead to is found where it is, or is none of the project's."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _kind(entry: os.DirEntry[str]) -> Literal["file", "folder", "other"]:
    """What an entry is, or what it links to. Raises OSError for a link that leads nowhere."""
    if entry.is_file():
        return "file"
    mode = os.stat(entry.path).st_mode
    return "folder" if stat.S_ISDIR(mode) else "other"
