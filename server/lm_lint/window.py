"""What is known for nothing around the suspects of a text: the places where an edit may stand, and the
first price of what it brings or takes away.

The table of what the model expects at every place prices each edit without asking again. What the edits
are is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.lexemes import KEYWORDS, Lexeme, lexemes
from lm_lint.structure import Problem
from lm_lint.text import Language, line_start
from lm_lint.vocabulary import BLOCK, Vocabulary

Bits = npt.NDArray[np.float32]

_BEFORE, _AFTER = 160, 24  # tokens of the window around a suspect
_LIKELIEST = 12
_REACH_TOKENS = 60  # further from a suspect nothing is replaced, deleted or respelt
_CLOSE_TOKENS = 6  # so near to a suspect every sign and every deletion is tried
# These stand behind what comes before them; everything else stands before what follows.
TRAILING = frozenset([";", ")", "]", ",", ":", "\\", '"', "'", '"""', "'''"])


@dataclass(frozen=True)
class Gap:
    """Between two lexemes: before the blanks, and behind them. Offsets and token positions."""

    before: int
    after: int
    before_token: int
    after_token: int


class Window:
    """The stretches of a text around its suspects: their lexemes, the gaps between these, and what the
    model expects at each of them.

    limits    the edits lie in text[limits[0]:limits[1]]
    suspects  where the text does not parse, or surprises
    lexemes   in order; `starts` and `ends` are their tokens, `near` those close to a suspect
    gaps      where something may be missing
    row       which row of `table` a token has
    table     (places, V) bits of each entry of the vocabulary at the places that may be edited
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        text: str,
        language: Language,
        reading: Any,
        suspects: list[Problem],
        start: int = 0,
        end: int | None = None,
    ) -> None:
        self.limits = (start, len(text) if end is None else end)
        self.vocabulary, self.text, self.language = vocabulary, text, language
        self.ids, self.bounds = reading.tokens.ids, reading.tokens.bounds
        self.bits: Bits = reading.scores.surprisal_bits
        self.suspects = suspects
        # What is missing before a comment is noticed behind it.
        behind = {_code_before(text, language, p.start) for p in suspects[:40]}
        suspects = [*suspects, *(Problem(at, at, at) for at in behind)]
        spans = _spans(self.bounds, suspects)
        spans = [(max(a, start), min(b, self.limits[1])) for a, b in spans]
        self.lexemes: list[Lexeme] = []
        for first, last in spans:
            since = max(line_start(text, first), start)
            since = max(since, self.lexemes[-1].end if self.lexemes else 0)
            self.lexemes += lexemes(text, language, since, last)
        self.starts = [self.token_at(lexeme.start) for lexeme in self.lexemes]
        self.ends = [self.token_from(lexeme.end) for lexeme in self.lexemes]
        self.gaps = list(self._gaps(spans))
        wanted = {g.before_token for g in self.gaps} | {g.after_token for g in self.gaps}
        places = sorted(wanted | set(self.starts))
        self.row = {place: row for row, place in enumerate(places)}
        self.table: Bits = reading.expectations(places)
        hot = {self.token_at(p.start) for p in suspects}
        hot |= {self.token_at(min(p.noticed, len(text))) for p in suspects}
        self.hot = np.array(sorted(hot))
        self.near = [
            i
            for i, start in enumerate(self.starts)
            if len(hot) == 0 or np.abs(self.hot - start).min() <= _REACH_TOKENS
        ]
        self._best = self._best_entries()
        self.words = {lexeme.text for lexeme in self.lexemes if lexeme.kind in ("name", "number")}

    def costs(self, sign: str, before: list[int], after: list[int]) -> Bits:
        """What a sign costs in each gap; rows of the table before and behind the blanks."""
        entries = self.vocabulary.entries(sign)
        if not entries:
            return np.full(len(before), 16.0, dtype=np.float32)
        rows = before if sign in TRAILING else after
        found: Bits = self.table[np.ix_(rows, entries)].min(axis=1)
        return found

    def cost(self, place: int, entries: list[int]) -> float:
        """What the cheapest of the entries costs at a place; 16 bits where there is none."""
        if not entries:
            return 16.0
        return float(self.table[self.row[place], entries].min())

    def likeliest(self, place: int) -> list[tuple[int, float]]:
        """The entries that spell a lexeme and are likeliest at a place, with their bits."""
        row = self.row[place]
        best = self._best[row]
        return [(int(i), float(b)) for i, b in zip(best, self.table[row, best], strict=True)]

    def _best_entries(self) -> npt.NDArray[np.int64]:
        """(places, _LIKELIEST), cheapest first. The cheapest entries stand in the blocks whose
        cheapest entries are the cheapest, and few blocks are sorted quickly."""
        n_places = len(self.table)
        columns = self.vocabulary.spelled_blocks  # (blocks, entries)
        costs = self.table[:, columns.ravel()].reshape(n_places, *columns.shape)
        costs[:, -1, BLOCK - self.vocabulary.n_filled :] = np.inf
        n_blocks = min(_LIKELIEST, len(columns))
        found = np.argpartition(costs.min(axis=2), n_blocks - 1, axis=1)[:, :n_blocks]
        rows = np.arange(n_places)[:, None]
        few = costs[rows, found].reshape(n_places, -1)
        entries = columns[found].reshape(n_places, -1)
        order = np.argsort(few, axis=1, kind="stable")
        return np.asarray(entries[rows, order][:, :_LIKELIEST])

    def is_whole(self, added: str) -> bool:
        """A word that stands for itself, not the beginning of a longer name."""
        if not (added[0].isalnum() or added[0] == "_"):
            return True
        return (
            len(added) <= 2
            or added in KEYWORDS[self.language]
            or added in self.words
            or added.isdigit()
        )

    def surprise(self, place: int) -> float:
        """The most surprising of the next tokens: the consequence of what is missing here."""
        return float(min(self.bits[place : place + 3].max(initial=0.0), 18.0))

    def after(self, first: int, last: int) -> float:
        """Bits saved on the token that follows a deletion."""
        if last >= len(self.ids) or first not in self.row:
            return 0.0
        bare = self.vocabulary.bare[int(self.ids[last])]
        entries = self.vocabulary.entries(bare) if bare else []
        cost = self.cost(first, entries or [int(self.ids[last])])
        return float(np.clip(self.bits[last] - cost, -12.0, 14.0))

    def distance(self, place: int) -> float:
        """Bits for the way to the nearest suspect; what is near is tried in any case."""
        if not len(self.hot):
            return 0.0
        away = int(np.abs(self.hot - place).min())
        return float(np.log2(1 + away)) if away > _CLOSE_TOKENS else float(away) / 4.0 - 4.0

    def token_at(self, offset: int) -> int:
        """The token that covers an offset, or the number of tokens at the text's end."""
        return int(min(np.searchsorted(self.bounds, offset, side="right") - 1, len(self.ids)))

    def token_from(self, offset: int) -> int:
        """The first token that starts at an offset or behind it."""
        return int(np.searchsorted(self.bounds, offset, side="left"))

    def _gaps(self, spans: list[tuple[int, int]]) -> Iterator[Gap]:
        previous = 0
        ends = [end for _, end in spans]
        for lexeme in self.lexemes:
            if lexeme.start >= previous:
                yield self._gap(previous, lexeme.start)
            previous = lexeme.end
        if ends and ends[-1] >= len(self.text):
            yield self._gap(previous, len(self.text))

    def _gap(self, before: int, after: int) -> Gap:
        if self.language != "python" and before == 0 and after > 400:
            before = after  # a window in the middle of a text
        return Gap(before, after, self.token_from(before), self.token_at(after))


