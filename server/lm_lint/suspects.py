"""Where a text does not parse, part by part: an edit costs the part that it stands in, whatever the text's length.

A part that parses alone is clean. Around those that do not, a stretch with a neighbour on either side is judged as
a whole; a brace that one part leaves open and another one closes joins the two.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from itertools import pairwise

from lm_lint import parts as parts_of_texts
from lm_lint import structure
from lm_lint.c_rules import c_problems, directive_problems
from lm_lint.html_tags import EditedPage, Page
from lm_lint.memory import Memory
from lm_lint.parts import LONG_CLASS, Part, method_borders, parts
from lm_lint.python_rules import is_old_python, python_error, surely_parses
from lm_lint.structure import MAX_PROBLEMS, Problem
from lm_lint.text import Edit, Language, difference

_MAX_STRETCH = 40_000  # characters of a stretch that are judged; the rest is rubble, or comes later

_FEW_CHARS = 500  # of edits after which a page is not read as a whole
_SAMPLES, _SAMPLE = 128, 32  # places at which two pages are compared, and characters at each
_MOST_EDITS = 12  # that a page is away from one that was
_MANY_TAGS = 1000  # that an edit nests anew: the later ones are compared with the page after it
_RECENT = 10  # pages: one for each repair that is made while a text is examined
_BUDGET_CHARS = 8_000_000
_stumbles: Memory[tuple[str, str] | None] = Memory(_BUDGET_CHARS)
_stretches: Memory[list[Problem]] = Memory(_BUDGET_CHARS // 4)
_old: Memory[bool] = Memory(_BUDGET_CHARS)
_pages: Memory[Page] = Memory(2_000_000)


def problems(text: str, language: Language) -> list[Problem]:
    """Every place where the text does not parse, by start. Offsets in code points."""
    if language == "html":
        return [structure.problem_of(p) for p in page_of(text).problems[:MAX_PROBLEMS]]
    found = parts(text, language)
    res: list[Problem] = []
    dirty = _dirty(found, language)
    old = bool(dirty) and language == "python" and any(_is_old(part.text) for part in found)
    for first, last in dirty:
        for stretch in _inside(found[first:last], language):
            res += _of_stretch(_without_far_ends(stretch, language), language, old)
    return sorted(set(res), key=structure.in_order)[:MAX_PROBLEMS]


def forget() -> None:
    """Drop what is remembered; for whoever reads texts one after the other and none again."""
    parts_of_texts.forget()
    for memory in (_stumbles, _stretches, _old, _pages):
        memory.clear()


def page_of(text: str) -> Page:
    """The page cut into tags; it is asked for again and again while one text is examined. Where it
    was read a few edits ago, only what they changed is read."""
    page = _pages.known(text)
    if page is None:
        page = _page_of(text)
        # An edited page shares most of what it holds.
        _pages.keep(text, len(text) // (4 if isinstance(page, EditedPage) else 1), page)
    return page


def _page_of(text: str) -> Page:
    nearest: tuple[int, Page, Edit] | None = None
    for recent in itertools.islice(_pages.recent(), _RECENT):
        # A page that was read whole is as near as the one that is one letter away, and less deep.
        for page in (_whole(recent), recent):
            found = _few(page.text, text)
            if found is not None and _depth(page) < _MOST_EDITS:
                n_changed, edit = found
                if nearest is None or n_changed < nearest[0]:
                    nearest = n_changed, page, edit
                break
    if nearest is None:
        return Page(text)
    _, page, edit = nearest
    return page.edited(edit.start, edit.end, edit.text)


def _few(before: str, after: str) -> tuple[int, Edit] | None:
    """The difference of two texts with the number of its characters, where it is small."""
    if abs(len(after) - len(before)) > _FEW_CHARS or not _seem_near(before, after):
        return None
    edit = difference(before, after)
    n_changed = edit.end - edit.start + len(edit.text)
    return (n_changed, edit) if n_changed <= _FEW_CHARS else None


def _seem_near(before: str, after: str) -> bool:
    """Whether samples agree from the start, and from one of them on from the end."""
    by = len(after) - len(before)
    places = range(0, len(before), max(len(before) // _SAMPLES, 4 * _SAMPLE))
    samples = [(before[at : at + _SAMPLE], at) for at in places]
    changed = [i for i, (sample, at) in enumerate(samples) if not after.startswith(sample, at)]
    return not changed or all(after.startswith(s, at + by) for s, at in samples[changed[0] + 1 :])


def _whole(page: Page) -> Page:
    """The page that later ones are read by: that before the latest edits, but for edits that nest
    all that follows anew."""
    while isinstance(page, EditedPage) and page.n_walked < _MANY_TAGS:
        page = page.base
    return page


def _depth(page: Page) -> int:
    res = 0
    while isinstance(page, EditedPage):
        page, res = page.base, res + 1
    return res


def _dirty(found: list[Part], language: Language) -> list[tuple[int, int]]:
    """The stretches to judge, as ranges of parts that do not overlap."""
    flagged = [(i, s) for i, part in enumerate(found) if (s := _stumble(part, language))]
    spans = [[max(i - 1, 0), min(i + 2, len(found))] for i, _ in flagged]
    # Of braces that a part leaves open and a later one closes, both ends are in one stretch.
    opened: list[int] = []
    for i, (closers, openers) in flagged:
        for _ in closers:
            if opened:
                spans.append([opened.pop(), i + 1])
        opened += [i] * len(openers)
    return _joined(spans)


def _joined(spans: Iterable[list[int]]) -> list[tuple[int, int]]:
    """Spans that overlap as one, in order."""
    res: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if res and first < res[-1][1]:
            res[-1] = (res[-1][0], max(res[-1][1], last))
        else:
            res.append((first, last))
    return res


def _stumble(part: Part, language: Language) -> tuple[str, str] | None:
    """None for a part that is right by itself; else the braces that it closes and leaves open."""
    key = (language, part.text, part.bare)
    return _stumbles.get(key, len(part.text), lambda: _stumble_of(part, language))


def _stumble_of(part: Part, language: Language) -> tuple[str, str] | None:
    if language == "python":
        is_right = surely_parses(part.text) or python_error(part.text) is None
        return None if is_right else ("", "")
    brackets = structure.bracket_problems(part.bare, "c")
    if brackets:
        signs = [(p.opener, part.bare[p.start], p.noticed) for p in brackets]
        closers = "".join(sign for opener, sign, _ in signs if not opener and sign == "}")
        openers = "".join(o for o, _, at in signs if o == "{" and at >= len(part.bare))
        return closers, openers
    if structure.has_tree_problems(part.bare, "c"):
        return "", ""
    is_odd = any(True for _ in c_problems(part.bare)) or any(
        True for _ in directive_problems(part.text)
    )
    return ("", "") if is_odd else None


def _inside(found: list[Part], language: Language) -> list[list[Part]]:
    """Where a long class is wrong by one of its methods, that method with its neighbours."""
    dirty = [part for part in found if _stumble(part, language)]
    if language != "python" or any(len(part.text) <= LONG_CLASS for part in dirty):
        return [found]
    res: list[list[Part]] = []
    for part in dirty:
        pieces = _methods(part)
        wrong = [i for i, piece in enumerate(pieces) if _stumble(piece, language)]
        if not wrong:
            return [found]
        res += [
            pieces[first:last]
            for first, last in _joined([max(i - 1, 0), min(i + 2, len(pieces))] for i in wrong)
        ]
    return res


def _without_far_ends(found: list[Part], language: Language) -> list[Part]:
    """A neighbour that is long would be judged along, and where a bracket is open above it wrongly: of one behind
    a class's head and first method are enough, and one before says nothing that its absence does not."""
    first, last = found[0], found[-1]
    if len(first.text) > LONG_CLASS and not _stumble(first, language):
        found = found[1:]
    if len(last.text) > LONG_CLASS and not _stumble(last, language):
        found = [*found[:-1], *(_methods(last)[:1] if language == "python" else ())]
    return found


def _methods(part: Part) -> list[Part]:
    """A class in pieces; its head goes with the first method."""
    borders = [0, *method_borders(part.text)[1:], len(part.text)]
    pieces = [part.text[start:end] for start, end in pairwise(borders)]
    return [Part(part.start + at, text, text) for at, text in zip(borders, pieces, strict=False)]


def _is_old(text: str) -> bool:
    return _old.get(text, len(text), lambda: is_old_python(text))


def _of_stretch(found: list[Part], language: Language, old: bool) -> Iterator[Problem]:
    start = found[0].start
    raw = "".join(part.text for part in found)[:_MAX_STRETCH]
    bare = "".join(part.bare for part in found)[:_MAX_STRETCH]
    relative = _stretches.get(
        (language, raw, bare, old),
        len(raw),
        lambda: structure.stumbles(raw, bare, language, old),
    )
    for p in relative:
        yield Problem(p.start + start, p.end + start, p.noticed + start, p.opener)
