"""What says that a text is no program: CPython for Python, tree-sitter (and gcc) for C, html5lib for HTML.

Used in two places: a slip made by a program must be a real syntax error, and a repair should leave none. Knows nothing
of the detector. tree-sitter and html5lib complain about correct text too (macros, templates), so a text is always
held against the one that it was made from: what counts is a complaint that was not there before.
"""

from __future__ import annotations

import ast
import functools
import re
import shutil
import subprocess
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from lm_lint.text import Language

if TYPE_CHECKING:
    import tree_sitter

Complaints = Counter[str]

GCC_SYNTAX = re.compile(
    r"error: .*(?:expected|stray|missing terminating|unterminated|without a previous|invalid suffix|#e(?:lse|ndif|lif) without)"
)
# Where a function's body was closed too early its statements stand outside of all functions; where one was not closed
# the next stands inside of it. tree-sitter's grammar allows both, C does not.
_STATEMENTS = frozenset(
    {
        "break_statement",
        "case_statement",
        "continue_statement",
        "do_statement",
        "expression_statement",
        "for_statement",
        "goto_statement",
        "if_statement",
        "return_statement",
        "switch_statement",
        "while_statement",
    }
)


def is_new_error(language: Language, before: str, after: str) -> bool:
    """Is `after` wrong in a way in which `before` is not?

    gcc is asked last, where it is installed: tree-sitter forgives some slips, and a test set without those would
    flatter whoever relies on tree-sitter.
    """
    if complaints(language, after) - complaints(language, before):
        return True
    return language == "c" and not gcc_complains(before) and gcc_complains(after)


def complaints(language: Language, text: str) -> Complaints:
    """The errors of a text by kind. Their places are left out, since an edit moves them."""
    if language == "python":
        error = python_error(text)
        return Counter({"syntax": 1} if error else {})
    return Counter(c_weight(text)) if language == "c" else html_errors(text)


def python_error(text: str) -> SyntaxError | None:
    """CPython's grammar alone: `return` outside a function parses, and is not what a slip of the hand leads to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text)
        except SyntaxError as error:
            return error
        except (
            ValueError,
            RecursionError,
            MemoryError,
        ) as error:  # a NUL character; nested too deeply
            return SyntaxError(str(error))
    return None


@functools.cache
def c_parser() -> tree_sitter.Parser:
    import tree_sitter
    import tree_sitter_c

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_c.language()))


@functools.cache
def _nested_functions() -> tree_sitter.QueryCursor:
    import tree_sitter

    language = c_parser().language
    assert language is not None
    query = "(compound_statement (function_definition) @nested)"
    return tree_sitter.QueryCursor(tree_sitter.Query(language, query))


def c_weight(text: str) -> dict[str, int]:
    """How many places tree-sitter cannot place, how many statements stand outside of functions, how many functions
    inside of others."""
    root = c_parser().parse(text.encode("utf-8", "replace")).root_node
    n_errors = 0
    todo = [root] if root.has_error else []
    while todo:
        node = todo.pop()
        n_errors += node.is_error or node.is_missing
        todo += [child for child in node.children if child.has_error]
    return {
        "error": n_errors,
        "outside": sum(child.type in _STATEMENTS for child in root.children),
        "inside": len(_nested_functions().captures(root).get("nested", [])),
    }


@functools.lru_cache(maxsize=256)
def html_errors(text: str) -> Complaints:
    """html5lib's parse errors, without those about the doctype, which fragments leave out."""
    from html5lib import HTMLParser

    parser = HTMLParser(strict=False)
    parser.parse(text)
    return Counter(
        f"{code} {details.get('name', '')}"
        for _, code, details in parser.errors
        if "doctype" not in code
    )


@functools.lru_cache(maxsize=256)
def gcc_complains(text: str) -> bool:
    """A syntax error by gcc. Lines with headers are left blank: what they would declare is no matter of syntax."""
    if not shutil.which("gcc"):
        return False
    text = re.sub(r"^[ \t]*#[ \t]*include\b.*$", "", text, flags=re.MULTILINE)
    done = subprocess.run(
        ["gcc", "-fsyntax-only", "-w", "-std=gnu11", "-x", "c", "-"],
        input=text.encode("utf-8", "replace"),
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"},
        timeout=60,
        check=False,
    )
    return bool(GCC_SYNTAX.search(done.stderr.decode("utf-8", "replace")))
