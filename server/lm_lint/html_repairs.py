"""Every small edit that may take back a slip in a page, likeliest first by layout alone.

Structure proposes, the language model disposes: what is missing here can never be found, so all
places are listed where the page would nest; which of them reads well is not known here. Two edits
that differ only in layout are one, in the layout that a person would have chosen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from lm_lint.html_marks import mark_repairs
from lm_lint.html_names import INLINE, KNOWN, OPTIONAL_END, nearly
from lm_lint.html_places import Kind, Proposal, Scored, Source
from lm_lint.html_tags import Page, TagProblem
from lm_lint.html_tree import Node

__all__ = ["Kind", "Proposal", "propose"]

_MAX_PROPOSALS = 150
_MAX_OF_A_KIND = 90
_MAX_VARIANTS = 4
_MAX_TAGS = 1500


def propose(text: str, problem: TagProblem, page: Page | None = None) -> list[Proposal]:
    """The edits for one problem of a page, likeliest first. `page` spares cutting it again."""
    source = Source(page or Page(text))
    found: list[Scored] = []
    if problem.kind == "unclosed":
        found += _unclosed(source, problem)
    elif problem.kind == "stray":
        found += _stray(source, problem)
    if problem.kind == "broken" or problem.detail == "raw text":
        found += mark_repairs(source, problem)
    return _best(source, found)


def _best(source: Source, found: Iterable[Scored]) -> list[Proposal]:
    """By score; of those that differ in layout only the first; not too many of a kind."""
    res: list[Proposal] = []
    seen: set[tuple[int, int, str]] = set()
    n_of_kind: dict[str, int] = {}
    for _, proposal in sorted(found, key=lambda scored: scored[0]):
        count = n_of_kind.get(proposal.kind, 0)
        if count >= _MAX_OF_A_KIND or (key := source.without_layout(proposal)) in seen:
            continue
        seen.add(key)
        n_of_kind[proposal.kind] = count + 1
        res.append(proposal)
    return res[:_MAX_PROPOSALS]


# --- An element that stays open -----------------------------------------------------------------


def _unclosed(source: Source, problem: TagProblem) -> Iterator[Scored]:
    name = problem.name
    first = source.index_of(problem.start)
    last = source.index_of(problem.noticed)
    yield from _end_tags(source, name, first, last)
    yield from _at_noticing_tag(source, problem, last)
    yield 3.0, source.delete(problem.start, problem.end, "delete-start-tag")
    for idx in _outermost(first, last):
        tag = source.tags[idx]
        inside = idx == first or source.nests(idx, name, problem.start)
        if not inside:
            continue
        far = _distance(idx, first, last)
        if tag.kind == "start" and tag.name == name and not tag.closed:
            twice = _stands_twice(source, idx)
            yield 2.0 + far - 1.5 * twice, source.delete(tag.start, tag.end, "delete-start-tag")
            if idx > first or source.encloses(idx, name):
                bare = tag.end - tag.start == len(name) + 2
                yield 4.0 - 3.0 * bare + far, source.end_for_start(idx)
        elif tag.kind == "end" and tag.name == name:
            yield 4.0 + far, source.delete(tag.start, tag.end, "delete-end-tag")
        elif tag.kind == "end" and (nearly(tag.name, name) or source.is_stray(tag)):
            yield 1.0 + far, source.rename(idx, name, nearly(tag.name, name))
            if nearly(tag.name, name) or tag.name not in KNOWN:
                yield 1.2 + far, source.rename(first, tag.name, True)
        elif tag.kind == "end" and tag.name not in OPTIONAL_END:
            yield 6.0 + far, source.rename(idx, name, False)
    if name not in KNOWN:
        for known in KNOWN:
            if nearly(name, known):
                yield 0.5, source.rename(first, known, True)
    if name not in KNOWN or source.page.is_xml:
        yield 1.5, Proposal(problem.end - 1, problem.end, "/>", "self-closing")


def _end_tags(source: Source, name: str, first: int, last: int) -> Iterator[Scored]:
    """The end tag itself, at every place inside where it closes an element of its name."""
    start = source.tags[first].start
    is_raw = bool(source.tags[first].flaws) and source.tags[first].flaws[-1].name == "raw text"
    for idx in _outermost(first + 1, last + 1):
        if not is_raw and not source.nests(idx, name, start):
            continue
        opener = source.innermost(idx, name) or source.tags[first]
        for place in source.headless(idx, rf"/{re.escape(name)}\s*>"):
            yield 0.2, Proposal(place, place, "<", "insert-mark")
        inline = name in INLINE or name not in KNOWN
        for place in source.places(idx, inline):
            proposal = source.insert_end_tag(place, name, opener)
            score = source.fit(place, opener) + _distance(idx, first + 1, last)
            yield score, proposal
    if is_raw and last == len(source.tags):
        at = len(source.text.rstrip())
        yield 3.0, source.insert_end_tag(at, name, source.tags[first])


def _at_noticing_tag(source: Source, problem: TagProblem, last: int) -> Iterator[Scored]:
    """What the tag may have been at which an element's end was missed."""
    if last >= len(source.tags):
        return
    tag, name = source.tags[last], problem.name
    first = source.index_of(problem.start)
    if tag.kind == "end":
        yield 1.0, source.rename(last, name, nearly(tag.name, name))
        yield 2.0, source.rename(first, tag.name, nearly(tag.name, name))
        yield 1.5, source.delete(tag.start, tag.end, "delete-end-tag")
        for other in range(last + 1, min(last + 3, len(source.tags))):
            following = source.tags[other]
            if following.kind == "end" and following.name == name:
                yield 0.0, source.swap(last, other)
    elif tag.kind == "start":
        if tag.name == name:
            yield 0.2, source.end_for_start(last)
        yield 2.5, source.delete(tag.start, tag.end, "delete-start-tag")
        yield 3.5, source.respelt_as_end(last, name)
        yield 2.0, source.rename(first, tag.name, nearly(tag.name, name))


