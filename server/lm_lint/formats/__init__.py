"""Findings as people and programs read them: one module a format, made by name.

What is heavy (rich, jinja2, xml) is imported when its format is made or first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TextIO, cast

from lm_lint.formats.base import Format, FormatOptions

__all__ = ["NAMES", "Format", "FormatOptions", "make"]

_CLASSES = {
    "text": "text.Text",
    "concise": "concise.Concise",
    "json": "json.Json",
    "json-lines": "json.JsonLines",
    "sarif": "sarif.Sarif",
    "github": "github.GitHub",
    "gitlab": "gitlab.GitLab",
    "junit": "junit.JUnit",
    "html": "html.Html",
    "surprisal-json": "json.SurprisalJson",
}
NAMES = tuple(_CLASSES)


def make(name: str, stream: TextIO, options: FormatOptions) -> Format:
    """The format of one of NAMES, which writes to `stream`."""
    module, kind = _CLASSES[name].split(".")
    return cast(Format, getattr(import_module(f"{__name__}.{module}"), kind)(stream, options))
