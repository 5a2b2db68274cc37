"""What an editor may set for the language server: the values, their defaults, and how the editor's words are read.

This is the one home of the server's settings. `docs/settings.md` holds the table that `table()` writes; the command
`python -m lm_lint.server_settings` prints it. Nothing here raises: a wrong value falls back to its default with one
sentence, so that a slip in somebody's settings does not cost them the server.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from lm_lint.kinds import Kind, boolean, choice, closest, integer, number, path, strings
from lm_lint.settings import DEVICES, FIX_CONFIDENCE, Device, Settings

SECTION = "lmLint"  # settings stand below this name in an editor

DiagnosticMode = Literal["auto", "push", "pull"]
LogLevel = Literal["error", "warning", "info", "debug"]
MODES: tuple[DiagnosticMode, ...] = ("auto", "push", "pull")
LOG_LEVELS: tuple[LogLevel, ...] = ("error", "warning", "info", "debug")

T = TypeVar("T")


def _told(kind: Kind, meaning: str) -> dict[str, Any]:
    """The metadata of a field: what the table and the parser need to know of it."""
    return {"kind": kind, "meaning": meaning}


@dataclass(frozen=True)
class TypingSettings:
    """While somebody types."""

    pause_ms: int = field(
        default=400,
        metadata=_told(
            integer(0, 60_000),
            "Nothing new is said of the place being typed until nothing was typed for so many milliseconds. "
            "Findings elsewhere stay.",
        ),
    )


@dataclass(frozen=True)
class DiagnosticsSettings:
    """How findings reach the editor."""

    mode: DiagnosticMode = field(
        default="auto",
        metadata=_told(
            choice(MODES),
            "Whether the server sends findings (`push`) or the editor asks for them (`pull`). "
            "`auto` takes what the editor can do. Read when the server starts.",
        ),
    )
    workspace: bool = field(
        default=False,
        metadata=_told(
            boolean(),
            "Also check the files of the workspace that are not open, for editors that ask for them. "
            "Read when the server starts.",
        ),
    )


@dataclass(frozen=True)
class HoverSettings:
    """What is shown at the mouse pointer."""

    enable: bool = field(
        default=False,
        metadata=_told(boolean(), "Show how surprising the token under the mouse pointer is."),
    )
    alternatives: int = field(
        default=5,
        metadata=_told(integer(1, 50), "How many likelier tokens the hover lists at most."),
    )


@dataclass(frozen=True)
class FixAllSettings:
    """The action that repairs a whole file."""

    min_confidence: float = field(
        default=FIX_CONFIDENCE,
        metadata=_told(
            number(0, 1), "`source.fixAll.lmLint` applies repairs from this confidence on."
        ),
    )


@dataclass(frozen=True)
class TraceSettings:
    """What the server tells of its own work."""

    log: LogLevel = field(
        default="info",
        metadata=_told(
            choice(LOG_LEVELS),
            "How much the server writes to the editor's log: this level and graver ones.",
        ),
    )


@dataclass(frozen=True)
class ServerSettings:
    """All settings of the language server, with their defaults."""

    enable: bool = field(
        default=True, metadata=_told(boolean(), "Whether files are checked at all.")
    )
    device: Device = field(
        default="auto",
        metadata=_told(
            choice(DEVICES), "Where the model runs. `auto` takes a GPU where one works."
        ),
    )
    model: str | None = field(
        default=None,
        metadata=_told(
            path(),
            "The name of an installed model (`lm-lint model list`), or a model's folder as an absolute path. "
            "By default the one that the project names, or else the one that ships with lm-lint.",
        ),
    )
    parser: bool = field(
        default=True,
        metadata=_told(
            boolean(),
            "Ask parsers for a second opinion; without them surprise alone is the judge.",
        ),
    )
    min_confidence: float = field(
        default=Settings.min_confidence,
        metadata=_told(
            number(0, 1), "Show findings from this confidence on; lower it to see hints."
        ),
    )
    typing: TypingSettings = field(default_factory=TypingSettings)
    diagnostics: DiagnosticsSettings = field(default_factory=DiagnosticsSettings)
    hover: HoverSettings = field(default_factory=HoverSettings)
    fix_all: FixAllSettings = field(default_factory=FixAllSettings)
    exclude: tuple[str, ...] = field(
        default=(),
        metadata=_told(
            strings(),
            "Patterns as in `.gitignore` of files not to check, in addition to those of configuration files.",
        ),
    )
    trace: TraceSettings = field(default_factory=TraceSettings)
    # What the files of the project say that no editor sets, such as `select`; nothing is read into it.
    project: Settings = field(default=Settings(), metadata={"is_hidden": True})

    @classmethod
    def parse(cls, raw: object) -> tuple[ServerSettings, list[str]]:
        """What an editor sent (the section `lmLint`, or an object that holds it), and what was wrong with it.

        None stands for "not set", here and for every value. Never raises.
        """
        if isinstance(raw, Mapping) and SECTION in raw:
            raw = raw[SECTION]
        if raw is None or raw == []:  # an empty table of Lua arrives as an empty list
            return cls(), []
        if not isinstance(raw, Mapping):
            return cls(), [f"{SECTION} is {_shown(raw)}; an object with settings was expected."]
        problems: list[str] = []
        res = _parsed(cls, _nested(raw), "", problems)
        return res, problems

    def lint_settings(self) -> Settings:
        """What the engine is made with."""
        model = Path(self.model).expanduser() if self.model else None
        return replace(
            self.project,
            device=self.device,
            model=model,
            parser=self.parser,
            min_confidence=self.min_confidence,
        )


@dataclass(frozen=True)
class Entry:
    """One setting as documents and manifests show it; `name` is the wire name, below `lmLint`."""

    name: str
    kind: Kind
    default: Any
    meaning: str


def entries() -> list[Entry]:
    """Every setting, in the order of the table."""
    return list(_entries(ServerSettings(), ""))


def table() -> str:
    """The settings as a table in Markdown."""
    rows = ["| setting | value | default | meaning |", "|---|---|---|---|"]
    for entry in entries():
        default = json.dumps(entry.default)
        expected = entry.kind.expected.replace('"', "`")
        rows.append(f"| `{SECTION}.{entry.name}` | {expected} | `{default}` | {entry.meaning} |")
    return "\n".join(rows) + "\n"


def wire_name(name: str) -> str:
    """`pause_ms` is `pauseMs` on the wire."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _entries(values: Any, prefix: str) -> Iterator[Entry]:
    for fact in _settable(values):
        name, value = prefix + wire_name(fact.name), getattr(values, fact.name)
        if is_dataclass(value):
            yield from _entries(value, name + ".")
        else:
            yield Entry(name, fact.metadata["kind"], value, fact.metadata["meaning"])


