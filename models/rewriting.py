"""A released folder that is made of another one: whole, or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lm_lint import release as releases
from lm_lint.model_folder import CELLS, HEADS, RANKING


@contextmanager
def copy_of(folder: Path, out: Path) -> Iterator[Path]:
    """A copy of a released folder to change in the block; behind it the copy is read as the product reads it, and takes
    the place of `out`. Where anything fails, `out` is as it was."""
    fresh = out.with_name(f"{out.name}.{os.getpid()}.tmp")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        shutil.copytree(folder, fresh)
        yield fresh
        releases.read(fresh)
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        os.replace(fresh, out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def forget_fitted(folder: Path) -> None:
    """Take away what was fitted to other weights than those that the folder now holds."""
    for fitted in (RANKING, CELLS, HEADS):
        (folder / fitted).unlink(missing_ok=True)
