"""What a container may use is what counts, whatever the machine around it has."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

import pytest

from lm_lint import machine


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a control group of this process, without any limits."""
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    own = tmp_path / "all" / "ours"
    own.mkdir(parents=True)
    monkeypatch.setattr(machine, "_containers", lambda controller: [own, own.parent, tmp_path])
    monkeypatch.setattr(os, "process_cpu_count", lambda: 16, raising=False)
    return own


def test_the_least_quota_around_counts(group: Path) -> None:
    assert machine.n_processors() == 16
    (group / "cpu.max").write_text("max 100000\n")
    assert machine.n_processors() == 16
    (group.parent / "cpu.max").write_text("350000 100000\n")
    assert machine.n_processors() == 3
    (group / "cpu.max").write_text("50000 100000\n")
    assert machine.n_processors() == 1


def test_the_quota_of_older_systems(group: Path) -> None:
    (group / "cpu.cfs_quota_us").write_text("-1\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")
    assert machine.n_processors() == 16
    (group / "cpu.cfs_quota_us").write_text("400000\n")
    assert machine.n_processors() == 4


def test_cached_files_are_no_memory_that_is_taken(group: Path) -> None:
    free = machine.free_bytes()
    assert free is None or free > 1000
    (group / "memory.max").write_text("1000\n")
    (group / "memory.current").write_text("700\n")
    assert machine.free_bytes() == 300
    (group / "memory.stat").write_text("anon 5\ninactive_file 500\n")
    assert machine.free_bytes() == 800
    (group / "memory.max").write_text("max\n")
    assert machine.free_bytes() != 800


def test_versions_are_those_of_the_installed_distributions() -> None:
    for name in ("numpy", "tree_sitter_c", "click"):
        assert machine.version_of(name) == metadata.version(name)
    assert machine.version_of("no_such_library") is None


def test_a_named_device_is_believed() -> None:
    assert machine.likely_device("cuda") == "cuda"
    assert machine.likely_device("cpu") == "cpu"
    assert machine.likely_device("auto") in ("cpu", "cuda", "mps")
