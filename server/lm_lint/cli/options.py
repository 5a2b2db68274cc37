"""What stands on a command line: options in groups, and the types that click does not have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lm_lint.settings import DEVICES, Settings

if TYPE_CHECKING:
    from lm_lint.config import Configs

T = TypeVar("T", bound=Callable[..., Any])

COMPLETION = "_LM_LINT_COMPLETE"  # the variable by which a shell asks for words
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class GroupedOption(click.Option):
    """An option that the help lists under a heading."""

    def __init__(self, *arguments: Any, heading: str, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.heading = heading


class GroupedCommand(click.Command):
    """A command whose many options are listed under headings, in the order in which they were made."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                rows.setdefault(getattr(param, "heading", "Other"), []).append(record)
        for heading, records in rows.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def grouped(heading: str) -> Callable[..., Callable[[T], T]]:
    """`click.option` for options under this heading."""

    def option(*names: str, **named: Any) -> Callable[[T], T]:
        return click.option(*names, cls=GroupedOption, heading=heading, **named)

    return option


class Sources(click.Path):
    """Files, and, as the first word of all, the commands."""

    def __init__(self, commands: Sequence[str]) -> None:
        super().__init__()
        self._commands = commands

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, param, incomplete)
        if ctx.params.get("names"):
            return found
        return [CompletionItem(n) for n in self._commands if n.startswith(incomplete)] + found


class Codes(click.ParamType):  # type: ignore[type-arg]
    """Codes of findings, separated by commas; a wrong one is answered with the one that was meant."""

    name = "codes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        from lm_lint.errors import UnknownCode
        from lm_lint.policy import codes

        try:
            return codes(code for code in value.split(",") if code.strip())
        except UnknownCode as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        from lm_lint.findings import CODES

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + code) for code in CODES if code.startswith(last)]


class Model(click.ParamType):  # type: ignore[type-arg]
    """A model by its name or its folder, as the folder.

    is_typed   as for `model_folder.folder_of`
    """

    name = "model"

    def __init__(self, is_typed: bool = True) -> None:
        self._is_typed = is_typed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        from lm_lint.model_folder import folder_of

        return value if isinstance(value, Path) else folder_of(value, is_typed=self._is_typed)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        from click.shell_completion import CompletionItem

        return [*_named_like(incomplete), CompletionItem(incomplete, type="dir")]


class ModelName(click.ParamType):  # type: ignore[type-arg]
    """The name of a model that is there."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        return _named_like(incomplete)


def _named_like(incomplete: str) -> list[click.shell_completion.CompletionItem]:
    from click.shell_completion import CompletionItem

    from lm_lint.model_folder import names

    return [CompletionItem(name) for name in names() if name.startswith(incomplete)]


def flattened(
    ctx: click.Context, param: click.Parameter, value: Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    """One tuple for an option that was given several times."""
    return tuple(code for codes in value for code in codes)


def address(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
    """HOST:PORT as a pair; an IPv6 address stands in brackets."""
    if value is None:
        return None
    host, colon, port = value.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or (":" in host and bare == host):
        raise click.BadParameter(
            f"{value!r} is no address; a host and a port were expected, as in 127.0.0.1:2087 or [::1]:2087."
        )
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise click.BadParameter(f"{port!r} is no port; a number from 0 to 65535 was expected.")
    return bare, int(port)


def device_option(heading: str = "Model") -> Callable[[T], T]:
    return grouped(heading)(
        "--device",
        type=click.Choice(DEVICES),
        default=Settings.device,
        show_default=True,
        help="Where the model runs.",
    )


def model_option(heading: str = "Model", is_typed: bool = True) -> Callable[[T], T]:
    return grouped(heading)(
        "--model",
        metavar="MODEL",
        type=Model(is_typed),
        help="The name of an installed model, or a model's folder. By default the project's, or `small`.",
    )


output_file_option = click.option(
    "--output-file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it there instead of stdout.",
)


def project_model(configs: Configs) -> Path | None:
    """The folder of the model that the project of the current folder names. Raises ConfigError."""
    from lm_lint.model_folder import folder_of

    config = configs.below(Path.cwd())
    if config.model is None:
        return None
    folder = folder_of(config.model)
    if not folder.is_dir():
        from lm_lint.errors import ConfigError
        from lm_lint.model_folder import unknown

        raise ConfigError(f"{config.file}: `model`: {unknown(config.model)}")
    return folder
