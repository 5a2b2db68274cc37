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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
import safetensors.numpy
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from lm_lint import heads, weights
from lm_lint import scan as scans
from lm_lint.heads import YES_OR_NO, Objective, n_answers
from lm_lint.model import Network
from lm_lint.model_folder import HEADS
from lm_lint.release import Release
from lm_lint.text import LANGUAGES, Language
from models.cells import fresh
from models.head_figures import SORTS, Figures, Measured, commonest, figures, page
from models.head_texts import Part, Sample, documents, read_all, samples
from models.labels import Classes

_LANES, _STEP_TOKENS = 8, 128  # texts side by side where heads learn, and tokens of each in a step
_RATE, _DECAY = 2e-3, 0.2
_DROPPED = (
    0.3  # of the cells, at random, while heads learn: there are many more cells than documents
)
_LOOKS = 8  # at the validation part, while heads learn
_LEAST_DEVIATION = 1e-3  # of a cell
_SHAPE = (48, 96, 64)  # rank, width and mixed of the heads: 0.16 MB a language in float16
# Of the slips, so that no part has those of another.
_SEEDS = {"train": 0, "valid": 1, "clean": 2, "broken": 3}

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
    parts = read_all(release.network, tag, texts, language)
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
        parts |= read_all(fresh(release.network.config, plan.seed), tag, texts, language)
        module = Recurrent(n_cells, n_said, *_SHAPE)
        tell("untrained", fit(module, parts["train"], parts["valid"], plan.passes, plan.seed))
    shares = {name: float(y.mean()) for name, y in parts["clean"].known.items()}
    n_fit, n_test = (sum(len(each.ids) for each in texts[name]) for name in ("train", "clean"))
    return res, Measured(language, n_fit, n_test, shares, told)


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
