"""How many tokens go through the network at a keystroke, counted in this process with the engine's own counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.keystrokes.hosts import Scenario

if TYPE_CHECKING:
    from lm_lint.documents import OpenDocument
    from lm_lint.engine import Engine

_SCREEN_LINES = 50


@dataclass(frozen=True)
class Counted:
    """what  "findings": diagnostics alone; "bits": the surprise of the lines around the cursor (a heat map), settled"""

    language: str
    n_lines: int
    what: str
    n_tokens: int
    n_rescored: list[int] = field(default_factory=list)  # for each keystroke


def n_tokens(text: str) -> int:
    from lm_lint.tokens import Tokenizer
    from lm_lint.weights import default_folder

    return len(Tokenizer.load(default_folder() / "tokenizer.json").encode(text))


def count(engine: Engine, scenario: Scenario, max_strokes: int) -> list[Counted]:
    """The same keys as the servers got, in two documents: one shows findings, one shows bits as well."""
    total = n_tokens(scenario.text)
    findings, bits = (
        Counted(scenario.language, scenario.n_lines, what, total) for what in ("findings", "bits")
    )
    shown = engine.open(scenario.text, scenario.language)
    heated = engine.open(scenario.text, scenario.language)
    shown.diagnostics()
    heated.surprisal(0, len(scenario.text))
    _settled(shown)
    _settled(heated)
    for placed in scenario.edits:
        for i, key in enumerate(placed.strokes):
            before = shown.n_scored, heated.n_scored
            shown.edit([key])
            heated.edit([key])
            if i >= max_strokes:
                continue  # played, so that the next edit fits, but not measured
            shown.diagnostics()
            findings.n_rescored.append(_settled(shown) - before[0])
            heated.surprisal(*_screen(heated.text, key.start))
            bits.n_rescored.append(_settled(heated) - before[1])
        _settled(shown)
        _settled(heated)
    return [findings, bits]


def _settled(document: OpenDocument) -> int:
    """Tokens scored since the document was opened, once nothing is left to score."""
    while not document.settle():
        pass
    return document.n_scored


def _screen(text: str, offset: int) -> tuple[int, int]:
    """The lines that somebody sees who writes at `offset`."""
    start = end = offset
    for _ in range(_SCREEN_LINES // 2):
        start = max(text.rfind("\n", 0, start), 0)
        found = text.find("\n", end)
        end = len(text) if found < 0 else found + 1
    return start, end
