"""A released model folder: read it, write it, and check that its parts belong together.

A folder holds model.safetensors, tokenizer.json, config.json and CARD.md. config.json names the
format, the shape of the network and the SHA-256 of the other two. Nothing is ever unpickled and
nothing is ever fetched from a network.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lm_lint import device as devices
from lm_lint.errors import ModelDamaged, ModelMissing
from lm_lint.model import Network, NetworkConfig
from lm_lint.ranking import DEFAULT, Ranker
from lm_lint.tokens import Tokenizer

FORMAT = 1
_PARTS = ("model.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class Release:
    """A network, the tokenizer it was trained with, and the ranking that was fitted to it."""

    network: Network
    tokenizer: Tokenizer
    config: dict[str, Any]
    folder: Path
    ranker: Ranker = DEFAULT

    @property
    def name(self) -> str:
        return str(self.config.get("name", self.folder.name))


def default_folder() -> Path:
    """The `small` model: beside the installed package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parent
    installed = here / "released" / "small"
    return installed if installed.is_dir() else here.parents[1] / "models" / "small"


def load(folder: Path, device: str = "auto", dtype: torch.dtype | None = None) -> Release:
    """Read a released folder and put the network on a device.

    dtype: what the network computes in; None takes the best that the device has. A GPU that
    fails is replaced by the CPU when `device` is "auto".
    Raises ModelMissing, ModelDamaged, DeviceError.
    """
    chosen = devices.choose(device)
    if chosen.type == "cpu":
        devices.keep_memory()
    config = _read_config(folder)
    _check_parts(folder, config)
    network = _network(folder, config)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    if tokenizer.vocab_size != network.config.vocab_size:
        raise ModelDamaged(
            f"{folder}: the tokenizer has {tokenizer.vocab_size} entries and the network "
            f"{network.config.vocab_size}; they do not belong together. Install the model again."
        )
    network.compute_dtype = dtype or devices.compute_dtype(chosen)
    place(network, chosen)
    return Release(network.eval(), tokenizer, config, folder, _ranker(folder, config))


def place(network: Network, device: torch.device) -> None:
    """Put the weights on a device, matrices in the network's computing type; the few vectors
    of gates stay in float32, since they need the digits."""
    for name, parameter in network.named_parameters():
        kept = torch.float32 if name.endswith("forget_bias") else network.compute_dtype
        parameter.data = parameter.data.to(device, kept)
        parameter.requires_grad_(False)


def save(
    folder: Path,
    tensors: dict[str, Tensor],
    network_config: NetworkConfig,
    tokenizer_json: str,
    facts: dict[str, Any],
) -> None:
    """Write a released folder (without its card): weights in bfloat16, config with the hashes."""
    folder.mkdir(parents=True, exist_ok=True)
    rounded = {
        name: t.detach().to("cpu", torch.bfloat16).contiguous() for name, t in tensors.items()
    }
    save_file(rounded, folder / "model.safetensors")
    (folder / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
    config = {
        "format": FORMAT,
        **facts,
        "network": network_config.to_dict(),
        "sha256": {part: _sha256(folder / part) for part in _PARTS},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _read_config(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise ModelMissing(
            f"{folder}: there is no such model folder; a folder with config.json, "
            "model.safetensors and tokenizer.json was expected. Reinstall lm-lint, or name "
            "another folder with --model."
        )
    for part in ("config.json", *_PARTS):
        if not (folder / part).is_file():
            raise ModelMissing(f"{folder}: {part} is absent from this model folder")
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        known = isinstance(config, dict) and config.get("format") == FORMAT
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{folder}/config.json cannot be read: {error}") from error
    if not known or not isinstance(config.get("network"), dict):
        raise ModelDamaged(
            f"{folder}/config.json: format {FORMAT} with a table `network` was expected; this "
            "folder was made for another version of lm-lint, or is not a model"
        )
    return config


def _check_parts(folder: Path, config: dict[str, Any]) -> None:
    for part in _PARTS:
        found, expected = _sha256(folder / part), config.get("sha256", {}).get(part)
        if found != expected:
            raise ModelDamaged(
                f"{folder}/{part}: its SHA-256 is {found[:12]}…, config.json says "
                f"{str(expected)[:12]}…; the file was truncated, altered, or belongs to another "
                "model. Install the model again."
            )


def _network(folder: Path, config: dict[str, Any]) -> Network:
    try:
        with torch.device("meta"):
            network = Network(NetworkConfig.from_dict(config["network"]))
        tensors = load_file(folder / "model.safetensors")
        network.load_state_dict(tensors, strict=True, assign=True)
    except (RuntimeError, TypeError, ValueError, safetensors.SafetensorError) as error:
        raise ModelDamaged(
            f"{folder}/model.safetensors does not hold the network that config.json describes: "
            f"{str(error).splitlines()[0]}"
        ) from error
    return network


def _ranker(folder: Path, config: dict[str, Any]) -> Ranker:
    """What the detector believes with this model; a model that was not calibrated has none."""
    path = folder / "detector.json"
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


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ModelDamaged(f"{path} cannot be read: {error.strerror}") from error
