"""Fit what the detector believes: the weights of lm_lint.ranking, from slips and from correct text.

    python -m models calibrate models/small --slips DIR [--git-rows DIR] [--mined DIR]

Takes a model's folder; the tuning part of real slips, and slips that commits mended (models/mine.py);
held-out projects of the validation part, for made slips and correct text (no project of the test part,
which reports are made on). Gives `detector.json` in the folder, and the examples in runs/calibration, from which --refit starts.

An example is one cluster of problems: the features of its options and of "nothing is wrong", and
which of them is right. The weights maximize the probability of what is right, with a pull to zero.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from bench import made_slips, slips
from bench.slips import Slip
from lm_lint.detector import Detector, line_of
from lm_lint.examination import Examined
from lm_lint.text import LANGUAGES, Language
from models import heldout
from models.corpus.raw import raw_documents

# How much examples count by source. Made slips are not quite those of people, commits mend them in other places than
# students do, and correct text is rarer here than in use.
_WEIGHTS = {"made": 0.5, "mined": 0.7, "clean": 2.0}
_PULL = 0.3  # L2, in nats for a weight of 1
_FOLDS = 5


@dataclass(frozen=True)
class Example:
    """One cluster. right: the options that are right, [] when nothing is wrong there.

    group   the file or project it comes from, so that folds are made of these
    source  tracer, git, made-shaped, clean, ...
    """

    source: str
    group: str
    nothing: dict[str, float]
    options: list[dict[str, float]]
    right: list[int]
    weight: float


# --- Examples -------------------------------------------------------------------------------------


def of_slip(detector: Detector, slip: Slip) -> Iterator[Example]:
    """The clusters of a broken text. What gives a text that was meant is right; failing that, what
    stands on the right line, for half the weight."""
    meant = {tuple(slips.lexemes(slip.language, text)) for text in slip.meant}
    for examined in detector.examine(slip.broken, slip.language):
        exact = [
            i
            for i, option in enumerate(examined.options)
            if tuple(slips.lexemes(slip.language, option.candidate.apply(slip.broken))) in meant
        ]
        on_line = [
            i
            for i, option in enumerate(examined.options)
            if line_of(slip.broken, option.candidate) + 1 in slip.accept_lines
        ]
        weight = _WEIGHTS.get(slip.source.split("-")[0], 1.0) * (1.0 if exact else 0.5)
        yield _example(examined, slip.source, _group(slip), exact or on_line, weight)


def of_clean(detector: Detector, text: str, language: Language, group: str) -> Iterator[Example]:
    """The clusters of a text that is right: nothing is wrong in any."""
    for examined in detector.examine(text, language):
        yield _example(examined, "clean", group, [], _WEIGHTS["clean"])


def _group(slip: Slip) -> str:
    """A project is full of the same slip, made once and copied; of the others each is a file of its own."""
    return slip.id.rsplit("-", 2)[0] if slip.source == "mined" else slip.id


def _example(
    examined: Examined, source: str, group: str, right: list[int], weight: float
) -> Example:
    options = [dict(option.features) for option in examined.options]
    return Example(source, group, dict(examined.nothing), options, right, weight)


def materials(
    language: Language,
    data: Path,
    git_rows: Path | None,
    corpus: Path,
    n_made: int,
    n_clean: int,
    n_rows: int | None = None,
    mined: Path | None = None,
) -> Iterator[Slip | tuple[str, str]]:
    """Slips, and (name, text) of correct files: nothing of the report part, no test project.

    mined  folder with the rows of models/mine.py
    """
    known = [row for row in slips.read(data, git_rows) if row.language == language]
    rows = slips.choose(known, "tune", n_rows, seed=0)
    yield from rows
    yield from ((row.id, row.fixed) for row in rows)
    if mined and (mined / f"{language}.jsonl").is_file():
        yield from apart(slips.rows(mined / f"{language}.jsonl"), known)
    documents = heldout.load(corpus, language, "valid", 6_000_000, seed=0)
    for how in made_slips.HOW:
        share = n_made // 3 if how == "made-several" else n_made
        yield from made_slips.made(documents, language, how, share, seed=1)
    clean = [d for d in documents if 5 <= d.text.count("\n") <= 1500]
    yield from ((f"{d.project}: {d.path}", d.text) for d in clean[:n_clean])
    yield from raw_documents(language, "valid", corpus.parent, n_clean)
    yield from raw_documents(language, "train", corpus.parent, n_clean, unseen=True)


def apart(rows: Iterable[Slip], known: Iterable[Slip]) -> Iterator[Slip]:
    """The rows whose slip stands in other lines than each of those that are known, since projects copy from another."""
    taken = {_lines(slip) for slip in known}
    return (slip for slip in rows if _lines(slip) not in taken)


def _lines(slip: Slip) -> tuple[str, ...]:
    """The line of the slip with its neighbours, without layout."""
    lines = slip.broken.split("\n")
    return tuple("".join(line.split()) for line in lines[max(slip.line - 2, 0) : slip.line + 1])


# --- The fit --------------------------------------------------------------------------------------


class Fit:
    """The examples of one key as tensors; row 0 of each example is "nothing is wrong"."""

    def __init__(self, examples: list[Example], names: list[str]) -> None:
        self.names = names
        index = {name: i for i, name in enumerate(names)}
        rows, columns, values = [], [], []
        owner: list[int] = []
        right: list[bool] = []
        n_rows = 0
        for which, example in enumerate(examples):
            for i, features in enumerate([example.nothing, *example.options]):
                for name, value in features.items():
                    if name in index:
                        rows.append(n_rows)
                        columns.append(index[name])
                        values.append(value)
                owner.append(which)
                right.append(i == 0 if not example.right else i - 1 in example.right)
                n_rows += 1
        self.matrix = torch.zeros(n_rows, len(names))
        self.matrix[rows, columns] = torch.tensor(values, dtype=torch.float32)
        self.owner = torch.tensor(owner)
        self.right = torch.tensor(right)
        self.weights = torch.tensor([e.weight for e in examples])

    def log_share(self, w: Tensor) -> Tensor:
        """The log-probability of what is right in each example, in nats."""
        scores = self.matrix @ w
        n = len(self.weights)
        everything = _logsumexp(scores, self.owner, n)
        return _logsumexp(scores[self.right], self.owner[self.right], n) - everything

    def solve(self, chosen: Tensor | None = None) -> Tensor:
        """The weights that fit best (L-BFGS), from `chosen` examples only."""
        w = torch.zeros(len(self.names), requires_grad=True)
        share = self.weights if chosen is None else self.weights * chosen
        optimizer = torch.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe")

        def closure() -> float:
            optimizer.zero_grad()
            loss = -(self.log_share(w) * share).sum() + _PULL * (w * w).sum()
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.item()

        optimizer.step(closure)
        return w.detach()


def _logsumexp(scores: Tensor, owner: Tensor, n: int) -> Tensor:
    top = torch.full((n,), -1e30).scatter_reduce(0, owner, scores.detach(), "amax")
    total = torch.zeros(n).index_add(0, owner, torch.exp(scores - top[owner]))
    return top + torch.log(total.clamp_min(1e-30))


def fit(examples: list[Example]) -> tuple[dict[str, float], dict[str, Any]]:
    """The weights, and how good they are on files that had no part in them (5 folds)."""
    counts = Counter(name for e in examples for f in (e.nothing, *e.options) for name in f)
    names = sorted(name for name, count in counts.items() if count >= 3)
    problem = Fit(examples, names)
    groups = sorted({e.group for e in examples})
    fold_of = {
        group: i % _FOLDS for i, group in enumerate(np.random.default_rng(0).permutation(groups))
    }
    folds = torch.tensor([fold_of[e.group] for e in examples])
    held = torch.zeros(len(examples), len(problem.names))
    for fold in range(_FOLDS):
        held[folds == fold] = problem.solve((folds != fold).float())
    report = _report(examples, problem, held)
    weights = problem.solve()
    return {n: round(float(v), 4) for n, v in zip(names, weights, strict=True)}, report


def _report(examples: list[Example], problem: Fit, held: Tensor) -> dict[str, Any]:
    scores = (problem.matrix * held[problem.owner]).sum(1).numpy()
    res: dict[str, Counter[str]] = {}
    at = 0
    for example in examples:
        n = 1 + len(example.options)
        mine = scores[at : at + n]
        at += n
        shares = np.exp(mine - mine.max())
        shares /= shares.sum()
        counts = res.setdefault(example.source, Counter())
        counts["n"] += 1
        counts["right known"] += bool(example.right)
        best = int(shares[1:].argmax()) if len(example.options) else -1
        counts["best is right"] += best in example.right
        sure = 1.0 - shares[0]
        counts["spoken at 0.6"] += sure >= 0.6
        counts["wrong at 0.6"] += bool(sure >= 0.6 and best not in example.right)
    return {source: dict(counts) for source, counts in res.items()}


def write(target: Path, digest: str, key: str, weights: dict[str, float]) -> None:
    """Put the weights of one key among those that were fitted to the same model."""
    known: dict[str, Any] = {"weights": {}}
    if target.is_file():
        found = json.loads(target.read_text())
        known = found if found.get("model_sha256") == digest else known
    known["model_sha256"] = digest
    known["weights"][key] = weights
    target.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


# --- The command ----------------------------------------------------------------------------------


def collect(detector: Detector, language: Language, items: Iterable[Any]) -> list[Example]:
    res: list[Example] = []
    for item in items:
        if isinstance(item, Slip):
            res += of_slip(detector, item)
        else:
            res += of_clean(detector, item[1], language, item[0])
    return res


def save(path: Path, examples: list[Example]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for example in examples:
            file.write(json.dumps(asdict(example)) + "\n")


def load(path: Path) -> list[Example]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [Example(**json.loads(line)) for line in file]


@click.command("calibrate")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--slips", "data", type=click.Path(path_type=Path), required=True)
@click.option("--git-rows", type=click.Path(path_type=Path))
@click.option(
    "--mined",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Slips of python -m models mine.",
)
@click.option("--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"))
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--made", "n_made", default=240, show_default=True, help="Made slips of each way.")
@click.option("--clean", "n_clean", default=250, show_default=True, help="Correct files.")
@click.option("--rows", "n_rows", type=int, help="Real slips of each source; all without it.")
@click.option("--no-parser", is_flag=True, help="Fit the weights for surprise alone.")
@click.option("--refit", is_flag=True, help="Take the examples of the last time.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/calibration"))
def command(
    model: Path,
    data: Path,
    git_rows: Path | None,
    mined: Path | None,
    corpus: Path,
    languages: tuple[Language, ...],
    n_made: int,
    n_clean: int,
    n_rows: int | None,
    no_parser: bool,
    refit: bool,
    out: Path,
) -> None:
    """Fit the detector's weights to slips and to correct text."""
    target = model / "detector.json"
    digest = json.loads((model / "config.json").read_text())["sha256"]["model.safetensors"]
    detector = None if refit else _detector(model, parser=not no_parser)
    for language in languages or LANGUAGES:
        key = f"{language}-surprise" if no_parser else language
        stored = out / f"{key}.jsonl.gz"
        if detector is not None:
            items = list(
                materials(language, data, git_rows, corpus, n_made, n_clean, n_rows, mined)
            )
            examples = collect(detector, language, tqdm(items, desc=key, unit="file"))
            save(stored, examples)
        else:
            examples = load(stored)
        weights, report = fit(examples)
        write(target, digest, key, weights)
        for source, counts in report.items():
            click.echo(f"{key:18} {source:14} {counts}")


def _detector(model: Path, parser: bool) -> Detector:
    from lm_lint import weights
    from lm_lint.scorer import Scorer

    return Detector(Scorer(weights.load(model, "auto")), parser=parser)
