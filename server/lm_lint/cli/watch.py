"""`--watch`: lint, and lint again whenever a file changes. The model stays loaded and the cache knows the rest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lm_lint.cli.status import CLEAN
from lm_lint.cli.terminal import is_terminal, tell
from lm_lint.errors import LmLintError
from lm_lint.text import language_of

if TYPE_CHECKING:
    from lm_lint.cli.request import Request

_DECIDING = ("lm-lint.toml", "pyproject.toml", ".gitignore")
# Git rewrites its index and swaps lock files all the time; nothing of it is a source.
_NOT_WATCHED = (".git", ".hg", ".svn", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache")


def watch(request: Request, lint: Callable[[], int]) -> int:
    """Lints at once and after each change below the names; Ctrl-C is how it ends, and no failure."""
    import watchfiles

    names = request.names or (".",)
    roots = sorted({_watchable(name) for name in names})
    named = {os.path.abspath(name) for name in names}
    is_first = True
    try:
        # It yields without a change, too: so the first linting begins when changes are already watched.
        for changes in watchfiles.watch(
            *roots, watch_filter=_is_watched, step=20, rust_timeout=100, yield_on_timeout=True
        ):
            if is_first or any(path in named or _is_source(path) for _, path in changes):
                if not is_first and is_terminal(sys.stdout):
                    click.clear()
                is_first = False
                _lint(lint)
    except KeyboardInterrupt:
        pass
    return CLEAN


def _is_source(path: str) -> bool:
    """Would a change of this file change what is found?"""
    return Path(path).name in _DECIDING or language_of(path) is not None


def _lint(lint: Callable[[], int]) -> None:
    try:
        lint()
    except LmLintError as error:
        # A config file that is half written will be whole in a moment.
        tell(str(error))
    sys.stdout.flush()
    tell("waiting for changes; Ctrl-C ends")


def _watchable(name: str) -> str:
    """The name itself, or, where it does not exist or is a pattern, the innermost folder above it that does."""
    path = Path(os.path.abspath(name))
    while not path.exists():
        path = path.parent
    # A file that an editor replaces by another is seen from its folder.
    return str(path if path.is_dir() else path.parent)


def _is_watched(change: object, path: str) -> bool:
    return not any(part in _NOT_WATCHED for part in Path(path).parts)
