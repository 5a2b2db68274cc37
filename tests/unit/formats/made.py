"""Results without a model, from texts whose slips are marked, and what a format writes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from lm_lint import formats
from lm_lint.documents import TokenBits
from lm_lint.findings import Repair
from lm_lint.formats import FormatOptions
from lm_lint.normal import NormalText
from lm_lint.results import Notice, Result, Summary
from lm_lint.settings import Settings
from lm_lint.sources import Source
from lm_lint.text import Language
from tests.marked import engine_for, read_marks

ROOT = Path(__file__).resolve().parents[3]
SEES_ALL = Settings(min_confidence=0)

# What a hostile file may be called and hold.
HOSTILE_NAME = "a\"b'<i>&</script>,100%:\n::error::\x1b[31m\u202e\u2028.html"
HOSTILE = "<p>«→</p>»</script><script>alert(1)</script>\n::error::x %0A\x1b[31m \u202e\x07\x00\uffff `]]>--> «x→\x1b]0;y»\n"


def result(
    marked: str, name: str = "a.c", language: Language = "c", confidence: float = 0.95, **more: Any
) -> Result:
    """`a«b→c»` as text: a finding at each mark, in order."""
    text, repairs = read_marks(marked, confidence)
    return result_of(text, repairs, name, language, **more)


def result_of(
    text: str, repairs: list[Repair], name: str, language: Language, **more: Any
) -> Result:
    source = Source(name, language, text, **more)
    normal = NormalText.of(text)
    seen = [
        replace(one, start=normal.normal_offset(one.start), end=normal.normal_offset(one.end))
        for one in repairs
    ]
    found = engine_for(seen, SEES_ALL).open(text, language).diagnostics()
    return Result(source, tuple(found), tokens(text))


def tokens(text: str) -> tuple[TokenBits, ...]:
    """Every third character begins a token; their bits rise and begin anew."""
    starts = range(0, len(text), 3)
    within = [
        TokenBits(start, min(start + 3, len(text)), n * 1.7 % 16, 2.5)
        for n, start in enumerate(starts)
    ]
    return (*within, TokenBits(len(text), len(text), 0.5, 0.25))


def hostile() -> Result:
    return result(HOSTILE, HOSTILE_NAME, "html")


def written(
    name: str,
    results: Iterable[Result],
    notices: Iterable[Notice] = (),
    summary: Summary | None = None,
    **options: Any,
) -> str:
    """All that a format writes in one run."""
    stream, summary = StringIO(newline=""), summary or Summary()
    format_ = formats.make(name, stream, FormatOptions(**{"root": Path.cwd(), **options}))
    for each in results:
        summary.add(each)
        format_.result(each)
    summary.notices += notices
    format_.finish(summary)
    return stream.getvalue()
