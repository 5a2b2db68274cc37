"""The estimate of a file's bytes is what is really written, and the page tells both."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import compression as bench
from bench.compression import ADAPTED, PLAIN, Coded, Row
from tests.sources import SOURCES


@pytest.fixture(scope="module")
def ours(tiny_folder: Path) -> bench.Ours:
    return bench.Ours(tiny_folder)


@pytest.mark.parametrize("language", ["c", "html", "python"])
def test_the_code_length_is_what_is_written(ours: bench.Ours, language: bench.Language) -> None:
    data = SOURCES[language].encode()[:600]
    bits = ours.code_lengths(data, language)
    for name in (PLAIN, ADAPTED):
        written = ours.codec.encoded(data, language, name == ADAPTED)
        assert abs(bits[name] / 8 - len(written.data)) <= 8, name
        assert len(written.to_bytes()) - len(written.data) in (ours.n_head, ours.n_head - 1)
    assert bits[ADAPTED] < bits[PLAIN]


def test_what_xz_makes_smaller_counts_as_that(ours: bench.Ours) -> None:
    """The tiny model knows nothing."""
    data = b"int a;\n" * 40
    written, _, _, _ = ours.coded(data, "c", adapts=False)
    for bits in ours.code_lengths(data, "c").values():
        assert ours.estimated(data, bits) == written
    assert ours.estimated(SOURCES["c"].encode() * 2, 64.5) == ours.n_head + 12


@pytest.mark.parametrize("name", bench.rivals())
def test_rivals_compress(name: str) -> None:
    data = SOURCES["c"].encode() * 20
    assert 20 < len(bench.rivals()[name](data)) < len(data) / 5


def test_the_page_tells_what_was_measured() -> None:
    facts = {
        "split": "test",
        "seed": 0,
        "bytes": 1000,
        "coded_bytes": 100,
        "model": "tiny",
        "sha256": "0123456789abcdef",
        "model_bytes": 1_000_000,
        "head_bytes": 85,
        "files": {"c": 2},
        "load": "load 1.0",
        "machine": {"numpy": "2"},
    }
    rows = [Row("c", PLAIN, 1000, 250, None), Row("c", "xz -9", 1000, 500, 400)]
    page = bench.page(facts, rows, [Coded("c", PLAIN, 1, 100, 40, 30, 31, 0.5, 0.25)])
    assert "## C: 2 files, 1,000 bytes" in page
    assert "| lm-lint --no-adapt | 250 | 2.000 |  |  |" in page
    assert "| xz -9 | 500 | 4.000 | 400 | 3.200 |" in page
    assert "| C, lm-lint --no-adapt | 1 | 100 | 30 | 31 | 80 | 160 |" in page
