"""Edits that change two places at once and are one slip all the same: both quotes of a string, both brackets of a pair,
signs and words written apart or together, several lexemes too many; prices in bits.

Either half alone leaves a text as wrong as it was, so no series of small repairs finds them.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator

from lm_lint.candidates import Candidate
from lm_lint.confusions import TOGETHER
from lm_lint.lexemes import CLOSER_OF, Lexeme
from lm_lint.window import Window

_REACH = 14  # lexemes between a suspect and the ends of what is put in quotes or brackets
_ENDS = 6  # places that are tried for either of them
_PAIRS_CHARS = 300
_BRACKETS = {"c": "({", "python": "([{", "html": ""}
_QUOTES = {"c": "\"'", "python": "'\"", "html": ""}
# Behind these something begins, and before these it ends.
_BEGINS = frozenset(["(", "[", "{", ",", ":", ";", "=", "==", "!=", "&&", "||", "return", "case", "in",
                     "if", "elif", "while", "for", "switch", "print", "and", "or", "not", "else"])  # fmt: skip
_ENDING = frozenset(
    [")", "]", "}", ",", ":", ";", "{", "==", "!=", "&&", "||", "and", "or", "else", "for", "in"]
)
_PROMPT = re.compile(r"^(?:>>>|\.\.\.)(?: |$)|^In \[\d+\]: ", re.MULTILINE)
_COUNTED_NAME = re.compile(r"(\d+)([A-Za-z_]\w*)")
_ONE_LETTER = re.compile(r"\\?.")
_NUMBER = re.compile(r"0[xXbBoO]\w+|\d+[uUlLfFjJ]+|\d+[eE]\d+")


def pairs(window: Window) -> Iterator[Candidate]:
    """Two edits side by side, where one alone does not suffice."""
    yield from _closers(window)
    yield from _together(window)


def joint(window: Window) -> Iterator[Candidate]:
    """Edits of lm_lint.candidates' joint kinds."""
    if window.language == "html" or not window.lexemes:
        return
    places = _places(window)
    yield from _around(window, places)
    yield from _of_pairs(window)
    yield from _words(window)
    yield from _runs(window, places)
    yield from _prompts(window)


def _places(window: Window) -> list[int]:
    """The lexemes at which the suspects stand."""
    spots = {p.start for p in window.suspects[:8]} | {p.noticed for p in window.suspects[:8]}
    starts = [lexeme.start for lexeme in window.lexemes]
    return sorted({max(bisect_right(starts, spot) - 1, 0) for spot in spots})


# --- Quotes and brackets around something ------------------------------------------------------------------------


def _around(window: Window, places: list[int]) -> Iterator[Candidate]:
    spans = {span for place in places for span in _spans(window.lexemes, place)}
    for first, last in sorted(spans):
        start, end = window.lexemes[first].start, window.lexemes[last].end
        inner = window.text[start:end]
        begin = window.starts[first]
        free = window.surprise(window.ends[last]) - 8.0 - window.distance(window.ends[last])
        free = max(free, window.surprise(begin) - 8.0 - window.distance(begin))
        for quote in _QUOTES[window.language]:
            one_letter = _ONE_LETTER.fullmatch(inner) is not None
            if quote not in inner and (one_letter or (window.language, quote) != ("c", "'")):
                cost = window.cost(begin, window.vocabulary.entries(quote))
                new = quote + inner + quote
                yield Candidate(start, end, new, "quote", "", quote, free - min(cost, 6.0))
        for opener in _BRACKETS[window.language]:
            cost = window.cost(begin, window.vocabulary.entries(opener))
            new = opener + inner + CLOSER_OF[opener]
            called = first and opener == "(" and window.lexemes[first - 1].kind == "name"
            since = window.lexemes[first - 1].end if called else start
            yield Candidate(since, end, new, "enclose", "", opener, free - min(cost, 6.0))


