"""The compressors: that they are what they are called, lose nothing, and are charged for every byte."""

from __future__ import annotations

import lzma
import random

import pyppmd
import pytest
import zstandard

from models import baselines

TEXT = b"".join(b"int value_%d = %d;\n" % (i % 7, i) for i in range(300))


def test_nothing_is_lost() -> None:
    assert lzma.decompress(baselines.xz(TEXT)) == TEXT
    assert zstandard.ZstdDecompressor().decompress(baselines.zstd(TEXT)) == TEXT
    decoder = pyppmd.Ppmd7Decoder(baselines.PPMD_ORDER, baselines.PPMD_MEMORY_BYTES)
    packed = baselines.ppmd(TEXT)
    text = decoder.decode(packed, len(TEXT))
    if len(text) < len(TEXT):  # the decoder may want to be told that no more comes
        text += decoder.decode(b"\0", len(TEXT) - len(text))
    assert text == TEXT


def test_noise_costs_eight_bits_and_text_less() -> None:
    noise = random.Random(0).randbytes(20_000)
    for row in baselines.measure([noise]):
        assert 8 <= row.stream < 8.5
    for row in baselines.measure([TEXT]):
        assert row.stream < 2.5


def test_one_file_alone_is_the_stream_of_one_file() -> None:
    for row in baselines.measure([TEXT]):
        assert row.alone == row.stream


def test_in_a_stream_a_file_helps_the_next() -> None:
    for row in baselines.measure([TEXT] * 8):
        assert row.stream < 0.7 * row.alone


def test_bits_are_over_the_bytes_of_all_files() -> None:
    for row in baselines.measure([TEXT, b"", TEXT[:100]]):
        packed = sum(len(baselines.COMPRESSORS[row.name](t)) for t in (TEXT, b"", TEXT[:100]))
        assert row.alone == pytest.approx(8 * packed / (len(TEXT) + 100))


def test_the_rows_are_those_of_the_report() -> None:
    names = [row.name for row in baselines.measure([b"a"])]
    assert names == ["xz -9", "zstd -19", "PPMd (order 8, 64 MiB)"]


@pytest.mark.parametrize("n_bytes", [0, 1, 4096, 4097, 5000])
def test_a_short_dictionary_is_as_good_as_the_long_one(n_bytes: int) -> None:
    data = TEXT[:n_bytes]
    assert len(baselines.xz(data)) == len(lzma.compress(data, preset=9))
