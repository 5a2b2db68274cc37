"""What was found in texts that were linted before: values by key, in one file, for as long as there is room.

A cache may fail and linting goes on: what is damaged is started anew, what cannot be written is not kept, and the
first such trouble is told as a sentence in `problem`. Several runs may share a folder. The file keeps to a size: what
was not asked for longest goes first. It is no place for secrets and none for what cannot be found out again. Nothing
here knows what keys and values mean.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 64 << 20
_FILE = "results.sqlite3"
_SUFFIXES = ("-journal", "-wal", "-shm", "")  # the journal goes before what it belongs to
_LAYOUT = 1  # of the file; one of another layout is started anew
_BUSY_MS = 2000  # how long another run's write is waited for
_BATCH_ENTRIES, _BATCH_SECONDS = 500, 5.0
_MOST_ADDED = 2000  # entries that wait while another run writes
_KEPT_SHARE = 0.75  # of the size, once it was exceeded
_DAY_SECONDS = 86_400  # how exactly it is known when an entry was last of use
_MOST_VALUE_BYTES = 1 << 20
_CHECK_BYTES = 4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID
"""
_TAG = """\
Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of lm-lint and may be removed at any time. For this mark see https://bford.info/cachedir/
"""
# Backups leave a folder with the first of these out, and Git does not see one with the second.
_MARKS = (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n"))


def default_folder() -> Path:
    """Where this system keeps caches of its users."""
    from platformdirs import user_cache_path

    return user_cache_path("lm-lint", appauthor=False)


def size(folder: Path) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in _files(folder))


def clear(folder: Path) -> int:
    """Remove what we wrote, and the folder if that was all in it; how many bytes that freed. Raises OSError."""
    freed = 0
    for path in _files(folder):
        freed += path.stat().st_size
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
    return freed


def _files(folder: Path) -> list[Path]:
    """What we write: the file, its journal, and what tells others to leave the folder alone."""
    own = [folder / f"{_FILE}{suffix}" for suffix in _SUFFIXES]
    marks = [folder / name for name, text in _MARKS if _holds(folder / name, text)]
    return [path for path in (*own, *marks) if path.is_file()]


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False


_TROUBLE = (sqlite3.Error, OSError)


