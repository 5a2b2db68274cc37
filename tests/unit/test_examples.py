"""The examples are what they claim to be, and lm-lint finds what is in them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_c

from bench import examples
from bench.examples import FOLDER, Example
from lm_lint.findings import change_of, code_of
from lm_lint.settings import Settings
from lm_lint.text import LANGUAGES, Language, language_of
from models.corpus import html_check

BROKEN = examples.broken_examples()
CORRECT = examples.correct_files()


# Correct C that a parser without a preprocessor takes for broken, which is why it has no last word.
CONFUSE_THE_C_PARSER = {"arguments.c", "errors_table.c", "ring.h"}

# A misspelt word may be a word all the same: to a C parser `retrun n;` declares an `n` of the type `retrun`.
PARSES_ALL_THE_SAME = {"c/list.c"}


def n_problems(language: Language, text: str) -> int:
    """How much is wrong with a text, by a parser that knows nothing of the model."""
    if language == "python":
        try:
            ast.parse(text)
        except SyntaxError:
            return 1
        return 0
    if language == "html":
        return html_check.slips(text)[0] + n_template_problems(text)
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))
    found, nodes = 0, [parser.parse(text.encode()).root_node]
    while nodes:
        node = nodes.pop()
        found += node.is_error or node.is_missing
        nodes += node.children
    return found


def n_template_problems(text: str) -> int:
    pairs = [("{{", "}}"), ("{%", "%}"), ("<%", "%>")]
    return sum(abs(text.count(opening) - text.count(closing)) for opening, closing in pairs)


def test_there_are_enough() -> None:
    for language in LANGUAGES:
        assert sum(example.language == language for example in BROKEN) >= 12
        assert sum(language_of(path) == language for path in CORRECT) >= 6
    listed = {example.name for example in BROKEN}
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if language_of(path)}
    assert listed == {name for name in found if not name.startswith("correct/")}


@pytest.mark.parametrize("example", BROKEN, ids=lambda example: example.name)
def test_a_broken_example_is_broken_and_its_repairs_mend_it(example: Example) -> None:
    is_broken = n_problems(example.language, example.text) > 0
    assert is_broken == (example.name not in PARSES_ALL_THE_SAME)
    assert example.slip
    for repair in example.repairs:
        assert n_problems(example.language, repair.apply(example.text)) == 0
        line = (
            example.text.count("\n", 0, change_of(example.language, example.text, repair).start) + 1
        )
        assert line in example.lines


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: path.name)
def test_a_correct_example_is_correct(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    language = language_of(path)
    assert language is not None
    assert 30 <= len(text.splitlines()) <= 120
    if language == "c":
        assert (n_problems(language, text) > 0) == (path.name in CONFUSE_THE_C_PARSER)
    if language == "python":
        compile(text, str(path), "exec")
    if language == "html" and not html_check.has_control(text):
        assert n_problems(language, text) == 0


def test_every_code_is_shown_by_an_example() -> None:
    shown = {code_of(e.language, e.text, repair) for e in BROKEN for repair in e.repairs}
    assert shown == {
        "missing-token",
        "unexpected-token",
        "wrong-token",
        "transposed-tokens",
        "unclosed-tag",
        "stray-tag",
        "wrong-tag",
        "indentation",
        "misspelt-word",
    }


# What the released model must at least reach: right line, right repair first; and at most: false findings.
LEAST_ON_LINE: dict[Language, int] = {"c": 9, "html": 7, "python": 9}
LEAST_REPAIRED: dict[Language, int] = {"c": 9, "html": 7, "python": 9}
MOST_FALSE: dict[Language, int] = {"c": 1, "html": 1, "python": 1}


@pytest.mark.released
@pytest.mark.slow
def test_the_released_model_finds_the_slips() -> None:
    from lm_lint.engine import Engine

    engine = Engine.load(Settings(device="cpu"))
    counted = list(examples.rows(*examples.measured(engine.check)))
    shown = examples.table(counted)
    for row in counted:
        assert row.n_on_line >= LEAST_ON_LINE[row.language], shown
        assert row.n_repaired >= LEAST_REPAIRED[row.language], shown
        assert row.n_false <= MOST_FALSE[row.language], shown
