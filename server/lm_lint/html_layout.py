"""How well a page's indentation agrees with what nests in what.

A `</div>` that is missing 80 lines up reads well nearly everywhere, but most people indent: the tags
that stand first on their lines tell where it belongs. Only a witness: pages without any order in
their indentation agree as well with one repair as with another.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lm_lint.html_names import OPTIONAL_END, RAW_TEXT, VOID
from lm_lint.html_tags import Page

_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)[^<>]*?(/?)>")


class _Part(NamedTuple):
    """A tag as the layout sees it; indent is None where something stands before it on its line."""

    start: int
    is_end: bool
    name: str
    indent: int | None


class Layout:
    """The tags of a page that are indented, and how an edit changes their agreement."""

    def __init__(self, page: Page) -> None:
        self._text = page.masked
        self._parts = [
            _Part(tag.start, tag.kind == "end", tag.name, self._indent(self._text, tag.start))
            for tag in page.tags
            if tag.kind in ("start", "end") and _counts(tag.name) and not tag.closed
        ]
        self.mismatches = _mismatches(self._parts)

    def after(self, start: int, end: int, new: str) -> int:
        """The mismatches of the page with text[start:end] replaced by `new`."""
        line_start = self._text.rfind("\n", 0, start) + 1
        # A tag that the edit changes begins before it.
        low = self._text.rfind("<", line_start, start)
        low = start if low < 0 or ">" in self._text[low:start] else low
        high = end
        if low < start or not new.endswith(">"):
            cut = self._text.find(">", end)
            high = cut + 1 if 0 <= cut < end + 400 and "<" not in self._text[end:cut] else end
        fresh = self._text[low:start] + new + self._text[end:high]
        before = self._text[line_start:low]
        added = [
            _Part(
                low,
                match[1] == "/",
                match[2].lower(),
                self._indent(before + fresh, len(before) + match.start()),
            )
            for match in _TAG.finditer(fresh)
            if _counts(match[2].lower()) and not match[3]
        ]
        kept_before = [part for part in self._parts if part.start < low]
        kept_after = [part for part in self._parts if part.start >= high]
        return _mismatches([*kept_before, *added, *kept_after])

    @staticmethod
    def _indent(text: str, offset: int) -> int | None:
        line = text[text.rfind("\n", 0, offset) + 1 : offset]
        return None if line.strip() else len(line.expandtabs(8))


def _counts(name: str) -> bool:
    return name not in VOID and name not in OPTIONAL_END and name not in RAW_TEXT


def _mismatches(parts: list[_Part]) -> int:
    """End tags on another column than their start tags, and start tags no deeper than what they
    stand in; tags that match nothing count two."""
    res = 0
    stack: list[_Part] = []
    for part in parts:
        if not part.is_end:
            if part.indent is not None and stack and stack[-1].indent is not None:
                res += part.indent <= stack[-1].indent
            stack.append(part)
            continue
        at = len(stack) - 1
        while at >= 0 and stack[at].name != part.name:
            at -= 1
        if at < 0:
            res += 2
            continue
        res += 2 * (len(stack) - 1 - at)
        opener = stack[at]
        if part.indent is not None and opener.indent is not None:
            res += part.indent != opener.indent
        del stack[at:]
    return res + 2 * len(stack)
