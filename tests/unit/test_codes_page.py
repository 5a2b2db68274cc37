"""docs/codes.md: a section for every code, and what it shows is what lm-lint says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lm_lint import suppressions
from lm_lint.engine import Engine
from lm_lint.findings import CODES
from lm_lint.formats.text import drawn
from lm_lint.settings import Settings
from lm_lint.sources import Source
from lm_lint.text import Language

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "codes.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
EXAMPLE = re.compile(r"```(c|html|python)\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
EXAMPLES = [(code, *found) for code, said in SECTIONS.items() for found in EXAMPLE.findall(said)]
SUFFIXES = {"c": ".c", "html": ".html", "python": ".py"}


def test_every_code_has_its_section_and_its_comments() -> None:
    assert sorted(SECTIONS) == sorted(CODES)
    for code, language, text, _ in EXAMPLES:
        said = SECTIONS[code].rpartition("To ignore it: ")[2]
        comments = re.findall(r"`([^`]*lm-lint: [^`]*)`", said)
        found = [suppressions.of(f"{text}\n{comment}\n", language).found for comment in comments]
        assert any(one and one[-1].codes == (code,) for one in found)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(Settings(device="cpu"))


@pytest.mark.released
@pytest.mark.parametrize(("code", "language", "text", "shown"), EXAMPLES)
def test_what_is_shown_is_what_is_said(
    engine: Engine, code: str, language: Language, text: str, shown: str
) -> None:
    source = Source("example" + SUFFIXES[language], language, text)
    found = engine.check(text, language)
    assert [diagnostic.finding.code for diagnostic in found] == [code]
    assert "".join(drawn(source, diagnostic) for diagnostic in found) == shown