def _settable(values: Any) -> list[Field[Any]]:
    return [fact for fact in fields(values) if "is_hidden" not in fact.metadata]


def _nested(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """`{"typing.pauseMs": 1}`, as people write in some editors, is `{"typing": {"pauseMs": 1}}`."""
    res: dict[str, Any] = {}
    for key, value in raw.items():
        group, dot, name = str(key).partition(".")
        found = {name: value} if dot else value
        if isinstance(found, Mapping) and isinstance(res.get(group), Mapping):
            res[group] = {**res[group], **found}
        else:
            res[group] = found
    return res


def _parsed(kind: type[T], raw: Mapping[str, Any], prefix: str, problems: list[str]) -> T:
    """A dataclass of settings from its object; whatever is wrong is told and left at its default."""
    default = kind()
    facts = {wire_name(fact.name): fact for fact in _settable(default)}
    chosen: dict[str, Any] = {}
    for key, value in raw.items():
        fact, name = facts.get(str(key)), f"{prefix}{key}"
        if fact is None:
            problems.append(_unknown(name))
        elif value is None:
            continue
        elif is_dataclass(group := getattr(default, fact.name)):
            if isinstance(value, Mapping) or value == []:
                chosen[fact.name] = _parsed(type(group), dict(value), name + ".", problems)
            else:
                problems.append(
                    f"{SECTION}.{name} is {_shown(value)}; an object was expected, so its defaults are used."
                )
        else:
            try:
                chosen[fact.name] = fact.metadata["kind"].read(value)
            except ValueError:
                problems.append(_wrong(name, value, fact.metadata["kind"], group))
    return kind(**chosen)


def _wrong(name: str, value: object, kind: Kind, default: object) -> str:
    used = "its default" if default in (None, ()) else f"the default {_shown(default)}"
    return f"{SECTION}.{name} is {_shown(value)}; {kind.expected} was expected, so {used} is used."


def _unknown(name: str) -> str:
    """Names the setting that was probably meant: nearly the same, or the same in another group."""
    known = [entry.name for entry in entries()]
    last = name.rpartition(".")[2].lower()
    alike = (other for other in known if other.rpartition(".")[2].lower() == last)
    close = closest(name, known) or next(alike, None)
    meant = f" Was {SECTION}.{close} meant?" if close else ""
    return f"{SECTION}.{reprlib.repr(name)[1:-1]} is no setting of lm-lint.{meant}"


def _shown(value: object) -> str:
    """A value in a sentence, as JSON writes it, and short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return json.dumps(reprlib.repr(value)[1:-1], ensure_ascii=False)
    try:
        return reprlib.repr(value)
    except ValueError:  # Python refuses to write out integers of thousands of digits
        return "a very large number"


if __name__ == "__main__":
    print(table(), end="")
