"""`python -m models corpus`: run all of it, tell what came out, and what did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from tqdm import tqdm

from lm_lint.text import LANGUAGES
from models.corpus import build, manifest
from models.corpus.extract import Extraction, extract
from models.corpus.fetch import FetchError
from models.records import SPLITS

_DEFAULT_MANIFEST = Path(__file__).parent.parent / "manifest.toml"


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
    "--jobs",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="Processes that extract at the same time.",
)
def command(
    manifest_path: Path, data: Path, git_mirror: Path | None, only: tuple[str, ...], jobs: int
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
    extractions, failures = _extract_all(entries, data, git_mirror, jobs)
    console = Console()
    if not only:
        if not any(sum(extraction.kept.values()) for extraction in extractions):
            raise click.ClickException("No text was found at all. " + " ".join(failures[:3]))
        report = build.build(extractions, data / "corpus")
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


def _extract_all(
    entries: list[manifest.Entry], data: Path, git_mirror: Path | None, jobs: int
) -> tuple[list[Extraction], list[str]]:
    extractions, failures = [], []
    for result in tqdm(_results(entries, data, git_mirror, jobs), "packages", len(entries)):
        try:
            extractions.append(result())
        except FetchError as error:
            failures.append(str(error))
    return extractions, sorted(failures)


def _results(
    entries: list[manifest.Entry], data: Path, git_mirror: Path | None, jobs: int
) -> Iterator[Callable[[], Extraction]]:
    if jobs == 1:
        yield from (partial(extract, entry, data, git_mirror) for entry in entries)
        return
    # The largest first, so that no process is left alone with one of them at the end.
    ordered = sorted(entries, key=lambda entry: -max(map(entry.cap_bytes, entry.languages)))
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(extract, entry, data, git_mirror) for entry in ordered]
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
