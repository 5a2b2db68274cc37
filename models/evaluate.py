"""Bits per byte on the held-out projects: the network beside an n-gram and general compressors, on the same files.

    takes  a released folder or a run's directory, data/corpus, and runs/ngram where `ngram` has been run
    gives  evaluation.json and evaluation.md (evaluation.valid.* for that split) in the run's directory

A document is scored as the product scores it: from an empty state, with its language's tag before it, and <|end|>
in its cost. Bits per token depend on the tokenizer; bits per byte, with UTF-8 below the line, compare anything.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from lm_lint.text import LANGUAGES, Language
from models import baselines, gates, heldout, ngram
from models.records import SPLITS, Split

if TYPE_CHECKING:
    from lm_lint.scorer import Scorer

# Documents are handed to the scorer in lots of about this size, so that the bar moves and memory stays small.
LOT_BYTES = 150_000
NAMES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}


class HasBits(Protocol):
    @property
    def surprisal_bits(self) -> npt.NDArray[np.float32]: ...


class ScoresMany(Protocol):
    """What is asked of lm_lint.scorer.Scorer; a test may hand in anything that does this."""

    def score_many(self, items: Sequence[tuple[str, Language]]) -> Sequence[HasBits]: ...


@dataclass(frozen=True)
class Cost:
    """What some documents cost: bits (of float32 surprisals, summed in float64), tokens with <|end|>, UTF-8 bytes."""

    bits: float = 0.0
    tokens: int = 0
    bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.bits + other.bits, self.tokens + other.tokens, self.bytes + other.bytes)

    @property
    def bits_per_byte(self) -> float:
        return self.bits / self.bytes

    @property
    def bits_per_token(self) -> float:
        return self.bits / self.tokens

    def as_json(self) -> dict[str, Any]:
        rates = {"bits_per_byte": self.bits_per_byte, "bits_per_token": self.bits_per_token}
        return asdict(self) | rates


def lots(documents: list[heldout.Heldout]) -> Iterator[list[heldout.Heldout]]:
    """The documents by falling length, in lots of about LOT_BYTES: those of a lot fit in one batch without waste."""
    lot: list[heldout.Heldout] = []
    size = 0
    for document in sorted(documents, key=lambda d: len(d.text), reverse=True):
        lot.append(document)
        size += len(document.data)
        if size >= LOT_BYTES:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot


def costs(
    scorer: ScoresMany,
    language: Language,
    documents: list[heldout.Heldout],
    bar: tqdm[Any] | None = None,
) -> dict[str, Cost]:
    """What the documents of each project cost."""
    res: defaultdict[str, Cost] = defaultdict(Cost)
    for lot in lots(documents):
        scores = scorer.score_many([(document.text, language) for document in lot])
        for document, score in zip(lot, scores, strict=True):
            bits = np.asarray(score.surprisal_bits, dtype=np.float64)
            cost = Cost(float(bits.sum()), len(bits), len(document.data))
            res[document.project] += cost
            if bar is not None:
                bar.update(cost.bytes)
    return dict(sorted(res.items()))


def adapted(scorer: Scorer, language: Language, documents: list[heldout.Heldout]) -> Cost:
    """What documents cost where what each repeats is expected, too (lm_lint.compression_mixing)."""
    res = Cost()
    with tqdm(documents, unit="file", desc=f"{NAMES[language]}: adapted") as bar:
        for document in bar:
            res += Cost(*gates.adapted_bits(scorer, document.text, language), len(document.data))
    return res


def evaluate_language(
    scorer: ScoresMany, language: Language, documents: list[heldout.Heldout], ngram_file: Path
) -> dict[str, Any]:
    """The figures of one language, as they go into evaluation.json."""
    sample = heldout.digest(documents)
    n_bytes = sum(len(document.data) for document in documents)
    began = time.monotonic()
    with tqdm(total=n_bytes, unit="B", unit_scale=True, desc=NAMES[language]) as bar:
        by_project = costs(scorer, language, documents, bar)
    seconds = time.monotonic() - began
    total = sum(by_project.values(), Cost())
    with tqdm(total=len(baselines.COMPRESSORS), desc=f"{NAMES[language]}: compressors") as bar:
        compressed = baselines.measure([d.data for d in documents], bar.update)
    return {
        "documents": len(documents),
        "sample_sha256": sample,
        "model": total.as_json()
        | {"seconds": round(seconds, 1), "tokens_per_second": round(total.tokens / seconds)},
        "projects": {name: cost.as_json() for name, cost in by_project.items()},
        "ngram": ngram_of(ngram_file, sample),
        "compressors": [baseline.as_json() for baseline in compressed],
    }


def ngram_of(path: Path, sample_sha256: str) -> dict[str, Any] | None:
    """What `ngram` measured, if it was on these very documents."""
    if not path.exists():
        return None
    res: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return res if res["sample_sha256"] == sample_sha256 else None


# --- The report -----------------------------------------------------------------------------------------------------


def rows(name: str, figures: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """The lines of a language's table: what, bits per token, bits per byte of each file alone, of one stream."""
    model, counted = figures["model"], figures["ngram"]
    res = [_row(name, model)]
    if found := figures.get("adapted"):
        res.append(_row(f"{name}, and what the file repeats", found))
    if counted:
        label = f"Kneser-Ney {counted['asked']['order']}-gram, {counted['training_tokens'] / 1e6:.0f} M tokens"
        bits = f"{counted['bits_per_token']:.3f}", f"{counted['bits_per_byte']:.3f}"
        res.append((label, *bits, ""))
    for row in figures["compressors"]:
        res.append((row["name"], "", f"{row['alone']:.3f}", f"{row['stream']:.3f}"))
    return res