def _spans(found: list[Lexeme], place: int) -> Iterator[tuple[int, int]]:
    """What may be one expression around a lexeme or just before it: from behind a sign that something begins
    after to before one that ends it, on one line, brackets whole."""
    for first in _ends(found, place, -1):
        for last in _ends(found, max(place, first), 1):
            if first <= last and place - 1 <= last and _is_whole(found[first : last + 1]):
                yield first, last


def _ends(found: list[Lexeme], place: int, step: int) -> list[int]:
    res = []
    borders = _BEGINS if step < 0 else _ENDING
    at = place
    while 0 <= at < len(found) and abs(at - place) <= _REACH and found[at].kind != "line":
        beyond = at + step
        outside = not 0 <= beyond < len(found) or found[beyond].kind == "line"
        if outside or found[beyond].text in borders or _is_apart(found, at, step):
            res.append(at)
            if len(res) == _ENDS or outside:
                break
        at = beyond
    if step > 0 and place and place - 1 not in res:
        res.append(place - 1)
    if step < 0 and place + 1 < len(found) and found[place].text in _BEGINS:
        res.append(place + 1)
    return res


def _is_apart(found: list[Lexeme], at: int, step: int) -> bool:
    """Two words with nothing but blanks between them: one of them does not belong here."""
    beyond = found[at + step]
    kinds = ("name", "number", "keyword")
    return found[at].kind in kinds and beyond.kind in kinds


def _is_whole(span: list[Lexeme]) -> bool:
    open_ones: list[str] = []
    for lexeme in span:
        if lexeme.text in CLOSER_OF:
            open_ones.append(CLOSER_OF[lexeme.text])
        elif lexeme.text in ")]}" and (not open_ones or open_ones.pop() != lexeme.text):
            return False
    return not open_ones


# --- Both of a pair --------------------------------------------------------------------------------------------------


def _of_pairs(window: Window) -> Iterator[Candidate]:
    """Brackets of another kind, and brackets and quotes taken away."""
    for i, j in _pairs(window.lexemes):
        opener, closer = window.lexemes[i], window.lexemes[j]
        if closer.end - opener.start > _PAIRS_CHARS:
            continue
        ends = (window.starts[i], window.starts[j], window.ends[j])
        far = min(window.distance(place) for place in ends)
        if far > 3.0:
            continue
        free = max(window.surprise(place) for place in ends) - 10.0 - far
        inner = window.text[opener.end : closer.start]
        yield Candidate(opener.start, closer.end, inner, "unwrap", opener.text, "", free - 2.0)
        for other in _BRACKETS[window.language]:
            if opener.text in CLOSER_OF and other != opener.text:
                cost = window.cost(window.starts[i], window.vocabulary.entries(other))
                new = other + inner + CLOSER_OF[other]
                price = free + 4.0 - min(cost, 8.0)
                yield Candidate(
                    opener.start, closer.end, new, "rebracket", opener.text, other, price
                )


def _pairs(found: list[Lexeme]) -> Iterator[tuple[int, int]]:
    """Brackets that belong together, and signs that stand twice in a line around something."""
    open_ones: list[int] = []
    last_of: dict[str, int] = {}
    for i, lexeme in enumerate(found):
        if lexeme.kind == "line":
            last_of.clear()
        elif lexeme.text in CLOSER_OF:
            open_ones.append(i)
        elif lexeme.text in CLOSER_OF.values():
            if open_ones and CLOSER_OF[found[open_ones[-1]].text] == lexeme.text:
                yield open_ones.pop(), i
        elif lexeme.text in ('"', "'", "**", "`"):
            if lexeme.text in last_of:
                yield last_of[lexeme.text], i
            last_of[lexeme.text] = i


# --- Side by side ----------------------------------------------------------------------------------------------------


