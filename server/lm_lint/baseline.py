"""The findings that a project lives with: a file that names them, so that only new ones are reported.

A finding is known again by its file, its code and the text of its line without blanks, so lines may move and be
indented anew. Where the same line stands in a file several times, the lines beside it tell which finding is the old
one. The file is JSON with one finding a line, sorted, for diffs that people can read. How findings come about is
unknown here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lm_lint.errors import ConfigError

if TYPE_CHECKING:
    from lm_lint.diagnostics import Diagnostic
    from lm_lint.results import Result

DEFAULT_FILE = "lm-lint-baseline.json"
VERSION = 1
_SHOWN_CHARS = 60
_WRITE_ANEW = "write it anew with --baseline write"


@dataclass(frozen=True, order=True)
class Entry:
    """A finding as the file holds it.

    path    from the folder of the baseline on, with slashes
    line    how its line begins, for people
    hash    of its line without blanks
    beside  of the lines before and after it
    """

    path: str
    code: str
    line: str
    hash: str
    beside: str

    @property
    def key(self) -> tuple[str, str]:
        """What must be the same in a file, wherever in it the finding stands."""
        return self.code, self.hash


class Baseline:
    """The findings of a file, each taken off the list when it is met."""

    def __init__(self, file: Path, entries: Counter[Entry]) -> None:
        self.file = file
        self._folder = os.path.abspath(file.parent)
        self._all: dict[str, Counter[Entry]] = {}
        for entry, n in entries.items():
            self._all.setdefault(entry.path, Counter())[entry] += n
        self._left = {path: Counter(found) for path, found in self._all.items()}
        self._met: set[str] = set()

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """Raises ConfigError."""
        entries: Counter[Entry] = Counter()
        for entry, n in _entries(file, _parsed(file)):
            entries[entry] += n
        return cls(file, entries)

    @classmethod
    def write(cls, file: Path, results: Iterable[Result]) -> Baseline:
        """Put the findings of these files in place of the old ones; files that were not linted keep theirs.

        Of files that are gone nothing is kept. The folder must exist. Raises ConfigError.
        """
        old = cls.read(file) if os.path.exists(file) else cls(file, Counter())
        entries: Counter[Entry] = Counter()
        linted: set[str] = set()
        for result in results:
            path = old._path_of(result)
            linted.add(path)
            entries.update(_entry(path, lines, each) for lines, each in _with_lines(result))
        for path, kept in old._left.items():
            if path not in linted and os.path.exists(os.path.join(old._folder, path)):
                entries.update(kept)
        _replace(file, _as_text(entries))
        return cls(file, entries)

    def new(self, result: Result, is_repaired: bool = False) -> tuple[tuple[Diagnostic, ...], int]:
        """What the baseline does not know, and how many findings it does.

        To be asked once for each file, with all its findings: those on changed lines are chosen afterwards. Once
        more where the file `is_repaired` and was linted anew.
        """
        path = self._path_of(result)
        if is_repaired and path in self._all:
            self._left[path] = Counter(self._all[path])
        left = self._left.get(path, Counter())
        met = [(each, _entry(path, lines, each)) for lines, each in _with_lines(result)]
        known: set[int] = set()
        # First those between the same lines as before; then those that moved to others.
        for must_be_beside in (True, False):
            for idx, (_, entry) in enumerate(met):
                if idx not in known and (old := _fitting(left, entry, must_be_beside)):
                    left[old] -= 1
                    known.add(idx)
        self._met.add(path)
        return tuple(each for idx, (each, _) in enumerate(met) if idx not in known), len(known)

    @property
    def n_left(self) -> int:
        """How many findings are on the list; of one just read or written, how many it holds."""
        return sum(left.total() for left in self._left.values())

    @property
    def stale(self) -> list[Entry]:
        """Entries, each as often as it stands there, whose findings are gone: their files were linted, or are not
        there any more."""
        return sorted(
            entry
            for path, left in self._left.items()
            if path in self._met or not os.path.exists(os.path.join(self._folder, path))
            for entry in (+left).elements()
        )

    def _path_of(self, result: Result) -> str:
        source = result.source
        if source.path is None and source.name == "<stdin>":
            return source.name
        path = os.path.abspath(source.path or source.name)
        with contextlib.suppress(ValueError):  # another drive
            path = os.path.relpath(path, self._folder)
        return path.replace(os.sep, "/")


def _fitting(left: Counter[Entry], entry: Entry, must_be_beside: bool) -> Entry | None:
    if must_be_beside:
        return entry if left[entry] > 0 else None
    return next((old for old in left if left[old] > 0 and old.key == entry.key), None)


def _with_lines(result: Result) -> Iterator[tuple[list[str], Diagnostic]]:
    # As documents break lines: at LF, CRLF and CR.
    lines = re.split("\r\n|\r|\n", result.source.text) if result.diagnostics else []
    return ((lines, diagnostic) for diagnostic in result.diagnostics)


def _entry(path: str, lines: list[str], diagnostic: Diagnostic) -> Entry:
    """What is found on an empty line belongs to the last one before it that is not."""
    at = min(diagnostic.line, len(lines)) - 1
    while at > 0 and not lines[at].strip():
        at -= 1
    line = lines[at]
    before = next((each for each in reversed(lines[:at]) if each.strip()), "")
    after = next((each for each in lines[at + 1 :] if each.strip()), "")
    code = diagnostic.finding.code
    shown = " ".join(line.split())[:_SHOWN_CHARS]
    return Entry(path, code, shown, _hash(line), _hash(before, after))


def _hash(*lines: str) -> str:
    text = "\n".join("".join(line.split()) for line in lines)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _as_text(entries: Counter[Entry]) -> str:
    names = [fact.name for fact in fields(Entry)]
    rows = []
    for entry, n in sorted(entries.items()):
        row = dict(zip(names, astuple(entry), strict=True)) | ({"count": n} if n > 1 else {})
        rows.append("  " + json.dumps(row, ensure_ascii=False))
    inner = "\n" + ",\n".join(rows) + "\n " if rows else ""
    return f'{{\n "version": {VERSION},\n "findings": [{inner}]\n}}\n'


def _replace(file: Path, text: str) -> None:
    """Written beside it and moved into its place, so that nobody ever finds half of it."""
    # A lone surrogate becomes an escape that JSON knows too.
    data = text.encode("utf-8", "backslashreplace")
    target = Path(os.path.realpath(file))
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        try:
            new.write_bytes(data)
            if target.exists():
                shutil.copymode(target, new)
            os.replace(new, target)
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be written ({error.strerror or error}); check its folder and permissions"
        ) from error


def _parsed(file: Path) -> Any:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{file}: there is no such baseline; write one with --baseline write"
        ) from error
    except OSError as error:
        raise ConfigError(
            f"{file}: cannot be read ({error.strerror or error}); check its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is no baseline: it is not valid UTF-8") from error
    if re.search(r"^(?:<{7}|>{7}) ", text, re.MULTILINE):
        raise ConfigError(
            f"{file}: holds the marks of a merge conflict; keep the lines of both sides, or delete it and {_WRITE_ANEW}"
        )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"{file}: is no baseline: {error}; mend it, or delete it and {_WRITE_ANEW}"
        ) from error


def _entries(file: Path, raw: Any) -> Iterator[tuple[Entry, int]]:
    """Each with how often it counts."""
    if not isinstance(raw, dict) or not isinstance(raw.get("findings"), list):
        raise ConfigError(f"{file}: is no baseline of lm-lint; name another file")
    if raw.get("version") != VERSION:
        raise ConfigError(
            f"{file}: is a baseline of version {raw.get('version')!r:.20}, and {VERSION} was expected; "
            f"delete it and {_WRITE_ANEW}"
        )
    names = [fact.name for fact in fields(Entry)]
    for number, each in enumerate(raw["findings"], 1):
        values = [each.get(name) for name in names] if isinstance(each, dict) else [None]
        n = each.get("count", 1) if isinstance(each, dict) else 0
        is_count = isinstance(n, int) and not isinstance(n, bool) and n > 0
        if not is_count or not all(isinstance(value, str) for value in values):
            raise ConfigError(
                f"{file}: finding {number} is not as lm-lint writes it: {each!r:.80}; "
                f"mend it, or delete the file and {_WRITE_ANEW}"
            )
        yield Entry(*values), n
