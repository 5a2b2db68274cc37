"""Which small edits are worth pricing at a suspect place.

Edits are in whole tokens: insert a token of the language's syntax that the model predicts,
delete a token, replace one, swap two; a closing tag or a bracket on a line of its own; a keyword
for a misspelt word. Each carries the cost of the slip that it takes back, in bits: a deletion or
a replacement must pay for the accident that produced the token, or deleting any rare name would
look like a gain.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lm_lint import structure
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer

_BEFORE = 24  # tokens looked at before a suspect
_AFTER = 6  # and after
_MAX_PLACES = 72
_LIKELIEST = 32
_MAX_CLOSER_PLACES = 160

# Bits that a slip costs before it is known which one: missing tokens are the commonest.
INSERT_BITS = 5.0
REPLACE_BITS = 8.0
DELETE_BITS = 8.0
SWAP_BITS = 8.0
INDENT_BITS = 6.0
MISSPELL_BITS = 6.0
_WORD_ACCIDENT_BITS = 9.0  # a word that nobody meant: which of some hundreds
_NAME_ACCIDENT_BITS = 14.0  # a name costs at least this, and at least what the model asks for it

_C_WORDS = frozenset(
    [
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "register",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
        "include",
        "define",
        "ifdef",
        "ifndef",
        "endif",
    ]
)
WORDS: dict[Language, frozenset[str]] = {
    "c": _C_WORDS,
    "python": frozenset(keyword.kwlist),
    "html": frozenset(),
}
_PUNCTUATION: dict[Language, frozenset[str]] = {
    "c": frozenset("()[]{};,:\"'=+-*/<>&|!.?#"),
    "python": frozenset("()[]{},:\"'=+-*/<>.%@"),
    "html": frozenset("<>/=\"'"),
}
_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
_OPENER_OF = {closer: opener for opener, closer in _CLOSER_OF.items()}
_END_TAG = re.compile(r"</([A-Za-z][\w-]*)\s*>")
_BLANKS_BEHIND = re.compile(r"\s*\Z")
_BLANKS = re.compile(r"\s*")
_WORD = re.compile(r"\b[A-Za-z_]+\b")


class Reading(Protocol):
    """One document as the model read it; see lm_lint.scorer.Reading."""

    @property
    def tokens(self) -> Any: ...
    @property
    def scores(self) -> Any: ...
    def likeliest(
        self, positions: Sequence[int], k: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]: ...
    def cost(
        self, positions: Sequence[int], continuations: Sequence[Sequence[int]]
    ) -> list[npt.NDArray[np.float32]]: ...


@dataclass(frozen=True)
class Candidate:
    """Tokens first..last are replaced by `ids`; in the text, start..end by `text`."""

    first: int
    last: int
    ids: tuple[int, ...]
    start: int
    end: int
    text: str
    slip_bits: float
    structural: bool = False  # proposed by structure: the first, short look is not enough for it

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


class Proposer:
    """The candidates at a suspect. Knows which entries of a vocabulary are syntax."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._texts: list[str] = [tokenizer.text_of(i) for i in range(tokenizer.vocab_size)]
        self._syntax = {
            language: np.array([_is_syntax(text, language) for text in self._texts])
            for language in WORDS
        }
        for table in self._syntax.values():
            table[:5] = False
        self._breaks = np.array(
            [text.startswith("\n") and not text.strip() for text in self._texts]
        )

    def propose(
        self, text: str, language: Language, reading: Reading, suspect: structure.Problem
    ) -> list[Candidate]:
        """Every edit worth pricing, without repeats."""
        edit = _Edits(self, text, language, reading)
        places = _places(reading, suspect)
        found = [
            *edit.predicted(places),
            *edit.removed(places),
            *edit.swapped(places),
            *edit.respelt(places),
            *edit.closers(suspect),
            *edit.openers(suspect),
            *edit.tags(suspect),
        ]
        unique: dict[tuple[int, int, str], Candidate] = {}
        for candidate in found:
            key = (candidate.start, candidate.end, candidate.text)
            known = unique.get(key)
            if known is None or (candidate.structural and not known.structural):
                unique[key] = candidate
        return list(unique.values())