def _closers(window: Window) -> Iterator[Candidate]:
    """Two brackets that are missing side by side."""
    for gap in window.gaps:
        far = window.distance(gap.after_token)
        if far >= 1.0:
            continue
        for closer in ("))", "]]", "])", ")]", "})", "}]", "()", '""'):
            cost = window.cost(gap.before_token, window.vocabulary.entries(closer[0]))
            free = window.surprise(gap.after_token) - cost - far - 6.0
            yield Candidate(gap.before, gap.before, closer, "pair", "", closer, free)


def _together(window: Window) -> Iterator[Candidate]:
    for pattern, new in TOGETHER[window.language]:
        for match in pattern.finditer(window.text, *window.limits):
            place = window.token_at(match.start())
            free = 6.0 - window.distance(place)
            added = match.expand(new)
            if added != match[0]:
                yield Candidate(match.start(), match.end(), added, "pair", "two", "two", free)


def _words(window: Window) -> Iterator[Candidate]:
    """One word written as two, and a factor written as if it were a part of the name."""
    for one, other in itertools.pairwise(window.lexemes):
        between = window.text[one.end : other.start]
        kinds = {one.kind, other.kind}
        if (
            between in (" ", "-")
            and kinds <= {"name", "keyword", "number"}
            and one.kind != "number"
        ):
            place = window.token_at(other.start)
            free = window.surprise(place) - 10.0 - window.distance(place)
            for new in (one.text + other.text, f"{one.text}_{other.text}"):
                known = 6.0 if new in window.words else 0.0
                yield Candidate(one.start, other.end, new, "join", "", new, free + known)
    for lexeme in window.lexemes:
        parts = _COUNTED_NAME.fullmatch(lexeme.text)
        if lexeme.kind == "number" and parts and not _NUMBER.fullmatch(lexeme.text):
            place = window.token_at(lexeme.start)
            free = window.surprise(place) - 4.0 - window.distance(place)
            new = f"{parts[1]} * {parts[2]}"
            yield Candidate(lexeme.start, lexeme.end, new, "split", "", "*", free)


def _runs(window: Window, places: list[int]) -> Iterator[Candidate]:
    """Several lexemes of a line too many: two or three of them, what is left of the line, or all of it."""
    for first, last in sorted({run for place in places for run in _spans_of_lines(window, place)}):
        start, end = window.lexemes[first].start, window.lexemes[last].end
        begin, behind = window.starts[first], window.ends[last]
        saved = window.after(begin, behind) + min(float(window.bits[begin:behind].sum()), 16.0)
        blank = window.text[start - 1 : start] == " " and window.text[start - 2 : start - 1] != "\n"
        free = saved - 14.0 - window.distance(begin)
        yield Candidate(start - blank, end, "", "cut", window.lexemes[first].text, "", free)


def _spans_of_lines(window: Window, place: int) -> Iterator[tuple[int, int]]:
    found = window.lexemes
    first = last = place
    while first and _same_line(window, first - 1, place):
        first -= 1
    while last + 1 < len(found) and _same_line(window, last + 1, place):
        last += 1
    if found[place].kind == "line":
        return
    for n in (2, 3):
        for at in range(max(place - n, first), min(place + 1, last - n + 1) + 1):
            if at + n - 1 <= last:
                yield at, at + n - 1
    for at in (place - 1, place):
        if first < at < last and last - at < _REACH:
            yield at, last
    if first < last < first + _REACH:
        yield first, last


def _same_line(window: Window, one: int, other: int) -> bool:
    a, b = sorted((one, other))
    lexemes = window.lexemes
    return (
        lexemes[one].kind != "line" and "\n" not in window.text[lexemes[a].end : lexemes[b].start]
    )


def _prompts(window: Window) -> Iterator[Candidate]:
    """A session that was copied with its prompts: all of them go at once."""
    if window.language != "python":
        return
    start, end = window.limits
    found = list(_PROMPT.finditer(window.text, start, end))
    if found:
        first, last = found[0].start(), found[-1].end()
        new = _PROMPT.sub("", window.text[first:last])
        yield Candidate(first, last, new, "prompt", ">>>", "", 6.0)
