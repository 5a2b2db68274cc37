"""Lexemes that may be missing, too many, other ones, in the wrong order or misspelt; prices in bits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from heapq import nlargest

import numpy as np

from lm_lint.candidates import Candidate
from lm_lint.confusions import CONFUSED, SIGNS, SPLIT_WORDS
from lm_lint.lexemes import KEYWORDS, Lexeme, joins, nearly
from lm_lint.window import TRAILING, Gap, Window

_START_TAG = re.compile(r"<([A-Za-z][\w-]*)")


def insertions(window: Window, n_wanted: int) -> Iterator[Candidate]:
    """Every sign in every gap, and the likeliest words; only the best become candidates."""
    if not window.gaps:
        return
    open_block = window.language == "c" and any(p.opener == "{" for p in window.suspects)
    base = np.array(
        [window.surprise(g.after_token) - window.distance(g.after_token) for g in window.gaps]
    )
    before = [window.row[gap.before_token] for gap in window.gaps]
    after = [window.row[gap.after_token] for gap in window.gaps]
    signs = SIGNS[window.language]
    prices = np.stack([base - window.costs(sign, before, after) for sign in signs])
    n_best = min(n_wanted + 40, prices.size)
    for flat in np.argpartition(-prices.ravel(), n_best - 1)[:n_best]:
        which, row = divmod(int(flat), len(window.gaps))
        gap, sign = window.gaps[row], signs[which]
        if sign == "}" and open_block and "\n" in window.text[gap.before : gap.after]:
            continue  # on a line of its own; see bracket_edits
        yield _insertion(window, gap, sign, float(prices[which, row]))
    words = (
        (float(free) - cost, row, added)
        for row, (gap, free) in enumerate(zip(window.gaps, base, strict=True))
        for entry, cost in window.likeliest(gap.after_token)
        if (added := window.vocabulary.bare[entry]) not in signs and window.is_whole(added)
    )
    for free, row, added in nlargest(n_wanted, words):
        yield _insertion(window, window.gaps[row], added, free)


def _insertion(window: Window, gap: Gap, added: str, free_bits: float) -> Candidate:
    text = window.text
    if added in TRAILING:
        at = gap.before
        new = added
    else:
        at = gap.after
        new = added
        if joins(added[-1] + text[at : at + 1]):
            new += " "
    if at and joins(text[at - 1] + added[0]):
        new = " " + new
    return Candidate(at, at, new, "insert", "", added, free_bits)


def deletions(window: Window) -> Iterator[Candidate]:
    """A lexeme too many, with a blank beside it."""
    for i in window.near:
        lexeme = window.lexemes[i]
        if lexeme.kind == "line":
            continue
        first, last = window.starts[i], window.ends[i]
        saved = window.after(first, last) + min(float(window.bits[first:last].sum()), 12.0)
        again = i > 0 and window.lexemes[i - 1].text == lexeme.text
        accident = 2.0 if again else 8.0 if lexeme.kind == "sign" else 12.0
        free = saved - accident - window.distance(first)
        start, end = lexeme.start, lexeme.end
        if lexeme.kind != "sign" and window.text[end : end + 1] == " ":
            end += 1
        elif window.text[start - 1 : start] == " " and window.text[start - 2 : start - 1] != "\n":
            start -= 1
        # What stood between two words must leave a blank behind.
        left = " " if joins(window.text[start - 1 : start] + window.text[end : end + 1]) else ""
        yield Candidate(start, end, left, "delete", lexeme.text, "", free)


def replacements(window: Window, n_wanted: int) -> Iterator[Candidate]:
    """What is easily taken for the lexeme, and what the model expects in its place."""
    found = nlargest(n_wanted + 20, _replacement_prices(window))
    for free, i, added in found:
        yield _replacement(window, window.lexemes[i], added, free)


def _replacement_prices(window: Window) -> Iterator[tuple[float, int, str]]:
    for i in window.near:
        lexeme = window.lexemes[i]
        if lexeme.kind == "line":
            continue
        first, last = window.starts[i], window.ends[i]
        there = min(float(window.bits[first:last].sum()), 14.0)
        base = there + 0.3 * window.surprise(last) - 8.0 - window.distance(first)
        tried = {lexeme.text, ""}
        for added in CONFUSED.get(lexeme.text, ()):
            if added not in tried:
                tried.add(added)
                cost = window.cost(first, window.vocabulary.entries(added))
                yield base + 5.0 - cost, i, added
        for entry, cost in window.likeliest(first):
            added = window.vocabulary.bare[entry]
            if added not in tried and window.is_whole(added):
                tried.add(added)
                yield base - cost, i, added


def _replacement(window: Window, lexeme: Lexeme, added: str, free_bits: float) -> Candidate:
    before = window.text[lexeme.start - 1 : lexeme.start]
    after = window.text[lexeme.end : lexeme.end + 1]
    new = added
    if joins(before + added[0]):
        new = " " + new
    if joins(added[-1] + after):
        new += " "
    return Candidate(lexeme.start, lexeme.end, new, "replace", lexeme.text, added, free_bits)


def swaps(window: Window) -> Iterator[Candidate]:
    """Two neighbours, one of them a sign, in the other order."""
    for i in range(len(window.lexemes) - 1):
        a, b = window.lexemes[i], window.lexemes[i + 1]
        if "line" in (a.kind, b.kind) or a.text == b.text or "sign" not in (a.kind, b.kind):
            continue
        between = window.text[a.end : b.start]
        if len(between) > 1 or "\n" in between:
            continue
        new = b.text + between + a.text
        if new == a.text + between + b.text:
            continue
        surprise = max(window.surprise(window.starts[i]), window.surprise(window.starts[i + 1]))
        free = surprise - 9.0 - window.distance(window.starts[i])
        yield Candidate(a.start, b.end, new, "swap", a.text, b.text, free)


def respelt(window: Window) -> Iterator[Candidate]:
    """A keyword, or a word that the text has elsewhere, for one that is nearly it."""
    # Sorted, so that edits of one price come in the same order in every run.
    wanted_words, own_words = sorted(KEYWORDS[window.language]), sorted(window.words)
    once = Counter(lexeme.text for lexeme in window.lexemes)
    for i in window.near:
        lexeme = window.lexemes[i]
        if lexeme.kind not in ("name", "number", "keyword") or len(lexeme.text) < 2:
            continue
        first = window.starts[i]
        base = min(window.surprise(first), 16.0) - window.distance(first)
        if lexeme.kind != "keyword":
            for wanted in wanted_words:
                if len(wanted) > 1 and nearly(lexeme.text, wanted):
                    cost = window.cost(first, window.vocabulary.entries(wanted))
                    yield _respelling(lexeme, wanted, base - min(cost, 10.0) + 4.0)
            for wanted in SPLIT_WORDS[window.language]:
                if lexeme.text.startswith(wanted) and len(lexeme.text) > len(wanted):
                    new = f"{wanted} {lexeme.text[len(wanted) :]}"
                    yield _respelling(lexeme, new, base - 4.0)
        if once[lexeme.text] == 1 and lexeme.kind == "name":
            for wanted in own_words:
                if len(wanted) > 3 and nearly(lexeme.text, wanted):
                    yield _respelling(lexeme, wanted, base - 6.0)


def _respelling(lexeme: Lexeme, wanted: str, free_bits: float) -> Candidate:
    return Candidate(lexeme.start, lexeme.end, wanted, "respell", lexeme.text, wanted, free_bits)


def end_tags(window: Window) -> Iterator[Candidate]:
    """Where nobody keeps a stack: the ends of the elements that began last."""
    if window.language != "html":
        return
    for gap in window.gaps:
        if window.distance(gap.after_token) > 0.0:
            continue
        before = window.text[max(gap.before - 600, 0) : gap.before]
        begun = list(dict.fromkeys(reversed(_START_TAG.findall(before))))
        free = window.surprise(gap.after_token) - 6.0
        for rank, name in enumerate(begun[:4]):
            new = f"</{name}>"
            yield Candidate(gap.before, gap.before, new, "insert", "", new, free - rank)
