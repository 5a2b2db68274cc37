"""The entry point: which command was meant, and a status for every way out.

The first word tells a command from files, so that `lm-lint FILE` needs no word and scripts that were written for it
stay right. Only click is imported before a command runs: `--help` and `--version` answer at once.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import click

from lm_lint.cli.commands import COMMANDS
from lm_lint.cli.lint import command
from lm_lint.cli.options import COMPLETION
from lm_lint.cli.status import FAILED, INTERRUPTED
from lm_lint.errors import LmLintError


class Root(click.Group):
    """A group whose first command may be left out; for completion and the manual, which ask for the tree."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = [str(command.name), *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return args[0], self.commands[args[0]], args[1:]


root = Root("lm-lint", commands={str(command.name): command, **COMMANDS})


def main() -> NoReturn:
    """The console entry point: every way out has its status, and none has a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            # A terminal that cannot show a character gets a question mark in its place.
            reconfigure(errors="replace")
    try:
        status = _called(sys.argv[1:])
    except click.ClickException as error:
        error.show()
        status = FAILED
    except LmLintError as error:
        click.echo(f"lm-lint: {error}", err=True)
        status = FAILED
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status)


def _called(arguments: list[str]) -> Any:
    if COMPLETION in os.environ:
        return root.main(arguments, "lm-lint", complete_var=COMPLETION, standalone_mode=False)
    word = arguments[0] if arguments else ""
    if word == command.name:
        return command.main(arguments[1:], "lm-lint", standalone_mode=False)
    if word in COMMANDS:
        return COMMANDS[word].main(arguments[1:], f"lm-lint {word}", standalone_mode=False)
    return command.main(arguments, "lm-lint", standalone_mode=False)
