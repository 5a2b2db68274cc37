"""Where the slips that people made are found on disk: the same options for every command that reads them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from lm_lint.text import LANGUAGES

Command = TypeVar("Command", bound=Callable[..., object])


def default_data() -> Path:
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("LM_LINT_SLIPS") or beside)


def choice_of_slips(command: Command) -> Command:
    """--data, --git-rows, --part and --language (as `languages`)."""
    for option in reversed(
        (
            click.option(
                "--data",
                type=click.Path(path_type=Path),
                default=default_data,
                show_default="above",
            ),
            click.option(
                "--git-rows",
                type=click.Path(path_type=Path),
                default=Path("data/git_rows"),
                show_default=True,
                help="Folder of {language}_git.jsonl.",
            ),
            click.option(
                "--part", type=click.Choice(["tune", "report"]), default="tune", show_default=True
            ),
            click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True),
        )
    ):
        command = option(command)
    return command
