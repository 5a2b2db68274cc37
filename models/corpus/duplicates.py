"""Leave out what says again what another file said. Held-out text comes first: it wins over training text.

Two files are near-duplicates when the Jaccard similarity of their sets of lines, estimated by MinHash, is high. Lines,
not words: a set of lines is a tenth of the size, and copies of source files differ by whole lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
import rensa

THRESHOLD = 0.7
N_HASHES = 64
N_BANDS = 16
MIN_LINES = 4  # shorter files have too few lines to compare; of them only exact copies go


def _features(text: str) -> list[str]:
    """The lines without their blanks; brackets alone say nothing."""
    lines = {"".join(line.split()) for line in text.split("\n")}
    return [line for line in lines if len(line) > 3]


def flags(texts: Iterable[str]) -> Iterator[str | None]:
    """For each text in turn: "duplicate", "near-duplicate" of an earlier one that was kept, or None."""
    exact: set[bytes] = set()
    index = rensa.RMinHashLSH(THRESHOLD, N_HASHES, N_BANDS)
    digests: list[np.ndarray] = []
    for text in texts:
        digest = hashlib.blake2b(
            "".join(text.split()).encode("utf-8", "replace"), digest_size=12
        ).digest()
        if digest in exact:
            yield "duplicate"
            continue
        exact.add(digest)
        features = _features(text)
        if len(features) < MIN_LINES:
            yield None
            continue
        sketch = rensa.RMinHash(N_HASHES, 42)
        sketch.update(features)
        numbers = np.array(sketch.digest(), dtype=np.uint32)
        # The index offers what shares a band; whether it is alike enough is decided on the whole sketch.
        if any(np.mean(digests[key] == numbers) >= THRESHOLD for key in index.query(sketch)):
            yield "near-duplicate"
            continue
        index.insert(len(digests), sketch)
        digests.append(numbers)
        yield None
