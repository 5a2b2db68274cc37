"""How good `lm-lint --fix` is: of the files that it changes, how many become what the person made of them.

    OMP_NUM_THREADS=1 python -m bench.fixing                  examples/ and the tuning part of real slips
    OMP_NUM_THREADS=1 python -m bench.fixing --part report    the figures to publish, in bench/results/fixing.md

The answers are those of examples/expected.toml and of the rows in --data. Whether two texts are the same program is
bench.slips' judgement, whether a text parses bench.soundness'. Prints a Markdown table and writes it to
runs/fixing/{part}.md, and beside it a line of JSON for each text that was changed otherwise than the person did.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from bench import slips, soundness
from bench.examples import broken_examples, correct_files
from bench.options import choice_of_slips
from bench.slips import lexemes
from lm_lint import fixes
from lm_lint.fixes import Lint
from lm_lint.results import Result
from lm_lint.settings import DEVICES, FIX_CONFIDENCE, Device, Settings
from lm_lint.sources import Source
from lm_lint.text import LANGUAGES, Language, language_of

NAMES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}
# Has a text no error that the right one has not?
Parses = Callable[[Language, str, str], bool]


@dataclass(frozen=True)
class Case:
    """A text, what it may become (the first is what a person made of it), and the row of the table that it counts in.

    Text that is right may become itself only.
    """

    row: str
    name: str
    language: Language
    text: str
    meant: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        return self.text in self.meant


@dataclass(frozen=True)
class Outcome:
    """What became of it: as meant; else whether it parses at least. `n_left`: findings that remain."""

    case: Case
    new_text: str
    n_repairs: int
    n_left: int
    as_meant: bool
    parses: bool

    @property
    def is_touched(self) -> bool:
        return self.new_text != self.case.text


def examples() -> Iterator[Case]:
    for example in broken_examples():
        meant = tuple(repair.apply(example.text) for repair in example.repairs)
        yield Case("examples", example.name, example.language, example.text, meant)
    for path in correct_files():
        language, text = language_of(path), path.read_text(encoding="utf-8")
        assert language is not None
        yield Case("examples, correct", path.name, language, text, (text,))


def of_people(rows: Sequence[slips.Slip], part: str, limit: int, seed: int) -> Iterator[Case]:
    """At most so many slips of each language, and the same texts as they were mended."""
    seen: Counter[Language] = Counter()
    for slip in slips.choose(rows, part, None, seed):
        seen[slip.language] += 1
        if seen[slip.language] <= limit:
            fixed = slip.fixed
            yield Case("real slips", slip.id, slip.language, slip.broken, (fixed,))
            yield Case("real slips, mended", slip.id, slip.language, fixed, (fixed,))


def judged(case: Case, lint: Lint, least_confidence: float, parses: Parses) -> Outcome:
    """A text through `--fix`."""
    source = Source(case.name, case.language, case.text, data=case.text.encode())
    repaired = fixes.repaired(source, lint(source).diagnostics, lint, least_confidence)
    wanted = [lexemes(case.language, text) for text in case.meant]
    as_meant = lexemes(case.language, repaired.text) in wanted
    return Outcome(
        case,
        repaired.text,
        len(repaired.applied),
        len(repaired.left_result.diagnostics),
        as_meant,
        as_meant or parses(case.language, case.meant[0], repaired.text),
    )


def parses(language: Language, right: str, text: str) -> bool:
    return not soundness.is_new_error(language, right, text)


def table(outcomes: Sequence[Outcome]) -> str:
    """Texts with a slip and texts that are right, in a table each."""
    broken = [each for each in outcomes if not each.case.is_right]
    right = [each for each in outcomes if each.case.is_right]
    lines = [
        "| | files | changed | as the person did | otherwise, parses | still broken | unchanged |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(_broken_row(name, some) for name, some in _grouped(broken)),
        "",
        "| | right files | changed |",
        "|---|--:|--:|",
        *(
            f"| {name} | {len(some)} | {sum(each.is_touched for each in some)} |"
            for name, some in _grouped(right)
        ),
    ]
    return "\n".join(lines) + "\n"


def _grouped(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, list[Outcome]]]:
    for row in dict.fromkeys(each.case.row for each in outcomes):
        for language in LANGUAGES:
            some = [
                each for each in outcomes if (each.case.row, each.case.language) == (row, language)
            ]
            if some:
                yield f"{row}, {NAMES[language]}", some


def _broken_row(name: str, outcomes: Sequence[Outcome]) -> str:
    touched = [each for each in outcomes if each.is_touched]
    as_meant = sum(each.as_meant for each in touched)
    parse = sum(each.parses for each in touched) - as_meant
    cells = [
        f"{len(outcomes)}",
        f"{len(touched)}",
        *(_share(n, len(touched)) for n in (as_meant, parse, len(touched) - as_meant - parse)),
        f"{len(outcomes) - len(touched)}",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def _share(n: int, n_all: int) -> str:
    return f"{n} ({n / n_all:.0%})" if n_all else "0"


@click.command()
@choice_of_slips
@click.option("--limit", default=100, show_default=True, help="Real slips of each language.")
@click.option("--confidence", default=FIX_CONFIDENCE, show_default=True, help="--fix-confidence.")
@click.option("--seed", default=0, show_default=True)
@click.option("--model", type=click.Path(path_type=Path), help="A released model folder.")
@click.option("--device", type=click.Choice(DEVICES), default="auto", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/fixing"))
def main(
    data: Path,
    git_rows: Path,
    part: str,
    languages: tuple[Language, ...],
    limit: int,
    confidence: float,
    seed: int,
    model: Path | None,
    device: Device,
    out: Path,
) -> None:
    """How good `lm-lint --fix` is."""
    from lm_lint.engine import Engine

    engine = Engine.load(Settings(device, model))

    def lint(source: Source) -> Result:
        return Result(source, tuple(engine.check(source.text, source.language)))

    rows = slips.read(data, git_rows)
    if not rows:
        click.echo(f"No slips in {data}: examples only.", err=True)
    cases = [*examples(), *of_people(rows, part, limit, seed)]
    wanted = [case for case in cases if case.language in (languages or LANGUAGES)]
    outcomes = [judged(case, lint, confidence, parses) for case in tqdm(wanted, unit="text")]
    page = table(outcomes)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{part}.md").write_text(page, encoding="utf-8")
    with (out / f"{part}.jsonl").open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(_told(each))}\n" for each in outcomes if _is_odd(each))
    click.echo(page)


def _is_odd(outcome: Outcome) -> bool:
    return outcome.is_touched and not outcome.as_meant


def _told(outcome: Outcome) -> dict[str, object]:
    case = outcome.case
    source = Source(case.name, case.language, case.text)
    return {
        "row": case.row,
        "id": case.name,
        "language": case.language,
        "parses": outcome.parses,
        "repairs": outcome.n_repairs,
        "left": outcome.n_left,
        "meant": fixes.unified_diff(source, case.meant[0]),
        "made": fixes.unified_diff(source, outcome.new_text),
    }


if __name__ == "__main__":
    main()
