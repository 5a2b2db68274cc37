"""What a project says to lm-lint: `lm-lint.toml`, or the table `[tool.lm-lint]` of `pyproject.toml`.

The nearest file above a source counts, and none above the root of its repository. docs/configuration.md describes the
keys. What is wrong with a file is a `ConfigError`: a project that is linted with half of its rules would mislead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lm_lint.config_table import spec_of, values_of, wrong_pattern
from lm_lint.errors import ConfigError
from lm_lint.model_folder import BUNDLED
from lm_lint.settings import FIX_CONFIDENCE, Settings, Severity
from lm_lint.text import Language

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
# What a file may say of `Settings`; all else it says is about files.
_LINT_KEYS = (
    "min_confidence",
    "parser",
    "select",
    "ignore",
    "severity",
    "unused_suppressions",
)
DEFAULT, OPTION = "default", "option"


@dataclass(frozen=True)
class Override:
    """What holds for some files in place of what holds for all; None where it says nothing.

    files   patterns as in `.gitignore`, relative to the folder of the configuration
    """

    files: tuple[str, ...]
    language: Language | None = None
    min_confidence: float | None = None
    parser: bool | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severity: tuple[tuple[str, Severity], ...] | None = None

    @cached_property
    def spec(self) -> GitIgnoreSpec:
        return spec_of(self.files)


@dataclass(frozen=True)
class Config:
    """What holds below one folder; None where the project says nothing.

    file       where it stands, None for no file
    exclude    patterns as in `.gitignore`, relative to `folder`, in addition to the default ones
    include    such patterns of files in directories that are linted though their names do not say what they are
    languages  such patterns with the language of what they fit; the last that fits counts
    baseline   a file, relative to `folder`
    model      the name of one that ships with lm-lint or is installed; that of the current folder's project counts
    overrides  for some files; the later ones go before
    """

    folder: Path
    file: Path | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    languages: tuple[tuple[str, Language], ...] = ()
    min_confidence: float | None = None
    parser: bool | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    severity: tuple[tuple[str, Severity], ...] | None = None
    unused_suppressions: bool | None = None
    baseline: str | None = None
    respect_gitignore: bool | None = None
    fix_confidence: float | None = None
    model: str | None = None
    overrides: tuple[Override, ...] = ()

    def excludes(self, path: str | os.PathLike[str], is_folder: bool = False) -> bool:
        """Is this file, or a folder above it, not to be looked at? Nothing outside of the folder is excluded."""
        relative = self._relative(path)
        return relative is not None and self._exclude_spec.match_file(relative + "/" * is_folder)

    def includes(self, path: str | os.PathLike[str]) -> bool:
        """Is this file to be linted where it is found, whatever its name?"""
        relative = self._relative(path) if self.include else None
        return relative is not None and self._include_spec.match_file(relative)

    def language_of(self, path: str | os.PathLike[str]) -> Language | None:
        """The language that the project says a file is in; None where it leaves that to the name."""
        language, _ = self._language_said_of(path)
        return language

    @property
    def baseline_file(self) -> Path | None:
        return None if self.baseline is None else self.folder / Path(self.baseline).expanduser()

    def settings_for(
        self,
        path: str | os.PathLike[str] | None,
        base: Settings,
        decided: Collection[str] | None = None,
    ) -> Settings:
        """The settings of one file: what somebody chose, then the overrides, then what holds for all.

        path     None: what holds where no override does
        decided  names of settings in `base` that somebody chose; None: those that are not the defaults
        """
        said = self._said_of(path, base, decided)
        return replace(base, **{key: value for key, (value, _) in said.items()})

    def _language_said_of(self, path: str | os.PathLike[str]) -> tuple[Language | None, str]:
        """The language, and the place where it is said."""
        for number, override in reversed(self._overrides_of(path)):
            if override.language is not None:
                return override.language, self._name_of(number)
        relative = self._relative(path) if self.languages else None
        if relative is not None:
            for spec, language in self._language_specs:
                if spec.match_file(relative):
                    return language, str(self.file)
        return None, DEFAULT

    def _name_of(self, override_number: int) -> str:
        return f"{self.file}, overrides {override_number}"

    def _said_of(
        self,
        path: str | os.PathLike[str] | None,
        base: Settings,
        decided: Collection[str] | None,
    ) -> dict[str, tuple[Any, str]]:
        """What the project says of settings that nobody chose, each with the place where it says so."""
        if decided is None:
            default = Settings()
            decided = [key for key in _LINT_KEYS if getattr(base, key) != getattr(default, key)]
        res: dict[str, tuple[Any, str]] = {}
        for origin, said in self._layers(path):
            if said.select is not None:
                # Who selects anew starts anew.
                res.pop("ignore", None)
            for key in _LINT_KEYS:
                value = getattr(said, key, None)
                if value is None:
                    continue
                if key == "severity" and key in res:
                    value = tuple(sorted({**dict(res[key][0]), **dict(value)}.items()))
                res[key] = value, origin
        if "select" in decided:
            res.pop("ignore", None)
        return {key: value for key, value in res.items() if key not in decided}

    def _layers(
        self, path: str | os.PathLike[str] | None
    ) -> Iterator[tuple[str, Config | Override]]:
        yield str(self.file), self
        if path is not None:
            for number, override in self._overrides_of(path):
                yield self._name_of(number), override

    def _overrides_of(self, path: str | os.PathLike[str]) -> list[tuple[int, Override]]:
        """Those that hold for a file, with their numbers from 1, in the order of the configuration."""
        relative = self._relative(path) if self.overrides else None
        if relative is None:
            return []
        numbered = enumerate(self.overrides, 1)
        return [(number, each) for number, each in numbered if each.spec.match_file(relative)]

    def with_exclude(self, patterns: Iterable[str]) -> tuple[Config, list[str]]:
        """With further patterns; those that are none are left out, each with a sentence."""
        good, problems = [], []
        for pattern in patterns:
            if sentence := wrong_pattern(pattern):
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
    def _exclude_spec(self) -> GitIgnoreSpec:
        return spec_of((*DEFAULT_EXCLUDE, *self.exclude))

    @cached_property
    def _include_spec(self) -> GitIgnoreSpec:
        return spec_of(self.include)

    @cached_property
    def _language_specs(self) -> list[tuple[GitIgnoreSpec, Language]]:
        """The last one first."""
        return [(spec_of((pattern,)), name) for pattern, name in reversed(self.languages)]


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
    values = values_of(file, table)
    overrides = tuple(Override(**override) for override in values.pop("overrides"))
    return Config(Path(os.path.abspath(file)).parent, file, overrides=overrides, **values)


class Row(NamedTuple):
    """One setting as it holds: the key of the file, the value as TOML writes it, and where it comes from."""

    key: str
    value: str
    origin: str


def show(
    path: str | os.PathLike[str] | None,
    settings: Settings,
    decided: Collection[str] | None = None,
    configs: Configs | None = None,
) -> list[Row]:
    """What holds for a file, or for the current folder where `path` is None. Raises ConfigError.

    settings, decided   as for `Config.settings_for`
    """
    configs = configs or Configs()
    config = configs.below(Path.cwd()) if path is None else configs.of(path)
    said = config._said_of(path, settings, decided)
    chosen = config.settings_for(path, settings, decided)
    rows = []
    for fact in fields(Config):
        key = fact.name
        if key in ("folder", "file", "overrides"):
            continue
        value, origin = getattr(config, key), str(config.file)
        if key in _LINT_KEYS:
            value = getattr(chosen, key)
            is_chosen = key in (decided or ()) or value != getattr(Settings(), key)
            origin = said[key][1] if key in said else OPTION if is_chosen else DEFAULT
        elif value in (None, ()):
            value, origin = _OTHER_DEFAULTS.get(key, value), DEFAULT
        rows.append(Row(key.replace("_", "-"), _as_toml(key, value), origin))
    language, origin = config._language_said_of(path) if path is not None else (None, DEFAULT)
    if language is not None:
        rows.append(Row("language", _as_toml("language", language), origin))
    return rows


_OTHER_DEFAULTS = {
    "respect_gitignore": True,
    "fix_confidence": FIX_CONFIDENCE,
    "baseline": "",
    "model": BUNDLED,
}


def _as_toml(key: str, value: Any) -> str:
    import json

    if key in ("languages", "severity"):
        pairs = (f"{json.dumps(name)} = {json.dumps(each)}" for name, each in value)
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
