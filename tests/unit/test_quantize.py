"""From a released folder to one with weights of few bits, which both scorers read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load

from lm_lint import cells, light_scorer, packing, weights
from lm_lint.scorer import Scorer
from lm_lint.text import LANGUAGES
from models import rounding
from models.quantize import Recipe, command
from tests.sources import SOURCES

RNG = np.random.default_rng(3)


def matrix(n_rows: int = 24, n_columns: int = 32) -> rounding.Floats:
    return RNG.normal(0, 0.1, (n_rows, n_columns)).astype(np.float32)


def restored(rounded: rounding.Rounded) -> np.ndarray:
    integers, scales = rounded
    group = integers.shape[1] // scales.shape[1]
    return integers * np.repeat(scales.astype(np.float32), group, axis=1)


@pytest.mark.parametrize("bits", packing.BITS)
def test_integers_fit_in_their_bits_and_are_near(bits: int) -> None:
    weight = matrix()
    weight[3] = 0.0
    rounded = rounding.nearest(weight, bits, 16)
    most = (1 << bits - 1) - 1
    assert np.abs(rounded[0]).max() == most
    error = np.abs(restored(rounded) - weight).reshape(24, 2, 16).mean(-1)
    assert (error <= rounded[1].astype(np.float32)).all()
    np.testing.assert_array_equal(restored(rounded)[3], 0.0)


@pytest.mark.parametrize("bits", packing.BITS)
def test_compensation_makes_up_for_errors(bits: int) -> None:
    """Outputs, not weights, are what shall be near: with inputs that go together it is worth much."""
    weight = matrix()
    inputs = RNG.normal(0, 1, (500, 6)) @ RNG.normal(0, 1, (6, 32)) + RNG.normal(0, 0.2, (500, 32))
    moments = inputs.T @ inputs

    def error(rounded: rounding.Rounded) -> float:
        return float(((inputs @ (restored(rounded) - weight).T) ** 2).mean())

    plain = error(rounding.nearest(weight, bits, 16))
    assert error(rounding.compensated(weight, bits, 16, moments)) < 0.7 * plain


def test_inputs_that_never_occur_are_no_trouble() -> None:
    moments = np.zeros((32, 32))
    moments[0, 0] = 1.0
    rounded = rounding.compensated(matrix(), 4, 32, moments)
    assert np.isfinite(rounded[1]).all()


def test_groups_divide_the_columns() -> None:
    recipe = Recipe(4, 32, {"bigrams": (2, 0)})
    assert recipe.of("mlps.0.w_out", 576) == (4, 32)
    assert recipe.of("mlps.0.w_out", 40) == (4, 20)
    assert recipe.of("bigrams", 256) == (2, 256)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory, tiny_folder: Path) -> Path:
    folder = tmp_path_factory.mktemp("tokens")
    tokenizer = light_scorer.load(tiny_folder).tokenizer
    for language in LANGUAGES:
        tokenizer.ids(SOURCES[language] * 30).tofile(folder / f"{language}.train.bin")
    return folder


@pytest.mark.parametrize(
    ("options", "most_bits"),
    [(["--bits", 8], 0.05), (["--bits", 4, "--group", 8], 1.0), (["--bits", 4, "--nearest"], 1.0)],
)
def test_a_folder_of_few_bits_is_read_by_both_scorers(
    tiny_folder: Path, tmp_path: Path, tokens: Path, options: list[object], most_bits: float
) -> None:
    out = tmp_path / "few"
    done = call(tiny_folder, "--out", out, "--tokens", tokens, "--n-tokens", 3000, *options)
    assert done.exit_code == 0, done.output
    config = json.loads((out / "config.json").read_text())
    assert (
        config["quantized"]["from"]
        == json.loads((tiny_folder / "config.json").read_text())["sha256"]
    )
    by_torch = Scorer(weights.load(out, "cpu", torch.float32)).score(SOURCES["c"], "c")
    by_numpy = light_scorer.load(out).score(SOURCES["c"], "c")
    np.testing.assert_allclose(by_numpy.surprisal_bits, by_torch.surprisal_bits, atol=1e-3)
    before = light_scorer.load(tiny_folder).score(SOURCES["c"], "c")
    apart = np.abs(by_numpy.surprisal_bits - before.surprisal_bits)
    assert 0 < apart.mean() < most_bits


def test_one_matrix_may_be_treated_in_another_way(tiny_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "few"
    done = call(tiny_folder, "--out", out, "--nearest", "--but", "bigrams=4:8")
    assert done.exit_code == 0, done.output
    found = packing.read((out / "model.safetensors").read_bytes())
    assert found["bigrams"].bits == 4
    assert found["bigrams"].scales.shape == (64, 4)
    assert found["embedding"].bits == 8


def test_ternary_matrices_take_a_fifth_of_a_byte_a_weight(
    tiny_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "few"
    done = call(tiny_folder, "--out", out, "--nearest", "--bits", 2, "--but", "embedding=8")
    assert done.exit_code == 0, done.output
    data = (out / "model.safetensors").read_bytes()
    assert load(data)["mixers.0.w_in"].shape == (96, 7)  # of 32 columns
    scales = load(data)["mixers.0.w_in.scale"].numpy().astype(np.float32)
    found = packing.dense(data)["mixers.0.w_in"]
    np.testing.assert_array_equal(found, np.sign(found) * scales)
    assert set(np.unique(np.sign(found))) == {-1, 0, 1}
    by_torch = Scorer(weights.load(out, "cpu", torch.float32)).score(SOURCES["c"], "c")
    by_numpy = light_scorer.load(out).score(SOURCES["c"], "c")
    np.testing.assert_allclose(by_numpy.surprisal_bits, by_torch.surprisal_bits, atol=1e-3)


def test_the_ranking_comes_along(tiny_folder: Path, tmp_path: Path) -> None:
    calibrated = tmp_path / "calibrated"
    calibrated.mkdir()
    for path in tiny_folder.iterdir():
        (calibrated / path.name).write_bytes(path.read_bytes())
    sha256 = json.loads((tiny_folder / "config.json").read_text())["sha256"]["model.safetensors"]
    ranking = {"model_sha256": sha256, "weights": {"c": {"gain": 1.5}}}
    (calibrated / "detector.json").write_text(json.dumps(ranking))
    assert call(calibrated, "--out", tmp_path / "few", "--nearest").exit_code == 0
    assert light_scorer.load(tmp_path / "few").ranker.weights == {"c": {"gain": 1.5}}


def test_the_cells_that_are_known_come_along(tiny_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "with-cells"
    shutil.copytree(tiny_folder, folder)
    known = cells.KnownCell(cells.Cell(0, 1), "depth", "c", 1, 0.1, 0.5, "R2", 0.6)
    cells.save(folder, (known,), {})
    assert call(folder, "--out", tmp_path / "few", "--nearest").exit_code == 0
    assert cells.load(tmp_path / "few") == (known,)


def test_the_card_says_what_the_weights_are(tiny_folder: Path, tmp_path: Path) -> None:
    carded = tmp_path / "carded"
    shutil.copytree(tiny_folder, carded)
    before = json.loads((tiny_folder / "config.json").read_text())["sha256"]["model.safetensors"]
    card = f"# tiny\n\n| Parameters | 0.01 M, 0.1 MB in bfloat16 |\n| SHA-256 | `{before}` |\n"
    (carded / "CARD.md").write_text(card)
    assert call(carded, "--out", tmp_path / "few").exit_code == 0
    found = (tmp_path / "few" / "CARD.md").read_text()
    now = json.loads((tmp_path / "few" / "config.json").read_text())["sha256"]["model.safetensors"]
    assert f"| SHA-256 | `{now}` |" in found
    assert "MB in 8 bits a weight" in found
    assert f"the weights with SHA-256 `{before}`, rounded" in found
    mode = (tmp_path / "few" / "model.safetensors").stat().st_mode
    assert mode & 0o777 == (tmp_path / "few" / "config.json").stat().st_mode & 0o777


def test_what_is_wrong_is_said(tiny_folder: Path, tmp_path: Path) -> None:
    done = call(tiny_folder, "--out", tmp_path / "few", "--tokens", tmp_path, "--bits", 4)
    assert done.exit_code == 1
    assert "python -m models tokenize" in done.output
    for other in ("bigrams", "bigrams=3", "bigrams=4:x", "bigrams=4:-1"):
        done = call(tiny_folder, "--out", tmp_path / "few", "--but", other)
        assert done.exit_code == 2
        assert "bigrams=4:32" in done.output
    assert not (tmp_path / "few").exists()
