"""What people read, case by case: the text files beside this one.

A case is a title, a text in which «removed→added» marks each slip, a line of dashes, and what lm-lint prints.
`LM_LINT_GOLDEN=write pytest tests/golden` writes what is printed now into the files, for review.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from lm_lint.formats import text as render
from lm_lint.sources import Source
from lm_lint.text import LANGUAGES, Language
from tests.marked import engine_for, read_marks

HERE = Path(__file__).parent
CASE, DASHES = "=== ", "-----\n"


def printed(language: Language, marked: str) -> str:
    text, repairs = read_marks(marked)
    stream = io.StringIO()
    console = render.terminal(stream, colour=False)
    source = Source("file", language, text)
    for diagnostic in engine_for(repairs).check(text, language):
        render.draw(console, source, diagnostic)
    return stream.getvalue()


def cases(language: Language) -> list[tuple[str, str, str]]:
    """Title, marked text and expected output of each case."""
    parts = (HERE / f"{language}.txt").read_text(encoding="utf-8").split(CASE)[1:]
    res = []
    for part in parts:
        title, _, rest = part.partition("\n")
        marked, _, expected = rest.partition(DASHES)
        res.append((title, marked, expected.rstrip("\n") + "\n"))
    return res


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages(language: Language) -> None:
    found = [(title, marked, printed(language, marked)) for title, marked, _ in cases(language)]
    if os.environ.get("LM_LINT_GOLDEN") == "write":
        text = "\n".join(
            CASE + title + "\n" + marked + DASHES + res for title, marked, res in found
        )
        (HERE / f"{language}.txt").write_text(text, encoding="utf-8")
    assert found
    assert found == cases(language)
