"""From several released folders to one with the mean of their weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from lm_lint import packing, weights
from lm_lint import release as releases
from lm_lint.model import Network, NetworkConfig
from models.average import Member, command, mean


def another(tiny_folder: Path, out: Path, seed: int, **changed: Any) -> Path:
    """A folder like the tiny one with other weights, and in another shape if asked."""
    config = json.loads((tiny_folder / "config.json").read_text())
    shape = NetworkConfig.from_dict(config["network"] | changed)
    network = Network(shape)
    network.initialize(seed)
    tokenizer = (tiny_folder / "tokenizer.json").read_text()
    model = weights.in_bfloat16(network.state_dict())
    weights.save(out, model, shape, tokenizer, {"name": "tiny", "weight_bits": {"w_in": 2}})
    return out


def average(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def tensors(folder: Path) -> dict[str, packing.Floats]:
    read = packing.read(releases.read(folder).weights)
    return {name: packing.as_floats(tensor) for name, tensor in read.items()}


def test_weights_are_the_mean_by_share(tiny_folder: Path, tmp_path: Path) -> None:
    other = another(tiny_folder, tmp_path / "other", 2)
    done = average(f"{tiny_folder}=1", f"{other}=3", "--out", tmp_path / "mean")
    assert done.exit_code == 0, done.output
    first, second, found = tensors(tiny_folder), tensors(other), tensors(tmp_path / "mean")
    assert set(found) == set(first)
    for name, tensor in found.items():
        expected = first[name] / 4 + second[name] * 3 / 4
        np.testing.assert_allclose(tensor, expected, rtol=2**-8, atol=1e-6)
    assert not np.allclose(found["embedding"], second["embedding"], rtol=2**-7)


def test_the_mean_of_one_is_itself(tiny_folder: Path) -> None:
    found = mean([Member(tiny_folder, 0.3)])
    for name, tensor in tensors(tiny_folder).items():
        np.testing.assert_allclose(found[name], tensor, rtol=1e-6)


def test_config_names_the_members_and_what_was_fitted_is_left_behind(
    tiny_folder: Path, tmp_path: Path
) -> None:
    other = another(tiny_folder, tmp_path / "other", 2)
    hashes = [releases.sha256_of(f / "model.safetensors") for f in (tiny_folder, other)]
    ranking = {"model_sha256": hashes[1], "weights": {"c": {"gain": 1.5}}}
    (other / "detector.json").write_text(json.dumps(ranking))
    assert average(tiny_folder, other, "--out", tmp_path / "mean").exit_code == 0
    config = json.loads((tmp_path / "mean" / "config.json").read_text())
    assert config["averaged"] == [{"sha256": each, "share": 0.5} for each in hashes]
    assert "weight_bits" not in config
    assert not (tmp_path / "mean" / "detector.json").exists()


def test_the_card_tells_of_the_mean(tiny_folder: Path, tmp_path: Path) -> None:
    other = another(tiny_folder, tmp_path / "other", 2)
    hashes = [releases.sha256_of(f / "model.safetensors") for f in (tiny_folder, other)]
    (other / "CARD.md").write_text(
        f"# lm-lint tiny\n\n| | |\n|---|---|\n| SHA-256 of model.safetensors | `{hashes[1]}` |\n\n"
        "## Bits per byte on the test projects\n\nold figures\n\n## Data\n\nwhat it was trained on\n"
    )
    assert average(f"{tiny_folder}=1", f"{other}=3", "--out", tmp_path / "mean").exit_code == 0
    card = (tmp_path / "mean" / "CARD.md").read_text()
    now = releases.sha256_of(tmp_path / "mean" / "model.safetensors")
    assert f"`{now}`" in card
    assert f"| Mean | 25% `{hashes[0][:12]}`, 75% `{hashes[1][:12]}`;" in card
    assert "old figures" not in card
    assert "Not measured on these weights" in card
    assert card.endswith("## Data\n\nwhat it was trained on\n")


def test_a_folder_that_is_there_gives_way_to_the_new_one(tiny_folder: Path, tmp_path: Path) -> None:
    out = shutil.copytree(tiny_folder, tmp_path / "mean")
    other = another(tiny_folder, tmp_path / "other", 2)
    assert average(out, other, "--out", out).exit_code == 0
    assert len(json.loads((out / "config.json").read_text())["averaged"]) == 2
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_what_does_not_go_together_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    wider = another(tiny_folder, tmp_path / "wider", 2, mlp_width=48)
    done = average(tiny_folder, wider, "--out", tmp_path / "mean")
    assert done.exit_code == 1
    assert f"{wider} has another shape than {tiny_folder}" in done.output
    assert not (tmp_path / "mean").exists()


@pytest.mark.parametrize("words", ["=x", "=0", "=-1", "=nan"])
def test_a_share_is_a_number_above_zero(tiny_folder: Path, tmp_path: Path, words: str) -> None:
    done = average(f"{tiny_folder}{words}", "--out", tmp_path / "mean")
    assert done.exit_code == 2
    assert "share" in done.output or "is not like" in done.output


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    done = average(tmp_path, "--out", tmp_path / "mean")
    assert done.exit_code == 2
    assert "holds no config.json" in done.output
