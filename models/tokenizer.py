"""Train the tokenizer on as much text of each language as of the others, so that none is cut finer for being rarer.

    takes  data/corpus/{language}/train.jsonl.zst, and valid for the report
    gives  data/tokenizer.json

The vocabulary is one for all languages: a page holds scripts, and comments are in the same tongues everywhere.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from lm_lint.text import LANGUAGES, Language
from lm_lint.tokens import Tokenizer, train
from models.records import corpus_file, normalised, read_records

# A single table of constants should not decide what becomes a token.
MAX_SAMPLE_CHARS = 100_000


@dataclass(frozen=True)
class Density:
    """How much text a token holds, in one language."""

    language: Language
    n_chars: int
    n_bytes: int
    n_tokens: int


def sample(path: Path, n_bytes: int, seed: int) -> Iterator[str]:
    """Documents of a corpus file, each with the same chance, until about `n_bytes` in all."""
    total = sum(len(record["text"][:MAX_SAMPLE_CHARS].encode()) for record in read_records(path))
    chance = min(1.0, n_bytes / max(total, 1))
    draw = random.Random(seed)
    for record in read_records(path):
        if draw.random() < chance:
            yield normalised(record["text"])[:MAX_SAMPLE_CHARS]


def density(tokenizer: Tokenizer, language: Language, path: Path) -> Density:
    n_chars = n_bytes = n_tokens = 0
    for record in read_records(path):
        text = normalised(record["text"])
        n_chars += len(text)
        n_bytes += len(text.encode())
        n_tokens += len(tokenizer.ids(text))
    return Density(language, n_chars, n_bytes, n_tokens)


def report(tokenizer: Tokenizer, corpus: Path) -> None:
    for language in LANGUAGES:
        path = corpus_file(corpus, language, "valid")
        if not path.exists():
            click.echo(f"{language:8} no {path}")
            continue
        found = density(tokenizer, language, path)
        if found.n_tokens:
            click.echo(
                f"{language:8} {found.n_chars / found.n_tokens:.3f} characters per token, "
                f"{found.n_bytes / found.n_tokens:.3f} bytes per token "
                f"({found.n_bytes / 1e6:.1f} MB of valid)"
            )


@click.command(name="tokenizer")
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("data/tokenizer.json"), show_default=True
)
@click.option("--vocab-size", default=6144, show_default=True)
@click.option(
    "--sample-mb", default=40.0, show_default=True, help="Megabytes of text per language."
)
@click.option("--seed", default=0, show_default=True)
@click.option("--force", is_flag=True, help="Train even if the file is there already.")
def command(
    corpus: Path, out: Path, vocab_size: int, sample_mb: float, seed: int, force: bool
) -> None:
    """Train the byte-level BPE on a balanced sample of the corpus and report its density on valid."""
    if out.exists() and not force:
        click.echo(
            f"{out} is there already; --force trains it anew. Shards packed with it would go stale."
        )
        report(Tokenizer.load(out), corpus)
        return
    sources = {language: corpus_file(corpus, language, "train") for language in LANGUAGES}
    missing = [str(path) for path in sources.values() if not path.exists()]
    if missing:
        raise click.ClickException(f"no {', '.join(missing)}: run `python -m models corpus` first")
    texts = (text for path in sources.values() for text in sample(path, int(sample_mb * 1e6), seed))
    tokenizer = train(texts, vocab_size, show_progress=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".tmp")
    tokenizer.save(partial)
    os.replace(partial, out)
    click.echo(f"{out}: {tokenizer.vocab_size} entries")
    report(tokenizer, corpus)
