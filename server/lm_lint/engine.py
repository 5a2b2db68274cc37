"""The facade that the command line and the language server share: text in, diagnostics out.

It owns the resident model; what is open in an editor is an `OpenDocument` that it hands out. Both parts that need
torch are handed in, so tests run with scripted ones. It knows no files and no output formats.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lm_lint import machine, model_folder, suppressions, suspects
from lm_lint.diagnostics import Diagnostic
from lm_lint.documents import OpenDocument, TokenBits
from lm_lint.errors import DeviceError, ModelNeeded
from lm_lint.findings import Finding
from lm_lint.normal import NormalText
from lm_lint.settings import Settings
from lm_lint.text import Language

if TYPE_CHECKING:
    from lm_lint.cells import KnownCell
    from lm_lint.live import LiveScores
    from lm_lint.scorer import Scores


T = TypeVar("T")

# Bytes of freed memory, where nothing is remembered from text to text.
_KEPT_BETWEEN_TEXTS = 32 << 20


class DetectorLike(Protocol):
    def detect(
        self,
        text: str,
        language: Language,
        breathe: Callable[[], None] | None = None,
        patient: bool = True,
    ) -> list[Finding]: ...
    @property
    def took_shortcuts(self) -> bool: ...
    def prepare(self, text: str, language: Language, offset: int) -> None: ...


class ScorerLike(Protocol):
    def score(self, text: str, language: Language) -> Scores: ...
    def use_cpu(self, why: str) -> None: ...


@dataclass(frozen=True)
class Model:
    """What takes weights, and torch or numpy.

    detectors   with a parser (True) and without
    tidy        gives memory back that was freed; asked after each piece of work
    forget      drops what is remembered of texts
    """

    scorer: ScorerLike
    detectors: Mapping[bool, DetectorLike]
    tidy: Callable[[], None] = lambda: None
    forget: Callable[[], None] = lambda: None


class Engine:
    """Checks texts with one model; `seconds` tells where the time went, by stage.

    Only one thread may work with an engine and what it hands out.
    """

    def __init__(
        self,
        scorer: ScorerLike | None,
        detector: DetectorLike | None,
        settings: Settings | None = None,
        by_surprise: DetectorLike | None = None,
    ) -> None:
        """by_surprise: the detector for documents whose settings want no parser. Without scorer and detector the
        model of the settings is loaded once it is needed."""
        self.settings = settings or Settings()
        self.seconds: Counter[str] = Counter()
        self.may_load = True
        self._n_threads: int | None = None
        self._is_light = False
        self._model: Model | None = None
        if scorer is not None and detector is not None:
            self._model = Model(scorer, {True: detector, False: by_surprise or detector})

    @classmethod
    def load(cls, settings: Settings) -> Engine:
        """Import torch, read the released model, and be ready to check."""
        engine = cls.lazy(settings)
        engine._is_light = False
        _ = engine.model
        return engine

    @classmethod
    def lazy(cls, settings: Settings, n_threads: int | None = None) -> Engine:
        """Load the model when a text first needs it: one that parses needs none. On a CPU numpy computes: importing
        torch takes as long as linting a dozen files with slips, and four times the memory.

        n_threads   that compute, where nothing else says so
        Raises ModelMissing, ModelDamaged where that can be told without reading the weights.
        """
        model_folder.check(settings.model or model_folder.default_folder())
        engine = cls(None, None, settings)
        engine._n_threads = n_threads
        engine._is_light = machine.likely_device(settings.device) == "cpu"
        return engine

    @property
    def model(self) -> Model:
        """Loaded when it is first asked for; raises ModelNeeded where that must not be."""
        if self._model is None:
            if not self.may_load:
                raise ModelNeeded
            self._model = _loaded(self.settings, self._n_threads, self._is_light, self.seconds)
        return self._model

    @property
    def has_model(self) -> bool:
        """Whether it is loaded."""
        return self._model is not None

    @property
    def model_name(self) -> str:
        return str(getattr(getattr(self.model.scorer, "release", None), "name", "unknown"))

    @property
    def device_name(self) -> str:
        """What computes: cpu, cuda or mps."""
        release = getattr(self.model.scorer, "release", None)
        if release is None:
            return "unknown"
        device = getattr(release.network, "device", None)
        return "cpu" if device is None else str(device.type)

    def open(self, text: str, language: Language, settings: Settings | None = None) -> OpenDocument:
        """A document that will be edited."""
        return OpenDocument(self, settings or self.settings, text, language)

    def check(self, text: str, language: Language) -> list[Diagnostic]:
        """The diagnostics of a text, in its own offsets, in the order of their places."""
        return self.open(text, language).diagnostics()

    def find(
        self,
        text: str,
        language: Language,
        settings: Settings,
        breathe: Callable[[], None],
        patient: bool,
    ) -> tuple[list[Finding], bool]:
        """The findings of a text in normal form, and whether a patient search may find others."""
        if not self.needs_model(text, language, settings):
            return [], False
        scored = self.seconds["score"]
        detector = self.model.detectors[settings.parser]
        try:
            with _timed(self.seconds, "detect"):
                found = detector.detect(text, language, breathe=breathe, patient=patient)
                return found, detector.took_shortcuts
        finally:
            # What the detector has the model read is counted apart.
            self.seconds["detect"] -= self.seconds["score"] - scored

    def needs_model(self, text: str, language: Language, settings: Settings) -> bool:
        """Whether it takes the model to tell what is wrong with a text in normal form. A detector with a parser
        examines what stumbles, so it finds nothing in a text that parses. Once the model is there it is asked."""
        if self._model is not None or not settings.parser:
            return True
        with _timed(self.seconds, "parse"):
            return bool(suspects.problems(text, language))

    def prepare(self, text: str, language: Language, settings: Settings, offset: int) -> None:
        """Read ahead what a slip at an offset would be judged by."""
        self.model.detectors[settings.parser].prepare(text, language, offset)

    def live(self, text: str, language: Language) -> LiveScores:
        """The bits of a text in normal form, to be kept up to date."""
        from lm_lint.live import LiveScores

        scorer: Any = self.model.scorer
        return LiveScores(scorer, text, language)

    def cells(self) -> tuple[KnownCell, ...]:
        """Which cells of the model are known to follow something. Raises ModelDamaged."""
        from lm_lint import cells

        release = getattr(self.model.scorer, "release", None)
        return () if release is None else cells.load(release.folder)

    def or_on_cpu(self, work: Callable[[], T]) -> T:
        """The work done; once more, on the CPU, where the device gives up in the middle."""
        try:
            return work()
        except DeviceError as error:
            self.model.scorer.use_cpu(str(error))
            return work()
        finally:
            if self._model is not None:
                self._model.tidy()

    def forget(self) -> None:
        """Drop what is remembered of texts, for whoever reads one after the other and none again."""
        suspects.forget()
        if self._model is not None:
            self._model.forget()

    def scores(self, text: str, language: Language) -> Scores:
        """The bits of every token of a text, with bounds in its own offsets."""
        normal = NormalText.of(text, suppressions.of(text, language).left_out)
        scores = self.or_on_cpu(lambda: self.model.scorer.score(normal.text, language))
        bounds = normal.original_offsets(scores.tokens.bounds)
        return dataclasses.replace(scores, tokens=dataclasses.replace(scores.tokens, bounds=bounds))

    def tokens(self, text: str, language: Language) -> Iterator[TokenBits]:
        """The same as plain data, a token at a time; the last one, of no characters, is the end of the text."""
        scores = self.scores(text, language)
        bounds = [*scores.tokens.bounds.tolist(), len(text)]
        surprisal, entropy = scores.surprisal_bits.tolist(), scores.entropy_bits.tolist()
        rows = zip(bounds[:-1], bounds[1:], surprisal, entropy, strict=True)
        return (TokenBits(*row) for row in rows)


def prepare_environment(n_threads: int | None = None) -> None:
    """What libraries read when they are loaded; what somebody has set stays."""
    # Threads that wait by spinning made one file take five times as long beside other work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    # Two caches of torch keep something for each shape of matrix that was met; the thousand of their defaults came
    # to 300 and to 150 MiB, and what is met again is met soon.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
    os.environ.setdefault("LRU_CACHE_CAPACITY", "64")
    if not os.environ.get("OMP_NUM_THREADS"):
        # That of numpy; torch is told by device.use_threads.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", str(n_threads or machine.n_threads()))


def _loaded(
    settings: Settings, n_threads: int | None, is_light: bool, seconds: Counter[str]
) -> Model:
    prepare_environment(n_threads)
    folder = settings.model or model_folder.default_folder()
    tidy: Callable[..., None]
    if is_light:
        with _timed(seconds, "import"):
            from lm_lint import light_scorer
            from lm_lint.detector import Detector
        with _timed(seconds, "load"):
            bare: Any = light_scorer.load(folder)
            tidy = _nothing
    else:
        with _timed(seconds, "import"):
            from lm_lint import device
            from lm_lint.detector import Detector
            from lm_lint.scorer import Scorer
            from lm_lint.weights import load
        with _timed(seconds, "load"):
            device.use_threads(n_threads)
            bare = Scorer(load(folder, settings.device))
            tidy = device.Heap().tidy
    scorer: Any = _TimedScorer(bare, seconds)
    detectors = {parser: Detector(scorer, parser) for parser in (True, False)}

    def forget() -> None:
        scorer.forget()
        for detector in detectors.values():
            detector.forget()
        tidy(_KEPT_BETWEEN_TEXTS)

    return Model(scorer, detectors, tidy, forget)


def _nothing(*_: object) -> None:
    """numpy gives large arrays back by itself."""


class _TimedScorer:
    """A scorer whose readings of whole texts are counted apart; all else is passed through."""

    def __init__(self, scorer: ScorerLike, seconds: Counter[str]) -> None:
        self._scorer = scorer
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._scorer, name)
        if name not in ("read", "score"):
            return found

        def timed(*args: Any, **options: Any) -> Any:
            with _timed(self._seconds, "score"):
                return found(*args, **options)

        return timed


@contextmanager
def _timed(seconds: Counter[str], stage: str) -> Iterator[None]:
    start = perf_counter()
    try:
        yield
    finally:
        seconds[stage] += perf_counter() - start  # type: ignore[assignment]
