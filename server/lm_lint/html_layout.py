"""How well a page's indentation agrees with what nests in what.

A `</div>` that is missing 80 lines up reads well nearly everywhere, but most people indent: the tags
that stand first on their lines tell where it belongs. Only a witness: pages without any order in
their indentation agree as well with one repair as with another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from lm_lint.html_lexer import Spliced, Tag, index_at
from lm_lint.html_names import OPTIONAL_END, RAW_TEXT, VOID
from lm_lint.html_tags import EditedPage, Page

_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)[^<>]*?(/?)>")
_STRIDE = 64  # so many tags apart it is remembered what a walk counted behind them
_MOST_RESTS = 50_000

T = TypeVar("T")


class _Part(NamedTuple):
    """A tag as the layout sees it; indent is None where something stands before it on its line."""

    is_end: bool
    name: str
    indent: int | None


class _Open:
    """What is open, innermost last: from one `_Open()` the same elements give the same object."""

    __slots__ = ("_inner", "around", "depth", "indent", "name")

    def __init__(
        self, name: str = "", indent: int | None = None, around: _Open | None = None
    ) -> None:
        self.name, self.indent, self.around = name, indent, around
        self.depth: int = around.depth + 1 if around else 0
        self._inner: dict[tuple[str, int | None], _Open] = {}

    def with_part(self, part: _Part) -> _Open:
        key = (part.name, part.indent)
        res = self._inner.get(key)
        if res is None:
            res = self._inner[key] = _Open(*key, self)
        return res


class Layout:
    """The tags of a page that are indented, and how an edit changes their agreement.

    One for each tag of the page, and one for its end:
    parts     None for tags that do not count
    opened    what is open before it
    counts    the mismatches before it
    """

    def __init__(self, page: Page, before: Layout | None = None) -> None:
        """before: the layout of the page that an edited page was."""
        self._text, self._tags = page.masked, page.tags
        self._parts: list[_Part | None] = []
        self._opened: list[_Open] = []
        self._counts: Sequence[int] = []
        self._rests: dict[tuple[int, _Open], int] = {}
        self._before, self._n_shared = before, 0
        if before is None or not isinstance(page, EditedPage):
            self._nest(_Open(), [self._part(tag) for tag in page.tags])
        else:
            self._nest_edited(before, page)
        self.mismatches = self._counts[-1] + 2 * self._opened[-1].depth

    def after(self, start: int, end: int, new: str) -> int:
        """The mismatches of the page with text[start:end] replaced by `new`."""
        low, high, added = self._changed(start, end, new)
        first = index_at(self._tags, low - 1)
        last = max(index_at(self._tags, high - 1), first)
        opened, res = self._opened[first], self._counts[first]
        for part in added:
            opened, more = _taken(opened, part)
            res += more
        return res + self._rest(last, opened)

    def _rest(self, idx: int, opened: _Open) -> int:
        """The mismatches from a tag on, and of what stays open, where something else is open."""
        parts, known = self._parts, self._opened
        passed: list[tuple[dict[tuple[int, _Open], int], tuple[int, _Open], int]] = []
        n = len(parts)
        res = 0
        while idx < n and opened is not known[idx]:
            if (n - idx) % _STRIDE == 0:
                rests, key = self._rests_at(n - idx), (n - idx, opened)
                if key in rests:
                    res += rests[key]
                    break
                passed.append((rests, key, res))
            part = parts[idx]
            if part is not None:
                opened, more = _taken(opened, part)
                res += more
            idx += 1
        else:
            if idx < n:
                res += self.mismatches - self._counts[idx]
            else:
                res += 2 * opened.depth
        for rests, key, before in passed:
            if len(rests) >= _MOST_RESTS:
                rests.clear()
            rests[key] = res - before
        return res

    def _rests_at(self, n_left: int) -> dict[tuple[int, _Open], int]:
        """What is remembered of the last n_left tags is shared by all pages that end in them."""
        layout = self
        while layout._before is not None and n_left <= layout._n_shared:
            layout = layout._before
        return layout._rests

    def _nest(self, opened: _Open, parts: list[_Part | None]) -> None:
        counts: list[int] = []
        count = 0
        for part in parts:
            self._opened.append(opened)
            counts.append(count)
            if part is not None:
                opened, more = _taken(opened, part)
                count += more
        self._opened.append(opened)
        self._parts, self._counts = parts, [*counts, count]

    def _nest_edited(self, before: Layout, page: EditedPage) -> None:
        """Only the tags that are new, and those behind them on a line, are looked at, and what
        follows until as much is open as was."""
        first, by = page.first, page.last_before - page.last
        idx = last = first_of_next_line(page)
        fresh = [self._part(page.tags[idx]) for idx in range(first, last)]
        opened, count = before._opened[first], before._counts[first]
        states: list[_Open] = []
        counts: list[int] = []
        n = len(page.tags)
        for idx in range(first, n + 1):
            if idx >= last and opened is before._opened[idx + by]:
                break
            states.append(opened)
            counts.append(count)
            part = (
                fresh[idx - first] if idx < last else before._parts[idx + by] if idx < n else None
            )
            if part is not None:
                opened, more = _taken(opened, part)
                count += more
        else:
            idx = n + 1
        more = count - before._counts[idx + by] if idx <= n else 0
        self._parts = [*before._parts[:first], *fresh, *before._parts[last + by :]]
        self._opened = [*before._opened[:first], *states, *before._opened[idx + by :]]
        self._counts = Spliced(before._counts, first, counts, idx + by, lambda n: n + more)
        self._n_shared = n - last

    def _part(self, tag: Tag) -> _Part | None:
        if tag.kind == "mark" or tag.closed or not _counts(tag.name):
            return None
        return _Part(tag.kind == "end", tag.name, indent_of(self._text, tag.start))

    def _changed(self, start: int, end: int, new: str) -> tuple[int, int, list[_Part]]:
        """An edit as these parts in the place of those that begin in text[low:high]."""
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
                match[1] == "/",
                match[2].lower(),
                indent_of(before + fresh, len(before) + match.start()),
            )
            for match in _TAG.finditer(fresh)
            if _counts(match[2].lower()) and not match[3]
        ]
        return low, high, added


class Skeleton:
    """The tags of a page as they count in places far from them: each with what it is, how deep its
    line is indented, and the template's marks before it. The last one is the end of the page."""

    def __init__(self, page: Page, before: Skeleton | None = None) -> None:
        """before: the skeleton of the page that an edited page was."""
        self._tags, self._is_xml = page.tags, page.is_xml
        if before is None or not isinstance(page, EditedPage):
            self._bones = [_bone(page, idx) for idx in range(len(page.tags) + 1)]
            return
        # The marks before a tag that is gone stand before the next one.
        last = first_of_next_line(page) + 1
        fresh = [_bone(page, idx) for idx in range(page.first, last)]
        rest = before._bones[last + page.last_before - page.last :]
        self._bones = [*before._bones[: page.first], *fresh, *rest]

    def around(self, low: int, high: int) -> Around:
        """All that does not begin in text[low:high]."""
        first, last = index_at(self._tags, low - 1), index_at(self._tags, high - 1)
        return Around(self._is_xml, self._bones, first, last)


