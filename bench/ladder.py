"""Models of all sizes and of few bits beside each other: what each constraint costs.

    python -m bench.ladder models/small "3 M=runs/ladder-3m/released" ... [--limit 100] [--out bench/results]
    python -m bench.ladder --draw        the page and the picture anew, from what was measured

A rung is a released folder, and what it is called may stand before it. Of each are measured: bits per byte of held-out
documents of the validation projects, in float32 by numpy (lm_lint.light_scorer); how many slips of people (the tuning
part) become by the first repair what the person meant, as bench.accuracy counts it; milliseconds of one core for 1,000
tokens of one document, with numpy and with torch (of processor time, which other work changes little); and the most
memory that `lm-lint FILE` takes, Python and all.

A folder without a ranking of its own is judged by that of the first one. Bits and slips are remembered by the hashes of
weights and ranking, so a run that was stopped goes on (--anew forgets them); times are measured anew, all in the same run.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from bench import ladder_page, light, slips
from bench.accuracy import figures, ours
from bench.accuracy.judging import judge
from bench.options import choice_of_slips
from bench.slips import Slip
from lm_lint import light_scorer
from lm_lint import release as releases
from lm_lint.detector import Detector
from lm_lint.light_scorer import LightScorer
from lm_lint.model_folder import RANKING, read_config
from lm_lint.text import LANGUAGES, Language
from models import evaluate, heldout
from models.export import this_machine

MIN_CONFIDENCE = 0.6  # the product's
# Of bench.light: numpy, and torch in the type that the product takes on this machine.
WAYS = ("light", "torch")


@dataclass(frozen=True)
class Quality:
    """What a folder's weights are worth.

    bits_per_byte   by language
    exact           by group of slips: how many are repaired by the first repair, and of how many
    """

    bits_per_byte: dict[str, float]
    exact: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Cost:
    """What it takes to run them.

    ms_per_1000   milliseconds of one core for 1,000 tokens, by way; ms_per_kb the same for 1,000 bytes of text
    memory_mb     of the whole command in a process of its own, at its most
    """

    ms_per_1000: dict[str, float]
    ms_per_kb: dict[str, float]
    memory_mb: float


@dataclass(frozen=True)
class Rung:
    """One folder. family: "bfloat16", "rounded" after training, or "trained" in few bits."""

    name: str
    folder: str
    sha256: str
    family: str
    n_parameters: int
    megabytes: float
    ranking: str
    training: dict[str, Any]
    quality: Quality
    cost: Cost


# --- What the weights are worth ---------------------------------------------------------------------------------------


def scorer_of(folder: Path, first: Path) -> tuple[LightScorer, str]:
    """The folder's scorer, with the ranking of the first folder if it has none; whose the ranking is and its hash."""
    scorer = light_scorer.load(folder)
    if (folder / RANKING).exists() or not (first / RANKING).exists():
        return scorer, f"its own{_digest(folder)}"
    ranker = releases.read(first).ranker
    told = f"that of {first.as_posix()}{_digest(first)}"
    return LightScorer(replace(scorer.release, ranker=ranker)), told


def _digest(folder: Path) -> str:
    """Of the folder's ranking: what was measured with another one is not remembered."""
    path = folder / RANKING
    return f" `{releases.sha256_of(path)[:8]}`" if path.exists() else ""


def bits_per_byte(
    scorer: LightScorer, documents: dict[Language, list[heldout.Heldout]]
) -> dict[str, float]:
    res: dict[str, float] = {}
    for language, some in documents.items():
        cost = sum(evaluate.costs(scorer, language, some).values(), evaluate.Cost())
        res[language] = round(cost.bits_per_byte, 4)
    return res


def exact_repairs(scorer: LightScorer, rows: Sequence[Slip]) -> dict[str, tuple[int, int]]:
    """How many slips of each group the first repair takes back, and of how many."""
    tools = {tool.language: tool for tool in ours.tools(Detector(scorer), ours.WITH_PARSER, "")}
    res: dict[str, tuple[int, int]] = {}
    for slip in tqdm(rows, unit="slip", leave=False):
        tool = tools[slip.language]
        reports = figures.kept(tool, tool.look([slip.broken])[0], MIN_CONFIDENCE)
        # Whether the repaired text parses is not asked here.
        outcome = judge(slip, reports, lambda *_: False)
        group = f"{figures.NAMES[slip.language]}, {figures.SOURCES[slip.source]}"
        n_exact, n_all = res.get(group, (0, 0))
        res[group] = (n_exact + outcome.exact, n_all + 1)
    return dict(sorted(res.items()))


# --- What it takes to run them ----------------------------------------------------------------------------------------


def costs(folders: Sequence[Path], n_rounds: int) -> list[Cost]:
    """Round after round over all folders, so that what else the machine does meets all alike; the best counts."""
    best: list[dict[str, dict[str, float]]] = [{} for _ in folders]
    memory_mb = [math.inf] * len(folders)
    rounds = [(i, folder) for _ in range(n_rounds) for i, folder in enumerate(folders)]
    for i, folder in tqdm(rounds, unit="run", leave=False):
        for way in WAYS:
            told = light.run("warm", way, folder, 1).told["one"]
            if told["processor_s"] < best[i].get(way, {}).get("processor_s", math.inf):
                best[i][way] = told
        memory_mb[i] = min(memory_mb[i], memory_of_command(folder))
    n_bytes = len(light.broken_text()[0].encode())
    return [
        Cost(
            {way: round(1e6 * b["processor_s"] / b["tokens"], 1) for way, b in by_way.items()},
            {way: round(1e6 * b["processor_s"] / n_bytes, 1) for way, b in by_way.items()},
            round(most, 1),
        )
        for by_way, most in zip(best, memory_mb, strict=True)
    ]


