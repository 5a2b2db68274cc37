"""`lm-lint model`: what models there are, and how others come and go. What is done, others know; this is how it is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lm_lint.cli import terminal
from lm_lint.cli.options import HELP, Model, ModelName
from lm_lint.cli.status import CLEAN, FAILED

if TYPE_CHECKING:
    from lm_lint.cards import Card

_format = click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How it is told.",
)


@click.group(name="model", context_settings=HELP)
def model() -> None:
    """Install models, and look at those that are there.

    `--model NAME` lints with one of them. LM_LINT_MODELS_DIR in the environment names another place for them than the
    user's data folder.
    """


@model.command(
    name="install",
    context_settings=HELP,
    epilog="Exit status: 0 installed, or was already, 2 could not be installed.",
)
@click.argument("source")
@click.option("--sha256", metavar="HEX", help="What the archive's SHA-256 must be.")
@click.option("--name", metavar="NAME", help="What to call it. By default as its folder is called.")
@click.option("--force", is_flag=True, help="Replace another model of that name.")
def install(source: str, sha256: str | None, name: str | None, force: bool) -> int:
    """Install a model from SOURCE.

    SOURCE is an archive that `lm-lint model pack` made, its address, or a model's folder. An address is https://HOST/FILE, http:// or file://; with #sha256=HEX behind it, it says what the archive's SHA-256
    must be, which http:// needs. Everything is checked before anything is put in place, and nothing but what was
    named is ever downloaded.
    """
    from lm_lint import cards, installed

    with terminal.ended_in_order(), terminal.downloading() as tell:
        done = installed.install(source, sha256, name, force, tell)
    card = cards.read(done.folder)
    said = {"new": "is installed", "replaced": "is replaced", "same": "is there already"}
    click.echo(f"{done.name} {said[done.change]}: {_size(card)}, in {done.folder}")
    if done.archive_sha256 is not None:
        click.echo(f"SHA-256 of the archive: {done.archive_sha256}")
    click.echo(f"`lm-lint --model {done.name} FILE` lints with it")
    return CLEAN


@model.command(name="list", context_settings=HELP)
@_format
def list_(format_: str) -> int:
    """List the models that can be named.

    These are the one that ships with lm-lint and those that were installed.
    """
    from lm_lint.model_folder import home, names

    found = [_described(name) for name in names()]

    def told() -> int:
        if format_ == "json":
            _echo_json({"folder": str(home()), "models": found})
        else:
            click.echo("\n".join(_table(found)))
        return CLEAN

    return terminal.piped(told)


@model.command(
    name="show",
    context_settings=HELP,
    epilog="Exit status: 0 its parts are as they must be, 2 they are not.",
)
@click.argument("folder", metavar="MODEL", type=Model())
@_format
def show(folder: Path, format_: str) -> int:
    """Tell what MODEL is, and check it.

    MODEL is a name or a folder. Told is how large it is, how it was trained, and whether its parts are what its hashes
    say.
    """
    from lm_lint import cards, release
    from lm_lint.errors import ModelError

    card = cards.read(folder)
    problem = None
    try:
        release.read(folder)
    except (ModelError, ValueError) as error:
        problem = str(error)

    def told() -> int:
        if format_ == "json":
            rest = {"rows": dict(card.rows), "calibrated": card.is_calibrated, "problem": problem}
            _echo_json({"folder": str(folder), "model": _facts(_name(folder), card) | rest})
        else:
            click.echo("\n".join(_page(folder, card, problem)))
        return FAILED if problem else CLEAN

    return terminal.piped(told)


@model.command(name="remove", context_settings=HELP)
@click.argument("name", type=ModelName())
def remove(name: str) -> int:
    """Remove the installed model NAME."""
    from lm_lint import installed

    with terminal.ended_in_order():
        installed.remove(name)
    click.echo(f"{name} is removed")
    return CLEAN


@model.command(name="pack", context_settings=HELP)
@click.argument("folder", metavar="MODEL", type=Model())
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What to write: .tar.gz, .tgz, .tar or .zip. By default the folder's name with .tar.gz, here.",
)
def pack(folder: Path, out: Path | None) -> int:
    """Pack MODEL as an archive that can be installed.

    MODEL is a folder or a name. The archive's SHA-256 is printed. The same folder gives the same archive, whenever and by whomever it is packed.
    """
    from lm_lint import installed

    with terminal.ended_in_order():
        written, sha256 = installed.pack(folder, out)
    click.echo(f"{sha256}  {written}")
    return CLEAN


def _described(name: str) -> dict[str, Any]:
    """One of the list. A model that cannot be read is told, and does not hide the others."""
    from lm_lint import cards
    from lm_lint.errors import ModelError
    from lm_lint.model_folder import BUNDLED, folder_of

    is_bundled = name == BUNDLED
    head: dict[str, Any] = {"name": name, "bundled": is_bundled, "default": is_bundled}
    try:
        return head | _facts(name, cards.read(folder_of(name))) | {"problem": None}
    except ModelError as error:
        return head | {"problem": str(error)}


def _facts(name: str, card: Card) -> dict[str, Any]:
    return {
        "name": name,
        "parameters": card.n_parameters,
        "weights_bytes": card.weights_bytes,
        "bits_per_weight": round(card.bits_per_weight, 2),
        "sha256": card.sha256,
        "bits_per_byte": card.bits_per_byte,
    }


def _table(found: list[dict[str, Any]]) -> list[str]:
    head = ("name", "parameters", "MB", "bits/weight", "SHA-256", "bits per byte", "")
    rows: list[tuple[str, ...]] = [head]
    rows += [_row(each) for each in found if each["problem"] is None]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if 1 <= place <= 3 else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    broken = [f"{each['name']}: {each['problem']}" for each in found if each["problem"] is not None]
    return [*lines, *(_visible(line) for line in broken)]


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    measured = " / ".join(f"{name} {bits:.3f}" for name, bits in each["bits_per_byte"].items())
    return (
        each["name"],
        f"{each['parameters'] / 1e6:.2f} M",
        f"{each['weights_bytes'] / 1e6:.1f}",
        f"{each['bits_per_weight']:.1f}",
        _visible(each["sha256"]["model.safetensors"][:12]),
        _visible(measured) or "not told",
        "default" if each["default"] else "",
    )


def _page(folder: Path, card: Card, problem: str | None) -> list[str]:
    from lm_lint.model_folder import PARTS

    facts = {
        "name": _name(folder),
        "folder": str(folder),
        "size": _size(card),
        **dict(card.rows),
        **{f"SHA-256 of {part}": card.sha256[part] for part in PARTS},
    }
    if card.bits_per_byte:
        measured = card.bits_per_byte.items()
        facts["bits per byte"] = ", ".join(f"{name} {bits:.3f}" for name, bits in measured)
    facts["calibrated"] = "yes" if card.is_calibrated else "no: it ranks repairs by rules of thumb"
    facts["verified"] = f"no: {problem}" if problem else "yes: its parts are as its hashes say"
    width = max(map(len, facts))
    return [_visible(f"{key:{width}}  {value}") for key, value in facts.items()]


def _name(folder: Path) -> str:
    """Its folder's, by which it is called; what its config calls it may be that of the weights it was made of."""
    return folder.resolve().name


def _size(card: Card) -> str:
    size_mb = card.weights_bytes / 1e6
    return (
        f"{card.n_parameters / 1e6:.2f} M parameters, {size_mb:.1f} MB "
        f"({card.bits_per_weight:.1f} bits a weight)"
    )


def _visible(text: str) -> str:
    from lm_lint.formats.visible import visible

    return visible(text)


def _echo_json(values: dict[str, Any]) -> None:
    import json

    click.echo(json.dumps({"version": 1, **values}, indent=1))
