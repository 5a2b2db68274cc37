"""What commits changed: texts before and after, straight from git directories.

Knows nothing of slips and languages: it is told which paths are wanted.
"""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.corpus import fetch, filters


@dataclass(frozen=True)
class Change:
    """One file of one commit; blob names the text before it."""

    path: str
    blob: str
    before: str
    after: str


def changes(
    git_directory: Path,
    commit: str,
    wanted: Callable[[str], bool],
    globs: list[str],
    most: int,
) -> Iterator[Change]:
    """The files that commits without merges changed up to `commit`, at most `most` of them, drawn by chance.

    globs  patterns of git that every wanted path fits, so that git passes over the others
    """
    git = ["git", "--git-dir", str(git_directory)]
    log = ["log", "--no-merges", "--no-renames", "--diff-filter=M", "--raw", "--no-abbrev", "-z"]
    listing = subprocess.run(
        [*git, *log, "--format=", commit, "--", *globs], capture_output=True, check=False
    ).stdout
    fields = iter(listing.split(b"\0"))
    # ":100644 100644 OLD NEW M", then the path; between commits there may be nothing.
    found = [
        (about.split()[2:4], next(fields, b"").decode("utf-8", errors="replace"))
        for about in fields
        if about.lstrip().startswith(b":")
    ]
    chosen = [(blobs, path) for blobs, path in found if wanted(path)]
    if len(chosen) > most:
        places = sorted(random.Random(0).sample(range(len(chosen)), most))
        chosen = [chosen[i] for i in places]
    asked = [(f"{i}", blob) for i, (blobs, _) in enumerate(chosen) for blob in blobs]
    previous: tuple[str, str | None] = ("", None)
    for key, raw in fetch.blobs(git, asked):
        text = filters.decode(raw)
        if key == previous[0] and text is not None and previous[1] is not None:
            (old, _), path = chosen[int(key)]
            yield Change(path, old.decode(), previous[1], text)
        previous = key, text