# A process of its own, since Linux counts what a program's parent held when it started it.
_TELLING = (
    "import resource, subprocess, sys\n"
    "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
    "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
)


def memory_of_command(folder: Path) -> float:
    """Megabytes that were resident at most while `lm-lint` looked for the slip in a file of 200 lines."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "broken.c"
        path.write_text(light.broken_text()[0], encoding="utf-8")
        command = [sys.executable, "-m", "lm_lint", "--no-cache", "--model", str(folder.resolve())]
        told = subprocess.run(
            [sys.executable, "-c", _TELLING, *command, str(path)],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout
    status, most = map(int, told.split())
    # Whether it is found is not the question: what does not parse is read by the network.
    assert status in (0, 1), f"{' '.join(command)} ended with {status}"
    return most * (1 if platform.system() == "Darwin" else 1024) / 1e6


# --- The command ------------------------------------------------------------------------------------------------------


def climbed(
    named: Sequence[tuple[str, Path]],
    documents: dict[Language, list[heldout.Heldout]],
    rows: Sequence[Slip],
    known: dict[tuple[str, str], Quality],
) -> Iterator[Rung]:
    """The rungs, their cost still to be measured."""
    for name, folder in named:
        config = read_config(folder)
        sha256 = config["sha256"]["model.safetensors"]
        scorer, ranking = scorer_of(folder, named[0][1])
        quality = known.get((sha256, ranking)) or Quality(
            bits_per_byte(scorer, documents), exact_repairs(scorer, rows)
        )
        shapes = scorer.release.network.config.parameters().values()
        yield Rung(
            name,
            folder.as_posix(),
            sha256,
            "rounded"
            if "quantized" in config
            else "trained"
            if "weight_bits" in config
            else "bfloat16",
            sum(map(math.prod, shapes)),
            round((folder / "model.safetensors").stat().st_size / 1e6, 2),
            ranking,
            config.get("training", {}),
            quality,
            Cost({}, {}, 0.0),
        )


def remembered(path: Path, sample: dict[str, Any]) -> dict[tuple[str, str], Quality]:
    """What was measured on the same sample, by the hash of the weights and by whose ranking, with its hash."""
    if not path.exists():
        return {}
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["about"]["sample"] != sample:
        return {}
    return {(r["sha256"], r["ranking"]): Quality(**r["quality"]) for r in report["rungs"]}


def write(rungs: Sequence[Rung], about: dict[str, Any], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    report = {"about": about, "rungs": [asdict(rung) for rung in rungs]}
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (out / "ladder.json").write_text(text, encoding="utf-8")


def named_folder(words: str) -> tuple[str, Path]:
    """NAME=FOLDER, or a folder that is called as it is. Raises click.BadParameter where it holds no model."""
    name, _, folder = words.rpartition("=")
    path = Path(folder)
    if not (path / "config.json").exists():
        raise click.BadParameter(f"{folder} holds no config.json: a released folder was expected")
    return name or path.name, path


@click.command()
@click.argument("folders", nargs=-1)
@choice_of_slips
@click.option("--limit", default=100, show_default=True, help="Slips of a language and source.")
@click.option("--max-bytes", default=200_000, show_default=True, help="Of text, per language.")
@click.option("--rounds", default=3, show_default=True, help="Of timing; the best counts.")
@click.option("--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("bench/results"), show_default=True
)
@click.option("--anew", is_flag=True, help="Measure again what was measured before.")
@click.option("--draw", is_flag=True, help="Only the page and the picture.")
def main(
    folders: tuple[str, ...],
    data: Path,
    git_rows: Path,
    part: str,
    languages: tuple[Language, ...],
    limit: int,
    max_bytes: int,
    rounds: int,
    corpus: Path,
    out: Path,
    anew: bool,
    draw: bool,
) -> None:
    """Measure FOLDERS (NAME=FOLDER); write ladder.json, ladder.md and ladder.png."""
    if not draw:
        if not folders:
            raise click.UsageError("name the folders, the reference first, or give --draw")
        named = [named_folder(words) for words in folders]
        documents = {
            language: heldout.load(corpus, language, "valid", max_bytes, 0)
            for language in languages or LANGUAGES
        }
        rows = slips.choose(
            [row for row in slips.read(data, git_rows) if row.language in documents], part, limit, 0
        )
        sample = {
            "part": part,
            "slips": len(rows),
            "bytes": {k: sum(len(d.data) for d in some) for k, some in documents.items()},
            "documents": {k: heldout.digest(some)[:12] for k, some in documents.items()},
        }
        about = {
            "command": shlex.join(["python", "-m", "bench.ladder", *sys.argv[1:]]),
            "date": date.today().isoformat(),
            "machine": this_machine(),
            "load": round(os.getloadavg()[0], 1),
            "sample": sample,
        }
        known = {} if anew else remembered(out / "ladder.json", sample)
        rungs: list[Rung] = []
        for rung in climbed(named, documents, rows, known):
            rungs.append(rung)
            write(rungs, about, out)
            click.echo(f"{rung.name}: {rung.quality}")
        taken = costs([folder for _, folder in named], rounds)
        rungs = [replace(rung, cost=cost) for rung, cost in zip(rungs, taken, strict=True)]
        write(rungs, about, out)
    report = json.loads((out / "ladder.json").read_text(encoding="utf-8"))
    (out / "ladder.md").write_text(ladder_page.page(report), encoding="utf-8")
    ladder_page.draw(report["rungs"], out / "ladder.png")
    click.echo(ladder_page.page(report))


if __name__ == "__main__":
    main()
