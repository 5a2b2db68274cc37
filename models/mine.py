"""Slips that people mended, out of the histories of repositories, to fit the detector's weights to.

    python -m models mine --git-mirror DIR

A commit that turns a text which does not parse into one that does shows a slip, where few lexemes of what it changed
suffice for that; such pairs teach more than slips made by a program (Yasunaga and Liang 2021, Break-It-Fix-It). Takes
the git entries of the manifest that are there, but none of the test part, which reports are made on, and those of
histories.toml, which nothing is trained on. Writes rows like those of bench/slips.py to data/mined/{language}.jsonl.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from bench.slips import HTML_LEXEMES
from lm_lint import suspects
from lm_lint.lexemes import lexemes
from lm_lint.text import LANGUAGES, Language, difference
from models.corpus import fetch, filters, manifest
from models.corpus.raw import MANIFEST
from models.histories import Change, changes

HISTORIES = Path(__file__).with_name("histories.toml")
_GLOBS: dict[Language, list[str]] = {
    "c": ["*.c", "*.h"],
    "html": ["*.html", "*.htm"],
    "python": ["*.py"],
}
# Lexemes that go and come; a tag with its attributes is many.
_MOST_LEXEMES: dict[Language, int] = {"c": 4, "html": 12, "python": 4}
_MOST_CHARS = 100
_MAX_CHARS = 30_000
_MOST_HUNKS = 40  # of a commit that mended a slip and did much else besides
_MOST_TRIED = 16
_PAIRED_CHARS = 300  # so near two edits may mend one slip together


@dataclass(frozen=True)
class Hunk:
    """before[start:end] became `text`, which stands in the other text at `at`."""

    start: int
    end: int
    text: str
    at: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    def apply(self, before: str) -> str:
        return before[: self.start] + self.text + before[self.end :]

    def undo(self, before: str, after: str) -> str:
        return after[: self.at] + before[self.start : self.end] + after[self.at + len(self.text) :]


def hunks(before: str, after: str, language: Language) -> Iterator[Hunk]:
    """What differs, in lexemes; lines that are the same are not compared further."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    old_at, new_at = _offsets(old), _offsets(new)
    for tag, i1, i2, j1, j2 in _opcodes(old, new):
        if tag != "equal":
            yield from _inside(
                before, after, (old_at[i1], old_at[i2]), (new_at[j1], new_at[j2]), language
            )


def _offsets(lines: list[str]) -> list[int]:
    return list(accumulate(map(len, lines), initial=0))


