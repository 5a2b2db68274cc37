"""A document that is open and changes: its text, and what is remembered so that a keystroke costs little.

Everything here belongs to the thread that owns the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lm_lint.diagnostics import Diagnostic
from lm_lint.text import Document, Edit, Language

if TYPE_CHECKING:
    from lm_lint.engine import Engine


class Abandoned(Exception):
    """The work was given up between two chunks because the caller no longer wants it."""


@dataclass(frozen=True)
class TokenBits:
    """One token: text[start:end] in code points, what it cost, and what was expected before it, in bits."""

    start: int
    end: int
    surprisal_bits: float
    entropy_bits: float


@dataclass(frozen=True)
class Expectation:
    """What the model expected at a token: `likeliest` are texts with their probabilities, likeliest first."""

    token: TokenBits
    likeliest: tuple[tuple[str, float], ...]


def never() -> bool:
    return False


class OpenDocument:
    """Offsets are code points of `text`, which is what the editor shows (with its CRs and byte order mark)."""

    def __init__(self, engine: Engine, text: str, language: Language) -> None:
        self._engine = engine
        self.settings = engine.settings
        self.language = language
        self.document = Document.of(text)

    @property
    def text(self) -> str:
        return self.document.text

    def edit(self, edits: Sequence[Edit]) -> None:
        """Apply edits one after the other, each in the offsets of the text that those before left."""
        for edit in edits:
            self.document = self.document.apply(edit)

    def replace(self, text: str) -> None:
        """A new text whose edits are not known."""
        self.document = Document.of(text)

    def diagnostics(
        self, typed: tuple[int, int] | None = None, abandoned: Callable[[], bool] = never
    ) -> list[Diagnostic]:
        """The diagnostics by place, of at least settings.min_confidence.

        typed      what somebody is writing right now: nothing new is said of that place, and what is found
                   elsewhere stays. None: everything is looked at.
        abandoned  asked between chunks of work; where it says True, Abandoned is raised.
        """
        return self._engine.check(self.text, self.language)

    def surprisal(
        self, start: int, end: int, abandoned: Callable[[], bool] = never
    ) -> list[TokenBits]:
        """The tokens that touch text[start:end], with their bits. Raises Abandoned."""
        scores = self._engine.scores(self.text, self.language)
        bounds = scores.tokens.bounds.tolist()
        return [
            TokenBits(bounds[i], bounds[i + 1], float(bits), float(scores.entropy_bits[i]))
            for i, bits in enumerate(scores.surprisal_bits[:-1])
            if bounds[i] < end and bounds[i + 1] > start
        ]

    def expectation(self, offset: int, k: int = 5) -> Expectation | None:
        """The token that covers an offset, and the k likeliest in its place; None in an empty text."""
        return None

    def settle(self, abandoned: Callable[[], bool] = never) -> bool:
        """One slice (some 30 ms) of what was left open for speed; True once nothing is left."""
        return True

    @property
    def memory_bytes(self) -> int:
        """What is remembered for this document."""
        return 4 * len(self.text)
