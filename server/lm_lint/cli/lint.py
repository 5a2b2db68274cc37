"""`lm-lint FILE...`: its options, and what was asked for as one value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lm_lint import __version__, formats
from lm_lint.cli.commands import COMMANDS
from lm_lint.cli.options import (
    HELP,
    Codes,
    GroupedCommand,
    Sources,
    device_option,
    flattened,
    grouped,
    model_option,
    project_model,
)
from lm_lint.cli.request import Changed, Fixing, Request
from lm_lint.cli.terminal import piped
from lm_lint.settings import Limits, Settings
from lm_lint.text import LANGUAGES

if TYPE_CHECKING:
    from lm_lint.config import Configs

files, output, fixing = grouped("Files"), grouped("Output"), grouped("Repairs")
control, speed, model, other = (
    grouped("Control"),
    grouped("Speed"),
    grouped("Model"),
    grouped("Other"),
)


@click.command(
    name="check",
    cls=GroupedCommand,
    context_settings=HELP,
    epilog="Exit status: 0 nothing found, 1 findings, 2 could not run.",
)
@click.pass_context
@click.argument("names", metavar="[FILE]...", nargs=-1, type=Sources(tuple(COMMANDS)))
@files(
    "--language",
    type=click.Choice(LANGUAGES),
    help="The language of all named files. By default their names tell.",
)
@files(
    "--stdin-filename", "stdin_name", metavar="NAME", help="What to call the text that `-` reads."
)
@files(
    "--include", metavar="PATTERN", multiple=True, help="In directories, take files like this too."
)
@files(
    "--exclude",
    metavar="PATTERN",
    multiple=True,
    help="In directories, leave out what is like this.",
)
@files("--no-gitignore", is_flag=True, help="Do not leave out what .gitignore does.")
@files("--force-exclude", is_flag=True, help="Leave out what is excluded even if it is named.")
@files(
    "--max-file-size",
    metavar="MB",
    type=click.FloatRange(min=0, min_open=True),
    default=Limits.max_file_bytes / 1e6,
    show_default=True,
    help="Skip larger files.",
)
@files(
    "--changed-since",
    metavar="REV",
    help="Report only on lines that changed since the branch left this revision.",
)
@files(
    "--staged", is_flag=True, help="Lint what is staged for commit, and report only on its lines."
)
@output(
    "--format",
    "format_",
    type=click.Choice(formats.NAMES),
    default="text",
    show_default=True,
    help="How findings are told.",
)
@output(
    "--output-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write them there instead of stdout.",
)
@output("--statistics", is_flag=True, help="Count the findings of each code.")
@output("--quiet", "-q", is_flag=True, help="No summary, no notes, no progress.")
@output("--no-progress", is_flag=True, help="No progress bar.")
@output(
    "--color",
    "colour",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colours: by the terminal, or always, or never.",
    show_default=True,
)
@output("--timings", is_flag=True, help="Tell on stderr where time and memory went.")
@fixing("--fix", is_flag=True, help="Make the repairs that are sure, and report what is left.")
@fixing("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@fixing("--fix-only", is_flag=True, help="Like --fix, and report nothing else.")
@fixing("--interactive", is_flag=True, help="Ask for each repair.")
@fixing(
    "--fix-confidence",
    metavar="P",
    type=click.FloatRange(0, 1),
    default=0.9,
    show_default=True,
    help="How sure a repair must be.",
)
@control(
    "--min-confidence",
    metavar="P",
    type=click.FloatRange(0, 1),
    default=Settings.min_confidence,
    show_default=True,
    help="Show findings from this confidence on; lower it to see hints.",
)
@control(
    "--select",
    metavar="CODES",
    type=Codes(),
    multiple=True,
    callback=flattened,
    help="Report only these codes.",
)
@control(
    "--ignore",
    metavar="CODES",
    type=Codes(),
    multiple=True,
    callback=flattened,
    help="Do not report these codes.",
)
@control(
    "--baseline",
    type=click.Choice(["use", "write"]),
    help="Report only what is not in the baseline, or write one.",
)
@control(
    "--baseline-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="By default the project's, or lm-lint-baseline.json.",
)
@control(
    "--max-findings",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="Up to so many findings are status 0.",
)
@control("--exit-zero", is_flag=True, help="Findings are status 0, however many.")
@control(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="One lm-lint.toml or pyproject.toml for everything, instead of the nearest above each file.",
)
@control("--isolated", is_flag=True, help="Read no configuration file.")
@control(
    "--no-parser", is_flag=True, help="Judge by surprise alone, without a parser's second opinion."
)
@speed(
    "--jobs",
    "-j",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many processes; by default as many as there are processors to use.",
)
@speed(
    "--no-cache",
    is_flag=True,
    envvar="LM_LINT_NO_CACHE",
    help="Lint everything anew, and remember nothing.",
)
@speed(
    "--cache-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    envvar="LM_LINT_CACHE_DIR",
    help="Where to remember what was linted.",
)
@speed("--watch", is_flag=True, help="Lint again whenever a file changes, until Ctrl-C.")
@device_option()
@model_option()
@other(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, param, value: _version(ctx, value),
    help="Print the version.",
)
def command(ctx: click.Context, /, **options: Any) -> int:
    """Find syntax errors in C, HTML and Python files, and show the edits that repair them.

    A FILE may be a directory, which is searched for files of these languages, a pattern such as 'src/**/*.c', or - for
    standard input.

    \b
    Other commands, each with a --help of its own:
      lm-lint server       the language server, for editors
      lm-lint doctor       what is installed, whether it works, and how fast
      lm-lint config show  what holds for a file
      lm-lint model        models by name: install, list, show, remove, pack
      lm-lint rules        the codes of findings; lm-lint explain CODE tells about one
      lm-lint cache        what is remembered of files that were linted
      lm-lint completion   completion for bash, zsh and fish
    A file of such a name is linted as ./server.
    """
    request = _request(ctx, options)
    from lm_lint.cli.run import run

    return piped(lambda: run(request))


def _version(ctx: click.Context, value: bool) -> None:
    if value:
        click.echo(f"lm-lint {__version__}")
        ctx.exit()


def _request(ctx: click.Context, options: dict[str, Any]) -> Request:
    """What was asked for. Raises UsageError where options contradict each other, ConfigError."""
    _refuse_contradictions(options)
    names, changed = options["names"], Changed(options["changed_since"], options["staged"])
    if not names and not changed:
        raise click.UsageError(
            "Missing argument 'FILE...': name files or directories, as in `lm-lint .`"
        )
    configs = _configs(options["config_file"], options["isolated"])
    return Request(
        names=names,
        language=options["language"],
        stdin_name=options["stdin_name"],
        include=options["include"],
        exclude=options["exclude"],
        gitignore=not options["no_gitignore"],
        force_exclude=options["force_exclude"],
        limits=Limits(max_file_bytes=int(options["max_file_size"] * 1e6)),
        changed=changed,
        format=options["format_"],
        output_file=options["output_file"],
        statistics=options["statistics"],
        quiet=options["quiet"],
        progress=not (options["no_progress"] or options["quiet"]),
        colour=options["colour"],
        timings=options["timings"],
        fixing=_fixing(options),
        fix_confidence=options["fix_confidence"],
        baseline=options["baseline"],
        baseline_file=options["baseline_file"],
        max_findings=options["max_findings"],
        exit_zero=options["exit_zero"],
        jobs=options["jobs"],
        cache=not options["no_cache"],
        cache_dir=options["cache_dir"],
        watch=options["watch"],
        settings=Settings(
            device=options["device"],
            model=options["model"] or project_model(configs),
            parser=not options["no_parser"],
            min_confidence=options["min_confidence"],
            select=options["select"],
            ignore=options["ignore"],
        ),
        configs=configs,
        decided=_decided(ctx),
    )


def _refuse_contradictions(options: dict[str, Any]) -> None:
    def refuse(condition: object, sentence: str) -> None:
        if condition:
            raise click.UsageError(sentence)

    # Each of the others says how --fix is meant.
    writing = [name for name in ("fix_only", "interactive", "diff") if options[name]]
    writing = writing or ["fix"] * options["fix"]
    shown = [f"--{name.replace('_', '-')}" for name in writing]
    refuse(len(writing) > 1, f"{' and '.join(shown)} exclude each other; choose one.")
    refuse(
        options["staged"] and options["changed_since"],
        "--staged and --changed-since exclude each other; choose one.",
    )
    refuse(
        options["staged"] and writing and writing != ["diff"],
        f"{shown and shown[0]} writes into the working tree, and --staged lints what is staged; leave one out.",
    )
    refuse(
        writing and options["format_"] == "surprisal-json",
        "surprisal-json tells of tokens and not of findings; it repairs nothing.",
    )
    refuse(
        writing and options["baseline"] == "write",
        "a baseline is of findings that stay; write it without repairs.",
    )
    refuse(
        options["baseline"] == "write" and (options["staged"] or options["changed_since"]),
        "a baseline is of all findings of a file, not of changed lines; write it without --staged or --changed-since.",
    )
    watching = options["watch"]
    refuse(watching and "-" in options["names"], "--watch watches files, not standard input.")
    refuse(
        watching and options["interactive"],
        "--watch and --interactive exclude each other; choose one.",
    )
    refuse(
        watching and options["staged"],
        "--watch watches files, and --staged lints what is staged; leave one out.",
    )
    refuse(
        writing and "-" in options["names"] and options["names"] != ("-",),
        "- is repaired from standard input to standard output; name no files beside it.",
    )
    refuse(
        options["interactive"] and "-" in options["names"],
        "--interactive asks on standard input; name files instead of -.",
    )
    refuse(
        options["config_file"] and options["isolated"],
        "--config and --isolated exclude each other; choose one.",
    )


def _fixing(options: dict[str, Any]) -> Fixing:
    if options["interactive"]:
        return Fixing.ASK
    if options["diff"]:
        return Fixing.SHOW
    return (
        Fixing.WRITE_ONLY
        if options["fix_only"]
        else Fixing.WRITE
        if options["fix"]
        else Fixing.NONE
    )


def _configs(file: Path | None, isolated: bool) -> Configs:
    from lm_lint.config import Configs, load

    return Configs(load(file) if file else None, isolated)


def _decided(ctx: click.Context) -> frozenset[str]:
    """What was chosen by options: files of a project do not change it."""
    options = {
        "min_confidence": "min_confidence",
        "no_parser": "parser",
        "select": "select",
        "ignore": "ignore",
        "fix_confidence": "fix_confidence",
    }
    by_default = click.core.ParameterSource.DEFAULT
    return frozenset(
        name
        for option, name in options.items()
        if ctx.get_parameter_source(option) is not by_default
    )
