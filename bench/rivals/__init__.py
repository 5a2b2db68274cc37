"""The tools that people use today, and simple models, as functions from a text to what they report about it.

A tool that is not on the machine is left out, and its name is said. bench/setup.sh installs them.
"""

from __future__ import annotations

from bench.reports import Tool
from bench.rivals import compilers, html_tools, parsers, python_tools

# In the order of the tables.
NAMES = (
    "gcc",
    "clang",
    "CPython",
    "ruff",
    "pyright",
    "html5lib",
    "Nu checker",
    "tidy",
    "html-validate",
    "HTMLHint",
    "tree-sitter",
)


def installed() -> list[Tool]:
    """Those of NAMES that this machine has, in that order."""
    found = [*compilers.tools(), *python_tools.tools(), *html_tools.tools(), *parsers.tools()]
    return sorted(found, key=lambda tool: NAMES.index(tool.name))


def absent(tools: list[Tool]) -> list[str]:
    names = {tool.name for tool in tools}
    return [name for name in NAMES if name not in names]
