"""Released folders that are altered on purpose, with hashes that are right all the same."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from lm_lint.model_folder import PARTS


def copied(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to))


def configured(folder: Path, **changes: Any) -> Path:
    """With other values in config.json; those of `network` add up."""
    config = json.loads((folder / "config.json").read_text())
    changes["network"] = config["network"] | changes.get("network", {})
    (folder / "config.json").write_text(json.dumps(config | changes))
    return folder


def with_part(folder: Path, part: str, data: bytes) -> Path:
    """With another part, which is the one that config.json names."""
    (folder / part).write_bytes(data)
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in PARTS}
    return configured(folder, sha256=hashes)


def another(folder: Path, to: Path) -> Path:
    """A model that is not the same, and as good."""
    return configured(copied(folder, to), training={"minutes": 3.5, "steps": 1200})


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
