"""The facade that the command line and the language server share: text in, diagnostics out.

It owns the resident model and nothing else yet; open documents come with the language server. Both parts that need
torch are handed in, so tests run with scripted ones. It knows no files and no output formats.
"""

from __future__ import annotations

import dataclasses
import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lm_lint.diagnostics import Diagnostic, message_of, placed
from lm_lint.errors import DeviceError
from lm_lint.findings import Finding, Repair
from lm_lint.settings import Settings
from lm_lint.text import Document, Language

if TYPE_CHECKING:
    from lm_lint.scorer import Scores


T = TypeVar("T")


class DetectorLike(Protocol):
    def detect(self, text: str, language: Language) -> list[Finding]: ...


class ScorerLike(Protocol):
    def score(self, text: str, language: Language) -> Scores: ...
    def use_cpu(self, why: str) -> None: ...


class Engine:
    """Checks texts with one detector; `seconds` tells where the time went, by stage."""

    def __init__(
        self, scorer: ScorerLike, detector: DetectorLike, settings: Settings | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.seconds: Counter[str] = Counter()
        self._scorer = scorer
        self._detector = detector

    @classmethod
    def load(cls, settings: Settings) -> Engine:
        """Import torch, read the released model, and be ready to check."""
        seconds: Counter[str] = Counter()
        # Threads that wait by spinning made one file take five times as long beside other work.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        with _timed(seconds, "import"):
            from lm_lint.detector import Detector
            from lm_lint.scorer import Scorer
            from lm_lint.weights import default_folder, load
        with _timed(seconds, "load"):
            release = load(settings.model or default_folder(), settings.device)
            scorer: Any = _TimedScorer(Scorer(release), seconds)
            engine = cls(scorer, Detector(scorer, parser=settings.parser), settings)
        engine.seconds = seconds
        return engine

    def check(self, text: str, language: Language) -> list[Diagnostic]:
        """The diagnostics of a text, in its own offsets, in the order of their places."""
        normal = NormalText.of(text)
        if not normal.text.strip():
            return []
        scored = self.seconds["score"]
        with _timed(self.seconds, "detect"):
            findings = self._or_on_cpu(lambda: self._detector.detect(normal.text, language))
        # The detector scores the text as its first step; that time was counted apart.
        self.seconds["detect"] -= self.seconds["score"] - scored
        document = Document.of(text)
        shown = [
            placed(normal.text, finding)
            for finding in findings
            if finding.confidence >= self.settings.min_confidence
        ]
        diagnostics = [
            Diagnostic.of(
                document, normal.restored(finding), message_of(language, normal.text, finding)
            )
            for finding in shown
        ]
        return sorted(diagnostics, key=lambda diagnostic: diagnostic.finding.start)

    def _or_on_cpu(self, work: Callable[[], T]) -> T:
        """The work done; once more, on the CPU, where the device gives up in the middle."""
        try:
            return work()
        except DeviceError as error:
            self._scorer.use_cpu(str(error))
            return work()

    def scores(self, text: str, language: Language) -> Scores:
        """The bits of every token of a text, with bounds in its own offsets."""
        normal = NormalText.of(text)
        scores = self._or_on_cpu(lambda: self._scorer.score(normal.text, language))
        bounds = scores.tokens.bounds.copy()
        bounds[:] = [normal.original_offset(int(bound)) for bound in bounds]
        return dataclasses.replace(scores, tokens=dataclasses.replace(scores.tokens, bounds=bounds))


@dataclass(frozen=True)
class NormalText:
    """A text as the model was trained to read it, and the way back to its own offsets.

    The byte order mark is left out and every line break is one LF.

    text     the normal form
    n_bom    1 when a byte order mark was left out, else 0
    dropped  offsets in the normal form of the LFs that lost a CR before them, increasing
    newline  what a line break is in this text
    """

    text: str
    n_bom: int
    dropped: tuple[int, ...]
    newline: str

    @classmethod
    def of(cls, text: str) -> NormalText:
        n_bom = int(text.startswith("\ufeff"))
        text = text[n_bom:]
        if "\r" not in text:
            return cls(text, n_bom, (), "\n")
        found = [match.start() for match in re.finditer("\r\n", text)]
        dropped = tuple(start - idx for idx, start in enumerate(found))
        first = re.search("\r\n|\r|\n", text)
        assert first is not None
        return cls(re.sub("\r\n?", "\n", text), n_bom, dropped, first[0])

    def original_offset(self, offset: int) -> int:
        """An LF that was CRLF is one place: its start is the CR, its end is behind the LF."""
        return offset + self.n_bom + bisect_left(self.dropped, offset)

    def restored(self, finding: Finding) -> Finding:
        """The finding in the offsets, and its repairs with the line breaks, of the original."""
        place = self.original_offset
        repairs = tuple(
            Repair(
                place(repair.start),
                place(repair.end),
                repair.text.replace("\n", self.newline),
                repair.confidence,
            )
            for repair in finding.repairs
        )
        return dataclasses.replace(
            finding, start=place(finding.start), end=place(finding.end), repairs=repairs
        )


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
