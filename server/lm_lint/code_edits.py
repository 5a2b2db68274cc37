"""Which small edits are worth checking and pricing at a suspect place, in C and Python.

Every gap between two lexemes of the window may lack a sign or a word, every lexeme may be one too
many or another one, neighbours may be swapped, words misspelt, lines badly indented. A first price
orders them, and the cheapest are handed on. Edits are of text: how they are cut into tokens is the
pricing's business.
"""

from __future__ import annotations

from collections.abc import Iterable

from lm_lint import bracket_edits, joint_edits, lexeme_edits, line_edits
from lm_lint.candidates import Candidate
from lm_lint.window import Window

_KEPT = {"insert": 170, "delete": 60, "replace": 80, "other": 50, "line": 60, "joint": 48}


def proposed(window: Window, joint: bool = True) -> list[Candidate]:
    """The edits with the best first price, best first, without repeats; `joint` ones too, of which most need a
    parser's word."""
    groups: dict[str, Iterable[Candidate]] = {
        "insert": lexeme_edits.insertions(window, _KEPT["insert"]),
        "delete": lexeme_edits.deletions(window),
        # Before the replacements, of which a respelling may be one.
        "other": [
            *lexeme_edits.swaps(window),
            *lexeme_edits.respelt(window),
            *lexeme_edits.end_tags(window),
            *joint_edits.pairs(window),
        ],
        "joint": joint_edits.joint(window) if joint else (),
        "line": line_edits.lines(window),
        "replace": lexeme_edits.replacements(window, _KEPT["replace"]),
    }
    res = list(bracket_edits.closers(window))
    for name, found in groups.items():
        res += sorted(found, key=lambda c: -c.free_bits)[: _KEPT[name]]
    unique: dict[tuple[int, int, str], Candidate] = {}
    for candidate in res:
        unique.setdefault((candidate.start, candidate.end, candidate.text), candidate)
    return sorted(unique.values(), key=lambda c: -c.free_bits)
