"""The same folder is the same archive, and a stranger's archive gives the files of a model or nothing."""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lm_lint import archives
from lm_lint.errors import BadArchive, NotInstalled
from lm_lint.model_folder import FILES

WHOLE = {file: file.encode() * 50 for file in FILES}


def folder_of(files: dict[str, bytes], folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def read_back(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("suffix", archives.SUFFIXES)
def test_the_same_folder_is_the_same_archive(tmp_path: Path, suffix: str) -> None:
    one = folder_of(WHOLE, tmp_path / "one")
    other = folder_of(dict(reversed(WHOLE.items())), tmp_path / "other")
    (other / "notes.txt").write_text("not a part")
    for path in other.iterdir():
        path.chmod(0o600)
        os.utime(path, (1e9, 1e9))
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    sha256 = archives.pack(one, first, "m")
    assert archives.pack(other, second, "m") == sha256 == archives.sha256_of(first)
    assert first.read_bytes() == second.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o644
    assert archives.unpack(first, folder_of({}, tmp_path / "out")) == "m"
    assert read_back(tmp_path / "out") == WHOLE
    names = {"one", "other", first.name, second.name, "out"}
    assert set(os.listdir(tmp_path)) == names


def test_an_archive_is_there_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "m.tar"
    out.write_text("the old one")
    folder = folder_of(WHOLE, tmp_path / "m")
    with (folder / "CARD.md").open("wb") as file:
        file.truncate(archives.MOST_BYTES["CARD.md"] + 1)
    with pytest.raises(NotInstalled, match=r"CARD\.md: is larger"):
        archives.pack(folder, out, "m")
    with pytest.raises(NotInstalled, match="ends with one of"):
        archives.pack(folder, tmp_path / "m.rar", "m")
    assert sorted(os.listdir(tmp_path)) == ["m", "m.tar"]
    assert out.read_text() == "the old one"


# --- Archives by strangers.


def tar(*entries: tuple[tarfile.TarInfo | str, bytes], **how: int) -> bytes:
    with io.BytesIO() as file:
        with tarfile.open(fileobj=file, mode="w", **how) as archive:
            for entry, data in entries:
                if isinstance(entry, str):
                    entry = tarfile.TarInfo(entry)
                    entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return file.getvalue()


def entry(name: str, kind: bytes = tarfile.REGTYPE, **values: object) -> tarfile.TarInfo:
    res = tarfile.TarInfo(name)
    res.type = kind
    for key, value in values.items():
        setattr(res, key, value)
    return res


def zipped(*entries: tuple[zipfile.ZipInfo | str, bytes]) -> bytes:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for one, data in entries:
                archive.writestr(one, data)
        return file.getvalue()


def zip_entry(name: str, **values: object) -> zipfile.ZipInfo:
    res = zipfile.ZipInfo(name)
    res.create_system = 3
    for key, value in values.items():
        setattr(res, key, value)
    return res


PARTS = [(f"m/{file}", data) for file, data in WHOLE.items()]
BARE = [("config.json", b"{}")]


def in_both(*entries: tuple[str, bytes]) -> list[bytes]:
    return [tar(*entries), zipped(*entries)]


def sized(name: str, size: int) -> bytes:
    """An entry that says it is so long, and nothing behind it."""
    return entry(name, size=size).tobuf(tarfile.GNU_FORMAT)


def zip_of_size(size: int) -> bytes:
    """A zip that says of its file that it is so long."""
    data = bytearray(zipped(*BARE))
    for head, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        struct.pack_into("<I", data, data.index(head) + at, size)
    return bytes(data)


def encrypted() -> bytes:
    data = bytearray(zipped(*BARE))
    for head, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        struct.pack_into("<H", data, data.index(head) + at, 1)
    return bytes(data)


def altered_zip() -> bytes:
    """One byte of a file is another."""
    return zipped(*PARTS).replace(b"CARD.mdCARD.md", b"CARD.mdCART.md", 1)


LINK = zip_entry("config.json", external_attr=(stat.S_IFLNK | 0o777) << 16)
HOSTILE: dict[str, tuple[list[bytes], str]] = {
    "above": (in_both(("../config.json", b"")), "no file of a model"),
    "absolute": (in_both(("/config.json", b"")), "no file of a model"),
    "through a folder": (in_both(("m/../config.json", b"")), "no file of a model"),
    "up a folder": (in_both(("../m/config.json", b"")), "no file of a model"),
    "empty parts": (in_both(("m//config.json", b"")), "no file of a model"),
    "deep": (in_both(("a/b/config.json", b"")), "no file of a model"),
    "backslashes": (in_both(("..\\config.json", b"")), "no file of a model"),
    "unknown": (in_both(*PARTS, ("m/setup.py", b"")), "no file of a model"),
    "hidden": (in_both(("m/._config.json", b"")), "no file of a model"),
    "a folder named so": (in_both(("config.json/", b""), *BARE), "no file of a model|in another"),
    "two folders": (in_both(*PARTS[:2], ("n/CARD.md", b"")), "in another folder"),
    "nothing in it": ([gzip.compress(tar()), zipped()], "config.json is not in it"),
    "a part is missing": (in_both(*PARTS[:2]), "tokenizer.json is not in it"),
    "twice in a tar": ([tar(*BARE, *BARE)], "is in it twice"),
    "link": (
        [tar((entry("config.json", tarfile.SYMTYPE, linkname="/etc/passwd"), b""))],
        "no plain",
    ),
    "hard link": ([tar((entry("config.json", tarfile.LNKTYPE, linkname="x"), b""))], "no plain"),
    "device": ([tar((entry("config.json", tarfile.CHRTYPE, devmajor=1), b""))], "no plain"),
    "pipe": ([tar((entry("config.json", tarfile.FIFOTYPE), b""))], "no plain"),
    "holes": ([tar((entry("config.json", tarfile.GNUTYPE_SPARSE), b""))], "no plain"),
    "long name": ([tar(("m" * 300, b""), format=tarfile.GNU_FORMAT)], "no plain"),
    "extension": (
        [tar((entry("config.json", pax_headers={"size": "9"}), b""), format=tarfile.PAX_FORMAT)],
        "no plain",
    ),
    "endless extension": ([entry("x", b"x", size=1 << 40).tobuf(tarfile.GNU_FORMAT)], "no plain"),
    "a folder with something in it": (
        [entry("m", tarfile.DIRTYPE, size=1 << 40).tobuf(tarfile.GNU_FORMAT)],
        "no plain",
    ),
    "a head that is none": ([tar(*PARTS).replace(b"m/detector", b"m/detectoR")], "is damaged"),
    "too long": ([sized("config.json", 1 << 40), zip_of_size(1 << 30)], "a model has less"),
    "shorter than nothing": ([sized("config.json", -5)], "a model has less"),
    "longer than it is": ([sized("config.json", 1000)], "ends in the middle"),
    "link in a zip": ([zipped((LINK, b"/etc/passwd"))], "no plain file"),
    "bzip2 in a zip": (
        [zipped((zip_entry("config.json", compress_type=zipfile.ZIP_BZIP2), b""))],
        "no plain file",
    ),
    "encrypted": ([encrypted()], "encrypted"),
    "many": ([zipped(*((f"{i}", b"") for i in range(9)))], "more than 8 entries"),
    "a long list": ([zipped((zip_entry("config.json", comment=b"x" * 65535), b""))], "more than 8"),
    "zip with a comment": ([zipped(*BARE) + b"x"], "ends in the middle"),
    "zip of the large kind": (
        [zipped(*BARE)[:-22] + b"PK\x06\x07" + bytes(16) + zipped(*BARE)[-22:]],
        "ends in the middle",
    ),
    "altered zip": ([altered_zip()], "it is damaged"),
    "altered gzip": ([gzip.compress(tar(*PARTS))[:-8] + bytes(8)], "it is damaged"),
    "much behind it": ([gzip.compress(tar(*PARTS) + bytes(1 << 25))], "behind the last file"),
    "something behind it": ([tar(*PARTS) + b"x"], "behind the last file"),
    "no archive": ([b"", b"{}", b"<html>" + bytes(600), tar()], "it is none of"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    datas, words = HOSTILE[name]
    for number, data in enumerate(datas):
        folder = folder_of({}, tmp_path / str(number) / "out")
        archive = tmp_path / "archive"
        archive.write_bytes(data)
        with pytest.raises(BadArchive, match=words):
            archives.unpack(archive, folder)
        assert os.listdir(folder.parent) == ["out"]
        assert set(os.listdir(folder)) <= set(FILES)
        assert all(path.is_file() and not path.is_symlink() for path in folder.iterdir())


@pytest.mark.parametrize("made", [tar, zipped], ids=["tar", "zip"])
def test_who_says_twice_what_is_in_it_is_refused(
    tmp_path: Path, made: Callable[..., bytes], recwarn: pytest.WarningsRecorder
) -> None:
    """Of a zip, too; the library that makes it warns."""
    (tmp_path / "archive").write_bytes(made(*BARE, *BARE))
    recwarn.clear()
    with pytest.raises(BadArchive, match="is in it twice"):
        archives.unpack(tmp_path / "archive", folder_of({}, tmp_path / "out"))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A gigabyte of zeros in a megabyte of gzip: behind a head that promises it, and behind one that does not."""
    zeros = gzip.compress(bytes(1 << 26), 9) * 16
    for head in (sized("config.json", 1 << 30), sized("config.json", 1 << 20), b""):
        (tmp_path / "archive").write_bytes(gzip.compress(head) + zeros)
        folder = folder_of({}, tmp_path / str(len(head)) / str(hash(head)))
        with pytest.raises(BadArchive):
            archives.unpack(tmp_path / "archive", folder)
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 1 << 20


@pytest.mark.parametrize("whole", [gzip.compress(tar(*PARTS)), tar(*PARTS), zipped(*PARTS)])
def test_what_ends_in_the_middle_is_refused(tmp_path: Path, whole: bytes) -> None:
    """Wherever it ends, but among the zeros at the end of a tar."""
    n_needed = len(whole.rstrip(b"\0")) if whole.startswith(b"m/") else len(whole)
    for number, length in enumerate(range(0, n_needed, max(1, n_needed // 60))):
        (tmp_path / "archive").write_bytes(whole[:length])
        with pytest.raises(BadArchive):
            archives.unpack(tmp_path / "archive", folder_of({}, tmp_path / f"out{number}"))


@pytest.mark.parametrize("before", ["", "./", "m/", "./m/"])
def test_files_lie_in_one_folder_or_in_none(tmp_path: Path, before: str) -> None:
    folders = [(entry(before, tarfile.DIRTYPE), b"")] if before else []
    parts = [(before + file, data) for file, data in WHOLE.items()]
    (tmp_path / "archive").write_bytes(tar(*folders, *parts, format=tarfile.GNU_FORMAT))
    name = "m" if "m" in before else ""
    assert archives.unpack(tmp_path / "archive", folder_of({}, tmp_path / "out")) == name
    assert read_back(tmp_path / "out") == WHOLE
