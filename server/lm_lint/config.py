"""What a project says to lm-lint: `lm-lint.toml`, or the table `[tool.lm-lint]` of `pyproject.toml`.

The nearest file above a source counts, and none above the root of its repository. docs/configuration.md describes the
keys. What is wrong with a file is a `ConfigError`: a project that is linted with half of its rules would mislead.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lm_lint.errors import ConfigError
from lm_lint.server_settings import Kind, entries
from lm_lint.settings import Settings

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

OWN_FILE, SHARED_FILE = "lm-lint.toml", "pyproject.toml"

# Hidden, installed or made by programs. A pattern of the project such as `!build/` takes one back.
DEFAULT_EXCLUDE = (
    ".*",
    "__pycache__/",
    "__pypackages__/",
    "_build/",
    "build/",
    "dist/",
    "node_modules/",
    "site-packages/",
    "venv/",
)
_ROOT_MARKS = (".git", ".hg", ".svn")
_EDITOR_NAMES = {"exclude": "exclude", "min-confidence": "minConfidence", "parser": "parser"}


@dataclass(frozen=True)
class Config:
    """What holds below one folder; None where the project says nothing.

    file     where it stands, None for no file
    exclude  patterns as in `.gitignore`, relative to `folder`, in addition to the default ones
    """

    folder: Path
    file: Path | None = None
    exclude: tuple[str, ...] = ()
    min_confidence: float | None = None
    parser: bool | None = None

    def excludes(self, path: str | os.PathLike[str], is_folder: bool = False) -> bool:
        """Is this file, or a folder above it, not to be looked at? Nothing outside of the folder is excluded."""
        relative = self._relative(path)
        return relative is not None and self._spec.match_file(relative + "/" * is_folder)

    def applied(self, settings: Settings, decided: Collection[str] | None = None) -> Settings:
        """Settings with the project's values.

        decided   names of settings that somebody chose, which stay; None: those that are not the defaults
        """
        said = {"min_confidence": self.min_confidence, "parser": self.parser}
        if decided is None:
            decided = [name for name in said if getattr(settings, name) != getattr(Settings, name)]
        values: dict[str, Any] = {
            name: value for name, value in said.items() if value is not None and name not in decided
        }
        return replace(settings, **values)

    def with_exclude(self, patterns: Iterable[str]) -> tuple[Config, list[str]]:
        """With further patterns; those that are none are left out, each with a sentence."""
        good, problems = [], []
        for pattern in patterns:
            if sentence := _wrong_pattern(pattern):
                problems.append(sentence)
            else:
                good.append(pattern)
        return replace(self, exclude=(*self.exclude, *good)), problems

    def _relative(self, path: str | os.PathLike[str]) -> str | None:
        """The path from the folder on, with slashes; None outside of it and for the folder itself."""
        try:
            relative = os.path.relpath(os.path.abspath(path), self.folder)
        except ValueError:  # another drive
            return None
        parts = relative.replace(os.sep, "/")
        return None if parts in (".", "..") or parts.startswith("../") else parts

    @cached_property
    def _spec(self) -> GitIgnoreSpec:
        return _spec_of((*DEFAULT_EXCLUDE, *self.exclude))


class Configs:
    """The config of each file, looked for once per folder.

    only       this one for all, whatever stands above a file
    isolated   no file is read at all
    """

    def __init__(self, only: Config | None = None, isolated: bool = False) -> None:
        self._only = only
        self._isolated = isolated
        self._known: dict[Path, Config | None] = {}

    def of(
        self, path: str | os.PathLike[str], base: str | os.PathLike[str] | None = None
    ) -> Config:
        """The config of a file. Without any, patterns are relative to `base`, or to the file's own folder.

        Raises ConfigError.
        """
        return self.below(Path(os.path.abspath(path)).parent, base)

    def below(
        self, folder: str | os.PathLike[str], base: str | os.PathLike[str] | None = None
    ) -> Config:
        """The config of what lies directly in a folder. Raises ConfigError."""
        folder = Path(os.path.abspath(folder))
        if self._only is not None:
            return self._only
        found = None if self._isolated else self._nearest(folder)
        return found or Config(Path(os.path.abspath(base)) if base is not None else folder)

    def forget(self) -> None:
        """Files may have changed: look at them anew."""
        self._known.clear()

    def _nearest(self, folder: Path) -> Config | None:
        if folder not in self._known:
            found = _in_folder(folder)
            if found is None and folder.parent != folder and not is_root(folder):
                found = self._nearest(folder.parent)
            self._known[folder] = found
        return self._known[folder]


def nearest(path: str | os.PathLike[str]) -> Config:
    """The config of one file. Raises ConfigError."""
    return Configs().of(path)


def is_root(folder: Path) -> bool:
    """Is this the root of a repository?"""
    return any((folder / mark).exists() for mark in _ROOT_MARKS)


def load(file: Path) -> Config:
    """The config of a named file; a `pyproject.toml` may do without our table. Raises ConfigError."""
    table = _table(file, _read(file))
    return _config(file, {} if table is None else table)


def _in_folder(folder: Path) -> Config | None:
    own, shared = folder / OWN_FILE, folder / SHARED_FILE
    if own.is_file():
        return load(own)
    if not shared.is_file():
        return None
    text = _read(shared)
    if "lm-lint" not in text:
        return None  # whatever else may be wrong with it is no matter of ours
    table = _table(shared, text)
    return None if table is None else _config(shared, table)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: there is no such file; check the name") from error
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read ({error.strerror or error}); check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not valid UTF-8, which TOML must be") from error


def _table(file: Path, text: str) -> Any:
    """Our table of a file; None where a shared file has none."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is no valid TOML: {error}") from error
    if file.name == SHARED_FILE:
        tool = found.get("tool")
        return tool.get("lm-lint") if isinstance(tool, dict) else None
    return found


def _config(file: Path, table: Any) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: `tool.lm-lint` is no table; write [tool.lm-lint]")
    kinds = {entry.name: entry.kind for entry in entries()}
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in _EDITOR_NAMES:
            raise ConfigError(_unknown(file, key))
        values[key.replace("-", "_")] = _value(file, key, raw, kinds[_EDITOR_NAMES[key]])
    for pattern in values.get("exclude", ()):
        if sentence := _wrong_pattern(pattern):
            raise ConfigError(f"{file}: exclude: {sentence}")
    return Config(Path(os.path.abspath(file)).parent, file, **values)


def _value(file: Path, key: str, raw: object, kind: Kind) -> Any:
    try:
        return kind.read(raw)
    except ValueError:
        raise ConfigError(f"{file}: `{key}` is {raw!r:.60}; {kind.expected} was expected") from None


def _unknown(file: Path, key: str) -> str:
    close = difflib.get_close_matches(key.replace("_", "-"), _EDITOR_NAMES, 1, 0.7)
    known = ", ".join(f"`{name}`" for name in _EDITOR_NAMES)
    meant = f"was `{close[0]}` meant?" if close else f"known are {known}"
    return f"{file}: `{key:.60}` is no setting of lm-lint; {meant}"


def _wrong_pattern(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence."""
    try:
        _spec_of((pattern,))
    except ValueError:
        return f"{pattern!r:.60} is no pattern as in .gitignore."
    return None


def _spec_of(patterns: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)
