"""How long `lm-lint` takes for 10, 1,000 and 10,000 real files, how much memory, and how that compares.

    python -m bench.command [--sizes 10,1000] [--sources DIR]... [--rivals-up-to 1000] [--output FILE]

Copies of files of this machine are linted by the real command in a process of its own: without anything known, and
once more. Rivals are run on the same files of their language right after, beside a run of `lm-lint` on those.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench.command import page, tools, trees
from bench.command.measuring import Measured
from bench.command.trees import File
from lm_lint.text import LANGUAGES

RESULTS = trees.ROOT / "bench" / "results" / "command.md"


@dataclass(frozen=True)
class Beside:
    """A rival and lm-lint on the same files, one after the other."""

    rival: str
    n_files: int
    n_lines: int
    rival_s: float
    ours: Measured


@dataclass
class Size:
    """What was measured on one tree."""

    n_files: int
    n_lines: int
    shares: dict[str, int]
    cold: Measured
    cached: Measured
    load: float
    beside: list[Beside] = field(default_factory=list)


@click.command()
@click.option("--sizes", default="10,1000", show_default=True, help="Files of each tree.")
@click.option(
    "--sources",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True),
    help="More places to take files from.",
)
@click.option("--rivals-up-to", default=1000, show_default=True, help="Files of a tree.")
@click.option("--jobs", type=int, help="Of lm-lint; by default as many as it chooses.")
@click.option("--output", default=RESULTS, type=click.Path(path_type=Path))
def main(
    sizes: str, sources: tuple[Path, ...], rivals_up_to: int, jobs: int | None, output: Path
) -> None:
    """Measure, and write the page."""
    found = trees.candidates([*trees.places(), *sources])
    click.echo(f"{len(found):,} files to choose from")
    rivals, missing = tools.rivals()
    done: list[Size] = []
    with tempfile.TemporaryDirectory(prefix="lm-lint-bench-") as folder:
        _once(Path(folder))
        for n_files in map(int, sizes.split(",")):
            here = Path(folder) / f"tree-{n_files}"
            files = trees.tree(found, n_files, here)
            size = _measured(files, here, jobs)
            click.echo(page.line(size))
            if n_files <= rivals_up_to:
                for beside in _beside(files, here, rivals, jobs):
                    size.beside.append(beside)
                    click.echo(page.beside_line(beside))
            done.append(size)
    output.write_text(page.page(done, missing), encoding="utf-8")
    click.echo(output)


def _once(folder: Path) -> None:
    """One run ahead, so that Python's compiled files and the system's cache are warm for all alike."""
    (folder / "once.c").write_text("int main(void) { return (0; }\n", encoding="utf-8")
    tools.lm_lint(None, folder, None)
    (folder / "once.c").unlink()


def _measured(files: list[File], folder: Path, jobs: int | None) -> Size:
    shares = {name: sum(file.language == name for file in files) for name in LANGUAGES}
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="lm-lint-bench-cache-") as cache:
        cold = tools.lm_lint(None, folder, Path(cache), jobs)
        cached = tools.lm_lint(None, folder, Path(cache), jobs)
    for run in (cold, cached):
        if run.status not in (0, 1):
            raise click.ClickException(f"lm-lint failed with {run.status}: {run.output[-2000:]}")
    n_lines = sum(file.n_lines for file in files)
    return Size(len(files), n_lines, shares, cold, cached, load)


def _beside(
    files: list[File], folder: Path, rivals: list[tools.Rival], jobs: int | None
) -> Iterator[Beside]:
    for rival in rivals:
        mine = [file for file in files if file.language == rival.language]
        if not mine:
            continue
        seconds, read = rival.run(mine, folder)
        if read:
            ours = tools.lm_lint(read, folder, None, jobs)
            n_lines = sum(file.n_lines for file in read)
            yield Beside(rival.name, len(read), n_lines, seconds, ours)


if __name__ == "__main__":
    main()
