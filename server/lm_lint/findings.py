"""What the detector hands on: where the text is wrong, and the edits that would repair it.

Plain data and pure functions: nothing here knows bits per token, parsers, files or messages. Offsets are code points
of the text that was examined; spans are half-open.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

from lm_lint.text import Language

Code = Literal[
    "missing-token",
    "unexpected-token",
    "wrong-token",
    "transposed-tokens",
    "unclosed-tag",
    "stray-tag",
    "wrong-tag",
    "indentation",
    "misspelt-word",
    "unused-suppression",
    "invalid-suppression",
]
CODES: tuple[Code, ...] = get_args(Code)
# What is said of the comments that ignore findings; the detector knows nothing of these.
COMMENT_CODES: tuple[Code, ...] = ("unused-suppression", "invalid-suppression")


@dataclass(frozen=True)
class Repair:
    """Replace text[start:end] by `text`; `confidence` is the probability that this is what was meant."""

    start: int
    end: int
    text: str
    confidence: float

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True)
class Finding:
    """One slip: `confidence` that text[start:end] is wrong at all, and its repairs, best first.

    surprisal_bits   what the text as written costs above its repaired form
    """

    code: Code
    start: int
    end: int
    confidence: float
    surprisal_bits: float
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class Change:
    """A repair in whole lexemes: `removed` stands in the text from `start` to `end`, `added` is to stand there.

    Blanks around the change are left out unless the change is of blanks only, so a `;` that a repair writes with a
    space before it is still the change ("", ";").
    """

    start: int
    end: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def is_layout(self) -> bool:
        return not any(lexeme.strip() for lexeme in self.removed + self.added)


# A word, a run of blanks, or one other character; in HTML also a whole tag, which people see as one thing.
_LEXEME = re.compile(r"\w+|\s+|[^\w\s]")
_HTML_LEXEME = re.compile(r"</?[A-Za-z][^\s<>/]*[^<>]*>|\w+|\s+|[^\w\s]")
_TAG = re.compile(r"<(/?)([A-Za-z][^\s<>/]*)([^<>]*)>")
_WORD = re.compile(r"\w+")


def change_of(language: Language, text: str, repair: Repair) -> Change:
    """The repair as a change of whole lexemes, trimmed of all that stays the same."""
    start, end = _widened(language, text, repair.start, repair.end)
    cut = _HTML_LEXEME if language == "html" else _LEXEME
    new = text[start : repair.start] + repair.text + text[repair.end : end]
    removed, added = cut.findall(text[start:end]), cut.findall(new)
    while removed and added and removed[0] == added[0]:
        start += len(removed.pop(0))
        added.pop(0)
    while removed and added and removed[-1] == added[-1]:
        end -= len(removed.pop())
        added.pop()
    if any(lexeme.strip() for lexeme in removed + added):
        while removed and removed[0].isspace():
            start += len(removed.pop(0))
        while removed and removed[-1].isspace():
            end -= len(removed.pop())
        added = cut.findall("".join(added).strip())
    return Change(start, end, tuple(removed), tuple(added))


def code_of(language: Language, text: str, repair: Repair) -> Code:
    """The kind of slip that `repair` takes back; every repair has exactly one."""
    change = change_of(language, text, repair)
    removed, added = change.removed, change.added
    if change.is_layout:
        return _layout_code(language, text, change)
    if "".join("".join(removed).split()) == "".join("".join(added).split()):
        # The same characters, cut otherwise: `retur n`, `inta`, or a Python line that moved in.
        moved = language == "python" and any("\n" in lexeme for lexeme in removed + added)
        return "indentation" if moved else "misspelt-word"
    if not removed:
        return "unclosed-tag" if _all_closing_tags(added) else "missing-token"
    if not added:
        return "stray-tag" if _all_tags(removed) else "unexpected-token"
    if _all_tags(removed) and _all_tags(added):
        return _tag_code(removed, added)
    if len(removed) > 1 and _counted(removed) == _counted(added):
        return "transposed-tokens"
    if _misspelt(removed, added):
        return "misspelt-word"
    return "wrong-token"


def tag_name(lexeme: str) -> str | None:
    """`div` for `<div class="a">` and for `</div>`; None for what is not a tag."""
    match = _TAG.fullmatch(lexeme.strip())
    return match[2] if match else None


def _layout_code(language: Language, text: str, change: Change) -> Code:
    """Blanks only: in Python those at a line's start are its syntax; elsewhere they are tokens like others."""
    removed, added = "".join(change.removed), "".join(change.added)
    if language == "python" and ("\n" in removed) == ("\n" in added):
        line_start = text.rfind("\n", 0, change.start) + 1
        if "\n" in removed or not text[line_start : change.start].strip():
            return "indentation"
    return "unexpected-token" if _weight(removed) > _weight(added) else "missing-token"


