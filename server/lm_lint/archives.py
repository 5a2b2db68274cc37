"""A released folder as one file to pass on, and back: the same bytes from the same folder, and nothing from a stranger's
archive but the files of a model.

An archive is taken for hostile. Only what `pack` writes is read: plain files of known names, in one folder or in
none, each of them once, of sizes that a model may have. Everything else is refused at its head, before anything of
it is read. Whether what comes out is a model is told elsewhere.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from lm_lint.errors import BadArchive, NotInstalled
from lm_lint.model_folder import CARD, CELLS, FILES, HEADS, PARTS, RANKING

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")
MOST_BYTES = {
    "config.json": 1 << 20,
    PARTS[0]: 2 << 30,
    PARTS[1]: 64 << 20,
    RANKING: 16 << 20,
    CELLS: 1 << 20,
    HEADS: 16 << 20,
    CARD: 1 << 20,
}
MOST_ARCHIVE_BYTES = sum(MOST_BYTES.values()) + (1 << 20)
_MOST_MEMBERS = len(FILES) + 1  # and their folder
_MOST_PADDING_BYTES = 16 << 20  # behind the last file
_CHUNK_BYTES, _BLOCK_BYTES = 1 << 20, 512
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
# 1980: as early as a zip can say. Neither the day nor who packed shall change the bytes.
_WHEN, _WHEN_SECONDS = (1980, 1, 1, 0, 0, 0), 315_532_800
_MODE = 0o644
# What comes at the end of a zip, and what comes before that where it is of the larger kind.
_ZIP_END, _ZIP_END_BYTES, _ZIP64, _ZIP64_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20
_MOST_DIRECTORY_BYTES = 1 << 16


class _Readable(Protocol):
    def read(self, n_bytes: int, /) -> bytes: ...


@dataclass(frozen=True)
class _Member:
    """What an archive's list says of one entry.

    size    bytes, None for a folder
    opened  the bytes as a stream, which may go on with what comes behind them
    """

    path: str
    size: int | None
    opened: Callable[[], contextlib.AbstractContextManager[_Readable]]


def pack(folder: Path, out: Path, name: str) -> str:
    """Write the files of a released folder below a name; the SHA-256 of the archive.

    out  its suffix says of which kind; it is there when it is whole
    Raises NotInstalled, OSError.
    """
    suffix = next((suffix for suffix in SUFFIXES if out.name.endswith(suffix)), None)
    if suffix is None:
        raise NotInstalled(f"{out}: an archive's name ends with one of {', '.join(SUFFIXES)}")
    paths = [folder / file for file in FILES if (folder / file).is_file()]
    for path in paths:
        if path.stat().st_size > MOST_BYTES[path.name]:
            raise NotInstalled(f"{path}: is larger than what is installed of such files")
    handle, half = tempfile.mkstemp(".tmp", ".lm-lint-", out.parent)
    try:
        with open(handle, "wb") as file:
            _pack(sorted(paths), file, name, suffix)
            file.flush()
            os.fsync(handle)
        os.chmod(half, _MODE)
        res = sha256_of(half)
        os.replace(half, out)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(half)
    return res


def sha256_of(path: str | os.PathLike[str]) -> str:
    """In hexadecimal, of a file of any size. Raises OSError."""
    res = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            res.update(chunk)
    return res.hexdigest()


def unpack(archive: Path, folder: Path) -> str:
    """Write an archive's files into an empty folder; the name of the folder that they are in, "" for none.

    What the archive is, its first bytes say. Raises BadArchive, and OSError where files cannot be read or written.
    """
    try:
        with open(archive, "rb") as file:
            return _unpacked(_members(file), folder)
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError, zipfile.BadZipFile) as error:
        raise BadArchive(f"it is damaged, or ends in the middle ({_first_line(error)})") from error
    except (ValueError, RuntimeError, NotImplementedError, OverflowError) as error:
        raise BadArchive(f"it cannot be read ({_first_line(error)})") from error


def _pack(paths: list[Path], file: BinaryIO, name: str, suffix: str) -> None:
    if suffix == ".zip":
        _pack_zip(paths, file, name)
    elif suffix == ".tar":
        _pack_tar(paths, file, name)
    else:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            _pack_tar(paths, packed, name)


def _pack_tar(paths: list[Path], file: BinaryIO | gzip.GzipFile, name: str) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in paths:
            entry = tarfile.TarInfo(f"{name}/{path.name}")
            entry.size, entry.mode, entry.mtime = path.stat().st_size, _MODE, _WHEN_SECONDS
            with open(path, "rb") as part:
                archive.addfile(entry, part)


def _pack_zip(paths: list[Path], file: BinaryIO, name: str) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for path in paths:
            entry = zipfile.ZipInfo(f"{name}/{path.name}", _WHEN)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | _MODE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            with open(path, "rb") as part, archive.open(entry, "w") as packed:
                while chunk := part.read(_CHUNK_BYTES):
                    packed.write(chunk)


def _unpacked(members: Iterator[_Member], folder: Path) -> str:
    places: dict[str, str] = {}
    for number, member in enumerate(members, 1):
        if number > _MOST_MEMBERS:
            raise BadArchive(f"it holds more than {_MOST_MEMBERS} entries; a model has fewer")
        top, file = _place(member.path, is_folder=member.size is None)
        if places and top not in places.values():
            raise BadArchive(f"{member.path!r:.80} is in another folder than the rest")
        if file in places:
            raise BadArchive(f"{member.path!r:.80} is in it twice")
        places[file] = top
        if member.size is not None:
            if not 0 <= member.size <= MOST_BYTES[file]:
                raise BadArchive(f"{file} shall have {member.size:,} bytes; a model has less")
            _copy(member, folder / file)
    if missing := [part for part in ("config.json", *PARTS) if part not in places]:
        raise BadArchive(f"{missing[0]} is not in it, so it holds no model")
    return next(iter(places.values()))


def _place(path: str, is_folder: bool) -> tuple[str, str]:
    """The folder and the file that an entry's path names; "" for no folder, and for no file. Raises BadArchive."""
    shown = path.removesuffix("/") if is_folder else path
    *folders, file = shown.split("/") + [""] * is_folder
    if folders[:1] == ["."]:
        folders = folders[1:]  # as `tar -C FOLDER .` writes it
    is_known = file in MOST_BYTES or is_folder
    if not is_known or len(folders) > 1 or any(top in ("", ".", "..") for top in folders):
        raise BadArchive(f"{path!r:.80} is in it, which is no file of a model")
    return (folders or [""])[0], file


