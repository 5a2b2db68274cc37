"""Additions instead of products: the same numbers, and no multiplication where there shall be none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bench.ternary import Product, Ternary, by_c, by_numpy, compiled, main, read, scorer_of
from lm_lint import packing
from models import quantize
from tests.sources import SOURCES

RNG = np.random.default_rng(8)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    return compiled(tmp_path_factory.mktemp("ternary"))


@pytest.fixture(params=["numpy", "c"])
def product(request: pytest.FixtureRequest) -> Product:
    return by_numpy if request.param == "numpy" else by_c(request.getfixturevalue("library"))


@pytest.fixture(scope="module")
def folder(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("few") / "ternary"
    arguments = [str(tiny_folder), "--out", str(out), "--nearest", "--bits", "2"]
    done = CliRunner().invoke(quantize.command, arguments)
    assert done.exit_code == 0, done.output
    return out


def matrix(n_rows: int, n_columns: int) -> tuple[packing.Packed, Ternary]:
    integers = RNG.integers(-1, 2, (n_rows, n_columns))
    integers[0] = 0
    integers[1] = -1
    packed = packing.pack(2, integers, RNG.random((n_rows, 1)).astype(np.float16))
    res = Ternary.of(packed)
    assert res is not None
    return packed, res


@pytest.mark.parametrize("n_vectors", [1, 63, 64, 130])  # within a block, a whole one, more
def test_additions_give_the_product(product: Product, n_vectors: int) -> None:
    packed, ternary = matrix(7, 36)
    x = RNG.normal(0, 1, (n_vectors, 36)).astype(np.float32)
    np.testing.assert_allclose(product(x, ternary), x @ packed.dense().T, atol=1e-5)


def test_bits_of_a_text_are_the_same(folder: Path, product: Product) -> None:
    expected = read(scorer_of(folder, None), SOURCES["c"], 1)
    scorer = scorer_of(folder, product)
    found = read(scorer, SOURCES["c"], 1)
    np.testing.assert_allclose(found.bits, expected.bits, atol=1e-4)
    names = {"embedding", "bigrams", "mixers.0.w_in", "mlps.1.w_out"}
    assert names <= set(scorer.release.network.ternary)
    assert 0 < found.product_ms <= found.ms


def test_operations_are_counted(folder: Path) -> None:
    """One vector through one matrix, counted by hand."""
    dense, adding = (scorer_of(folder, each).release.network for each in (None, by_numpy))
    name = "mixers.0.w_in"
    n_rows, n_columns = packing.read((folder / "model.safetensors").read_bytes())[name].shape
    x = np.ones((1, n_columns), dtype=np.float32)
    dense.linear(x, name)
    adding.linear(x, name)
    assert dense.operations["multiplications"] == n_rows * n_columns
    assert dense.operations["additions"] == n_rows * (n_columns - 1)
    n_weights = np.count_nonzero(packing.dense((folder / "model.safetensors").read_bytes())[name])
    assert adding.operations["multiplications"] == n_rows
    assert adding.operations["additions"] == n_weights - n_rows
    assert n_weights < n_rows * n_columns


def test_only_ternary_rows_with_one_scale_are_taken() -> None:
    scales = np.ones((4, 1), dtype=np.float16)
    wide = packing.pack(4, np.full((4, 8), 3), scales)
    grouped = packing.pack(2, np.ones((4, 8), int), np.ones((4, 2), dtype=np.float16))
    assert Ternary.of(wide) is None
    assert Ternary.of(grouped) is None
    assert Ternary.of(np.ones((4, 8), dtype=np.float32)) is None
    assert Ternary.of(packing.pack(4, np.ones((4, 8), int), scales)) is not None


def test_the_compiled_kernel_multiplies_no_numbers(library: Path) -> None:
    if shutil.which("objdump") is None:
        pytest.skip("no objdump")
    command = ["objdump", "-d", "--no-show-raw-insn", str(library)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    body = told.partition("<ternary>:")[2].partition("\n\n")[0]
    assert re.search(r"\bv?f?add\w*", body), "not the kernel"
    assert not re.findall(r"\bv?fn?m(?:ul|add|sub|la|ls)\w*|\bv?mul[ps][sd]\b", body)


def test_a_folder_without_ternary_matrices_is_refused(tiny_folder: Path) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    done = CliRunner().invoke(main, [str(tiny_folder), "--rounds", "1"])
    assert done.exit_code == 1
    assert "no ternary matrices" in done.output
