"""lm-lint as one of the tools that are compared. The only place of the benchmark where a detector is built."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from bench.reports import Report, Tool, of_finding
from bench.rivals import parsers
from bench.rivals.processes import one_by_one
from lm_lint.findings import Finding
from lm_lint.text import LANGUAGES, Document, Language

WITH_PARSER, ALONE = "lm-lint", "lm-lint --no-parser"


class Detects(Protocol):
    """What is asked of lm_lint.detector.Detector."""

    def detect(self, text: str, language: Language) -> list[Finding]: ...


def load(model: Path | None, device: str, with_parser: Iterable[bool]) -> list[Tool]:
    """lm-lint with or without its parser, and the surprisal that it is built on."""
    from lm_lint import weights
    from lm_lint.detector import Detector
    from lm_lint.scorer import Scorer

    folder = model or weights.default_folder()
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()[:12]
    scorer = Scorer(weights.load(folder, device))
    res: list[Tool] = []
    for parser in with_parser:
        detector: Detects = Detector(scorer, parser=parser)
        res += tools(detector, WITH_PARSER if parser else ALONE, digest)
    return [*res, *parsers.surprisal_tools(scorer, digest)]


def tools(detector: Detects, name: str, digest: str) -> list[Tool]:
    return [
        Tool(
            name,
            language,
            f"{name} {digest}",
            one_by_one(functools.partial(_look, detector, language)),
            repairs=True,
            ours=True,
        )
        for language in LANGUAGES
    ]


def _look(detector: Detects, language: Language, text: str) -> list[Report]:
    """The most certain first; the first of equals stays first."""
    document = Document.of(text)
    findings = sorted(detector.detect(text, language), key=lambda finding: -finding.confidence)
    return [of_finding(document, finding) for finding in findings]
