"""A text with a slip marked in it, and a detector that knows what is marked: tests without a model."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lm_lint.engine import Engine
from lm_lint.findings import Finding, Repair, code_of
from lm_lint.settings import Settings
from lm_lint.text import Language

_MARK = re.compile("«(.*?)→(.*?)»", re.DOTALL)


def read_marks(marked: str, confidence: float = 0.95) -> tuple[str, list[Repair]]:
    """`a«b→c»` is the text "ab" and the repair that writes c for its b."""
    text, repairs, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        repairs.append(Repair(len(text), len(text) + len(match[1]), match[2], confidence))
        text += match[1]
        at = match.end()
    return text + marked[at:], repairs


def read_mark(marked: str) -> tuple[str, Repair]:
    text, (repair,) = read_marks(marked)
    return text, repair


@dataclass
class ScriptedDetector:
    """Finds the given repairs in any text, each as one finding."""

    repairs: list[Repair]
    seen: list[tuple[str, Language]]

    took_shortcuts = False

    def prepare(self, text: str, language: Language, offset: int) -> None:
        """Nothing is read here."""

    def detect(
        self, text: str, language: Language, breathe: object = None, patient: bool = True
    ) -> list[Finding]:
        self.seen.append((text, language))
        return [
            Finding(
                code_of(language, text, repair),
                repair.start,
                repair.end,
                repair.confidence,
                12.5,
                (repair,),
            )
            for repair in self.repairs
            if repair.end <= len(text)
        ]


class NoScorer:
    """Stands where nothing is to be scored."""

    def score(self, text: str, language: Language) -> None:
        raise AssertionError("nothing should be scored here")


def engine_for(repairs: list[Repair], settings: Settings | None = None) -> Engine:
    return Engine(NoScorer(), ScriptedDetector(repairs, []), settings)  # type: ignore[arg-type]
