"""Which small edits are worth checking and pricing at a suspect place, in C and Python.

Every gap between two lexemes of the window may lack a sign or a word, every lexeme may be one too
many or another one, neighbours may be swapped, words misspelt, lines badly indented. The table of
what the model expects at every place gives each edit a first price for nothing; the cheapest are
handed on. Edits are of text: how they are cut into tokens is the pricing's business.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.lexemes import BRACES, KEYWORDS, Lexeme, lexemes, nearly
from lm_lint.structure import Problem, python_inside
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer

Bits = npt.NDArray[np.float32]

_BEFORE, _AFTER = 160, 24  # tokens of the window around a suspect
_LIKELIEST = 12
_BLOCK = 16  # entries of the vocabulary that are looked at together
_KEPT = {"insert": 170, "delete": 60, "replace": 80, "other": 50, "line": 60}
_INDENTS = 6  # how many of a text's indentations are tried
_REACH_TOKENS = 60  # further from a suspect nothing is replaced, deleted or respelt
_CLOSE_TOKENS = 6  # so near to a suspect every sign and every deletion is tried

# Signs that are tried in every gap, however little the model expects them there.
_SIGNS: dict[Language, tuple[str, ...]] = {
    "c": tuple(";)(}{][,\"'=:+*&<>-.\\#"),
    "python": (*":)(][}{,\"'=.#+-*%\\", '"""', "'''"),
    "html": tuple("<>/=\"'"),
}
# What hands and eyes take for one another.
_CONFUSED: dict[str, tuple[str, ...]] = {
    ",": (";", ".", ":", ")"),
    ";": (",", ":", ")"),
    ":": (";", "=", ",", "."),
    "::": (":",),
    ".": (",", "_"),
    "(": ("[", "{", "<", ")"),
    ")": ("]", "}", "(", ">"),
    "[": ("(", "{", "]"),
    "]": (")", "}", "["),
    "{": ("(", "[", "}"),
    "}": (")", "]", "{"),
    "=": ("==", "-", "+=", ":", "!="),
    "==": ("=",),
    "'": ('"', "`"),
    '"': ("'", '"""'),
    "`": ("'", '"'),
    "<": ("(", "<=", ",", ">"),
    ">": (")", ">=", ",", "."),
    "&&": ("and", "&"),
    "||": ("or", "|"),
    "!": ("not", "1"),
    "//": ("#", "/"),
    "/": ("\\", "//"),
    "\\": ("/",),
    "&": ("&&", "and", "*", "7"),
    "|": ("||", "or", "1"),
    "+": ("=", "+=", "++", ","),
    "-": ("_", "=", "->", "--"),
    "*": ("&", "8"),
    "$": ("",),
    "”": ('"',),
    "“": ('"',),
    "‘": ("'",),
    "’": ("'",),
    "else": ("except", "elif"),
    "elif": ("if",),
    "catch": ("except",),
    "elseif": ("elif",),
    "elsif": ("elif",),
    "function": ("def",),
    "import": ("from",),
    "from": ("import",),
    "null": ("None",),
    "foreach": ("for",),
    "for": ("if", "while"),
    "if": ("for", "while"),
}
_CLOSER_OF = {"(": ")", "[": "]", "{": "}"}
# These stand behind what comes before them; everything else stands before what follows.
_TRAILING = frozenset([";", ")", "]", ",", ":", "\\", '"', "'", '"""', "'''"])


@dataclass(frozen=True, slots=True)
class Candidate:
    """Replace text[start:end] by `text`.

    op         what the repair does: insert, delete, replace, swap, respell, indent, or a kind of
               lm_lint.html_repairs
    removed    the lexeme that goes, "" for none
    added      the lexeme that comes
    free_bits  the first price: higher is likelier
    """

    start: int
    end: int
    text: str
    op: str
    removed: str
    added: str
    free_bits: float

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]

    def moved(self, by: int) -> Candidate:
        """The same edit in a text that begins so many code points earlier."""
        return replace(self, start=self.start + by, end=self.end + by)


