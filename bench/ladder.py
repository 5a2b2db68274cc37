"""Models of few bits beside the one that they were made of: megabytes, bits per byte, findings.

    python -m bench.ladder models/small runs/small-int8 ... [--max-bytes 200000] [--out bench/results/ladder.json]

Bits per byte are of held-out documents of the validation projects, the same for all, computed in float32 by numpy
(lm_lint.light_scorer). Findings are those on examples/: how many of a folder's are those of the first folder, to the
place, the code and the first repair; and how far their confidences are apart.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from bench import examples
from lm_lint import light_scorer
from lm_lint.detector import Detector
from lm_lint.diagnostics import Diagnostic
from lm_lint.engine import Engine
from lm_lint.settings import Settings
from lm_lint.text import LANGUAGES, Language
from models import evaluate, heldout

Finding = tuple[str, int, int, str, str]  # file, start, end, code, first repair


@dataclass(frozen=True)
class Rung:
    """What one folder came to. bits_per_byte is by language; n_same and most_apart are against the first folder."""

    folder: str
    megabytes: float
    bits_per_byte: dict[str, float]
    n_repaired: int
    n_other: int
    n_false: int
    n_findings: int
    n_same: int
    most_apart: float


def findings(engine: Engine) -> tuple[dict[Finding, float], examples.Row, int]:
    """All findings on the examples with their confidences, the counts of all languages, and the false ones."""
    found: dict[Finding, float] = {}
    seen: list[str] = []

    def check(text: str, language: Language) -> list[Diagnostic]:
        res = engine.check(text, language)
        seen.append(text)
        for diagnostic in res:
            one = diagnostic.finding
            first = one.repairs[0]
            key = (f"{language} {len(seen)}", first.start, first.end, one.code, first.text)
            found[key] = one.confidence
        return res

    verdicts, false = examples.measured(check)
    rows = list(examples.rows(verdicts, false))
    total = examples.Row(
        "c",
        *(sum(getattr(row, name) for row in rows) for name in list(asdict(rows[0]))[1:]),
    )
    return found, total, len(seen)


def climbed(
    folder: Path,
    documents: dict[Language, list[heldout.Heldout]],
    first: dict[Finding, float] | None,
) -> tuple[Rung, dict[Finding, float]]:
    scorer = light_scorer.load(folder)
    per_byte: dict[str, float] = {}
    for language, some in documents.items():
        cost = sum(evaluate.costs(scorer, language, some).values(), evaluate.Cost())
        per_byte[language] = round(cost.bits_per_byte, 4)
    engine = Engine(scorer, Detector(scorer), Settings(model=folder), Detector(scorer, False))
    found, row, _ = findings(engine)
    same = found.keys() & (found if first is None else first).keys()
    apart = max((abs(found[key] - (first or found)[key]) for key in same), default=0.0)
    size = (folder / "model.safetensors").stat().st_size / 1e6
    counts = (row.n_repaired, row.n_other, row.n_false, len(found), len(same))
    return Rung(folder.as_posix(), round(size, 2), per_byte, *counts, round(apart, 3)), found


def line(rung: Rung) -> str:
    per_byte = " | ".join(f"{rung.bits_per_byte.get(language, 0):.4f}" for language in LANGUAGES)
    return (
        f"| {rung.folder} | {rung.megabytes:.2f} | {per_byte} | {rung.n_repaired} | {rung.n_other} "
        f"| {rung.n_false} | {rung.n_same} of {rung.n_findings} | {rung.most_apart:.3f} |"
    )


HEAD = (
    "| | MB | C | HTML | Python | repaired | other | false | same findings | most apart |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


@click.command()
@click.argument(
    "folders",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@click.option("--max-bytes", default=200_000, show_default=True, help="Of text, per language.")
@click.option("--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"))
@click.option("--out", type=click.Path(path_type=Path), help="A file for the figures, JSON.")
def main(folders: tuple[Path, ...], max_bytes: int, corpus: Path, out: Path | None) -> None:
    """Print a row for each of FOLDERS, beside the first."""
    documents: dict[Language, list[heldout.Heldout]] = {
        language: heldout.load(corpus, language, "valid", max_bytes, 0) for language in LANGUAGES
    }
    click.echo(HEAD)
    rungs: list[Rung] = []
    first: dict[Finding, float] | None = None
    for folder in folders:
        rung, found = climbed(folder, documents, first)
        first = found if first is None else first
        rungs.append(rung)
        click.echo(line(rung))
        if out:
            out.write_text(json.dumps([asdict(one) for one in rungs], indent=1) + "\n")


if __name__ == "__main__":
    main()
