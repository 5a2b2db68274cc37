"""The command line, run inside the tests' own process with a scripted engine in place of the model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lm_lint.engine import Engine
from lm_lint.findings import Finding, Repair, code_of
from lm_lint.settings import Settings
from lm_lint.text import Language
from tests.marked import NoScorer

Made = Callable[[Settings], Engine]
_STATEMENT = re.compile(r"^int (\w+)$", re.MULTILINE)


@dataclass
class Result:
    """What a run gave."""

    status: int
    out: str
    err: str

    def has_no_traceback(self) -> bool:
        return "Traceback" not in self.err


Run = Callable[..., Result]


def write(name: str, data: bytes | str = b"int x\n") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return name


class SemicolonDetector:
    """Misses the `;` of every line such as `int x`; it is less sure of `int maybe`."""

    took_shortcuts = False

    def prepare(self, text: str, language: Language, offset: int) -> None:
        """Nothing is read here."""

    def detect(
        self, text: str, language: Language, breathe: object = None, patient: bool = True
    ) -> list[Finding]:
        res = []
        for match in _STATEMENT.finditer(text):
            repair = Repair(match.end(), match.end(), ";", 0.7 if match[1] == "maybe" else 0.95)
            code = code_of(language, text, repair)
            res.append(Finding(code, repair.start, repair.end, repair.confidence, 12.5, (repair,)))
        return res


def semicolons(settings: Settings) -> Engine:
    return Engine(NoScorer(), SemicolonDetector(), settings)  # type: ignore[arg-type]
