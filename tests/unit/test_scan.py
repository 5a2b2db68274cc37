"""Every way to compute the recurrence agrees with the obvious one, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lm_lint import scan as scans

WAYS = {"loop": scans.loop_scan, "blocked": scans.blocked_scan}


def slow(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """The definition, in double precision and in plain Python steps."""
    state = initial.double()
    rows = []
    for t in range(inputs.shape[1]):
        state = forget[:, t].double() * state + inputs[:, t].double()
        rows.append(state)
    return torch.stack(rows, dim=1)


def example(n_rows: int, n_tokens: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    forget = torch.rand(n_rows, n_tokens, width, generator=generator)
    forget[:, n_tokens // 2] = 0.0  # a document begins
    inputs = torch.randn(n_rows, n_tokens, width, generator=generator)
    return forget, inputs, torch.randn(n_rows, width, generator=generator)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("n_tokens", [1, 2, 15, 16, 17, 100, 257])
def test_agrees_with_the_definition(way: str, n_tokens: int) -> None:
    arguments = example(3, n_tokens, 5)
    torch.testing.assert_close(
        WAYS[way](*arguments), slow(*arguments).float(), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("n_rows", [1, 600])
def test_gradients_agree_with_autograd_over_the_definition(n_rows: int) -> None:
    arguments = [a.requires_grad_() for a in example(n_rows, 23, 4)]
    weights = torch.randn(n_rows, 23, 4)
    expected = torch.autograd.grad((slow(*arguments) * weights).sum(), arguments)
    found = torch.autograd.grad((scans.scan(*arguments) * weights).sum(), arguments)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_kernel_agrees_with_the_fallback() -> None:
    arguments = [a.cuda() for a in example(4, 300, 96)]
    torch.testing.assert_close(
        scans.triton_scan(*arguments), scans.blocked_scan(*arguments), rtol=1e-5, atol=1e-5
    )
