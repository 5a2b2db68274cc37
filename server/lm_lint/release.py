"""The parts of a released folder, read and checked against each other without torch.

config.json names the SHA-256 of the weights and of the tokenizer, detector.json that of the weights that it was
fitted to. It does not know what computes with the weights: weights.py makes a network of torch of them,
light_scorer.py one of numpy.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from lm_lint.errors import ModelDamaged
from lm_lint.model_folder import RANKING, is_installed, read_config
from lm_lint.ranking import DEFAULT, Ranker
from lm_lint.shape import NetworkConfig
from lm_lint.tokens import Tokenizer

N = TypeVar("N")


@dataclass(frozen=True)
class Release(Generic[N]):
    """A network, the tokenizer it was trained with, and the ranking that was fitted to it."""

    network: N
    tokenizer: Tokenizer
    config: dict[str, Any]
    folder: Path
    ranker: Ranker = DEFAULT

    @property
    def name(self) -> str:
        """What it is called where it is installed, or else what it calls itself."""
        if is_installed(self.folder):
            return self.folder.name
        return str(self.config.get("name", self.folder.name))


@dataclass(frozen=True)
class Parts:
    """What a folder holds, each part whole and of the same model.

    weights   the bytes of model.safetensors
    """

    folder: Path
    config: dict[str, Any]
    shape: NetworkConfig
    weights: bytes
    tokenizer: Tokenizer
    ranker: Ranker

    def release(self, network: N) -> Release[N]:
        return Release(network, self.tokenizer, self.config, self.folder, self.ranker)

    def mismatch(self, error: Exception) -> ModelDamaged:
        """What to raise where the weights are not those of the network in config.json."""
        return ModelDamaged(
            f"{self.folder}/model.safetensors does not hold the network that config.json describes: "
            f"{str(error).splitlines()[0]}"
        )


def read(folder: Path) -> Parts:
    """Raises ModelMissing, ModelDamaged."""
    config = read_config(folder)
    weights = _checked(folder / "model.safetensors", config)
    tokenizer_json = _checked(folder / "tokenizer.json", config)
    tokenizer = Tokenizer.from_json(tokenizer_json.decode("utf-8"))
    try:
        shape = NetworkConfig.from_dict(config["network"])
    except TypeError as error:
        raise ModelDamaged(f"{folder}/config.json describes no network: {error}") from error
    if tokenizer.vocab_size != shape.vocab_size:
        raise ModelDamaged(
            f"{folder}: the tokenizer has {tokenizer.vocab_size} entries and the network "
            f"{shape.vocab_size}; they do not belong together. Install the model again."
        )
    return Parts(folder, config, shape, weights, tokenizer, _ranker(folder, config))


def sha256_of(path: Path) -> str:
    """Raises ModelDamaged where the file cannot be read."""
    return hashlib.sha256(_bytes_of(path)).hexdigest()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelDamaged(f"{path} cannot be read: {error.strerror}") from error


def _checked(path: Path, config: dict[str, Any]) -> bytes:
    """What a part holds, if it is the one that the config was written for."""
    res = _bytes_of(path)
    found, expected = hashlib.sha256(res).hexdigest(), config.get("sha256", {}).get(path.name)
    if found != expected:
        raise ModelDamaged(
            f"{path}: its SHA-256 is {found[:12]}…, config.json says "
            f"{str(expected)[:12]}…; the file was truncated, altered, or belongs to another "
            "model. Install the model again."
        )
    return res


def _ranker(folder: Path, config: dict[str, Any]) -> Ranker:
    """What the detector believes with this model; a model that was not calibrated has none."""
    path = folder / RANKING
    if not path.is_file():
        return DEFAULT
    try:
        ranker = Ranker.load(path)
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{path} cannot be read: {error}. Install the model again.") from error
    expected = config["sha256"]["model.safetensors"]
    if ranker.model_sha256 != expected:
        raise ModelDamaged(
            f"{path} was fitted to the model with SHA-256 {ranker.model_sha256[:12]}…, and this one "
            f"has {expected[:12]}…. Install the model again, or calibrate it."
        )
    return ranker
