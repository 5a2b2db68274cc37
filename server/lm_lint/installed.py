"""The models that a user has installed: put in place whole and checked, or not at all; and taken away again.

    takes  a released folder, an archive of one, or an address of an archive
    gives  a folder of that name in `model_folder.home()`

Everything happens in a folder of its own beside the installed models, which is gone at the end. The last step is a
rename, so that nobody ever meets half of a model. Nothing is fetched but by `install`, and only what was named.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urldefrag, urlsplit
from urllib.request import url2pathname  # of addresses of files

from lm_lint import archives, downloads, release, trial
from lm_lint.downloads import Tell, silent
from lm_lint.errors import BadArchive, ModelError, NotInstalled, UnknownModel
from lm_lint.model_folder import (
    BUNDLED,
    FILES,
    HOME_VARIABLE,
    default_folder,
    folder_of,
    home,
    is_name,
    names,
    read_config,
)
from lm_lint.writing import reason, settle

_PREFIX, _SUFFIX = ".lm-lint-", ".tmp"
_OLD = "old"
_LEFT_BEHIND_SECONDS = 86_400  # a folder as old as this was left by a process that died
_TRIES = 20
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


@dataclass(frozen=True)
class Installed:
    """What came of an installation.

    change          "same" where nothing had to be done
    archive_sha256  None where a folder was installed
    """

    name: str
    folder: Path
    change: Literal["new", "replaced", "same"]
    archive_sha256: str | None


@dataclass(frozen=True)
class _Source:
    """What is to be installed: an address, or a path to a folder or an archive; and the archive's SHA-256."""

    shown: str
    path: Path | None
    sha256: str | None


def install(
    source: str,
    sha256: str | None = None,
    name: str | None = None,
    force: bool = False,
    tell: Tell = silent,
) -> Installed:
    """Fetch or read a model, try it, and give it its name.

    source  a released folder, an archive, or an address https://, http:// or file:// of one, with #sha256=HEX at will
    sha256  of the archive, in hexadecimal; what comes over http must have one
    name    by default that of the folder, in the archive or outside
    force   another model of that name gives way
    tell    hears how far a download is
    Raises NotInstalled.
    """
    if name is not None and not is_name(name):
        raise NotInstalled(_no_name(name))
    try:
        found = _source(source, sha256)
        with _workplace() as place:
            fresh = place / "model"
            fresh.mkdir()
            archive_sha256 = None
            if found.path is not None and found.path.is_dir():
                own_name = _copied(found.path, fresh)
            else:
                own_name, archive_sha256 = _extracted(found, place, fresh, tell)
            _try(fresh, found.shown)
            chosen = name or own_name
            if not is_name(chosen):
                raise NotInstalled(_no_name(chosen))
            return _named(fresh, chosen, force, archive_sha256)
    except OSError as error:
        where = error.filename or home()
        raise NotInstalled(f"{where}: {reason(error)}; nothing was installed") from error


def remove(name: str) -> None:
    """Raises UnknownModel, NotInstalled."""
    if name == BUNDLED:
        raise NotInstalled(f"{name} ships with lm-lint and stays")
    if name not in names():
        installed = ", ".join(names()[1:]) or "none"
        raise UnknownModel(
            f"no model of the name {name!r:.80} is installed; there are: {installed}"
        )
    try:
        _refuse_foreign(home() / name)
        with _workplace() as place:
            os.rename(home() / name, place / name)
    except OSError as error:
        raise NotInstalled(f"{home() / name}: cannot be removed ({reason(error)})") from error


def pack(folder: Path, out: Path | None = None) -> tuple[Path, str]:
    """Write a released folder as an archive; where it is, and its SHA-256. Raises ModelError, NotInstalled.

    out   by default the folder's name and .tar.gz, in the current folder
    """
    trial.check(folder)
    name = folder.resolve().name
    if not is_name(name):
        raise NotInstalled(f"{folder}: a model gets its folder's name; {name!r:.80} cannot be one")
    out = out or Path(f"{name}.tar.gz")
    try:
        return out, archives.pack(folder, out, name)
    except OSError as error:
        raise NotInstalled(f"{out}: cannot be written ({reason(error)})") from error