def _row(name: str, figures: dict[str, Any]) -> tuple[str, str, str, str]:
    return name, f"{figures['bits_per_token']:.3f}", f"{figures['bits_per_byte']:.3f}", ""


HEADINGS = ("", "bits per token", "bits per byte", "as one stream")
EXPLANATION = (
    "Whole documents of held-out projects, every project giving as many bytes as any other while it has some. "
    "The network and the n-gram meet each file by itself, from nothing but the name of its language, and pay for its "
    'end; "and what the file repeats" is the same with what `lm-lint compress` mixes into it. '
    'The compressors are primed with nothing: "bits per byte" is each file compressed alone, container and all; '
    '"as one stream" is all the files one after another, which lets a compressor learn from one what it needs for the '
    "next and favours it."
)


def caption(language: Language, figures: dict[str, Any]) -> str:
    size = figures["model"]["bytes"] / 1e6
    return f"{NAMES[language]}: {size:.2f} MB, {figures['documents']} files of {len(figures['projects'])} projects"


def as_markdown(report: dict[str, Any]) -> str:
    """The report as a page, also quoted by the model's card."""
    settings = report["settings"]
    res = [
        f"# {report['name']}: bits per byte on the {settings['split']} projects",
        "",
        EXPLANATION,
        f"At most {settings['max_bytes'] / 1e6:g} MB per language, drawn with seed {settings['seed']}; "
        f"`model.safetensors` has sha256 {report['model_sha256']}.",
    ]
    for language, figures in report["languages"].items():
        res += ["", "| " + " | ".join((caption(language, figures), *HEADINGS[1:])) + " |"]
        res.append("|---|--:|--:|--:|")
        res += ["| " + " | ".join(row) + " |" for row in rows(report["name"], figures)]
    return "\n".join(res) + "\n"


def show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=120)  # a log file has no width to keep to
    for language, figures in report["languages"].items():
        table = Table(title=caption(language, figures), title_justify="left")
        for i, heading in enumerate(HEADINGS):
            table.add_column(heading, justify="right" if i else "left")
        for row in rows(report["name"], figures):
            table.add_row(*row)
        console.print(table)
        if not figures["ngram"]:
            console.print(
                "No n-gram for these documents: run `python -m models ngram` with the same "
                "--split, --max-bytes and --seed, then this again."
            )


# --- The command ----------------------------------------------------------------------------------------------------


def released(model: Path) -> Path:
    """The folder itself, or the one made of a run's checkpoint, so that what is measured is what would be released."""
    if (model / "model.safetensors").exists():
        return model
    if (model / "checkpoint.safetensors").exists():
        from models.export import write_release

        return write_release(model, model / "released")
    raise click.ClickException(
        f"{model} holds neither model.safetensors (a released folder) nor checkpoint.safetensors (a run)"
    )


@click.command(name="evaluate")
@click.argument("model", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", help="What to call the model; its folder's name if not given.")
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option(
    "--ngram",
    "ngram_folder",
    type=click.Path(path_type=Path),
    default=Path("runs/ngram"),
    show_default=True,
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the results; runs/NAME.")
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option("--split", type=click.Choice(SPLITS[1:]), default="test", show_default=True)
@click.option("--max-bytes", default=1_500_000, show_default=True, help="Per language.")
@click.option("--seed", default=0, show_default=True, help="Of the documents drawn.")
@click.option("--device", default="auto", show_default=True)
@click.option("--adapt", is_flag=True, help="Also with what each document repeats; takes longer.")
def command(
    model: Path,
    name: str | None,
    corpus: Path,
    ngram_folder: Path,
    out: Path | None,
    languages: tuple[Language, ...],
    split: Split,
    max_bytes: int,
    seed: int,
    device: str,
    adapt: bool,
) -> None:
    """Measure MODEL (a released folder, or a run's directory) beside the yardsticks."""
    from lm_lint import scorer as scoring
    from lm_lint import weights

    name = name or model.resolve().name
    out = out or Path("runs") / name
    folder = released(model)
    scorer = scoring.Scorer(weights.load(folder, device))
    report: dict[str, Any] = {
        "name": name,
        "model_sha256": hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest(),
        "settings": {"split": split, "max_bytes": max_bytes, "seed": seed, "device": device},
        "languages": {},
    }
    for language in languages or LANGUAGES:
        documents = heldout.load(corpus, language, split, max_bytes, seed)
        if not documents:
            click.echo(f"No document of {language} {split} fits in {max_bytes} bytes.", err=True)
            continue
        ngram_file = ngram.result_file(ngram_folder, language, split)
        figures = evaluate_language(scorer, language, documents, ngram_file)
        if adapt:
            figures["adapted"] = adapted(scorer, language, documents).as_json()
        report["languages"][language] = figures
        # Written after each language: what is measured survives an interruption.
        write_report(report, out)
    show(report)


def write_report(report: dict[str, Any], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    # The figures to quote are those of test; others must not take their place.
    split = report["settings"]["split"]
    name = "evaluation" if split == "test" else f"evaluation.{split}"
    (out / f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (out / f"{name}.md").write_text(as_markdown(report), encoding="utf-8")