def _code_before(text: str, language: Language, offset: int) -> int:
    """The end of the code before an offset, comments and blanks left out."""
    end = 0
    for match in _COMMENT_OR_CODE[language].finditer(text, 0, offset):
        if match["code"]:
            end = match.end()
    return end


_COMMENT_OR_CODE: dict[Language, re.Pattern[str]] = {
    "c": re.compile(
        r"//[^\n]*|/\*.*?(?:\*/|\Z)|(?P<code>\"(?:\\.|[^\"\\\n])*\"?|[^\s/\"]+|/)", re.DOTALL
    ),
    "python": re.compile(r"#[^\n]*|(?P<code>\"(?:\\.|[^\"\\\n])*\"?|[^\s#\"]+)"),
    "html": re.compile(r"(?P<code>\S+)"),
}


def _spans(bounds: npt.NDArray[np.int64], suspects: list[Problem]) -> list[tuple[int, int]]:
    """Spans of text around the suspects, in order, apart from one another."""
    n_tokens = len(bounds) - 1
    spans = []
    for suspect in suspects:
        start = int(np.searchsorted(bounds, suspect.start, side="right")) - 1
        end = int(np.searchsorted(bounds, min(suspect.end, suspect.start + 400)))
        noticed = int(np.searchsorted(bounds, suspect.noticed))
        spans.append((max(start - _BEFORE, 0), min(end + _AFTER, n_tokens)))
        spans.append((max(noticed - _BEFORE // 4, 0), min(noticed + _AFTER, n_tokens)))
    spans.sort()
    merged: list[list[int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1] + 8:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return [(int(bounds[first]), int(bounds[last])) for first, last in merged]
