"""What a short run costs with and without torch: from nothing to the findings of one broken file, and reading on.

    python -m bench.light [--model DIR]... [--runs 5] [--threads 1 --threads 2]

Each figure is of a process of its own. A cold run imports, loads a model and checks a C file of some 200 lines with
one `;` missing. Wall-clock time is the least of the runs; processor time (of all threads) hardly depends on what else
the machine does. Memory is the most that was resident, all of Python included. Tokens per second, of wall-clock and of
processor time, are of one document and of eight side by side, surprisal and entropy of each token.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("buttons.c", "parser.c", "arguments.c")
WAYS = ("bfloat16", "float32", "light")


@dataclass(frozen=True)
class Run:
    """One process. wall_s and processor_s from its start to its end; the rest is what it says of itself."""

    wall_s: float
    processor_s: float
    told: dict[str, Any]


def broken_text() -> tuple[str, int]:
    """The file, and the line (from 1) of its slip."""
    folder = ROOT / "examples" / "correct" / "c"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in PARTS)
    place = text.index(";\n", len(text) * 2 // 3)
    return text[:place] + text[place + 1 :], text.count("\n", 0, place) + 1


# --- In the process that is measured ---------------------------------------------------------------------------------


def scorer_of(way: str, folder: Path) -> Any:
    if way == "light":
        from lm_lint import light_scorer

        return light_scorer.load(folder)
    import torch

    from lm_lint import device, scorer, weights

    device.use_threads()
    dtype = None if way == "torch" else getattr(torch, way)
    return scorer.Scorer(weights.load(folder, "cpu", dtype))


def cold(way: str, folder: Path) -> dict[str, Any]:
    from lm_lint.detector import Detector
    from lm_lint.engine import Engine, prepare_environment

    prepare_environment()
    scorer = scorer_of(way, folder)
    text, line = broken_text()
    found = Engine(scorer, Detector(scorer)).check(text, "c")
    return {"found": [one.line for one in found] == [line]}


def warm(way: str, folder: Path) -> dict[str, Any]:
    scorer = scorer_of(way, folder)
    text = broken_text()[0]
    res = {}
    for name, items in (("one", [(text, "c")]), ("batch", [(text, "c")] * 8)):
        wall_s, processor_s, n_tokens = float("inf"), float("inf"), 0
        for _ in range(6):
            start, start_processor = time.perf_counter(), time.process_time()
            scores = scorer.score_many(items)
            wall_s = min(wall_s, time.perf_counter() - start)
            processor_s = min(processor_s, time.process_time() - start_processor)
            n_tokens = sum(len(one.surprisal_bits) for one in scores)
        res[name] = {"tokens": n_tokens, "wall_s": wall_s, "processor_s": processor_s}
    return res


# --- In the one that measures ----------------------------------------------------------------------------------------


def run(what: str, way: str, folder: Path, n_threads: int) -> Run:
    command = [sys.executable, "-m", "bench.light", "--child", what, way, "--model", str(folder)]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(n_threads))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    wall_s, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall_s, processor_s, json.loads(done.stdout))


def row(way: str, folder: Path, n_threads: int, n_runs: int) -> str:
    colds = [run("cold", way, folder, n_threads) for _ in range(n_runs)]
    speed = run("warm", way, folder, n_threads).told
    rates = [
        f"{each['tokens'] / each['wall_s']:.0f} | {each['tokens'] / each['processor_s']:.0f}"
        for each in (speed["one"], speed["batch"])
    ]
    assert all(one.told["found"] for one in colds), f"{way} with {folder} did not find the slip"
    return (
        f"| {way}, {folder.name} | {n_threads} | {min(one.wall_s for one in colds):.2f} "
        f"| {min(one.processor_s for one in colds):.2f} "
        f"| {max(one.told['memory_mb'] for one in colds):.0f} "
        f"| {' | '.join(rates)} |"
    )


def _ways() -> tuple[str, ...]:
    """Without bfloat16 where the processor only emulates it, which is ten times as slow."""
    import torch

    from lm_lint import device

    emulates = device.compute_dtype(torch.device("cpu")) is torch.float32
    return WAYS[1:] if emulates else WAYS


@click.command()
@click.option("--model", "models", type=click.Path(path_type=Path), multiple=True)
@click.option("--runs", default=5, show_default=True)
@click.option("--threads", type=int, multiple=True, default=(1, 2), show_default=True)
@click.option("--child", type=(str, str), hidden=True)
def main(
    models: tuple[Path, ...], runs: int, threads: tuple[int, ...], child: tuple[str, str] | None
) -> None:
    """Print a row for each way to compute, each of the models and each number of threads."""
    folders = models or (ROOT / "models" / "small",)
    if child:
        told = {"cold": cold, "warm": warm}[child[0]](child[1], folders[0])
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        click.echo(json.dumps(told | {"memory_mb": memory_mb}))
        return
    click.echo(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    click.echo(
        "| | threads | cold, s | of processors, s | MB at most | tokens/s | a processor-second "
        "| in a batch | a processor-second |"
    )
    click.echo("|---|" + "--:|" * 8)
    ways = _ways()
    for n_threads in threads:
        for way in ways:
            for folder in folders:
                click.echo(row(way, folder, n_threads, runs))
    click.echo(f"load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
