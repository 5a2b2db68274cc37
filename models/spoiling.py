"""Slips made in a text, with what is known of its characters carried along: who learns from such text learns what was
meant, and not what a strict parser would make of it.

One sign of a tag or a bracket or quote is lost, doubled, or changes place with its neighbour; or a whole end tag or
end of a comment is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lm_lint.text import Language

Name = TypeVar("Name", bound=str)
Offsets = npt.NDArray[np.int64]

MOST_SLIPS = 8  # in one text
_CHARS_A_SLIP = 200  # a short text has fewer
_TAG = re.compile(r"</?(?P<name>[A-Za-z]+)[^<>]*>|-->")
_SIGN_IN_TAG = re.compile(r"""[<>"'/=]""")
_SIGN = {
    "c": re.compile(r"""["'()\[\]{}]|/\*|\*/"""),
    "python": re.compile(r"""["'()\[\]{}]"""),
}
_OFTENER = ("a", "b", "strong")  # tags in which slips shall fall four times as often as in others


def spoiled(
    text: str,
    values: Mapping[Name, npt.NDArray[Any]],
    language: Language,
    rng: np.random.Generator,
) -> tuple[str, dict[Name, npt.NDArray[Any]]]:
    """The text with one to MOST_SLIPS slips, or itself where there is nothing to go wrong.

    values   (C,) each, of the characters
    returns  the values of those that are left, a doubled one's twice
    """
    most = min(MOST_SLIPS, 1 + len(text) // _CHARS_A_SLIP)
    places = _places(text, language, int(rng.integers(1, most + 1)), rng)
    index = np.arange(len(text))
    pieces, at = [], 0
    for start, end in places:
        if start < at:
            continue
        changed, until = _slip(text, start, end, rng)
        pieces += [index[at:start], changed]
        at = until
    kept = np.concatenate([*pieces, index[at:]])
    return "".join([text[i] for i in kept.tolist()]), {
        name: each[kept] for name, each in values.items()
    }


def _places(
    text: str, language: Language, n_slips: int, rng: np.random.Generator
) -> list[tuple[int, int]]:
    """What slips happen to, in order: tags, or signs of a program."""
    pattern = _TAG if language == "html" else _SIGN[language]
    found = list(pattern.finditer(text))
    if not found:
        return []
    weights = np.ones(len(found))
    if language == "html":
        weights += [3.0 * ((m["name"] or "").lower() in _OFTENER) for m in found]
    n_slips = min(n_slips, len(found))
    chosen = rng.choice(len(found), n_slips, replace=False, p=weights / weights.sum())
    return sorted(found[i].span() for i in chosen)


def _slip(text: str, start: int, end: int, rng: np.random.Generator) -> tuple[Offsets, int]:
    """One slip in text[start:end]: which characters stand there now, and up to where they do instead of the old ones."""
    whole = np.arange(start, end)
    is_end = text.startswith(("</", "-->"), start)
    kind = rng.choice(["lost", "doubled", "swapped", "all"], p=[0.4, 0.15, 0.15, 0.3])
    if kind == "swapped" and end - start == 1:
        end = min(end + 1, len(text))
        whole = np.arange(start, end)
    if kind == "swapped" and len(whole) > 1:
        i = int(rng.integers(len(whole) - 1))
        whole[[i, i + 1]] = whole[[i + 1, i]]
        return whole, end
    if kind == "all" and (is_end or end - start <= 2):
        return whole[:0], end
    signs = [match.start() - start for match in _SIGN_IN_TAG.finditer(text, start, end)]
    i = int(rng.choice(signs or [0]))
    if kind == "doubled":
        return np.concatenate([whole[: i + 1], whole[i:]]), end
    return np.delete(whole, i), end
