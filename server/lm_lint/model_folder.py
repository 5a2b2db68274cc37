"""A released model's folder, looked at without torch: where it is, what its config says, whether its files are whole.

A model has a folder, or a name: `small` is the one that ships with lm-lint, and each other name is a folder where the
user's installed models are.

Reading the weights is the business of weights.py. What is told here is cheap enough to be asked at every start, so
that a model that is missing or cut short is an error even where no text turns out to need it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from lm_lint.errors import ModelDamaged, ModelMissing, UnknownModel
from lm_lint.kinds import closest

FORMAT = 1
PARTS = ("model.safetensors", "tokenizer.json")
RANKING = "detector.json"  # a model that was not calibrated has none
CELLS = "cells.json"  # which cells follow what; a model that nobody has looked into has none
HEADS = "heads.safetensors"  # what tells strings, links and depths; a model that they were not fitted to has none
CARD = "CARD.md"  # for people
# A released folder holds nothing else that counts.
FILES = ("config.json", *PARTS, RANKING, CELLS, HEADS, CARD)
BUNDLED = "small"  # the name of the model that ships with lm-lint
HOME_VARIABLE = "LM_LINT_MODELS_DIR"
_MOST_HEADER_BYTES = 100_000_000  # as the format says
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")


def default_folder() -> Path:
    """The `small` model: beside the installed package, or in the checkout it runs from."""
    here = Path(__file__).resolve().parent
    installed = here / "released" / BUNDLED
    return installed if installed.is_dir() else here.parents[1] / "models" / BUNDLED


def home() -> Path:
    """Where the models that a user has installed are, a folder each."""
    if named := os.environ.get(HOME_VARIABLE):
        return Path(os.path.abspath(named))
    from platformdirs import user_data_path

    return user_data_path("lm-lint", appauthor=False) / "models"


def is_name(word: str) -> bool:
    """Could a model have this name? No name is a path: it has no separator, and no dot at its ends."""
    return _NAME.fullmatch(word) is not None


def folder_of(word: str, *, is_typed: bool = False) -> Path:
    """The folder that a name or a path means, whether there is one or not.

    is_typed   by a person who sees the current folder: there a model's folder goes before a name. What an editor or
               a project says holds wherever it is read, and no folder that lies about shall take a name's place.
    """
    if not is_name(word) or (is_typed and (Path(word) / "config.json").is_file()):
        return Path(word)
    return default_folder() if word == BUNDLED else home() / word


def is_installed(folder: Path) -> bool:
    """Does a folder stand where those of installed models do, whether there is one or not?"""
    return folder.parent == home() and is_name(folder.name)


def names() -> list[str]:
    """The models that can be named, the one that ships with lm-lint first."""
    try:
        found = sorted(path.name for path in home().iterdir() if _looks_like_one(path))
    except OSError:
        found = []
    return [BUNDLED, *(name for name in found if is_name(name) and name != BUNDLED)]


def read_config(folder: Path) -> dict[str, Any]:
    """What the folder says of itself. Raises ModelMissing, ModelDamaged."""
    if not folder.is_dir():
        if is_installed(folder):
            raise UnknownModel(unknown(folder.name))
        raise ModelMissing(
            f"{folder}: there is no such model folder; a folder with config.json, "
            "model.safetensors and tokenizer.json was expected. Reinstall lm-lint, or name "
            "another folder with --model."
        )
    for part in ("config.json", *PARTS):
        if not (folder / part).is_file():
            raise ModelMissing(f"{folder}: {part} is absent from this model folder")
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        known = isinstance(config, dict) and config.get("format") == FORMAT
    except (OSError, ValueError) as error:
        raise ModelDamaged(f"{folder}/config.json cannot be read: {error}") from error
    if not known or not isinstance(config.get("network"), dict):
        raise ModelDamaged(
            f"{folder}/config.json: format {FORMAT} with a table `network` was expected; this "
            "folder was made for another version of lm-lint, or is not a model"
        )
    return config


def check(folder: Path) -> dict[str, Any]:
    """Whether the parts are there and as long as they must be; their hashes are checked when they are loaded.

    Returns the config. Raises ModelMissing, ModelDamaged.
    """
    config = read_config(folder)
    weights, tokenizer = (folder / part for part in PARTS)
    try:
        expected, found = _weights_bytes(weights), weights.stat().st_size
        is_empty = not tokenizer.stat().st_size
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged(
            f"{weights}: the head of this file cannot be read ({error}). Install the model again."
        ) from error
    if found != expected:
        raise ModelDamaged(
            f"{weights}: it is {found:,} bytes long, and {expected:,} were expected; the file was "
            "cut short, or is another one. Install the model again."
        )
    if is_empty:
        raise ModelDamaged(f"{tokenizer}: the file is empty. Install the model again.")
    return config


def fingerprint(folder: Path) -> str:
    """What tells one model from another: its config, which names the hashes of its parts, and its ranking.

    Raises ModelDamaged.
    """
    res = hashlib.sha256()
    for name in ("config.json", RANKING):
        path = folder / name
        try:
            res.update(path.read_bytes() if path.exists() else b"none")
        except OSError as error:
            raise ModelDamaged(f"{path} cannot be read: {error.strerror}") from error
        res.update(b"\0")
    return res.hexdigest()


def _looks_like_one(folder: Path) -> bool:
    """A folder with any file of a model: one that was damaged is there, too."""
    return any((folder / file).is_file() for file in FILES)


def unknown(name: str) -> str:
    """What to say of a name that no model has."""
    known = names()
    close = closest(name, known)
    meant = f" Was {close} meant?" if close else ""
    return (
        f"there is no model of the name {name}; there {'is' if len(known) == 1 else 'are'} "
        f"{', '.join(known)}.{meant} `lm-lint model install PATH-or-URL` installs one; a folder is "
        f"named with a separator, as in ./{name}"
    )


def _weights_bytes(path: str | os.PathLike[str]) -> int:
    """How long a safetensors file must be, by its own head: a length, JSON, and what the JSON speaks of."""
    with open(path, "rb") as file:
        n_header = int.from_bytes(file.read(8), "little")
        if n_header > _MOST_HEADER_BYTES:
            raise ValueError("it is not in the safetensors format")
        header = json.loads(file.read(n_header))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return 8 + n_header + max(ends, default=0)