def _outermost(first: int, last: int) -> list[int]:
    """The tags from first to last; of very many only those near the two ends."""
    if last - first <= 2 * _MAX_TAGS:
        return list(range(first, last))
    return [*range(first, first + _MAX_TAGS), *range(last - _MAX_TAGS, last)]


def _stands_twice(source: Source, idx: int) -> bool:
    tags = source.tags
    return any(
        0 <= other < len(tags)
        and tags[other].kind == "start"
        and tags[other].name == tags[idx].name
        for other in (idx - 1, idx + 1)
    )


def _distance(idx: int, first: int, last: int) -> float:
    """A little more for what is far from both the opener and the place where it is missed."""
    return min(idx - first, last - idx) / (last - first + 1.0)


# --- An end tag that closes nothing, a start tag that must not stand there ------------------------


def _stray(source: Source, problem: TagProblem) -> Iterator[Scored]:
    idx = source.index_of(problem.start)
    tag = source.tags[idx]
    if tag.kind == "start":
        yield from _stray_start(source, idx)
        return
    name = tag.name
    yield 0.0, source.delete(tag.start, tag.end, "delete-end-tag")
    open_names = source.open_names(idx)
    for rank, open_name in enumerate(open_names[:4]):
        yield 0.5 + rank, source.rename(idx, open_name, nearly(open_name, name))
    yield from _openers(source, idx)
    yield from _earlier_ends(source, idx)
    yield 1.5, source.start_for_end(idx, name)
    for other in range(idx + 1, min(idx + 4, len(source.tags))):
        following = source.tags[other]
        if following.kind == "end":
            if following.name != name:
                yield 1.2, source.start_for_end(idx, following.name)
                yield 2.0, source.swap(idx, other)
            break
    if idx and source.tags[idx - 1].kind == "end" and source.tags[idx - 1].name != name:
        yield 1.5, source.swap(idx - 1, idx)


