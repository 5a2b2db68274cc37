"""`lm-lint inspect`: what single cells of the network hold while it reads a file, and its tokens as a map."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lm_lint.cli import terminal
from lm_lint.cli.options import HELP, model_option, output_file_option, project_model
from lm_lint.cli.status import CLEAN
from lm_lint.settings import Limits
from lm_lint.text import LANGUAGES, Language

if TYPE_CHECKING:
    from lm_lint.cells import Cell, KnownCell, Property
    from lm_lint.light_scorer import LightScorer
    from lm_lint.sources import Source

_PROPERTIES = ("depth", "string", "comment", "open-tags", "line-length")
FORMATS = ("text", "html", "json")


class CellName(click.ParamType):  # type: ignore[type-arg]
    """LAYER:UNIT, both from 0."""

    name = "cell"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Cell:
        from lm_lint.cells import Cell

        if isinstance(value, Cell):
            return value
        try:
            return Cell.of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command(
    name="inspect",
    context_settings=HELP,
    epilog="Exit status: 0 shown, 2 could not be shown.",
)
@click.argument("file", required=False, type=click.Path())
@click.option(
    "--property",
    "property_",
    type=click.Choice(_PROPERTIES),
    help="Show the best cell for it. By default the first that the language has.",
)
@click.option(
    "--cell",
    "cells",
    type=CellName(),
    multiple=True,
    help="Show this cell, LAYER:UNIT. May be repeated.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Colours in the terminal, a page to look at, or numbers.",
)
@output_file_option
@click.option(
    "--embedding", is_flag=True, help="Draw which tokens are alike, as a .png, .svg or .pdf."
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Whatever the file's name says.")
@click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours: by the terminal, or always, or never.",
)
@model_option()
def inspect(
    file: str | None,
    property_: Property | None,
    cells: tuple[Cell, ...],
    format_: str,
    output_file: Path | None,
    embedding: bool,
    language: Language | None,
    colour: str,
    model: Path | None,
) -> int:
    """Look inside the model while it reads FILE.

    Some of its cells follow what a person can see: how deep brackets are nested, what is a string or a comment. They
    were found ahead of time; the best ones are named, with how well they do it on other text. The one that was
    asked for is shown as a heat map over the text, the others too on the page of --format html.

    \b
    lm-lint inspect main.c --property string
    lm-lint inspect main.c --format html --output-file main.html
    lm-lint inspect --embedding --output-file tokens.png
    """
    if embedding:
        return _draw_embedding(_scorer(model), output_file)
    if file is None:
        raise click.UsageError("a file to look at was expected, or - for standard input.")
    if cells and property_:
        raise click.UsageError("--cell and --property exclude each other; choose one.")
    source = _source(file, language)
    scorer = _scorer(model)
    wanted = _wanted(scorer, source.language, property_, cells)
    with terminal.ended_in_order():
        return terminal.piped(lambda: _show(scorer, source, wanted, format_, output_file, colour))


def _show(
    scorer: LightScorer,
    source: Source,
    wanted: Sequence[KnownCell | Cell],
    format_: str,
    output_file: Path | None,
    colour: str,
) -> int:
    from lm_lint.errors import NotWritten
    from lm_lint.formats import cell_json, cell_page, cell_text
    from lm_lint.inspection import inspect as looked_at

    name = scorer.release.name
    found = looked_at(scorer, source.name, name, source.text, source.language, wanted)
    with terminal.output(output_file, NotWritten) as stream:
        if format_ == "html":
            cell_page.write(stream, found)
        elif format_ == "json":
            cell_json.write(stream, found)
        else:
            cell_text.write(stream, found, terminal.in_colour(colour, stream))
    return CLEAN


def _scorer(model: Path | None) -> LightScorer:
    """Raises ConfigError, ModelMissing, ModelDamaged."""
    from lm_lint import light_scorer
    from lm_lint.config import Configs

    return light_scorer.load(model or project_model(Configs()))


def _source(file: str, language: Language | None) -> Source:
    """Raises InputError."""
    from lm_lint import sources
    from lm_lint.errors import InputError

    if file == "-":
        found = sources.standard_input(sys.stdin.buffer, None, language, Limits())
    else:
        found = sources.load(file, language, Limits())
    if isinstance(found, InputError):
        raise found
    if isinstance(found, sources.Skipped):
        raise InputError(f"{found.name}: {found.note}")
    return found


def _wanted(
    scorer: LightScorer,
    language: Language,
    property_: Property | None,
    cells: tuple[Cell, ...],
) -> list[KnownCell | Cell]:
    """The one to show first, then the others that are known of the language. Raises CellUnknown, ModelDamaged."""
    from lm_lint import cells as finding
    from lm_lint.activations import check
    from lm_lint.inspection import look_at

    if cells:
        check(cells, scorer.config)
        return list(cells)
    known = finding.load(scorer.release.folder)
    first = look_at(known, language, property_, scorer.config).known
    assert first is not None, "a cell was chosen by what is known of it"
    own = [each for each in known if each.language == language and each is not first]
    # Of the same property first.
    return [first, *sorted(own, key=lambda each: each.property != first.property)]


def _draw_embedding(scorer: LightScorer, output_file: Path | None) -> int:
    from lm_lint.errors import LmLintError
    from lm_lint.token_map import draw

    if output_file is None or output_file.suffix not in (".png", ".svg", ".pdf"):
        raise click.UsageError("--embedding needs --output-file NAME.png, NAME.svg or NAME.pdf.")
    try:
        draw(scorer, output_file)
    except ModuleNotFoundError as error:
        raise LmLintError(
            f"{error.name} is not installed, which draws the map; `pip install lm-lint[inspect]` brings it"
        ) from error
    return CLEAN
