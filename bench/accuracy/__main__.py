"""How often the detector is right, beside the tools that people use today, and how often it speaks about right text.

    python -m bench.accuracy --limit 60 --made 40 --several 20 --clean 40    a quick look at the tuning part
    python -m bench.accuracy --part report                                   the figures to publish

Never look at the report part while tuning. The rows of real slips come from --data (or LM_LINT_SLIPS, or
../shared/data beside the checkout), those of repositories from --git-rows, a folder made by rebuild.py of the same
place; made slips and right text from the held-out projects in --corpus. Control-C ends a run early with a report on
what it has seen, which is a fair sample; --resume goes on from there. bench/README.md explains the columns.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from bench import rivals, slips, soundness
from bench.accuracy import curves, figures, ours, page, plots
from bench.accuracy.asking import Answers, Asked, Memory, failures, key_of
from bench.accuracy.judging import Parses
from bench.accuracy.texts import Text, Wanted, gather
from bench.options import choice_of_slips
from bench.reports import Tool
from bench.rivals import ngram
from lm_lint.text import LANGUAGES, Language


@click.command()
@choice_of_slips
@click.option("--limit", type=int, help="Real slips of each language and source, drawn by seed.")
@click.option(
    "--made",
    "n_made",
    default=100,
    show_default=True,
    help="Made slips a language, at random and shaped.",
)
@click.option(
    "--several",
    "n_several",
    default=50,
    show_default=True,
    help="Files a language with 2 to 5 made slips.",
)
@click.option("--clean", "n_clean", default=200, show_default=True, help="Right files a language.")
@click.option("--clean-max-bytes", default=60_000, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"), show_default=True
)
@click.option("--rivals/--no-rivals", "with_rivals", default=True, show_default=True)
@click.option("--model", type=click.Path(path_type=Path), help="Released folder; the default one.")
@click.option("--device", default="auto", show_default=True)
@click.option(
    "--parser", type=click.Choice(["both", "yes", "no"]), default="both", show_default=True
)
@click.option("--no-parser", is_flag=True, help="The same as --parser no.")
@click.option(
    "--min-confidence",
    default=0.6,
    show_default=True,
    help="Findings below are not shown to people.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs/accuracy"), show_default=True
)
@click.option("--resume", is_flag=True, help="Go on with an interrupted run.")
def main(
    data: Path,
    git_rows: Path,
    part: str,
    languages: tuple[Language, ...],
    limit: int | None,
    n_made: int,
    n_several: int,
    n_clean: int,
    clean_max_bytes: int,
    seed: int,
    corpus: Path,
    with_rivals: bool,
    model: Path | None,
    device: str,
    parser: str,
    no_parser: bool,
    min_confidence: float,
    out: Path,
    resume: bool,
) -> None:
    """Accuracy on slips, and false findings on text that is right."""
    wanted = Wanted(
        part, languages or LANGUAGES, limit, n_made, n_several, n_clean, clean_max_bytes, seed
    )
    texts = gather(wanted, data, git_rows, corpus)
    if not texts:
        names = " or ".join(slips.FILES)
        click.echo(
            f"Skipped: no slips in {data}. Give --data or LM_LINT_SLIPS, a folder with {names}."
        )
        return
    ways = {"both": (True, False), "yes": (True,), "no": (False,)}["no" if no_parser else parser]
    tools = ours.load(model, device, ways)
    notes = []
    if with_rivals:
        found = [*rivals.installed(), *ngram.tools(corpus, part)]
        tools += found
        notes += [f"Not on this machine: {name}." for name in rivals.absent(found)]
    else:
        tools = [tool for tool in tools if tool.ours]
    tools = [tool for tool in tools if tool.language in wanted.languages]
    asked = Asked(tools, out, part, resume)
    answers = collect(asked, texts)
    about = {
        "title": f"{len(answers)} of {len(texts)} texts of the {part} part, seed {seed}",
        "command": f"`python -m bench.accuracy {' '.join(sys.argv[1:])}`",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, device {device}",
        "min_confidence": min_confidence,
        "tools": sorted({tool.key for tool in tools}),
        "notes": [
            *notes,
            *sorted({f"{tool.name}: {tool.note}." for tool in tools if tool.note}),
            *failures(answers),
        ],
    }
    answers = with_times(asked, tools, answers)
    parses = remembering(Memory(out / "cache" / "parses.jsonl"))
    report = report_of(answers, tools, min_confidence, parses) | {"about": about}
    write(report, out, f"{part}-no-parser" if ways == (False,) else part)


def collect(asked: Asked, texts: Sequence[Text]) -> list[Answers]:
    """What everyone says of the texts, until all are read or somebody presses Control-C."""
    res: list[Answers] = []
    try:
        with tqdm(total=len(texts), unit="text") as bar:
            for each in asked.ask(texts):
                res.append(each)
                bar.update()
    except KeyboardInterrupt:
        click.echo("\nStopped; the report is on what was seen.", err=True)
    return res


def with_times(asked: Asked, tools: Sequence[Tool], answers: list[Answers]) -> list[Answers]:
    """Where a slow starter read many texts in one go, the time that it takes for one alone, in the first texts."""
    for tool in tools:
        mine = [
            i
            for i, each in enumerate(answers)
            if tool.name in each.by_tool and tool.language == each.text.language
        ]
        if not mine or any(answers[i].by_tool[tool.name].ms is not None for i in mine):
            continue
        times = asked.time_alone(tool, [answers[i].text for i in mine])
        for n, i in enumerate(mine):
            each = answers[i]
            looked = replace(each.by_tool[tool.name], ms=times[n % len(times)])
            answers[i] = Answers(each.text, each.by_tool | {tool.name: looked})
    return answers


def remembering(memory: Memory) -> Parses:
    """Whether a repaired text has no error of its own: gcc and html5lib take their time, so ask each once."""

    def parses(language: Language, right: str, text: str) -> bool:
        key = key_of(language, right, text)
        if key not in memory:
            memory.put(key, not soundness.is_new_error(language, right, text))
        return bool(memory[key])

    return parses


def report_of(
    answers: Sequence[Answers], tools: Sequence[Tool], min_confidence: float, parses: Parses
) -> dict[str, Any]:
    by_language = {
        language: {tool.name: tool for tool in tools if tool.language == language}
        for language in LANGUAGES
    }
    with_slips = [each for each in answers if each.text.slip]
    bar = tqdm(with_slips, unit="slip", desc="judging", leave=False)
    found = [
        figures.judged(each, by_language[each.text.language], min_confidence, parses)
        for each in bar
    ]
    names = {tool.name: tool for tool in tools}  # the same for every language
    right = [each for each in answers if each.text.slip is None]
    return {
        "slips": figures.by_group(found, list(names.values())),
        "right_text": figures.on_right_text(right, tools, min_confidence),
        "curves": curves.all_curves(answers, tools),
    }


def write(report: dict[str, Any], out: Path, name: str) -> None:
    pictures = plots.draw_all(report["curves"], out, name)
    text = page.page(report, [picture.name for picture in pictures])
    (out / f"{name}.report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    (out / f"{name}.report.md").write_text(text, encoding="utf-8")
    click.echo(text)


if __name__ == "__main__":
    main()
