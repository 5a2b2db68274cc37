"""Training of weights that are integers of few bits times a scale, as they will lie in the released file.

The optimizer moves weights in float32. Every pass, forward and backward, is done with what they are rounded to, and the
gradient is taken for theirs (the straight-through estimator: Bengio et al. 2013, arXiv 1308.3432). Ternary weights are
those of BitNet b1.58 (Ma et al. 2024, arXiv 2402.17764), but for a scale for each row and activations in full.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from lm_lint import packing
from lm_lint.packing import Floats, Packed

# Columns that share a scale in 4 bits; in 2 and in 8 a whole row does.
GROUP = 32


@contextmanager
def few_bits(network: nn.Module, bits: Mapping[str, int]) -> Iterator[None]:
    """In the block every weight of the network is what it will be in the file; after it, what it was.

    bits    for each matrix, by the last part of its name (w_in, w_out, embedding, bigrams); a matrix that is not named,
            and every vector, gets the digits of bfloat16. Where it is empty nothing is rounded.

    Backward passes belong into the block too: they multiply by the same weights. The data changes place and not content,
    so a compiled network stays compiled. Raises ValueError where the network has no such matrix.
    """
    named = dict(network.named_parameters()) if bits else {}
    if unknown := set(bits) - {kind(name) for name, p in named.items() if p.ndim == 2}:
        raise ValueError(f"the network has no matrices {', '.join(sorted(unknown))}")
    kept = {name: parameter.data for name, parameter in named.items()}
    try:
        for name, parameter in named.items():
            parameter.data = as_released(parameter.data, bits.get(kind(name)))
        yield
    finally:
        for name, parameter in named.items():
            parameter.data = kept[name]


def packed(tensors: Mapping[str, Tensor], bits: Mapping[str, int]) -> dict[str, Floats | Packed]:
    """The parameters of a network that was trained in `few_bits`, for the file: nothing is rounded that was not."""
    res: dict[str, Floats | Packed] = {}
    for name, tensor in tensors.items():
        weight = tensor.detach().to("cpu", torch.float32)
        if weight.ndim == 2 and kind(name) in bits:
            n_bits = bits[kind(name)]
            integers, scales = (t.numpy() for t in integers_and_scales(weight, n_bits))
            res[name] = packing.pack(n_bits, integers.astype(np.int8), scales.astype(np.float16))
        else:
            res[name] = weight.numpy()
    return res


def kind(name: str) -> str:
    """The last part of a parameter's name, as in the keys of `bits`."""
    return name.rsplit(".", 1)[-1]


def as_released(weight: Tensor, bits: int | None) -> Tensor:
    """What the file will hold, in the type and shape of the weight. None: bfloat16."""
    if bits is None:
        return weight.to(torch.bfloat16).to(weight.dtype)
    integers, scales = integers_and_scales(weight, bits)
    return integers.view(*scales.shape, -1).mul_(scales[..., None]).view(weight.shape)


def integers_and_scales(weight: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """Each weight to the nearest integer that the bits have, times the scale of its row or group.

    weight   (R, C)
    returns  integers (R, C) and scales (R, G), both in the weight's type; float16 and bfloat16 hold a scale without loss
    """
    assert bits in packing.BITS, f"{bits} bits"
    n_rows, n_columns = weight.shape
    by_group = weight.view(n_rows, -1, math.gcd(n_columns, GROUP) if bits == 4 else n_columns)
    most = (1 << bits - 1) - 1
    sizes = by_group.abs()
    scales = sizes.mean(-1) if most == 1 else sizes.amax(-1) / most
    # With the digits of bfloat16 a ternary matrix is the same whether a pass computes in it or in float32.
    scales = scales.to(torch.bfloat16).to(torch.float16).to(weight.dtype)
    integers = by_group / scales.clamp(min=torch.finfo(torch.float16).smallest_normal)[..., None]
    return integers.round_().clamp_(-most, most).view(weight.shape), scales
