"""Makes the list of edits anew from mirrors of repositories: `python -m bench.keystrokes.choose MIRROR`.

Looked at are commits that change one stretch of a file of about 200 or 2,000 lines with few keystrokes, in the first,
the second or the last third of it. The repositories are not among those that the network was trained on.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bench.keystrokes.hosts import POSITIONS
from bench.keystrokes.kinds import KINDS, kind_of
from bench.keystrokes.listed import LIST, Mirror, Row
from bench.keystrokes.strokes import changes, strokes
from lm_lint.text import LANGUAGES, Language, language_of

REPOSITORIES: dict[Language, tuple[str, ...]] = {
    "c": ("TheAlgorithms/C", "contiki-os/contiki"),
    "python": ("tornadoweb/tornado", "encode/httpx", "TheAlgorithms/Python"),
    "html": ("ImageMagick/Website", "apache/ant", "mdn/learning-area", "jquery/jquery-mobile"),
}
SIZES = {200: (160, 260), 2_000: (1_500, 2_800)}
OPEN_LINES = (900, 1_100)
FILLER_LINES = (150, 1_200)
N_FILLER_LINES = 26_000
N_EDITS, N_OPEN = 6, 4  # for each (size, position, kind); for each language
N_STROKES = (8, 48)
# No file may give more than its share; few have 2,000 lines.
N_PER_FILE = {200: 2, 2_000: 8}


@dataclass(frozen=True)
class Change:
    repository: str
    commit: str
    before: str
    after: str
    path: str


def git(mirror: Mirror, repository: str, *arguments: str) -> str:
    command = ["git", f"--git-dir={mirror.git_dir(repository)}", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def changes_of(mirror: Mirror, repository: str, language: Language) -> Iterator[Change]:
    """Every file that a commit changed; merges, new and renamed files left out."""
    commit = ""
    options = ("--no-merges", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=M")
    for line in git(mirror, repository, "log", *options, "--format=C%H", "HEAD").splitlines():
        if line.startswith("C"):
            commit = line[1:]
        elif line.startswith(":"):
            head, path = line.split("\t", 1)
            _, _, before, after, _ = head.split()
            if language_of(path) == language:
                yield Change(repository, commit, before, after, path)


def edits(mirror: Mirror, language: Language, seed: int) -> Iterator[Row]:
    """The rows of a language, each group full or the repositories exhausted."""
    n_taken: Counter[tuple[int, str, str]] = Counter()
    n_of_file: Counter[tuple[str, str]] = Counter()
    for change in _in_turns(mirror, language, seed):
        file = (change.repository, change.path)
        row = _row(mirror, language, change, n_taken)
        if row is None or n_of_file[file] >= N_PER_FILE[row["size"]]:
            continue
        n_of_file[file] += 1
        n_taken[row["size"], row["position"], row["kind"]] += 1
        yield row
        if all(
            n_taken[size, position, kind] >= N_EDITS
            for size in SIZES
            for position in POSITIONS
            for kind in KINDS
        ):
            return


def _in_turns(mirror: Mirror, language: Language, seed: int) -> Iterator[Change]:
    """Repositories take turns, so that each gives its share while it has something to give."""
    queues = []
    for repository in REPOSITORIES[language]:
        found = sorted(
            changes_of(mirror, repository, language),
            key=lambda change: (change.commit, change.path),
        )
        random.Random(f"{seed} {repository}").shuffle(found)
        queues.append(found)
    while any(queues):
        for queue in queues:
            if queue:
                yield queue.pop()


def _row(
    mirror: Mirror, language: Language, change: Change, n_taken: Counter[tuple[int, str, str]]
) -> Row | None:
    before = mirror.text(change.repository, change.before)
    size = before and _size(before.count("\n") + 1)
    if not before or not size:
        return None
    after = mirror.text(change.repository, change.after)
    if not after or abs(len(after) - len(before)) > N_STROKES[1]:
        return None
    position = _position(before, after)
    if position is None or all(n_taken[size, position, kind] >= N_EDITS for kind in KINDS):
        return None
    keys = strokes(before, after, change.commit)
    if not N_STROKES[0] <= len(keys) <= N_STROKES[1]:
        return None
    kind = kind_of(language, before, keys)
    if n_taken[size, position, kind] >= N_EDITS:
        return None
    return {
        "role": "edit",
        "language": language,
        "size": size,
        "position": position,
        "kind": kind,
        "repository": change.repository,
        "commit": change.commit,
        "path": change.path,
        "before": change.before,
        "after": change.after,
        "n_lines": before.count("\n") + 1,
        "n_strokes": len(keys),
    }


def _size(n_lines: int) -> int | None:
    return next((size for size, (low, high) in SIZES.items() if low <= n_lines <= high), None)


def _position(before: str, after: str) -> str | None:
    """The third of the text in which all of the change lies."""
    found = changes(before, after)
    if not found:
        return None
    thirds = {min(3 * at // len(before), 2) for start, end, _ in found for at in (start, end)}
    return POSITIONS[thirds.pop()] if len(thirds) == 1 else None


def files(mirror: Mirror, language: Language, seed: int) -> Iterator[Row]:
    """Files of today's state: to fill long texts with, and to open."""
    n_lines = n_open = 0
    queues = []
    for repository in REPOSITORIES[language]:
        found = [
            line.split("\t")
            for line in git(mirror, repository, "ls-tree", "-r", "HEAD").splitlines()
        ]
        of_language = sorted((h.split()[2], p) for h, p in found if language_of(p) == language)
        random.Random(f"{seed} {repository}").shuffle(of_language)
        queues.append((repository, of_language))
    while any(queue for _, queue in queues):
        for repository, queue in queues:
            if not queue:
                continue
            blob, path = queue.pop()
            text = mirror.text(repository, blob)
            n = text.count("\n") + 1 if text else 0
            row = {"language": language, "repository": repository, "blob": blob, "path": path}
            if OPEN_LINES[0] <= n <= OPEN_LINES[1] and n_open < N_OPEN:
                n_open += 1
                yield {"role": "open", **row, "n_lines": n}
            elif FILLER_LINES[0] <= n <= FILLER_LINES[1] and n_lines < N_FILLER_LINES:
                n_lines += n
                yield {"role": "filler", **row, "n_lines": n}


@click.command()
@click.argument("mirror", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--out", type=click.Path(path_type=Path), default=LIST, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(mirror: Path, languages: Sequence[Language], out: Path, seed: int) -> None:
    """Write the list of edits, from MIRROR/OWNER+NAME/repo git directories."""
    source = Mirror(mirror)
    res: list[Row] = []
    for language in languages or LANGUAGES:
        rows = [*edits(source, language, seed), *files(source, language, seed)]
        click.echo(f"{language}: {Counter(row['role'] for row in rows)}")
        res += rows
    out.write_text("".join(json.dumps(row) + "\n" for row in res), encoding="utf-8")


if __name__ == "__main__":
    main()
