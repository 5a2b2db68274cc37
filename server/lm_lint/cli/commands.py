"""The commands beside linting; each is told by the first word."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lm_lint.cli import terminal
from lm_lint.cli.compress import compress, decompress
from lm_lint.cli.extract import extract
from lm_lint.cli.inspect import inspect
from lm_lint.cli.models import model as models
from lm_lint.cli.options import COMPLETION, HELP, Codes, address, device_option, model_option
from lm_lint.cli.status import CLEAN, FAILED
from lm_lint.cli.terminal import piped
from lm_lint.server_settings import LOG_LEVELS
from lm_lint.settings import Device, Settings

SHELLS = ("bash", "fish", "zsh")


@click.command(
    name="server",
    context_settings=HELP,
    epilog="Exit status: 0 shut down as asked, 1 the client went away, 2 could not start.",
)
@click.option("--stdio", is_flag=True, help="Speak over standard input and output: the default.")
@click.option(
    "--tcp", metavar="HOST:PORT", callback=address, help="Wait for a client there instead."
)
@click.option("--ws", metavar="HOST:PORT", callback=address, help="The same for a WebSocket.")
@click.option(
    "--log-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the log there instead of stderr.",
)
@click.option(
    "--log-level",
    type=click.Choice(LOG_LEVELS),
    default="info",
    show_default=True,
    help="How much to log.",
)
@device_option()
@model_option(is_typed=False)
def server(
    stdio: bool,
    tcp: tuple[str, int] | None,
    ws: tuple[str, int] | None,
    log_file: Path | None,
    log_level: str,
    device: Device,
    model: Path | None,
) -> int:
    """Serve an editor: the language server protocol, over standard input and output.

    Editors start this command themselves; docs/settings.md lists what can be set there.
    """
    if stdio + (tcp is not None) + (ws is not None) > 1:
        raise click.UsageError("--stdio, --tcp and --ws exclude each other; choose one.")
    from lm_lint.lsp.server import serve

    settings = Settings(device, model)
    return serve(tcp=tcp, ws=ws, log_file=log_file, log_level=log_level, settings=settings)


@click.command(
    name="doctor",
    context_settings=HELP,
    epilog="Exit status: 0 all is well, 2 something is broken.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@device_option()
@model_option()
def doctor(as_json: bool, device: Device, model: Path | None) -> int:
    """Tell what is installed, whether it works, and how fast; what is wrong comes last."""
    from lm_lint.doctor import examine

    def told() -> int:
        report = examine(Settings(device, model), Path.cwd())
        click.echo(report.json() if as_json else report.text(), nl=False)
        return FAILED if report.problems else CLEAN

    return piped(told)


@click.group(name="config", context_settings=HELP)
def config() -> None:
    """Look at the configuration of a project."""


@config.command(name="show", context_settings=HELP)
@click.argument("path", metavar="[FILE]", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def config_show(path: str | None, as_json: bool) -> int:
    """Tell what holds for a file, or in this folder, and where each value comes from."""
    from lm_lint.config import show

    rows = show(path, Settings())

    def told() -> int:
        if as_json:
            import json

            values = {r.key: {"value": json.loads(r.value), "from": r.origin} for r in rows}
            click.echo(json.dumps({"version": 1, "settings": values}, indent=1))
            return CLEAN
        for row in rows:
            click.echo(f"{row.key} = {row.value}{click.style(f'  # {row.origin}', dim=True)}")
        return CLEAN

    return piped(told)


@click.command(name="rules", context_settings=HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def rules(as_json: bool) -> int:
    """List the codes that findings have."""
    from lm_lint.rules import rules as known

    def told() -> int:
        if as_json:
            import json

            listed = [
                {"code": r.code, "summary": r.summary, "languages": list(r.languages)}
                for r in known()
            ]
            click.echo(json.dumps({"version": 1, "rules": listed}, indent=1))
            return CLEAN
        width = max(len(rule.code) for rule in known())
        for rule in known():
            click.echo(f"{click.style(f'{rule.code:{width}}', bold=True)}  {rule.summary}")
        click.echo("\nlm-lint explain CODE shows examples of one.")
        return CLEAN

    return piped(told)


@click.command(name="explain", context_settings=HELP)
@click.argument("code", type=Codes())
@click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours: by the terminal, or always, or never.",
)
def explain(code: tuple[str, ...], colour: str) -> int:
    """Tell what a code means, with an example in each language and how to ignore it."""
    from lm_lint.rules import explained

    text = "\n".join(explained(one, terminal.in_colour(colour, sys.stdout)) for one in code)

    def told() -> int:
        click.echo(text, nl=False, color=True)
        return CLEAN

    return piped(told)


@click.group(name="cache", context_settings=HELP)
def cache() -> None:
    """Look at what is remembered of files that were linted, or forget it."""


_folder = click.option(
    "--cache-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    envvar="LM_LINT_CACHE_DIR",
    help="Another place than the user's cache folder.",
)


@cache.command(name="dir", context_settings=HELP)
@_folder
def cache_dir(cache_dir: Path | None) -> int:
    """Print where it is."""
    from lm_lint.cache import default_folder

    click.echo(str(cache_dir or default_folder()))
    return CLEAN


@cache.command(name="clear", context_settings=HELP)
@_folder
def cache_clear(cache_dir: Path | None) -> int:
    """Forget everything."""
    from lm_lint.cache import clear, default_folder

    n_bytes = clear(cache_dir or default_folder())
    click.echo(f"{n_bytes / 1e6:.1f} MB freed")
    return CLEAN


@cache.command(name="size", context_settings=HELP)
@_folder
def cache_size(cache_dir: Path | None) -> int:
    """Print how much disk it takes."""
    from lm_lint.cache import default_folder, size

    click.echo(f"{size(cache_dir or default_folder()) / 1e6:.1f} MB")
    return CLEAN


@click.command(name="completion", context_settings=HELP)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> int:
    """Print a script that completes options and commands.

    \b
    bash:  lm-lint completion bash > ~/.local/share/bash-completion/completions/lm-lint
    zsh:   lm-lint completion zsh > "${fpath[1]}/_lm-lint"
    fish:  lm-lint completion fish > ~/.config/fish/completions/lm-lint.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, shell
    # The script of bash asks bash for its version, which may not be there where packages are built.
    script = made(completion, {}, "lm-lint", COMPLETION)
    click.echo(script.source_template % script.source_vars(), nl=False)
    return CLEAN


COMMANDS: dict[str, click.Command] = {
    str(one.name): one
    for one in (
        *(server, doctor, config, models, inspect, extract, rules, explain, cache, completion),
        *(compress, decompress),
    )
}
