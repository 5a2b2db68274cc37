"""How far to trust what a text repeats, beside a model: the gates of lm_lint.compression_mixing, learned from texts.

    takes  a released folder, data/corpus
    gives  server/lm_lint/gates.json

The experts of the mixture are counts and need no training; what they are worth does: whether the only token that ever
followed these four is what comes, when the model gives it 3%. One number for each such kind of situation, by the rule
that goes on moving them while a text is read.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from tqdm import tqdm

from lm_lint import compression_mixing as mixing
from lm_lint.compression_mixing import Heard, Repeats
from lm_lint.text import LANGUAGES, Language
from models import heldout
from models.records import SPLITS, Split

if TYPE_CHECKING:
    from lm_lint.scorer import Scorer

GATES = Path(mixing.__file__).with_name("gates.json")
_CHUNK_TOKENS = 256
_FIRST = -2.0  # of experts; the model's own begin at 0
_RATES = 0.3, 0.003  # from, to


@dataclass(frozen=True)
class Read:
    """A document as the experts saw it: of each token what every expert gave it."""

    language: Language
    project: str
    n_bytes: int
    heard: list[list[Heard]]


def unlearned() -> list[float]:
    n_own = math.prod(mixing.MODEL_SHAPE)
    return [0.0] * n_own + [_FIRST] * (mixing.N_GATES - n_own)


def asked(scorer: Scorer, text: str, language: Language, repeats: Repeats) -> Iterator[int]:
    """Each token of a text after the experts were asked for it; the caller has them `read` it."""
    tokenizer = scorer.tokenizer
    targets = [*tokenizer.ids(text).tolist(), tokenizer.end]
    sequence = np.array([[tokenizer.tag(language), *targets[:-1]]], dtype=np.int64)
    state = None
    for start in range(0, len(targets), _CHUNK_TOKENS):
        features, trace = scorer.trace(sequence[:, start : start + _CHUNK_TOKENS], state)
        state = trace.last()
        rows = np.exp2(-scorer.expectations(features[0]))
        vectors = features[0].float().cpu().numpy()
        for token, row, vector in zip(targets[start:], rows, vectors, strict=False):
            repeats.ask(row, vector)
            yield token


def adapted_bits(scorer: Scorer, text: str, language: Language) -> tuple[float, int]:
    """What a text costs where what it repeats is expected, too, with its end. Returns bits and tokens."""
    repeats = Repeats(scorer.release.network.config.width)
    bits, n_tokens = 0.0, 0
    for token in asked(scorer, text, language, repeats):
        bits -= math.log2(repeats.read(token))
        n_tokens += 1
    return bits, n_tokens


def read(scorer: Scorer, document: heldout.Heldout, language: Language) -> Read:
    """What the experts said of each token of a document; none of it depends on the gates."""
    repeats = Repeats(scorer.release.network.config.width, unlearned())
    heard = []
    for token in asked(scorer, document.text, language, repeats):
        heard.append(repeats.heard(token))
        repeats.read(token)
    return Read(language, document.project, len(document.data), heard)


def fitted(documents: Sequence[Read], n_passes: int, seed: int) -> list[float]:
    """Gates for texts like these."""
    res, order = unlearned(), random.Random(seed)
    most, least = _RATES
    for n in tqdm(range(n_passes), desc="passes", leave=False):
        rate = least + (most - least) * (1 - n / n_passes)
        for document in order.sample(documents, len(documents)):
            for heard in document.heard:
                mixing.learn(res, heard, rate)
    return res


def bits(documents: Sequence[Read], gates: Sequence[float]) -> float:
    """What documents cost of which each begins with these gates and learns on."""
    res = 0.0
    for document in documents:
        own = list(gates)
        res -= sum(math.log2(mixing.learn(own, heard, mixing.RATE)) for heard in document.heard)
    return res


def halves(documents: Sequence[Read]) -> tuple[list[Read], list[Read]]:
    """The documents by project: every second project of a language is in the second half."""
    res: tuple[list[Read], list[Read]] = [], []
    for language in LANGUAGES:
        own = [document for document in documents if document.language == language]
        for n, project in enumerate(sorted({document.project for document in own})):
            res[n % 2].extend(document for document in own if document.project == project)
    return res


def figures(documents: Sequence[Read], n_passes: int, seed: int) -> dict[str, Any]:
    """Bits per byte by language: of the model alone, and with gates that were fitted to the other half."""
    one, other = halves(documents)
    gates = fitted(other, n_passes, seed), fitted(one, n_passes, seed)
    res: dict[str, Any] = {}
    for language in LANGUAGES:
        parts = [[d for d in half if d.language == language] for half in (one, other)]
        n_bytes = sum(document.n_bytes for part in parts for document in part)
        if not n_bytes:
            continue
        own_chances = [heard[0].chance for part in parts for d in part for heard in d.heard]
        alone = -sum(math.log2(max(chance, 1e-30)) for chance in own_chances)
        adapted = sum(bits(part, own) for part, own in zip(parts, gates, strict=True))
        res[language] = {"alone": alone / n_bytes, "adapted": adapted / n_bytes}
    return res


@click.command(name="gates")
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option("--split", type=click.Choice(SPLITS), default="valid", show_default=True)
@click.option("--max-bytes", default=200_000, show_default=True, help="Per language.")
@click.option("--passes", "n_passes", default=12, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=GATES)
def command(
    model: Path, corpus: Path, split: Split, max_bytes: int, n_passes: int, seed: int, out: Path
) -> None:
    """Learn how far to trust what a text repeats, beside MODEL."""
    from lm_lint import scorer as scoring
    from lm_lint import weights

    scorer = scoring.Scorer(weights.load(model, "auto"))
    documents = [
        read(scorer, document, language)
        for language in LANGUAGES
        for document in tqdm(
            heldout.load(corpus, language, split, max_bytes, seed), desc=language, leave=False
        )
    ]
    found = figures(documents, n_passes, seed)
    for language, each in found.items():
        click.echo(f"{language}: {each['alone']:.3f} bits per byte, {each['adapted']:.3f} adapted")
    gates = [round(value, 3) for value in fitted(documents, n_passes, seed)]
    settings = {"split": split, "max_bytes": max_bytes, "passes": n_passes, "seed": seed}
    fitted_to = scorer.release.config["sha256"]["model.safetensors"]
    told = {"model_sha256": fitted_to, "settings": settings, "bits_per_byte": found, "gates": gates}
    out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
