"""The keys of a project's configuration: what each may be, and what is wrong with a value, as a `ConfigError`.

A table of TOML goes in, checked values come out; where a pattern or a code is not what it should be, the sentence names
the file, the key and what was probably meant. docs/configuration.md describes the keys. Nothing here reads files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lm_lint.errors import ConfigError, UnknownCode
from lm_lint.kinds import Kind, boolean, choice, closest, number, path, strings
from lm_lint.model_folder import is_name
from lm_lint.policy import codes, codes_of, is_pattern
from lm_lint.settings import SEVERITIES
from lm_lint.text import LANGUAGES

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_Read = Callable[["_Place", object], Any]


class _Place:
    """Where a value stands, for the sentence that says what is wrong with it."""

    def __init__(self, file: Path, key: str) -> None:
        self.file = file
        self.key = key

    def at(self, key: object) -> _Place:
        return _Place(self.file, f"{self.key}.{key!s:.60}")

    def error(self, sentence: str) -> ConfigError:
        return ConfigError(f"{self.file}: {self.key}: {sentence}")

    def wrong(self, raw: object, expected: str, known: Iterable[str] = ()) -> ConfigError:
        close = closest(raw, known, 0.5) if isinstance(raw, str) else None
        meant = f"; was {close!r} meant?" if close else ""
        return ConfigError(
            f"{self.file}: `{self.key}` is {_shown(raw)}; {expected} was expected{meant}"
        )


def values_of(file: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a whole table by the names of Python; `overrides` is a list of such. Raises ConfigError."""
    raw_overrides = table.get("overrides", [])
    rest = {key: raw for key, raw in table.items() if key != "overrides"}
    res = _values(file, "", rest, _KEYS, {*_KEYS, "overrides"})
    if not (isinstance(raw_overrides, list) and all(isinstance(o, dict) for o in raw_overrides)):
        raise ConfigError(f"{file}: `overrides` are tables; write [[overrides]] above each")
    res["overrides"] = [
        _override(file, f"overrides {number}", raw) for number, raw in enumerate(raw_overrides, 1)
    ]
    return res


def wrong_pattern(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence."""
    try:
        spec_of((pattern,))
    except ValueError:
        return f"{pattern!r:.60} is no pattern as in .gitignore."
    return None


def spec_of(patterns: Iterable[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(patterns)


def _override(file: Path, name: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    res = _values(file, name + ".", raw, _OVERRIDE_KEYS, _OVERRIDE_KEYS)
    if not res.get("files"):
        raise ConfigError(f"{file}: {name}: `files` must name the files, as in files = ['old/']")
    return res


def _values(
    file: Path,
    prefix: str,
    table: Mapping[str, Any],
    keys: Mapping[str, _Read],
    known: Iterable[str],
) -> dict[str, Any]:
    res: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in keys:
            raise ConfigError(_unknown(file, prefix + key, key, sorted(known)))
        res[key.replace("-", "_")] = keys[key](_Place(file, prefix + key), raw)
    return res


def _unknown(file: Path, shown: str, key: str, known: list[str]) -> str:
    close = closest(key.replace("_", "-"), known)
    names = ", ".join(f"`{name}`" for name in known)
    meant = f"was `{close}` meant?" if close else f"known are {names}"
    return f"{file}: `{shown:.60}` is no setting of lm-lint; {meant}"


def _plain(kind: Kind, known: Iterable[str] = ()) -> _Read:
    def read(place: _Place, raw: object) -> Any:
        try:
            return kind.read(raw)
        except ValueError:
            raise place.wrong(raw, kind.expected, known) from None

    return read


def _patterns(place: _Place, raw: object) -> tuple[str, ...]:
    found: tuple[str, ...] = _plain(strings())(place, raw)
    for pattern in found:
        if sentence := wrong_pattern(pattern):
            raise place.error(sentence)
    return found


def _codes(place: _Place, raw: object) -> tuple[str, ...]:
    found: tuple[str, ...] = _plain(strings())(place, raw)
    try:
        return codes(found)
    except UnknownCode as error:
        raise place.error(str(error)) from error


def _languages(place: _Place, raw: object) -> tuple[tuple[str, str], ...]:
    """Pairs of a pattern and a language, in the order of the file."""
    read = _plain(choice(LANGUAGES), LANGUAGES)
    res = []
    for pattern, language in _table(place, raw, "'*.inc' = 'c'"):
        if sentence := wrong_pattern(pattern):
            raise place.error(sentence)
        res.append((pattern, read(place.at(pattern), language)))
    return tuple(res)


def _severity(place: _Place, raw: object) -> tuple[tuple[str, str], ...]:
    """By code; what is said of a code goes before what is said of a pattern."""
    read = _plain(choice(SEVERITIES), SEVERITIES)
    res: dict[str, str] = {}
    entries = _table(place, raw, "wrong-tag = 'warning'")
    for name, severity in sorted(entries, key=lambda entry: not is_pattern(entry[0])):
        try:
            found = codes_of(name)
        except UnknownCode as error:
            raise place.error(str(error)) from error
        chosen = read(place.at(name), severity)
        res.update((code, chosen) for code in found)
    return tuple(sorted(res.items()))


def _table(place: _Place, raw: object, example: str) -> list[tuple[str, object]]:
    if not isinstance(raw, dict):
        raise place.wrong(raw, f"a table such as {{ {example} }}")
    return list(raw.items())


def _model(place: _Place, raw: object) -> str:
    """A name and no folder: whoever wrote the project could have put anything into that."""
    if isinstance(raw, str) and is_name(raw):
        return raw
    raise place.wrong(raw, "the name of a model, and no folder,")


def _shown(raw: object) -> str:
    """A value in a sentence, as TOML writes it, and short."""
    if isinstance(raw, bool):
        return str(raw).lower()
    return f"{raw!r:.60}"


_KEYS: dict[str, _Read] = {
    "exclude": _patterns,
    "include": _patterns,
    "languages": _languages,
    "min-confidence": _plain(number(0, 1)),
    "parser": _plain(boolean()),
    "select": _codes,
    "ignore": _codes,
    "severity": _severity,
    "unused-suppressions": _plain(boolean()),
    "baseline": _plain(path()),
    "respect-gitignore": _plain(boolean()),
    "fix-confidence": _plain(number(0, 1)),
    "model": _model,
}
_OVERRIDE_KEYS: dict[str, _Read] = {
    "files": _patterns,
    "select": _codes,
    "ignore": _codes,
    "severity": _severity,
    "min-confidence": _plain(number(0, 1)),
    "parser": _plain(boolean()),
    "language": _plain(choice(LANGUAGES), LANGUAGES),
}
