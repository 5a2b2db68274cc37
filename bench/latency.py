"""How long a file takes once the model is loaded, and how much longer one slip makes it.

    python -m bench.latency

Files of held-out projects with 700 to 1,400 lines, scaled to 1,000; a slip of the kinds that people make in each of them. In the
same run the same texts go through tree-sitter and CPython's parser (HTML: html5lib), so that figures of two machines, or of one
under load, can be compared by their ratios.
"""

from __future__ import annotations

import ast
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from bench import made_slips
from lm_lint import suspects
from lm_lint.text import LANGUAGES, Language
from models import heldout

N_FILES = 4


def milliseconds(work: Callable[[], Any], forget: Callable[[], None]) -> float:
    """The better of two runs, before each of which all that is remembered of texts is forgotten."""
    best = float("inf")
    for _ in range(2):
        forget()
        began = time.perf_counter()
        work()
        best = min(best, 1000 * (time.perf_counter() - began))
    return best


def rival(language: Language) -> tuple[str, Callable[[str], Any]]:
    """What people's tools are built on, in the same process."""
    if language == "python":
        return "CPython's parser", ast.parse
    if language == "c":
        import tree_sitter
        import tree_sitter_c

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
        return "tree-sitter", lambda text: parser.parse(text.encode())
    from html5lib import HTMLParser

    return "html5lib", lambda text: HTMLParser(strict=False).parse(text)


def rows(language: Language, corpus: Path, detector: Any) -> Iterable[tuple[str, float]]:
    documents = heldout.load(corpus, language, "test", 8_000_000, seed=0)
    long = [d for d in documents if 700 <= d.text.count("\n") <= 1400]
    long = long or sorted(documents, key=lambda d: -d.text.count("\n"))
    name, parse = rival(language)
    scored, searched, other, added = [], [], [], []

    def forget() -> None:
        suspects.forget()
        detector.reader.forget()
        detector.forget()

    for document in long[:N_FILES]:
        text = document.text
        scale = 1000 / text.count("\n")
        scored.append(
            scale * milliseconds(lambda t=text: detector.reader.read(t, language), forget)
        )
        clean = milliseconds(lambda t=text: detector.detect(t, language), forget)
        searched.append(scale * clean)
        other.append(scale * milliseconds(lambda t=text: parse(t), forget))
        for slip in made_slips.made([document], language, "made-shaped", 2, seed=0):
            broken = milliseconds(lambda t=slip.broken: detector.detect(t, language), forget)
            added.append(broken - clean)
    yield "scored, ms for 1,000 lines", statistics.median(scored)
    yield "searched, ms for 1,000 lines", statistics.median(searched)
    yield f"{name}, ms for 1,000 lines", statistics.median(other)
    yield (
        "searched, in times of that parser",
        statistics.median(searched) / statistics.median(other),
    )
    if added:
        yield "a slip adds, ms", statistics.median(added)
        yield "a slip adds, ms (95%)", sorted(added)[int(0.95 * (len(added) - 1))]


@click.command()
@click.option("--corpus", type=click.Path(path_type=Path), default=Path("data/corpus"))
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
def main(corpus: Path, languages: tuple[Language, ...]) -> None:
    """Milliseconds for a file and for a slip, as a Markdown table."""
    from lm_lint import weights
    from lm_lint.detector import Detector
    from lm_lint.scorer import Scorer

    detector = Detector(Scorer(weights.load(weights.default_folder(), "auto")))
    click.echo("| | |\n|---|--:|")
    for language in languages or LANGUAGES:
        for name, value in rows(language, corpus, detector):
            click.echo(f"| {language}: {name} | {value:.1f} |")


if __name__ == "__main__":
    main()
