"""What is true of each place in a text: how deep it is nested, whether it is in a string. By lexers, never by a model.

The answers that cells and probes are measured against, and that heads learn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt

from lm_lint import heads
from lm_lint.cells import IN_LANGUAGE, Property
from lm_lint.heads import Objective
from lm_lint.html_lexer import Tag
from lm_lint.html_names import RAW_TEXT
from lm_lint.html_tags import Page
from lm_lint.html_templates import NEUTRAL, TEMPLATE
from lm_lint.html_tree import Node, ancestors
from lm_lint.lexemes import HIDDEN
from lm_lint.text import Language

Labels = npt.NDArray[np.float64]
Offsets = npt.NDArray[np.int64]

LONGEST = 120  # a line of a whole paragraph shall not outweigh all others

_BRACKET = {
    language: re.compile(hidden + r"|([()\[\]{}])", re.DOTALL)
    for language, hidden in HIDDEN.items()
}
_OPENERS = ("//", "/*", "#", '"""', "'''", '"', "'")
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def labels(text: str, language: Language, offsets: Offsets) -> dict[Property, Labels]:
    """The properties that a language has, at each offset: what stands before it was read, the rest was not.

    text     with LF line breaks
    offsets  (T,) int64, code points
    returns  (T,) float64 each, 0 or 1 where the question is yes or no
    """
    of = {
        "depth": lambda *asked: _depth(*asked, language),
        "string": lambda *asked: _hidden(*asked, language, is_comment=False),
        "comment": lambda *asked: (
            _in_html_comment(*asked)
            if language == "html"
            else _hidden(*asked, language, is_comment=True)
        ),
        "open-tags": lambda text, at: _open_tags(Page(text), at),
        "line-length": _line_length,
    }
    return {name: of[name](text, offsets) for name in IN_LANGUAGE[language]}


def _line_length(text: str, offsets: Offsets) -> Labels:
    starts = np.array([0, *(match.end() for match in re.finditer("\n", text))])
    lengths = offsets - starts[starts.searchsorted(offsets, "right") - 1]
    return np.minimum(lengths, LONGEST).astype(np.float64)


def _depth(text: str, offsets: Offsets, language: Language) -> Labels:
    """Brackets that are open. One too many that closes, as conditionals may have it, counts for nothing."""
    ends, depths = [0], [0]
    for match in _BRACKET[language].finditer(text):
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


def _open_tags(page: Page, offsets: Offsets) -> Labels:
    ends = np.array([tag.end for tag in page.tags], dtype=np.int64)
    depths = [sum(1 for _ in ancestors(state)) for state in page.states]
    return np.array(depths, dtype=np.float64)[np.searchsorted(ends, offsets, "right")]


# --- Characters, for heads ------------------------------------------------------------------------------------------

Classes = npt.NDArray[np.uint8]

