"""Which files are meant: what options and the project's configuration say of a path.

Nothing here walks, and nothing reads more of a file than the line that names an interpreter.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from lm_lint import filetypes, gitignore
from lm_lint.changes import Changes
from lm_lint.config import Config, Configs
from lm_lint.errors import ConfigError
from lm_lint.gitignore import Rules
from lm_lint.settings import Limits
from lm_lint.text import Language


@dataclass(frozen=True)
class Selection:
    """What options say.

    language       of all named files; of those found on the way only these are taken. None: the files tell
    stdin_name     what to call the text that `-` reads
    include        further patterns of files in folders, as in `.gitignore`, relative to the current one
    exclude        patterns of what is left out on the way, further to those of a project
    gitignore      leave out what git ignores, unless a project says otherwise
    force_exclude  leave out what is excluded even where it is named
    changes        only files in which something was changed
    """

    language: Language | None = None
    limits: Limits = field(default_factory=Limits)
    stdin_name: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    gitignore: bool = True
    force_exclude: bool = False
    changes: Changes | None = None


class Filter:
    """What is said of paths, looked up once for each folder.

    `top` is always the folder in which a search began: without a configuration patterns are relative to it, and it
    is never left out itself. Raises ConfigError anywhere.
    """

    def __init__(self, selection: Selection, configs: Configs) -> None:
        self._selection = selection
        self._configs = configs
        self._exclude = _rules("--exclude", selection.exclude)
        self._include = _rules("--include", selection.include)
        self._current = os.path.abspath(os.curdir)
        self._known: dict[tuple[str, str], tuple[Config, Config]] = {}
        self._without_file: dict[str, Config] = {}

    def language_said(self, path: str) -> Language | None:
        """What somebody says a file is in, whatever its name."""
        return self._selection.language or self._config(path, self._current).language_of(path)

    def wants(self, path: str, top: str, is_named: bool = False) -> bool | None:
        """Is a file that was found of a language to be linted? None: its first line must tell.

        is_named   a pattern fits this very file
        """
        said, config = self._selection.language, self._config(path, top)
        known = config.language_of(path) or filetypes.language_by_name(path)
        if known:
            return said in (None, known)
        if (is_named and said) or config.includes(path):
            return True
        if self._include.rules and self._include.covers(self._relative(path) or path):
            return True
        return False if filetypes.has_suffix(path) else None

    def wants_script(self, path: str) -> bool:
        """The same for a file without a suffix, by its first line."""
        try:
            with open(path, "rb") as file:
                known = filetypes.language_by_interpreter(file.read(filetypes.HEAD_BYTES))
        except OSError:
            return False  # nothing says that it is a source
        return known is not None and self._selection.language in (None, known)

    def excludes(self, path: str, top: str, relative: str, is_folder: bool) -> bool:
        """Is an entry of a folder left out?

        relative   from the top on, with slashes: what options see where the path is not below the current folder
        """
        if self._exclude.rules and self._exclude.verdict(
            self._relative(path) or relative, is_folder
        ):
            return True
        return self._excluding(path, top).excludes(path, is_folder)

    def excludes_on_the_way(self, path: str, top: str) -> bool:
        """Is a file left out, or a folder between it and the top?"""
        path, top = os.path.abspath(path), os.path.abspath(top)
        relative = below(path, top)
        if relative is None:
            top, relative = os.path.split(path)
        parts = relative.split("/")
        heads = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
        return any(
            self.excludes(os.path.join(top, head), top, head, head != relative) for head in heads
        )

    def refuses(self, path: str) -> bool:
        """Is a file that was named left out all the same?"""
        return self._selection.force_exclude and self.excludes_on_the_way(path, self._current)

    def respects_git(self, path: str, top: str) -> bool:
        """Is an entry left out that git ignores?"""
        return self._selection.gitignore and self._config(path, top).respect_gitignore is not False

    def _config(self, path: str, top: str) -> Config:
        return self._configs_for(path, top)[0]

    def _excluding(self, path: str, top: str) -> Config:
        return self._configs_for(path, top)[1]

    def _configs_for(self, path: str, top: str) -> tuple[Config, Config]:
        """What holds for an entry, and the same as to what is excluded."""
        key = os.path.dirname(path), top
        if key not in self._known:
            config = self._configs.below(key[0] or os.curdir, top)
            if config.file is None:
                # One for all, so that its patterns are read once.
                config = self._without_file.setdefault(top, config)
            excluding = config
            if config.excludes(top, is_folder=True):
                # Who names an excluded folder wants what is in it.
                excluding = replace(config, folder=Path(os.path.abspath(top)))
            self._known[key] = config, excluding
        return self._known[key]

    def _relative(self, path: str) -> str | None:
        """The path from the current folder on, with slashes; None outside of it."""
        return below(os.path.abspath(path), self._current)


def below(path: str, folder: str) -> str | None:
    """A path from a folder on, with slashes; None where it is not below. Both are absolute."""
    start = folder if folder.endswith(os.sep) else folder + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else None


def _rules(option: str, patterns: Sequence[str]) -> Rules:
    for pattern in patterns:
        if gitignore.is_wrong(pattern):
            raise ConfigError(f"{option}: {pattern!r:.60} is no pattern as in .gitignore")
    return Rules.of(patterns)
