"""Held-out files in bytes: by the model, plain and adapting, and by other compressors.

    python -m bench.compression [--model DIR] [--bytes 150000] [--coded-bytes 3000] [--split test]

Whole documents are drawn as `python -m models evaluate` draws them, evenly over projects that the model never saw. Each
file is compressed alone, which is how the model works; the others are also given all files of a language as one
stream, which favours them. What the model needs is its code length (the sum of -log2 of what it expected, the
coder's floor included), read in passes of many tokens, plus the file's head and the coder's words. Of a few files
(`--coded-bytes`) every byte is really written and read back, and both sums are told.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np
from tqdm import tqdm

from lm_lint import compression, compression_machine, packing
from lm_lint import release as releases
from lm_lint.compression_format import HASH_BYTES, Compressed, Method
from lm_lint.compression_mixing import Repeats
from lm_lint.light import LightNetwork
from lm_lint.text import LANGUAGES, Language
from models import baselines, heldout
from models.records import Split

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results" / "compression"
NAMES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}
PLAIN, ADAPTED = "lm-lint --no-adapt", "lm-lint"
_CHUNK_TOKENS = 256
_FLOOR = 2.0**-24  # what the coder takes for impossible
_WORD_BITS = 32
Compress = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Row:
    """One compressor on the files of a language. Bytes; stream is None where there is none."""

    language: Language
    name: str
    n_original: int
    alone: int
    stream: int | None


@dataclass(frozen=True)
class Coded:
    """Files that were really written and read back."""

    language: Language
    name: str
    n_files: int
    n_original: int
    n_tokens: int
    written: int
    estimated: int
    compress_s: float
    decompress_s: float


# --- Others -----------------------------------------------------------------------------------------------------------


def zstd_ultra(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=22).compress(data)


def brotli(data: bytes) -> bytes:
    import brotli

    res: bytes = brotli.compress(data, mode=brotli.MODE_TEXT, quality=11, lgwin=24)
    return res


def zpaq(data: bytes) -> bytes:
    import zpaq

    res: bytes = zpaq.compress(data)
    return res


def rivals() -> dict[str, Compress]:
    """By what people call them; context mixing only where `pip install pyzpaq` was done."""
    res: dict[str, Compress] = {
        "xz -9": baselines.xz,
        "zstd -19": baselines.zstd,
        "zstd --ultra -22": zstd_ultra,
        "brotli -q 11": brotli,
        f"PPMd, order {baselines.PPMD_ORDER}": baselines.ppmd,
    }
    if find_spec("zpaq"):
        res[f"zpaq (pyzpaq {version('pyzpaq')}), context mixing"] = zpaq
    return res


def rows_of_rivals(language: Language, files: Sequence[bytes]) -> Iterator[Row]:
    n_original = sum(map(len, files))
    for name, compress in rivals().items():
        alone = sum(len(compress(data)) for data in files)
        yield Row(language, name, n_original, alone, len(compress(b"".join(files))))


# --- Ours -------------------------------------------------------------------------------------------------------------


def code_lengths(
    network: LightNetwork, tokens: tuple[int, Sequence[int], int]
) -> tuple[float, float]:
    """What a text costs in bits, plain and adapting. tokens: the language's tag, the text's, the end."""
    tag, ids, end = tokens
    targets = [*ids, end]
    sequence = np.array([[tag, *ids]], dtype=np.int64)
    repeats, state = Repeats(network.config.width), None
    plain = adapted = 0.0
    for start in range(0, len(targets), _CHUNK_TOKENS):
        features, trace = network.trace(sequence[:, start : start + _CHUNK_TOKENS], state)
        state = trace.last()
        weights = network.logits(features[0])
        weights -= weights.max(axis=1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=1, keepdims=True)
        for place, row in enumerate(weights):
            token = targets[start + place]
            plain -= math.log2(max(float(row[token]), _FLOOR))
            repeats.ask(row, features[0, place])
            adapted -= math.log2(max(repeats.read(token), _FLOOR))
    return plain, adapted


class Ours:
    def __init__(self, folder: Path) -> None:
        parts = releases.read(folder)
        self.codec = compression.Codec(parts)
        self._network = LightNetwork(parts.shape, packing.dense(parts.weights))
        self._tokenizer = parts.tokenizer
        head = Compressed(Method.MODEL, 1 << 14, bytes(HASH_BYTES), self.codec.made("c"), b"")
        self.n_head = len(head.to_bytes())

    def code_lengths(self, data: bytes, language: Language) -> dict[str, float]:
        """In bits."""
        ids = compression.ids_of(data, self._tokenizer)
        tokens = self._tokenizer.tag(language), ids, self._tokenizer.end
        return dict(zip((PLAIN, ADAPTED), code_lengths(self._network, tokens), strict=True))

    def estimated(self, data: bytes, bits: float) -> int:
        """The bytes of a file whose code has this length."""
        words = math.ceil(bits / _WORD_BITS)
        return min(len(compression.stored(data).to_bytes()), self.n_head + 4 * words)

    def coded(self, data: bytes, language: Language, adapts: bool) -> tuple[int, int, float, float]:
        """Bytes, tokens, and the processor seconds of both ways. Asserts that the data came back."""
        start = time.process_time()
        written = self.codec.compress(data, language, adapts).to_bytes()
        middle = time.process_time()
        found = Compressed.of(written)
        back = compression.unstored(found) if found.made is None else self.codec.decompress(found)
        assert back == data, f"{len(data)} bytes did not come back"
        n_tokens = len(compression.ids_of(data, self._tokenizer)) + 1
        return len(written), n_tokens, middle - start, time.process_time() - middle


def rows_of_ours(ours: Ours, language: Language, files: Sequence[bytes]) -> Iterator[Row]:
    found = [
        ours.code_lengths(data, language)
        for data in tqdm(files, desc=f"{NAMES[language]}, read", unit="file", leave=False)
    ]
    n_original = sum(map(len, files))
    for name in (PLAIN, ADAPTED):
        bits = [lengths[name] for lengths in found]
        whole = sum(map(ours.estimated, files, bits))
        yield Row(language, name, n_original, whole, None)
        yield Row(language, f"{name}, the code alone", n_original, round(sum(bits) / 8), None)


def coded(ours: Ours, language: Language, files: Sequence[bytes]) -> Iterator[Coded]:
    if not files:
        return
    lengths = [ours.code_lengths(data, language) for data in files]
    for name in (PLAIN, ADAPTED):
        found = [
            ours.coded(data, language, name == ADAPTED)
            for data in tqdm(files, desc=f"{NAMES[language]}, {name}", unit="file", leave=False)
        ]
        written, n_tokens, compress_s, decompress_s = (
            sum(each) for each in zip(*found, strict=True)
        )
        yield Coded(
            language,
            name,
            len(files),
            sum(map(len, files)),
            int(n_tokens),
            int(written),
            sum(
                ours.estimated(data, bits[name]) for data, bits in zip(files, lengths, strict=True)
            ),
            round(compress_s, 2),
            round(decompress_s, 2),
        )


# --- The page ---------------------------------------------------------------------------------------------------------


def page(facts: dict[str, Any], rows: Sequence[Row], checks: Sequence[Coded]) -> str:
    lines = [
        "# A language model as a compressor",
        "",
        f"`python -m bench.compression --bytes {facts['bytes']} --coded-bytes {facts['coded_bytes']}`, "
        f"{facts['split']} projects, seed {facts['seed']}; the model is {facts['model']} "
        f"({facts['sha256'][:12]}), {facts['model_bytes']:,} bytes with its tokenizer, which both sides must have and "
        "which are in no figure below. Other compressors need nothing. The head of a file "
        f"({facts['head_bytes']} bytes, of small files much) is in the figures but for those of the code alone; the heads of others are in theirs.",
        "",
    ]
    for language in LANGUAGES:
        some = [row for row in rows if row.language == language]
        if not some:
            continue
        n_files = facts["files"][language]
        lines += [
            f"## {NAMES[language]}: {n_files} files, {some[0].n_original:,} bytes",
            "",
            "| | each file alone, bytes | bits per byte | as one stream, bytes | bits per byte |",
            "|---|--:|--:|--:|--:|",
            *(_line(row) for row in some),
            "",
        ]
    if checks:
        lines += [
            "## Written and read back",
            "",
            "Every byte came back. Tokens a second of processor time, one thread, beside whatever else the machine did: "
            + facts["load"],
            "",
            "| | files | bytes | written | estimated | tokens/s to compress | to decompress |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *(_checked(each) for each in checks),
            "",
            "The arithmetic: " + "; ".join(f"{k} {v}" for k, v in facts["machine"].items()) + ".",
            "",
        ]
    return "\n".join(lines)


def _line(row: Row) -> str:
    def per_byte(n_bytes: int) -> str:
        return f"{8 * n_bytes / row.n_original:.3f}"

    stream = f"{row.stream:,} | {per_byte(row.stream)}" if row.stream is not None else " | "
    return f"| {row.name} | {row.alone:,} | {per_byte(row.alone)} | {stream} |"


def _checked(each: Coded) -> str:
    return (
        f"| {NAMES[each.language]}, {each.name} | {each.n_files} | {each.n_original:,} | {each.written:,} "
        f"| {each.estimated:,} | {each.n_tokens / each.compress_s:.0f} "
        f"| {each.n_tokens / each.decompress_s:.0f} |"
    )


@click.command()
@click.option("--model", type=click.Path(path_type=Path), default=ROOT / "models" / "small")
@click.option("--corpus", type=click.Path(path_type=Path), default=ROOT / "data" / "corpus")
@click.option("--split", type=click.Choice(["test", "valid"]), default="test", show_default=True)
@click.option("--bytes", "max_bytes", default=150_000, show_default=True, help="Of each language.")
@click.option("--coded-bytes", default=3_000, show_default=True, help="Of each, written and read.")
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS)
def main(
    model: Path,
    corpus: Path,
    split: Split,
    max_bytes: int,
    coded_bytes: int,
    seed: int,
    out: Path,
) -> None:
    """Write OUT.json and OUT.md."""
    load_before = os.getloadavg()[0]
    rows: list[Row] = []
    checks: list[Coded] = []
    facts: dict[str, Any] = {"split": split, "seed": seed, "files": {}, "digest": {}}
    facts |= {"bytes": max_bytes, "coded_bytes": coded_bytes}
    with compression_machine.one_thread():
        ours = Ours(model)
        for language in LANGUAGES:
            documents = heldout.load(corpus, language, split, max_bytes, seed)
            files = [document.data for document in documents]
            facts["files"][language] = len(files)
            facts["digest"][language] = heldout.digest(documents)
            rows += [*rows_of_ours(ours, language, files), *rows_of_rivals(language, files)]
            some = heldout.load(corpus, language, split, coded_bytes, seed)
            checks += coded(ours, language, [document.data for document in some])
            click.echo("\n".join(_line(row) for row in rows if row.language == language))
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    parts = ("model.safetensors", "tokenizer.json")
    facts |= {
        "model": model.name,
        "sha256": config["sha256"]["model.safetensors"],
        "model_bytes": sum((model / part).stat().st_size for part in parts),
        "head_bytes": ours.n_head,
        "machine": compression_machine.facts(),
        "load": f"load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} processors.",
    }
    told = {"facts": facts, "rows": [asdict(r) for r in rows], "coded": [asdict(c) for c in checks]}
    out.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".md").write_text(page(facts, rows, checks), encoding="utf-8")


if __name__ == "__main__":
    main()