def _openers(source: Source, idx: int) -> Iterator[Scored]:
    """Start tags before a stray end tag: misspelt ones, closed ones, and where one is missing."""
    name = source.tags[idx].name
    top = source.page.states[idx]
    since = source.index_of(top.tag.start) if top else -1
    variants = source.start_tags_like(name)
    for other in range(idx - 1, max(since - 1, -1, idx - 400), -1):
        tag = source.tags[other]
        far = (idx - other) / (idx - since + 1.0)
        if tag.kind == "start" and tag.closed and tag.name == name:
            yield 0.3 + far, source.unclose(other)
        elif tag.kind == "start" and not tag.closed and nearly(tag.name, name):
            yield 0.4 + far, source.rename(other, name, True)
        elif other == since and tag.kind == "start":
            yield 2.5, source.rename(other, name, False)
    if top is not None and top.name != name and top.name not in ("html", "body", "head"):
        yield 2.5, source.rename(since, name, nearly(top.name, name))
    places: list[tuple[float, int]] = []
    for gap in reversed(_outermost(since + 1, idx + 1)):
        if not source.leads_to(gap, idx, name):
            continue
        for place in source.headless(gap, rf"(?<![\w<]){re.escape(name)}(?:\s[^<>]*)?>"):
            yield 0.2, Proposal(place, place, "<", "insert-mark")
        for nth, place in enumerate(source.starts(gap)):
            far = _distance(gap, since + 1, idx)
            score = 3.0 + 2.0 * far + source.misfit_of_start(place, source.tags[idx]) - (nth == 0)
            places.append((score, place))
    enough = _enough(source, places)
    for score, place in places:
        if score <= enough:
            yield score, source.insert_start_tag(place, f"<{name}>")
            for rank, variant in enumerate(variants[:_MAX_VARIANTS]):
                yield score + 1.0 + 0.3 * rank, source.insert_start_tag(place, variant)


def _enough(source: Source, places: list[tuple[float, int]]) -> float:
    """The score of the last place for a start tag that `_best` can come to: a long page has thousands, and at
    each the tag without attributes has the least score."""
    seen: set[int] = set()
    for score, place in sorted(places, key=lambda scored: scored[0]):
        seen.add(source.ink_before(place))
        if len(seen) == _MAX_OF_A_KIND:
            return score
    return math.inf


def _earlier_ends(source: Source, idx: int) -> Iterator[Scored]:
    """The end tag that is one too many may be an earlier one, which closed the wrong element."""
    name = source.tags[idx].name
    top = source.page.states[idx]
    since = source.index_of(top.tag.start) if top else -1
    n_found = 0
    for other in range(idx - 1, since, -1):
        tag = source.tags[other]
        if tag.kind == "end" and tag.name == name and source.leads_to(other, idx, name):
            n_found += 1
            score = 2.0 + 0.02 * n_found + source.misfit_of_end(other)
            yield score, source.delete(tag.start, tag.end, "delete-end-tag")
            if n_found <= 20:
                yield 2.5 + 0.2 * n_found, source.start_for_end(other, name)
            yield 5.0 + n_found * 0.1, source.renamed_to_open(other)
            if n_found >= 80:
                return


def _stray_start(source: Source, idx: int) -> Iterator[Scored]:
    """A second body, a cell without a row, a block right inside a table."""
    tag = source.tags[idx]
    yield 1.0, source.delete(tag.start, tag.end, "delete-start-tag")
    yield 2.0, source.end_for_start(idx)
    wanted = {"td": ("tr",), "th": ("tr",)}.get(tag.name, ("td", "th", "tr", "caption"))
    for rank, name in enumerate(wanted):
        yield 0.2 + rank, source.insert_start_tag(tag.start, f"<{name}>")
        for variant in source.start_tags_like(name)[:_MAX_VARIANTS]:
            yield 1.2 + rank, source.insert_start_tag(tag.start, variant)
        if tag.kind == "start":
            yield 3.0 + rank, source.rename(idx, name, nearly(tag.name, name))
    top: Node | None = source.page.states[idx]
    closed = {"tr", "td", "th", "tbody", "thead", "tfoot", "table"}
    n_found = 0
    for other in range(idx - 1, max(-1, idx - 60), -1):
        before = source.tags[other]
        if before.kind == "end" and before.name in closed and n_found < 6:
            n_found += 1
            yield 0.6 + n_found, source.delete(before.start, before.end, "delete-end-tag")
            yield 1.6 + n_found, source.start_for_end(other, before.name)
    if top is not None and tag.name not in ("td", "th"):
        for place in source.places(idx, False):
            yield 0.8, source.insert_end_tag(place, "table", top.tag)
