"""Which files of the held-out projects are the yardstick, whatever the filters have become since.

Bits per byte can only be compared on the same text. So the files that were held out for the first
release are named by what they say, in models/held_out.json; the rules decide only about projects
that are not in it.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

PATH = Path(__file__).resolve().parents[1] / "held_out.json"


def digest(text: str) -> str:
    """The same for texts that differ by blanks alone."""
    plain = "".join(text.split()).encode("utf-8", "replace")
    return hashlib.blake2b(plain, digest_size=12).hexdigest()


@cache
def _projects() -> dict[str, frozenset[str]]:
    listed: dict[str, str] = json.loads(PATH.read_text(encoding="utf-8"))
    return {project: frozenset(digests.split()) for project, digests in listed.items()}


def chosen(project: str) -> frozenset[str] | None:
    """The first ten digits of the digests of its files, or None where the rules decide."""
    return _projects().get(project)
