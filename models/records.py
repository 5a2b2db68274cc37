"""The corpus on disk, as every later step reads it: one compressed file of JSON lines per (language, split).

A record has "text", "project", "path", "licence", and may have "repeat": how often training shall see it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import zstandard

from lm_lint.text import Language

Split = Literal["train", "valid", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
Record = dict[str, Any]


def corpus_file(corpus: Path, language: Language, split: Split) -> Path:
    return corpus / language / f"{split}.jsonl.zst"


def read_records(path: Path, progress: Callable[[int], None] | None = None) -> Iterator[Record]:
    """The records of a corpus file in order; `progress` hears of the compressed bytes read so far."""
    with (
        path.open("rb") as compressed,
        zstandard.ZstdDecompressor().stream_reader(compressed, read_across_frames=True) as raw,
    ):
        # JSON lines end at LF only: the text layer would break them at U+2028 and others, were it not told.
        for line in io.BufferedReader(raw, 1 << 20):
            if line.strip():
                yield json.loads(line)
                if progress:
                    progress(compressed.tell())


def normalised(text: str) -> str:
    """The text as the network reads it, in training and in use: LF line breaks, no byte-order mark."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
