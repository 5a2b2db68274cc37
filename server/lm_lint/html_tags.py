"""Does a page close what it opens, and is each tag a tag? HTML's own rules, since tree-sitter
closes silently.

A page is cut into tags once; after a small edit only what changed is looked at again, so that a
hundred repairs can be tried. Template control is taken out first; see html_templates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from lm_lint.html_lexer import Lexer, Spliced, Tag, index_at, lex
from lm_lint.html_names import OPTIONAL_END, RAW_TEXT, VOID
from lm_lint.html_templates import BLANK_SIGNS, NEUTRAL, TEMPLATE, Move, Template, blanked
from lm_lint.html_tree import Kind, Node, Rest, Shape, TagProblem, Tree, pairs

__all__ = [
    "OPTIONAL_END",
    "RAW_TEXT",
    "TEMPLATE",
    "VOID",
    "EditedPage",
    "Kind",
    "Page",
    "TagProblem",
    "blanked",
    "n_problems",
    "tag_problems",
]

T = TypeVar("T")

_START_TAGS = re.compile(r"(?:\s|<[A-Za-z][^<>]*>)*")
_END_TAGS = re.compile(r"(?:\s|</[A-Za-z][^<>]*>)*")
_SECOND_HALF = re.compile(rf"(?:[\s{NEUTRAL}]|<!--(?:(?!-->).)*-->)*+</[A-Za-z]", re.DOTALL)
_FIRST_HALF = re.compile(r"<([A-Za-z][^\s<>/]*)[^<>]*(?<!/)>")
_MOST_RESTS = 10_000
_STRIDE = 256  # so many tags apart it is remembered what a walk found behind them


def tag_problems(text: str) -> list[TagProblem]:
    """The slips in a page, in the order in which they are noticed."""
    return Page(text).problems


def n_problems(text: str) -> int:
    return len(tag_problems(text))


class Page:
    """A page cut into tags, with what is open before each of them.

    states[i] is the innermost open element before tags[i]; the last one is that at the end.
    """

    tags: Sequence[Tag]
    states: Sequence[Node | None]
    _n_before: Sequence[int]  # how many problems were found before each tag

    def __init__(self, text: str) -> None:
        self.text = text
        self._template = Template.of(text)
        self.masked = self._template.masked
        self.is_xml = _is_xml(text)
        self.ground = Shape()
        self.tags = lex(self.masked)
        tree = Tree(self.is_xml, self.ground)
        take, found = tree.take, tree.problems
        states: list[Node | None] = []
        n_before: list[int] = []
        for tag in self.tags:
            states.append(tree.top)
            n_before.append(len(found))
            take(tag)
        self.states, self._n_before = [*states, tree.top], [*n_before, len(found)]
        tree.finish(len(text))
        self._found = found
        self._rests: dict[tuple[int, Shape], Rest] = {}
        self.problems = self._settled(found, self.masked, Move(0, 0, 0))

    def after(self, start: int, end: int, new: str) -> list[TagProblem]:
        """The problems of the page with text[start:end] replaced by `new`."""
        if self._template.changes_control(start, end, new):
            return Page(self.text[:start] + new + self.text[end:]).problems
        page = self._template.masked_with(start, end, new)
        n_chars, by = len(page), len(page) - len(self.masked)
        first, fresh, last = self._relexed(page, start, end, by)
        tree = Tree(self.is_xml, self.ground, self.states[first])
        for tag in fresh:
            tree.take(tag)
        passed: list[tuple[int, Shape, Rest]] = []
        for idx in range(last, len(self.tags)):
            shape = tree.shape
            rest = self.rest_at(idx, shape)
            if rest is not None:
                tree.problems += list(rest.of(tree.top, n_chars))
                break
            tag = self.tags[idx].moved(by)
            if self._is_milestone(idx):
                n_found = len(tree.problems)
                here = Rest(tree.top, tag.start, tree.problems, n_found, n_chars)
                passed.append((idx, shape, here))
            tree.take(tag)
        else:
            tree.finish(n_chars)
        for idx, shape, here in passed:
            self.keep_rest(idx, shape, here)
        found = self._found[: self._n_before[first]] + tree.problems
        return self._settled(found, page, Move(start, end, by))

    def edited(self, start: int, end: int, new: str) -> Page:
        """The page after an edit; the less it changes, the less is read again."""
        text = self.text[:start] + new + self.text[end:]
        if self._template.changes_control(start, end, new) or _is_xml(text) != self.is_xml:
            return Page(text)
        return EditedPage(self, start, end, new)

    def marks_before(self, idx: int) -> str:
        """The template's marks and second branches between a tag and the one before it."""
        low = self.tags[idx - 1].start + 1 if idx else 0
        high = self.tags[idx].start + 1 if idx < len(self.tags) else len(self.text) + 1
        return self._template.between(low, high)

    def shape_at(self, idx: int) -> Shape:
        """The shape of states[idx]."""
        state = self.states[idx]
        return self.ground if state is None else state.shape

    def rest_at(self, idx: int, shape: Shape) -> Rest | None:
        """What follows from tags[idx] on with a chain of this shape open, where that is known."""
        if self.shape_at(idx) is not shape:
            return self._rests.get((idx, shape))
        start, n_before = self.tags[idx].start, self._n_before[idx]
        return Rest(self.states[idx], start, self._found, n_before, len(self.masked))

    def keep_rest(self, idx: int, shape: Shape, rest: Rest) -> None:
        if len(self._rests) >= _MOST_RESTS:
            self._rests.clear()
        self._rests[idx, shape] = rest

    def _is_milestone(self, idx: int) -> bool:
        # Counted from the end, so that an edited page has those of the page that it was.
        return (len(self.tags) - idx) % _STRIDE == 0

    def _relexed(self, page: str, start: int, end: int, shift: int) -> tuple[int, list[Tag], int]:
        """Tags first..last are replaced by new ones; behind them every tag is only moved."""
        tags = self.tags
        first = max(0, index_at(tags, start) - 1)
        while first > 0 and (
            tags[first].end > start
            or tags[first].reach > start
            or tags[first - 1].reach > start
            or (tags[first - 1].kind == "start" and tags[first - 1].name in RAW_TEXT)
        ):
            first -= 1
        first = self._first_reaching(first, start)
        depth = tags[first - 1].depth if first else 0
        at = tags[first].start if first < len(tags) and first else 0
        lexer = Lexer(page, at, depth)
        last = index_at(tags, end - 1)
        fresh: list[Tag] = []
        while True:
            new = lexer.following()
            if not new:
                return first, fresh, len(tags)
            fresh += new
            if fresh[-1].start < end + shift:
                continue
            # In step again once a tag of old stands at its place, moved.
            begin = fresh[-1].start - shift
            while last < len(tags) and tags[last].start < begin:
                last += 1
            if last < len(tags) and tags[last].moved(shift) == fresh[-1]:
                return first, fresh, last + 1

    def _first_reaching(self, first: int, start: int) -> int:
        """An unclosed comment or raw text far above may look as far as here."""
        for idx in self._far():
            if idx >= first:
                break
            if self.tags[idx].reach >= start:
                return idx
        return first

    def _far(self) -> list[int]:
        """The tags that look far behind themselves."""
        if not hasattr(self, "_far_tags"):
            self._far_tags = self._find_far()
        return self._far_tags

    def _find_far(self) -> list[int]:
        return [idx for idx, tag in enumerate(self.tags) if _looks_far(tag)]

    def _settled(self, found: list[TagProblem], page: str, move: Move) -> list[TagProblem]:
        """An element that opens or closes under a condition stands for itself: whoever wrote
        {% if last %}</ul>{% endif %} counts them in another way than a stack does. Then all of its
        name go. Where a branch holds more than the tag it is only less sure.

        page  after `move`, in which the problems were found
        """
        found = _but_halves(found, page)
        if not self._template.conditions:
            return found
        loose: set[str] = set()
        within: set[int] = set()
        res: list[TagProblem] = []
        for problem in found:
            around = self._template.conditions.around_moved(problem.start, move)
            if problem.kind != "broken" and around:
                start, end = around
                is_start = problem.kind == "unclosed"
                if is_start and problem.noticed < end:
                    within.add(problem.start)
                elif (is_start and _START_TAGS.fullmatch(page, problem.end, end)) or (
                    problem.kind == "stray" and _END_TAGS.fullmatch(page, start, problem.start)
                ):
                    loose.add(problem.name)
                problem = replace(problem, sure=problem.start in within)
            res.append(problem)
        return [p for p in res if p.kind == "broken" or p.name not in loose or p.start in within]


