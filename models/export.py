"""From a run to a released folder: weights in bfloat16 or in the bits that they were trained in, tokenizer, config
with hashes, and the card.

    takes  runs/NAME/{config.json, checkpoint.safetensors}, the tokenizer that the run names, and for the card
           runs/NAME/evaluation.json, data/corpus/report.json and models/manifest.toml where they are
    gives  models/NAME/{model.safetensors, tokenizer.json, config.json, CARD.md}

The folder is read back as the product reads it before it takes its name: what cannot be loaded is not released.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from lm_lint.text import LANGUAGES
from models import evaluate
from models.corpus import manifest
from models.rewriting import forget_fitted

FILES = ("model.safetensors", "tokenizer.json", "config.json", "CARD.md")
NETWORK = "network."


@dataclass(frozen=True)
class Run:
    """A run's folder as training left it.

    config   what config.json holds: the settings of training and, under "network", the shape
    tensors  the parameters of the network by name, float32
    origin   what init.json holds: the release whose weights the run started from
    """

    folder: Path
    config: dict[str, Any]
    tensors: dict[str, Any]
    steps: int
    elapsed_s: float
    origin: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return str(self.config["name"])

    @property
    def weight_bits(self) -> dict[str, int]:
        """In how many bits matrices were trained, as models/few_bits.py takes it."""
        return dict(self.config.get("weight_bits", {}))

    @property
    def n_parameters(self) -> int:
        return sum(tensor.numel() for tensor in self.tensors.values())

    @property
    def tokens_seen(self) -> int:
        return self.steps * int(self.config["lanes"]) * int(self.config["chunk"])


def read_run(folder: Path) -> Run:
    """The newest checkpoint of a run, without the optimizer's part."""
    from safetensors import safe_open

    checkpoint = folder / "checkpoint.safetensors"
    for path in (checkpoint, folder / "config.json"):
        if not path.exists():
            raise click.ClickException(f"no {path}: run `python -m models train` first")
    with safe_open(checkpoint, "pt") as file:
        facts = json.loads(file.metadata()["facts"])
        names = [name for name in file.keys() if name.startswith(NETWORK)]  # noqa: SIM118
        tensors = {name.removeprefix(NETWORK): file.get_tensor(name) for name in names}
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    origin = _read_json(folder / "init.json")
    return Run(folder, config, tensors, int(facts["step"]), float(facts["elapsed_s"]), origin)


