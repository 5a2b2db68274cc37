"""Weights as they lie in a safetensors file: bfloat16, float32, or integers of few bits with scales; and the way back.

Read without torch and without copies where that is possible. It knows neither networks nor how integers were chosen.

A packed matrix is two tensors: `NAME`, the integers of a row side by side in bytes, and `NAME.scale` in float16, one
for each group of columns. The file's own metadata says under "bits" which matrices are packed, and in how many bits.
Of ternary ones five are in a byte, as digits to the base of 3 (1.6 bits each): "trits" says how many columns there are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]

BITS = (2, 4, 8)  # so many fit in a byte without a rest
SCALE = ".scale"
_POWERS = np.array([1, 3, 9, 27, 81], dtype=np.uint8)  # of the digits of a byte, lowest first


class Compact(Protocol):
    """A matrix (R, C) that takes less memory than in float32."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def rows(self, index: npt.NDArray[np.int64]) -> Floats:
        """Some rows, which may repeat. index (...) -> (..., C)."""
        ...

    def dense(self) -> Floats:
        """(R, C)"""
        ...


@dataclass(frozen=True)
class Half:
    """A matrix in bfloat16: the upper halves of float32. halves (R, C) uint16."""

    halves: npt.NDArray[np.uint16]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.halves.shape

    def rows(self, index: npt.NDArray[np.int64]) -> Floats:
        return _widened(self.halves[index])

    def dense(self) -> Floats:
        return _widened(self.halves)


@dataclass(frozen=True)
class Packed:
    """A matrix (R, C) of integers from -(2 ** (bits - 1)) + 1 to 2 ** (bits - 1) - 1, times scales.

    codes   (R, C * bits / 8) uint8, each integer plus 2 ** (bits - 1), the first column in the lowest bits
    scales  (R, G) float16, one for each C / G columns
    """

    bits: int
    codes: Bytes
    scales: npt.NDArray[np.float16]

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.codes), self.codes.shape[1] * 8 // self.bits

    def rows(self, index: npt.NDArray[np.int64]) -> Floats:
        return _unpacked(self.bits, self.codes[index], self.scales[index])

    def dense(self) -> Floats:
        return _unpacked(self.bits, self.codes, self.scales)

    def bytewise(self) -> Packed:
        """The same with a byte for each integer: a little more memory, and unpacked ten times as fast."""
        if self.bits == 8:
            return self
        shift = np.uint8(128 - (1 << self.bits - 1))
        return Packed(8, _codes(self.bits, self.codes) + shift, self.scales)


