"""From the extracted packages to the corpus on disk: de-duplicated over all projects, shuffled, counted."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
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


def _records(extractions: list[Extraction], language: Language, split: Split) -> Iterator[Record]:
    for extraction in extractions:
        entry = extraction.entry
        if entry.role != split or not extraction.kept[language]:
            continue
        for raw in extraction.records(language):
            about = {"project": entry.name, "path": raw["path"], "licence": entry.licence}
            yield {"text": raw["text"], **about, "repeat": entry.repeat if split == "train" else 1}


def build(extractions: list[Extraction], corpus: Path) -> Report:
    """Write the corpus folder anew, in one rename, with report.json in it; the report is also returned."""
    # The same packages in the same order give the same corpus; small programs keep their own copy of common text.
    extractions = sorted(extractions, key=lambda each: (each.entry.repeat == 1, each.entry.name))
    temporary = corpus.with_name(f"{corpus.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    report: Report = {
        language: _build_language(extractions, language, temporary) for language in LANGUAGES
    }
    (temporary / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    old = corpus.with_name(f"{corpus.name}.{os.getpid()}.old")
    if corpus.exists():
        corpus.rename(old)
    temporary.rename(corpus)
    shutil.rmtree(old, ignore_errors=True)
    return report


def _build_language(extractions: list[Extraction], language: Language, folder: Path) -> Report:
    records = [each for split in PRECEDENCE for each in _records(extractions, language, split)]
    roles = {extraction.entry.name: extraction.entry.role for extraction in extractions}
    dropped: Counter[str] = Counter()
    for extraction in extractions:
        dropped.update(extraction.dropped[language])
    kept: dict[Split, list[Record]] = {split: [] for split in SPLITS}
    marks = duplicates.flags(record["text"] for record in records)
    for record, mark in tqdm(
        zip(records, marks, strict=True), f"{language}: duplicates", len(records), mininterval=1
    ):
        if mark:
            dropped[mark] += 1
        else:
            kept[roles[record["project"]]].append(record)
    res: Report = {"dropped": dict(dropped.most_common())}
    for split in SPLITS:
        chosen = sorted(kept[split], key=lambda each: order_key(each["project"], each["path"]))
        _write(chosen, corpus_file(folder, language, split))
        res[split] = _counts(chosen)
    return res


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
        n_bytes[record["project"]] += len(record["text"].encode("utf-8", "surrogatepass"))
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
