"""`lm-lint extract`: a page's links, its text, what is bold, or all of it as Markdown, broken markup or not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from lm_lint.cli import terminal
from lm_lint.cli.options import HELP, model_option, output_file_option, project_model
from lm_lint.cli.status import CLEAN, FAILED
from lm_lint.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from lm_lint.extraction import Reading
    from lm_lint.normal import NormalText
    from lm_lint.sources import Source

WHAT = ("links", "text", "bold", "markdown")
FORMATS = ("text", "json")


@click.command(
    name="extract",
    context_settings=HELP,
    epilog="Exit status: 0 all pages were read, 2 one of them could not be.",
)
@click.argument("what", type=click.Choice(WHAT))
@click.argument("pages", metavar="PAGE...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="Of links: a line for each, or one list with their lines and columns.",
)
@output_file_option
@model_option()
def extract(
    what: str, pages: tuple[str, ...], format_: str, output_file: Path | None, model: Path | None
) -> int:
    """Read HTML as the model understands it, where a quote or a bracket is missing, too.

    PAGE is a file, or - for standard input. A page is neither executed nor fetched, and addresses stay as they are
    written. links: each with its address, a tab, and its text. text: what is seen, blocks on lines of their own. bold:
    each bold stretch on a line. markdown: headings, lists, links, bold, code and pictures.

    \b
    lm-lint extract links page.html
    lm-lint extract links --format json *.html
    lm-lint extract markdown --output-file page.md page.html
    """
    if format_ == "json" and what != "links":
        raise click.UsageError("--format json is for links alone.")
    with terminal.ended_in_order():
        return terminal.piped(lambda: _extract(what, pages, format_, output_file, model))


def _extract(
    what: str, pages: tuple[str, ...], format_: str, output_file: Path | None, model: Path | None
) -> int:
    """Raises ConfigError, ModelMissing, ModelDamaged, HeadsMissing, NotWritten."""
    from lm_lint.errors import InputError, NotWritten
    from lm_lint.normal import NormalText

    read = _reader(model)
    status, found = CLEAN, list[dict[str, object]]()
    with terminal.output(output_file, NotWritten) as stream:
        for page in pages:
            try:
                source = _source(page)
            except InputError as error:
                terminal.tell(str(error))
                status = FAILED
                continue
            normal = NormalText.of(source.text)
            reading = read(normal.text)
            if format_ == "json":
                found += _facts(source, normal, reading, with_path=len(pages) > 1)
            else:
                _write(stream, what, reading)
        if format_ == "json":
            json.dump(found, stream, indent=2)
            stream.write("\n")
    return status


def _reader(model: Path | None) -> Callable[[str], Reading]:
    from lm_lint import extraction, heads, light_scorer
    from lm_lint.config import Configs

    scorer = light_scorer.load(model or project_model(Configs()))
    known = heads.load(scorer.release.folder)
    return lambda text: extraction.of_text(scorer, known, text)


def _source(page: str) -> Source:
    """Raises InputError."""
    from lm_lint import filetypes, sources
    from lm_lint.errors import InputError

    if page == "-":
        found = sources.standard_input(sys.stdin.buffer, None, "html", Limits())
    else:
        known = filetypes.language_by_name(page)
        if known not in (None, "html"):
            name = sources.printable(page)
            raise InputError(f"{name}: is {known}, and only HTML has links and text to extract")
        found = sources.load(page, "html", Limits())
    if isinstance(found, InputError):
        raise found
    if isinstance(found, sources.Skipped):
        raise InputError(f"{found.name}: {found.note}")
    return found


def _write(stream: TextIO, what: str, reading: Reading) -> None:
    from lm_lint.extraction import line
    from lm_lint.formats.visible import tamed, visible
    from lm_lint.page_text import markdown_of, text_of

    if what == "links":
        for link in reading.links:
            stream.write(f"{visible(link.href)}\t{visible(link.text)}\n")
    elif what == "bold":
        for start, end in reading.bold:
            if said := line(reading.visible(start, end)):
                stream.write(visible(said) + "\n")
    else:
        stream.write(tamed(text_of(reading) if what == "text" else markdown_of(reading)))


def _facts(
    source: Source, normal: NormalText, reading: Reading, with_path: bool
) -> list[dict[str, object]]:
    """Lines and columns from 1, in code points of the file's text."""
    from lm_lint.text import Document

    document = Document.of(source.text)
    res: list[dict[str, object]] = []
    for link in reading.links:
        row, column = document.position(normal.original_offset(link.start))
        facts = {"href": link.href, "text": link.text, "line": row + 1, "column": column + 1}
        res.append({"path": source.name, **facts} if with_path else dict(facts))
    return res
