"""What limits the detector: at which stage the true repair of a one-token slip is lost.

    python -m bench.oracle                     the tuning part of real slips
    python -m bench.oracle --part report       the part that reports are made on

A stage can only lose what the stages before it let through, so the difference between two rows is what a perfect
version of the later one would win. Prints a Markdown table and writes it to runs/oracle/{part}.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from bench import slips
from bench.options import choice_of_slips
from bench.slips import Slip
from lm_lint import suspects
from lm_lint.candidates import Candidate
from lm_lint.clusters import clusters
from lm_lint.detector import Detector
from lm_lint.html_repairs import propose
from lm_lint.html_tags import Page
from lm_lint.text import LANGUAGES, Language

STAGES = (
    "a suspect's stretch covers the cause",
    "true repair among the candidates",
    "... and the parsers find it better",
    "... and it is kept after the short look",
    "... and it is ranked first of all",
)
SOURCES = {"tracer": "students", "stackoverflow": "questions", "git": "repositories"}


def stages(detector: Detector, slip: Slip) -> list[bool]:
    """For each stage: is the true repair still there?"""
    text, language = slip.broken, slip.language
    problems = suspects.problems(text, language)
    found = clusters(text, language, problems)
    covered = any(cluster.start <= slip.offset <= cluster.end for cluster in found)
    meant = slips.lexemes(language, slip.fixed)

    def is_true(candidate: Any) -> bool:
        return slips.lexemes(language, candidate.apply(text)) == meant

    examinations = list(detector.examinations(text, language))
    proposed = any(is_true(c) for c in _proposed(examinations, text, language))
    better: list[Candidate] = []
    first = kept = False
    best = -1.0
    for examination in examinations:
        better += [c.moved(examination.low) for c, _ in examination.witness.better()]
        examined = examination.result()
        pairs = zip(examined.options, examined.probabilities, strict=True)
        for option, probability in pairs:
            true = is_true(option.candidate)
            kept |= true
            if probability > best:
                best, first = float(probability), true
    return [covered, proposed, any(map(is_true, better)), kept, kept and first]


def _proposed(examinations: Iterable[Any], text: str, language: Language) -> Iterable[Any]:
    """All candidates, before anything is known about them."""
    if language == "html":
        page = Page(text)
        for problem in page.problems:
            yield from propose(text, problem, page)
        return
    for examination in examinations:
        for candidate in examination.witness.proposed():
            yield candidate.moved(examination.low)


@click.command()
@choice_of_slips
@click.option("--limit", type=int, help="Slips of each language and source, drawn by seed.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/oracle"))
def main(
    data: Path,
    git_rows: Path,
    part: str,
    languages: tuple[Language, ...],
    limit: int | None,
    out: Path,
) -> None:
    """At which stage the true repair of a one-token slip is lost."""
    from lm_lint import weights
    from lm_lint.scorer import Scorer

    rows = [s for s in slips.read(data, git_rows) if s.language in (languages or LANGUAGES)]
    chosen = [s for s in slips.choose(rows, part, limit, 0) if s.single]
    if not chosen:
        click.echo(f"Skipped: no slips in {data}.")
        return
    detector = Detector(Scorer(weights.load(weights.default_folder(), "auto")))
    counts: dict[str, list[list[bool]]] = defaultdict(list)
    for slip in tqdm(chosen, unit="slip"):
        group = f"{slip.language}, {SOURCES.get(slip.source, slip.source)}"
        counts[group].append(stages(detector, slip))
    page = table(counts)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{part}.md").write_text(page, encoding="utf-8")
    click.echo(page)


def table(counts: dict[str, list[list[bool]]]) -> str:
    """Stages as rows, groups as columns, in percent."""
    groups = sorted(counts)
    lines = [
        "| stage | " + " | ".join(f"{g} ({len(counts[g])})" for g in groups) + " |",
        "|---|" + "--:|" * len(groups),
    ]
    for i, stage in enumerate(STAGES):
        shares = [sum(row[i] for row in counts[g]) / len(counts[g]) for g in groups]
        lines.append(f"| {stage} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
