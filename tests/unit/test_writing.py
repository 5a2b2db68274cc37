"""Bytes into files: whole or not at all, with all that belongs to a file, and nothing left beside it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lm_lint import writing
from lm_lint.errors import ChangedMeanwhile, NotWritten
from lm_lint.text import language_of

OLD, NEW = b"int a\r\n\xff", b"int a;\r\n\xff"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    writing._tidied.cache_clear()
    res = tmp_path / "project" / "a.c"
    res.parent.mkdir()
    res.write_bytes(OLD)
    return res


def beside(file: Path) -> list[str]:
    return sorted(set(os.listdir(file.parent)) - {file.name})


def test_the_new_bytes_take_the_place_of_the_old(file: Path) -> None:
    assert writing.replace(str(file), OLD, NEW) is None
    assert (file.read_bytes(), beside(file)) == (NEW, [])


def test_equal_bytes_leave_the_file_alone(file: Path) -> None:
    before = file.stat()
    assert writing.replace(str(file), OLD, OLD) is None
    assert file.stat() == before


# --- What belongs to a file


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600, 0o4750, 0o222])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    file.chmod(mode)
    writing.replace(str(file), OLD, NEW)
    assert file.stat().st_mode & 0o7777 == mode


def test_extended_attributes_are_kept(file: Path) -> None:
    try:
        os.setxattr(file, "user.origin", b"here")
    except (AttributeError, OSError):
        pytest.skip("no extended attributes on this system")
    writing.replace(str(file), OLD, NEW)
    assert os.getxattr(file, "user.origin") == b"here"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_the_owner_is_kept(file: Path) -> None:
    os.chown(file, 12, 34)
    assert writing.replace(str(file), OLD, NEW) is None
    assert (file.stat().st_uid, file.stat().st_gid) == (12, 34)


def test_an_owner_that_cannot_be_kept_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with it goes the right to run as that owner."""
    file.chmod(0o4755)
    status = list(file.stat())
    status[4] += 1
    monkeypatch.setattr(writing, "_writable", lambda *_: os.stat_result(status))
    monkeypatch.setattr(os, "chown", failing(errno.EPERM))
    note = writing.replace(str(file), OLD, NEW)
    assert note is not None
    assert note.endswith("a.c: was repaired, but its owner could not be kept")
    assert (file.read_bytes(), file.stat().st_mode & 0o7777) == (NEW, 0o755)


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    link, further = tmp_path / "link.c", tmp_path / "further.c"
    link.symlink_to(os.path.join("project", "a.c"))
    further.symlink_to(link)
    writing.replace(str(further), OLD, NEW)
    assert (further.is_symlink(), link.is_symlink(), file.is_symlink()) == (True, True, False)
    assert (file.read_bytes(), beside(file)) == (NEW, [])
    assert sorted(os.listdir(tmp_path)) == ["further.c", "link.c", "project"]


def test_other_names_of_a_file_are_told(file: Path) -> None:
    other = file.with_name("b.c")
    os.link(file, other)
    note = writing.replace(str(file), OLD, NEW)
    assert note is not None
    assert note.endswith("a.c: was repaired, but its other names (hard links) keep the old text")
    assert (file.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_names_of_any_bytes(tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"\xff a\n.c")
    file.write_bytes(OLD)
    writing.replace(str(file), OLD, NEW)
    assert file.read_bytes() == NEW


# --- What keeps a file from being written


def refused(file: Path, error: type[NotWritten] = NotWritten) -> str:
    """The sentence; the folder is as it was."""
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}
    with pytest.raises(error) as caught:
        writing.replace(str(file), OLD, NEW)
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before
    assert str(caught.value).startswith(f"{file}: ")
    return str(caught.value).removeprefix(f"{file}: ")


def failing(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("now", [b"", OLD + b"\n", OLD[:-1], NEW])
def test_a_file_that_was_changed_is_left_alone(file: Path, now: bytes) -> None:
    file.write_bytes(now)
    assert "was changed while it was linted" in refused(file, ChangedMeanwhile)


def test_a_file_that_is_changed_at_the_last_moment_is_left_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: file.write_bytes(b"by an editor"))
    with pytest.raises(ChangedMeanwhile):
        writing.replace(str(file), OLD, NEW)
    assert (file.read_bytes(), beside(file)) == (b"by an editor", [])


