"""Fit the small heads of server/lm_lint/heads.py to a released model: strings, comments, nesting, links, text.

    takes  a released folder and data/corpus
    gives  heads.safetensors in the folder, and a page of figures

The network stays as it is, so that what it costs in bits per byte is nothing. Half of the text that heads are fitted to
has slips made in it (models/spoiling.py), and they still learn what the text was before: a lost quote shall not swallow
the page. Fitted to projects of the training part, chosen by those of the validation part, measured on the test part.
"""

from __future__ import annotations

import itertools
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import safetensors.numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from lm_lint import activations, heads, weights
from lm_lint import scan as scans
from lm_lint.heads import DEEPEST, IN_LANGUAGE, SAID, YES_OR_NO, Objective, n_answers
from lm_lint.html_tags import tag_problems
from lm_lint.model import Network
from lm_lint.model_folder import HEADS
from lm_lint.release import Release
from lm_lint.text import LANGUAGES, Language
from lm_lint.tokens import Tokenizer
from models import heldout, labels, probing, spoiling
from models.cells import fresh
from models.evaluate import NAMES
from models.labels import Classes
from models.records import Record, Split, corpus_file, read_records

_MOST_CHARS = 100_000  # of a document that is looked at at all
_MOST_TOKENS = 4_096  # of one document that count: it shall not outweigh all others
_BYTES_A_TOKEN = 10  # more than there are, so that enough text is drawn
_ROWS, _CHUNK = 8, 512  # texts side by side, and tokens of each in one pass of the network
_LANES, _STEP_TOKENS = 8, 128  # the same where heads learn
_RATE, _DECAY = 2e-3, 0.2
_DROPPED = (
    0.3  # of the cells, at random, while heads learn: there are many more cells than documents
)
_LOOKS = 8  # at the validation part, while heads learn
_LEAST_DEVIATION = 1e-3  # of a cell
_SHAPE = (48, 96, 64)  # rank, width and mixed of the heads: 0.16 MB a language in float16
# Of the slips, so that no part has those of another.
_SEEDS = {"train": 0, "valid": 1, "clean": 2, "broken": 3}


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


@dataclass(frozen=True)
class Figures:
    """What a head is worth; None where the question makes no sense."""

    accuracy: float
    auc: float | None = None
    f1: float | None = None


# --- Text -----------------------------------------------------------------------------------------------------------


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


# --- Heads ----------------------------------------------------------------------------------------------------------


