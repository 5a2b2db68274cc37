"""Linear layer and cross-entropy in one, in chunks, with the gradient made on the way forward.

The logits of a whole step (6,144 tokens by 6,144 entries) never exist at once, and the plain
backward of log-softmax, a quarter of a step on a CPU, is gone. The idea is that of Liger Kernel
(Hsu et al. 2024, arXiv 2410.10989, section 3.2).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CHUNK = 1024


def _softmax_gradient(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """logits (N, V), targets (N,) -> summed loss in nats, and d loss / d logits like logits."""
    wide = logits.float()
    normalizer = torch.logsumexp(wide, dim=-1, keepdim=True)
    loss = (normalizer - wide.gather(1, targets[:, None])).sum()
    entries = torch.arange(logits.shape[1], device=logits.device)
    hit = entries[None, :] == targets[:, None]
    return loss, (torch.exp(wide - normalizer) - hit.float()).to(logits.dtype)


class _FusedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, targets: Tensor, kernel: Any) -> Tensor:
        cast = weight.to(x.dtype)
        d_x = torch.empty_like(x)
        d_weight = torch.zeros_like(weight)
        loss = torch.zeros((), device=x.device)
        for start in range(0, x.shape[0], CHUNK):
            rows = slice(start, start + CHUNK)
            part, d_logits = kernel(x[rows] @ cast.mT, targets[rows])
            loss += part
            d_x[rows] = d_logits @ cast
            d_weight += d_logits.mT @ x[rows]
        ctx.save_for_backward(d_x, d_weight)
        ctx.n_tokens = x.shape[0]
        return loss / x.shape[0]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        d_x, d_weight = ctx.saved_tensors
        scale = grads[0] / ctx.n_tokens
        return d_x * scale.to(d_x.dtype), d_weight * scale, None, None


def fused_cross_entropy(
    x: Tensor, weight: Tensor, targets: Tensor, kernel: Any = _softmax_gradient
) -> Tensor:
    """Mean cross-entropy of `softmax(x @ weight.T)`.

    x        (N, D) features
    weight   (V, D) the head, tied to the embedding
    targets  (N,)   int64
    kernel   `_softmax_gradient`, or its compiled form
    returns  ()     float32 nats
    """
    loss: Tensor = _FusedCrossEntropy.apply(x, weight, targets, kernel)
    return loss


def compiled_kernel() -> Any:
    """`_softmax_gradient`, fused by torch.compile into two passes over the logits."""
    return torch.compile(_softmax_gradient, dynamic=False)
