"""Ternary weights with additions only: are the bits the same, what is saved, and what does it cost?

    python -m bench.ternary runs/ladder-small-all-ternary/released

A row of a ternary matrix is one scale times weights of -1, 0 and 1, so its product with x is a sum of some entries of x,
less the sum of some others, and one multiplication. Four ways to read a document are held against each other: the
product's own (weights widened to float32, a matrix product of BLAS), additions in numpy, and additions in C
(bench/ternary.c, compiled here by cc), all on one core. Nothing of this is in the product.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

# Before numpy is loaded: one core for all.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import click
import numpy as np
import numpy.typing as npt

from bench.light import broken_text
from lm_lint import packing
from lm_lint import release as releases
from lm_lint.light import Floats, LightNetwork
from lm_lint.light_scorer import LightScorer
from lm_lint.packing import Compact, Packed
from lm_lint.shape import NetworkConfig

SOURCE = Path(__file__).with_suffix(".c")
LANES = 64  # tokens side by side; as in ternary.c


@dataclass(frozen=True)
class Ternary:
    """A matrix (R, C) by the places of its weights.

    columns  (nonzero,) uint16, row after row: first where the weight is 1, then where it is -1
    starts   (2 R + 1,) int32, where in `columns` these begin
    scales   (R,) float32
    """

    columns: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int32]
    scales: Floats
    n_columns: int

    @classmethod
    def of(cls, tensor: Floats | Compact) -> Ternary | None:
        """None where the matrix is not ternary with one scale for each row."""
        if not isinstance(tensor, Packed) or tensor.scales.shape[1] != 1:
            return None
        signs = tensor.bytewise().codes.astype(np.int16) - 128
        if np.abs(signs).max() > 1:
            return None
        parts = [np.flatnonzero(row == sign) for row in signs for sign in (1, -1)]
        starts = np.cumsum([0, *map(len, parts)], dtype=np.int32)
        columns = np.concatenate(parts).astype(np.uint16)
        return cls(columns, starts, tensor.scales[:, 0].astype(np.float32), signs.shape[1])


Product = Callable[[Floats, Ternary], Floats]


def by_numpy(x: Floats, matrix: Ternary) -> Floats:
    """x (N, C) -> (N, R), row by row."""
    by_column = np.ascontiguousarray(x.T)
    res = np.empty((len(matrix.scales), len(x)), dtype=np.float32)
    for row, start in enumerate(range(0, len(matrix.starts) - 1, 2)):
        first, second, end = matrix.starts[start : start + 3]
        plus = by_column[matrix.columns[first:second]].sum(axis=0)
        minus = by_column[matrix.columns[second:end]].sum(axis=0)
        np.subtract(plus, minus, out=res[row])
    scaled: Floats = np.ascontiguousarray(res.T) * matrix.scales
    return scaled


def compiled(folder: Path) -> Path:
    """The library of ternary.c. Raises OSError or CalledProcessError where there is no compiler for it."""
    library = folder / "ternary.so"
    command = ["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True)
    return library


def by_c(library: Path) -> Product:
    function = ctypes.CDLL(str(library)).ternary
    function.restype = None

    def product(x: Floats, matrix: Ternary) -> Floats:
        """x (N, C) -> (N, R)"""
        n_blocks = -(-len(x) // LANES)
        padded = np.zeros((n_blocks * LANES, matrix.n_columns), dtype=np.float32)
        padded[: len(x)] = x
        blocks = padded.reshape(n_blocks, LANES, -1).swapaxes(1, 2).copy()  # (blocks, C, LANES)
        res = np.empty((n_blocks, len(matrix.scales), LANES), dtype=np.float32)
        function(
            *(blocks.ctypes, matrix.columns.ctypes, matrix.starts.ctypes, res.ctypes),
            *(len(matrix.scales), matrix.n_columns, n_blocks),
        )
        by_token = res.swapaxes(1, 2).reshape(n_blocks * LANES, -1)[: len(x)]
        return np.multiply(by_token, matrix.scales)

    return product


class AddingNetwork(LightNetwork):
    """The network with ternary matrices multiplied in another way.

    operations  of all matrices so far; product_s  what they took of the processor, the head too
    """

    def __init__(
        self,
        config: NetworkConfig,
        tensors: Mapping[str, Floats | Compact],
        product: Product | None,
    ) -> None:
        super().__init__(config, tensors)
        found = {name: Ternary.of(tensor) for name, tensor in tensors.items() if product}
        self.ternary = {name: matrix for name, matrix in found.items() if matrix}
        self.product = product
        self.operations: Counter[str] = Counter()
        self.product_s = 0.0

    def linear(self, x: Floats, name: str) -> Floats:
        start = time.process_time()
        res = self._linear(x, name)
        self.product_s += time.process_time() - start
        return res

    def _linear(self, x: Floats, name: str) -> Floats:
        n_rows, n_columns = self._tensors[name].shape
        n_vectors = x.size // n_columns
        matrix = self.ternary.get(name)
        if matrix is None or self.product is None:
            self.operations["multiplications"] += n_vectors * n_rows * n_columns
            self.operations["additions"] += n_vectors * n_rows * (n_columns - 1)
            return super().linear(x, name)
        self.operations["multiplications"] += n_vectors * n_rows
        self.operations["additions"] += n_vectors * max(0, len(matrix.columns) - n_rows)
        res = self.product(x.reshape(-1, n_columns), matrix)
        return res.reshape(*x.shape[:-1], n_rows)


def multiplications_besides(config: NetworkConfig) -> int:
    """Those of a token outside of its matrices: norms, convolutions, gates, attention over a whole window.

    Divisions count, exponentials do not.
    """
    width, n_attending = config.width, len(config.attention_layers)
    n_recurrent = config.n_layers - n_attending
    norms = 2 * width * (2 * config.n_layers + 2)
    recurrences = n_recurrent * width * (config.conv_width + 5)
    attention = n_attending * (
        width * (2 * config.window + 13) + config.window * config.n_heads * 2
    )
    return norms + recurrences + attention + config.n_layers * 2 * config.mlp_width


def scorer_of(folder: Path, product: Product | None) -> LightScorer:
    parts = releases.read(folder)
    network = AddingNetwork(parts.shape, packing.read(parts.weights), product)
    return LightScorer(parts.release(network))


@dataclass(frozen=True)
class Reading:
    """Bits of a text's tokens; of the processor for 1,000 of them, the least of some rounds, and of that in products."""

    bits: npt.NDArray[np.float32]
    ms: float
    product_ms: float


