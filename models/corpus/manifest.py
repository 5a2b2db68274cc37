"""What the corpus is made of: the manifest's entries, checked, and the projects that are never trained on.

Knows nothing of how a package is fetched or which of its files are worth keeping.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from lm_lint.text import LANGUAGES, Language
from models.records import SPLITS, Split

Kind = Literal["debian", "pypi", "git", "directory"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Real slips for tuning and for the reports are taken from these projects, in any version: none of their text may be
# learnt from, be it in a copy that another project carries. Names are compared with packages, with the owner and name of
# repositories, and with every folder of a path, in lower case and with "_", "." and "-" alike.
NEVER_TRAIN = frozenset(
    [
        "thealgorithms",
        "geekcomputers",
        "ansible",
        "ansible-core",
        "sympy",
        "tinygrad",
        "youtube-dl",
        "youtube-dlc",
        "yt-dlp",
        "httpx",
        "seq2parse",
        "git",
        "git-core",
        "curl",
        "libcurl",
        "redis",
        "hiredis",
        "libuv",
        "uv",
        "vim",
        "neovim",
        "micropython",
        "circuitpython",
        "betaflight",
        "contiki",
        "contiki-os",
        "contiki-ng",
        "wcag",
        "aria-practices",
        "i18n-drafts",
        "jquery-mobile",
        "jquery-ui",
        "jqueryui",
        "dojo",
        "dijit",
        "dojox",
        "dojotoolkit",
        "bahmni",
        "openmrs",
        "openmf",
        "webgl-conf",
        "webgl-conformance",
        "webgl-conformance-suite",
        "conformance-suites",
        "atlas-ohdsi",
        "ohdsi",
        "pdf-js",
        "pdfjs",
        "mdn",
        "learning-area",
        "dom-examples",
        "googlechrome-samples",
        "30daysofjavascript",
        "amazing-python-scripts",
        "avinashkranjan",
        "javascript-mini-projects",
        "hacktoberfest2021",
        "keshavsingh4522",
        "tidyverse-org",
        "ruff",
        "pygls",
        "python-pygls",
        "esbonio",
        "jedi-language-server",
        "llm",
        "lsp-devtools",
        "subcmd",
        "xdiff",
    ]
)


class ManifestError(Exception):
    """The manifest cannot be used; the message says which entry, what was found and what was expected."""


@dataclass(frozen=True)
class Entry:
    """One project: where it comes from, what is taken of it, and what it is for."""

    kind: Kind
    package: str
    version: str
    licence: str
    languages: tuple[Language, ...]
    role: Split
    project: str = ""  # the name in the records; the package's where empty
    repeat: int = 1  # how often training sees each file
    cap_mb: float | dict[str, float] = (
        10.0  # at most so much text of each language, or of all of them
    )
    tool_docs_mb: float = 0.5  # of this, so much may be pages written by documentation tools
    strict: bool = False  # not one parse error: for small programs, where an error is no macro
    include: tuple[str, ...] = ()  # globs over the path inside the package; all where empty
    exclude: tuple[str, ...] = ()
    tarball: str = "*"  # which of a Debian package's archives

    @property
    def name(self) -> str:
        return self.project or self.package

    def cap_bytes(self, language: Language) -> float:
        cap_mb = self.cap_mb.get(language, 10.0) if isinstance(self.cap_mb, dict) else self.cap_mb
        return cap_mb * 1e6

    def capped(self, caps: Mapping[tuple[Kind, Language], float]) -> Entry:
        """The entry with no more of a language than is allowed to its kind, in MB; held-out ones stay as they are."""
        if self.role != "train":
            return self
        most: dict[str, float] = {
            language: min(self.cap_bytes(language) / 1e6, caps.get((self.kind, language), math.inf))
            for language in self.languages
        }
        return replace(self, cap_mb=most)


def plain(name: str) -> str:
    return re.sub(r"[_.\s]+", "-", name.lower())


def is_never_trained(path_or_name: str) -> bool:
    """Whether any folder of the path, without a version at its end, is a project that is kept apart."""
    parts = [plain(part) for part in path_or_name.split("/")]
    parts += [re.sub(r"(-release|-src)?-v?\d[\d-]*\w*$", "", part) for part in parts]
    return any(part in NEVER_TRAIN for part in parts)


def load(path: Path) -> list[Entry]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error.strerror}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path} is not TOML: {error}.") from error
    unknown = set(content) - {"entries"}
    if unknown or not isinstance(content.get("entries"), list):
        found = ", ".join(sorted(content)) or "nothing"
        raise ManifestError(f"{path} holds {found}; expected one list called entries.")
    res = [
        _entry(raw, f"{path}, entry {number}") for number, raw in enumerate(content["entries"], 1)
    ]
    seen: dict[str, Entry] = {}
    for entry in res:
        if entry.name in seen and seen[entry.name].role != entry.role:
            raise ManifestError(
                f"{path}: {entry.name} is both {seen[entry.name].role} and {entry.role}."
            )
        seen[entry.name] = entry
    return res


def _entry(raw: dict[str, Any], where: str) -> Entry:
    where = f"{where} ({raw.get('package', 'without a package')})"
    known = {field.name for field in fields(Entry)}
    if unknown := sorted(set(raw) - known):
        raise ManifestError(
            f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}."
        )
    needed = {"kind", "package", "version", "licence", "languages", "role"}
    if missing := sorted(needed - set(raw)):
        raise ManifestError(f"{where}: {', '.join(missing)} missing.")
    for key, allowed in (("kind", KINDS), ("role", SPLITS)):
        if raw[key] not in allowed:
            raise ManifestError(
                f"{where}: {key} is {raw[key]!r}; expected one of {', '.join(allowed)}."
            )
    if not raw["languages"] or not set(raw["languages"]) <= set(LANGUAGES):
        raise ManifestError(
            f"{where}: languages are {raw['languages']!r}; known are {', '.join(LANGUAGES)}."
        )
    _check_values(raw, where)
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    entry = Entry(**cast(Any, values))
    if is_never_trained(entry.package) or is_never_trained(entry.name):
        raise ManifestError(f"{where}: this project is never trained on; see models/README.md.")
    return entry


def _check_values(raw: dict[str, Any], where: str) -> None:
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(("package", "version", "licence", "project", "tarball"), (str,)),
        **dict.fromkeys(("languages", "include", "exclude"), (list,)),
        "cap_mb": (float, int, dict),
        "tool_docs_mb": (float, int),
        "repeat": (int,),
        "strict": (bool,),
    }
    for key, expected in kinds.items():
        if key in raw and not isinstance(raw[key], expected):
            raise ManifestError(f"{where}: {key} is {raw[key]!r}; expected {expected[0].__name__}.")
    if raw.get("repeat", 1) < 1:
        raise ManifestError(f"{where}: repeat is {raw['repeat']}; expected 1 or more.")
