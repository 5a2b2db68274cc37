"""The facade that the command line and the language server share: text in, diagnostics out.

It owns the resident model; what is open in an editor is an `OpenDocument` that it hands out. Both parts that need
torch are handed in, so tests run with scripted ones. It knows no files and no output formats.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lm_lint import suppressions
from lm_lint.diagnostics import Diagnostic
from lm_lint.documents import OpenDocument
from lm_lint.errors import DeviceError
from lm_lint.findings import Finding
from lm_lint.normal import NormalText
from lm_lint.settings import Settings
from lm_lint.text import Language

if TYPE_CHECKING:
    from lm_lint.live import LiveScores
    from lm_lint.scorer import Scores


T = TypeVar("T")


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


class Engine:
    """Checks texts with one model; `seconds` tells where the time went, by stage.

    Only one thread may work with an engine and what it hands out.
    """

    def __init__(
        self,
        scorer: ScorerLike,
        detector: DetectorLike,
        settings: Settings | None = None,
        by_surprise: DetectorLike | None = None,
    ) -> None:
        """by_surprise: the detector for documents whose settings want no parser."""
        self.settings = settings or Settings()
        self.seconds: Counter[str] = Counter()
        self._scorer = scorer
        self._tidy: Callable[[], None] = lambda: None
        self._detectors = {True: detector, False: by_surprise or detector}

    @classmethod
    def load(cls, settings: Settings) -> Engine:
        """Import torch, read the released model, and be ready to check."""
        seconds: Counter[str] = Counter()
        # Threads that wait by spinning made one file take five times as long beside other work.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        # A program for each shape of matrix is kept; the thousand of the default came to 300 MiB.
        os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "128")
        with _timed(seconds, "import"):
            from lm_lint import device
            from lm_lint.detector import Detector
            from lm_lint.scorer import Scorer
            from lm_lint.weights import default_folder, load
        with _timed(seconds, "load"):
            device.use_threads()
            release = load(settings.model or default_folder(), settings.device)
            scorer: Any = _TimedScorer(Scorer(release), seconds)
            engine = cls(scorer, Detector(scorer), settings, Detector(scorer, parser=False))
        engine.seconds = seconds
        engine._tidy = device.Heap().tidy
        return engine

    @property
    def model_name(self) -> str:
        return str(getattr(getattr(self._scorer, "release", None), "name", "unknown"))

    @property
    def device_name(self) -> str:
        """What computes: cpu, cuda or mps."""
        release = getattr(self._scorer, "release", None)
        return "unknown" if release is None else str(release.network.device.type)

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
        scored = self.seconds["score"]
        detector = self._detectors[settings.parser]
        try:
            with _timed(self.seconds, "detect"):
                found = detector.detect(text, language, breathe=breathe, patient=patient)
                return found, detector.took_shortcuts
        finally:
            # What the detector has the model read is counted apart.
            self.seconds["detect"] -= self.seconds["score"] - scored

    def prepare(self, text: str, language: Language, settings: Settings, offset: int) -> None:
        """Read ahead what a slip at an offset would be judged by."""
        self._detectors[settings.parser].prepare(text, language, offset)

    def live(self, text: str, language: Language) -> LiveScores:
        """The bits of a text in normal form, to be kept up to date."""
        from lm_lint.live import LiveScores

        scorer: Any = self._scorer
        return LiveScores(scorer, text, language)

    def or_on_cpu(self, work: Callable[[], T]) -> T:
        """The work done; once more, on the CPU, where the device gives up in the middle."""
        try:
            return work()
        except DeviceError as error:
            self._scorer.use_cpu(str(error))
            return work()
        finally:
            self._tidy()

    def scores(self, text: str, language: Language) -> Scores:
        """The bits of every token of a text, with bounds in its own offsets."""
        normal = NormalText.of(text, suppressions.of(text, language).left_out)
        scores = self.or_on_cpu(lambda: self._scorer.score(normal.text, language))
        bounds = normal.original_offsets(scores.tokens.bounds)
        return dataclasses.replace(scores, tokens=dataclasses.replace(scores.tokens, bounds=bounds))


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
