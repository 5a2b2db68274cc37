"""Files of held-out projects as they are, before the corpus drops what does not parse.

Correct code that a tolerant parser stumbles over is what a linter must be silent about; the corpus
has hardly any of it. Only C: what a package ships there compiles, whereas pages are full of slips.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from lm_lint.text import Language
from models.corpus import fetch, filters, manifest
from models.records import normalised

MANIFEST = Path(__file__).resolve().parents[1] / "manifest.toml"
_MAX_BYTES = 60_000
_MAX_FILES = 60  # of one project


def raw_documents(
    language: Language, role: str, data: Path, n: int, seed: int = 0
) -> Iterator[tuple[str, str]]:
    """(name, text) of at most `n` files of the projects of a role that were fetched as packages.

    Beginners' repositories are left out: nobody says that their programs compile.
    """
    if language != "c":
        return
    entries = [
        e
        for e in manifest.load(MANIFEST)
        if e.role == role and language in e.languages and e.kind == "debian"
    ]
    found: list[tuple[str, str]] = []
    for entry in entries:
        mine = list(_files(entry, language, data))
        random.Random(seed).shuffle(mine)
        found += mine[:_MAX_FILES]
    random.Random(seed).shuffle(found)
    yield from found[:n]


def _files(entry: manifest.Entry, language: Language, data: Path) -> Iterator[tuple[str, str]]:
    def wanted(path: str, n_bytes: int) -> bool:
        return filters.language_in_corpus(path) == language and 200 < n_bytes <= _MAX_BYTES

    try:
        for path, raw in fetch.files(entry, data / "sources", None, wanted):
            text = filters.decode(raw)
            if text is not None and not filters.is_tool_page(text):
                yield f"{entry.name}: {path}", normalised(text)
    except fetch.FetchError:
        return
