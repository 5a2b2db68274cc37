"""Files of packages as they are, before the corpus drops what does not parse.

Correct code that a tolerant parser stumbles over is what a linter must be silent about, and the corpus has
hardly any of it. Only C: what a package ships there compiles, whereas pages are full of slips.
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


def raw_documents(
    language: Language, role: str, data: Path, n: int, *, unseen: bool = False, seed: int = 0
) -> Iterator[tuple[str, str]]:
    """(name, text) of at most `n` files of the packages of a role that are in data/sources.

    unseen   only what the corpus leaves out since it does not parse: so no network was trained on
             it, whatever the role

    Beginners' repositories are left out: nobody says that their programs compile.
    """
    if language != "c":
        return
    entries = [
        e
        for e in manifest.load(MANIFEST)
        if e.role == role
        and language in e.languages
        and e.kind == "debian"
        and any((data / "sources" / "debian").glob(f"{e.package}_*.dsc"))
    ]
    draw = random.Random(seed)
    draw.shuffle(entries)
    share = max(8, n // max(len(entries), 1))
    left = n
    for entry in entries:
        mine = list(_files(entry, language, data, unseen))
        draw.shuffle(mine)
        yield from mine[: min(share, left)]
        left -= min(share, len(mine), left)
        if not left:
            return


def _files(
    entry: manifest.Entry, language: Language, data: Path, unseen: bool
) -> Iterator[tuple[str, str]]:
    def wanted(path: str, n_bytes: int) -> bool:
        known = filters.language_in_corpus(path) == language and 200 < n_bytes <= _MAX_BYTES
        return known and filters.path_reason(path, n_bytes, language) is None

    try:
        for path, raw in fetch.files(entry, data / "sources", None, wanted):
            text = filters.decode(raw)
            if text is None or filters.is_tool_page(text):
                continue
            reason = filters.text_reason(text, path, language, strict=False)
            if reason == "does not parse" or (not unseen and reason is None):
                yield f"{entry.name}: {path}", normalised(text)
    except fetch.FetchError:
        return
