"""What is true of each place in a text: how deep it is nested, whether it is in a string. By lexers, never by a model.

The answers that cells and probes are measured against.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lm_lint.cells import IN_LANGUAGE, Property
from lm_lint.html_tags import Page
from lm_lint.html_tree import ancestors
from lm_lint.lexemes import HIDDEN
from lm_lint.text import Language

Labels = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]

LONGEST = 120  # a line of a whole paragraph shall not outweigh all others

_BRACKET = re.compile(HIDDEN["c"] + r"|([()\[\]{}])", re.DOTALL)
_OPENERS = ("//", "/*", "#", '"""', "'''", '"', "'")
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def labels(text: str, language: Language, offsets: Offsets) -> dict[Property, Labels]:
    """The properties that a language has, at each offset: what stands before it was read, the rest was not.

    text     with LF line breaks
    offsets  (T,) int64, code points
    returns  (T,) float64 each, 0 or 1 where the question is yes or no
    """
    of = {
        "depth": _depth,
        "string": lambda *asked: _hidden(*asked, language, is_comment=False),
        "comment": lambda *asked: (
            _in_html_comment(*asked)
            if language == "html"
            else _hidden(*asked, language, is_comment=True)
        ),
        "open-tags": _open_tags,
        "line-length": _line_length,
    }
    return {name: of[name](text, offsets) for name in IN_LANGUAGE[language]}


def _line_length(text: str, offsets: Offsets) -> Labels:
    starts = np.array([0, *(match.end() for match in re.finditer("\n", text))])
    lengths = offsets - starts[starts.searchsorted(offsets, "right") - 1]
    return np.minimum(lengths, LONGEST).astype(np.float64)


def _depth(text: str, offsets: Offsets) -> Labels:
    """Brackets of C that are open. One too many that closes, as conditionals may have it, counts for nothing."""
    ends, depths = [0], [0]
    for match in _BRACKET.finditer(text):
        if match[1]:
            ends.append(match.end())
            depths.append(max(depths[-1] + (1 if match[1] in "([{" else -1), 0))
    return np.array(depths, dtype=np.float64)[np.searchsorted(ends, offsets, "right") - 1]


def _hidden(text: str, offsets: Offsets, language: Language, is_comment: bool) -> Labels:
    """Inside of a comment, or of a string: behind all of its opener, and before the end of its closer."""
    spans = [
        (start, end)
        for opener, start, end in _spans(text, language)
        if (opener in ("//", "/*", "#")) is is_comment
    ]
    return _inside(spans, offsets)


def _spans(text: str, language: Language) -> Iterator[tuple[str, int, int]]:
    """Comments and strings as their opener, where it ends, and the first offset that is outside again."""
    for match in re.finditer(HIDDEN[language], text, re.DOTALL):
        opener = next(each for each in _OPENERS if match[0].startswith(each))
        # The line break that ends a comment is not yet read where the comment's last letter is.
        is_line = opener in ("//", "#")
        yield opener, match.start() + len(opener), match.end() + is_line


def _in_html_comment(text: str, offsets: Offsets) -> Labels:
    spans = [(m.start() + 4, m.end()) for m in _HTML_COMMENT.finditer(Page(text).masked)]
    return _inside(spans, offsets)


def _inside(spans: list[tuple[int, int]], offsets: Offsets) -> Labels:
    res = np.zeros(len(offsets), dtype=np.float64)
    for start, end in spans:
        low, high = np.searchsorted(offsets, [start, end])
        res[low:high] = 1.0
    return res


def _open_tags(text: str, offsets: Offsets) -> Labels:
    page = Page(text)
    ends = [tag.end for tag in page.tags]
    depths: list[int] = [sum(1 for _ in ancestors(state)) for state in page.states]
    return np.array([depths[bisect_right(ends, at)] for at in offsets.tolist()], dtype=np.float64)