def _opcodes(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def _inside(
    before: str, after: str, old: tuple[int, int], new: tuple[int, int], language: Language
) -> Iterator[Hunk]:
    """The hunks of a block of lines; a block that only comes or goes is one."""
    found = [_lexemes(text[a:b], language) for text, (a, b) in ((before, old), (after, new))]
    (a_words, a_spans), (b_words, b_spans) = found
    if not a_words or not b_words:
        yield Hunk(*old, after[new[0] : new[1]], new[0], tuple(a_words), tuple(b_words))
        return
    for tag, i1, i2, j1, j2 in _opcodes(a_words, b_words):
        if tag == "equal":
            continue
        # With the blanks before it.
        start, end = (old[0] + (a_spans[i - 1][1] if i else 0) for i in (i1, i2))
        at, until = (new[0] + (b_spans[j - 1][1] if j else 0) for j in (j1, j2))
        # And with those behind it, where without them it would run into what follows.
        if j2 < len(b_spans) and end < old[1] and not before[end].isspace():
            until = new[0] + b_spans[j2][0]
        yield Hunk(start, end, after[at:until], at, tuple(a_words[i1:i2]), tuple(b_words[j1:j2]))


def _lexemes(text: str, language: Language) -> tuple[list[str], list[tuple[int, int]]]:
    if language == "html":
        matches = list(HTML_LEXEMES.finditer(text))
        return [m[0] for m in matches], [m.span() for m in matches]
    found = lexemes(text, language)
    return [lexeme.text for lexeme in found], [(lexeme.start, lexeme.end) for lexeme in found]


# --- Which of them mend a slip -----------------------------------------------------------------------------------


def slips_of(change: Change, language: Language) -> Iterator[dict[str, Any]]:
    """A row for each slip that a commit mended: `broken` has this one alone where that can be told."""
    before, after = change.before, change.after
    if max(len(before), len(after)) > _MAX_CHARS or before == after:
        return
    n_before = len(suspects.problems(before, language))
    if not n_before or suspects.problems(after, language):
        return
    found = list(hunks(before, after, language))
    if len(found) > _MOST_HUNKS:
        return
    small = [hunk for hunk in found if _is_small(hunk, language)][:_MOST_TRIED]
    mended = False
    for hunk in small:
        repaired = hunk.apply(before)
        n_left = len(suspects.problems(repaired, language))
        broken, fixed = (before, repaired) if not n_left else (hunk.undo(before, after), after)
        if n_left < n_before and (not n_left or suspects.problems(broken, language)):
            mended = True
            yield _row(broken, fixed, hunk.removed, hunk.added, language)
    if mended:
        return
    for i, first in enumerate(small):
        for second in small[i + 1 :]:
            removed, added = first.removed + second.removed, first.added + second.added
            if second.start - first.end > _PAIRED_CHARS or _n_lexemes(removed, added) > 4:
                continue
            repaired = first.apply(second.apply(before))
            if not suspects.problems(repaired, language):
                yield _row(before, repaired, removed, added, language)
                return


def _n_lexemes(removed: tuple[str, ...], added: tuple[str, ...]) -> int:
    return len(removed) + len(added)


def _is_small(hunk: Hunk, language: Language) -> bool:
    n_lexemes = _n_lexemes(hunk.removed, hunk.added)
    n_chars = len(hunk.text.strip()) + sum(map(len, hunk.removed))
    return 0 < n_lexemes <= _MOST_LEXEMES[language] and n_chars <= _MOST_CHARS


def _row(
    broken: str, fixed: str, removed: tuple[str, ...], added: tuple[str, ...], language: Language
) -> dict[str, Any]:
    edit = difference(broken, fixed)
    gone = broken[edit.start : edit.end]
    offset = edit.start + (len(gone) - len(gone.lstrip()) if gone.strip() else 0)
    line = broken.count("\n", 0, offset) + 1
    return {
        "lang": language,
        "broken": broken,
        "fixed": fixed,
        "error_line": line,
        "error_offset": offset,
        "accept_lines": [line],
        "kind": "mined",
        "single": max(len(removed), len(added)) <= 1,
        "missing": added,
        "extra": removed,
        "part": "tune",
    }


# --- The command ---------------------------------------------------------------------------------------------------


def of_repository(
    package: str,
    commit: str,
    languages: tuple[Language, ...],
    mirror: Path,
    most: int,
    most_changes: int,
) -> list[dict[str, Any]]:
    """The rows of one repository, at most `most` of each language, each edit in its place once."""
    res = []
    directory = fetch.git_directory(package, mirror)
    for language in languages:
        seen: set[tuple[str, ...]] = set()

        def wanted(path: str, language: Language = language) -> bool:
            known = filters.language_in_corpus(path) == language
            return known and filters.path_reason(path, _MAX_CHARS, language) is None

        for change in changes(directory, commit, wanted, _GLOBS[language], most_changes):
            if len(seen) >= most:
                break
            for row in slips_of(change, language):
                at, text = row["error_offset"], row["broken"]
                key = (text[max(at - 40, 0) : at + 40], *row["missing"], *row["extra"])
                if key not in seen:
                    seen.add(key)
                    name = f"mined:{package}-{change.blob[:12]}-{at}"
                    about = {"id": name, "source_set": "mined", "path": change.path}
                    res.append({**about, "blob": [package, change.blob], **row})
        suspects.forget()
    return res


def _packages(mirror: Path) -> Iterator[tuple[str, tuple[str, tuple[Language, ...]]]]:
    """The repositories of the mirror that may be learnt from, with commit and languages."""
    more = tomllib.loads(HISTORIES.read_text(encoding="utf-8"))["repositories"]
    known = [
        (entry.package, (entry.version, entry.languages))
        for entry in manifest.load(MANIFEST)
        if entry.kind == "git" and entry.role != "test"
    ]
    for name, about in [*known, *((name, (commit, LANGUAGES)) for name, commit in more.items())]:
        if manifest.is_never_trained(name):
            raise click.ClickException(f"{name} is kept for tuning and reports.")
        if (mirror / name.replace("/", "+")).is_dir():
            yield name, about


@click.command("mine")
@click.option(
    "--git-mirror",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    help="Folder with git directories called OWNER+NAME.",
)
@click.option("--only", multiple=True, metavar="OWNER/NAME", help="Only these of all of them.")
@click.option("--most", default=60, show_default=True, help="Slips of a repository and language.")
@click.option(
    "--changes",
    "most_changes",
    default=1500,
    show_default=True,
    help="Changes looked at, likewise.",
)
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("data/mined"))
def command(
    git_mirror: Path,
    only: tuple[str, ...],
    most: int,
    most_changes: int,
    jobs: int,
    out: Path,
) -> None:
    """Find slips that commits mended."""
    packages = {name: about for name, about in _packages(git_mirror) if not only or name in only}
    rows: list[dict[str, Any]] = []
    step = partial(of_repository, mirror=git_mirror, most=most, most_changes=most_changes)
    with ProcessPoolExecutor(jobs) as pool:
        waiting = [pool.submit(step, name, *about) for name, about in packages.items()]
        for done in tqdm(as_completed(waiting), "repositories", len(waiting)):
            rows += done.result()
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        mine = sorted((row for row in rows if row["lang"] == language), key=lambda row: row["id"])
        with (out / f"{language}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in mine)
        kinds = Counter((*row["missing"], "-", *row["extra"]) for row in mine)
        often = ", ".join(f"{' '.join(kind)} {n}" for kind, n in kinds.most_common(8))
        n_repositories = len({row["blob"][0] for row in mine})
        click.echo(f"{language}: {len(mine)} slips of {n_repositories} repositories; {often}")
