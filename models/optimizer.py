"""The optimizer: Muon for the matrices, AdamW for everything else.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) replaces the momentum of a
matrix by the nearest semi-orthogonal matrix, found by a few Newton-Schulz steps. Matrices of one
shape are stacked, so that a step is a handful of batched products.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lm_lint.device import compute_dtype

# The quintic that maps singular values of (0, 1] close to 1 in five steps (see the post above).
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalized(matrices: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrices, roughly. (N, rows, columns) -> the same shape."""
    x = matrices.to(compute_dtype(matrices.device))
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Muon over matrices. A weight (k * D, D) that stands for k matrices is treated as k of them.

    lr is the size of an update's singular values before scaling by max(1, rows / columns) ** 0.5.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, nn.Parameter]],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        named = list(named)
        super().__init__(
            [p for _, p in named], {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            by_shape: dict[tuple[int, int], list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                update = self._momentum(parameter, group["momentum"])
                rows, columns = parameter.shape
                parts = rows // columns if rows % columns == 0 else 1
                parts = parts if parts == 3 else 1
                for block, piece in zip(parameter.chunk(parts), update.chunk(parts), strict=True):
                    by_shape[tuple(piece.shape)].append((block, piece))  # type: ignore[arg-type,index]
            for (rows, columns), pairs in by_shape.items():
                flat = orthogonalized(torch.stack([piece for _, piece in pairs]))
                scale = group["lr"] * max(1.0, rows / columns) ** 0.5
                for (block, _), direction in zip(pairs, flat, strict=True):
                    block.mul_(1.0 - group["lr"] * group["weight_decay"])
                    block.add_(direction.to(block.dtype), alpha=-scale)

    def _momentum(self, parameter: nn.Parameter, momentum: float) -> Tensor:
        """Nesterov momentum of the gradient, same shape as the parameter."""
        assert parameter.grad is not None
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum"]
        buffer.lerp_(parameter.grad, 1.0 - momentum)
        return parameter.grad.lerp(buffer, momentum)


def is_matrix(name: str) -> bool:
    """Whether a parameter of the network is one of those that Muon is meant for."""
    return name.endswith(("w_in", "w_out"))
