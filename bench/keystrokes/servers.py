"""The language servers: how each is started, what it is told, and what should be known before its figures are read.

Each is asked as somebody would who installs it and changes nothing, but for what stands here.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.rivals.processes import TOOLS, version_of
from lm_lint.text import Language

SUFFIX: dict[Language, str] = {"c": ".c", "html": ".html", "python": ".py"}


@dataclass(frozen=True)
class Server:
    """settings  by section, as `workspace/configuration` asks for them
    pull      is the server told that the client can ask for diagnostics? (It then does, where the server offers it.)
    refresh   is the server told that it may ask the client to pull again? (If not, it should not answer too early.)
    pause_ms  what the server itself is told to wait while somebody types; None for a server that has no such setting
    files     written into the folder that is opened
    """

    name: str
    languages: tuple[Language, ...]
    command: tuple[str, ...]
    version: str
    note: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Any = None
    pull: bool = True
    refresh: bool = True
    pause_ms: int | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def known(
    device: str = "auto", model: Path | None = None
) -> dict[str, Callable[[], Server | None]]:
    """Every server by name; asked, it is there or None."""
    return {
        "lm-lint": lambda: _ours("lm-lint", 0, True, device, model),
        "lm-lint-push": lambda: _ours("lm-lint-push", 0, False, device, model),
        "lm-lint-pause": lambda: _ours("lm-lint-pause", 400, True, device, model),
        "clangd": _clangd,
        "ruff": _ruff,
        "pyright": _pyright,
        "vscode-html": _vscode_html,
        "html-eslint": _html_eslint,
    }


# Without a wish: everything but lm-lint's other ways of being asked.
USUAL = ("lm-lint", "lm-lint-pause", "clangd", "ruff", "pyright", "vscode-html", "html-eslint")
# Whom lm-lint is held against in each language, in the same run.
RIVAL: dict[Language, str] = {"c": "clangd", "python": "pyright", "html": "html-eslint"}


def _ours(name: str, pause_ms: int, pull: bool, device: str, model: Path | None) -> Server | None:
    own = {
        "device": device,
        "model": str(model.resolve()) if model else None,
        "typing": {"pauseMs": pause_ms},
        "diagnostics": {"mode": "pull" if pull else "push"},
    }
    return Server(
        name,
        ("c", "html", "python"),
        (sys.executable, "-m", "lm_lint", "server"),
        version_of([sys.executable, "-m", "lm_lint", "--version"]) or "?",
        f"typing.pauseMs {pause_ms}, {'pull' if pull else 'push'}; device {device}",
        settings={"lmLint": own},
        options={"lmLint": own},
        pull=pull,
        refresh=pause_ms == 0,
        pause_ms=pause_ms,
    )


def _clangd() -> Server | None:
    names = ("clangd", *(f"clangd-{n}" for n in range(25, 13, -1)))
    path = next((found for name in names if (found := shutil.which(name))), None)
    return path and Server(  # type: ignore[return-value]
        "clangd",
        ("c",),
        (path, "--log=error", "--background-index=false"),
        version_of([path, "--version"]) or "?",
        "no compile_commands.json, so headers of the project are missing; waits some 50 ms or more after a change "
        "on purpose (its own debounce); has the names and types of the whole program in view",
        options={"fallbackFlags": ["-std=gnu11"]},
    )


def _ruff() -> Server | None:
    beside = Path(sys.executable).with_name("ruff")
    path = str(beside) if beside.exists() else shutil.which("ruff")
    return path and Server(  # type: ignore[return-value]
        "ruff",
        ("python",),
        (path, "server"),
        version_of([path, "--version"]) or "?",
        "its default rules and syntax errors; neither names of other files nor types",
    )


def _pyright() -> Server | None:
    return _of_node(
        "pyright",
        ("python",),
        "pyright-langserver",
        TOOLS / "pyright",
        "type checking, open files only",
        settings={
            "python": {"analysis": {"diagnosticMode": "openFilesOnly", "autoSearchPaths": False}},
            "pyright": {"disableTaggedHints": True},
        },
    )


def _vscode_html() -> Server | None:
    return _of_node(
        "vscode-html",
        ("html",),
        "vscode-html-language-server",
        None,
        "checks scripts and style sheets inside of a page; says nothing of its tags",
        settings={
            "html": {"validate": {"scripts": True, "styles": True}},
            "css": {"validate": True},
            "javascript": {"validate": {"enable": True}},
        },
        options={"embeddedLanguages": {"css": True, "javascript": True}, "provideFormatter": False},
    )


_ESLINT_CONFIG = """const html = require("@html-eslint/eslint-plugin");
module.exports = [{ files: ["**/*.html"], ...html.configs["flat/recommended"] }];
"""


def _html_eslint() -> Server | None:
    server = _of_node(
        "html-eslint",
        ("html",),
        "vscode-eslint-language-server",
        TOOLS / "eslint",
        "ESLint's server with @html-eslint's recommended rules; stands in for superhtml, which no registry of packages has",
        settings={
            "validate": "on",
            "run": "onType",
            "useESLintClass": True,
            "useFlatConfig": True,
            "experimental": {"useFlatConfig": True},
            "workingDirectory": {"mode": "auto"},
            "nodePath": str(TOOLS.parent),
            "rulesCustomizations": [],
            "problems": {"shortenToSingleLine": False},
            "codeAction": {
                "disableRuleComment": {"enable": False},
                "showDocumentation": {"enable": False},
            },
            "codeActionOnSave": {"mode": "all"},
            "onIgnoredFiles": "off",
            "options": {},
            "quiet": False,
            "format": False,
            "packageManager": "npm",
        },
        files={"eslint.config.js": _ESLINT_CONFIG},
    )
    return server and replace(server, environment={"NODE_PATH": str(TOOLS.parent)})


def _of_node(
    name: str,
    languages: tuple[Language, ...],
    program: str,
    versioned: Path | None,
    note: str,
    **more: Any,
) -> Server | None:
    path = TOOLS / program
    if not path.exists() or shutil.which("node") is None:
        return None
    version = version_of([versioned, "--version"]) if versioned else _package_version(path)
    return Server(name, languages, (str(path), "--stdio"), version or "?", note, **more)


def _package_version(program: Path) -> str | None:
    import json

    for folder in program.resolve().parents:
        manifest = folder / "package.json"
        if manifest.exists() and folder.parent.name == "node_modules":
            return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
    return None
