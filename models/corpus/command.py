"""`python -m models corpus`: run all of it, tell what came out, and what did not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any, cast

import click
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from lm_lint.text import LANGUAGES, Language
from models.corpus import build, filters, manifest
from models.corpus.extract import Extraction, extract, order_key
from models.corpus.fetch import FetchError
from models.records import SPLITS

_DEFAULT_MANIFEST = Path(__file__).parent.parent / "manifest.toml"


class Cap(click.ParamType):  # type: ignore[type-arg]
    """KIND.LANGUAGE=MB."""

    name = "KIND.LANGUAGE=MB"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[manifest.Kind, Language], float]:
        if isinstance(value, tuple):
            return value
        kind, _, rest = str(value).partition(".")
        language, _, size = rest.partition("=")
        try:
            megabytes = float(size)
        except ValueError:
            megabytes = math.nan
        if kind not in manifest.KINDS or language not in LANGUAGES or not megabytes > 0:
            self.fail(
                f"{value!r} is not KIND.LANGUAGE=MB; kinds are {', '.join(manifest.KINDS)}, languages "
                f"{', '.join(LANGUAGES)}, as in git.html=0.6.",
                param,
                ctx,
            )
        return (cast(manifest.Kind, kind), cast(Language, language)), megabytes


@click.command("corpus")
@click.option(
    "--manifest",
    "manifest_path",
    type=click.Path(path_type=Path),
    default=_DEFAULT_MANIFEST,
    show_default="models/manifest.toml",
    help="What is taken.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("data"),
    show_default=True,
    help="Where sources, extractions and the corpus are kept.",
)
@click.option(
    "--git-mirror",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder with git directories called OWNER+NAME.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Only these projects; may be given more than once. The corpus is left as it is.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    show_default="corpus in the folder of --data",
    help="The folder of the corpus.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(filters.OPTIONAL),
    metavar="FILTER",
    help="What this filter drops stays in train; may be given more than once: "
    + ", ".join(filters.OPTIONAL)
    + ". Held-out text is the same with every filter, and copies of it never come into train.",
)
@click.option(
    "--fraction",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Of the training text, some of every project.",
)
@click.option(
    "--project-fraction",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Of the projects to train on, each whole.",
)
@click.option(
    "--most-mb",
    type=click.FloatRange(0, min_open=True),
    default=math.inf,
    help="Of training text in each language, some of every project.",
)
@click.option(
    "--cap",
    "caps",
    type=Cap(),
    multiple=True,
    help="Of each project of a kind at most so much training text in a language, as in git.html=0.6; may be given "
    "more than once. Caps of the manifest that are lower stay.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Processes that extract at the same time.",
)
def command(
    manifest_path: Path,
    data: Path,
    git_mirror: Path | None,
    only: tuple[str, ...],
    out: Path | None,
    without: tuple[str, ...],
    fraction: float,
    project_fraction: float,
    most_mb: float,
    caps: tuple[tuple[tuple[manifest.Kind, Language], float], ...],
    jobs: int,
) -> None:
    """Fetch the packages of the manifest and keep the text worth learning from.

    Can be stopped and called again: what was fetched or extracted is not done twice.
    """
    try:
        entries = manifest.load(manifest_path)
    except manifest.ManifestError as error:
        raise click.ClickException(str(error)) from error
    if only:
        unknown = sorted(set(only) - {entry.name for entry in entries})
        if unknown:
            raise click.ClickException(
                f"{manifest_path} has no project called {', '.join(unknown)}."
            )
        entries = [entry for entry in entries if entry.name in only]
    entries = [entry for entry in entries if _is_drawn(entry, project_fraction)]
    entries = [entry.capped(dict(caps)) for entry in entries]
    step = partial(extract, data=data, git_mirror=git_mirror, without=frozenset(without))
    extractions, failures = _extract_all(entries, step, jobs)
    console = Console()
    if not only:
        if not any(sum(extraction.kept.values()) for extraction in extractions):
            raise click.ClickException("No text was found at all. " + " ".join(failures[:3]))
        sample = build.Sample(frozenset(without), fraction, most_mb)
        report = build.build(extractions, out or data / "corpus", sample)
        show(report, console)
    else:
        for extraction in extractions:
            console.print(
                extraction.entry.name, extraction.kept, extraction.kept_bytes, extraction.dropped
            )
    if failures:
        console.print(f"[bold]{len(failures)} of {len(entries)} packages are not in it:[/bold]")
        for failure in failures:
            console.print("  " + failure, markup=False)


def _is_drawn(entry: manifest.Entry, fraction: float) -> bool:
    """Whether the project is in this fraction; a smaller one is a part of a larger one."""
    place = int.from_bytes(order_key(entry.name, ""), "big") / 2**64
    return entry.role != "train" or place < fraction


def _extract_all(
    entries: list[manifest.Entry], step: Callable[[manifest.Entry], Extraction], jobs: int
) -> tuple[list[Extraction], list[str]]:
    extractions, failures = [], []
    for result in tqdm(_results(entries, step, jobs), "packages", len(entries)):
        try:
            extractions.append(result())
        except FetchError as error:
            failures.append(str(error))
    return extractions, sorted(failures)


def _results(
    entries: list[manifest.Entry], step: Callable[[manifest.Entry], Extraction], jobs: int
) -> Iterator[Callable[[], Extraction]]:
    if jobs == 1:
        yield from (partial(step, entry) for entry in entries)
        return
    # The largest first, so that no process is left alone with one of them at the end.
    ordered = sorted(entries, key=lambda entry: -max(map(entry.cap_bytes, entry.languages)))
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(step, entry) for entry in ordered]
        yield from (done.result for done in as_completed(waiting))


def show(report: build.Report, console: Console) -> None:
    """What the corpus holds, by language and role, and what each filter dropped."""
    table = Table(
        "language",
        "role",
        "projects",
        "files",
        "MB",
        "repeated",
        "largest projects",
        title="corpus",
    )
    for language in LANGUAGES:
        for split in SPLITS:
            part = report[language][split]
            total = part["mb"] or 1
            largest = list(part["projects"].items())[:5]
            shares = ", ".join(f"{name} {about['mb'] / total:.0%}" for name, about in largest)
            counts = [str(len(part["projects"])), str(part["files"]), f"{part['mb']:.1f}"]
            table.add_row(language, split, *counts, f"{part['share_repeated']:.0%}", shares)
    console.print(table)
    table = Table("language", "files dropped, by reason", title="filters")
    for language in LANGUAGES:
        dropped = report[language]["dropped"]
        table.add_row(language, ", ".join(f"{reason} {count}" for reason, count in dropped.items()))
    console.print(table)
