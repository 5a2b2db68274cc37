"""From two versions of a file to the keys that somebody would press. Pure: the same texts and seed give the same keys.

Words that changed are rubbed out from their end and typed anew, from the top of the file to its end. Now and then a
finger slips onto a neighbouring key, and the letter is rubbed out again. Every keystroke is one character or one
backspace: nothing is pasted, completed or indented by the editor.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from lm_lint.text import Edit

SLIP_RATE = 0.04
_WORD = re.compile(r"\w+|[^\S\n]+|.", re.DOTALL)
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
Span = tuple[int, int, str]


def strokes(before: str, after: str, seed: str, slip_rate: float = SLIP_RATE) -> list[Edit]:
    """The keystrokes that turn `before` into `after`, each in the offsets of the text that those before it left."""
    draw = random.Random(seed)
    res: list[Edit] = []
    growth = 0
    for start, end, text in changes(before, after):
        res += [Edit(at - 1, at, "") for at in range(end + growth, start + growth, -1)]
        at = start + growth
        for letter in text:
            if draw.random() < slip_rate and (wrong := _neighbour(letter, draw)):
                res += [Edit(at, at, wrong), Edit(at, at + 1, "")]
            res.append(Edit(at, at, letter))
            at += 1
        growth += len(text) - (end - start)
    return res


def changes(before: str, after: str) -> list[Span]:
    """(start, end, text) in `before`, in order: lines are matched first, then the words of those that differ."""
    res: list[Span] = []
    for start, end, low, high in _differences(_lines(before), _lines(after)):
        old, new = before[start:end], after[low:high]
        for i, j, k, m in _differences(_WORD.findall(old), _WORD.findall(new)):
            res.append(_trimmed(start + i, old[i:j], new[k:m]))
    return res


def played(text: str, edits: Iterable[Edit]) -> Iterator[str]:
    """The text after each keystroke."""
    for edit in edits:
        text = text[: edit.start] + edit.text + text[edit.end :]
        yield text


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _differences(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """The stretches that differ, in characters of both."""
    old_at, new_at = _starts(old), _starts(new)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag != "equal":
            yield old_at[i], old_at[j], new_at[k], new_at[m]


def _starts(parts: list[str]) -> list[int]:
    res = [0]
    for part in parts:
        res.append(res[-1] + len(part))
    return res


def _trimmed(start: int, old: str, new: str) -> Span:
    """Without what both begin and end with."""
    n = 0
    while n < min(len(old), len(new)) and old[n] == new[n]:
        n += 1
    old, new = old[n:], new[n:]
    m = 0
    while m < min(len(old), len(new)) and old[-1 - m] == new[-1 - m]:
        m += 1
    return start + n, start + n + len(old) - m, new[: len(new) - m]


def _neighbour(letter: str, draw: random.Random) -> str:
    """A key beside this one; nothing for what is no small Latin letter."""
    for row in _KEYS:
        place = row.find(letter)
        if place >= 0:
            return draw.choice(row[max(place - 1, 0) : place] + row[place + 1 : place + 2])
    return ""