# --- What is to be installed.


def _source(word: str, sha256: str | None) -> _Source:
    expected = _hash(sha256) if sha256 else None
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|file:", word):
        return _at_path(word, Path(word), expected)
    try:
        url, fragment = urldefrag(word)
        parts = urlsplit(url)
    except ValueError as error:
        raise NotInstalled(f"{word!r:.200} is no address ({error})") from error
    for key, value in parse_qsl(fragment, keep_blank_values=True):
        if key != "sha256":
            raise NotInstalled(f"#{key!r:.40} says nothing of an archive; #sha256=HEX does")
        if expected not in (None, _hash(value)):
            raise NotInstalled("--sha256 and the address name different hashes; which is right?")
        expected = _hash(value)
    if parts.scheme == "file":
        if parts.netloc not in ("", "localhost"):
            raise NotInstalled(f"{word!r:.200} is on another machine; file:///PATH was expected")
        return _at_path(word, Path(url2pathname(parts.path)), expected)
    if parts.scheme not in ("https", "http"):
        raise NotInstalled(f"{word!r:.200}: a path, or https://, http:// or file:// was expected")
    if parts.scheme == "http" and expected is None:
        raise NotInstalled(
            f"{url:.200}: what comes over http could be changed on the way; say what is expected "
            "with --sha256 HEX, or use https"
        )
    return _Source(url, None, expected)


def _at_path(word: str, path: Path, expected: str | None) -> _Source:
    if not path.exists():
        raise NotInstalled(
            f"{word!r:.200}: there is no such file or folder; a released folder, an archive "
            f"({', '.join(archives.SUFFIXES)}) or an address (https://) was expected"
        )
    if not (path.is_dir() or path.is_file()):
        raise NotInstalled(f"{word!r:.200} is neither a folder nor a plain file")
    if path.is_dir() and expected is not None:
        raise NotInstalled(f"{word!r:.200} is a folder; only an archive has a hash of its own")
    return _Source(word, path, expected)


def _hash(text: str) -> str:
    found = _SHA256.fullmatch(text.strip().lower())
    if found is None:
        raise NotInstalled(f"{text!r:.80} is no SHA-256; 64 hexadecimal digits were expected")
    return found[1]


# --- What happens in the workplace.


