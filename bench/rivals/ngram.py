"""The yardstick of the literature: a 5-gram model ranks the edits of one token by the bits that they save.

As Santos et al. (SANER 2018) did with 10-grams: names, numbers and strings are one token each, whatever they say; where
the text costs most, every token is tried away, replaced, or given a neighbour, and the edit after which the text costs
least comes first. The smoothing is that of models/ngram.py. It always names a place, so nobody asks it about correct
text. It is trained at a small scale, on the held-out projects that are not measured in the same run.
"""

from __future__ import annotations

import functools
import keyword
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.made_tokens import Token, Tokens
from bench.reports import Change, Looked, Report, Tool
from bench.rivals.processes import one_by_one
from lm_lint.text import LANGUAGES, Document, Language

if TYPE_CHECKING:
    from models.ngram import KneserNey
    from models.records import Split

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Edit = tuple[int, int, list[int]]  # ids in the place of the units first..last

ORDER = 5
_REACH = ORDER - 1
MAX_CHARS = 6_000_000
_PLACES = 150  # the ones that cost most
_TRIED = 60  # kinds of tokens that are tried at each, the most frequent
_REPORTED = 5
_LEAST_COUNT = 3

_START, _END, _RARE = 0, 1, 2
_C_KEYWORDS = frozenset(
    (
        *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else"),
        *("enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register"),
        *("return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union"),
        *("unsigned", "void", "volatile", "while"),
    )
)
_KEYWORDS: dict[Language, frozenset[str]] = {
    "c": _C_KEYWORDS,
    "python": frozenset(keyword.kwlist),
    "html": frozenset(),
}
_LINE_END = "<line end>"


@dataclass(frozen=True)
class Unit:
    """What the model reads as one: a token's kind and its place. A line end of Python has no width."""

    kind: str
    start: int
    end: int


def units(language: Language, text: str) -> Iterator[Unit]:
    before: Token | None = None
    for token in Tokens.of(language, text).all:
        if language == "python" and before and "\n" in text[before.end : token.start]:
            yield Unit(_LINE_END, before.end, before.end)
        yield Unit(kind_of(language, token), token.start, token.end)
        before = token


def kind_of(language: Language, token: Token) -> str:
    """Names and literals lose what they say: `<name>`, `<number>`, `<string>`, `<text>`."""
    if token.kind in ("string", "text"):
        return f"<{token.kind}>"
    if token.kind == "word" and token.text not in _KEYWORDS[language]:
        return "<number>" if token.text[0] in ".0123456789" else "<name>"
    return token.text.lower() if language == "html" else token.text


@dataclass(frozen=True)
class Ranker:
    """A trained model: kinds of tokens as ids, and those that are tried, the most frequent first."""

    model: KneserNey
    language: Language
    ids: dict[str, int]
    tried: tuple[str, ...]

    def reports(self, text: str) -> list[Report]:
        found = list(units(self.language, text))
        kinds = [self.ids.get(unit.kind, _RARE) for unit in found]
        ids = np.array([_START, *kinds, _END], dtype=np.int64)
        bits = self.model.surprisal_bits(ids)
        edits = [edit for place in _places(bits) for edit in self._edits(ids, place)]
        gains = self._gains(ids, bits, edits)
        words = {number: kind for kind, number in self.ids.items()}
        document = Document.of(text)
        res: list[Report] = []
        for best in np.argsort(-gains, kind="stable"):
            report = _report(document, found, edits[best], words, float(gains[best]))
            if report.line not in {r.line for r in res}:
                res.append(report)
            if len(res) == _REPORTED:
                break
        return res

    def _edits(self, ids: Ints, place: int) -> Iterable[Edit]:
        tried = [self.ids[kind] for kind in self.tried]
        if place < len(ids) - 1:
            yield place, place + 1, []
            yield from ((place, place + 1, [new]) for new in tried if new != ids[place])
        yield from ((place, place, [new]) for new in tried)

    def _gains(self, ids: Ints, bits: Floats, edits: list[Edit]) -> Floats:
        """Bits saved over the edit and the tokens whose context it changes: (E,) float64.

        Every edited piece is laid behind a start and its context, all in one row for the model.
        """
        pieces = [
            np.concatenate(
                ([_START], ids[max(1, first - _REACH) : first], new, ids[last : last + _REACH])
            )
            for first, last, new in edits
        ]
        if not pieces:
            return np.empty(0)
        costs = self.model.surprisal_bits(np.concatenate(pieces).astype(np.int64))
        total, before = _running(costs), _running(bits)
        gains = np.empty(len(edits))
        at = 0
        for i, ((first, last, _), piece) in enumerate(zip(edits, pieces, strict=True)):
            n_context = 1 + first - max(1, first - _REACH)
            after = total[at + len(piece)] - total[at + n_context]
            gains[i] = before[min(last + _REACH, len(ids))] - before[first] - after
            at += len(piece)
        return gains