def _copy(member: _Member, target: Path) -> None:
    assert member.size is not None
    n_left = member.size
    with member.opened() as stream, open(target, "xb") as file:
        while n_left and (chunk := stream.read(min(n_left, _CHUNK_BYTES))):
            file.write(chunk)
            n_left -= len(chunk)
        if n_left:
            raise BadArchive(f"{member.path!r:.80} ends in the middle")


def _members(file: BinaryIO) -> Iterator[_Member]:
    begin = file.read(_BLOCK_BYTES)
    file.seek(0)
    if begin.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=file) as unzipped:
            yield from _members_of_tar(unzipped)
    elif begin.startswith(b"PK"):
        yield from _members_of_zip(file)
    elif begin[257:262] == b"ustar":
        yield from _members_of_tar(file)
    else:
        raise BadArchive(f"it is none of {', '.join(SUFFIXES)}")


def _members_of_tar(file: BinaryIO | gzip.GzipFile) -> Iterator[_Member]:
    """Head by head, so that no head of a longer kind is followed: those could be of any length."""
    while (head := _exactly(file, _BLOCK_BYTES)).strip(b"\0"):
        entry = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
        if not (entry.isdir() and not entry.size) and entry.type not in _PLAIN:
            raise BadArchive(
                f"{entry.name!r:.80} is no plain file (a link, a device or an extension of tar); "
                "`lm-lint model pack` makes archives that are installed"
            )
        yield _Member(
            entry.name, None if entry.isdir() else entry.size, lambda: contextlib.nullcontext(file)
        )
        _exactly(file, -entry.size % _BLOCK_BYTES)
    # To the end, where gzip has the checksum.
    n_bytes = 0
    while chunk := file.read(_CHUNK_BYTES):
        n_bytes += len(chunk)
        if n_bytes > _MOST_PADDING_BYTES or chunk.strip(b"\0"):
            raise BadArchive("there is more in it behind the last file")
    if n_bytes < _BLOCK_BYTES:
        raise EOFError("there is no mark of its end")


def _exactly(file: BinaryIO | gzip.GzipFile, n_bytes: int) -> bytes:
    res = file.read(n_bytes)
    if len(res) < n_bytes:
        raise EOFError("unexpected end")
    return res


def _members_of_zip(file: BinaryIO) -> Iterator[_Member]:
    _refuse_odd_directory(file)
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            mode = entry.external_attr >> 16 if entry.create_system == 3 else 0
            is_plain = stat.S_IFMT(mode) in (0, stat.S_IFREG, stat.S_IFDIR)
            is_read = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            if not is_plain or not is_read or entry.flag_bits & 1:
                raise BadArchive(f"{entry.filename!r:.80} is encrypted, or no plain file")
            size = None if entry.is_dir() else entry.file_size
            yield _Member(entry.filename, size, partial(archive.open, entry))


def _refuse_odd_directory(file: BinaryIO) -> None:
    """A zip's list of entries is read as a whole, so its length is looked at first. A zip that ends otherwise than
    ours do, with a comment or in the format for very large ones, is refused."""
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(max(0, n_bytes - _ZIP_END_BYTES - _ZIP64_BYTES))
    end = file.read()
    file.seek(0)
    last = end[-_ZIP_END_BYTES:]
    is_ours = len(last) == _ZIP_END_BYTES and last.startswith(_ZIP_END) and last.endswith(b"\0\0")
    if not is_ours or end.startswith(_ZIP64):
        raise BadArchive("it is damaged, or ends in the middle, or is no zip as `pack` makes them")
    n_entries, n_directory = int.from_bytes(last[10:12], "little"), last[12:16]
    if n_entries > _MOST_MEMBERS or int.from_bytes(n_directory, "little") > _MOST_DIRECTORY_BYTES:
        raise BadArchive(f"it holds more than {_MOST_MEMBERS} entries; a model has fewer")


def _first_line(error: Exception) -> str:
    said = (str(error) or type(error).__name__).splitlines()[0]
    return "".join(char if char.isprintable() else "\ufffd" for char in said)[:200]
