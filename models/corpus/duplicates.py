"""Leave out what says again what another file said. Held-out text comes first: it wins over training text.

Two files are near-duplicates when the Jaccard similarity of their sets of lines, estimated by MinHash, is high. Lines,
not words: a set of lines is a tenth of the size, and copies of source files differ by whole lines.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator

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


def flags(
    texts: Iterable[str], n_held_out: int = 0, without: Collection[str] = ()
) -> Iterator[str | None]:
    """For each text in turn: "duplicate", "near-duplicate" of an earlier one that was kept, or None.

    n_held_out   so many texts at the start are held out: copies of them never pass
    without      of these two, what may pass among the texts that follow
    """
    exact: set[bytes] = set()
    index = rensa.RMinHashLSH(THRESHOLD, N_HASHES, N_BANDS)
    sketches = np.empty((1024, N_HASHES), dtype=np.uint32)  # of the texts that were kept
    n_kept = 0
    for number, text in enumerate(texts):
        is_held_out = number < n_held_out
        digest = hashlib.blake2b(
            "".join(text.split()).encode("utf-8", "replace"), digest_size=12
        ).digest()
        if digest in exact:
            yield "duplicate"
            continue
        if is_held_out or "duplicate" not in without:
            exact.add(digest)
        features = _features(text)
        if len(features) < MIN_LINES:
            yield None
            continue
        sketch = rensa.RMinHash(N_HASHES, 42)
        sketch.update(features)
        numbers = np.array(sketch.digest(), dtype=np.uint32)
        # The index offers what shares a band; whether it is alike enough is decided on the whole sketch.
        offered = sketches[index.query(sketch)]
        if len(offered) and (offered == numbers).mean(axis=1).max() >= THRESHOLD:
            yield "near-duplicate"
            continue
        if is_held_out or "near-duplicate" not in without:
            if n_kept == len(sketches):
                sketches = np.concatenate([sketches, np.empty_like(sketches)])
            index.insert(n_kept, sketch)
            sketches[n_kept] = numbers
            n_kept += 1
        yield None