def _running(bits: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(bits)))


def _places(bits: Floats) -> list[int]:
    """The tokens that cost most, and the ones before them: a slip often shows one token late."""
    worst = np.argsort(-bits[1:], kind="stable")[:_PLACES] + 1
    return sorted({int(p) for p in worst} | {int(p) - 1 for p in worst if p > 1})


def _report(
    document: Document, found: list[Unit], edit: Edit, words: dict[int, str], gain_bits: float
) -> Report:
    """A missing token is missing behind the one before it. What a name would be called nobody knows: no repair."""
    first, last, new = edit
    start = found[first - 2].end if first > 1 else 0
    end = start
    if last > first:
        start, end = found[first - 1].start, found[last - 2].end
    written = [words[number] for number in new]
    text = "\n" if written == [_LINE_END] else "".join(f" {word} " for word in written)
    changes: tuple[Change, ...] = ((start, end, text),)
    known = written == [_LINE_END] or not any(_is_abstract(word) for word in written)
    known = known and (text != "" or end > start)
    line = document.position(start)[0] + 1
    return Report(line, start, f"{gain_bits:.1f} bits", repairs=(changes,) if known else ())


def _is_abstract(kind: str) -> bool:
    return kind in ("<name>", "<number>", "<string>", "<text>", _LINE_END)


def tools(corpus: Path, part: str) -> list[Tool]:
    """One ranker a language, trained when it is first asked. Text of the part that is measured is never trained on."""
    from models.records import corpus_file

    split: Split = "test" if part == "tune" else "valid"
    res = []
    for language in LANGUAGES:
        path = corpus_file(corpus, language, split)
        if not path.exists():
            continue
        note = f"trained on {MAX_CHARS / 1e6:.0f} MB at most of the {split} projects"
        res.append(
            Tool(
                f"{ORDER}-gram ranker",
                language,
                f"{ORDER}-gram 3, {split}, {path.stat().st_size} bytes compressed",
                _Lazy(language, path),
                repairs=True,
                ranks=True,
                note=note,
            )
        )
    return res


class _Lazy:
    """A ranker that is trained when the first text comes, which never happens where all answers are remembered."""

    def __init__(self, language: Language, path: Path) -> None:
        self._ranker = functools.cache(lambda: trained(language, _texts(path)))

    def __call__(self, texts: Sequence[str]) -> list[Looked]:
        return one_by_one(self._ranker().reports)(texts)


def _texts(path: Path) -> Iterator[str]:
    from models.records import normalised, read_records

    n_chars = 0
    for record in read_records(path):
        text = normalised(record["text"])
        n_chars += len(text)
        if n_chars > MAX_CHARS:
            return
        yield text


def trained(language: Language, texts: Iterable[str]) -> Ranker:
    from models import ngram

    documents = [[unit.kind for unit in units(language, text)] for text in texts]
    counts = Counter(kind for document in documents for kind in document)
    kept = [kind for kind, n in counts.most_common() if n >= _LEAST_COUNT]
    ids = {kind: number for number, kind in enumerate(kept, _RARE + 1)}
    row = np.concatenate(
        [
            np.array([_START, *(ids.get(kind, _RARE) for kind in document), _END])
            for document in documents
        ]
    )
    model = ngram.train(row.astype(np.int64), ORDER, len(ids) + _RARE + 1, (_START,))
    return Ranker(model, language, ids, tuple(kept[:_TRIED]))
