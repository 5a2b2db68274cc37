"""Bytes into a file: at every moment it is the old one or the new one, even if the process or the machine dies.

The new bytes are written beside the file, under a hidden name, and take its place in one step. Nothing here knows
what is in the bytes.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import tempfile
import time
from collections.abc import Iterator

from lm_lint.errors import ChangedMeanwhile, NotWritten
from lm_lint.sources import printable

_PREFIX, _SUFFIX = ".lm-lint-", ".tmp"
# A file under such a name lives for milliseconds; one as old as this was left by a process that died.
_LEFT_BEHIND_SECONDS = 600
# What vouches for the old bytes, or gives rights to them, is not true of the new ones.
_NOT_CARRIED = frozenset({"security.capability", "security.evm", "security.ima"})
_REASONS = {
    "ENOSPC": "the disk is full",
    "EDQUOT": "the disk quota is used up",
    "EROFS": "the file system is read-only",
}


def replace(path: str, old: bytes, new: bytes) -> str | None:
    """Put `new` in the place of `old`; a sentence where something about the file could not be kept.

    Where the path is a link, the file that it leads to is written. Raises NotWritten, and ChangedMeanwhile where the
    file does not hold `old`; it is as it was then.
    """
    if old == new:
        return None
    shown, target = printable(path), os.path.realpath(path)
    folder = os.path.dirname(target)
    try:
        status = _writable(shown, target)
        _insist(shown, target, old)
        _tidied(folder)
        with _beside(shown, folder) as (handle, name):
            with open(handle, "wb") as file:
                file.write(new)
                file.flush()
                is_owned = _dressed(name, target, status)
                os.fsync(handle)
            _insist(shown, target, old)
            os.replace(name, target)
    except FileNotFoundError as error:
        raise ChangedMeanwhile(f"{shown}: is gone since it was linted") from error
    except OSError as error:
        raise NotWritten(f"{shown}: cannot be written ({reason(error)}); left as it was") from error
    settle(folder)
    notes = [] if is_owned else ["its owner could not be kept"]
    if status.st_nlink > 1:
        notes.append("its other names (hard links) keep the old text")
    return f"{shown}: was repaired, but {' and '.join(notes)}" if notes else None


def create(path: str, data: bytes, may_replace: bool = False) -> None:
    """Put the data into a new file, which is there when it is whole.

    may_replace   where there is a file, it gives way, and its mode and owner are kept
    Raises NotWritten.
    """
    shown = printable(path)
    folder = os.path.dirname(os.path.abspath(path))
    try:
        insist_on_room(path, may_replace)
        if os.path.lexists(path):
            with open(path, "rb") as file:
                old = file.read()
            replace(path, old, data)
            return
        handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, folder)
        try:
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
            os.chmod(name, 0o666 & ~_umask())
            _named(name, path)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(name)
    except FileExistsError as error:
        raise NotWritten(f"{shown}: was made by somebody else meanwhile, and stays") from error
    except OSError as error:
        raise NotWritten(f"{shown}: cannot be written ({reason(error)})") from error
    settle(folder)


def insist_on_room(path: str, may_replace: bool = False) -> None:
    """Raises NotWritten where `create` would find a file that stays."""
    if os.path.lexists(path) and not may_replace:
        raise NotWritten(f"{printable(path)}: is there already, and stays; --force replaces it")


def _named(name: str, path: str) -> None:
    """Give the file its name. A link fails where the name was taken meanwhile; not all systems have links."""
    try:
        os.link(name, path)
    except FileExistsError:
        raise
    except OSError:
        os.replace(name, path)


def _umask() -> int:
    res = os.umask(0o077)
    os.umask(res)
    return res


def _writable(shown: str, target: str) -> os.stat_result:
    """What is known of a file that may be written. Folders alone decide whether a file can be replaced, so it is asked
    what the file itself allows; root, who may write everything, is bound by a mode that allows it to nobody."""
    status = os.stat(target)
    if not stat.S_ISREG(status.st_mode):
        raise NotWritten(f"{shown}: is no regular file, so nothing is written to it")
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise NotWritten(
            f"{shown}: is read-only, so it is left as it was; make it writable to repair it"
        )
    return status


def _insist(shown: str, target: str, old: bytes) -> None:
    with open(target, "rb") as file:
        # One byte more is enough to know.
        if file.read(len(old) + 1) != old:
            raise ChangedMeanwhile(
                f"{shown}: was changed while it was linted, so it is left as it is; run lm-lint again"
            )


@contextlib.contextmanager
def _beside(shown: str, folder: str) -> Iterator[tuple[int, str]]:
    """A new file that only we may read, open and with its name; the name is free again afterwards."""
    try:
        handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, folder)
    except PermissionError as error:
        raise NotWritten(
            f"{shown}: its folder may not be written, where the repaired file would take its place; left as it was"
        ) from error
    try:
        yield handle, name
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)


def _dressed(name: str, target: str, status: os.stat_result) -> bool:
    """Give a new file the owner, attributes and mode of the old one; False where it has another owner now."""
    is_owned = True
    own = os.stat(name)
    if hasattr(os, "chown") and (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        is_owned = _owned(name, status)
    _attributed(name, target)
    mode = stat.S_IMODE(status.st_mode)
    # To run as somebody else is that owner's gift alone. A change of owner clears these bits, so they come last.
    os.chmod(name, mode if is_owned else mode & ~(stat.S_ISUID | stat.S_ISGID))
    return is_owned


def _owned(name: str, status: os.stat_result) -> bool:
    """The owner, or else the group alone: more is not everyone's to give."""
    for owner in (status.st_uid, -1):
        with contextlib.suppress(OSError):
            os.chown(name, owner, status.st_gid)
            return owner == status.st_uid
    return False


def _attributed(name: str, target: str) -> None:
    """Extended attributes, access lists among them, where the system has any and lets us."""
    if not hasattr(os, "listxattr"):
        return
    with contextlib.suppress(OSError):
        wanted = set(os.listxattr(target)) - _NOT_CARRIED
        # A folder may hand its own access list to what is made in it.
        for attribute in set(os.listxattr(name)) - wanted:
            with contextlib.suppress(OSError):
                os.removexattr(name, attribute)
        for attribute in wanted:
            with contextlib.suppress(OSError):
                os.setxattr(name, attribute, os.getxattr(target, attribute))


def settle(path: str | os.PathLike[str]) -> None:
    """A file, or the names in a folder, shall outlive a loss of power; systems without a way to say so are many."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@functools.cache
def _tidied(folder: str) -> None:
    """Take away what a process that died left in a folder; once is enough.

    Nothing can be lost: whose file goes while it is written learns that when it is to take the other's place.
    """
    oldest = time.time() - _LEFT_BEHIND_SECONDS
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not (entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)):
                continue
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime < oldest:
                    os.unlink(entry.path)


def reason(error: OSError) -> str:
    name = errno.errorcode.get(error.errno or 0, "")
    return _REASONS.get(name) or error.strerror or str(error)
