"""From a released folder to one with weights of few bits.

    takes  models/NAME or a run's released folder, and for fewer than 8 bits some of data/tokens
    gives  OUT/{model.safetensors, tokenizer.json, config.json, detector.json, CARD.md}

Matrices become integers with a scale for each row or group of a row (server/lm_lint/packing.py); the few vectors
stay as they are. The ranking of the detector, the cells that are known and the heads come along: what they tell
hardly changes.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from lm_lint import heads, packing
from lm_lint import release as releases
from lm_lint.light import Floats, LightNetwork
from lm_lint.model_folder import CELLS, HEADS, PARTS, RANKING
from lm_lint.text import LANGUAGES
from models import rounding
from models.rewriting import copy_of

_CHUNK = 512
Tensor = Floats | packing.Compact

_HEAD = "embedding"  # its rows are looked up, and it is multiplied by
_TABLE = "bigrams"  # its rows are looked up, and nothing is multiplied by it


@dataclass(frozen=True)
class Recipe:
    """How to round.

    bits, group   of a matrix; group 0: one scale for a whole row
    others        the same for matrices that are treated in another way, by name
    compensated   let weights make up for each other's error
    """

    bits: int = 8
    group: int = 0
    others: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    compensated: bool = True

    def of(self, name: str, n_columns: int) -> tuple[int, int]:
        """The bits of a matrix, and how many columns share a scale."""
        bits, group = self.others.get(name, (self.bits, self.group))
        group = group or n_columns
        # A width that groups do not divide gets the largest groups that do.
        while n_columns % group:
            group -= 1
        return bits, group


class _Recording(LightNetwork):
    """A network that remembers what its matrices are multiplied by: x x^T summed, by name."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.moments: defaultdict[str, Any] = defaultdict(float)

    def linear(self, x: Floats, name: str) -> Floats:
        flat = x.reshape(-1, x.shape[-1])
        self.moments[name] += (flat.T @ flat).astype(np.float64)
        return super().linear(x, name)


