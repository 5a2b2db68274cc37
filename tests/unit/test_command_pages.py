"""docs/commandline.md and docs/man/ hold the help of the commands as it is; LM_LINT_GOLDEN=write writes them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click_man.core import generate_man_page

from lm_lint import __version__
from lm_lint.cli.commands import COMMANDS
from lm_lint.cli.lint import command

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "commandline.md"
MANUAL = DOCS / "man"
IS_WRITING = os.environ.get("LM_LINT_GOLDEN") == "write"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it."""
    yield "lm-lint", command
    for name, one in COMMANDS.items():
        yield f"lm-lint {name}", one
        for inner, part in getattr(one, "commands", {}).items():
            yield f"lm-lint {name} {inner}", part


ALL = list(commands())
# click-man calls what click will drop in its next major version.
pytestmark = pytest.mark.filterwarnings("ignore:'click.utils.make_default_short_help'")


def help_of(words: str, one: click.Command) -> str:
    settings = {**one.context_settings, "terminal_width": 100}
    with click.Context(one, info_name=words, **settings) as ctx:
        return one.get_help(ctx).rstrip() + "\n"


def manual_of(words: str, one: click.Command) -> str:
    with click.Context(one, info_name=words) as ctx:
        page = generate_man_page(ctx, version=__version__, date=f"lm-lint {__version__}")
    return "\n".join(line.rstrip() for line in page.splitlines()) + "\n"


def test_the_page_shows_the_help_of_every_command() -> None:
    if IS_WRITING:
        page = PAGE.read_text(encoding="utf-8")
        intro = page.split("\n## ", 1)[0]
        parts = [f"\n## {words}\n\n```text\n{help_of(words, one)}```\n" for words, one in ALL]
        PAGE.write_text(intro.rstrip("\n") + "\n" + "".join(parts), encoding="utf-8")
    found = re.findall(r"^## ([^\n]+)\n\n```text\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    assert dict(found) == {words: help_of(words, one) for words, one in ALL}


@pytest.mark.parametrize(("words", "one"), ALL, ids=[words for words, _ in ALL])
def test_the_manual_says_what_the_help_says(words: str, one: click.Command) -> None:
    page = MANUAL / f"{words.replace(' ', '-')}.1"
    if IS_WRITING:
        page.parent.mkdir(exist_ok=True)
        page.write_text(manual_of(words, one), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == manual_of(words, one)


def test_every_option_says_what_it_does() -> None:
    for words, one in ALL:
        for param in one.params:
            if isinstance(param, click.Option):
                assert param.help, f"{words}: {param.opts}"