@dataclass(frozen=True)
class Gap:
    """Between two lexemes: before the blanks, and behind them. Offsets and token positions."""

    before: int
    after: int
    before_token: int
    after_token: int


class Vocabulary:
    """Which entries of a vocabulary spell a lexeme."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        texts = [tokenizer.text_of(i) for i in range(tokenizer.vocab_size)]
        self.bare = [text.strip(" ") for text in texts]
        whole = re.compile(r"\w+|[^\w\s\ufffd]")
        self.spells = np.array([bool(whole.fullmatch(text)) for text in self.bare])
        spelled = np.flatnonzero(self.spells)
        self.n_filled = -len(spelled) % _BLOCK  # the last one stands so many times more
        padded = np.concatenate([spelled, spelled[-1:].repeat(self.n_filled)])
        self.spelled_blocks = padded.reshape(-1, _BLOCK)
        self._entries: dict[str, list[int]] = {}
        for entry, bare in enumerate(self.bare):
            if self.spells[entry]:
                self._entries.setdefault(bare, []).append(entry)

    def entries(self, lexeme: str) -> list[int]:
        """The entries that begin a lexeme, with and without a space before it."""
        if lexeme in self._entries:
            return self._entries[lexeme]
        return self._entries.get(lexeme[0], []) if not lexeme[0].isalnum() else []


class Proposer:
    """The edits of one text around its suspects."""

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
        """The edits lie in text[start:end]."""
        self.limits = (start, len(text) if end is None else end)
        self.vocabulary, self.text, self.language = vocabulary, text, language
        self.ids, self.bounds = reading.tokens.ids, reading.tokens.bounds
        self.bits: Bits = reading.scores.surprisal_bits
        self.suspects = suspects
        # What is missing before a comment is noticed behind it.
        behind = {_code_before(text, language, p.start) for p in suspects[:40]}
        suspects = [*suspects, *(Problem(at, at, at) for at in behind)]
        spans = _windows(self.bounds, suspects)
        spans = [(max(a, start), min(b, self.limits[1])) for a, b in spans]
        self.lexemes: list[Lexeme] = []
        for first, last in spans:
            since = max(_line_start(text, first), start)
            since = max(since, self.lexemes[-1].end if self.lexemes else 0)
            self.lexemes += lexemes(text, language, since, last)
        self.starts = [self._token_at(lexeme.start) for lexeme in self.lexemes]
        self.ends = [self._token_from(lexeme.end) for lexeme in self.lexemes]
        self.gaps = list(self._gaps(spans))
        wanted = {g.before_token for g in self.gaps} | {g.after_token for g in self.gaps}
        self.places = sorted(wanted | set(self.starts))
        self.row = {place: row for row, place in enumerate(self.places)}
        self.table: Bits = reading.expectations(self.places)  # (places, V) bits
        hot = {self._token_at(p.start) for p in suspects}
        hot |= {self._token_at(min(p.noticed, len(text))) for p in suspects}
        self.hot = np.array(sorted(hot))
        self.near = [
            i
            for i, start in enumerate(self.starts)
            if len(hot) == 0 or np.abs(self.hot - start).min() <= _REACH_TOKENS
        ]
        self._best = self._best_entries()
        self.words = {lexeme.text for lexeme in self.lexemes if lexeme.kind in ("name", "number")}

    def propose(self) -> list[Candidate]:
        """The edits with the best first price, best first, without repeats."""
        groups: dict[str, Iterable[Candidate]] = {
            "insert": self._insertions(),
            "delete": self._deletions(),
            # Before the replacements, of which a respelling may be one.
            "other": [*self._swaps(), *self._respelt(), *self._end_tags(), *self._pairs()],
            "line": self._lines(),
            "replace": self._replacements(),
        }
        res = list(self._closers())
        for name, found in groups.items():
            res += sorted(found, key=lambda c: -c.free_bits)[: _KEPT[name]]
        unique: dict[tuple[int, int, str], Candidate] = {}
        for candidate in res:
            unique.setdefault((candidate.start, candidate.end, candidate.text), candidate)
        return sorted(unique.values(), key=lambda c: -c.free_bits)

    # --- The kinds of edits -----------------------------------------------------------------------

    def _insertions(self) -> Iterator[Candidate]:
        """Every sign in every gap, and the likeliest words; only the best become candidates."""
        if not self.gaps:
            return
        open_block = self.language == "c" and any(p.opener == "{" for p in self.suspects)
        base = np.array(
            [self._surprise(g.after_token) - self._distance(g.after_token) for g in self.gaps]
        )
        before = [self.row[gap.before_token] for gap in self.gaps]
        after = [self.row[gap.after_token] for gap in self.gaps]
        signs = _SIGNS[self.language]
        prices = np.stack([base - self._costs(sign, before, after) for sign in signs])
        n_best = min(_KEPT["insert"] + 40, prices.size)
        for flat in np.argpartition(-prices.ravel(), n_best - 1)[:n_best]:
            which, row = divmod(int(flat), len(self.gaps))
            gap, sign = self.gaps[row], signs[which]
            if sign == "}" and open_block and "\n" in self.text[gap.before : gap.after]:
                continue  # on a line of its own; see _missing_closer
            yield self._insertion(gap, sign, float(prices[which, row]))
        words = (
            (float(free) - cost, row, added)
            for row, (gap, free) in enumerate(zip(self.gaps, base, strict=True))
            for entry, cost in self._likeliest(gap.after_token)
            if (added := self.vocabulary.bare[entry]) not in signs and self._is_whole(added)
        )
        for free, row, added in nlargest(_KEPT["insert"], words):
            yield self._insertion(self.gaps[row], added, free)

    def _costs(self, sign: str, before: list[int], after: list[int]) -> Bits:
        """What a sign costs in each gap; rows of the table before and behind the blanks."""
        entries = self.vocabulary.entries(sign)
        if not entries:
            return np.full(len(before), 16.0, dtype=np.float32)
        rows = before if sign in _TRAILING else after
        found: Bits = self.table[np.ix_(rows, entries)].min(axis=1)
        return found

    def _insertion(self, gap: Gap, added: str, free_bits: float) -> Candidate:
        text = self.text
        if added in _TRAILING:
            at = gap.before
            new = added
        else:
            at = gap.after
            new = added
            if _joins(added[-1] + text[at : at + 1]):
                new += " "
        if at and _joins(text[at - 1] + added[0]):
            new = " " + new
        return Candidate(at, at, new, "insert", "", added, free_bits)

    def _deletions(self) -> Iterator[Candidate]:
        for i in self.near:
            lexeme = self.lexemes[i]
            if lexeme.kind == "line":
                continue
            first, last = self.starts[i], self.ends[i]
            saved = self._after(first, last) + min(float(self.bits[first:last].sum()), 12.0)
            again = i > 0 and self.lexemes[i - 1].text == lexeme.text
            accident = 2.0 if again else 8.0 if lexeme.kind == "sign" else 12.0
            free = saved - accident - self._distance(first)
            start, end = lexeme.start, lexeme.end
            if lexeme.kind != "sign" and self.text[end : end + 1] == " ":
                end += 1
            elif self.text[start - 1 : start] == " " and self.text[start - 2 : start - 1] != "\n":
                start -= 1
            # What stood between two words must leave a blank behind.
            joins = _joins(self.text[start - 1 : start] + self.text[end : end + 1])
            yield Candidate(start, end, " " if joins else "", "delete", lexeme.text, "", free)

    def _replacements(self) -> Iterator[Candidate]:
        """What is easily taken for the lexeme, and what the model expects in its place."""
        found = nlargest(_KEPT["replace"] + 20, self._replacement_prices())
        for free, i, added in found:
            yield self._replacement(self.lexemes[i], added, free)

    def _replacement_prices(self) -> Iterator[tuple[float, int, str]]:
        for i in self.near:
            lexeme = self.lexemes[i]
            if lexeme.kind == "line":
                continue
            first, last = self.starts[i], self.ends[i]
            there = min(float(self.bits[first:last].sum()), 14.0)
            base = there + 0.3 * self._surprise(last) - 8.0 - self._distance(first)
            tried = {lexeme.text, ""}
            for added in _CONFUSED.get(lexeme.text, ()):
                if added not in tried:
                    tried.add(added)
                    cost = self._cost(first, self.vocabulary.entries(added))
                    yield base + 5.0 - cost, i, added
            for entry, cost in self._likeliest(first):
                added = self.vocabulary.bare[entry]
                if added not in tried and self._is_whole(added):
                    tried.add(added)
                    yield base - cost, i, added

    def _replacement(self, lexeme: Lexeme, added: str, free_bits: float) -> Candidate:
        before = self.text[lexeme.start - 1 : lexeme.start]
        after = self.text[lexeme.end : lexeme.end + 1]
        new = added
        if _joins(before + added[0]):
            new = " " + new
        if _joins(added[-1] + after):
            new += " "
        return Candidate(lexeme.start, lexeme.end, new, "replace", lexeme.text, added, free_bits)

    def _swaps(self) -> Iterator[Candidate]:
        for i in range(len(self.lexemes) - 1):
            a, b = self.lexemes[i], self.lexemes[i + 1]
            if "line" in (a.kind, b.kind) or a.text == b.text or "sign" not in (a.kind, b.kind):
                continue
            between = self.text[a.end : b.start]
            if len(between) > 1 or "\n" in between:
                continue
            new = b.text + between + a.text
            if new == a.text + between + b.text:
                continue
            surprise = max(self._surprise(self.starts[i]), self._surprise(self.starts[i + 1]))
            free = surprise - 9.0 - self._distance(self.starts[i])
            yield Candidate(a.start, b.end, new, "swap", a.text, b.text, free)

    def _respelt(self) -> Iterator[Candidate]:
        """A keyword, or a word that the text has elsewhere, for one that is nearly it."""
        # Sorted, so that edits of one price come in the same order in every run.
        wanted_words, own_words = sorted(KEYWORDS[self.language]), sorted(self.words)
        once = Counter(lexeme.text for lexeme in self.lexemes)
        for i in self.near:
            lexeme = self.lexemes[i]
            if lexeme.kind not in ("name", "number", "keyword") or len(lexeme.text) < 2:
                continue
            first = self.starts[i]
            base = min(self._surprise(first), 16.0) - self._distance(first)
            if lexeme.kind != "keyword":
                for wanted in wanted_words:
                    if len(wanted) > 1 and nearly(lexeme.text, wanted):
                        cost = self._cost(first, self.vocabulary.entries(wanted))
                        yield self._respelling(lexeme, wanted, base - min(cost, 10.0) + 4.0)
                for wanted in _SPLIT_WORDS[self.language]:
                    if lexeme.text.startswith(wanted) and len(lexeme.text) > len(wanted):
                        new = f"{wanted} {lexeme.text[len(wanted) :]}"
                        yield self._respelling(lexeme, new, base - 4.0)
            if once[lexeme.text] == 1 and lexeme.kind == "name":
                for wanted in own_words:
                    if len(wanted) > 3 and nearly(lexeme.text, wanted):
                        yield self._respelling(lexeme, wanted, base - 6.0)

    def _respelling(self, lexeme: Lexeme, wanted: str, free_bits: float) -> Candidate:
        return Candidate(
            lexeme.start, lexeme.end, wanted, "respell", lexeme.text, wanted, free_bits
        )

    def _lines(self) -> Iterator[Candidate]:
        """Python's lines: other indentation, a line break too many, one too few."""
        if self.language != "python":
            return
        # What was read may begin inside a string; the stretch does not.
        since = self.limits[0]
        inside = python_inside(self.text[since:])
        breaks_here = [
            lexeme
            for lexeme in self.lexemes
            if lexeme.kind == "line" and not inside[max(lexeme.end - since, 0)]
        ]
        counts = Counter(lexeme.text.rpartition("\n")[2] for lexeme in breaks_here)
        in_use = {indent for indent, _ in counts.most_common(_INDENTS)}
        line = re.compile(r"[ \t]*(?=[^\s#])")
        for lexeme in breaks_here:
            place = self._token_at(lexeme.start)
            breaks, _, indent = lexeme.text.rpartition("\n")
            free = max(self._surprise(place), 4.0) - 4.0 - self._distance(place)
            before = _indent_of(self.text, lexeme.start)
            following = line.match(self.text, self.text.find("\n", lexeme.end) + 1)
            wanted = {before, before + "    ", before + "\t", before[:-4], before[:-1], ""}
            wanted |= in_use
            if following:
                wanted.add(following[0])
            for other in sorted(wanted - {indent}):
                yield Candidate(
                    lexeme.start + len(breaks) + 1,
                    lexeme.end,
                    other,
                    "indent",
                    "deeper" if len(indent) > len(other) else "",
                    "deeper" if len(indent) < len(other) else "",
                    free - (0.0 if other in (before, before + "    ", before[:-4]) else 2.0),
                )
            joined = "" if self.text[lexeme.start - 1 : lexeme.start] in "([{" else " "
            yield Candidate(lexeme.start, lexeme.end, joined, "delete", "\n", "", free - 6.0)
        first = line.match(self.text)
        if first and first[0]:
            yield Candidate(0, first.end(), "", "indent", "deeper", "", 8.0)
        for gap in self.gaps:
            if self.text[gap.before : gap.after].count("\n") == 0 and gap.before:
                free = self._surprise(gap.after_token) - 9.0 - self._distance(gap.after_token)
                if free > -4.0:
                    new = "\n" + _indent_of(self.text, gap.before)
                    yield Candidate(gap.before, gap.after, new, "insert", "", "\n", free)

    def _pairs(self) -> Iterator[Candidate]:
        """Two edits that come together, where one alone does not suffice."""
        for closer in _SIGNS[self.language] and ("))", "]]", "])", ")]"):
            for gap in self.gaps:
                far = self._distance(gap.after_token)
                if far < 1.0:
                    cost = self._cost(gap.before_token, self.vocabulary.entries(closer[0]))
                    free = self._surprise(gap.after_token) - cost - far - 6.0
                    yield Candidate(gap.before, gap.before, closer, "pair", "", closer, free)
        for pattern, new in _TOGETHER[self.language]:
            for match in pattern.finditer(self.text, *self.limits):
                place = self._token_at(match.start())
                free = 6.0 - self._distance(place)
                added = match.expand(new)
                yield Candidate(match.start(), match.end(), added, "pair", "two", "two", free)

    def _end_tags(self) -> Iterator[Candidate]:
        """Where nobody keeps a stack: the ends of the elements that began last."""
        if self.language != "html":
            return
        for gap in self.gaps:
            if self._distance(gap.after_token) > 0.0:
                continue
            before = self.text[max(gap.before - 600, 0) : gap.before]
            begun = list(dict.fromkeys(reversed(_START_TAG.findall(before))))
            free = self._surprise(gap.after_token) - 6.0
            for rank, name in enumerate(begun[:4]):
                new = f"</{name}>"
                yield Candidate(gap.before, gap.before, new, "insert", "", new, free - rank)

    def _closers(self) -> Iterator[Candidate]:
        """A bracket for what stays open: at the end of every line up to where that shows, in C a
        brace also on a line of its own; and what closes nothing, or any closer like it before,
        taken away."""
        for suspect in self.suspects:
            if suspect.opener in _CLOSER_OF:
                yield from self._missing_closer(suspect)
            elif self.text[suspect.start : suspect.end] in ("}", ")", "]"):
                yield from self._stray_closer(suspect)

    def _missing_closer(self, suspect: Problem) -> Iterator[Candidate]:
        closer = _CLOSER_OF[suspect.opener]
        ends = [m.start() for m in _LINE_END.finditer(self.text, suspect.end, suspect.noticed)]
        if suspect.opener != "{":
            ends = ends[:6]
        elif len(ends) > 60:
            ends = ends[:20] + ends[-40:]
        if suspect.noticed == len(self.text):
            ends.append(len(self.text.rstrip()))
        ends = [at for at in ends if self.limits[0] <= at <= self.limits[1]]
        indents = _block_indents(self.text, suspect.start, ends)
        for at, own_indent in zip(ends, indents, strict=True):
            token = self._token_from(at)
            free = self._surprise(token) - 4.0
            if suspect.opener == "{" and self.language == "c":
                new = f"\n{own_indent}{closer}"
                if self.text[at - 1 : at] not in ";}{":
                    free -= 4.0
                yield Candidate(at, at, new, "insert", "", closer, free)
            else:
                yield Candidate(at, at, closer, "insert", "", closer, free)

    def _stray_closer(self, suspect: Problem) -> Iterator[Candidate]:
        written = self.text[suspect.start : suspect.end]
        since = max(suspect.start - 12_000, self.limits[0])
        places = [m.start() for m in re.finditer(re.escape(written), self.text[since:])]
        places = [since + p for p in places if since + p <= suspect.start][-40:]
        for at in places:
            line_start = _line_start(self.text, at)
            end = at + 1
            alone = not self.text[line_start:at].strip() and self.text[end : end + 1] in ("\n", "")
            start = max(line_start - 1, 0) if alone else at
            free = self._surprise(self._token_at(at)) - 6.0
            yield Candidate(start, end, "", "delete", written, "", free)
        if written == "}" and self.language == "c":
            yield from self._missing_opener(suspect, since)

    def _missing_opener(self, suspect: Problem, since: int) -> Iterator[Candidate]:
        """A brace behind a line that ends with `)` or `else` and after which the text moves in."""
        found = [m.end() for m in _HEAD_END.finditer(self.text, since, suspect.start)]
        for at in found[:8] + found[8:][-32:]:
            free = self._surprise(self._token_from(at)) - 4.0
            yield Candidate(at, at, " {", "insert", "", "{", free)

    # --- Prices and places ------------------------------------------------------------------------

    def _cost(self, place: int, entries: list[int]) -> float:
        if not entries:
            return 16.0
        return float(self.table[self.row[place], entries].min())

    def _likeliest(self, place: int) -> list[tuple[int, float]]:
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
        costs[:, -1, _BLOCK - self.vocabulary.n_filled :] = np.inf
        n_blocks = min(_LIKELIEST, len(columns))
        found = np.argpartition(costs.min(axis=2), n_blocks - 1, axis=1)[:, :n_blocks]
        rows = np.arange(n_places)[:, None]
        few = costs[rows, found].reshape(n_places, -1)
        entries = columns[found].reshape(n_places, -1)
        order = np.argsort(few, axis=1, kind="stable")
        return np.asarray(entries[rows, order][:, :_LIKELIEST])

    def _is_whole(self, added: str) -> bool:
        """A word that stands for itself, not the beginning of a longer name."""
        if not (added[0].isalnum() or added[0] == "_"):
            return True
        return (
            len(added) <= 2
            or added in KEYWORDS[self.language]
            or added in self.words
            or added.isdigit()
        )

    def _surprise(self, place: int) -> float:
        """The most surprising of the next tokens: the consequence of what is missing here."""
        return float(min(self.bits[place : place + 3].max(initial=0.0), 18.0))

    def _after(self, first: int, last: int) -> float:
        """Bits saved on the token that follows a deletion."""
        if last >= len(self.ids) or first not in self.row:
            return 0.0
        bare = self.vocabulary.bare[int(self.ids[last])]
        entries = self.vocabulary.entries(bare) if bare else []
        cost = self._cost(first, entries or [int(self.ids[last])])
        return float(np.clip(self.bits[last] - cost, -12.0, 14.0))

    def _distance(self, place: int) -> float:
        """Bits for the way to the nearest suspect; what is near is tried in any case."""
        if not len(self.hot):
            return 0.0
        away = int(np.abs(self.hot - place).min())
        return float(np.log2(1 + away)) if away > _CLOSE_TOKENS else float(away) / 4.0 - 4.0

    def _token_at(self, offset: int) -> int:
        """The token that covers an offset, or the number of tokens at the text's end."""
        return int(min(np.searchsorted(self.bounds, offset, side="right") - 1, len(self.ids)))

    def _token_from(self, offset: int) -> int:
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
        return Gap(before, after, self._token_from(before), self._token_at(after))