class EditedPage(Page):
    """A page after an edit that touches no mark of a template: what stands before it is shared with
    the page that it was, `base`, and what stands behind it is moved when it is asked for.

    first, last  tags[first:last] are new, or stand among other open elements than before; the next
                 one is base.tags[last_before]
    end_of_edit   where the text is the old one again, in code points
    end_of_fresh  where the tags are the old ones again
    """

    def __init__(self, base: Page, start: int, end: int, new: str) -> None:
        self.base = base
        self.is_xml, self.ground = base.is_xml, base.ground
        self.end_of_edit = start + len(new)
        self._template = base._template.edited(start, end, new)
        self.text, self.masked = self._template.text, self._template.masked
        self._rests = {}
        self._take(Move(start, end, len(self.text) - len(base.text)))
        self.problems = self._settled(self._found, self.masked, Move(0, 0, 0))

    def _take(self, move: Move) -> None:
        """Cut what changed into tags, and nest them until all is as it was."""
        base, by = self.base, move.by
        first, fresh, idx = base._relexed(self.masked, move.start, move.end, by)
        tree = Tree(base.is_xml, base.ground, base.states[first])
        n_head = base._n_before[first]
        tags: list[Tag] = []
        states: list[Node | None] = []
        n_before: list[int] = []

        def take(tag: Tag) -> None:
            tags.append(tag)
            states.append(tree.top)
            n_before.append(n_head + len(tree.problems))
            tree.take(tag)

        for tag in fresh:
            take(tag)
        self.end_of_fresh = first + len(fresh)
        while idx < len(base.tags) and base.shape_at(idx) is not tree.shape:
            take(base.tags[idx].moved(by))
            idx += 1
        self.first, self.last, self.last_before = first, first + len(tags), idx
        n_found, rest = n_head + len(tree.problems), None
        if idx < len(base.tags):
            rest = base.rest_at(idx, tree.shape)
            assert rest is not None
            tree.problems += list(rest.of(tree.top, len(self.masked)))
            nodes = _MovedNodes(base.states[idx], tree.top, base.tags[first].start, by)
            n_more = n_found - base._n_before[idx]
            self.states = Spliced(base.states, first, states, idx, nodes.of)
            self._n_before = Spliced(base._n_before, first, n_before, idx, lambda n: n + n_more)
        else:
            self.states = Spliced(base.states, first, [*states, tree.top], idx + 1, _same)
            self._n_before = Spliced(base._n_before, first, [*n_before, n_found], idx + 1, _same)
            tree.finish(len(self.masked))
        self.tags = Spliced(base.tags, first, tags, idx, lambda tag: tag.moved(by))
        self._found = base._found[:n_head] + tree.problems

    @property
    def n_walked(self) -> int:
        """How many tags are other ones, or stand among other open elements."""
        return self.last - self.first

    def shape_at(self, idx: int) -> Shape:
        if idx < self.last:
            return super().shape_at(idx)
        return self.base.shape_at(idx - self.last + self.last_before)

    def rest_at(self, idx: int, shape: Shape) -> Rest | None:
        if idx < self.last:
            return super().rest_at(idx, shape)
        return self.base.rest_at(idx - self.last + self.last_before, shape)

    def keep_rest(self, idx: int, shape: Shape, rest: Rest) -> None:
        if idx < self.last:
            super().keep_rest(idx, shape, rest)
        else:
            self.base.keep_rest(idx - self.last + self.last_before, shape, rest)

    def _find_far(self) -> list[int]:
        known = self.base._far()
        by = self.last - self.last_before
        return [
            *(idx for idx in known if idx < self.first),
            *(idx for idx in range(self.first, self.last) if _looks_far(self.tags[idx])),
            *(idx + by for idx in known if idx >= self.last_before),
        ]


