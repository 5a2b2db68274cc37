"""From a scaling study to the size that a time on a machine is best spent on.

    python -m models scaling models/studies/scaling.json --hours 1 --hours 10

    takes  what `python -m models study` wrote: networks of several sizes, each trained on several numbers of tokens
    gives  the curve, what it predicts, and a picture beside the study

The curve is L(N, D) = E + A / N^a + B / D^b (Hoffmann et al. 2022, arXiv 2203.15556, section 3.3): N parameters that
take part in matrix products, D tokens, L bits per byte. It is fitted to log L by L-BFGS from many starts, with their
Huber loss. The pace of a size is interpolated between those that were measured.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from lm_lint.shape import NetworkConfig

HUBER = 1e-3
FEWEST = 6  # points that five unknowns may be fitted to


@dataclass(frozen=True)
class Point:
    """One training: parameters in matrix products, tokens, bits per byte (mean of the languages), tokens a second."""

    parameters: float
    tokens: float
    bits: float
    pace: float


@dataclass(frozen=True)
class Curve:
    """L(N, D) = E + A / N^alpha + B / D^beta, in bits per byte; A and B as their logarithms."""

    floor: float
    log_a: float
    alpha: float
    log_b: float
    beta: float

    def bits(self, parameters: float, tokens: float) -> float:
        of_size = math.exp(self.log_a - self.alpha * math.log(parameters))
        return self.floor + of_size + math.exp(self.log_b - self.beta * math.log(tokens))


@dataclass(frozen=True)
class Best:
    """The size that a time is best spent on, of those the study reaches or a little beyond."""

    hours: float
    parameters: float
    tokens: float
    bits: float


def multiplied(settings: dict[str, Any], network: NetworkConfig) -> int:
    """Parameters that take part in matrix products: all but the table of pairs, which is only looked up."""
    own = {k.removeprefix("network."): v for k, v in settings.items() if k.startswith("network.")}
    shapes = NetworkConfig.from_dict({**network.to_dict(), **own}).parameters()
    return sum(math.prod(shape) for name, shape in shapes.items() if name != "bigrams")


def points(results: Sequence[dict[str, Any]], network: NetworkConfig) -> list[Point]:
    """The study's rows as points; `network` is that of its config."""
    return [
        Point(
            multiplied(result["settings"], network),
            result["tokens"],
            float(np.mean(list(result["bits_per_byte"].values()))),
            result["tokens_per_second"],
        )
        for result in results
    ]


def fit(given: Sequence[Point]) -> Curve:
    """The curve nearest to the points. Raises ValueError for fewer than `FEWEST` of them."""
    if len(given) < FEWEST:
        raise ValueError(f"{len(given)} points; five unknowns want at least {FEWEST}")
    log_n = torch.tensor([math.log(p.parameters) for p in given], dtype=torch.float64)
    log_d = torch.tensor([math.log(p.tokens) for p in given], dtype=torch.float64)
    log_l = torch.tensor([math.log(p.bits) for p in given], dtype=torch.float64)

    def loss_of(at: torch.Tensor) -> torch.Tensor:
        log_e, log_a, alpha, log_b, beta = at
        terms = torch.stack([log_e.expand_as(log_n), log_a - alpha * log_n, log_b - beta * log_d])
        apart = torch.logsumexp(terms, 0) - log_l
        return torch.nn.functional.huber_loss(
            apart, torch.zeros_like(apart), delta=HUBER, reduction="sum"
        )

    best: tuple[float, torch.Tensor] | None = None
    starts = itertools.product((-2.0, -0.5), (1.0, 4.0), (0.2, 0.5), (1.0, 4.0), (0.2, 0.5))
    for start in starts:
        at = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        search = torch.optim.LBFGS([at], max_iter=500, line_search_fn="strong_wolfe")

        def closure(at: torch.Tensor = at, search: torch.optim.LBFGS = search) -> torch.Tensor:
            search.zero_grad()
            loss = loss_of(at)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss

        search.step(closure)  # type: ignore[no-untyped-call]
        loss = float(loss_of(at.detach()))
        if math.isfinite(loss) and (best is None or loss < best[0]):
            best = loss, at.detach()
    assert best is not None
    log_e, log_a, alpha, log_b, beta = best[1].tolist()
    return Curve(math.exp(log_e), log_a, alpha, log_b, beta)