@contextlib.contextmanager
def _workplace() -> Iterator[Path]:
    """A folder beside the installed models, for as long as the work takes. Raises NotInstalled, OSError."""
    place = home()
    if place.parts[:1] == ("~",):
        raise NotInstalled(
            f"there is no home folder to install models in; {HOME_VARIABLE} in the environment "
            "names another one"
        )
    place.mkdir(parents=True, exist_ok=True)
    _tidy(place)
    folder = Path(tempfile.mkdtemp(_SUFFIX, _PREFIX, place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tidy(place: Path) -> None:
    """What a process that died left behind: a model that it had moved aside comes back, all else goes once it is old."""
    for folder in place.glob(f"{_PREFIX}*{_SUFFIX}"):
        for old in folder.glob(f"{_OLD}*/*"):
            _back(old, place / old.name)
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _LEFT_BEHIND_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _copied(folder: Path, fresh: Path) -> str:
    """The files of a model from a folder; what else is there is no matter of ours. Its name."""
    for file in FILES:
        if (folder / file).is_file():
            shutil.copyfile(folder / file, fresh / file)
    return folder.resolve().name


def _extracted(source: _Source, place: Path, fresh: Path, tell: Tell) -> tuple[str, str]:
    """The files of a model from an archive; its name there, and the archive's SHA-256."""
    path = source.path
    if path is None:
        path = place / "archive"
        sha256 = downloads.fetch(source.shown, path, archives.MOST_ARCHIVE_BYTES, tell)
    else:
        sha256 = archives.sha256_of(path)
    if source.sha256 not in (None, sha256):
        raise BadArchive(
            f"{source.shown}: its SHA-256 is {sha256}, and {source.sha256} was expected; it is "
            "another file, or was changed on the way. Nothing was installed"
        )
    try:
        own_name = archives.unpack(path, fresh)
    except BadArchive as error:
        raise BadArchive(f"{source.shown}: {error}; nothing was installed") from error
    return own_name or _name_in(fresh), sha256


def _name_in(fresh: Path) -> str:
    """What a model calls itself, where it lies in no folder that has a name."""
    with contextlib.suppress(ModelError):
        return str(read_config(fresh).get("name", ""))
    return ""


def _try(fresh: Path, shown: str) -> None:
    try:
        trial.check(fresh)
    except ModelError as error:
        said = str(error).replace(f"{fresh}{os.sep}", "").replace(str(fresh), "the model")
        said = said.removesuffix(" Install the model again.").rstrip(".")
        raise NotInstalled(f"{shown}: {said}; nothing was installed") from error


# --- The name.


def _named(fresh: Path, name: str, force: bool, archive_sha256: str | None) -> Installed:
    """The last step."""
    if name.casefold() == BUNDLED:
        if not _are_same(fresh, default_folder()):
            raise NotInstalled(
                f"{name} is the model that ships with lm-lint; --name gives this one another name"
            )
        return Installed(BUNDLED, default_folder(), "same", archive_sha256)
    for path in (*fresh.iterdir(), fresh):
        settle(path)
    target = folder_of(name)
    return Installed(name, target, _put(fresh, target, force), archive_sha256)


def _put(fresh: Path, target: Path, force: bool) -> Literal["new", "replaced", "same"]:
    """Rename a folder to what it shall be called. Whoever else does so at the same time wins or waits.

    A folder cannot take the place of another in one step, so that one is moved aside before, and comes back if
    anything happens in between.
    """
    asides: list[Path] = []
    try:
        for number in range(_TRIES):
            if _is_renamed(fresh, target):
                settle(target.parent)
                return "replaced" if asides else "new"
            if _are_same(fresh, target):
                return "same"
            if not force and not _is_damaged(target):
                raise NotInstalled(
                    f"another model of the name {target.name} is installed; --force replaces it, "
                    "--name gives this one another name"
                )
            _refuse_foreign(target)
            asides.append(fresh.with_name(f"{_OLD}{number}") / target.name)
            asides[-1].parent.mkdir()
            with contextlib.suppress(FileNotFoundError):  # somebody was quicker
                os.rename(target, asides[-1])
    finally:
        for aside in asides:
            _back(aside, target)
    raise NotInstalled(f"{target}: others install a model of that name all the time; try again")


def _is_renamed(fresh: Path, target: Path) -> bool:
    """Whether the name was free."""
    try:
        os.rename(fresh, target)
    except OSError:
        if not os.path.lexists(target):
            raise
        return False
    return True


def _back(aside: Path, target: Path) -> None:
    """What was moved aside, where its name is free."""
    if os.path.lexists(aside) and not os.path.lexists(target):
        with contextlib.suppress(OSError):
            os.rename(aside, target)


def _are_same(one: Path, other: Path) -> bool:
    return all(_hash_of(one / file) == _hash_of(other / file) for file in FILES)


def _hash_of(path: Path) -> str | None:
    try:
        return archives.sha256_of(path)
    except OSError:
        return None


def _is_damaged(folder: Path) -> bool:
    """Whether an installed model cannot be read. It gives way to one that can, without a question."""
    try:
        release.read(folder)
    except (ModelError, ValueError, KeyError, TypeError):
        return True
    return False


def _refuse_foreign(folder: Path) -> None:
    """Nothing is taken away that was not installed: somebody may keep other things where models are."""
    if folder.is_symlink() or not os.path.lexists(folder):
        return  # the link goes, and not what it leads to
    foreign = sorted(set(os.listdir(folder)) - set(FILES)) if folder.is_dir() else [folder.name]
    if foreign:
        raise NotInstalled(
            f"{folder}: {foreign[0]!r:.80} is no file of a model, so all stays; remove it yourself"
        )


def _no_name(name: str) -> str:
    return (
        f"{name!r:.80} cannot be the name of a model; letters, digits, dots and dashes can, up to "
        "64 of them. --name gives it another"
    )