class _MovedNodes:
    """What is open behind an edit: the elements that were open there before, with the tags as
    they are now. One element stays one, so that two chains still meet in it."""

    def __init__(self, old: Node | None, new: Node | None, start: int, by: int) -> None:
        """old, new: the chains where they are of one shape again; start: of the first new tag."""
        self._by, self._start, self._lowest = by, start, start
        self._known: dict[int, Node] = {}  # by the identity of nodes that the old page keeps
        self._tags: dict[int, Tag] = {}
        for one, other in pairs(old, new):
            self._known[id(one)] = other
            self._tags[one.tag.start] = other.tag
            self._lowest = min(self._lowest, one.tag.start)
        self._kept = old

    def of(self, node: Node | None) -> Node | None:
        known, above = self._known, list[Node]()
        while node is not None and node.tag.start >= self._lowest and id(node) not in known:
            above.append(node)
            node = node.parent
        res = None if node is None else known.get(id(node), node)
        for old in reversed(above):
            start = old.tag.start
            tag = self._tags.get(start)
            if tag is None:
                tag = old.tag if start < self._start else old.tag.moved(self._by)
            res = known[id(old)] = Node(old.name, tag, res, old.soft, old.shape)
        return res


def _same(unchanged: T) -> T:
    return unchanged


def _but_halves(found: list[TagProblem], page: str) -> list[TagProblem]:
    """The problems but for those of a page in two files: header.html ends with start tags, whose end tags footer.html
    begins with. A page that ends with a start tag inside another element that stays open is the first half, one
    whose first tag is an end tag the second."""
    if not found:
        return []
    if _SECOND_HALF.match(page):
        found = [p for p in found if p.detail != "nothing to close"]
    left = [p for p in found if p.detail == "end of page"]
    if left and _is_first_half(left, page):
        return [p for p in found if p.detail != "end of page"]
    return list(found)


def _is_first_half(left: list[TagProblem], page: str) -> bool:
    last = _last_tag(page)
    if last is None or not any(p.start < last.start() for p in left):
        return False
    # <ol> where </ol> was meant.
    is_bare = last.end(1) + 1 == last.end()
    return not (is_bare and any(p.name == last[1].lower() for p in left if p.start < last.start()))


def _last_tag(page: str) -> re.Match[str] | None:
    """The start tag that a page ends with, but for blanks and comments."""
    page = page.rstrip(BLANK_SIGNS)
    while page.endswith("-->"):
        page = page[: max(page.rfind("<!--"), 0)].rstrip(BLANK_SIGNS)
    found = _FIRST_HALF.fullmatch(page, max(page.rfind("<"), 0))
    return found if found and found[1].lower() not in VOID else None


def _looks_far(tag: Tag) -> bool:
    return bool(tag.flaws) and tag.reach > tag.end


def _is_xml(text: str) -> bool:
    return "<?xml" in text[:200] or "XHTML" in text[:400]
