"""From weights to integers of few bits: which scale, and which way each weight is rounded.

Rounding to the nearest integer treats every weight as if its input were as strong as any other and independent of it.
`compensated` knows what the inputs are like (their second moments, summed over some text) and lets the weights that
are not rounded yet make up for the error of those that are (GPTQ: Frantar et al. 2022, arXiv 2210.17323).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Moments = npt.NDArray[np.float64]
Rounded = tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]

_DAMPING = (
    0.01  # of the mean second moment, so that inputs that hardly occur do not decide anything
)
_SHRINKS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)


def nearest(weight: Floats, bits: int, group: int, strength: Floats | None = None) -> Rounded:
    """Each weight to the nearest integer times its group's scale.

    weight    (R, C)
    group     columns that share a scale in a row; a divisor of C
    strength  (C,) how much an error of each column counts; all alike where not given
    returns   integers (R, C) and scales (R, C / group)
    """
    n_rows, n_columns = weight.shape
    by_group = weight.reshape(n_rows, n_columns // group, group)
    counts = np.ones(n_columns) if strength is None else strength
    scales = _scales(by_group, bits, counts.reshape(-1, group).astype(np.float32))
    integers = _integers(by_group, scales[..., None], bits)
    return integers.reshape(weight.shape).astype(np.int8), scales


def compensated(weight: Floats, bits: int, group: int, moments: Moments) -> Rounded:
    """As `nearest`, column by column; what the rounding of one changes, the later ones make up for.

    moments   (C, C), the sum of x x^T over inputs x of the matrix
    """
    n_rows, n_columns = weight.shape
    left = weight.astype(np.float64)
    strength = np.maximum(np.diag(moments), 1e-12).astype(np.float32)
    upper = _upper(moments)
    integers = np.zeros(weight.shape, dtype=np.int8)
    scales = np.zeros((n_rows, n_columns // group), dtype=np.float16)
    for column in range(n_columns):
        at = column // group
        if column % group == 0:
            span = slice(column, column + group)
            of_group = left[:, None, span].astype(np.float32)
            scales[:, at] = _scales(of_group, bits, strength[None, span])[:, 0]
        scale = scales[:, at].astype(np.float64)
        chosen = _integers(left[:, column], scale, bits)
        integers[:, column] = chosen
        error = (left[:, column] - chosen * scale) / upper[column, column]
        left[:, column + 1 :] -= np.outer(error, upper[column, column + 1 :])
    return integers, scales


def _upper(moments: Moments) -> Moments:
    """U with U^T U = the inverse of the damped moments."""
    damped = moments + np.eye(len(moments)) * (_DAMPING * np.diag(moments).mean() + 1e-12)
    res: Moments = np.linalg.cholesky(np.linalg.inv(damped)).T
    return res


def _most(bits: int) -> int:
    return (1 << bits - 1) - 1


def _integers(
    weight: npt.NDArray[np.floating], scale: npt.NDArray[np.floating], bits: int
) -> Floats:
    most = _most(bits)
    scale = scale.astype(np.float32)
    safe = np.where(scale > 0, scale, 1.0)
    return np.where(scale > 0, np.clip(np.rint(weight / safe), -most, most), 0).astype(np.float32)


def _scales(by_group: Floats, bits: int, strength: Floats) -> npt.NDArray[np.float16]:
    """The scale of each group that costs least, large weights being cut off where that is worth it.

    by_group (R, G, C / G), strength (G, C / G) -> (R, G)
    """
    largest = np.abs(by_group).max(axis=-1) / _most(bits)
    best: npt.NDArray[np.float16] = largest.astype(np.float16)
    least = np.full(best.shape, np.inf, dtype=np.float32)
    for shrink in _SHRINKS if bits < 8 else _SHRINKS[:1]:
        scales = (largest * shrink).astype(np.float16)
        wide = scales[..., None].astype(np.float32)
        error = by_group - _integers(by_group, wide, bits) * wide
        cost = np.einsum("rgc,gc->rg", error * error, strength)
        np.copyto(best, scales, where=cost < least)
        least = np.minimum(cost, least)
    return best
