"""The stand-in where no mirror is at hand: the right files of examples/, over and over, and words of them typed anew.

Good for seeing that everything runs, and for a first impression; texts that repeat are no fair measure of a server that
remembers what it has read.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from bench.keystrokes.hosts import POSITIONS, Core, Opening, Position, Scenario, composed, fits
from bench.keystrokes.kinds import KINDS, kind_of
from bench.keystrokes.listed import with_slip
from lm_lint.text import Edit, Language, language_of

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "correct"
_WORD = re.compile(r"\w{5,}")


def texts(language: Language) -> list[str]:
    return [
        path.read_text(encoding="utf-8")
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and language_of(path) == language
    ]


def scenarios(language: Language, n_lines: int, n_edits: int, seed: int = 0) -> list[Scenario]:
    """n_edits edits of each kind at each position: in one text, or in one for each three if the text is short."""
    known = texts(language)
    rounds: dict[tuple[str, int], list[Core]] = {}
    for position in POSITIONS:
        n_taken = dict.fromkeys(KINDS, 0)
        for core in _cores(language, known, position, n_edits, seed):
            rounds.setdefault((core.kind, n_taken[core.kind]), []).append(core)
            n_taken[core.kind] += 1
    cores = [core for its in rounds.values() for core in its]
    if 2 * sum(core.text.count("\n") for core in cores) <= n_lines:
        return [composed(language, cores, known, n_lines, "examples")] if cores else []
    return [composed(language, its, known, n_lines, "examples") for its in rounds.values()]


def openings(language: Language, n: int, n_lines: int = 1_000) -> list[Opening]:
    known = texts(language)
    res: list[Opening] = []
    for i, first in enumerate(known):
        text = composed(language, [], known[i:] + known[:i], n_lines, "examples").text
        # The slip is made in one file: its judges read the whole text many times.
        broken = with_slip(language, first)
        if len(res) < n and broken is not None and first in text:
            res.append(
                Opening(f"examples {i}", language, "examples", text, text.replace(first, broken, 1))
            )
    return res


def _cores(
    language: Language, known: list[str], position: Position, n_edits: int, seed: int
) -> Iterator[Core]:
    draw = random.Random(f"{language} {position} {seed}")
    n_taken = dict.fromkeys(KINDS, 0)
    for text, edits in _retyped(known, draw):
        kind = kind_of(language, text, edits)
        if n_taken[kind] < n_edits:
            core = Core(
                f"examples {sum(n_taken.values())}", language, position, kind, text, tuple(edits)
            )
            if fits(core):
                n_taken[kind] += 1
                yield core
        if min(n_taken.values()) >= n_edits:
            return


def _retyped(known: list[str], draw: random.Random) -> Iterator[tuple[str, list[Edit]]]:
    """Ends of words and of lines, rubbed out and typed again."""
    for _ in range(200):
        text = draw.choice(known)
        ends = [found.end() for found in _WORD.finditer(text)]
        ends += [found.start() for found in re.finditer(r"(?<=\S{8})\n", text)]
        if not ends:
            continue
        end = draw.choice(ends)
        n = draw.randint(3, 4) if text[end - 4 : end].isalnum() else draw.randint(4, 8)
        gone = [Edit(at - 1, at, "") for at in range(end, end - n, -1)]
        typed = [Edit(at, at + 0, text[at]) for at in range(end - n, end)]
        yield text, gone + typed
