"""From a manifest's entry to the files inside it: fetched with the ordinary clients, read straight from the archives.

Knows nothing of languages: it is told which paths are wanted.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from models.corpus.manifest import Entry

Wanted = Callable[[str, int], bool]  # path inside the package, bytes -> shall it be read?
Files = Iterator[tuple[str, bytes]]

_OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".lzma": lzma.open,
}


class FetchError(Exception):
    """A package could not be had; the others still can. The message says what was missing."""


def files(entry: Entry, sources: Path, git_mirror: Path | None, wanted: Wanted) -> Files:
    """The wanted files of a package, fetched first where they are not there yet."""
    if entry.kind == "debian":
        for archive in _debian(entry, sources / "debian"):
            yield from _in_archive(archive, wanted)
    elif entry.kind == "pypi":
        yield from _in_archive(_pypi(entry, sources / "pypi"), wanted)
    elif entry.kind == "git":
        yield from _in_git(entry, git_mirror, wanted)
    else:
        yield from _in_directory(Path(entry.package), wanted)


def _run(command: list[str], folder: Path, what: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise FetchError(f"{what}: the command {command[0]} is not installed.") from error
    if done.returncode:
        reasons = [line for line in done.stderr.splitlines() if not line.startswith("W:")] or [
            "no reason given"
        ]
        raise FetchError(f"{what}: {reasons[0].strip()}")


def _debian(entry: Entry, folder: Path) -> list[Path]:
    version = entry.version.split(":", 1)[-1]
    description = folder / f"{entry.package}_{version}.dsc"

    def archives() -> list[Path]:
        if not description.is_file():
            return []
        listed = re.findall(
            r"^ [0-9a-f]{64} \d+ (\S+)$", description.read_text(errors="replace"), re.MULTILINE
        )
        names = [
            name
            for name in listed
            if re.search(r"\.tar\.\w+$", name) and ".debian.tar." not in name
        ]
        return [folder / name for name in sorted(names) if fnmatch(name, entry.tarball)]

    if not archives() or not all(path.is_file() for path in archives()):
        what = f"{entry.package}={entry.version}"
        try:
            _run(["apt-get", "source", "--download-only", "-qq", what], folder, what)
        except FetchError:
            # Only the packaging may be lacking, which is not read.
            if not archives() or not all(path.is_file() for path in archives()):
                raise
    found = [path for path in archives() if path.is_file()]
    if not found:
        raise FetchError(f"{entry.package}={entry.version}: no archive matches {entry.tarball!r}.")
    return found


def _pypi(entry: Entry, folder: Path) -> Path:
    name = re.sub(r"[-_.]+", "[-_.]+", re.escape(entry.package).replace(r"\-", "-"))
    version = re.escape(entry.version)
    pattern = re.compile(rf"{name}-{version}(-.*\.whl|\.tar\.gz|\.zip)", re.IGNORECASE)

    def found() -> list[Path]:
        return sorted(path for path in folder.glob("*") if pattern.fullmatch(path.name))

    if not found():
        # A wheel needs no build step and holds the sources as they are installed.
        what = f"{entry.package}=={entry.version}"
        _run(
            ["pip", "download", "-q", "--no-deps", "--only-binary", ":all:", "-d", ".", what],
            folder,
            what,
        )
    if not found():
        raise FetchError(f"{entry.package}=={entry.version}: pip left no archive of that version.")
    return found()[0]


def _in_archive(archive: Path, wanted: Wanted) -> Files:
    try:
        if archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(archive) as zipped:
                for info in zipped.infolist():
                    if not info.is_dir() and wanted(info.filename, info.file_size):
                        yield info.filename, zipped.read(info)
            return
        # The openers read archives of several compressed streams, which tarfile's own reading does not.
        opened = _OPENERS.get(archive.suffix, open)(archive, "rb")
        with opened, tarfile.open(fileobj=opened, mode="r|") as stream:
            for member in stream:
                path = member.name.split("/", 1)[-1]  # without the folder that carries the version
                if (
                    member.isfile()
                    and wanted(path, member.size)
                    and (file := stream.extractfile(member))
                ):
                    yield path, file.read()
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        OSError,
    ) as error:
        raise FetchError(
            f"{archive.name} is damaged ({error}); delete it and call again."
        ) from error


def _in_directory(folder: Path, wanted: Wanted) -> Files:
    if not folder.is_dir():
        raise FetchError(f"{folder} is not a directory.")
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_file() and not path.is_symlink() and wanted(inside, path.stat().st_size):
            yield inside, path.read_bytes()


def git_directory(package: str, mirror: Path | None) -> Path:
    """Where the mirror keeps a repository: OWNER+NAME itself, or one of the usual places below it."""
    if mirror is None:
        raise FetchError(
            f"{package}: a local mirror of git directories is needed; name it with --git-mirror."
        )
    top = mirror / package.replace("/", "+")
    for place in (top / "repo", top / "repo" / ".git", top / ".git", top):
        if (place / "HEAD").is_file():
            return place
    raise FetchError(f"{package}: no git directory in {top}.")


def _in_git(entry: Entry, mirror: Path | None, wanted: Wanted) -> Files:
    git = ["git", "--git-dir", str(git_directory(entry.package, mirror))]
    listing = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "-l", entry.version], capture_output=True, check=False
    )
    if listing.returncode:
        raise FetchError(f"{entry.package}: the mirror does not hold commit {entry.version}.")
    chosen: list[tuple[str, bytes]] = []
    for row in listing.stdout.split(b"\0"):
        if not row:
            continue
        about, raw_path = row.split(b"\t", 1)
        mode, kind, blob, size = about.split()
        path = raw_path.decode("utf-8", errors="replace")
        if kind == b"blob" and mode != b"120000" and size.isdigit() and wanted(path, int(size)):
            chosen.append((path, blob))
    yield from blobs(git, chosen)


def blobs(git: list[str], chosen: list[tuple[str, bytes]]) -> Files:
    with subprocess.Popen(
        [*git, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for path, blob in chosen:
            process.stdin.write(blob + b"\n")
            process.stdin.flush()
            header = process.stdout.readline().split()
            if len(header) == 3:  # otherwise the mirror lacks this blob
                content = process.stdout.read(int(header[2]))
                process.stdout.read(1)
                yield path, content
