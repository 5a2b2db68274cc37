"""A released folder is checked before it is believed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lm_lint import weights
from lm_lint.errors import DeviceError, ModelDamaged, ModelMissing


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


def test_what_was_saved_is_loaded(folder: Path) -> None:
    release = weights.load(folder, "cpu", torch.float32)
    assert release.name == "tiny"
    assert release.network.config.vocab_size == release.tokenizer.vocab_size
    assert release.network.embedding.dtype == torch.float32
    assert not any(p.requires_grad for p in release.network.parameters())


def test_gates_keep_their_digits_in_bfloat16(folder: Path) -> None:
    release = weights.load(folder, "cpu", torch.bfloat16)
    kinds = {name: p.dtype for name, p in release.network.named_parameters()}
    assert kinds["mixers.0.forget_bias"] == torch.float32
    assert kinds["embedding"] == torch.bfloat16


@pytest.mark.parametrize("part", ["config.json", "model.safetensors", "tokenizer.json"])
def test_an_absent_part_is_named(folder: Path, part: str) -> None:
    (folder / part).unlink()
    with pytest.raises(ModelMissing, match=part):
        weights.load(folder, "cpu")


@pytest.mark.parametrize("part", ["model.safetensors", "tokenizer.json"])
def test_a_truncated_part_is_refused(folder: Path, part: str) -> None:
    path = folder / part
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelDamaged, match=part):
        weights.load(folder, "cpu")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no such model folder"):
        weights.load(tmp_path / "nowhere", "cpu")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 99}'])
def test_a_config_that_makes_no_sense(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        weights.load(folder, "cpu")


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["network"]["width"] = 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelDamaged, match="does not hold the network"):
        weights.load(folder, "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_an_absent_device_is_an_error_when_named(folder: Path) -> None:
    with pytest.raises(DeviceError, match="--device cpu"):
        weights.load(folder, "cuda")


def test_loading_imports_no_symbolic_mathematics(folder: Path) -> None:
    """Building the network on torch's meta device once drew in sympy: half a second."""
    program = (
        "import sys; from pathlib import Path; from lm_lint import weights; "
        f"weights.load(Path({str(folder)!r}), 'cpu'); print('sympy' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(weights.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
