"""What lm-lint finds in examples/: slips at the right line, right repairs first, false findings.

    python -m bench.examples [--no-parser] [--model DIR]

The answers are in examples/expected.toml; whether two texts are the same program is bench.slips' judgement.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bench.slips import lexemes
from lm_lint.diagnostics import Diagnostic
from lm_lint.engine import Engine
from lm_lint.findings import Repair
from lm_lint.settings import DEVICES, Device, Settings
from lm_lint.text import LANGUAGES, Document, Language, language_of

FOLDER = Path(__file__).resolve().parents[1] / "examples"

Check = Callable[[str, Language], Sequence[Diagnostic]]


@dataclass(frozen=True)
class Example:
    """One file with one slip; any of `repairs` alone takes it back; `lines` are right, from 1."""

    name: str
    language: Language
    text: str
    slip: str
    lines: frozenset[int]
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class Verdict:
    """on_line: a finding on a right line; repaired: its first repair is right; n_other: findings elsewhere."""

    example: Example
    on_line: bool
    repaired: bool
    n_other: int


@dataclass(frozen=True)
class Row:
    """The examples of one language, counted."""

    language: Language
    n_slips: int
    n_on_line: int
    n_repaired: int
    n_other: int
    n_correct: int
    n_false: int


def broken_examples(folder: Path = FOLDER) -> list[Example]:
    answers = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))["example"]
    return [_example(folder, answer) for answer in answers]


def correct_files(folder: Path = FOLDER) -> list[Path]:
    return sorted(path for path in (folder / "correct").rglob("*") if language_of(path))


def judged(example: Example, diagnostics: Sequence[Diagnostic]) -> Verdict:
    right = [diagnostic for diagnostic in diagnostics if diagnostic.line in example.lines]
    meant = [lexemes(example.language, repair.apply(example.text)) for repair in example.repairs]
    firsts = [diagnostic.finding.repairs[0] for diagnostic in right if diagnostic.finding.repairs]
    repaired = any(
        lexemes(example.language, first.apply(example.text)) in meant for first in firsts
    )
    return Verdict(example, bool(right), repaired, len(diagnostics) - len(right))


def measured(check: Check, folder: Path = FOLDER) -> tuple[list[Verdict], dict[Path, int]]:
    """The verdict on each broken example, and the number of findings in each correct file."""
    verdicts = [
        judged(example, check(example.text, example.language))
        for example in broken_examples(folder)
    ]
    false = {}
    for path in correct_files(folder):
        language = language_of(path)
        assert language is not None
        false[path] = len(check(path.read_text(encoding="utf-8"), language))
    return verdicts, false


def rows(verdicts: Sequence[Verdict], false: dict[Path, int]) -> Iterator[Row]:
    for language in LANGUAGES:
        mine = [verdict for verdict in verdicts if verdict.example.language == language]
        correct = [n for path, n in false.items() if language_of(path) == language]
        yield Row(
            language,
            n_slips=len(mine),
            n_on_line=sum(verdict.on_line for verdict in mine),
            n_repaired=sum(verdict.repaired for verdict in mine),
            n_other=sum(verdict.n_other for verdict in mine),
            n_correct=len(correct),
            n_false=sum(correct),
        )


def table(counted: Sequence[Row]) -> str:
    lines = [
        "| | slips | right line | right repair first | other findings | correct files | false findings |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.language} | {row.n_slips} | {row.n_on_line} | {row.n_repaired} | {row.n_other} "
        f"| {row.n_correct} | {row.n_false} |"
        for row in counted
    ]
    return "\n".join(lines)


def _example(folder: Path, answer: dict[str, object]) -> Example:
    name = str(answer["file"])
    text = (folder / name).read_text(encoding="utf-8")
    language = language_of(name)
    lines, repairs = answer["lines"], answer["repairs"]
    assert language is not None, name
    assert isinstance(lines, list), answer
    assert isinstance(repairs, list), answer
    document = Document.of(text)
    res = []
    for repair in repairs:
        start = document.offset(repair["line"] - 1, repair["column"] - 1)
        end = start + len(repair["old"])
        assert text[start:end] == repair["old"], (name, repair, text[start:end])
        res.append(Repair(start, end, repair["new"], 1.0))
    return Example(name, language, text, str(answer["slip"]), frozenset(lines), tuple(res))


@click.command()
@click.option("--model", type=click.Path(path_type=Path), help="A released model folder.")
@click.option("--device", type=click.Choice(DEVICES), default="auto")
@click.option("--no-parser", is_flag=True, help="Judge by surprise alone.")
def main(model: Path | None, device: Device, no_parser: bool) -> None:
    """Print the table, then the examples that were missed and the correct files that were blamed."""
    engine = Engine.load(Settings(device, model, not no_parser))
    verdicts, false = measured(engine.check)
    click.echo(table(list(rows(verdicts, false))) + "\n")
    for verdict in verdicts:
        if not verdict.repaired or verdict.n_other:
            what = "found, other repair first" if verdict.on_line else "missed"
            what = "repaired" if verdict.repaired else what
            click.echo(
                f"{verdict.example.name}: {verdict.example.slip}: {what}, {verdict.n_other} other"
            )
    for path, n in false.items():
        if n:
            click.echo(f"{path.relative_to(FOLDER)}: {n} false")


if __name__ == "__main__":
    main()