class Cache:
    """Belongs to one thread; `close` writes what is left. No method raises.

    problem  why entries are not read or not kept (any more); None while all is well
    """

    def __init__(self, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self.folder = folder
        self.problem: str | None = None
        self._max_bytes = max_bytes
        self._file = folder / _FILE
        self._added: dict[bytes, bytes] = {}
        self._touched: set[bytes] = set()
        self._now = int(time.time())
        self._written = time.monotonic()
        self._connection: sqlite3.Connection | None = None
        try:
            self._connection = self._opened()
        except _TROUBLE as error:
            self._met(error)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key; None where there is none, or where it was damaged on the disk."""
        if key in self._added:
            return self._added[key]
        try:
            return self._read(key)
        except _TROUBLE as error:
            self._met(error)
            return None

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value; it is written with others, now and then."""
        if self._connection is None or len(value) > _MOST_VALUE_BYTES:
            return
        self._added[key] = value
        late = time.monotonic() - self._written > _BATCH_SECONDS
        if late or len(self._added) >= _BATCH_ENTRIES:
            self._write()

    def flush(self) -> None:
        """Write what is not written yet, and keep to the size."""
        self._write()
        try:
            self._shrink()
        except _TROUBLE as error:
            self._met(error)

    def close(self) -> None:
        self.flush()
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    # --- The file.

    def _opened(self) -> sqlite3.Connection:
        if not self.folder.is_dir():
            # Messages quote what was linted, which is nobody else's business.
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name, text in _MARKS:
                (self.folder / name).write_bytes(text.encode())
        try:
            return self._connected()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._remove()
            return self._connected()

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, timeout=_BUSY_MS / 1000, isolation_level=None, cached_statements=8
        )
        try:
            # After a crash of the system, not of a program, the file may be damaged, and is started anew.
            # No write-ahead log: on network drives and in some containers it does not work.
            connection.execute("PRAGMA synchronous = OFF")
            (layout,) = connection.execute("PRAGMA user_version").fetchone()
            if layout != _LAYOUT:
                with _transaction(connection):
                    connection.execute("DROP TABLE IF EXISTS entries")
                    connection.execute(_SCHEMA)
                    connection.execute(f"PRAGMA user_version = {_LAYOUT}")
            # A missing table of a file that says it has one is damage too.
            connection.execute("SELECT value, used FROM entries LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _read(self, key: bytes) -> bytes | None:
        if self._connection is None:
            return None
        query = "SELECT value, used FROM entries WHERE key = ?"
        row = self._connection.execute(query, (key,)).fetchone()
        if row is None:
            return None
        checked, used = row
        value: bytes = checked[_CHECK_BYTES:]
        if checked[:_CHECK_BYTES] != _check(key, value):
            raise sqlite3.DatabaseError("an entry is damaged")
        if used + _DAY_SECONDS < self._now:
            self._touched.add(key)
        return value

    def _write(self) -> None:
        """All that is new, in one transaction; where another run is writing for too long, later."""
        connection = self._connection
        self._written = time.monotonic()
        if connection is None or not (self._added or self._touched):
            return
        rows = [(key, _check(key, value) + value, self._now) for key, value in self._added.items()]
        touched = [(self._now, key) for key in self._touched]
        try:
            with _transaction(connection):
                connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)", rows)
                connection.executemany("UPDATE entries SET used = ? WHERE key = ?", touched)
        except _TROUBLE as error:
            self._met(error)
            if len(self._added) < _MOST_ADDED:
                return
        self._added.clear()
        self._touched.clear()

    def _shrink(self) -> None:
        """Remove what was not asked for longest, where the file is too long; what is left is written anew."""
        connection = self._connection
        n_bytes = self._file.stat().st_size if connection is not None else 0
        if connection is None or n_bytes <= self._max_bytes:
            return
        found = connection.execute("SELECT key, length(value) FROM entries ORDER BY used DESC")
        rows = [(key, len(key) + length) for key, length in found]
        # Entries take more room in the file than their own; about as much each.
        left = sum(n for _, n in rows) * self._max_bytes * _KEPT_SHARE / n_bytes
        gone = []
        for key, n in rows:
            left -= n
            if left < 0:
                gone.append((key,))
        with _transaction(connection):
            connection.executemany("DELETE FROM entries WHERE key = ?", gone)
        connection.execute("VACUUM")

    def _remove(self) -> None:
        """Start anew. Runs that have the old file open go on with it, and leave nothing behind."""
        for suffix in _SUFFIXES:
            Path(f"{self._file}{suffix}").unlink(missing_ok=True)

    def _met(self, error: Exception) -> None:
        """Whatever goes wrong is told once; damage starts the file anew, all else but waiting ends its use."""
        if _is_busy(error):
            return
        if _is_damage(error) and self._connection is not None:
            self._start_anew()
        else:
            self._give_up(error)

    def _start_anew(self) -> None:
        connection, self._connection = self._connection, None
        self._touched.clear()
        try:
            if connection is not None:
                connection.close()
            self._remove()
            self._connection = self._connected()
        except _TROUBLE as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._connection = None
        self._added.clear()
        self._touched.clear()
        said = getattr(error, "strerror", None) or str(error)
        self.problem = self.problem or (
            f"the cache in {self.folder} cannot be used ({said}); nothing is lost but time. "
            "--cache-dir names another folder, --no-cache does without"
        )


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _check(key: bytes, value: bytes) -> bytes:
    return zlib.crc32(value, zlib.crc32(key)).to_bytes(_CHECK_BYTES, "big")


def _is_busy(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "locked" in str(error)


def _is_damage(error: Exception) -> bool:
    """What a new file would mend: not a full disk, nor a missing permission."""
    if isinstance(error, sqlite3.OperationalError):
        return "no such table" in str(error) or "no such column" in str(error)
    return isinstance(error, sqlite3.DatabaseError)
