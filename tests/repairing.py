"""Sources of given bytes, findings with given repairs, and a linter that knows what to find: tests without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lm_lint import sources
from lm_lint.diagnostics import Diagnostic
from lm_lint.findings import Code, Finding, Repair
from lm_lint.results import Result
from lm_lint.settings import Limits
from lm_lint.sources import Source
from lm_lint.text import Document


def source_of(data: bytes | str, name: str = "a.c") -> Source:
    data = data.encode() if isinstance(data, str) else data
    res = sources.decoded(name, None, data, Limits(), name)
    assert isinstance(res, Source), res
    return res


def diagnostic(text: str, *repairs: Repair, code: Code = "missing-token") -> Diagnostic:
    first = repairs[0]
    finding = Finding(code, first.start, first.end, first.confidence, 9.0, repairs)
    return Diagnostic.of(Document.of(text), finding, "something is missing here")


def insertion(text: str, before: str, added: str, confidence: float = 0.95) -> Diagnostic:
    """A finding that `added` is missing before the only place where something else stands."""
    assert text.count(before) == 1, (text, before)
    start = text.index(before)
    return diagnostic(text, Repair(start, start, added, confidence))


@dataclass
class ScriptedLinter:
    """Finds what is written down for a text, and nothing in others; remembers what it was asked."""

    found: dict[str, Sequence[Diagnostic]]
    seen: list[Source] = field(default_factory=list)

    def __call__(self, source: Source) -> Result:
        self.seen.append(source)
        return Result(source, tuple(self.found.get(source.text, ())))
