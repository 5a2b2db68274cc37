"""Does an edit leave the file clean at every keystroke, or does it pass through broken states?

The judges are those of bench/soundness.py. A complaint counts when neither the text before the edit has it. HTML's
judge is slow, so it reads the lines around the edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bench import soundness
from bench.keystrokes.strokes import played
from lm_lint.text import Edit, Language

Kind = Literal["clean", "broken"]
KINDS: tuple[Kind, ...] = ("clean", "broken")
_AROUND_LINES = 30


def kind_of(language: Language, before: str, edits: Sequence[Edit]) -> Kind:
    if not edits:
        return "clean"
    if language == "html":
        before, edits = _around(before, edits)
    known = soundness.complaints(language, before)
    for text in played(before, edits):
        if soundness.complaints(language, text) - known:
            return "broken"
    return "clean"


def _around(text: str, edits: Sequence[Edit]) -> tuple[str, list[Edit]]:
    """The lines around all edits, and the edits within them.

    An edit is no farther from the first one's place than the text has been changed, so the margin holds for all.
    """
    low = min(edit.start for edit in edits)
    high = min(max(edit.end for edit in edits), len(text))
    for _ in range(_AROUND_LINES):
        low = max(text.rfind("\n", 0, low), 0)
        found = text.find("\n", high)
        high = len(text) if found < 0 else found + 1
    return text[low:high], [Edit(e.start - low, e.end - low, e.text) for e in edits]
