"""Weights of few bits: what was packed is read, by numpy and by torch alike."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save

from lm_lint import packing
from lm_lint.packing import Half, Packed

RNG = np.random.default_rng(1)


def some(bits: int, groups: int = 2) -> tuple[Packed, np.ndarray]:
    """A packed matrix (5, 16), and what it stands for."""
    most = (1 << bits - 1) - 1
    integers = RNG.integers(-most, most + 1, (5, 16))
    scales = RNG.random((5, groups)).astype(np.float16)
    wide = np.repeat(scales.astype(np.float32), 16 // groups, axis=1)
    return packing.pack(bits, integers, scales), integers * wide


def file_of(bits: object = None, **tensors: torch.Tensor) -> bytes:
    metadata = {} if bits is None else {"bits": json.dumps(bits)}
    res: bytes = save(tensors, metadata)
    return res


@pytest.mark.parametrize("groups", [1, 2, 16])
@pytest.mark.parametrize("bits", packing.BITS)
def test_what_was_packed_is_unpacked(bits: int, groups: int) -> None:
    packed, expected = some(bits, groups)
    assert packed.codes.shape == (5, 2 * bits)
    np.testing.assert_array_equal(packed.dense(), expected)
    index = np.array([[4, 0], [2, 2]])
    np.testing.assert_array_equal(packed.rows(index), expected[index])
    np.testing.assert_array_equal(packed.bytewise().dense(), expected)


def test_a_file_gives_back_what_is_in_it() -> None:
    packed, expected = some(4)
    matrix, vector = torch.randn(3, 4, generator=torch.Generator().manual_seed(2)), torch.ones(3)
    data = file_of(
        {"packed": 4},
        packed=torch.from_numpy(packed.codes),
        **{"packed.scale": torch.from_numpy(packed.scales)},
        half=matrix.bfloat16(),
        whole=matrix,
        vector=vector.bfloat16(),
    )
    found = packing.read(data)
    assert sorted(found) == ["half", "packed", "vector", "whole"]
    assert isinstance(found["packed"], Packed)
    assert isinstance(found["half"], Half)
    np.testing.assert_array_equal(found["vector"], vector)
    index = np.array([2, 0])
    np.testing.assert_array_equal(found["half"].rows(index), matrix.bfloat16().float()[index])
    dense = packing.dense(data)
    np.testing.assert_array_equal(dense["packed"], expected)
    np.testing.assert_array_equal(dense["half"], matrix.bfloat16().float())
    np.testing.assert_array_equal(dense["whole"], matrix)


@pytest.mark.parametrize("n_columns", [4, 8, 20, 256])  # none, some or all of the last byte is used
def test_five_ternary_weights_are_in_a_byte(n_columns: int) -> None:
    integers = RNG.integers(-1, 2, (6, n_columns))
    integers[0], integers[1] = 1, -1
    scales = RNG.random((6, 1)).astype(np.float16)
    packed = packing.pack(2, integers, scales)
    codes = packing.trits(packed)
    assert codes.shape == (6, -(-n_columns // 5))
    data = save(
        {"a": torch.from_numpy(codes), "a.scale": torch.from_numpy(scales)},
        {"bits": "{}", "trits": json.dumps({"a": n_columns})},
    )
    assert packing.is_packed(data)
    found = packing.read(data)
    assert list(found) == ["a"]
    np.testing.assert_array_equal(found["a"].dense(), integers * scales.astype(np.float32))
    assert found["a"].shape == packed.shape


def test_a_file_says_whether_it_is_packed() -> None:
    assert not packing.is_packed(file_of(a=torch.ones(2)))
    assert packing.is_packed(file_of({}, a=torch.ones(2)))


@pytest.mark.parametrize("data", [b"", b"12345678", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0[]"])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the words are json's, or numpy's, or ours
        packing.read(data)


def test_a_matrix_that_cannot_be_is_refused() -> None:
    codes, scales = torch.zeros(4, 8, dtype=torch.uint8), torch.zeros(4, 3, dtype=torch.float16)
    with pytest.raises(ValueError, match="are no matrix"):
        packing.read(file_of({"a": 8}, a=codes, **{"a.scale": scales}))
    ternary = {"trits": json.dumps({"a": 41})}
    with pytest.raises(ValueError, match="do not hold 41 columns"):
        packing.read(save({"a": codes, "a.scale": scales}, ternary))
    with pytest.raises(ValueError, match="cannot be read"):
        packing.read(file_of(a=torch.zeros(3, dtype=torch.int64)))
