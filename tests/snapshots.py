"""Snapshots of documents and findings in them, for tests of what the language server says about them."""

from __future__ import annotations

from lm_lint.diagnostics import Diagnostic
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.server_settings import ServerSettings
from lm_lint.settings import Settings
from lm_lint.text import Document, Encoding, Language
from tests.marked import engine_for, read_marks

URI = "file:///home/me/a.c"


def snapshot_of(
    text: str,
    language: Language = "c",
    encoding: Encoding = "utf-16",
    version: int | None = 3,
    settings: ServerSettings | None = None,
) -> Snapshot:
    return Snapshot(
        URI, version, language, Document.of(text), encoding, settings or ServerSettings()
    )


def marked_snapshot(
    marked: str,
    language: Language = "c",
    encoding: Encoding = "utf-16",
    confidence: float = 0.95,
) -> tuple[Snapshot, list[Diagnostic]]:
    """`f(x«→)»;` is a text with one finding, whose repair inserts a bracket."""
    text, repairs = read_marks(marked, confidence)
    found = engine_for(repairs, Settings(min_confidence=0.0)).check(text, language)
    return snapshot_of(text, language, encoding), found