def write_release(folder: Path, out: Path) -> Path:
    """The released files of a run, without the card, under `out`; files that are there give way one by one."""
    from lm_lint import weights
    from lm_lint.model import NetworkConfig
    from models import few_bits, quantize

    run = read_run(folder)
    tokenizer = Path(run.config["tokenizer"])
    if not tokenizer.exists():
        raise click.ClickException(
            f"{folder}/config.json names the tokenizer {tokenizer}, which is not there"
        )
    facts: dict[str, Any] = {
        "name": run.name,
        "training": {
            "tokens_seen": run.tokens_seen,
            "steps": run.steps,
            "minutes": round(run.elapsed_s / 60, 1),
        },
    }
    if run.origin:
        facts["continues"] = run.origin
    if run.weight_bits:
        facts["weight_bits"] = run.weight_bits
        model = quantize.file_of(few_bits.packed(run.tensors, run.weight_bits))
    else:
        model = weights.in_bfloat16(run.tensors)
    shape = NetworkConfig.from_dict(run.config["network"])
    fresh = out.with_name(f"{out.name}.{os.getpid()}.tmp")
    try:
        weights.save(fresh, model, shape, tokenizer.read_text(encoding="utf-8"), facts)
        weights.load(fresh, "cpu")
        out.mkdir(parents=True, exist_ok=True)
        forget_fitted(out)
        for path in fresh.iterdir():
            os.replace(path, out / path.name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return out


# --- The card -------------------------------------------------------------------------------------------------------


def card(
    run: Run,
    out: Path,
    evaluation: dict[str, Any] | None,
    corpus: dict[str, Any] | None,
    entries: list[manifest.Entry],
    trained_by: str | None,
    hardware: str,
) -> str:
    """CARD.md for the release in `out`. What is not known is left out or said to be so, never made up."""
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    sections = [
        _about(run, out, config, trained_by, hardware),
        measured(evaluation, config["sha256"]["model.safetensors"]),
    ]
    if corpus:
        sections += [_amounts(corpus), _licences(corpus, entries)]
    return "\n".join(sections)


def _about(
    run: Run, out: Path, config: dict[str, Any], trained_by: str | None, hardware: str
) -> str:
    size_mb = (out / "model.safetensors").stat().st_size / 1e6
    seen = run.tokens_seen / 1e6
    each = ", ".join(f"{name} {bits}" for name, bits in sorted(run.weight_bits.items()))
    how = f"few bits, trained as such ({each})" if each else "bfloat16"
    rows = {
        "Parameters": f"{run.n_parameters / 1e6:.2f} M, {size_mb:.1f} MB in {how}",
        "Vocabulary": f"{config['network']['vocab_size']} tokens, byte-level BPE",
        "Trained by": f"`{trained_by}`" if trained_by else "not recorded",
        "Hardware": hardware,
        "Training": f"{run.elapsed_s / 60:.0f} minutes, {run.steps} steps, {seen:.1f} M tokens seen",
        "SHA-256 of model.safetensors": f"`{config['sha256']['model.safetensors']}`",
        "SHA-256 of tokenizer.json": f"`{config['sha256']['tokenizer.json']}`",
    }
    if run.origin:
        before = run.origin["training"]
        rows["Continues"] = (
            f"the weights `{run.origin['sha256']['model.safetensors'][:12]}` ({before['minutes']:.0f} minutes, "
            f"{before['tokens_seen'] / 1e6:.1f} M tokens seen)"
        )
    head = [
        f"# lm-lint {run.name}",
        "",
        "A causal language model of C, HTML and Python source text, made to find slips by the surprise that they",
        "cause. It is no chat model and no completion engine. Licence of the weights: Apache-2.0.",
        "",
        "| | |",
        "|---|---|",
    ]
    return "\n".join([*head, *(f"| {key} | {value} |" for key, value in rows.items()), ""])


def measured(evaluation: dict[str, Any] | None, sha256: str) -> str:
    """The card's section of bits per byte; an evaluation of other weights than these is none."""
    if not evaluation or evaluation["model_sha256"] != sha256:
        return (
            "## Bits per byte\n\nNot measured on these weights: run `python -m models evaluate`.\n"
        )
    _, text = evaluate.as_markdown(evaluation).split("\n", 1)
    return f"## Bits per byte on the {evaluation['settings']['split']} projects\n{text}"


def _amounts(corpus: dict[str, Any]) -> str:
    res = [
        "## Data",
        "",
        "Source packages by name and version, de-duplicated by content; whole projects are held out. The text itself",
        "is not distributed; `models/manifest.toml` lists where it comes from.",
        "",
        "| | train | valid | test |",
        "|---|--:|--:|--:|",
    ]
    for language in LANGUAGES:
        if figures := corpus.get(language):
            cells = (
                f"{s['mb']:.1f} MB, {s['files']} files, {len(s['projects'])} projects"
                for s in (figures[split] for split in ("train", "valid", "test"))
            )
            res.append(f"| {evaluate.NAMES[language]} | {' | '.join(cells)} |")
    return "\n".join([*res, ""])


def _licences(corpus: dict[str, Any], entries: list[manifest.Entry]) -> str:
    """The training projects by licence, as the manifest states them, with their megabytes."""
    versions = {entry.name: f"{entry.name} {entry.version}".strip() for entry in entries}
    licence_of = {entry.name: entry.licence or "not stated" for entry in entries}
    megabytes: dict[str, dict[str, float]] = {}
    for language in LANGUAGES:
        for project, figures in (
            corpus.get(language, {}).get("train", {}).get("projects", {}).items()
        ):
            group = megabytes.setdefault(licence_of.get(project, "not in the manifest"), {})
            group[project] = group.get(project, 0.0) + figures["mb"]
    res = ["### Licences of the training text", "", "| licence | MB | projects |", "|---|--:|---|"]
    for licence, group in sorted(megabytes.items(), key=lambda item: -sum(item[1].values())):
        names = ", ".join(versions.get(project, project) for project in sorted(group))
        res.append(f"| {licence} | {sum(group.values()):.1f} | {names} |")
    return "\n".join([*res, ""])


def this_machine() -> str:
    """Processor and cores, as far as the system tells."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    return f"{name}, {os.cpu_count()} cores"


# --- The command ----------------------------------------------------------------------------------------------------


def _read_json(path: Path) -> dict[str, Any] | None:
    res: dict[str, Any] | None = None
    if path.exists():
        res = json.loads(path.read_text(encoding="utf-8"))
    return res


def export(
    run_dir: Path,
    out: Path,
    corpus: Path = Path("data/corpus"),
    manifest_path: Path = Path("models/manifest.toml"),
    trained_by: str | None = None,
    hardware: str | None = None,
) -> Path:
    """The whole released folder of a run, card included. Returns `out`."""
    write_release(run_dir, out)
    entries = manifest.load(manifest_path) if manifest_path.exists() else []
    text = card(
        read_run(run_dir),
        out,
        _read_json(run_dir / "evaluation.json"),
        _read_json(corpus / "report.json"),
        entries,
        trained_by,
        hardware or this_machine(),
    )
    (out / "CARD.md").write_text(text, encoding="utf-8")
    return out


@click.command(name="export")
@click.argument(
    "run_dir", metavar="RUN", type=click.Path(path_type=Path, exists=True, file_okay=False)
)
@click.option("--out", type=click.Path(path_type=Path), help="Default: models/NAME.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--manifest",
    "manifest_path",
    type=click.Path(path_type=Path),
    default=Path("models/manifest.toml"),
    show_default=True,
)
@click.option("--trained-by", metavar="COMMAND", help="The training command, for the card.")
@click.option("--hardware", help="What it was trained on, for the card; this machine if not given.")
def command(
    run_dir: Path,
    out: Path | None,
    corpus: Path,
    manifest_path: Path,
    trained_by: str | None,
    hardware: str | None,
) -> None:
    """Write the released folder of RUN (a directory that `train` made)."""
    out = out or Path("models") / read_run(run_dir).name
    export(run_dir, out, corpus, manifest_path, trained_by, hardware)
    for name in FILES:
        click.echo(f"{out / name}  {(out / name).stat().st_size / 1e6:.2f} MB")
