"""A small share of `python -m bench.fuzz`: whatever comes, the server lives and its text is the client's."""

from __future__ import annotations

import pytest

from bench.fuzz import run


@pytest.mark.released
def test_random_messages() -> None:
    counts = run(300, seed=1, encoding="utf-16")
    assert counts["edit"] > 100
    assert counts["compare"] > 5
