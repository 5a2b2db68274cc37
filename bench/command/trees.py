"""Trees of real files to lint: what this machine has of C, HTML and Python, copied into a folder.

Nothing is fetched. More C than headers lies where somebody has unpacked sources; `places` names it.
"""

from __future__ import annotations

import random
import re
import shutil
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from lm_lint.text import Language, language_of

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / ".bench-tools" / "sources"  # where bench/command/sources.sh unpacks some
MOST_BYTES = 1_000_000
# Headers of C++ have the names of those of C.
_CPP = re.compile(
    rb"^\s*(?:namespace\b|template\s*<|using\s|class\s+\w+[^;]*[{:]|#\s*include\s*<\w+>)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class File:
    """A copy in a tree, where it came from, and how many lines it has."""

    path: Path
    origin: Path
    language: Language
    n_lines: int


def places() -> list[Path]:
    """Where files are looked for."""
    paths = sysconfig.get_paths()
    found = [paths["stdlib"], paths["purelib"], "/usr/lib/python3/dist-packages"]
    found += ["/usr/include", "/usr/src", "/usr/share/doc", str(SOURCES)]
    return [path for name in found if (path := Path(name)).is_dir()]


def candidates(folders: Iterable[Path]) -> list[Path]:
    """Files of our languages, each once, in an order that is the same on every run."""
    seen: set[Path] = set()
    for folder in folders:
        seen.update(path.resolve() for path in _files(folder))
    return sorted(seen)


def tree(found: list[Path], n_files: int, folder: Path, seed: int = 0) -> list[File]:
    """So many of the files, drawn by chance, so each language has its share; copies in a new folder.

    Files of the same content count once. Fewer where there are no more.
    """
    drawn = list(found)
    random.Random(seed).shuffle(drawn)
    contents: set[bytes] = set()
    res: list[File] = []
    for origin in drawn:
        if len(res) == n_files:
            break
        language = language_of(origin)
        data = _text(origin)
        if language is None or data is None or (language == "c" and _CPP.search(data)):
            continue
        digest = sha256(data).digest()
        if digest in contents:
            continue
        contents.add(digest)
        path = folder / f"{len(res) // 100:03d}" / f"{len(res):05d}-{origin.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, path)
        res.append(File(path, origin, language, data.count(b"\n")))
    return res


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if language_of(path) and path.is_file() and not path.is_symlink():
            yield path


def _text(path: Path) -> bytes | None:
    """What a linter would read of it; None for what it would skip."""
    try:
        if not 0 < path.stat().st_size <= MOST_BYTES:
            return None
        data = path.read_bytes()
        data.decode("utf-8")
    except (OSError, ValueError):
        return None
    return None if b"\0" in data or max(map(len, data.split(b"\n"))) > 50_000 else data