def _weight(blanks: str) -> tuple[int, int]:
    """A line break counts for more than any number of spaces."""
    return blanks.count("\n"), len(blanks)


def _tag_code(removed: tuple[str, ...], added: tuple[str, ...]) -> Code:
    """A name or a slash that changes is a wrong tag; a change inside the tag is one of its tokens."""
    (old_slash, old_name, old_rest), (new_slash, new_name, new_rest) = (
        _parts(removed),
        _parts(added),
    )
    if len(removed) != len(added) or (old_slash, old_name) != (new_slash, new_name):
        return "wrong-tag"
    if len(old_rest) == len(new_rest):
        return "wrong-token"
    return "missing-token" if len(old_rest) < len(new_rest) else "unexpected-token"


def _parts(tags: tuple[str, ...]) -> tuple[str, str, str]:
    match = _TAG.fullmatch(next(tag for tag in tags if not tag.isspace()))
    assert match is not None, tags
    return match[1], match[2], match[3]


def _widened(language: Language, text: str, start: int, end: int) -> tuple[int, int]:
    """The span grown to whole words, and in HTML to the whole tag whose name or slash it touches."""
    if language == "html":
        tag = re.search(r"</?\w*\Z", text[max(0, start - 64) : start])
        if tag and (rest := re.compile(r"/?\w*[^<>]*>").match(text, end)):
            return start - len(tag[0]), rest.end()
    while start > 0 and _in_word(text, start):
        start -= 1
    while end < len(text) and _in_word(text, end):
        end += 1
    return start, end


def _in_word(text: str, offset: int) -> bool:
    """Does a word go on across `offset`?"""
    return 0 < offset < len(text) and bool(_WORD.fullmatch(text[offset - 1 : offset + 1]))


def _counted(lexemes: tuple[str, ...]) -> Counter[str]:
    return Counter(lexeme for lexeme in lexemes if not lexeme.isspace())


def _all_tags(lexemes: tuple[str, ...]) -> bool:
    return all(lexeme.isspace() or _TAG.fullmatch(lexeme) for lexeme in lexemes)


def _all_closing_tags(lexemes: tuple[str, ...]) -> bool:
    return all(
        lexeme.isspace() or (_TAG.fullmatch(lexeme) and lexeme[1] == "/") for lexeme in lexemes
    )


def _misspelt(removed: tuple[str, ...], added: tuple[str, ...]) -> bool:
    """One word for one word, and close enough that a hand could have slipped."""
    if len(removed) != 1 or len(added) != 1:
        return False
    old, new = removed[0], added[0]
    if not (_WORD.fullmatch(old) and _WORD.fullmatch(new)) or old.isdigit() or new.isdigit():
        return False
    return _slips(old, new) <= max(1, max(len(old), len(new)) // 3)


def _slips(old: str, new: str) -> int:
    """How many letters were added, lost, replaced, or swapped with a neighbour (Damerau 1964)."""
    rows = [list(range(len(new) + 1))]
    for i, a in enumerate(old, 1):
        row = [i]
        for j, b in enumerate(new, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == new[j - 2] and old[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]
