"""`lm-lint compress` and `lm-lint decompress`: a file by what the model expects of it, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lm_lint.cli import terminal
from lm_lint.cli.options import HELP, model_option, project_model
from lm_lint.cli.status import CLEAN
from lm_lint.text import LANGUAGES, Language

if TYPE_CHECKING:
    from lm_lint.compression_format import Made

_STDIO = "-"
_STATUS = "Exit status: 0 done, 2 could not be done, and nothing was written."

_output = click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(),
    help="What to write; - for standard output. By default the name with or without .lmz.",
)
_force = click.option("--force", is_flag=True, help="Replace a file that is there.")


@click.command(name="compress", context_settings=HELP, epilog=_STATUS)
@click.argument("name", metavar="FILE", type=click.Path())
@_output
@_force
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="The language that FILE is in. By default, as its name says.",
)
@click.option("--stdin-filename", metavar="NAME", help="What standard input is called.")
@click.option(
    "--adapt/--no-adapt",
    default=True,
    help="Expect what the file repeats, too: fewer bytes for a tenth more time. On by default.",
)
@model_option()
def compress(
    name: str,
    output: str | None,
    force: bool,
    language: Language | None,
    stdin_filename: str | None,
    adapt: bool,
    model: Path | None,
) -> int:
    """Compress FILE by what the model expects of it; - is standard input.

    FILE stays. Source code takes about half of the bytes that xz needs, and the model runs once for each token: some
    250 tokens in a second of a processor's time. `lm-lint decompress` reads it with the same model, on a machine that
    computes alike; its head names both. What is no source code is packed by xz.
    """
    from lm_lint import compression
    from lm_lint.config import Configs

    data = _read(name)
    out = output or (_STDIO if name == _STDIO else name + compression.SUFFIX)
    _insist_on_room(out, force)
    known = language or _language(stdin_filename if name == _STDIO else name, data)
    with terminal.ended_in_order(), terminal.downloading() as tell:
        if known is None:
            res = compression.stored(data)
        else:
            codec = compression.load(model or project_model(Configs()))
            res = codec.compress(data, known, adapt, tell)
    packed = res.to_bytes()
    _write(out, packed, force)
    if res.made is None and data:
        terminal.tell(f"{_shown(name)}: packed without the model, {_why(known, data)}")
    bits = f", {8 * len(packed) / len(data):.3f} bits per byte" if data else ""
    terminal.tell(f"{_shown(name)}: {len(data):,} bytes became {len(packed):,}{bits}")
    return CLEAN


@click.command(name="decompress", context_settings=HELP, epilog=_STATUS)
@click.argument("name", metavar="FILE", type=click.Path())
@_output
@_force
@click.option(
    "--anyway",
    is_flag=True,
    help="Try, where it was made on a machine that may compute other last digits.",
)
@model_option()
def decompress(name: str, output: str | None, force: bool, anyway: bool, model: Path | None) -> int:
    """Bring back what `lm-lint compress` made FILE of; - is standard input.

    FILE stays. What comes out is the original to the last byte, or nothing is written. Without --model, the model is
    the one that FILE names.
    """
    from lm_lint import compression
    from lm_lint.compression_format import Compressed
    from lm_lint.config import Configs
    from lm_lint.errors import CompressionError

    data = _read(name)
    try:
        compressed = Compressed.of(data)
        out = output or _without_suffix(name, compression.SUFFIX)
        _insist_on_room(out, force)
        with terminal.ended_in_order(), terminal.downloading() as tell:
            if compressed.made is None:
                res = compression.unstored(compressed)
            else:
                codec = compression.load(
                    model or _named(compressed.made) or project_model(Configs())
                )
                res = codec.decompress(compressed, tell, anyway)
    except CompressionError as error:
        raise type(error)(f"{_shown(name)}: {error}") from error
    _write(out, res, force)
    return CLEAN


def _read(name: str) -> bytes:
    from lm_lint.sources import unreadable

    if name == _STDIO:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error


def _insist_on_room(out: str, force: bool) -> None:
    """Said before the work, which may take minutes; whoever writes looks again."""
    from lm_lint import writing

    if out != _STDIO:
        writing.insist_on_room(out, force)


def _write(out: str, data: bytes, force: bool) -> None:
    from lm_lint import writing

    if out == _STDIO:
        terminal.write_bytes(sys.stdout, data)
    else:
        writing.create(out, data, force)


def _language(name: str | None, data: bytes) -> Language | None:
    from lm_lint import filetypes

    known = filetypes.language_by_name(name or "")
    if known is None and not filetypes.has_suffix(name or ""):
        known = filetypes.language_by_interpreter(data[: filetypes.HEAD_BYTES])
    return known


def _why(known: Language | None, data: bytes) -> str:
    from lm_lint import compression

    if known is None:
        return f"as nothing says its language; --language with one of {', '.join(LANGUAGES)} does"
    return "which needs more" if compression.is_text(data) else "as it is no text"


def _named(made: Made) -> Path | None:
    """The model of the name that a file tells, where there is one; its hashes are compared later."""
    from lm_lint.model_folder import folder_of, is_name, names

    return folder_of(made.name) if is_name(made.name) and made.name in names() else None


def _without_suffix(name: str, suffix: str) -> str:
    if name == _STDIO:
        return _STDIO
    if name.endswith(suffix) and len(Path(name).name) > len(suffix):
        return name.removesuffix(suffix)
    raise click.UsageError(f"{_shown(name)} does not end with {suffix}; say with -o what to write.")


def _shown(name: str) -> str:
    from lm_lint.sources import printable

    return "standard input" if name == _STDIO else printable(name)