def pace(given: Sequence[Point], parameters: float) -> float:
    """Tokens a second of a network of that size, on a line through the logarithms of those measured."""
    by_size: dict[float, float] = {}
    for p in given:
        by_size[p.parameters] = max(by_size.get(p.parameters, 0.0), p.pace)
    x, y = np.log(sorted(by_size)), np.log([by_size[size] for size in sorted(by_size)])
    at = math.log(parameters)
    if x[0] <= at <= x[-1]:
        return float(np.exp(np.interp(at, x, y)))
    ends = slice(0, 2) if at < x[0] else slice(-2, None)
    slope = np.diff(y[ends])[0] / np.diff(x[ends])[0]
    return float(np.exp(y[ends][0] + slope * (at - x[ends][0])))


def best(curve: Curve, given: Sequence[Point], hours: float, threads: float = 1.0) -> Best:
    """Where the curve is lowest among the networks that see what they can in this time.

    threads  how many times the pace of one thread is reached, as by data-parallel processes
    """
    sizes = [p.parameters for p in given]
    tried = np.geomspace(min(sizes) / 3, max(sizes) * 10, 400)
    seconds = hours * 3600 * threads
    found = [
        Best(hours, n, seconds * pace(given, n), curve.bits(n, seconds * pace(given, n)))
        for n in tried.tolist()
    ]
    return min(found, key=lambda b: b.bits)


def draw(curve: Curve, given: Sequence[Point], path: Path) -> None:
    """Bits per byte against tokens for each size, measured and fitted."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.5, 4.8), layout="constrained")
    sizes = sorted({p.parameters for p in given})
    all_tokens = [p.tokens for p in given]
    along = np.geomspace(min(all_tokens) / 1.3, max(all_tokens) * 4, 60)
    for size, colour in zip(
        sizes, pyplot.get_cmap("viridis")(np.linspace(0, 0.85, len(sizes))), strict=True
    ):
        own = sorted((p.tokens, p.bits) for p in given if p.parameters == size)
        axes.plot([t / 1e6 for t, _ in own], [b for _, b in own], "o", color=colour)
        fitted = [curve.bits(size, t) for t in along]
        axes.plot(along / 1e6, fitted, color=colour, linewidth=1)
        axes.annotate(
            f"{size / 1e6:.1f} M",
            (along[-1] / 1e6, fitted[-1]),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlabel="millions of tokens seen", ylabel="bits per byte, mean of C, HTML and Python")
    axes.set_title("Points: one training each. Lines: the fitted curve.", fontsize=10, loc="left")
    ticks = [1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0]
    axes.set_yticks(ticks, [f"{t:g}" for t in ticks])
    axes.yaxis.set_minor_formatter("")
    marks = [1, 2, 5, 10, 20]
    axes.set_xticks(marks, [str(m) for m in marks])
    axes.xaxis.set_minor_formatter("")
    axes.set_xlim(along[0] / 1e6, along[-1] / 1e6 * 1.6)  # room for the sizes
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


@click.command("scaling")
@click.argument("results", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path("models/configs/study.toml"),
    show_default=True,
    help="The config that the study names.",
)
@click.option("--hours", type=float, multiple=True, default=(1.0, 3.0, 10.0, 100.0))
@click.option("--threads", default=1.8, show_default=True, help="Times the pace of one thread.")
def command(results: Path, config: Path, hours: tuple[float, ...], threads: float) -> None:
    """Fit the curve to a study's RESULTS, and say what a time is best spent on."""
    from models.train import read_config

    network = read_config(config, {}).network
    given = points(json.loads(results.read_text(encoding="utf-8")), network)
    try:
        curve = fit(given)
    except ValueError as error:
        raise click.ClickException(f"{results}: {error}") from error
    apart = [abs(math.log(curve.bits(p.parameters, p.tokens) / p.bits)) for p in given]
    click.echo(
        f"L = {curve.floor:.3f} + {math.exp(curve.log_a):.4g} / N^{curve.alpha:.3f} "
        f"+ {math.exp(curve.log_b):.4g} / D^{curve.beta:.3f}; points lie "
        f"{100 * float(np.mean(apart)):.2f}% from it, at most {100 * max(apart):.2f}%"
    )
    click.echo("| hours | parameters, M | tokens, M | bits per byte |\n|--:|--:|--:|--:|")
    for h in hours:
        b = best(curve, given, h, threads)
        click.echo(f"| {h:g} | {b.parameters / 1e6:.1f} | {b.tokens / 1e6:.0f} | {b.bits:.3f} |")
    draw(curve, given, results.with_suffix(".png"))
