"""Which texts are looked at: slips of people, slips made in held-out projects, and text that is right.

Of the held-out projects `valid` serves the tune part and `test` the report part. A text is drawn by seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import made_slips, slips, soundness
from bench.slips import Slip
from lm_lint.text import Language

if TYPE_CHECKING:
    from models.heldout import Heldout

_MADE_BYTES = 3_000_000  # of documents a language in which slips are made
HELD_OUT, FIXED = "held-out files", "mended slips"


@dataclass(frozen=True)
class Text:
    """A text to look at. Without a slip it is right, and `origin` says of which kind."""

    language: Language
    text: str
    slip: Slip | None
    origin: str
    path: str = ""


@dataclass(frozen=True)
class Wanted:
    """How much of what: numbers are for each language; `limit` for each language and source."""

    part: str
    languages: tuple[Language, ...]
    limit: int | None
    n_made: int
    n_several: int
    n_clean: int
    clean_max_bytes: int
    seed: int


def gather(wanted: Wanted, data: Path, git_rows: Path | None, corpus: Path) -> list[Text]:
    """All texts in a shuffled order, so that what an interrupted run has seen is a fair sample."""
    rows = [slip for slip in slips.read(data, git_rows) if slip.language in wanted.languages]
    res: list[Text] = []
    for slip in slips.choose(rows, wanted.part, wanted.limit, wanted.seed):
        res.append(Text(slip.language, slip.broken, slip, slip.source, slip.id))
        res.append(Text(slip.language, slip.fixed, None, FIXED, slip.id))
    for language in wanted.languages:
        documents = held_out(corpus, language, wanted.part)
        res += _made(documents, language, wanted)
        res += _clean(documents, language, wanted)
    random.Random(wanted.seed).shuffle(res)
    return res


def held_out(corpus: Path, language: Language, part: str) -> list[Heldout]:
    """Every document of the split that belongs to a part, as the engine would read it."""
    from models.heldout import Heldout
    from models.records import corpus_file, read_records

    path = corpus_file(corpus, language, "valid" if part == "tune" else "test")
    if not path.exists():
        return []
    return [
        Heldout(slips.plain(record["text"]), record.get("project", ""), record.get("path", ""))
        for record in read_records(path)
        if record["text"]
    ]


def _made(documents: Sequence[Heldout], language: Language, wanted: Wanted) -> Iterator[Text]:
    numbers = dict.fromkeys(made_slips.HOW, wanted.n_made) | {"made-several": wanted.n_several}
    for how in made_slips.HOW:
        made = made_slips.made(
            documents, language, how, numbers[how], wanted.seed, part=wanted.part
        )
        yield from (Text(language, slip.broken, slip, how, slip.id) for slip in made)


def _clean(documents: Sequence[Heldout], language: Language, wanted: Wanted) -> Iterator[Text]:
    """Whole files, every project giving as many as any other while it has some."""
    fitting: dict[str, list[Heldout]] = {}
    for document in sorted(documents, key=lambda d: (d.project, d.path, d.text)):
        n_lines = document.text.count("\n") + 1
        fits = made_slips.MIN_LINES <= n_lines <= made_slips.MAX_LINES
        if fits and len(document.text) <= wanted.clean_max_bytes:
            fitting.setdefault(document.project, []).append(document)
    draw = random.Random(f"clean {language} {wanted.seed}")
    for project in sorted(fitting):
        draw.shuffle(fitting[project])
    n_given = 0
    while fitting and n_given < wanted.n_clean:
        for project in sorted(fitting):
            document = fitting[project].pop()
            if not fitting[project]:
                del fitting[project]
            # Python 2 is not right for anyone who reads it as Python 3.
            if language == "python" and soundness.python_error(document.text):
                continue
            if n_given < wanted.n_clean:
                n_given += 1
                path = f"{document.project}: {document.path}"
                yield Text(language, document.text, None, HELD_OUT, path)
