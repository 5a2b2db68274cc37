"""What any tool says about a text, in one form: lm-lint's findings and a compiler's errors are judged alike.

Plain data: knows no tool. Offsets are code points, lines count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lm_lint.findings import Finding
from lm_lint.text import Document, Language

Change = tuple[int, int, str]  # put the text in the place of text[start:end]


@dataclass(frozen=True)
class Report:
    """One complaint.

    offset   where it points, None where the tool names only a line
    repairs  what it offers, best first; each one a group of changes that go together
    """

    line: int
    offset: int | None
    message: str
    confidence: float = 1.0
    repairs: tuple[tuple[Change, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "offset": self.offset,
            "message": self.message,
            "confidence": round(self.confidence, 4),
            "repairs": self.repairs,
        }

    @classmethod
    def of_json(cls, record: dict[str, Any]) -> Report:
        repairs = tuple(
            tuple((start, end, text) for start, end, text in changes)
            for changes in record["repairs"]
        )
        return cls(
            record["line"], record["offset"], record["message"], record["confidence"], repairs
        )


@dataclass(frozen=True)
class Looked:
    """What a tool said of one text.

    ms       how long that took; None where many texts were read in one go
    failure  the exception that it died of, in words; then there are no reports
    """

    reports: tuple[Report, ...]
    ms: float | None
    failure: str = ""


@dataclass(frozen=True)
class Tool:
    """Something that reads texts of one language and complains.

    key       name and version, by which its answers are remembered
    look      texts in, an answer for each out, in order
    columns   it points at a column
    repairs   it may offer repairs
    ranks     it always names something, so that it cannot be asked about correct text
    ours      lm-lint itself, whose confidence is a probability
    note      what a reader of the table has to know of it
    """

    name: str
    language: Language
    key: str
    look: Callable[[Sequence[str]], list[Looked]]
    columns: bool = True
    repairs: bool = False
    ranks: bool = False
    ours: bool = False
    note: str = ""

    def noted(self, note: str) -> Tool:
        return replace(self, note=note)


def applied(text: str, changes: Sequence[Change]) -> str:
    """The text after all changes of one repair. From the last to the first, so that each place is where it was."""
    for start, end, new in sorted(changes, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def of_finding(document: Document, finding: Finding) -> Report:
    """A finding of lm-lint. It points at the first character that is no blank, where it covers any."""
    text, start = document.text, finding.start
    while start < finding.end and text[start].isspace():
        start += 1
    if start == finding.end:
        start = finding.start
    return Report(
        line=document.position(start)[0] + 1,
        offset=start,
        message=finding.code,
        confidence=finding.confidence,
        repairs=tuple(((r.start, r.end, r.text),) for r in finding.repairs[:5]),
    )
