"""The `lm-lint` command: findings on stdout, trouble on stderr, status 0 clean, 1 findings, 2 could not run.

`lm-lint server` and `lm-lint doctor` stand beside it and are told by the first word alone, so that what people and
scripts write today means what it meant. Only click is imported here; what is heavy (torch, rich) is imported once there is something to lint, so that
`--help` and `--version` answer at once.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import click

from lm_lint import __version__
from lm_lint.errors import InputError, LmLintError
from lm_lint.server_settings import LOG_LEVELS
from lm_lint.settings import DEVICES, Device, Limits, Settings
from lm_lint.text import LANGUAGES, Language

if TYPE_CHECKING:
    from lm_lint.config import Configs
    from lm_lint.diagnostics import Severity
    from lm_lint.engine import Engine
    from lm_lint.sources import Source

_STARTED = perf_counter()
CLEAN, FOUND, FAILED = 0, 1, 2
INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + the signal's number, as shells count


@dataclass(frozen=True)
class Request:
    """One run of the command, as it was asked for."""

    names: tuple[str, ...]
    stdin_name: str | None
    language: Language | None
    format: str
    colour: str
    timings: bool
    limits: Limits
    settings: Settings
    configs: Configs
    decided: frozenset[str]  # settings that stand on the command line


@dataclass
class Report:
    """What a run has come to so far; the exit status follows from it."""

    n_files: int = 0
    n_failed: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    entries: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        if self.n_failed:
            return FAILED
        return FOUND if self.severities else CLEAN


def _address(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:
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


_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_device_option = click.option(
    "--device",
    type=click.Choice(DEVICES),
    default=Settings.device,
    show_default=True,
    help="Where the model runs.",
)
_model_option = click.option(
    "--model",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A released model folder. By default the one that ships with lm-lint.",
)


@click.command(
    name="lm-lint",
    context_settings=_HELP,
    epilog="Exit status: 0 nothing found, 1 findings, 2 could not run.",
)
@click.pass_context
@click.argument("names", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--stdin-filename", "stdin_name", metavar="NAME", help="What to call the text that `-` reads."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "surprisal-json"]),
    default="text",
    show_default=True,
    help="surprisal-json lists every token with its bits instead of findings.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    help="The language of all named files. By default their names tell.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=Settings.min_confidence,
    show_default=True,
    help="Show findings from this confidence on; lower it to see hints.",
)
@click.option(
    "--no-parser", is_flag=True, help="Judge by surprise alone, without a parser's second opinion."
)
@_device_option
@_model_option
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="One lm-lint.toml or pyproject.toml for everything, instead of the nearest above each file.",
)
@click.option("--isolated", is_flag=True, help="Read no configuration file.")
@click.option(
    "--max-file-size",
    metavar="MB",
    type=click.FloatRange(min=0, min_open=True),
    default=Limits.max_file_bytes / 1e6,
    show_default=True,
    help="Skip larger files.",
)
@click.option(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)
@click.option("--timings", is_flag=True, help="Tell on stderr where time and memory went.")
@click.version_option(__version__, prog_name="lm-lint", message="%(prog)s %(version)s")
def command(
    ctx: click.Context,
    names: tuple[str, ...],
    stdin_name: str | None,
    format_: str,
    language: Language | None,
    min_confidence: float,
    no_parser: bool,
    device: Device,
    model: Path | None,
    config_file: Path | None,
    isolated: bool,
    max_file_size: float,
    colour: str,
    timings: bool,
) -> int:
    """Find syntax errors in C, HTML and Python files, and show the edits that repair them.

    A FILE may be a directory, which is searched for files with a known extension, or - for standard input.

    \b
    Two commands stand beside this one, each with a --help of its own:
      lm-lint server   the language server, for editors
      lm-lint doctor   what is installed, whether it works, and how fast
    A file of such a name is linted as ./server.
    """
    request = Request(
        names=names,
        stdin_name=stdin_name,
        language=language,
        format=format_,
        colour=colour,
        timings=timings,
        limits=Limits(max_file_bytes=int(max_file_size * 1e6)),
        settings=Settings(device, model, not no_parser, min_confidence),
        configs=_configs(config_file, isolated),
        decided=_decided(ctx),
    )
    return _piped(lambda: run(request))


@click.command(
    name="server",
    context_settings=_HELP,
    epilog="Exit status: 0 shut down as asked, 1 the client went away, 2 could not start.",
)
@click.option("--stdio", is_flag=True, help="Speak over standard input and output: the default.")
@click.option(
    "--tcp", metavar="HOST:PORT", callback=_address, help="Wait for a client there instead."
)
@click.option("--ws", metavar="HOST:PORT", callback=_address, help="The same for a WebSocket.")
@click.option(
    "--log-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the log there instead of stderr.",
)
@click.option("--log-level", type=click.Choice(LOG_LEVELS), default="info", show_default=True)
@_device_option
@_model_option
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
    context_settings=_HELP,
    epilog="Exit status: 0 all is well, 2 something is broken.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@_device_option
@_model_option
def doctor(as_json: bool, device: Device, model: Path | None) -> int:
    """Tell what is installed, whether it works, and how fast; what is wrong comes last."""
    from lm_lint.doctor import examine

    def told() -> int:
        report = examine(Settings(device, model), Path.cwd())
        click.echo(report.json() if as_json else report.text(), nl=False)
        return FAILED if report.problems else CLEAN

    return _piped(told)


COMMANDS = {"server": server, "doctor": doctor}


def _piped(work: Callable[[], int]) -> int:
    """The status of the work, unless who reads our output goes away."""
    try:
        status = work()
        sys.stdout.flush()
    except BrokenPipeError:
        # Caught here because click would leave with status 1, which means findings.
        _give_up_stdout()
        return BROKEN_PIPE
    return status


def main() -> NoReturn:
    """The console entry point: every way out has its status, and none has a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            # A terminal that cannot show a character gets a question mark in its place.
            reconfigure(errors="replace")
    arguments = sys.argv[1:]
    named = COMMANDS.get(arguments[0]) if arguments else None
    try:
        if named:
            name = f"lm-lint {named.name}"
            status = named.main(arguments[1:], prog_name=name, standalone_mode=False)
        else:
            status = command.main(arguments, prog_name="lm-lint", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = FAILED
    except LmLintError as error:
        click.echo(f"lm-lint: {error}", err=True)
        status = FAILED
    except (click.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    sys.exit(status)


def run(request: Request) -> int:
    """Lint what was asked for, and tell; the model is loaded when the first text needs it."""
    from lm_lint.engine import Engine
    from lm_lint.sources import Skipped, Source, sources

    report = Report()
    engine: Engine | None = None
    stdin = sys.stdin.buffer
    found = sources(
        request.names,
        request.language,
        request.limits,
        stdin,
        request.stdin_name,
        request.configs,
    )
    for outcome in found:
        if isinstance(outcome, Source):
            report.n_files += 1
            if outcome.note:
                _tell(f"{outcome.name}: {outcome.note}")
            engine = engine or Engine.load(request.settings)
            _lint(engine, outcome, request, report)
        elif isinstance(outcome, Skipped):
            _tell(f"{outcome.name}: {outcome.note}")
        else:
            assert isinstance(outcome, InputError), outcome
            report.n_failed += 1
            _tell(str(outcome))
    _conclude(request, report)
    if request.timings:
        _tell_timings(engine)
    return report.status


def _lint(engine: Engine, source: Source, request: Request, report: Report) -> None:
    from lm_lint import render

    if request.format == "surprisal-json":
        report.entries += render.tokens_json(source, engine.scores(source.text, source.language))
        return
    config = request.configs.of(source.name, Path.cwd())
    settings = config.applied(request.settings, request.decided)
    diagnostics = engine.open(source.text, source.language, settings).diagnostics()
    report.severities.update(diagnostic.severity for diagnostic in diagnostics)
    if request.format == "json":
        report.entries += [render.finding_json(source, diagnostic) for diagnostic in diagnostics]
    elif diagnostics:
        console = render.terminal(sys.stdout, _in_colour(request.colour))
        for diagnostic in diagnostics:
            render.draw(console, source, diagnostic)
            console.print()


def _conclude(request: Request, report: Report) -> None:
    """The summary, or the whole JSON object: one is printed even when nothing was found."""
    from lm_lint import render

    if request.format == "text":
        click.echo(render.summary(report.severities, report.n_files))
        return
    import json

    key = "findings" if request.format == "json" else "tokens"
    click.echo(json.dumps({"version": render.JSON_VERSION, key: report.entries}, indent=1))


def _configs(file: Path | None, isolated: bool) -> Configs:
    if file and isolated:
        raise click.UsageError("--config and --isolated exclude each other; choose one.")
    from lm_lint.config import Configs, load

    return Configs(load(file) if file else None, isolated)


def _decided(ctx: click.Context) -> frozenset[str]:
    """What was chosen by options: files of a project do not change it."""
    options = {"min_confidence": "min_confidence", "no_parser": "parser"}
    by_default = click.core.ParameterSource.DEFAULT
    return frozenset(
        name
        for option, name in options.items()
        if ctx.get_parameter_source(option) is not by_default
    )


def _tell(sentence: str) -> None:
    click.echo(f"lm-lint: {sentence}", err=True)


def _tell_timings(engine: Engine | None) -> None:
    seconds = engine.seconds if engine else Counter[str]()
    for stage in ("import", "load", "score", "detect"):
        click.echo(f"{stage:8} {seconds[stage]:8.3f} s", err=True)
    click.echo(f"{'total':8} {perf_counter() - _STARTED:8.3f} s", err=True)
    click.echo(f"{'memory':8} {_peak_mib():8.0f} MiB at most", err=True)


def _peak_mib() -> float:
    """The most memory that this process ever held. Linux's ru_maxrss would begin with that of
    the process that started it."""
    import resource

    try:
        with open("/proc/self/status", encoding="ascii") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts["VmHWM"].split()[0]) / 1024
    except (OSError, KeyError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1024 / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes


def _in_colour(choice: str) -> bool:
    """By the terminal, unless NO_COLOR (no-color.org) or the option says otherwise."""
    import os

    if choice != "auto":
        return choice == "always"
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _give_up_stdout() -> None:
    """The reader has gone: what is still buffered must not complain at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