def misspelt(text: str, language: Language) -> Iterator[structure.Problem]:
    """Words that are nearly a keyword and stand but once: a parser may take one for a name."""
    seen: dict[str, list[int]] = {}
    for match in _WORD.finditer(text):
        seen.setdefault(match[0], []).append(match.start())
    for word, starts in seen.items():
        if len(starts) > 1 or len(word) <= 2 or word in WORDS[language]:
            continue
        if any(_nearly(word, wanted) for wanted in WORDS[language] if len(wanted) > 2):
            yield structure.Problem(starts[0], starts[0] + len(word), starts[0])


class _Edits:
    """One suspect's edits, by kind."""

    def __init__(self, owner: Proposer, text: str, language: Language, reading: Reading) -> None:
        self.texts, self.syntax, self.breaks = owner._texts, owner._syntax[language], owner._breaks
        self.tokenizer = owner.tokenizer
        self.text, self.language, self.reading = text, language, reading
        self.ids = reading.tokens.ids
        self.bounds = reading.tokens.bounds
        self.bits = reading.scores.surprisal_bits

    def make(
        self,
        first: int,
        last: int,
        ids: Iterable[int],
        slip_bits: float,
        structural: bool = False,
    ) -> Candidate:
        ids = tuple(int(i) for i in ids)
        new = self.tokenizer.decode(ids) if ids else ""
        start, end = int(self.bounds[first]), int(self.bounds[last])
        return Candidate(first, last, ids, start, end, new, slip_bits, structural)

    def predicted(self, places: list[int]) -> Iterator[Candidate]:
        """Insert what the model expects, or put it in the place of what stands there."""
        if not places:
            return
        ids, bits = self.reading.likeliest(places, _LIKELIEST)
        n_tokens = len(self.ids)
        for row, place in enumerate(places):
            here = int(self.ids[place]) if place < n_tokens else -1
            for entry, cost in zip(ids[row].tolist(), bits[row].tolist(), strict=True):
                if entry == here or cost > 9.0:
                    continue
                is_break = bool(self.breaks[entry])
                if self.syntax[entry]:
                    yield self.make(place, place, [entry], INSERT_BITS)
                    # Blanks stay: what is missing before them is inserted, not put in their place.
                    if here >= 0 and not self._is_blank(here) and cost + 3.0 < self.bits[place]:
                        accident = self._accident_bits(place, place + 1)
                        yield self.make(place, place + 1, [entry], REPLACE_BITS + accident)
                elif is_break and self.language == "python" and here >= 0:
                    if self.breaks[here]:
                        yield self.make(place, place + 1, [entry], INDENT_BITS)
                    else:
                        yield self.make(place, place, [entry], INSERT_BITS + 2.0)

    def removed(self, places: list[int]) -> Iterator[Candidate]:
        """Take away one token, or a whole word of several."""
        for place in places:
            if place >= len(self.ids):
                continue
            twice = place + 2 if self._stands_twice(place) else place + 1
            for last in {place + 1, self._word_end(place), twice}:
                gone = self._between(place, last)
                if not gone.strip() and self.language != "python":
                    continue
                bits = DELETE_BITS + self._accident_bits(place, last)
                if place and self._between(place - (last - place), place).strip() == gone.strip():
                    bits = DELETE_BITS  # a token typed twice is the likeliest accident
                yield self.make(place, last, (), bits)

    def swapped(self, places: list[int]) -> Iterator[Candidate]:
        for place in places:
            if place + 1 < len(self.ids) and (self.syntax[self.ids[place : place + 2]]).any():
                yield self.make(place, place + 2, [self.ids[place + 1], self.ids[place]], SWAP_BITS)

    def respelt(self, places: list[int]) -> Iterator[Candidate]:
        """A keyword for a word that is nearly one."""
        for place in places:
            last = self._word_end(place)
            written = self._between(place, last)
            word = written.strip()
            if not _WORD.fullmatch(word) or (place and self._continues(place)):
                continue
            for wanted in WORDS[self.language]:
                if wanted != word and _nearly(word, wanted):
                    lead = written[: len(written) - len(written.lstrip())]
                    ids = self.tokenizer.encode(lead + wanted).ids
                    yield self.make(place, last, ids, MISSPELL_BITS + 3.0)

    def closers(self, suspect: structure.Problem) -> Iterator[Candidate]:
        """A bracket or an end tag for what stays open, wherever a line or a tag ends."""
        if not suspect.opener:
            return
        is_html = self.language == "html"
        closer = f"</{suspect.opener}>" if is_html else _CLOSER_OF[suspect.opener]
        ids = self.tokenizer.encode(closer).ids.tolist()
        indent = _indent_of(self.text, suspect.start)
        for place in self._ends_between(suspect.end, suspect.noticed):
            yield self.make(place, place, ids, INSERT_BITS, True)
            at = int(self.bounds[place])
            if place == len(self.ids) or self.breaks[self.ids[place]]:
                # On a line of its own: as deep as the opener, or as the line that follows, since
                # the opener that is left over need not be the one whose closer was forgotten.
                following = _BLANKS.match(self.text, at)
                deep = following[0].rpartition("\n")[2] if following else indent
                for lead in {indent, deep}:
                    line = self.tokenizer.encode("\n" + lead).ids.tolist()
                    yield self.make(place, place, [*line, *ids], INSERT_BITS, True)

    def openers(self, suspect: structure.Problem) -> Iterator[Candidate]:
        """For a closer that closes nothing: an opener at an earlier line's end, or one closer
        less."""
        written = self.text[suspect.start : suspect.end]
        if suspect.opener or self.language == "html" or written not in _OPENER_OF:
            return
        since = max(self.text.rfind("\n}", 0, suspect.start), suspect.start - 3000, 0)
        ids = self.tokenizer.encode(" " + _OPENER_OF[written]).ids.tolist()
        for place in self._ends_between(since, suspect.start)[-_MAX_CLOSER_PLACES // 2 :]:
            yield self.make(place, place, ids, INSERT_BITS, True)
        first = int(np.searchsorted(self.bounds, since))
        last = int(np.searchsorted(self.bounds, suspect.end))
        same = [p for p in range(first, last) if self.texts[self.ids[p]].strip() == written]
        for place in same[-_MAX_CLOSER_PLACES // 4 :]:
            yield self.make(place, place + 1, (), DELETE_BITS, True)
            if place and self.breaks[self.ids[place - 1]]:
                yield self.make(place - 1, place + 1, (), DELETE_BITS, True)

    def tags(self, suspect: structure.Problem) -> Iterator[Candidate]:
        """In HTML: take a whole end tag away, give it the name of what is open, or swap it with
        the end tag that follows."""
        if self.language != "html":
            return
        for at in {suspect.start, suspect.noticed}:
            tag = _END_TAG.match(self.text, at)
            if tag is None:
                continue
            start = at - len(_BLANKS_BEHIND.search(self.text[:at])[0])  # type: ignore[index]
            yield from self._rewritten(at, tag.end(), "", DELETE_BITS + 3.0)
            yield from self._rewritten(start, tag.end(), "", DELETE_BITS + 3.0)
            names = {*structure.open_at(self.text, "html", at)[-2:], suspect.opener} - {""}
            for name in names:
                yield from self._rewritten(at, tag.end(), f"</{name}>", REPLACE_BITS + 1.0)
            following = _END_TAG.search(self.text, tag.end(), tag.end() + 200)
            if following and following[1] != tag[1]:
                between = self.text[tag.end() : following.start()]
                swapped = following[0] + between + tag[0]
                yield from self._rewritten(at, following.end(), swapped, SWAP_BITS)
        for tag in _END_TAG.finditer(self.text, suspect.end, suspect.noticed):
            if suspect.opener and tag[1] != suspect.opener and _nearly(tag[1], suspect.opener):
                right = f"</{suspect.opener}>"
                yield from self._rewritten(tag.start(), tag.end(), right, MISSPELL_BITS)

    def _rewritten(self, start: int, end: int, new: str, slip_bits: float) -> Iterator[Candidate]:
        """Replace text[start:end], whose ends must be the ends of tokens."""
        first, last = (int(np.searchsorted(self.bounds, offset)) for offset in (start, end))
        if self.bounds[first] == start and self.bounds[last] == end:
            ids = self.tokenizer.encode(new).ids if new else ()
            yield self.make(first, last, ids, slip_bits, True)

    def _ends_between(self, start: int, end: int) -> list[int]:
        """The places between two offsets where a line or a tag ends, the outermost ones."""
        first = int(np.searchsorted(self.bounds, start))
        last = int(np.searchsorted(self.bounds, end))
        if last - first <= _MAX_CLOSER_PLACES // 2:
            return list(range(first, last + 1))
        ends = [p for p in range(first, last + 1) if self._ends_something(p)]
        half = _MAX_CLOSER_PLACES // 2
        return ends if len(ends) <= 2 * half else ends[:half] + ends[-half:]

    def _ends_something(self, place: int) -> bool:
        if place >= len(self.ids) or self.breaks[self.ids[place]]:
            return True
        if self.language != "html":
            return False
        return str(self.texts[self.ids[place]]).strip() == "<"

    def _accident_bits(self, first: int, last: int) -> float:
        """How unlikely it is that a hand produced these tokens without meaning them.

        What is written by accident is no likelier than what is meant, so a deletion gains
        nothing from the surprise of the names that it takes away.
        """
        gone = self._between(first, last).strip()
        if len(set(gone)) == 1 and len(gone) <= 2 and not gone.isalnum():
            return 0.0 if len(gone) == 1 else 4.0
        if not gone:
            return 2.0
        known = gone in WORDS[self.language]
        least = _WORD_ACCIDENT_BITS if known else _NAME_ACCIDENT_BITS
        return max(least, float(self.bits[first:last].sum()))

    def _is_blank(self, entry: int) -> bool:
        return not self.texts[entry].strip()

    def _stands_twice(self, place: int) -> bool:
        """`||`, `==`, `))`: one character of punctuation and the same again."""
        return place + 1 < len(self.ids) and (
            self.texts[self.ids[place]].strip() == self.texts[self.ids[place + 1]]
            and not self.texts[self.ids[place + 1]].isalnum()
        )

    def _word_end(self, place: int) -> int:
        """Behind the last token of the word that begins with this one."""
        last = min(place + 1, len(self.ids))
        while last < len(self.ids) and self._continues(last):
            last += 1
        return last

    def _continues(self, place: int) -> bool:
        """Does a word go on across this token's start?"""
        at = int(self.bounds[place])
        return 0 < at < len(self.text) and bool(re.fullmatch(r"\w\w", self.text[at - 1 : at + 1]))

    def _between(self, first: int, last: int) -> str:
        return self.text[int(self.bounds[max(first, 0)]) : int(self.bounds[last])]


def _places(reading: Reading, suspect: structure.Problem) -> list[int]:
    """The tokens at which edits are tried: around the suspect's start and where it is noticed,
    behind an opener, and around what surprised most in between."""
    bounds = reading.tokens.bounds
    n_tokens = len(bounds) - 1
    start = int(np.searchsorted(bounds, suspect.start, side="right")) - 1
    end = int(np.searchsorted(bounds, suspect.end))
    noticed = int(np.searchsorted(bounds, suspect.noticed))
    res = set(range(start - _BEFORE, start + _AFTER + 1))
    if end - start <= _BEFORE:
        res |= set(range(start, end + _AFTER))
    res |= set(range(noticed - _BEFORE // 2, noticed + 2))
    low, high = max(start - 2, 0), min(max(end, noticed) + 1, n_tokens + 1)
    excess = (reading.scores.surprisal_bits - reading.scores.entropy_bits)[low:high]
    for peak in np.argsort(-excess)[:6]:
        if excess[peak] > 3.0:
            res |= set(range(low + int(peak) - 5, low + int(peak) + 2))
    inside = sorted(place for place in res if 0 <= place <= n_tokens)
    if len(inside) <= _MAX_PLACES:
        return inside
    centre = sorted(inside, key=lambda place: min(abs(place - start), abs(place - noticed)))
    return sorted(centre[:_MAX_PLACES])


def _is_syntax(text: str, language: Language) -> bool:
    """Whether an entry may be offered: one punctuation character or a word of the language."""
    bare = text.strip(" ")
    return bare in _PUNCTUATION[language] or bare in WORDS[language]


def _nearly(word: str, wanted: str) -> bool:
    """One letter more, less, other, or two neighbours swapped."""
    if len(word) < 2 or abs(len(word) - len(wanted)) > 1:
        return False
    if sorted(word) == sorted(wanted):
        return sum(a != b for a, b in zip(word, wanted, strict=True)) == 2
    short, long = sorted((word, wanted), key=len)
    if len(short) == len(long):
        return sum(a != b for a, b in zip(short, long, strict=True)) == 1 and len(short) > 2
    return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _indent_of(text: str, offset: int) -> str:
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip())]
