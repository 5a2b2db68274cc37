"""Which text the network, the n-gram and the compressors are all measured on: the same, drawn once for a seed.

A CPU needs minutes for a megabyte or two, so whole documents are drawn, and every held-out project gives as many
bytes as any other while it has some: a large project must not stand for a language.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from lm_lint.text import Language
from models.records import Record, Split, corpus_file, normalised, read_records


@dataclass(frozen=True)
class Heldout:
    """One document: its text as the network reads it, and the project that it comes from."""

    text: str
    project: str
    path: str

    @property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "replace")


def load(
    corpus: Path, language: Language, split: Split, max_bytes: int, seed: int
) -> list[Heldout]:
    """The sample of a language's split."""
    source = corpus_file(corpus, language, split)
    if not source.exists():
        raise click.ClickException(f"no {source}: run `python -m models corpus` first")
    return draw(read_records(source), max_bytes, seed)


def draw(records: Iterable[Record], max_bytes: int, seed: int) -> list[Heldout]:
    """Whole documents, at most `max_bytes` in all, spread evenly over the projects.

    The next document is always one of the project that has given the fewest bytes, in a shuffled order; one that
    would pass the limit is left out. The same records in any order give the same documents.
    """
    by_project: dict[str, list[Heldout]] = defaultdict(list)
    for record in records:
        document = Heldout(
            normalised(record["text"]), record.get("project", ""), record.get("path", "")
        )
        if document.text:
            by_project[document.project].append(document)
    shuffle = random.Random(seed)
    for project in sorted(by_project):
        by_project[project].sort(key=lambda document: (document.path, document.text))
        shuffle.shuffle(by_project[project])
    given = dict.fromkeys(sorted(by_project), 0)
    res: list[Heldout] = []
    n_bytes = 0
    while given:
        project = min(given, key=given.__getitem__)
        if not by_project[project]:
            del given[project]
            continue
        document = by_project[project].pop()
        size = len(document.data)
        if n_bytes + size <= max_bytes:
            res.append(document)
            n_bytes += size
            given[project] += size
    return res


def digest(documents: Iterable[Heldout]) -> str:
    """sha256 over the documents in order: figures with the same digest are of the same text."""
    res = hashlib.sha256()
    for document in documents:
        res.update(len(document.data).to_bytes(8, "little") + document.data)
    return res.hexdigest()
