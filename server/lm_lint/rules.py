"""What each code means, as docs/codes.md says it: for `lm-lint rules`, `lm-lint explain` and reports.

The page is the one place where codes are described; it ships with the package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

URL = "https://github.com/lm-lint/lm-lint/blob/main/docs/codes.md"
_SECTION = re.compile(r"^## (\S+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LANGUAGE = {"C": "c", "HTML": "html", "Python": "python"}


@dataclass(frozen=True)
class Rule:
    """A code: what it says in a sentence or two, in which languages, and its section of the page in Markdown."""

    code: str
    summary: str
    languages: tuple[str, ...]
    section: str

    @property
    def url(self) -> str:
        return f"{URL}#{self.code}"


@cache
def rules() -> tuple[Rule, ...]:
    """All of them, in the order of the page."""
    page = _page().read_text(encoding="utf-8")
    return tuple(_rule(code, text.strip()) for code, text in _SECTION.findall(page))


def explained(code: str, colour: bool) -> str:
    """The section of a code, which must be one, drawn for a terminal."""
    found = next(rule for rule in rules() if rule.code == code)
    text = f"# {found.code}\n\n{found.section}\n"
    return _drawn(text) if colour else text


def _rule(code: str, section: str) -> Rule:
    summary = " ".join(section.split("\n\n", 1)[0].split())
    languages = (_LANGUAGE[name] for name in re.findall(r"^(C|HTML|Python):$", section, re.M))
    return Rule(code, summary, tuple(languages), section)


def _page() -> Path:
    """Beside the installed package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parent
    installed = here / "released" / "codes.md"
    return installed if installed.is_file() else here.parents[1] / "docs" / "codes.md"


def _drawn(text: str) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    stream = StringIO()
    console = Console(file=stream, force_terminal=True, width=100)
    console.print(Markdown(text, code_theme="ansi_dark"))
    return stream.getvalue()
