"""Which cells of a model's recurrence follow something a person can see, and how well.

    takes  a released folder and data/corpus
    gives  cells.json in the folder, and a page of figures

Cells are searched and probes are fitted on the held-out projects of the validation part; the figures are of those of
the test part. Beside them stand the commonest answer and an untrained network of the same shape: what a random
network says of the text is already much (Zhang and Bowman 2018, arXiv 1809.10040).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from tqdm import tqdm

from lm_lint import activations, cells, light_scorer
from lm_lint.cells import IN_LANGUAGE, SAID, Cell, KnownCell, Property
from lm_lint.light import LightNetwork
from lm_lint.light_scorer import LightScorer
from lm_lint.model import Network, NetworkConfig
from lm_lint.release import Release
from lm_lint.text import LANGUAGES, Language
from models import heldout, labels, probing
from models.evaluate import NAMES
from models.probing import Figures, Floats, Labels
from models.records import Split

_EXACT: tuple[Property, ...] = ("depth", "open-tags")  # properties whose exact value is asked for
_KEPT = 5  # cells of each property in the file
_SPREAD = 0.99  # this share of the values lies within `spread` of `middle`


@dataclass(frozen=True)
class Part:
    """Places of some documents: what every cell holds there, and what is true there.

    states  (N, L * D) float32, the recurrent layers side by side
    labels  (N,) each
    digest  of the documents
    """

    states: Floats
    labels: dict[Property, Labels]
    n_documents: int
    digest: str

    def some(self, most: int, seed: int) -> Part:
        """At most so many of the places, drawn evenly."""
        n_places = len(self.states)
        if n_places <= most:
            return self
        chosen = np.sort(np.random.default_rng(seed).choice(n_places, most, replace=False))
        known = {name: y[chosen] for name, y in self.labels.items()}
        return Part(self.states[chosen], known, self.n_documents, self.digest)


@dataclass(frozen=True)
class Row:
    """One property in one language, measured.

    probes     by layer, of the trained network and of the untrained one
    known      the best cells, best first by the part that was searched
    """

    language: Language
    property: Property
    n_fit: int
    n_test: int
    chance: Figures
    cell: Figures
    cell_untrained: Figures
    probes: dict[int, Figures]
    probes_untrained: dict[int, Figures]
    known: tuple[KnownCell, ...]


def fresh(config: NetworkConfig, seed: int) -> Network:
    """A network of that shape before it learnt anything."""
    res = Network(config)
    res.initialize(seed)
    return res.eval()


def untrained(scorer: LightScorer, seed: int) -> LightScorer:
    """The same, for texts that are read with numpy."""
    network = fresh(scorer.config, seed)
    with torch.no_grad():
        tensors = {name: t.float().numpy() for name, t in network.state_dict().items()}
    release = scorer.release
    light = LightNetwork(scorer.config, tensors)
    return LightScorer(Release(light, release.tokenizer, release.config, release.folder))


def read(scorer: LightScorer, documents: Sequence[heldout.Heldout], language: Language) -> Part:
    """Every place of the documents."""
    config = scorer.config
    every = activations.every_cell(config)
    states: list[Floats] = []
    known: list[dict[Property, Labels]] = []
    for document in tqdm(documents, desc=NAMES[language], leave=False, disable=None):
        ends = scorer.tokenizer.encode(document.text).bounds[1:]
        states.append(activations.of_text(scorer, document.text, language, every))
        known.append(labels.labels(document.text, language, ends))
    return Part(
        np.concatenate(states),
        {name: np.concatenate([each[name] for each in known]) for name in known[0]},
        len(documents),
        heldout.digest(documents),
    )


def measure(
    language: Language,
    fit: Part,
    test: Part,
    bare_fit: Part,
    bare_test: Part,
    layers: Sequence[int],
    width: int,
    most_probed: int,
) -> list[Row]:
    """The figures of all properties of a language.

    bare_fit, bare_test  the same places, as an untrained network sees them
    layers               the recurrent layers, in the order of the states' columns
    most_probed          places that a probe is fitted to
    """
    res = []
    probed, bare_probed = fit.some(most_probed, 1), bare_fit.some(most_probed, 1)
    for name in IN_LANGUAGE[language]:
        y, y_test = fit.labels[name], test.labels[name]
        if not (np.ptp(y) and np.ptp(y_test)):
            click.echo(f"{language}: {name} never changes in this sample, left out")
            continue
        exact = name in _EXACT
        best, bare_best = _best(fit, name), _best(bare_fit, name)
        cell = _of_cell(fit, test, name, best[0])
        bare = _of_cell(bare_fit, bare_test, name, bare_best[0])
        probes = _probes(probed, test, name, layers, width)
        bare_probes = _probes(bare_probed, bare_test, name, layers, width)
        known = tuple(_known(fit, test, name, language, column, layers, width) for column in best)
        chance = probing.chance(y, y_test, exact)
        res.append(
            Row(language, name, len(y), len(y_test), chance, cell, bare, probes, bare_probes, known)
        )
        click.echo(f"{language:7} {name:12} cell {known[0].cell} {cell}")
    return res


def _best(part: Part, name: Property) -> list[int]:
    """The columns of the best cells, best first."""
    scores = probing.cell_scores(part.states, part.labels[name])
    res: list[int] = np.argsort(-scores, kind="stable")[:_KEPT].tolist()
    return res


def _of_cell(fit: Part, test: Part, name: Property, column: int) -> Figures:
    return probing.of_cell(
        (fit.states[:, column], fit.labels[name]),
        (test.states[:, column], test.labels[name]),
        name in _EXACT,
    )


def _probes(
    fit: Part, test: Part, name: Property, layers: Sequence[int], width: int
) -> dict[int, Figures]:
    res = {}
    for at, layer in enumerate(layers):
        own = slice(at * width, (at + 1) * width)
        res[layer] = probing.of_probe(
            (fit.states[:, own], fit.labels[name]),
            (test.states[:, own], test.labels[name]),
            name in _EXACT,
        )
    return res


def _known(
    fit: Part,
    test: Part,
    name: Property,
    language: Language,
    column: int,
    layers: Sequence[int],
    width: int,
) -> KnownCell:
    values, y = fit.states[:, column], fit.labels[name]
    if probing.is_yes_or_no(y):
        middle, sign = probing.threshold(values, y)
    else:
        middle = float(values.mean())
        sign = 1 if probing.correlations(values[:, None], y)[0] >= 0 else -1
    spread = float(np.quantile(np.abs(values - middle), _SPREAD))
    figures = _of_cell(fit, test, name, column)
    return KnownCell(
        Cell(layers[column // width], column % width),
        name,
        language,
        sign,
        _rounded(middle),
        max(_rounded(spread), 1e-6),
        figures.measure,
        round(figures.score, 4),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


# --- The page -------------------------------------------------------------------------------------------------------


def page(rows: Sequence[Row], facts: dict[str, Any], command: str) -> str:
    """The figures in Markdown."""
    lines = [
        "# Cells that follow the text",
        "",
        f"`{command}` (seed {facts['seed']}), weights `{facts['model_sha256'][:12]}`. Searched and fitted on held-out "
        "projects of the validation part, measured on those of the test part; a place is what follows a token.",
        "",
        "- **Chance** answers what was commonest in the fitted part; R² and AUC are 0 and 0.5 then.",
        "- **Untrained** is a network of the same shape with fresh weights, searched and fitted in the same way.",
        "- **Cell** is the best single cell: R² of a straight line, AUC of its value; its accuracy is that of the commonest "
        "answer for about its value (32 parts).",
        f"- **Probe** is linear over the {facts['width']} cells of one layer: ridge regression for R², logistic regression for "
        "the rest. The best layer is shown; the second table has all.",
        f"- Depth is exact up to {probing.DEEPEST}; deeper counts as {probing.DEEPEST}. Characters of a line beyond "
        f"{labels.LONGEST} do not count.",
        "",
        "| | | places | chance | cell, untrained | cell | probe, untrained | probe |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        best, bare = _best_probe(row.probes), _best_probe(row.probes_untrained)
        measured = (
            ("AUC", "auc") if row.chance.auc is not None else ("R²", "r2"),
            ("accuracy", "accuracy"),
        )
        for said, name in measured:
            if getattr(row.chance, name) is None:
                continue
            figures = [
                getattr(each, name)
                for each in (row.chance, row.cell_untrained, row.cell, bare[1], best[1])
            ]
            told = [f"{figure:.3f}" for figure in figures]
            told[2] += f" ({row.known[0].cell})"
            told[4] += f" (layer {best[0]})"
            lines.append(
                f"| {NAMES[row.language]}: {SAID[row.property]} | {said} | {row.n_test:,} | {' | '.join(told)} |"
            )
    return "\n".join([*lines, "", *_by_layer(rows), "", *_named(rows), ""])


def _best_probe(probes: dict[int, Figures]) -> tuple[int, Figures]:
    return max(probes.items(), key=lambda each: each[1].score)


def _by_layer(rows: Sequence[Row]) -> list[str]:
    layers = list(rows[0].probes)
    res = [
        "## By layer",
        "",
        "AUC or R² of the probe, of the untrained network in brackets. Layers that are missing attend and have no cells.",
        "",
        "| | " + " | ".join(f"layer {layer}" for layer in layers) + " |",
        "|---|" + "--:|" * len(layers),
    ]
    for row in rows:
        cells_ = [
            f"{row.probes[layer].score:.3f} ({row.probes_untrained[layer].score:.3f})"
            for layer in layers
        ]
        res.append(f"| {NAMES[row.language]}: {row.property} | {' | '.join(cells_)} |")
    return res


def _named(rows: Sequence[Row]) -> list[str]:
    res = ["## The best cells", "", "LAYER:UNIT with AUC or R² on the test part.", ""]
    for row in rows:
        told = ", ".join(f"`{each.cell}` {each.score:.3f}" for each in row.known)
        res.append(f"- {NAMES[row.language]}, {row.property}: {told}")
    return res


@click.command(name="cells")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--page",
    "page_file",
    type=click.Path(path_type=Path),
    default=Path("bench/results/cells.md"),
    show_default=True,
)
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--max-bytes", default=45_000, show_default=True, help="Of each language and part.")
@click.option(
    "--most-probed", default=8_000, show_default=True, help="Places a probe is fitted to."
)
@click.option("--seed", default=0, show_default=True, help="Of documents and untrained network.")
def command(
    model: Path,
    corpus: Path,
    page_file: Path,
    languages: tuple[Language, ...],
    max_bytes: int,
    most_probed: int,
    seed: int,
) -> None:
    """Find the cells that follow nesting, strings, comments and lines, and measure them."""
    began = time.monotonic()
    scorer = light_scorer.load(model)
    bare = untrained(scorer, seed)
    layers, width = activations.recurrences(scorer.config), scorer.config.width
    rows: list[Row] = []
    texts: dict[str, Any] = {}
    for language in languages or LANGUAGES:
        documents: dict[Split, list[heldout.Heldout]] = {
            split: heldout.load(corpus, language, split, max_bytes, seed)
            for split in ("valid", "test")
        }
        fit, test, bare_fit, bare_test = (
            read(each, documents[split], language)
            for each in (scorer, bare)
            for split in ("valid", "test")
        )
        rows += measure(language, fit, test, bare_fit, bare_test, layers, width, most_probed)
        texts[language] = {"searched": fit.digest, "measured": test.digest}
    facts = {"seed": seed, "text": texts}
    cells.save(model, tuple(cell for row in rows for cell in row.known), facts)
    told = {
        **facts,
        "width": width,
        "model_sha256": scorer.release.config["sha256"]["model.safetensors"],
    }
    asked = f"python -m models cells {model} --max-bytes {max_bytes} --most-probed {most_probed}"
    page_file.write_text(page(rows, told, asked), encoding="utf-8")
    click.echo(f"{model / cells.CELLS} and {page_file} in {time.monotonic() - began:.0f} s")
