"""Does a page close what it opens, and is each tag a tag? HTML's own rules, since tree-sitter
closes silently.

A page is cut into tags once; after a small edit only what changed is looked at again, so that a
hundred repairs can be tried. Template control is taken out first; see html_templates.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import replace

from lm_lint.html_lexer import Lexer, Tag, index_at, lex
from lm_lint.html_names import OPTIONAL_END, RAW_TEXT, VOID
from lm_lint.html_templates import TEMPLATE, blanked, conditional, filled, spans
from lm_lint.html_tree import Kind, Node, TagProblem, Tree

__all__ = [
    "OPTIONAL_END",
    "RAW_TEXT",
    "TEMPLATE",
    "VOID",
    "Kind",
    "Page",
    "TagProblem",
    "blanked",
    "n_problems",
    "tag_problems",
]

_START_TAGS = re.compile(r"(?:\s|<[A-Za-z][^<>]*>)*")
_END_TAGS = re.compile(r"(?:\s|</[A-Za-z][^<>]*>)*")
_CONTROL_SIGNS = ("{", "}", "%", "<?", "?>", "[%", "<#", "<@", "</#", "</@")


def tag_problems(text: str) -> list[TagProblem]:
    """The slips in a page, in the order in which they are noticed."""
    return Page(text).problems


def n_problems(text: str) -> int:
    return len(tag_problems(text))


class Page:
    """A page cut into tags, with what is open before each of them.

    states[i] is the innermost open element before tags[i]; the last one is that at the end.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._replaced = spans(text)
        self.masked = filled(text, self._replaced)
        self._conditional = conditional(text) if self._replaced else []
        self.is_xml = "<?xml" in text[:200] or "XHTML" in text[:400]
        self.tags: list[Tag] = lex(self.masked)
        self.states: list[Node | None] = []
        self._n_before: list[int] = []  # how many problems were found before each tag
        tree = Tree(self.is_xml)
        take, found = tree.take, tree.problems
        for tag in self.tags:
            self.states.append(tree.top)
            self._n_before.append(len(found))
            take(tag)
        self.states.append(tree.top)
        self._n_before.append(len(found))
        tree.finish(len(text))
        self._found = found
        self.problems: list[TagProblem] = _settled(found, self._conditional, self.masked)

    def after(self, start: int, end: int, new: str) -> list[TagProblem]:
        """The problems of the page with text[start:end] replaced by `new`."""
        if self._touches_mark(start, end, new):
            return Page(self.text[:start] + new + self.text[end:]).problems
        page = self.masked[:start] + new + self.masked[end:]
        shift = len(page) - len(self.masked)
        first, fresh, last = self._relexed(page, start, end, shift)
        tree = Tree(self.is_xml, self.states[first])
        for tag in fresh:
            tree.take(tag)
        found = self._found[: self._n_before[first]] + tree.problems
        tree.problems = []
        idx = next_look = last
        while idx < len(self.tags):
            # Deep pages make a look dear: the further, the rarer.
            if idx >= next_look:
                next_look += 1 + (idx - last) // 8
            else:
                tree.take(_moved(self.tags[idx], shift))
                idx += 1
                continue
            if _same(tree.top, self.states[idx], end, shift):
                break
            tree.take(_moved(self.tags[idx], shift))
            idx += 1
        else:
            tree.finish(len(page))
            return _settled(
                found + tree.problems, self._shifted_conditional(start, end, shift), page
            )
        found += tree.problems
        found += [_moved_problem(p, end, shift) for p in self._found[self._n_before[idx] :]]
        return _settled(found, self._shifted_conditional(start, end, shift), page)

    def _touches_mark(self, start: int, end: int, new: str) -> bool:
        """Whether the template's marks may be others after an edit."""
        if any(sign in new for sign in _CONTROL_SIGNS):
            return True
        idx = bisect_left(self._replaced, (end + 1,))
        return idx > 0 and self._replaced[idx - 1][1] >= start

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
            if last < len(tags) and _moved(tags[last], shift) == fresh[-1]:
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
        if not hasattr(self, "_far_tags"):
            self._far_tags = [
                idx for idx, tag in enumerate(self.tags) if tag.flaws and tag.reach > tag.end
            ]
        return self._far_tags

    def _shifted_conditional(self, start: int, end: int, shift: int) -> list[tuple[int, int]]:
        if not self._conditional:
            return []
        return [
            (a if a < end else a + shift, b if b < end else b + shift) for a, b in self._conditional
        ]


def _moved(tag: Tag, shift: int) -> Tag:
    if not shift:
        return tag
    flaws = tag.flaws and tuple(
        flaw._replace(at=flaw.at + shift if flaw.at >= 0 else -1) for flaw in tag.flaws
    )
    return Tag(
        tag.kind, tag.name, tag.start + shift, tag.end + shift, tag.closed, tag.depth,
        tag.reach + shift, flaws,
    )  # fmt: skip


def _moved_problem(problem: TagProblem, end: int, shift: int) -> TagProblem:
    if not shift:
        return problem
    moved = [p + shift if p >= end else p for p in (problem.start, problem.end, problem.noticed)]
    return TagProblem(
        problem.kind, problem.name, moved[0], moved[1], moved[2], problem.detail, problem.sure
    )


def _same(new: Node | None, old: Node | None, edited: int, shift: int) -> bool:
    """Whether two states are one, but for the shift of what was opened behind the edit."""
    while new is not old:
        if new is None or old is None or new.name != old.name or new.soft != old.soft:
            return False
        if new.tag.start != old.tag.start + (shift if old.tag.start >= edited else 0):
            return False
        if new.tag.end != old.tag.end + (shift if old.tag.end >= edited else 0):
            return False
        new, old = new.parent, old.parent
    return True


def _settled(found: list[TagProblem], spans: list[tuple[int, int]], page: str) -> list[TagProblem]:
    """An element that opens or closes under a condition stands for itself: whoever wrote
    {% if last %}</ul>{% endif %} counts them in another way than a stack does. Then all of its
    name go. Where a branch holds more than the tag it is only less sure."""
    if not spans:
        return list(found)
    loose: set[str] = set()
    within: set[int] = set()
    res: list[TagProblem] = []
    for problem in found:
        around = [span for span in spans if span[0] <= problem.start < span[1]]
        if problem.kind != "broken" and around:
            start, end = around[0]
            if problem.kind == "unclosed" and problem.noticed < end:
                within.add(problem.start)
            elif (problem.kind == "unclosed" and _START_TAGS.fullmatch(page, problem.end, end)) or (
                problem.kind == "stray" and _END_TAGS.fullmatch(page, start, problem.start)
            ):
                loose.add(problem.name)
            problem = replace(problem, sure=problem.start in within)
        res.append(problem)
    return [p for p in res if p.kind == "broken" or p.name not in loose or p.start in within]
