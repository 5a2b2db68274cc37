"""One text to its diagnostics: as they were found before, where the cache knows them, else by the engine.

What decides on diagnostics makes the key: the text, its language, the settings, and everything that reads them (this
package's code, the model, the parsers, what computes). Reading from the cache imports nothing heavy. Nothing here
knows where texts come from or what becomes of results.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lm_lint import __version__, machine, model_folder
from lm_lint.diagnostics import Diagnostic
from lm_lint.findings import Finding, Repair
from lm_lint.results import Result

if TYPE_CHECKING:
    from lm_lint.cache import Cache
    from lm_lint.documents import TokenBits
    from lm_lint.engine import Engine
    from lm_lint.settings import Settings
    from lm_lint.sources import Source
    from lm_lint.text import Language

# Whose versions may change what is found.
_LIBRARIES = ("tree_sitter", "tree_sitter_c", "tree_sitter_python")
# These settings say what computes, which is in the key already.
_OF_THE_ENGINE = ("device", "model")


@dataclass(frozen=True)
class Job:
    """A text to lint, and how."""

    source: Source
    settings: Settings
    needs_tokens: bool = False


@dataclass(frozen=True)
class Looked:
    """What came of looking at a text, in a form that is kept and that passes between processes."""

    diagnostics: bytes
    tokens: tuple[TokenBits, ...] | None = None


class Linter:
    """Lints one text after the other with one model, which is loaded when the first text needs it.

    Raises ModelMissing, ModelDamaged at once where the model is not whole.
    """

    def __init__(
        self, settings: Settings, cache: Cache | None = None, n_threads: int | None = None
    ) -> None:
        """n_threads: that compute; None takes half of the processors."""
        self.settings = settings
        self.cache = cache
        self._n_threads = n_threads
        self._engine: Engine | None = None
        self._seconds: Counter[str] = Counter()
        self._keys: dict[Settings, Any] = {}
        folder = settings.model or model_folder.default_folder()
        model_folder.check(folder)
        self._fingerprint = _fingerprint(settings, folder) if cache is not None else b""

    def lint(self, job: Job) -> Result:
        """The diagnostics of a text. Raises ModelError, DeviceError."""
        return self.known(job) or self.result(job, self.look(job))

    def known(self, job: Job) -> Result | None:
        """What an earlier run found, if one did. Tokens are not kept."""
        if self.cache is None or job.needs_tokens:
            return None
        found = self.cache.get(self._key(job))
        diagnostics = None if found is None else decoded(found)
        return None if diagnostics is None else Result(job.source, diagnostics, is_cached=True)

    def result(self, job: Job, looked: Looked) -> Result:
        """What was found, here or in another process; the cache keeps it."""
        if self.cache is not None:
            self.cache.put(self._key(job), looked.diagnostics)
        diagnostics = decoded(looked.diagnostics)
        assert diagnostics is not None
        return Result(job.source, diagnostics, looked.tokens)

    def look(self, job: Job, may_load: bool = True) -> Looked:
        """Look at a text, whatever the cache knows.

        may_load   False: ModelNeeded is raised where it takes the model, and that is not there
        Raises ModelError, DeviceError.
        """
        source = job.source
        return self.look_at(source.text, source.language, job.settings, job.needs_tokens, may_load)

    def look_at(
        self,
        text: str,
        language: Language,
        settings: Settings,
        needs_tokens: bool = False,
        may_load: bool = True,
    ) -> Looked:
        """The same for a text without its source, in a process that knows of no files."""
        engine = self.engine
        engine.may_load = may_load
        try:
            tokens = tuple(engine.tokens(text, language)) if needs_tokens else None
            return Looked(encoded(engine.open(text, language, settings).diagnostics()), tokens)
        finally:
            engine.may_load = True
            engine.forget()

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            from lm_lint.engine import Engine

            self._engine = Engine.lazy(self.settings, self._n_threads)
        return self._engine

    @property
    def seconds(self) -> Counter[str]:
        """Where the time went, by stage; of all processes together."""
        return self._seconds + (self._engine.seconds if self._engine else Counter())

    def add_seconds(self, seconds: Counter[str]) -> None:
        """What another process needed."""
        self._seconds.update(seconds)

    def close(self) -> None:
        """Write what is to be kept."""
        if self.cache is not None:
            self.cache.close()

    def _key(self, job: Job) -> bytes:
        begun = self._keys.get(job.settings)
        if begun is None:
            begun = self._keys[job.settings] = hashlib.sha256(self._fingerprint)
            begun.update(repr(_deciding(job.settings)).encode())
        res = begun.copy()
        res.update(b"\0" + job.source.language.encode() + b"\0")
        res.update(job.source.text.encode("utf-8", "surrogatepass"))
        return bytes(res.digest()[:20])


def opened_cache(folder: Path | None) -> Cache | None:
    """The cache in a folder, or in the one that this system has for such; None where this Python cannot have one."""
    try:
        from lm_lint import cache
    except ImportError:  # Python can be built without SQLite
        return None
    folder = folder or cache.default_folder()
    # Somebody without a home has "~" for one, which would be a folder of that name right here.
    return None if folder.parts[:1] == ("~",) else cache.Cache(folder)


def failure_of(error: Exception) -> str:
    """A mistake of ours, as a sentence about the text that brought it to light."""
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"could not be linted ({said:.200}); please report this"


def encoded(diagnostics: Iterable[Diagnostic]) -> bytes:
    """Diagnostics in few bytes; JSON, so that nothing is ever run by reading it."""
    rows = [dataclasses.astuple(diagnostic) for diagnostic in diagnostics]
    return json.dumps(rows, separators=(",", ":"), default=float).encode("ascii")


def decoded(data: bytes) -> tuple[Diagnostic, ...] | None:
    """The diagnostics as they were; None for what `encoded` does not write."""
    if data == b"[]":
        return ()
    try:
        rows: list[Any] = json.loads(data)
        return tuple(_diagnostic(*row) for row in rows)
    except (ValueError, TypeError):
        return None


def _diagnostic(finding: list[Any], *rest: Any) -> Diagnostic:
    code, start, end, confidence, surprisal_bits, repairs = finding
    made = tuple(Repair(*each) for each in repairs)
    return Diagnostic(Finding(code, start, end, confidence, surprisal_bits, made), *rest)


def _deciding(settings: Settings) -> list[tuple[str, object]]:
    """The settings that decide on what is found in a text."""
    names = [each.name for each in dataclasses.fields(settings)]
    return [(name, getattr(settings, name)) for name in names if name not in _OF_THE_ENGINE]


def _fingerprint(settings: Settings, folder: Path) -> bytes:
    """All that findings depend on, apart from a text and how it is to be linted."""
    device = machine.likely_device(settings.device)
    computes = "numpy" if device == "cpu" else "torch"  # with roundings of its own
    parts = [
        __version__,
        _code(),
        sys.version,  # CPython's own parser is a witness
        model_folder.fingerprint(folder),
        device,
        *(f"{name} {machine.version_of(name)}" for name in (*_LIBRARIES, computes)),
    ]
    return "\n".join(parts).encode()


def _code() -> str:
    """A hash of this package: in a checkout, and in what is installed from one, code changes between versions."""
    res = hashlib.sha256()
    try:
        with os.scandir(Path(__file__).parent) as entries:
            paths = sorted(entry.path for entry in entries if entry.name.endswith(".py"))
        for path in paths:
            with open(path, "rb", buffering=0) as file:
                res.update(file.read())
    except OSError:  # the package is read from an archive
        return ""
    return res.hexdigest()
