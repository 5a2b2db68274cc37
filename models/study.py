"""Experiments: many short trainings that differ in one thing each, and the table of what they came to.

    python -m models study models/studies/ablations.toml --jobs 2

    takes  a study: a config, how long a row trains, and the rows, each with what it sets otherwise
    gives  runs/studies/STUDY/ROW (as `train` leaves them, with result.json) and STUDY.json beside the study

Every row has one thread, so as many run side by side as there are cores, and the same time of the processor at the pace
of its own fastest steps: what else runs on the machine changes nothing but how long the study takes. A row that is done
is not done again, one that was interrupted goes on. Rows of the same name are one table row that shares its time, such as
one expert for each language. Bits per byte are those of whole documents of the validation projects.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click

from lm_lint.text import LANGUAGES, Language

if os.name != "posix":  # pragma: no cover - training is done on Linux and macOS
    raise ImportError("training needs a POSIX system")
import tomllib

ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
}


@dataclass(frozen=True)
class Row:
    """One training.

    minutes    of the processor; none where `steps` says how long
    languages  those that it is measured on
    settings   keys of TrainConfig; those of the network as "network.KEY"
    """

    name: str
    group: str
    minutes: float | None
    languages: tuple[Language, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    steps: int | None = None

    @property
    def folder(self) -> str:
        told = f"{self.group} {self.name}"
        if self.languages != LANGUAGES:
            told += " " + " ".join(self.languages)
        return re.sub(r"[^\w.+-]+", "-", told)

    def overrides(self) -> dict[str, Any]:
        """As models.train.read_config takes them, without the keys of the config's own [network]."""
        res: dict[str, Any] = {"network": {}}
        for key, value in self.settings.items():
            first, _, rest = key.partition(".")
            if rest:
                res[first][rest] = value
            else:
                res[key] = value
        return res


@dataclass(frozen=True)
class Study:
    """What a study's file says. max_bytes: of validation text, for each language."""

    config: Path
    max_bytes: int
    rows: list[Row]


def read_study(path: Path) -> Study:
    """A study from TOML: config, minutes or steps, max_bytes, [set] for all rows and [[rows]].

    Raises click.UsageError for a key that does not exist, and for two rows that are the same.
    """
    values = tomllib.loads(path.read_text())
    common = values.pop("set", {})
    minutes, max_bytes = values.pop("minutes", None), values.pop("max_bytes", 200_000)
    all_steps = values.pop("steps", None)
    config = Path(values.pop("config"))
    rows: list[Row] = []
    for entry in values.pop("rows"):
        name, group = entry.pop("name"), entry.pop("group", "")
        languages = tuple(entry.pop("languages", LANGUAGES))
        settings = {**common, **entry.pop("set", {})}
        steps = entry.pop("steps", None if "minutes" in entry else all_steps)
        own = None if steps else entry.pop("minutes", minutes)
        if entry:
            raise click.UsageError(f"{path}: {name}: unknown keys {', '.join(sorted(entry))}")
        rows.append(Row(name, group, own, languages, settings, steps))
    if values:
        raise click.UsageError(f"{path}: unknown keys {', '.join(sorted(values))}")
    folders = [row.folder for row in rows]
    if twice := {folder for folder in folders if folders.count(folder) > 1}:
        raise click.UsageError(f"{path}: there twice: {', '.join(sorted(twice))}")
    return Study(config, max_bytes, rows)


