"""Pack the corpus into rows of token ids that training and evaluation can map into memory.

    takes  data/corpus/{language}/{train,valid,test}.jsonl.zst, data/tokenizer.json
    gives  data/tokens/{language}.{split}.bin    uint16 little endian; a document is its tag, its tokens, <|end|>
           data/tokens/{language}.{split}.json   what the row holds, and what it was made from

The documents are shuffled, the same way every time, so any prefix of a row is a fair sample of it. In train, a document
with "repeat": n stands at n places, spread evenly over the row. The .json holds

    n_tokens   with tags and ends          n_documents   with repeats
    n_bytes    UTF-8 bytes of the text     projects      name -> [documents, tokens, bytes]
    sources    tokenizer's hash, size and time of the corpus file: a row made from the same is not made again
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lm_lint.text import LANGUAGES, Language
from lm_lint.tokens import Tokenizer
from models.records import SPLITS, Split, corpus_file, normalised, read_records

Row = npt.NDArray[np.uint16]
BUFFER_DOCUMENTS = 4096


@dataclass(frozen=True)
class Job:
    """One row to make."""

    language: Language
    split: Split
    source: Path
    tokenizer: Path
    out: Path
    seed: int
    max_mb: float | None = (
        None  # of text, in train; the corpus is shuffled, so its beginning is a fair sample
    )

    @property
    def row_path(self) -> Path:
        return self.out / f"{self.language}.{self.split}.bin"

    @property
    def summary_path(self) -> Path:
        return self.out / f"{self.language}.{self.split}.json"

    def sources(self) -> dict[str, Any]:
        stat = self.source.stat()
        return {
            "tokenizer_sha256": hashlib.sha256(self.tokenizer.read_bytes()).hexdigest(),
            "corpus_bytes": stat.st_size,
            "corpus_mtime_ns": stat.st_mtime_ns,
            "seed": self.seed,
        } | ({} if self.max_mb is None else {"max_mb": self.max_mb})

    def is_done(self) -> bool:
        if not (self.row_path.exists() and self.summary_path.exists()):
            return False
        summary = json.loads(self.summary_path.read_text(encoding="utf-8"))
        same_row = bool(summary["n_tokens"] * 2 == self.row_path.stat().st_size)
        return same_row and bool(summary["sources"] == self.sources())


def pack(job: Job, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """Make one row and its summary; both appear under their names only when they are whole.

    The ids are first written in the corpus's order beside the row, then gathered in the shuffled order.
    """
    sources = job.sources()
    tokenizer = Tokenizer.load(job.tokenizer)
    job.out.mkdir(parents=True, exist_ok=True)
    unshuffled = job.row_path.with_suffix(".unshuffled")
    partial = job.row_path.with_suffix(".partial")
    lengths: list[int] = []
    repeats: list[int] = []
    projects: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    n_bytes = 0
    try:
        with unshuffled.open("wb") as written:
            tag = np.array([tokenizer.tag(job.language)], dtype="<u2").tobytes()
            end = np.array([tokenizer.end], dtype="<u2").tobytes()
            for record in read_records(job.source, progress):
                text = normalised(record["text"])
                document = tag + tokenizer.ids(text).astype("<u2").tobytes() + end
                written.write(document)
                repeat = max(1, int(record.get("repeat", 1))) if job.split == "train" else 1
                lengths.append(len(document) // 2)
                repeats.append(repeat)
                held = projects[record.get("project", "")]
                held[0] += repeat
                held[1] += repeat * lengths[-1]
                size = len(text.encode("utf-8", "replace"))
                held[2] += repeat * size
                n_bytes += size
                if job.max_mb is not None and job.split == "train" and n_bytes > job.max_mb * 1e6:
                    break
        order = places(np.array(repeats, dtype=np.int64), job.seed)
        _gather(unshuffled, np.array(lengths, dtype=np.int64), order, partial)
        summary: dict[str, Any] = {
            "language": job.language,
            "split": job.split,
            "n_tokens": partial.stat().st_size // 2,
            "n_documents": len(order),
            "n_bytes": sum(held[2] for held in projects.values()),
            "projects": dict(sorted(projects.items())),
            "sources": sources,
        }
        # The old summary goes first: a stop between the next lines must not leave it beside a new row.
        job.summary_path.unlink(missing_ok=True)
        os.replace(partial, job.row_path)
        summary_partial = job.summary_path.with_suffix(".partial.json")
        summary_partial.write_text(
            json.dumps(summary, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        os.replace(summary_partial, job.summary_path)
    finally:
        unshuffled.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return summary


def places(repeats: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int64]:
    """The order of documents in a row: a shuffle in which the copies of a document stand far apart.

    repeats  (N,) int64   how often each document stands in the row
    returns  (sum of repeats,) int64 indices of documents

    Copy k of n stands at the fraction (k + u) / n of the row, u drawn once per document.
    """
    document = np.repeat(np.arange(len(repeats)), repeats)
    first_copy = np.repeat(np.cumsum(repeats) - repeats, repeats)
    copy = np.arange(len(document)) - first_copy
    start = np.random.default_rng(seed).random(len(repeats))
    fraction = (copy + start[document]) / repeats[document]
    return document[np.argsort(fraction, kind="stable")]


def _gather(
    unshuffled: Path, lengths: npt.NDArray[np.int64], order: npt.NDArray[np.int64], out: Path
) -> None:
    ends = np.cumsum(lengths)
    with out.open("wb") as written:
        if not len(order):
            return
        ids: Row = np.memmap(unshuffled, dtype="<u2", mode="r")
        for start in range(0, len(order), BUFFER_DOCUMENTS):
            batch = order[start : start + BUFFER_DOCUMENTS]
            written.write(b"".join(ids[ends[d] - lengths[d] : ends[d]].tobytes() for d in batch))


_read_bytes: Any = None  # how far all the worker processes have read, shared between them


def _share(counter: Any) -> None:
    global _read_bytes
    _read_bytes = counter


def _pack_and_count(job: Job) -> dict[str, Any]:
    seen = 0

    def progress(read: int) -> None:
        nonlocal seen
        if read != seen:
            with _read_bytes.get_lock():
                _read_bytes.value += read - seen
            seen = read

    return pack(job, progress)


def pack_all(jobs: list[Job], n_processes: int) -> list[dict[str, Any]]:
    """Make these rows, with one bar over the compressed bytes read.

    The small ones for evaluation come first, since they are soon done; of the others the longest starts first.
    """
    jobs = sorted(jobs, key=lambda job: (job.split == "train", -job.source.stat().st_size))
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    total = sum(job.source.stat().st_size for job in jobs)
    with (
        context.Pool(n_processes, initializer=_share, initargs=(counter,)) as pool,
        tqdm(total=total, unit="B", unit_scale=True, desc="tokenize") as bar,
    ):
        pending = pool.map_async(_pack_and_count, jobs, chunksize=1)
        while not pending.ready():
            time.sleep(0.2)
            bar.update(counter.value - bar.n)
        bar.update(counter.value - bar.n)
        return pending.get()


@click.command(name="tokenize")
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--tokenizer",
    type=click.Path(path_type=Path),
    default=Path("data/tokenizer.json"),
    show_default=True,
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("data/tokens"), show_default=True
)
@click.option("--jobs", default=2, show_default=True, help="Processes.")
@click.option("--seed", default=0, show_default=True, help="Of the shuffle.")
@click.option(
    "--max-mb",
    type=float,
    help="At most so much text of each language in train: a sample for experiments.",
)
def command(
    corpus: Path, tokenizer: Path, out: Path, jobs: int, seed: int, max_mb: float | None
) -> None:
    """Pack every (language, split) of the corpus into a row of token ids."""
    if not tokenizer.exists():
        raise click.ClickException(f"no {tokenizer}: run `python -m models tokenizer` first")
    wanted = [
        Job(language, split, corpus_file(corpus, language, split), tokenizer, out, seed, max_mb)
        for split in SPLITS
        for language in LANGUAGES
    ]
    for job in wanted:
        if not job.source.exists():
            click.echo(f"{job.source} is missing; no {job.row_path.name}")
    found = [job for job in wanted if job.source.exists()]
    if not found:
        raise click.ClickException(f"nothing in {corpus}: run `python -m models corpus` first")
    todo = [job for job in found if not job.is_done()]
    if todo:
        pack_all(todo, jobs)
    for job in found:
        held = json.loads(job.summary_path.read_text(encoding="utf-8"))
        note = "" if job in todo else "  (was there already)"
        click.echo(
            f"{job.row_path.name:18} {held['n_tokens'] / 1e6:8.2f} M tokens {held['n_bytes'] / 1e6:9.2f} MB "
            f"{held['n_documents']:7} documents {len(held['projects']):5} projects{note}"
        )