def moments(parts: releases.Parts, tokens: Path, n_tokens: int) -> Mapping[str, rounding.Moments]:
    """What each matrix meets in some training text of each language, equal shares."""
    network = _Recording(parts.shape, packing.read(parts.weights))
    for language in LANGUAGES:
        state = None
        for ids in _chunks(tokens / f"{language}.train.bin", n_tokens // len(LANGUAGES)):
            features, trace = network.trace(ids[None], state)
            network.linear(features[0], _HEAD)
            state = trace.last()
    return network.moments


def _chunks(path: Path, n_tokens: int) -> Iterator[npt.NDArray[np.int64]]:
    if not path.exists():
        raise click.ClickException(
            f"no {path}: run `python -m models tokenize` first, or take --nearest"
        )
    row = np.memmap(path, dtype=np.uint16, mode="r")
    # From eight places, since what stands side by side is alike.
    length = max(n_tokens // 8, _CHUNK)
    for start in np.linspace(0, max(len(row) - length, 0), 8).astype(int):
        for at in range(start, min(start + length, len(row)), _CHUNK):
            yield row[at : min(at + _CHUNK, start + length, len(row))].astype(np.int64)


def packed(
    tensors: Mapping[str, Tensor],
    recipe: Recipe,
    seen: Mapping[str, rounding.Moments],
) -> dict[str, Tensor]:
    """The same tensors with the matrices rounded. What was packed before is packed anew."""
    res: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        weight = packing.as_floats(tensor)
        if weight.ndim != 2 or name.endswith("conv"):
            res[name] = weight
            continue
        bits, group = recipe.of(name, weight.shape[1])
        if recipe.compensated and name in seen:
            rounded = rounding.compensated(weight, bits, group, seen[name])
        else:
            rounded = rounding.nearest(weight, bits, group)
        res[name] = packing.pack(bits, *rounded)
    return res


def write(folder: Path, out: Path, recipe: Recipe, tensors: Mapping[str, Tensor]) -> None:
    """The released folder with other weights in it; it takes its name once it is whole."""
    with copy_of(folder, out) as fresh:
        (fresh / "model.safetensors").write_bytes(file_of(tensors))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config["quantized"] = {"from": config["sha256"], **asdict(recipe)}
        config["sha256"] = {part: releases.sha256_of(fresh / part) for part in PARTS}
        _write_json(fresh / "config.json", config)
        for fitted in (fresh / RANKING, fresh / CELLS):
            if fitted.exists():
                facts = json.loads(fitted.read_text(encoding="utf-8"))
                _write_json(fitted, facts | {"model_sha256": config["sha256"][PARTS[0]]})
        if (fresh / HEADS).exists():
            moved = heads.refitted((fresh / HEADS).read_bytes(), config["sha256"][PARTS[0]])
            (fresh / HEADS).write_bytes(moved)
        if (fresh / "CARD.md").exists():
            card = (fresh / "CARD.md").read_text(encoding="utf-8")
            size = (fresh / PARTS[0]).stat().st_size
            (fresh / "CARD.md").write_text(_card(card, config, size), encoding="utf-8")


def file_of(tensors: Mapping[str, Tensor]) -> bytes:
    """What model.safetensors holds: matrices that are packed as such, everything else in bfloat16."""
    import torch
    from safetensors.torch import save

    res: dict[str, torch.Tensor] = {}
    bits: dict[str, int] = {}
    columns: dict[str, int] = {}
    for name, tensor in tensors.items():
        if isinstance(tensor, packing.Packed):
            if tensor.bits == 2:
                columns[name], codes = tensor.shape[1], packing.trits(tensor)
            else:
                bits[name], codes = tensor.bits, tensor.codes
            res[name] = torch.from_numpy(codes)
            res[name + packing.SCALE] = torch.from_numpy(tensor.scales)
        else:
            res[name] = torch.from_numpy(packing.as_floats(tensor).copy()).to(torch.bfloat16)
    return save(res, {"bits": json.dumps(bits), "trits": json.dumps(columns)})


def _card(card: str, config: dict[str, Any], n_bytes: int) -> str:
    """The card of the weights that these were made of, with what is different."""
    before, now = config["quantized"]["from"][PARTS[0]], config["sha256"][PARTS[0]]
    size = f"{n_bytes / 1e6:.1f} MB in {config['quantized']['bits']} bits a weight"
    res = re.sub(r"[\d.]+ MB in bfloat16", size, card.replace(before, now))
    return (
        f"{res.rstrip()}\n\n## Few bits\n\nThese are the weights with SHA-256 `{before}`, rounded by "
        "`python -m models quantize`. What was measured above was measured before.\n"
    )


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


# --- The command ----------------------------------------------------------------------------------------------------


@click.command(name="quantize")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to write.")
@click.option("--bits", type=click.Choice([str(bits) for bits in packing.BITS]), default="8")
@click.option("--group", default=0, help="Columns that share a scale; 0: a whole row.")
@click.option(
    "--but",
    "others",
    multiple=True,
    metavar="NAME=BITS[:GROUP]",
    help="For one matrix, as in bigrams=4:32; may be given again.",
)
@click.option("--nearest", is_flag=True, help="Round each weight by itself, as 8 bits are anyway.")
@click.option(
    "--tokens", type=click.Path(path_type=Path), default=Path("data/tokens"), show_default=True
)
@click.option("--n-tokens", default=60_000, show_default=True, help="Of text that is looked at.")
def command(
    folder: Path,
    out: Path,
    bits: str,
    group: int,
    others: tuple[str, ...],
    nearest: bool,
    tokens: Path,
    n_tokens: int,
) -> None:
    """Write the released FOLDER again, with weights of few bits."""
    differently = dict(_other(words) for words in others)
    fewest = min([int(bits), *(n for name, (n, _) in differently.items() if name != _TABLE)])
    recipe = Recipe(int(bits), group, differently, fewest < 8 and not nearest)
    parts = releases.read(folder)
    seen = moments(parts, tokens, n_tokens) if recipe.compensated else {}
    write(folder, out, recipe, packed(packing.read(parts.weights), recipe, seen))
    for name in (folder, out):
        size = (name / "model.safetensors").stat().st_size
        click.echo(f"{name / 'model.safetensors'}  {size / 1e6:.2f} MB")


def _other(words: str) -> tuple[str, tuple[int, int]]:
    name, _, how = words.partition("=")
    bits, _, group = how.partition(":")
    try:
        if int(bits) in packing.BITS and int(group or 0) >= 0:
            return name, (int(bits), int(group or 0))
    except ValueError:
        pass
    raise click.BadParameter(f"{words!r} is not like bigrams=4:32", param_hint="--but")