def _block_indents(text: str, start: int, places: list[int]) -> list[str]:
    """For increasing places of C the indentation of the line that opened the innermost block."""
    res = []
    stack: list[int] = []
    braces = [m.start(1) for m in BRACES.finditer(text, start) if m[1]]
    idx = 0
    for place in places:
        while idx < len(braces) and braces[idx] < place:
            if text[braces[idx]] == "{":
                stack.append(braces[idx])
            elif len(stack) > 1:
                stack.pop()
            idx += 1
        res.append(_indent_of(text, stack[-1]) if stack else "")
    return res


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
# What takes two edits to mend, and is one slip all the same.
_TOGETHER: dict[Language, tuple[tuple[re.Pattern[str], str], ...]] = {
    "c": (
        (re.compile(r"\bfor(\s*\([^;,()]*),([^;,()]*),([^;,]*)"), r"for\1;\2;\3"),
        (re.compile(r"=<"), "<="),
        (re.compile(r"=>"), ">="),
        (re.compile(r"\belse(\s*\([^()]*\))(?=\s*\{)"), r"else if\1"),
        (re.compile(r"\(\(([^()]*)\)\{"), r"((\1)) {"),
    ),
    "python": (
        (re.compile(r"\belse[ \t]+if\b"), "elif"),
        (re.compile(r"\bprint[ \t]+((?!\()[^\n#]*[^\s#])"), r"print(\1)"),
        (re.compile(r"(?<=[\w\])])[ \t]*\+\+"), " += 1"),
        (re.compile(r"(?<=[\w\])])[ \t]*--(?=[ \t]*$)", re.MULTILINE), " -= 1"),
        (re.compile(r"=<"), "<="),
        (re.compile(r"=>"), ">="),
        (re.compile(r"<>"), "!="),
        (re.compile(r"!(?=[\w(])"), "not "),
    ),
    "html": (),
}
_START_TAG = re.compile(r"<([A-Za-z][\w-]*)")
_HEAD_END = re.compile(r"(?:\)|\b(?:else|do)|\b(?:struct|union|enum)[ \t]+\w+)(?=[ \t]*\n)")
_LINE_END = re.compile(r"(?<=[^\s])[ \t]*$", re.MULTILINE)
_SPLIT_WORDS: dict[Language, tuple[str, ...]] = {
    "c": ("int", "char", "float", "double", "return", "else", "void", "case", "long"),
    "python": ("def", "for", "if", "import", "return", "in", "not", "class", "else", "while"),
    "html": (),
}


def _windows(bounds: npt.NDArray[np.int64], suspects: list[Problem]) -> list[tuple[int, int]]:
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


def _joins(pair: str) -> bool:
    """Whether two characters that come together would be one word."""
    return len(pair) == 2 and _in_word(pair[0]) and _in_word(pair[1])


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _indent_of(text: str, offset: int) -> str:
    start = _line_start(text, offset)
    line = text[start:offset]
    return line[: len(line) - len(line.lstrip())]
