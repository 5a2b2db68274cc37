"""The committed list of real edits, and git directories to take their texts from.

`edits.jsonl` names commits and blobs of public repositories, never their text. MIRROR/OWNER+NAME/repo holds a
repository's git directory (`git clone --mirror`). What a mirror has not is left out, and counted.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench import slips
from bench.keystrokes.hosts import Core, Opening, Scenario, alone, composed, fits
from bench.keystrokes.strokes import strokes
from lm_lint.text import Language

LIST = Path(__file__).with_name("edits.jsonl")
Row = dict[str, Any]
# A list has real files up to this size; longer ones are composed of the smallest.
LARGEST_REAL = 2_000


def rows(path: Path = LIST) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def repositories(listed: Iterable[Row]) -> list[str]:
    return sorted({row["repository"] for row in listed})


class Mirror:
    """Texts of blobs, as the engine hands them to the detector: LF only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_missing = 0

    def git_dir(self, repository: str) -> Path:
        return self.folder / repository.replace("/", "+") / "repo"

    def text(self, repository: str, blob: str) -> str | None:
        git_dir = self.git_dir(repository)
        if git_dir.is_dir():
            done = subprocess.run(
                ["git", f"--git-dir={git_dir}", "cat-file", "blob", blob],
                capture_output=True,
                check=False,
            )
            if done.returncode == 0 and (text := decoded(done.stdout)) is not None:
                return text
        self.n_missing += 1
        return None


def decoded(data: bytes) -> str | None:
    try:
        return slips.plain(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def scenarios(
    listed: Sequence[Row], mirror: Mirror, language: Language, n_lines: int, n_edits: int
) -> list[Scenario]:
    """For each position and kind at most n_edits edits."""
    size = min(n_lines, LARGEST_REAL)
    if n_lines <= LARGEST_REAL:
        return [alone(core, n_lines) for core in _cores(listed, mirror, language, size, n_edits)]
    smallest = min((row["size"] for row in listed if row["role"] == "edit"), default=0)
    cores = list(_cores(listed, mirror, language, smallest, n_edits, fits))
    fillers = [
        text
        for row in _of(listed, "filler", language)
        if (text := mirror.text(row["repository"], row["blob"])) is not None
    ]
    if not cores:
        return []
    return [composed(language, cores, fillers, n_lines, "composed")]


def openings(listed: Sequence[Row], mirror: Mirror, language: Language, n: int) -> list[Opening]:
    res: list[Opening] = []
    for row in _of(listed, "open", language):
        text = mirror.text(row["repository"], row["blob"]) if len(res) < n else None
        if text is not None:
            identity = f"{row['repository']}:{row['path']}"
            res.append(Opening(identity, language, "real", text, with_slip(language, text)))
    return res


def with_slip(language: Language, text: str) -> str | None:
    """One slip as people make them, in a random place; in the first part of a text that is long for its judges."""
    from bench import made_slips
    from models.heldout import Heldout

    end = len(text)
    if end > made_slips.MAX_CHARS[language]:
        end = text.rfind("\n", 0, made_slips.MAX_CHARS[language]) + 1
    head = Heldout(text[:end], "one", "file")
    made = made_slips.made([head], language, "made-shaped", 1, seed=0)
    return made[0].broken + text[end:] if made else None


def _cores(
    listed: Sequence[Row],
    mirror: Mirror,
    language: Language,
    size: int,
    n_edits: int,
    is_wanted: Callable[[Core], bool] = lambda _: True,
) -> Iterator[Core]:
    n_taken: dict[tuple[str, str], int] = {}
    for row in _of(listed, "edit", language):
        group = (row["position"], row["kind"])
        if row["size"] != size or n_taken.get(group, 0) >= n_edits:
            continue
        before = mirror.text(row["repository"], row["before"])
        after = mirror.text(row["repository"], row["after"])
        if before is None or after is None:
            continue
        identity = f"{row['repository']}@{row['commit'][:10]}:{row['path']}"
        keys = tuple(strokes(before, after, row["commit"]))
        core = Core(identity, language, row["position"], row["kind"], before, keys)
        if is_wanted(core):
            n_taken[group] = n_taken.get(group, 0) + 1
            yield core


def _of(listed: Sequence[Row], role: str, language: Language) -> list[Row]:
    return [row for row in listed if row["role"] == role and row["language"] == language]
