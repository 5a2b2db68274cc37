"""From several released folders of one shape to one whose weights are the mean of theirs.

    takes  released folders with the same tokenizer, each with its share
    gives  OUT/{model.safetensors, tokenizer.json, config.json, CARD.md}

Networks that went on from the same weights lie in one valley, and the middle of it is lower than its sides (model soups:
Wortsman et al. 2022, arXiv 2203.05482); the same holds between weights and what further training made of them (Wortsman
et al. 2021, arXiv 2109.01903). It costs nothing where the network runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from lm_lint import packing
from lm_lint import release as releases
from lm_lint.light import Floats
from lm_lint.model_folder import PARTS, read_config
from models import export, quantize
from models.rewriting import copy_of, forget_fitted


@dataclass(frozen=True)
class Member:
    """A released folder, and what its weights count; shares need not add up to 1."""

    folder: Path
    share: float


def shares(members: Sequence[Member]) -> list[float]:
    """What each counts, together 1."""
    total = sum(member.share for member in members)
    return [member.share / total for member in members]


def mean(members: Sequence[Member]) -> dict[str, Floats]:
    """The weights' mean by name, float32.

    Raises ValueError where shapes or tokenizers differ: such weights have nothing to do with each other.
    """
    parts = [releases.read(member.folder) for member in members]
    hashes = [read_config(member.folder)["sha256"]["tokenizer.json"] for member in members]
    for member, part, tokenizer in zip(members[1:], parts[1:], hashes[1:], strict=True):
        if part.shape != parts[0].shape:
            raise ValueError(f"{member.folder} has another shape than {members[0].folder}")
        if tokenizer != hashes[0]:
            raise ValueError(f"{member.folder} has another tokenizer than {members[0].folder}")
    res: dict[str, Floats] = {}
    for share, part in zip(shares(members), parts, strict=True):
        for name, tensor in packing.read(part.weights).items():
            own = packing.as_floats(tensor).astype(np.float64) * share
            res[name] = res[name] + own if name in res else own
    return {name: tensor.astype(np.float32) for name, tensor in res.items()}


def write(members: Sequence[Member], out: Path, evaluation: dict[str, Any] | None) -> None:
    """The last member's folder with the mean in it; it takes its name once it is whole."""
    folder = members[-1].folder
    tensors = mean(members)
    with copy_of(folder, out) as fresh:
        forget_fitted(fresh)
        (fresh / PARTS[0]).write_bytes(quantize.file_of(tensors))
        configs = [read_config(member.folder) for member in members]
        config = configs[-1]
        # The mean is in bfloat16, whatever its members were in.
        for few_bits in ("quantized", "weight_bits"):
            config.pop(few_bits, None)
        config["averaged"] = [
            {"sha256": its["sha256"][PARTS[0]], "share": round(share, 4)}
            for its, share in zip(configs, shares(members), strict=True)
        ]
        config["sha256"] = {part: releases.sha256_of(fresh / part) for part in PARTS}
        (fresh / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
        if (fresh / "CARD.md").exists():
            text = (fresh / "CARD.md").read_text(encoding="utf-8")
            (fresh / "CARD.md").write_text(_card(text, config, evaluation), encoding="utf-8")


def _card(card: str, config: Mapping[str, Any], evaluation: dict[str, Any] | None) -> str:
    """The card of the last of the weights, with what these are a mean of and what was measured on them."""
    members, now = config["averaged"], config["sha256"][PARTS[0]]
    told = ", ".join(f"{member['share']:.0%} `{member['sha256'][:12]}`" for member in members)
    row = f"| Mean | {told}; what is said of training is of the last |\n"
    res = card.replace(members[-1]["sha256"], now)
    res = re.sub(r"(?m)^\| SHA-256 of model", lambda match: row + match[0], res, count=1)
    measured = export.measured(evaluation, now)
    return re.sub(r"(?ms)^## Bits per byte.*?(?=^## |\Z)", lambda _: measured + "\n", res, count=1)


# --- The command ----------------------------------------------------------------------------------------------------


@click.command(name="average")
@click.argument("members", nargs=-1, required=True, metavar="FOLDER[=SHARE]...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option(
    "--evaluation",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What `evaluate` found of the mean, for the card: call this once more when it is known.",
)
def command(members: tuple[str, ...], out: Path, evaluation: Path | None) -> None:
    """Write the mean of released FOLDERS' weights; all else is as in the last of them."""
    found = json.loads(evaluation.read_text(encoding="utf-8")) if evaluation else None
    try:
        write([_member(words) for words in members], out, found)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(out / PARTS[0])


def _member(words: str) -> Member:
    folder, _, share = words.partition("=")
    try:
        res = Member(Path(folder), float(share or 1.0))
    except ValueError as error:
        raise click.BadParameter(f"{words!r} is not like models/small=0.4") from error
    if not res.share > 0 or not np.isfinite(res.share):
        raise click.BadParameter(f"{words!r}: a share is more than 0")
    if not (res.folder / "config.json").exists():
        raise click.BadParameter(f"{folder} holds no config.json: a released folder was expected")
    return res
