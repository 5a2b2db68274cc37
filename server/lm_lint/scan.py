"""The one elementwise recurrence of the network: `h[t] = forget[t] * h[t-1] + inputs[t]`.

This module knows four ways to compute it and picks one by device and shape; it does not know
what the numbers mean. All of them agree within float32 rounding (tests/unit/test_scan.py).

- a loop over time, one fused multiply-add per step: best on a CPU with a wide batch;
- a blocked scan, loops of about sqrt(T) steps: best on a CPU with one document, and the plain
  fallback on any accelerator;
- a Triton kernel, one program per (row, block of channels), for CUDA;
- the gradient is the same recurrence run backwards in time, so every way serves both passes.

The recurrence is the fo-pooling of QRNN (Bradbury et al. 2016, arXiv 1611.01576, eq. 5).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_WIDE_ENOUGH_FOR_LOOP = 2048  # B * D from which one step of the loop is worth its call


def scan(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """All states of a gated linear recurrence, differentiable.

    forget   (B, T, D) float32, in [0, 1]
    inputs   (B, T, D) float32
    initial  (B, D)    float32, the state before the first token
    returns  (B, T, D) float32, row t is the state after token t
    """
    if torch.is_grad_enabled() and (forget.requires_grad or inputs.requires_grad):
        res: Tensor = torch.ops.lm_lint.scan(forget, inputs, initial)
        return res
    return _forward(forget, inputs, initial)


def loop_scan(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """`scan` as a plain loop over time. Shapes as in `scan`."""
    res = torch.empty_like(inputs)
    previous = initial
    for t in range(inputs.shape[1]):
        torch.addcmul(inputs[:, t], forget[:, t], previous, out=res[:, t])
        previous = res[:, t]
    return res


def blocked_scan(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """`scan` in blocks of about sqrt(T) tokens: all blocks step together from zero, then the
    states at their borders are carried along. Products of gates only shrink, so nothing
    overflows. Shapes as in `scan`.
    """
    n_rows, n_tokens, width = inputs.shape
    block = max(1, math.isqrt(n_tokens))
    n_blocks = -(-n_tokens // block)
    padding = n_blocks * block - n_tokens
    if padding:
        forget = torch.nn.functional.pad(forget, (0, 0, 0, padding), value=1.0)
        inputs = torch.nn.functional.pad(inputs, (0, 0, 0, padding))
    gates = forget.reshape(n_rows * n_blocks, block, width)
    zeros = torch.zeros(n_rows * n_blocks, width, dtype=inputs.dtype, device=inputs.device)
    local = loop_scan(gates, inputs.reshape(n_rows * n_blocks, block, width), zeros)
    decay = torch.cumprod(gates, dim=1).view(n_rows, n_blocks, block, width)
    local = local.view(n_rows, n_blocks, block, width)
    borders = loop_scan(decay[:, :, -1], local[:, :, -1], initial)  # (B, n_blocks, D)
    carried = torch.cat([initial[:, None], borders[:, :-1]], dim=1)
    res = torch.addcmul(local, decay, carried[:, :, None])
    return res.view(n_rows, n_blocks * block, width)[:, :n_tokens]


def triton_scan(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    """`scan` as one Triton kernel. Shapes as in `scan`; raises ImportError without Triton."""
    launch = _triton_launcher()
    res = torch.empty_like(inputs, memory_format=torch.contiguous_format)
    launch(forget.contiguous(), inputs.contiguous(), initial.contiguous(), res)
    return res


@functools.cache
def _triton_launcher() -> Callable[[Tensor, Tensor, Tensor, Tensor], None]:
    import triton  # type: ignore[import-not-found, import-untyped, unused-ignore]

    from lm_lint import scan_kernel

    def launch(forget: Tensor, inputs: Tensor, initial: Tensor, res: Tensor) -> None:
        n_rows, n_tokens, width = inputs.shape
        block = min(128, triton.next_power_of_2(width))
        grid = (n_rows, triton.cdiv(width, block))
        scan_kernel.kernel[grid](forget, inputs, initial, res, n_tokens, width, BLOCK=block)

    return launch


@functools.cache
def _triton_works() -> bool:
    try:
        _triton_launcher()
    except ImportError:
        return False
    return True


def _forward(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    if inputs.is_cuda and _triton_works():
        return triton_scan(forget, inputs, initial)
    n_rows, n_tokens, width = inputs.shape
    if inputs.device.type == "cpu" and (n_rows * width >= _WIDE_ENOUGH_FOR_LOOP or n_tokens < 16):
        return loop_scan(forget, inputs, initial)
    return blocked_scan(forget, inputs, initial)


# An opaque operator, so that torch.compile fuses what stands around the loop and not the loop.
@torch.library.custom_op("lm_lint::scan", mutates_args=())
def _scan_op(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    return _forward(forget, inputs, initial).contiguous()


@_scan_op.register_fake
def _(forget: Tensor, inputs: Tensor, initial: Tensor) -> Tensor:
    return torch.empty_like(inputs, memory_format=torch.contiguous_format)


@torch.library.custom_op("lm_lint::scan_backward", mutates_args=())
def _scan_backward_op(grad: Tensor, forget: Tensor) -> Tensor:
    """The gradient at each state: the recurrence run from the last token to the first."""
    shifted = torch.zeros_like(forget)
    shifted[:, :-1] = forget[:, 1:]
    if grad.device.type == "cpu":
        res = torch.empty_like(grad, memory_format=torch.contiguous_format)
        later = torch.zeros_like(grad[:, 0])
        for t in range(grad.shape[1] - 1, -1, -1):
            torch.addcmul(grad[:, t], shifted[:, t], later, out=res[:, t])
            later = res[:, t]
        return res
    zeros = torch.zeros_like(grad[:, 0])
    return _forward(shifted.flip(1), grad.flip(1), zeros).flip(1).contiguous()


@_scan_backward_op.register_fake
def _(grad: Tensor, forget: Tensor) -> Tensor:
    return torch.empty_like(grad, memory_format=torch.contiguous_format)


def _setup(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    forget, _, initial = inputs
    ctx.save_for_backward(forget, initial, output)


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    forget, initial, states = ctx.saved_tensors
    d_states: Tensor = torch.ops.lm_lint.scan_backward(grad.contiguous(), forget)
    previous = torch.cat([initial[:, None], states[:, :-1]], dim=1)
    return d_states * previous, d_states, d_states[:, 0] * forget[:, 0]


_scan_op.register_autograd(_backward, setup_context=_setup)