_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>`]+)))?"""
)
_UNSEEN = (RAW_TEXT - {"textarea", "xmp", "plaintext"}) | {"template"}
_OTHER_MARKUP = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<![^>]*(?:>|\Z)|<\?[^>]*(?:>|\Z)", re.DOTALL
)
_PRINTS = re.compile(r"\{\{(?![!#/])")  # a mark of a template that is no control
_INK = re.compile(r"\S")


def characters(text: str, language: Language) -> dict[Objective, Classes]:
    """What each character of a text is, by the objectives of its language.

    text     in normal form, and correct: what a slip does to it nobody asks here
    returns  (C,) each, 0 or 1 for a yes or no; for a depth that behind the character, at most heads.DEEPEST
    """
    behind = np.arange(1, len(text) + 1)
    if language == "html":
        res = _of_page(text, behind)
    else:
        res = {
            "depth": _depth(text, behind, language),
            "string": _hidden(text, behind, language, is_comment=False),
            "comment": _hidden(text, behind, language, is_comment=True),
        }
    return {
        name: np.minimum(res[name], heads.DEEPEST).astype(np.uint8)
        for name in heads.IN_LANGUAGE[language]
    }


def without_control(text: str) -> str:
    """A page with signs that mean nothing for the marks of its template: of a condition all branches stand there, where
    Page blanks all but the first."""
    return TEMPLATE.sub(lambda match: NEUTRAL * len(match[0]), text)


def of_tokens(text: str, bounds: Offsets, values: Classes, objective: Objective) -> Classes:
    """What each token is: what most of its characters are, blanks left aside where there is anything else, in doubt
    the later ones; where a state is asked for, which begins behind what opens, what the last one is.

    bounds   (T + 1,) int64, as Tokenizer.encode gives them
    values   (C,) as `characters` gives them
    returns  (T,)
    """
    if not len(values):
        return np.zeros(len(bounds) - 1, dtype=np.uint8)
    starts, ends = bounds[:-1], bounds[1:]
    if objective not in ("text", "href"):
        return values[np.maximum(ends, starts + 1) - 1]
    weights = np.zeros(len(text), dtype=np.int64)
    weights[[match.start() for match in _INK.finditer(text)]] = 1
    both = np.array([_sums(weights, starts, ends), _sums(weights * values, starts, ends)])
    plain = np.array([ends - starts, _sums(values.astype(np.int64), starts, ends)])
    n_all, n_yes = np.where(both[0] > 0, both, plain)
    last = values[np.maximum(ends, starts + 1) - 1]
    return np.where(2 * n_yes == n_all, last, 2 * n_yes > n_all).astype(np.uint8)


def _sums(values: Offsets, starts: Offsets, ends: Offsets) -> Offsets:
    total = np.concatenate([[0], np.cumsum(values)])
    res: Offsets = total[ends] - total[starts]
    return res


def _of_page(text: str, behind: Offsets) -> dict[Objective, Labels]:
    page = Page(without_control(text))
    ends = np.array([tag.end for tag in page.tags], dtype=np.int64)
    # Which of page.states holds behind a character.
    at = np.searchsorted(ends, behind, "right")
    addresses = {tag.start: span for tag in page.tags if (span := _address(page.masked, tag))}
    comments = [
        (match.start(), match.end())
        for match in _HTML_COMMENT.finditer(page.masked)
        if not _is_raw(page.states[np.searchsorted(ends, match.start(), "right")])
    ]
    return {
        "text": _seen(text, page, at, comments),
        "link": _within(page, lambda node: node.tag.start in addresses)[at],
        "href": _painted(len(text), addresses.values()),
        "bold": _within(page, lambda node: node.name in ("b", "strong"))[at],
        "comment": _inside([(start + 4, end) for start, end in comments], behind),
        "open-tags": _open_tags(page, behind),
    }


def _address(masked: str, tag: Tag) -> tuple[int, int] | None:
    """Where the href of an `a` stands, without quotes; of one without a value, nowhere behind its name."""
    if tag.name != "a" or tag.kind != "start":
        return None
    for match in _ATTRIBUTE.finditer(masked, tag.start + 2, tag.end):
        if match["name"].lower() == "href":
            group = match.lastgroup or "name"
            return match.span(group) if group != "name" else (match.end(), match.end())
    return None


def _is_raw(node: Node | None) -> bool:
    return node is not None and node.name in RAW_TEXT


def _within(page: Page, is_one: Callable[[Node], bool]) -> Labels:
    """For each of page.states, whether such an element is open. (tags + 1,)"""
    states = [any(is_one(node) for node in ancestors(state)) for state in page.states]
    return np.array(states, dtype=np.float64)


def _painted(n_chars: int, spans: Iterable[tuple[int, int]]) -> Labels:
    res = np.zeros(n_chars, dtype=np.float64)
    for start, end in spans:
        res[start:end] = 1.0
    return res


def _seen(text: str, page: Page, at: Offsets, comments: list[tuple[int, int]]) -> Labels:
    """Text that is shown, and what a template prints there; blanks count from the first ink behind a tag on."""
    hidden = [(tag.start, tag.end) for tag in page.tags if tag.kind != "mark"]
    hidden += comments
    hidden += [match.span() for match in _OTHER_MARKUP.finditer(page.masked)]
    hidden += [match.span() for match in TEMPLATE.finditer(text) if not _PRINTS.match(match[0])]
    unseen = _within(page, lambda node: node.name in _UNSEEN)[at]
    res = (1.0 - unseen) * (1.0 - _painted(len(text), hidden))
    borders = np.flatnonzero(np.diff(res, prepend=0.0, append=0.0))
    for start, end in borders.reshape(-1, 2).tolist():
        ink = _INK.search(text, start, end)
        res[start : ink.start() if ink else end] = 0.0
    return res
