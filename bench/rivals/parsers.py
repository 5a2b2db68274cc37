"""What lm-lint is built from, each part alone: a tolerant parser without a model, a model without a parser."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import TYPE_CHECKING

import numpy as np

from bench.reports import Report, Tool
from bench.rivals.processes import one_by_one
from lm_lint.text import LANGUAGES, Document, Language

if TYPE_CHECKING:
    import tree_sitter

    from lm_lint.scorer import Scorer

_MAX_NODES = 50
_RANKED = 5


def tools() -> list[Tool]:
    version = importlib.metadata.version
    return [
        Tool(
            "tree-sitter",
            language,
            f"tree-sitter {version('tree-sitter')}, {version(f'tree-sitter-{language}')}",
            one_by_one(functools.partial(error_nodes, language)),
        )
        for language in LANGUAGES
    ]


def surprisal_tools(scorer: Scorer, model_key: str) -> list[Tool]:
    return [
        Tool(
            "most surprising token",
            language,
            f"surprisal of {model_key}",
            one_by_one(functools.partial(most_surprising, scorer, language)),
            ranks=True,
        )
        for language in LANGUAGES
    ]


@functools.cache
def _parser(language: Language) -> tree_sitter.Parser:
    import importlib

    import tree_sitter

    grammar = importlib.import_module(f"tree_sitter_{language}")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))


def error_nodes(language: Language, text: str) -> list[Report]:
    """The outermost ERROR nodes and the MISSING ones, in the order of the text."""
    encoded = text.encode("utf-8", "replace")
    document = Document.of(text)
    todo = [_parser(language).parse(encoded).root_node]
    res: list[Report] = []
    while todo and len(res) < _MAX_NODES:
        node = todo.pop()
        if node.is_missing or (node.is_error and node.parent is not None):
            row, column = node.start_point
            offset = document.offset(row, column, "utf-8")
            message = f"missing {node.type}" if node.is_missing else "error"
            res.append(Report(row + 1, offset, message))
        elif node.has_error:
            todo += reversed([child for child in node.children if child.has_error])
    return res


def most_surprising(scorer: Scorer, language: Language, text: str) -> list[Report]:
    """The tokens that cost most, which is all that a language model says by itself (Ray et al., ICSE 2016)."""
    scores = scorer.score(text, language)
    document = Document.of(text)
    bounds = scores.tokens.bounds
    res = []
    for token in np.argsort(-scores.surprisal_bits, kind="stable")[:_RANKED]:
        start, end = int(bounds[token]), int(bounds[min(token + 1, len(bounds) - 1)])
        offset = start + len(text[start:end]) - len(text[start:end].lstrip())
        offset = offset if offset < end else start
        line = document.position(offset)[0] + 1
        res.append(Report(line, offset, f"{scores.surprisal_bits[token]:.1f} bits"))
    return res
