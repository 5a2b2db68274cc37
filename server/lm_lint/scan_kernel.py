"""The recurrence of scan.py as a Triton kernel; imported only where Triton is installed."""

from __future__ import annotations

import triton  # type: ignore[import-not-found, import-untyped, unused-ignore]
import triton.language as tl  # type: ignore[import-not-found, import-untyped, unused-ignore]


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def kernel(forget, inputs, initial, res, n_tokens, width, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """One program walks through time for one row and BLOCK channels, state in registers.

    forget, inputs, res  (B, T, D) float32, contiguous
    initial              (B, D)    float32, contiguous
    """
    row = tl.program_id(0)
    channels = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = channels < width
    state = tl.load(initial + row * width + channels, mask=inside, other=0.0)
    offset = row * n_tokens * width + channels
    for _ in range(n_tokens):
        gate = tl.load(forget + offset, mask=inside, other=0.0)
        state = gate * state + tl.load(inputs + offset, mask=inside, other=0.0)
        tl.store(res + offset, state, mask=inside)
        offset += width