def test_a_file_that_was_deleted_stays_deleted(file: Path) -> None:
    file.unlink()
    assert refused(file, ChangedMeanwhile) == "is gone since it was linted"
    file.parent.rmdir()
    with pytest.raises(ChangedMeanwhile):
        writing.replace(str(file), OLD, NEW)


def test_a_file_without_write_permission_is_respected(file: Path) -> None:
    """Also by root, whom the system would let."""
    file.chmod(0o444)
    assert "is read-only" in refused(file)
    assert file.stat().st_mode & 0o777 == 0o444


def test_a_folder_that_may_not_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.mkstemp", failing(errno.EACCES))
    assert "its folder may not be written" in refused(file)


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "chmod"])
def test_a_disk_that_is_full(file: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    if step == "write":
        if not os.path.exists("/dev/full"):
            pytest.skip("no /dev/full")
        made = writing.tempfile.mkstemp

        def on_a_full_disk(*arguments: str) -> tuple[int, str]:
            handle, name = made(*arguments)
            os.close(handle)
            return os.open("/dev/full", os.O_WRONLY), name

        monkeypatch.setattr("tempfile.mkstemp", on_a_full_disk)
    else:
        monkeypatch.setattr(os, step, failing(errno.ENOSPC))
    assert refused(file) == "cannot be written (the disk is full); left as it was"


@pytest.mark.parametrize(
    ("number", "why"),
    [(errno.EROFS, "the file system is read-only"), (errno.EIO, "nput/output error")],
)
def test_other_trouble(file: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str) -> None:
    monkeypatch.setattr("tempfile.mkstemp", failing(number))
    assert why in refused(file)


def test_folders_pipes_and_loops(file: Path) -> None:
    pipe, loop = file.with_name("pipe.c"), file.with_name("loop.c")
    os.mkfifo(pipe)
    loop.symlink_to("loop.c")
    for path in (file.parent, pipe, loop):
        with pytest.raises(NotWritten):
            writing.replace(str(path), OLD, NEW)


def test_systems_with_less_to_keep(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has neither owners nor attributes of this kind, and no folder that could be opened."""
    for name in ("chown", "listxattr", "setxattr", "getxattr"):
        monkeypatch.delattr(os, name, raising=False)
    opened = os.open

    def open_files_only(path: str, *arguments: int) -> int:
        if os.path.isdir(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path, *arguments)

    monkeypatch.setattr(os, "open", open_files_only)
    assert writing.replace(str(file), OLD, NEW) is None
    assert (file.read_bytes(), beside(file)) == (NEW, [])


# --- Dying in the middle

KILLED = """
import os, signal, sys
from pathlib import Path
from lm_lint import writing

file, old, new = Path(sys.argv[1]), b"old" * 9999, b"new" * 9999

def die_at(call):
    left = call
    def count(frame, event, argument):
        nonlocal left
        if event in ("c_call", "c_return"):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(count)
    writing.replace(str(file), old, new)
    sys.setprofile(None)
    os._exit(0)

call, contents, left_behind = 0, [], set()
while True:
    call += 1
    file.write_bytes(old)
    child = os.fork()
    if not child:
        die_at(call)
    _, status = os.waitpid(child, 0)
    contents.append({old: "old", new: "new"}.get(file.read_bytes(), "neither"))
    for name in set(os.listdir(file.parent)) - {file.name}:
        left_behind.add(name)
        file.with_name(name).unlink()
    if status == 0:
        break
print(*contents)
print(*sorted(left_behind))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are killed as Unix knows them")
def test_killed_at_any_call_the_file_is_the_old_or_the_new_one(file: Path) -> None:
    """At every call into the system and behind it, one process each; what is left behind is no source."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "server")},
    )
    contents, left_behind = (line.split() for line in done.stdout.splitlines())
    assert len(contents) > 50
    assert contents == ["old"] * contents.count("old") + ["new"] * contents.count("new")
    assert left_behind
    assert all(name.startswith(".") and language_of(name) is None for name in left_behind)


def test_what_was_left_behind_is_taken_away_later(file: Path) -> None:
    """Not what is young, which may be another process at work; nor what merely looks like it."""
    names = (
        ".lm-lint-old.tmp",
        ".lm-lint-young.tmp",
        ".lm-lint-folder.tmp",
        ".lm-lint.toml",
        "a.tmp",
    )
    for name in names:
        path = file.with_name(name)
        path.mkdir() if "folder" in name else path.write_bytes(b"")
        if "young" not in name:
            os.utime(path, (0, 0))
    writing.replace(str(file), OLD, NEW)
    assert beside(file) == sorted(names[1:])
