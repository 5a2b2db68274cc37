"""What is kept is found again; whatever happens to the file or the disk, nothing is raised and nothing wrong is told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from lm_lint import cache as caches
from lm_lint.cache import Cache

FILE = "results.sqlite3"


@contextmanager
def opened(folder: Path, max_bytes: int = caches.MAX_BYTES) -> Iterator[Cache]:
    with closing(Cache(folder, max_bytes)) as cache:
        yield cache


def filled(folder: Path, n_entries: int = 10) -> None:
    with opened(folder) as cache:
        for i in range(n_entries):
            cache.put(b"key %d" % i, b"value %d" % i)


def test_what_was_put_is_found_now_and_later(tmp_path: Path) -> None:
    with opened(tmp_path) as cache:
        cache.put(b"a", b"1")
        assert cache.get(b"a") == b"1"
        assert cache.get(b"b") is None
    with opened(tmp_path) as cache:
        assert cache.get(b"a") == b"1"
        cache.put(b"a", b"2")
    with opened(tmp_path) as cache:
        assert cache.get(b"a") == b"2"
        assert cache.problem is None


def test_a_folder_of_ours_is_marked_as_a_cache_and_one_of_others_is_not(tmp_path: Path) -> None:
    filled(tmp_path / "new")
    assert (tmp_path / "new" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172")
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    filled(tmp_path)
    assert not (tmp_path / ".gitignore").exists()


def test_clearing_removes_what_is_ours_and_nothing_else(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    shared.mkdir()
    (shared / ".gitignore").write_text("build\n")
    for folder in (own, shared):
        filled(folder)
        n_bytes = caches.size(folder)
        assert n_bytes > 1000
        assert caches.clear(folder) == n_bytes
        assert caches.size(folder) == caches.clear(folder) == 0
    assert not own.exists()
    assert [path.name for path in shared.iterdir()] == [".gitignore"]


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_file_is_started_anew(tmp_path: Path, damage: bytes) -> None:
    filled(tmp_path)
    (tmp_path / FILE).write_bytes(damage)
    with opened(tmp_path) as cache:
        assert cache.get(b"key 1") is None
        cache.put(b"key 1", b"again")
        assert cache.problem is None
    with opened(tmp_path) as cache:
        assert cache.get(b"key 1") == b"again"


@pytest.mark.parametrize("seed", range(20))
def test_a_file_with_a_hole_never_gives_a_wrong_value(tmp_path: Path, seed: int) -> None:
    filled(tmp_path, 500)
    data = bytearray((tmp_path / FILE).read_bytes())
    at = seed * (len(data) - 600) // 19
    data[at : at + 600] = bytes((byte + 1 + seed) % 256 for byte in data[at : at + 600])
    (tmp_path / FILE).write_bytes(data)
    with opened(tmp_path) as cache:
        found = [cache.get(b"key %d" % i) for i in range(500)]
        cache.put(b"new", b"entry")
    assert all(value in (None, b"value %d" % i) for i, value in enumerate(found))
    with opened(tmp_path) as cache:
        cache.put(b"newer", b"entry")
        assert cache.get(b"newer") == b"entry"


def test_a_file_of_another_layout_is_started_anew(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE entries (key, other)")
        connection.execute("PRAGMA user_version = 99")
    filled(tmp_path)
    with opened(tmp_path) as cache:
        assert cache.get(b"key 3") == b"value 3"


def test_a_full_disk_ends_the_keeping_with_one_sentence(tmp_path: Path) -> None:
    filled(tmp_path)
    with opened(tmp_path) as cache:
        assert cache._connection is not None
        cache._connection.execute("PRAGMA max_page_count = 3")
        for i in range(5000):
            cache.put(b"other %d" % i, b"x" * 100)
        assert cache.problem is not None
        assert "full" in cache.problem
        assert str(tmp_path) in cache.problem
        assert cache.get(b"key 1") is None
    with opened(tmp_path) as cache:
        assert cache.get(b"key 1") == b"value 1"


def test_where_no_folder_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with opened(tmp_path / "file" / "folder") as cache:
        cache.put(b"a", b"1")
        assert cache.get(b"a") is None
        assert cache.problem is not None
        assert "--no-cache" in cache.problem


def test_while_another_run_writes_nothing_is_lost_and_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caches, "_BUSY_MS", 1)
    filled(tmp_path)
    with opened(tmp_path) as cache:
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            cache.put(b"a", b"1")
            cache.flush()
            assert cache.get(b"key 1") is None
            assert cache.problem is None
        cache.flush()
    with opened(tmp_path) as cache:
        assert cache.get(b"a") == b"1"


def test_what_was_not_asked_for_longest_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000_000.0
    monkeypatch.setattr(caches.time, "time", lambda: now)
    for day in range(8):
        now += 100_000
        with opened(tmp_path) as cache:
            cache.get(b"first")
            cache.put(b"first" if not day else b"%d" % day, b"x" * 20_000)
    with opened(tmp_path, max_bytes=100_000) as cache:
        pass
    assert (tmp_path / FILE).stat().st_size <= 100_000
    with opened(tmp_path) as cache:
        assert cache.get(b"first"), "it was of use in every run"
        assert cache.get(b"7")
        assert cache.get(b"1") is None


PROGRAM = """
import sys
from pathlib import Path
from lm_lint.cache import Cache
cache = Cache(Path(sys.argv[1]))
for i in range(3000):
    key = b"key %d" % i
    found = cache.get(key)
    assert found in (None, key * 9), found
    if found is None:
        cache.put(key, key * 9)
cache.close()
print(cache.problem)
"""


@pytest.mark.slow
def test_runs_beside_each_other_share_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [run.communicate()[0] for run in runs] == ["None\n"] * 4
    with opened(tmp_path) as cache:
        assert all(cache.get(key := b"key %d" % i) == key * 9 for i in range(3000))
