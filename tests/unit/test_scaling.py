"""The curve of sizes and tokens: found again where it is known, and what follows from it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from lm_lint.shape import NetworkConfig
from models import scaling
from models.__main__ import main

TRUE = scaling.Curve(0.6, math.log(40.0), 0.35, math.log(900.0), 0.42)


def made(curve: scaling.Curve) -> list[scaling.Point]:
    return [
        scaling.Point(n, d, curve.bits(n, d), 3e10 / n)
        for n in (0.3e6, 1e6, 3e6, 9e6)
        for d in (1e6, 3e6, 10e6, 30e6)
    ]


def test_a_known_curve_is_found_again() -> None:
    found = scaling.fit(made(TRUE))
    assert found.alpha == pytest.approx(TRUE.alpha, abs=0.03)
    assert found.beta == pytest.approx(TRUE.beta, abs=0.03)
    assert found.floor == pytest.approx(TRUE.floor, abs=0.05)
    for n, d in ((20e6, 100e6), (0.1e6, 1e6)):
        assert found.bits(n, d) == pytest.approx(TRUE.bits(n, d), rel=0.02)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="5 points"):
        scaling.fit(made(TRUE)[:5])


def test_more_time_wants_a_larger_network() -> None:
    given = made(TRUE)
    found = [scaling.best(TRUE, given, hours) for hours in (0.1, 1.0, 10.0)]
    assert found[0].parameters < found[1].parameters < found[2].parameters
    assert found[0].bits > found[1].bits > found[2].bits
    other = [scaling.best(TRUE, given, 1.0, threads) for threads in (1.0, 2.0)]
    assert other[1].tokens > other[0].tokens
    for one in found:
        # Neither half nor double of the size does better in the same time.
        for n in (one.parameters / 2, one.parameters * 2):
            assert TRUE.bits(n, one.hours * 3600 * scaling.pace(given, n)) > one.bits


def test_pace_goes_on_beyond_what_was_measured() -> None:
    given = made(TRUE)
    for n in (0.1e6, 0.5e6, 1e6, 40e6):
        assert scaling.pace(given, n) == pytest.approx(3e10 / n, rel=0.01)
    slower = [*given, replace(given[0], pace=given[0].pace / 2)]
    assert scaling.pace(slower, given[0].parameters) == pytest.approx(given[0].pace)


def test_the_table_of_pairs_is_not_counted() -> None:
    network = NetworkConfig()
    shapes = network.parameters()
    whole = sum(math.prod(shape) for shape in shapes.values())
    found = scaling.multiplied({"seed": 1}, network)
    assert found == whole - network.bigram_buckets * network.width
    halved = scaling.multiplied({"network.bigram_buckets": 16}, network)
    assert halved == found


def test_the_command_says_what_to_train_and_draws(tmp_path: Path) -> None:
    network = NetworkConfig()
    rows = []
    for width in (64, 128, 256):
        for tokens in (1e6, 3e6, 10e6):
            settings = {"network.width": width}
            bits = TRUE.bits(scaling.multiplied(settings, network), tokens)
            told = {"settings": settings, "tokens": tokens, "tokens_per_second": 2e6 / width}
            rows.append({**told, "bits_per_byte": {"c": bits, "html": bits, "python": bits}})
    (tmp_path / "s.json").write_text(json.dumps(rows))
    done = CliRunner().invoke(main, ["scaling", str(tmp_path / "s.json"), "--hours", "2"])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "| 2 | " in done.output
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "few.json").write_text(json.dumps(rows[:3]))
    refused = CliRunner().invoke(main, ["scaling", str(tmp_path / "few.json")])
    assert refused.exit_code == 1
    assert "3 points" in refused.output
