"""From the extracted packages to the corpus on disk: de-duplicated over all projects, shuffled, counted."""

from __future__ import annotations

import json
import math
import os
import shutil
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import zstandard
from tqdm import tqdm

from lm_lint.text import LANGUAGES, Language
from models.corpus import duplicates
from models.corpus.extract import Extraction, order_key
from models.records import SPLITS, Record, Split, corpus_file

# Duplicates are decided in this order: held-out text wins over training text.
PRECEDENCE: tuple[Split, ...] = ("test", "valid", "train")
Report = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """What of the training text is taken. Held-out text is always the same."""

    without: frozenset[str] = frozenset()  # of "duplicate" and "near-duplicate", what may pass
    fraction: float = 1.0  # of each language's text; a smaller fraction is a part of a larger one
    most_mb: float = math.inf  # of each language's text


EVERYTHING = Sample()


def _records(extractions: list[Extraction], language: Language, split: Split) -> Iterator[Record]:
    for extraction in extractions:
        entry = extraction.entry
        if entry.role != split or not extraction.kept[language]:
            continue
        for raw in extraction.records(language):
            about = {"project": entry.name, "path": raw["path"], "licence": entry.licence}
            yield {"text": raw["text"], **about, "repeat": entry.repeat if split == "train" else 1}


def build(extractions: list[Extraction], corpus: Path, sample: Sample = EVERYTHING) -> Report:
    """Write the corpus folder anew, in one rename, with report.json in it; the report is also returned."""
    # The same packages in the same order give the same corpus; small programs keep their own copy of common text.
    extractions = sorted(extractions, key=lambda each: (each.entry.repeat == 1, each.entry.name))
    temporary = corpus.with_name(f"{corpus.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    report: Report = {
        language: _build_language(extractions, language, temporary, sample)
        for language in LANGUAGES
    }
    (temporary / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    old = corpus.with_name(f"{corpus.name}.{os.getpid()}.old")
    if corpus.exists():
        corpus.rename(old)
    temporary.rename(corpus)
    shutil.rmtree(old, ignore_errors=True)
    return report


def _build_language(
    extractions: list[Extraction], language: Language, folder: Path, sample: Sample
) -> Report:
    records = [each for split in PRECEDENCE for each in _records(extractions, language, split)]
    roles = {extraction.entry.name: extraction.entry.role for extraction in extractions}
    dropped: Counter[str] = Counter()
    dropped_bytes: Counter[str] = Counter()
    for extraction in extractions:
        dropped.update(extraction.dropped[language])
        dropped_bytes.update(extraction.dropped_bytes[language])
    kept: dict[Split, list[Record]] = {split: [] for split in SPLITS}
    n_held_out = sum(roles[record["project"]] != "train" for record in records)
    texts = (record["text"] for record in records)
    marks = duplicates.flags(texts, n_held_out, sample.without)
    for record, mark in tqdm(
        zip(records, marks, strict=True), f"{language}: duplicates", len(records), mininterval=1
    ):
        if mark:
            dropped[mark] += 1
            dropped_bytes[mark] += _n_bytes(record)
        else:
            kept[roles[record["project"]]].append(record)
    res: Report = {
        "dropped": dict(dropped.most_common()),
        "dropped_mb": {name: round(size / 1e6, 3) for name, size in dropped_bytes.most_common()},
    }
    for split in SPLITS:
        chosen = sorted(kept[split], key=lambda each: order_key(each["project"], each["path"]))
        if split == "train":
            chosen = _first(chosen, sample)
        _write(chosen, corpus_file(folder, language, split))
        res[split] = _counts(chosen)
    return res


def _n_bytes(record: Record) -> int:
    return len(record["text"].encode("utf-8", "surrogatepass"))


def _first(records: list[Record], sample: Sample) -> list[Record]:
    """The first of the shuffled records, up to the size that the sample allows."""
    ends = list(accumulate(map(_n_bytes, records)))
    limit = min(sample.fraction * ends[-1], sample.most_mb * 1e6) if ends else 0
    return records[: bisect_right(ends, limit)]


def _write(records: list[Record], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, zstandard.ZstdCompressor(level=6).stream_writer(file) as stream:
        for record in records:
            stream.write(
                json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            )


def _counts(records: list[Record]) -> Report:
    n_bytes: Counter[str] = Counter()
    n_files: Counter[str] = Counter()
    repeats: dict[str, int] = defaultdict(lambda: 1)
    for record in records:
        n_bytes[record["project"]] += _n_bytes(record)
        n_files[record["project"]] += 1
        repeats[record["project"]] = record["repeat"]
    total = sum(n_bytes.values())
    projects = {
        name: {"files": n_files[name], "mb": round(size / 1e6, 3), "repeat": repeats[name]}
        for name, size in n_bytes.most_common()
    }
    weighted = sum(size * repeats[name] for name, size in n_bytes.items())
    repeated = sum(size * repeats[name] for name, size in n_bytes.items() if repeats[name] > 1)
    return {
        "files": len(records),
        "mb": round(total / 1e6, 3),
        "share_repeated": round(repeated / weighted, 4) if weighted else 0.0,
        "projects": projects,
    }