def pack(
    bits: int, integers: npt.NDArray[np.integer[Any]], scales: npt.NDArray[np.float16]
) -> Packed:
    """integers (R, C), in the range that the bits have."""
    assert bits in BITS, f"{bits} bits"
    codes = (integers.astype(np.int16) + (1 << bits - 1)).astype(np.uint8)
    n_rows, n_columns = codes.shape
    by_byte = codes.reshape(n_rows, n_columns * bits // 8, 8 // bits)
    return Packed(bits, np.bitwise_or.reduce(by_byte << _shifts(bits), axis=-1), scales)


def trits(packed: Packed) -> Bytes:
    """The integers of a ternary matrix (R, C), five in a byte: (R, C / 5 rounded up)."""
    assert packed.bits == 2, f"{packed.bits} bits are not ternary"
    codes = _codes(2, packed.codes) - np.uint8(1)  # 0, 1, 2
    n_rows, n_columns = codes.shape
    digits = np.pad(codes, ((0, 0), (0, -n_columns % 5)))
    return digits.reshape(n_rows, -1, 5) @ _POWERS


def is_packed(data: bytes) -> bool:
    """Whether any matrix is. Raises ValueError where the bytes are no safetensors file."""
    return "bits" in _head(data)[1]


def read(data: bytes) -> dict[str, Floats | Compact]:
    """The tensors of a safetensors file by name, over the same memory; what is no matrix is in float32.

    Raises ValueError where the bytes are no such file.
    """
    tensors, metadata = _parts(data)
    bits = json.loads(metadata.get("bits", "{}"))
    columns = json.loads(metadata.get("trits", "{}"))
    res: dict[str, Floats | Compact] = {}
    for name, tensor in tensors.items():
        if name in columns:
            codes = _from_trits(tensor, int(columns[name]))
            res[name] = _checked(name, Packed(8, codes, tensors[name + SCALE]))
        elif name in bits:
            res[name] = _checked(name, Packed(int(bits[name]), tensor, tensors[name + SCALE]))
        elif name.removesuffix(SCALE) not in bits.keys() | columns.keys():
            is_half = tensor.dtype == np.uint16
            res[name] = Half(tensor) if is_half and tensor.ndim == 2 else _wide(tensor)
    return res


def dense(data: bytes) -> dict[str, Floats]:
    """As `read`, all in float32."""
    return {name: as_floats(tensor) for name, tensor in read(data).items()}


def as_floats(tensor: Floats | Compact) -> Floats:
    return tensor if isinstance(tensor, np.ndarray) else tensor.dense()


def _checked(name: str, packed: Packed) -> Packed:
    codes, scales, bits = packed.codes, packed.scales, packed.bits
    ok = bits in BITS and codes.dtype == np.uint8 and scales.dtype == np.float16
    ok = ok and codes.ndim == scales.ndim == 2 and len(codes) == len(scales)
    if not ok or codes.shape[1] * 8 // bits % scales.shape[1]:
        raise ValueError(f"{name}: {codes.shape} bytes with {scales.shape} scales are no matrix")
    return packed


def _unpacked(bits: int, codes: Bytes, scales: npt.NDArray[np.float16]) -> Floats:
    """codes (..., C * bits / 8), scales (..., G) -> (..., C)."""
    res = _codes(bits, codes).reshape(*scales.shape, -1).astype(np.float32)
    res -= np.float32(1 << bits - 1)
    res *= scales[..., None].astype(np.float32)
    return res.reshape(*scales.shape[:-1], -1)


def _codes(bits: int, codes: Bytes) -> Bytes:
    """(..., C * bits / 8) -> (..., C), a byte each."""
    if bits == 8:
        return codes
    each: Bytes = codes[..., None] >> _shifts(bits) & np.uint8((1 << bits) - 1)
    return each.reshape(*codes.shape[:-1], -1)


def _from_trits(tensor: Bytes, n_columns: int) -> Bytes:
    """(R, C / 5 rounded up) -> (R, C), the codes of 8 bits."""
    if tensor.dtype != np.uint8 or tensor.ndim != 2 or tensor.shape[1] != -(-n_columns // 5):
        raise ValueError(f"{tensor.shape} bytes do not hold {n_columns} columns")
    digits = np.arange(243, dtype=np.uint8)[:, None] // _POWERS % 3 + np.uint8(127)
    # A byte above 242 is not ours; it is read as some digits, as a wrong integer would be.
    codes: Bytes = digits[np.minimum(tensor, 242)].reshape(len(tensor), -1)
    return np.ascontiguousarray(codes[:, :n_columns])


def _widened(halves: npt.NDArray[np.uint16]) -> Floats:
    res = halves.astype(np.uint32)
    res <<= 16
    return res.view(np.float32)


def _wide(tensor: npt.NDArray[Any]) -> Floats:
    return _widened(tensor) if tensor.dtype == np.uint16 else tensor.astype(np.float32)


def _shifts(bits: int) -> Bytes:
    return np.arange(0, 8, bits, dtype=np.uint8)


def _head(data: bytes) -> tuple[dict[str, Any], dict[str, str], int]:
    """What the file's header says of its tensors, its own metadata, and where the numbers begin."""
    n_header = int.from_bytes(data[:8], "little")
    if not 2 <= n_header <= len(data) - 8:
        raise ValueError("it is not in the safetensors format")
    header = json.loads(data[8 : 8 + n_header])
    if not isinstance(header, dict):
        raise ValueError("its head is no table of tensors")
    return header, header.pop("__metadata__", {}), 8 + n_header


def metadata(data: bytes) -> dict[str, str]:
    """What a safetensors file says of itself. Raises ValueError where it is none."""
    return _head(data)[1]


def _parts(data: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """The tensors as arrays over the same memory (bfloat16 as uint16), and the file's metadata."""
    header, metadata, base = _head(data)
    tensors: dict[str, Any] = {}
    for name, entry in header.items():
        start, end = (base + offset for offset in entry["data_offsets"])
        kind = _KINDS.get(entry["dtype"])
        if kind is None or not start <= end <= len(data):
            raise ValueError(f"{name}: {entry} cannot be read")
        flat = np.frombuffer(
            data, dtype=kind, count=(end - start) // np.dtype(kind).itemsize, offset=start
        )
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata


_KINDS = {"BF16": "<u2", "F32": "<f4", "F16": "<f2", "U8": "u1"}