class Around:
    """The tags before a stretch and behind it; equal to others that count as much."""

    __slots__ = ("_bones", "_first", "_is_xml", "_last")

    def __init__(self, is_xml: bool, bones: list[Hashable], first: int, last: int) -> None:
        self._is_xml, self._bones, self._first, self._last = is_xml, bones, first, last

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Around):
            return NotImplemented
        return (
            self._is_xml == other._is_xml
            and self._bones[: self._first] == other._bones[: other._first]
            and self._bones[self._last :] == other._bones[other._last :]
        )

    def __hash__(self) -> int:
        # Of few of many thousand tags: equality tells the rest.
        near = self._bones[max(self._first - 4, 0) : self._first]
        behind = self._bones[self._last : self._last + 4]
        return hash((self._first, len(self._bones) - self._last, *near, *behind))


_layouts: WeakKeyDictionary[Page, Layout] = WeakKeyDictionary()
_skeletons: WeakKeyDictionary[Page, Skeleton] = WeakKeyDictionary()


def layout_of(page: Page) -> Layout:
    """Of an edited page by that of the page that it was; kept as long as the page is."""
    return _of(page, Layout, _layouts)


def skeleton_of(page: Page) -> Skeleton:
    return _of(page, Skeleton, _skeletons)


def _of(page: Page, kind: Callable[[Page, T | None], T], kept: WeakKeyDictionary[Page, T]) -> T:
    res = kept.get(page)
    if res is None:
        before = _of(page.base, kind, kept) if isinstance(page, EditedPage) else None
        res = kept[page] = kind(page, before)
    return res


def first_of_next_line(page: EditedPage) -> int:
    """The first tag that is moved by an edit, and its line with it."""
    newline = page.text.find("\n", page.end_of_edit)
    behind = len(page.tags) if newline < 0 else index_at(page.tags, newline)
    return max(behind, page.end_of_fresh)


def _bone(page: Page, idx: int) -> Hashable:
    marks = page.marks_before(idx)
    if idx == len(page.tags):
        return marks
    tag = page.tags[idx]
    flaws = tuple((flaw.name, flaw.sure) for flaw in tag.flaws)
    indent = indent_of(page.text, tag.start)
    return tag.kind, tag.name, tag.closed, flaws, indent, marks


def indent_of(text: str, offset: int) -> int | None:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return None if line.strip() else len(line.expandtabs(8))


def _counts(name: str) -> bool:
    return name not in VOID and name not in OPTIONAL_END and name not in RAW_TEXT


def _taken(opened: _Open, part: _Part) -> tuple[_Open, int]:
    """What is open behind a tag, and its mismatches: of an end tag on another column than its start
    tag, of a start tag no deeper than what it stands in; tags that match nothing count two."""
    if not part.is_end:
        is_odd = (
            part.indent is not None and opened.indent is not None and part.indent <= opened.indent
        )
        return opened.with_part(part), int(is_odd)
    opener: _Open | None = opened
    while opener is not None and opener.name != part.name:
        opener = opener.around
    if opener is None or opener.around is None:
        return opened, 2
    is_odd = part.indent is not None and opener.indent is not None and part.indent != opener.indent
    return opener.around, 2 * (opened.depth - opener.depth) + is_odd
