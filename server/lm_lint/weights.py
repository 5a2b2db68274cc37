"""A released model folder: read it, write it, and check that its parts belong together.

A folder holds model.safetensors, tokenizer.json, config.json and CARD.md. config.json names the
format, the shape of the network and the SHA-256 of the other two. Nothing is ever unpickled and
nothing is ever fetched from a network.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from lm_lint import device as devices
from lm_lint import packing
from lm_lint import release as releases
from lm_lint.model import Network, NetworkConfig
from lm_lint.model_folder import FORMAT, PARTS
from lm_lint.model_folder import default_folder as default_folder
from lm_lint.release import Release as Release


def load(folder: Path, device: str = "auto", dtype: torch.dtype | None = None) -> Release[Network]:
    """Read a released folder and put the network on a device.

    dtype: what the network computes in; None takes the best that the device has. A GPU that
    fails is replaced by the CPU when `device` is "auto".
    Raises ModelMissing, ModelDamaged, DeviceError.
    """
    chosen = devices.choose(device)
    if chosen.type == "cpu":
        devices.keep_memory()
    parts = releases.read(folder)
    network = _network(parts)
    network.compute_dtype = dtype or devices.compute_dtype(chosen)
    place(network, chosen)
    return parts.release(network.eval())


def place(network: Network, device: torch.device) -> None:
    """Put the weights on a device, matrices in the network's computing type; the few vectors
    of gates stay in float32, since they need the digits."""
    for name, parameter in network.named_parameters():
        kept = torch.float32 if name.endswith("forget_bias") else network.compute_dtype
        parameter.data = parameter.data.to(device, kept)
        parameter.requires_grad_(False)


def in_bfloat16(tensors: dict[str, Tensor]) -> bytes:
    """What model.safetensors holds of tensors by the names of the network's parameters."""
    rounded = {
        name: t.detach().to("cpu", torch.bfloat16).contiguous() for name, t in tensors.items()
    }
    # Not save_file, which makes a file that nobody else may read.
    return safetensors.torch.save(rounded)


def save(
    folder: Path,
    model: bytes,
    network_config: NetworkConfig,
    tokenizer_json: str,
    facts: dict[str, Any],
) -> None:
    """Write a released folder (without its card).

    model  of model.safetensors, from `in_bfloat16` or packed
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(model)
    (folder / "tokenizer.json").write_text(tokenizer_json, encoding="utf-8")
    config = {
        "format": FORMAT,
        **facts,
        "network": network_config.to_dict(),
        "sha256": {part: releases.sha256_of(folder / part) for part in PARTS},
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def _network(parts: releases.Parts) -> Network:
    try:
        with torch.device("meta"):
            network = Network(parts.shape)
        network.load_state_dict(_tensors(parts.weights), strict=True, assign=True)
    except (RuntimeError, TypeError, ValueError, KeyError, safetensors.SafetensorError) as error:
        raise parts.mismatch(error) from error
    return network


def _tensors(data: bytes) -> dict[str, Tensor]:
    """The weights by name; float32 where integers were packed."""
    if packing.is_packed(data):
        return {name: torch.from_numpy(array) for name, array in packing.dense(data).items()}
    return safetensors.torch.load(data)
