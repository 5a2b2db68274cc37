"""How many tokens go through the network at a keystroke, counted in this process at the network itself.

Whatever has it read counts: the bits of a text, and what the search for repairs tries.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.keystrokes.hosts import Scenario

if TYPE_CHECKING:
    from lm_lint.documents import OpenDocument
    from lm_lint.engine import Engine
    from lm_lint.settings import Settings
    from lm_lint.tokens import Tokenizer

_SCREEN_LINES = 50


@dataclass(frozen=True)
class Counted:
    """what  "findings": diagnostics alone; "bits": the surprise of the lines around the cursor, and all settled"""

    language: str
    n_lines: int
    what: str
    n_tokens: int  # of the whole text
    n_rescored: list[int] = field(default_factory=list)  # for each keystroke


class Meter:
    """Counts the tokens that a network reads from now on, padding included."""

    def __init__(self, network: Any) -> None:
        self.n_tokens = 0
        network.trace = self._counting(network.trace, 0)
        network.branch = self._counting(network.branch, 2)

    def _counting(self, read: Callable[..., Any], place: int) -> Callable[..., Any]:
        """place: of the ids among the arguments"""

        def counted(*args: Any, **options: Any) -> Any:
            self.n_tokens += args[place].numel()
            return read(*args, **options)

        return counted


def engine_with_meter(settings: Settings) -> tuple[Engine, Meter, Tokenizer]:
    # As Engine.load does: threads that wait by spinning are slow beside other work.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from lm_lint import weights
    from lm_lint.detector import Detector
    from lm_lint.engine import Engine
    from lm_lint.scorer import Scorer

    release = weights.load(settings.model or weights.default_folder(), settings.device)
    scorer = Scorer(release)
    meter = Meter(release.network)
    return Engine(scorer, Detector(scorer), settings), meter, release.tokenizer


def count(
    engine: Engine, meter: Meter, n_tokens: int, scenario: Scenario, max_strokes: int
) -> list[Counted]:
    """The same keys as the servers got, in two documents: one shows findings, one shows bits."""
    findings, bits = (
        Counted(scenario.language, scenario.n_lines, what, n_tokens)
        for what in ("findings", "bits")
    )
    shown = engine.open(scenario.text, scenario.language)
    heated = engine.open(scenario.text, scenario.language)
    shown.diagnostics()
    heated.surprisal(0, len(scenario.text))
    for placed in scenario.edits:
        for i, key in enumerate(placed.strokes):
            _settle(shown, heated)
            shown.edit([key])
            heated.edit([key])
            if i >= max_strokes:
                continue  # played, so that the next edit fits, but not measured
            before = meter.n_tokens
            shown.diagnostics()
            _settle(shown)
            between = meter.n_tokens
            heated.surprisal(*_screen(heated.text, key.start))
            _settle(heated)
            findings.n_rescored.append(between - before)
            bits.n_rescored.append(meter.n_tokens - between)
    return [findings, bits]


def _settle(*documents: OpenDocument) -> None:
    for document in documents:
        while not document.settle():
            pass


def _screen(text: str, offset: int) -> tuple[int, int]:
    """The lines that somebody sees who writes at `offset`."""
    start = end = offset
    for _ in range(_SCREEN_LINES // 2):
        start = max(text.rfind("\n", 0, start), 0)
        found = text.find("\n", end)
        end = len(text) if found < 0 else found + 1
    return start, end