def train_row(row: Row, config: Path, folder: Path, corpus: Path, max_bytes: int) -> dict[str, Any]:
    """Train one row and measure it, in a process of its own. Returns what result.json holds."""
    result = folder / "result.json"
    if result.exists():
        res: dict[str, Any] = json.loads(result.read_text())
        return res
    import torch

    from lm_lint import weights
    from lm_lint.scorer import Scorer
    from models import evaluate, export, heldout, train

    torch.set_num_threads(1)
    overrides = row.overrides()
    network = overrides.pop("network")
    base = train.read_config(config, overrides)
    settings = replace(base, network=replace(base.network, **network), name=row.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "train.log").open("a") as log, contextlib.redirect_stderr(log):
        with contextlib.redirect_stdout(log):
            trainer = train.run(settings, folder, None, row.steps, "cpu", row.minutes)
        released = export.write_release(folder, folder / "released")
        scorer = Scorer(weights.load(released, "cpu"))
        bits = {}
        for language in row.languages:
            documents = heldout.load(corpus, language, "valid", max_bytes, 0)
            costs = evaluate.costs(scorer, language, documents).values()
            bits[language] = sum(costs, evaluate.Cost()).bits_per_byte
    tokens_a_step = settings.lanes * settings.chunk
    res = {
        "name": row.name,
        "group": row.group,
        "settings": row.settings,
        "minutes": row.minutes,
        "steps": trainer.step_count,
        "tokens": trainer.step_count * tokens_a_step,
        "tokens_per_second": round(tokens_a_step / trainer.fastest_s),
        "parameters": sum(p.numel() for p in trainer.network.parameters()),
        "bits_per_byte": bits,
    }
    result.write_text(json.dumps(res, indent=1) + "\n")
    (folder / "checkpoint.safetensors").unlink()
    return res


def merged(results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results of one group and name as one: their tokens added up, their bits side by side."""
    res: dict[tuple[str, str], dict[str, Any]] = {}
    for result in results:
        key = result["group"], result["name"]
        if key not in res:
            res[key] = {**result, "bits_per_byte": dict(result["bits_per_byte"])}
            continue
        res[key]["tokens"] += result["tokens"]
        res[key]["bits_per_byte"] |= result["bits_per_byte"]
    return list(res.values())


def mean_bits(result: dict[str, Any]) -> float:
    """Bits per byte, the mean of the languages."""
    values = result["bits_per_byte"].values()
    return float(sum(values) / len(values))


def as_markdown(results: Sequence[dict[str, Any]]) -> str:
    """A table for each group, against the first row of all."""
    first = mean_bits(results[0])
    res: list[str] = []
    for group in dict.fromkeys(result["group"] for result in results):
        res += [
            f"| {group} | parameters, M | tokens/s | tokens, M | C | HTML | Python | mean | against the first |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for result in results:
            if result["group"] != group:
                continue
            mean = mean_bits(result)
            bits = [f"{result['bits_per_byte'][language]:.3f}" for language in LANGUAGES]
            cells = [
                result["name"],
                f"{result['parameters'] / 1e6:.2f}",
                f"{result['tokens_per_second']:,}",
                f"{result['tokens'] / 1e6:.2f}",
                *bits,
                f"{mean:.3f}",
                f"{100 * (mean / first - 1):+.1f}%",
            ]
            res.append("| " + " | ".join(cells) + " |")
        res.append("")
    return "\n".join(res)


@click.command("study")
@click.argument("study", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--jobs", default=2, show_default=True, help="Trainings side by side, one thread each."
)
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option("--runs", type=click.Path(path_type=Path), default=Path("runs/studies"))
def command(study: Path, jobs: int, corpus: Path, runs: Path) -> None:
    """Train the rows of STUDY, and write what they came to beside it."""
    known = read_study(study)
    os.environ.update(ENVIRONMENT)
    results: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        futures = {
            pool.submit(
                train_row,
                row,
                known.config,
                runs / study.stem / row.folder,
                corpus,
                known.max_bytes,
            ): row
            for row in known.rows
        }
        for future in as_completed(futures):
            row = futures[future]
            try:
                result = future.result()
            except Exception as error:
                click.echo(f"{row.folder}: {error!r}", err=True)
                continue
            results[row.folder] = result
            bits = " ".join(f"{n} {b:.4f}" for n, b in result["bits_per_byte"].items())
            click.echo(f"{row.folder}: {result['tokens'] / 1e6:.2f} M tokens, {bits}")
    done = merged([results[row.folder] for row in known.rows if row.folder in results])
    study.with_suffix(".json").write_text(json.dumps(done, indent=1) + "\n")
    click.echo(as_markdown([r for r in done if len(r["bits_per_byte"]) == len(LANGUAGES)]))
    if missing := [row.folder for row in known.rows if row.folder not in results]:
        raise click.ClickException(f"without a result: {', '.join(missing)}")