class Linear(nn.Module):
    """A probe without memory of its own: from standardized cells straight to the answers."""

    def __init__(self, n_cells: int, n_said: int) -> None:
        super().__init__()
        self.out = nn.Linear(n_cells, n_said)
        self.width = 1

    def forward(self, x: Tensor, goes_on: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        return self.out(x), before


class Recurrent(nn.Module):
    """What server/lm_lint/heads.py computes, on standardized cells."""

    def __init__(self, n_cells: int, n_said: int, rank: int, width: int, mixed: int) -> None:
        super().__init__()
        self.narrow = nn.Linear(n_cells, rank)
        self.gates = nn.Linear(rank, 2 * width)
        self.mix = nn.Linear(rank + width, mixed)
        self.out = nn.Linear(mixed, n_said)
        self.width = width
        with torch.no_grad():
            # From what is forgotten with the next token to what stays for some hundred.
            self.gates.bias[width:] = torch.linspace(0.0, 5.0, width)

    def forward(self, x: Tensor, goes_on: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T, C), goes_on (B, T, 1) 0 where a text begins, before (B, H) -> (B, T, answers), (B, H)."""
        narrow = self.narrow(x)
        z, f = self.gates(narrow).chunk(2, dim=-1)
        forget = torch.sigmoid(f)
        h = scans.scan(forget * goes_on, (1.0 - forget) * z, before)
        mixed = F.silu(self.mix(torch.cat([narrow, h], dim=-1)))
        return self.out(mixed), h[:, -1].detach()


@dataclass(frozen=True)
class Fitted:
    """Heads of a language, or a probe. mean, deviation (C,) float32 of the cells that they were fitted to."""

    objectives: tuple[Objective, ...]
    module: Linear | Recurrent
    mean: npt.NDArray[np.float32]
    deviation: npt.NDArray[np.float32]
    loss: float

    def tensors(self) -> dict[str, npt.NDArray[np.float16]]:
        """By the names of lm_lint.heads.TENSORS, with the standardizing in the first matrix."""
        found = {
            name.replace(".weight", "").replace(".bias", "_bias"): each.detach().numpy()
            for name, each in self.module.named_parameters()
        }
        found["narrow_bias"] = found["narrow_bias"] - found["narrow"] @ (self.mean / self.deviation)
        found["narrow"] = found["narrow"] / self.deviation
        return {name: found[name].astype(np.float16) for name in heads.TENSORS}

    def answers(self, part: Part) -> npt.NDArray[np.float32]:
        """(N, answers) logits."""
        res = np.empty((len(part.cells), sum(map(n_answers, self.objectives))), dtype=np.float32)
        before = torch.zeros(1, self.module.width)
        with torch.no_grad():
            for start, end in itertools.pairwise(part.starts):
                x = (part.cells[start:end].astype(np.float32) - self.mean) / self.deviation
                goes_on = torch.ones(1, int(end - start), 1)
                res[start:end] = self.module(torch.from_numpy(x)[None], goes_on, before)[0][0]
        return res


class _Lanes:
    """Texts in an order, one behind the other, in as many rows of the same length; the last row is filled up."""

    def __init__(self, part: Part, order: npt.NDArray[np.int64], n_lanes: int) -> None:
        self.part = part
        index = np.concatenate([np.arange(part.starts[i], part.starts[i + 1]) for i in order])
        n_steps = -(-len(index) // n_lanes)
        self.index = np.resize(index, (n_lanes, n_steps))
        is_first = np.zeros(len(part.cells), dtype=bool)
        is_first[part.starts[:-1]] = True
        self.goes_on = torch.from_numpy((~is_first[self.index]).astype(np.float32))[:, :, None]

    def steps(
        self, mean: npt.NDArray[np.float32], deviation: npt.NDArray[np.float32]
    ) -> Iterator[tuple[npt.NDArray[np.int64], Tensor, Tensor]]:
        """index (B, T), standardized cells (B, T, C), and 0 where a text begins, (B, T, 1)."""
        for at in range(0, self.index.shape[1], _STEP_TOKENS):
            index = self.index[:, at : at + _STEP_TOKENS]
            x = (self.part.cells[index].astype(np.float32) - mean) / deviation
            yield index, torch.from_numpy(x), self.goes_on[:, at : at + _STEP_TOKENS]


def fit(module: Linear | Recurrent, part: Part, valid: Part, passes: int, seed: int) -> Fitted:
    """Let heads learn, so many times over the part; what did best on the validation part is kept.

    Each objective's loss is divided by what the commonest answers would cost, so that a rare one counts as much.
    """
    objectives = tuple(part.known)
    mean, deviation = _moments(part.cells)
    prior = {name: _entropy(y) for name, y in part.known.items()}
    optimizer = torch.optim.AdamW(module.parameters(), _RATE, weight_decay=_DECAY)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    known = {name: torch.from_numpy(y.astype(np.int64)) for name, y in part.known.items()}
    best, kept = float("inf"), dict[str, Tensor]()
    step, n_steps = 0, passes * -(-len(part.cells) // (_LANES * _STEP_TOKENS))
    for number in tqdm(range(1, passes + 1), leave=False, disable=None):
        lanes = _Lanes(part, rng.permutation(len(part.starts) - 1), _LANES)
        before = torch.zeros(_LANES, module.width)
        for index, x, goes_on in lanes.steps(mean, deviation):
            done, step = min(step / n_steps, 1.0), step + 1
            optimizer.param_groups[0]["lr"] = _RATE * min(1.0, 20 * done + 0.05) * (1.01 - done)
            said, before = module(F.dropout(x, _DROPPED), goes_on, before)
            asked = {name: y[index.ravel()] for name, y in known.items()}
            loss = _loss(said.flatten(0, 1), asked, prior)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
        if number * _LOOKS // passes > (number - 1) * _LOOKS // passes:
            found = _loss_of(Fitted(objectives, module, mean, deviation, 0.0), valid, prior)
            if found < best:
                best = found
                kept = {name: t.clone() for name, t in module.state_dict().items()}
    module.load_state_dict(kept)
    return Fitted(objectives, module, mean, deviation, best)


def _moments(
    cells: npt.NDArray[np.float16],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    some = cells[:: max(1, len(cells) // 50_000)].astype(np.float32)
    return some.mean(0), np.maximum(some.std(0), _LEAST_DEVIATION)


def _entropy(y: Classes) -> float:
    """Nats of the commonest answers; more than 0."""
    shares = np.bincount(y) / len(y)
    shares = shares[shares > 0]
    return max(float(-(shares * np.log(shares)).sum()), 1e-3)


def _loss(
    said: Tensor, known: Mapping[Objective, Tensor], prior: Mapping[Objective, float]
) -> Tensor:
    """said (N, answers), known (N,) each -> the mean over the objectives, 1 for what the commonest answers cost."""
    parts, at = [], 0
    for name, y in known.items():
        own = said[:, at : at + n_answers(name)]
        at += own.shape[1]
        if name in YES_OR_NO:
            cost = F.binary_cross_entropy_with_logits(own[:, 0], y.float())
        else:
            cost = F.cross_entropy(own, y)
        parts.append(cost / prior[name])
    return torch.stack(parts).mean()


def _loss_of(fitted: Fitted, part: Part, prior: Mapping[Objective, float]) -> float:
    known = {name: torch.from_numpy(y.astype(np.int64)) for name, y in part.known.items()}
    return float(_loss(torch.from_numpy(fitted.answers(part)), known, prior))


# --- Figures --------------------------------------------------------------------------------------------------------


def figures(said: npt.NDArray[np.float32], part: Part) -> dict[Objective, Figures]:
    """What answers (N, answers), logits, are worth; a yes from a probability of one half on."""
    res, at = dict[Objective, Figures](), 0
    for name, y in part.known.items():
        own = said[:, at : at + n_answers(name)]
        at += own.shape[1]
        if name not in YES_OR_NO:
            res[name] = Figures(float((own.argmax(1) == y).mean()))
            continue
        yes = own[:, 0] > 0
        n_right, n_both = int((yes & (y == 1)).sum()), int(yes.sum()) + int(y.sum())
        has_both = 0 < y.sum() < len(y)
        res[name] = Figures(
            float((yes == y).mean()),
            probing.auc(own[:, 0], y.astype(np.float64)) if has_both else None,
            2 * n_right / n_both if y.any() else None,
        )
    return res


def commonest(part: Part, n_places: int) -> npt.NDArray[np.float32]:
    """What is said by who always answers what is commonest in a part: (places, answers) logits."""
    row: list[float] = []
    for name, y in part.known.items():
        if name in YES_OR_NO:
            row.append(1.0 if y.mean() > 0.5 else -1.0)
        else:
            row += (np.arange(DEEPEST + 1) == np.bincount(y).argmax()).astype(float).tolist()
    return np.tile(np.array(row, dtype=np.float32), (n_places, 1))


@dataclass(frozen=True)
class Measured:
    """Figures of one language, by who answers ("commonest", "untrained", "linear", "heads") and by sort of text."""

    language: Language
    n_fit: int
    n_test: int
    shares: dict[Objective, float]
    of: dict[tuple[str, str], dict[Objective, Figures]]


WHO = ("commonest", "untrained", "linear", "heads")
SORTS = ("clean", "broken")


def page(rows: Sequence[Measured], facts: Mapping[str, Any], command: str) -> str:
    """The figures in Markdown."""
    who = [each for each in WHO if any((each, SORTS[0]) in row.of for row in rows)]
    lines = [
        "# Heads that say what a token is",
        "",
        f"`{command}`, weights `{facts['model_sha256'][:12]}`, {facts['n_bytes'] / 1000:,.0f} kB of heads. Fitted to "
        f"projects of the training part ({', '.join(f'{NAMES[row.language]} {row.n_fit:,}' for row in rows)} tokens, "
        "half of the texts with slips made in them), chosen by projects of the validation part, measured on those of "
        "the test part. The network is as it was, so its bits per byte are, too.",
        "",
        "- **Clean** text, and the same documents **broken** by one to "
        f"{spoiling.MOST_SLIPS} slips each, which count by what the text was before.",
        "- **Commonest** always gives the answer that was commonest in what was fitted to; its AUC is 0.5 and its F1 0.",
        "- **Untrained** is the same heads on a network of the same shape with fresh weights.",
        "- **Linear** is a probe on the same cells without a recurrence of its own.",
        "- **Heads** is what the model's folder holds. A yes is a probability of one half or more; a depth counts where "
        f"it is exact, and from {DEEPEST} on it is {DEEPEST}.",
        "",
        "| | | " + " | ".join(f"{sort}: {each}" for sort in SORTS for each in who) + " |",
        "|---|---|" + "--:|" * (len(who) * len(SORTS)),
    ]
    for row in rows:
        for name in IN_LANGUAGE[row.language]:
            about = f"{NAMES[row.language]}: {SAID[name]}"
            if name in YES_OR_NO:
                about += f" ({row.shares[name]:.1%} of {row.n_test:,})"
            for said, of in (("accuracy", "accuracy"), ("AUC", "auc"), ("F1", "f1")):
                told = [
                    getattr(row.of[each, sort][name], of) if (each, sort) in row.of else None
                    for sort in SORTS
                    for each in who
                ]
                if any(figure is not None for figure in told):
                    cells = ["" if figure is None else f"{figure:.3f}" for figure in told]
                    lines.append(f"| {about} | {said} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


# --- The file -------------------------------------------------------------------------------------------------------


def save(folder: Path, fitted: Mapping[Language, Fitted]) -> None:
    """Write heads.safetensors of a released folder, which says for which weights it is."""
    tensors = {
        f"{language}.{name}": np.ascontiguousarray(tensor)
        for language, own in fitted.items()
        for name, tensor in own.tensors().items()
    }
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    facts = heads.metadata(
        {language: own.objectives for language, own in fitted.items()},
        config["sha256"]["model.safetensors"],
    )
    data = safetensors.numpy.save(tensors, facts)
    # Its own order of the facts is another one each time.
    (folder / HEADS).write_bytes(heads.refitted(data, facts["model_sha256"]))


# --- The command ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """How much text heads are fitted to and measured on, and how often they see it."""

    corpus: Path
    n_tokens: int
    n_test_tokens: int
    passes: int
    seed: int
    with_baselines: bool


def of_language(
    release: Release[Network], language: Language, plan: Plan
) -> tuple[Fitted, Measured]:
    """Fit and measure the heads of a language."""
    texts: dict[str, list[Sample]] = {}
    for name, split, n_tokens, share in (
        ("train", "train", plan.n_tokens, 0.5),
        ("valid", "valid", plan.n_test_tokens, 0.5),
        ("clean", "test", plan.n_test_tokens, 0.0),
        ("broken", "test", plan.n_test_tokens, 1.0),
    ):
        drawn = documents(plan.corpus, language, split, n_tokens, plan.seed)  # type: ignore[arg-type]
        texts[name] = samples(
            drawn, language, release.tokenizer, n_tokens, share, plan.seed + _SEEDS[name]
        )
        if not texts[name]:
            raise click.ClickException(f"the {split} part of {language} has no text to take")
    tag = release.tokenizer.tag(language)
    parts = _read(release.network, tag, texts, language)
    train, valid = parts["train"], parts["valid"]
    n_cells = train.cells.shape[1]
    n_said = sum(map(n_answers, train.known))
    torch.manual_seed(plan.seed)
    res = fit(Recurrent(n_cells, n_said, *_SHAPE), train, valid, plan.passes, plan.seed)
    told: dict[tuple[str, str], dict[Objective, Figures]] = {}

    def tell(who: str, fitted: Fitted) -> None:
        for sort in SORTS:
            told[who, sort] = figures(fitted.answers(parts[sort]), parts[sort])

    for sort in SORTS:
        constant = commonest(train, len(parts[sort].cells))
        told["commonest", sort] = figures(constant, parts[sort])
    tell("heads", res)
    if plan.with_baselines:
        tell("linear", fit(Linear(n_cells, n_said), train, valid, plan.passes, plan.seed))
        del train, valid
        parts.clear()
        parts |= _read(fresh(release.network.config, plan.seed), tag, texts, language)
        module = Recurrent(n_cells, n_said, *_SHAPE)
        tell("untrained", fit(module, parts["train"], parts["valid"], plan.passes, plan.seed))
    shares = {name: float(y.mean()) for name, y in parts["clean"].known.items()}
    n_fit, n_test = (sum(len(each.ids) for each in texts[name]) for name in ("train", "clean"))
    return res, Measured(language, n_fit, n_test, shares, told)


def _read(
    network: Network, tag: int, texts: Mapping[str, Sequence[Sample]], language: Language
) -> dict[str, Part]:
    return {name: read(network, tag, own, f"{language} {name}") for name, own in texts.items()}


@click.command(name="heads")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A folder that MODEL is copied to with its heads; MODEL itself if not given.",
)
@click.option(
    "--page",
    "page_file",
    type=click.Path(path_type=Path),
    default=Path("bench/results/heads.md"),
    show_default=True,
)
@click.option(
    "--language",
    "languages",
    type=click.Choice(LANGUAGES),
    multiple=True,
    help="For these alone; there are no heads for others then.",
)
@click.option("--tokens", default=600_000, show_default=True, help="Fitted to, of each language.")
@click.option("--test-tokens", default=60_000, show_default=True, help="Measured on.")
@click.option("--passes", default=8, show_default=True, help="Times that all tokens are seen.")
@click.option("--seed", default=0, show_default=True)
@click.option("--baselines/--no-baselines", default=True, show_default=True, help="To compare.")
def command(
    model: Path,
    corpus: Path,
    out: Path | None,
    page_file: Path,
    languages: tuple[Language, ...],
    tokens: int,
    test_tokens: int,
    passes: int,
    seed: int,
    baselines: bool,
) -> None:
    """Fit the heads that say what is a string, a link, text, and how deep it is nested."""
    began = time.monotonic()
    release = weights.load(model, "cpu", torch.float32)
    plan = Plan(corpus, tokens, test_tokens, passes, seed, baselines)
    fitted: dict[Language, Fitted] = {}
    rows: list[Measured] = []
    for language in languages or LANGUAGES:
        fitted[language], row = of_language(release, language, plan)
        rows.append(row)
        for name, each in row.of["heads", "clean"].items():
            click.echo(f"{language:7} {name:10} {each}")
    folder = out or model
    if folder != model:
        shutil.copytree(model, folder, dirs_exist_ok=True)
    save(folder, fitted)
    facts = {
        "model_sha256": release.config["sha256"]["model.safetensors"],
        "n_bytes": (folder / HEADS).stat().st_size,
    }
    asked = f"python -m models heads {model} --tokens {tokens} --test-tokens {test_tokens} --passes {passes} --seed {seed}"
    page_file.write_text(page(rows, facts, asked), encoding="utf-8")
    click.echo(f"{folder / HEADS} and {page_file} in {time.monotonic() - began:.0f} s")
