"""The n-gram yardstick: interpolated modified Kneser-Ney on the tokens that the network is trained on.

It exists to show what counting alone reaches, so that the network's bits per byte mean something. The estimator knows
token ids and document borders only.

    takes  data/tokens/{language}.train.bin, data/tokenizer.json, data/corpus (the documents to measure)
    gives  runs/ngram/{language}.{split}.json, which `evaluate` shows beside the network

The estimator is that of Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling"
(Harvard TR-10-98, 1998), section 3: three discounts for each order, continuation counts below the highest order,
interpolation down to the uniform distribution. Nothing is pruned and no n-gram is hashed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lm_lint.text import LANGUAGES, Language
from lm_lint.tokens import Tokenizer
from models import heldout
from models.records import SPLITS, Split

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.integer[Any]]

# A key holds the rank of an n-gram's first k-1 tokens in the sorted table of order k-1, and its last token in the
# low bits: a trie laid flat. Ranks stay below 2^47, so 64 bits hold n-grams of any order exactly.
TOKEN_BITS = 16
# For orders in which too few n-grams occur once to four times to estimate discounts (KenLM's choice).
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)


@dataclass(frozen=True)
class Order:
    """The n-grams of k tokens; row r of an array is the n-gram of rank r.

    keys        (n_k,) int64        rank of the first k-1 tokens << TOKEN_BITS | last token; strictly ascending
    discounted  (n_k,) float32      adjusted count less its discount, over the total of the context
    backoff     (n_{k-1},) float32  the mass that a context leaves to the order below; 1 where nothing followed it
    discounts   those of adjusted counts 1, 2, and 3 or more
    """

    keys: Ints
    discounted: npt.NDArray[np.float32]
    backoff: npt.NDArray[np.float32]
    discounts: tuple[float, float, float]


@dataclass(frozen=True)
class KneserNey:
    """A trained model; orders[k - 1] holds the n-grams of k tokens.

    tags        ids that open a document: context, never an outcome, and no n-gram crosses one
    n_outcomes  how many ids can be predicted: the support of the uniform distribution at the bottom
    """

    orders: tuple[Order, ...]
    tags: frozenset[int]
    n_outcomes: int

    def probabilities(self, ids: Ids) -> Floats:
        """p(ids[t] | what stands before it in its document).

        ids      (T,) int      documents one after another, each opened by a tag
        returns  (T,) float64  1 at the tags, which cost nothing
        """
        ids = np.asarray(ids, dtype=np.int64)
        depth = depths(ids, self.tags)
        p = np.full(len(ids), 1.0 / self.n_outcomes)
        rank = np.zeros(len(ids), dtype=np.int64)  # of the empty n-gram, the only one of its order
        for k, order in enumerate(self.orders, 1):
            ctx = contexts(rank, depth, k)
            rank = find(order.keys, ctx, ids)
            known, seen = ctx >= 0, rank >= 0
            p[known] *= order.backoff[ctx[known]]
            p[seen] += order.discounted[rank[seen]]
        p[depth == 0] = 1.0
        return p

    def surprisal_bits(self, ids: Ids) -> Floats:
        """(T,) float64 bits, 0 at the tags."""
        res: Floats = -np.log2(self.probabilities(ids))
        return res


@dataclass(frozen=True)
class Counts:
    """The n-grams of k tokens while they are counted.

    keys         (n_k,) int64  strictly ascending, as in Order
    counts       (n_k,) int64  occurrences
    suffix_rank  (n_k,) int64  rank of the last k-1 tokens in the order below
    opens        (n_k,) bool   the first token opens a document
    """

    keys: Ints
    counts: Ints
    suffix_rank: Ints
    opens: npt.NDArray[np.bool_]


def train(
    ids: Ids,
    n_orders: int,
    vocab_size: int,
    tags: Iterable[int],
    never: Iterable[int] = (),
    progress: tqdm[Any] | None = None,
) -> KneserNey:
    """Count, discount, interpolate.

    ids    (T,) int  documents one after another, each opened by one of `tags`
    never  further ids that no text contains (padding), which get no probability
    """
    assert vocab_size <= 1 << TOKEN_BITS, f"{vocab_size} ids do not fit {TOKEN_BITS} bits"
    opening = frozenset(tags)
    depth = depths(ids, opening)
    rank = np.zeros(len(ids), dtype=np.int64)
    table: Counts | None = None
    orders: list[Order] = []
    for k in range(1, n_orders + 1):
        longer, rank = count(ids, rank, depth, k)
        if table is not None:
            orders.append(smoothed(table, adjusted(table, longer), orders, opening))
        table = longer
        if progress is not None:
            progress.update()
    assert table is not None, f"order {n_orders}: at least 1"
    orders.append(smoothed(table, table.counts, orders, opening))
    return KneserNey(tuple(orders), opening, vocab_size - len(opening | set(never)))


def depths(ids: Ids, tags: Iterable[int]) -> Ints:
    """(T,) int64: how many tokens stand between each token and the tag of its document; 0 at the tag."""
    is_tag = np.isin(ids, list(tags))
    assert not len(ids) or is_tag[0], f"the first document opens with {ids[0]}, not with a tag"
    borders = np.flatnonzero(is_tag)
    lengths = np.diff(np.append(borders, len(ids)))
    return np.arange(len(ids)) - np.repeat(borders, lengths)


def contexts(rank: Ints, depth: Ints, k: int) -> Ints:
    """(T,) int64: rank of the k-1 tokens before each place; -1 where a tag is nearer or they were never seen.

    rank  (T,) int64  of the k-1 tokens that end at each place, or -1
    """
    if k == 1:
        return np.zeros_like(rank)
    res = np.full_like(rank, -1)
    res[1:] = rank[:-1]
    res[depth < k - 1] = -1
    return res


def find(keys: Ints, ctx: Ints, ids: Ids) -> Ints:
    """(T,) int64: rank of each (context, token) among the keys, -1 where it was never seen."""
    res = np.full(len(ids), -1, dtype=np.int64)
    if len(keys):
        wanted = (ctx << TOKEN_BITS) | ids
        near = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        seen = (ctx >= 0) & (keys[near] == wanted)
        res[seen] = near[seen]
    return res


def count(ids: Ids, rank: Ints, depth: Ints, k: int) -> tuple[Counts, Ints]:
    """The table of order k, and the rank in it of the n-gram that ends at each place (-1: there is none).

    rank  (T,) int64  the same for order k-1
    """
    ctx = contexts(rank, depth, k)
    ends = np.flatnonzero(ctx >= 0)
    keys = (ctx[ends] << TOKEN_BITS) | ids[ends]
    order = np.argsort(keys)
    keys, ends = keys[order], ends[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    where = np.flatnonzero(first)
    new_rank = np.full_like(rank, -1)
    new_rank[ends] = np.cumsum(first) - 1
    example = ends[where]
    counts = np.diff(np.append(where, len(keys)))
    return Counts(keys[where], counts, rank[example], depth[example] == k - 1), new_rank


def adjusted(table: Counts, longer: Counts) -> Ints:
    """(n_k,) int64: in how many ways each n-gram is preceded, from the table of the order above.

    Nothing can stand before the n-grams that open a document, so these keep their plain counts.
    """
    ways = np.bincount(longer.suffix_rank, minlength=len(table.keys))
    return np.where(table.opens, table.counts, ways)


def smoothed(table: Counts, counts: Ints, below: list[Order], tags: frozenset[int]) -> Order:
    """The table as probabilities.

    counts  (n_k,) int64  the adjusted ones
    """
    if not below:
        # A tag is in the table because longer n-grams start with it; it is never predicted.
        counts = np.where(np.isin(table.keys, list(tags)), 0, counts)
    n_contexts = len(below[-1].keys) if below else 1
    ctx = table.keys >> TOKEN_BITS
    discounts = estimate_discounts(counts)
    discount = np.array((0.0, *discounts))[np.minimum(counts, 3)]
    total = np.bincount(ctx, weights=counts, minlength=n_contexts)
    taken = np.bincount(ctx, weights=discount, minlength=n_contexts)
    backoff = np.divide(taken, total, out=np.ones(n_contexts), where=total > 0)
    discounted = np.divide(counts - discount, total[ctx], out=np.zeros(len(ctx)), where=counts > 0)
    return Order(table.keys, discounted.astype(np.float32), backoff.astype(np.float32), discounts)


def estimate_discounts(counts: Ints) -> tuple[float, float, float]:
    """D1, D2, D3+ by the counts of counts (Chen and Goodman 1998, equation 26)."""
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == c)) for c in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return FALLBACK_DISCOUNTS
    y = n1 / (n1 + 2 * n2)
    res = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    if not all(0 < discount <= c for c, discount in enumerate(res, 1)):
        return FALLBACK_DISCOUNTS
    return res


# --- The command ----------------------------------------------------------------------------------------------------


def read_row(path: Path, tag: int, max_tokens: int) -> tuple[npt.NDArray[np.uint16], int]:
    """Whole documents from the front of a row, each once, and how many documents that is.

    The row is shuffled, so its front is a fair sample. Documents that the network shall see several times stand there
    several times; to a model of counts a repetition says nothing and would spoil the counts of counts.
    """
    row: npt.NDArray[np.uint16] = np.memmap(path, dtype="<u2", mode="r")
    borders = np.append(np.flatnonzero(row == tag), len(row))
    seen: set[bytes] = set()
    res: list[npt.NDArray[np.uint16]] = []
    n_tokens = 0
    for start, end in itertools.pairwise(borders):
        if n_tokens + end - start > max_tokens:
            break
        document = np.asarray(row[start:end])
        key = hashlib.blake2b(document.tobytes(), digest_size=16).digest()
        if key not in seen:
            seen.add(key)
            res.append(document)
            n_tokens += len(document)
    return (np.concatenate(res) if res else np.empty(0, np.uint16)), len(res)


def measure(
    model: KneserNey, tokenizer: Tokenizer, language: Language, documents: list[heldout.Heldout]
) -> dict[str, Any]:
    """Bits of the documents, <|end|> included, tag not; per token and per byte of UTF-8."""
    tag, end = [tokenizer.tag(language)], [tokenizer.end]
    ids = np.concatenate(
        [np.concatenate((tag, tokenizer.ids(document.text), end)) for document in documents]
    )
    bits = float(model.surprisal_bits(ids).sum())
    n_bytes = sum(len(document.data) for document in documents)
    n_tokens = len(ids) - len(documents)
    return {
        "bits": bits,
        "tokens": n_tokens,
        "bytes": n_bytes,
        "bits_per_token": bits / n_tokens,
        "bits_per_byte": bits / n_bytes,
        "documents": len(documents),
        "sample_sha256": heldout.digest(documents),
    }


def result_file(folder: Path, language: Language, split: Split) -> Path:
    """Where the figures of a language lie, for `evaluate` to find."""
    return folder / f"{language}.{split}.json"


@click.command(name="ngram")
@click.option(
    "--tokens", type=click.Path(path_type=Path), default=Path("data/tokens"), show_default=True
)
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--tokenizer",
    "tokenizer_path",
    type=click.Path(path_type=Path),
    default=Path("data/tokenizer.json"),
    show_default=True,
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/ngram"), show_default=True
)
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--split", type=click.Choice(SPLITS[1:]), default="test", show_default=True)
@click.option("--order", default=6, show_default=True, help="Longest n-gram.")
@click.option(
    "--max-tokens",
    default=40_000_000,
    show_default=True,
    help="Training tokens per language: 40 million take 6 GB and 2 to 4 minutes of one core.",
)
@click.option("--max-bytes", default=1_500_000, show_default=True, help="Of text to measure on.")
@click.option("--seed", default=0, show_default=True, help="Of the documents measured on.")
@click.option("--force", is_flag=True, help="Count anew even where the same figures are there.")
def command(
    tokens: Path,
    corpus: Path,
    tokenizer_path: Path,
    out: Path,
    languages: tuple[Language, ...],
    split: Split,
    order: int,
    max_tokens: int,
    max_bytes: int,
    seed: int,
    force: bool,
) -> None:
    """Train the Kneser-Ney n-gram of each language and measure it on the documents that `evaluate` draws."""
    if not tokenizer_path.exists():
        raise click.ClickException(f"no {tokenizer_path}: run `python -m models tokenizer` first")
    tokenizer = Tokenizer.load(tokenizer_path)
    out.mkdir(parents=True, exist_ok=True)
    for language in languages or LANGUAGES:
        row_path = tokens / f"{language}.train.bin"
        if not row_path.exists():
            raise click.ClickException(f"no {row_path}: run `python -m models tokenize` first")
        documents = heldout.load(corpus, language, split, max_bytes, seed)
        asked = {
            "order": order,
            "max_tokens": max_tokens,
            "sample_sha256": heldout.digest(documents),
            "row_bytes": row_path.stat().st_size,
            "tokenizer_sha256": hashlib.sha256(tokenizer_path.read_bytes()).hexdigest(),
        }
        target = result_file(out, language, split)
        res = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
        if force or res.get("asked") != asked:
            res = _trained_and_measured(tokenizer, language, row_path, documents, order, max_tokens)
            res["asked"] = asked
            target.write_text(json.dumps(res, indent=1), encoding="utf-8")
        click.echo(
            f"{language:8} {res['bits_per_byte']:.4f} bits per byte, {res['bits_per_token']:.4f} per token: order {order}, "
            f"{res['training_tokens'] / 1e6:.1f} M training tokens, {res['seconds']:.0f} s"
        )


def _trained_and_measured(
    tokenizer: Tokenizer,
    language: Language,
    row_path: Path,
    documents: list[heldout.Heldout],
    order: int,
    max_tokens: int,
) -> dict[str, Any]:
    began = time.monotonic()
    tag = tokenizer.tag(language)
    ids, n_documents = read_row(row_path, tag, max_tokens)
    with tqdm(total=order, unit="order", desc=f"n-grams of {language}") as bar:
        model = train(
            ids, order, tokenizer.vocab_size, (tag,), _never(tokenizer) - {tag}, progress=bar
        )
    res = measure(model, tokenizer, language, documents)
    return res | {
        "training_tokens": len(ids),
        "training_documents": n_documents,
        "ngrams": [len(table.keys) for table in model.orders],
        "discounts": [table.discounts for table in model.orders],
        "seconds": round(time.monotonic() - began, 1),
    }


def _never(tokenizer: Tokenizer) -> set[int]:
    """The padding and the tags, which no text contains."""
    return {0} | {tokenizer.tag(language) for language in LANGUAGES}