def read(scorer: LightScorer, text: str, n_rounds: int) -> Reading:
    network = scorer.release.network
    assert isinstance(network, AddingNetwork)
    rounds: list[Reading] = []
    for _ in range(n_rounds):
        start, before = time.process_time(), network.product_s
        bits = scorer.score_many([(text, "c")])[0].surprisal_bits
        taken_s, product_s = time.process_time() - start, network.product_s - before
        rounds.append(Reading(bits, 1e6 * taken_s / len(bits), 1e6 * product_s / len(bits)))
    return min(rounds, key=lambda each: each.ms)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--rounds", default=5, show_default=True, help="Of timing; the best counts.")
def main(folder: Path, rounds: int) -> None:
    """Read a file with the ternary weights in FOLDER, in every way."""
    text = broken_text()[0]
    with tempfile.TemporaryDirectory() as place:
        ways: dict[str, tuple[Product | None, int]] = {
            "widened, BLAS": (None, rounds),
            "additions, C": (by_c(compiled(Path(place))), rounds),
            "additions, numpy": (by_numpy, 1),
        }
        click.echo(
            "| | multiplications | additions | ms for 1,000 tokens | of that in products "
            "| bits apart at most |"
        )
        click.echo("|---|" + "--:|" * 5)
        expected: Reading | None = None
        for name, (product, n_rounds) in ways.items():
            scorer = scorer_of(folder, product)
            network = scorer.release.network
            assert isinstance(network, AddingNetwork)
            if product and not network.ternary:
                raise click.ClickException(f"{folder} holds no ternary matrices")
            found = read(scorer, text, n_rounds)
            expected = expected or found
            n_read = n_rounds * len(found.bits)
            each = {kind: n / n_read for kind, n in network.operations.items()}
            click.echo(
                f"| {name} | {each['multiplications']:,.0f} | {each['additions']:,.0f} "
                f"| {found.ms:.0f} | {found.product_ms:.0f} "
                f"| {np.abs(found.bits - expected.bits).max():.6f} |"
            )
    besides = multiplications_besides(network.config)
    click.echo(f"Operations are those of matrices, for each token; besides, {besides:,} products.")


if __name__ == "__main__":
    main()
