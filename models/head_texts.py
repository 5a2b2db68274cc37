"""The text that heads are fitted to and measured on: its labels, the slips in it, and what a network holds there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from lm_lint import activations
from lm_lint.heads import Objective
from lm_lint.html_tags import tag_problems
from lm_lint.model import Network
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from models import heldout, labels, spoiling
from models.labels import Classes
from models.records import Record, Split, corpus_file, read_records

_MOST_CHARS = 100_000  # of a document that is looked at at all
_MOST_TOKENS = 4_096  # of one document that count: it shall not outweigh all others
_BYTES_A_TOKEN = 10  # more than there are, so that enough text is drawn
_ROWS, _CHUNK = 8, 512  # texts side by side, and tokens of each in one pass of the network


@dataclass(frozen=True)
class Sample:
    """One text, and what each of its tokens is. ids (T,) int32, known (T,) each."""

    ids: npt.NDArray[np.int32]
    known: dict[Objective, Classes]


@dataclass(frozen=True)
class Part:
    """What a network holds after each token of some texts, and what is true of the tokens.

    cells   (N, C) float16, one text behind the other
    known   (N,) uint8 each
    starts  (texts + 1,) int64, where each text begins, and N
    """

    cells: npt.NDArray[np.float16]
    known: dict[Objective, Classes]
    starts: npt.NDArray[np.int64]


def documents(
    corpus: Path, language: Language, split: Split, n_tokens: int, seed: int
) -> list[heldout.Heldout]:
    """Text of a split, evenly of its projects, more than the tokens need. Pages that are broken already are left out."""
    source = corpus_file(corpus, language, split)
    if not source.exists():
        raise click.ClickException(f"no {source}: run `python -m models corpus` first")
    return heldout.draw(_usable(source), n_tokens * _BYTES_A_TOKEN, seed)


def _usable(source: Path) -> Iterator[Record]:
    for record in read_records(source):
        if len(record["text"]) <= _MOST_CHARS:
            yield record


def samples(
    drawn: Sequence[heldout.Heldout],
    language: Language,
    tokenizer: Tokenizer,
    n_tokens: int,
    share_spoiled: float,
    seed: int,
) -> list[Sample]:
    """Of the documents in order as many as give so many tokens; a share of them with slips."""
    rng = np.random.default_rng(seed)
    res: list[Sample] = []
    n_left = n_tokens
    for document in drawn:
        if n_left <= 0:
            break
        text = document.text
        if language == "html" and tag_problems(labels.without_control(text)):
            continue
        values = labels.characters(text, language)
        bounds = tokenizer.encode(text).bounds
        end = int(bounds[min(len(bounds) - 1, _MOST_TOKENS, n_left)])
        text, values = text[:end], {name: each[:end] for name, each in values.items()}
        if rng.random() < share_spoiled:
            text, values = spoiling.spoiled(text, values, language, rng)
        tokens = tokenizer.encode(text)
        if not len(tokens):
            continue
        known = {
            name: labels.of_tokens(text, tokens.bounds, each, name) for name, each in values.items()
        }
        res.append(Sample(tokens.ids, known))
        n_left -= len(tokens)
    return res


def read(network: Network, tag: int, texts: Sequence[Sample], what: str = "") -> Part:
    """What the network holds after each token. tag: of the language; what: for the progress bar."""
    lengths = np.array([len(text.ids) for text in texts])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    layers = activations.recurrences(network.config)
    width = network.config.width
    cells = np.empty((starts[-1], len(layers) * width), dtype=np.float16)
    order = np.argsort(-lengths, kind="stable")
    for first in tqdm(range(0, len(order), _ROWS), desc=what, leave=False, disable=None):
        rows = order[first : first + _ROWS]
        ids = np.zeros((len(rows), lengths[rows].max() + 1), dtype=np.int64)
        ids[:, 0] = tag
        for row, text in enumerate(rows):
            ids[row, 1 : lengths[text] + 1] = texts[text].ids
        state = None
        for at in range(0, ids.shape[1], _CHUNK):
            with torch.no_grad():
                _, trace = network.trace(torch.from_numpy(ids[:, at : at + _CHUNK]), state)
            state = trace.last()
            held = torch.cat([trace.layers[layer][0] for layer in layers], dim=-1).half().numpy()
            for row, text in enumerate(rows):
                # Row 0 of `ids` is the tag, which is no token of the text.
                skip = int(at == 0)
                own = held[row, skip : max(lengths[text] + 1 - at, 0)]
                place = starts[text] + at - 1 + skip
                cells[place : place + len(own)] = own
    known = {name: np.concatenate([text.known[name] for text in texts]) for name in texts[0].known}
    return Part(cells, known, starts)


def read_all(
    network: Network, tag: int, texts: Mapping[str, Sequence[Sample]], language: Language
) -> dict[str, Part]:
    """`read` for several parts by name."""
    return {name: read(network, tag, own, f"{language} {name}") for name, own in texts.items()}
