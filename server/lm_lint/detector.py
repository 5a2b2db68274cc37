"""From surprise to findings: a noisy channel over small edits.

Somebody meant a likely text, and a small slip made it this one. At each suspect place edits are
tried; the score of an edit is the bits that it saves from there on, minus the cost of the slip
that it takes back. A parser's second opinion moves the prior, and a repair has to make the parse
better. After a finding the search goes on in the repaired text, so one slip is one finding.

The detector is handed something that reads a text and prices continuations (scorer.py, or a
scripted one in tests); it knows neither torch nor files nor messages.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from lm_lint import structure
from lm_lint.candidates import Candidate, Proposer, Reading, misspelt
from lm_lint.findings import Finding, Repair, code_of
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer

_QUICK_TOKENS = 4  # what follows an edit in the first, cheap comparison
_WINDOW_TOKENS = 28  # and in the second, long enough to meet the consequences
_KEPT = 24  # candidates that reach the second comparison
_KEPT_STRUCTURAL = 40  # and how many of those that structure proposes
_SUSPECTS_AT_ONCE = 12
_ROUNDS = 4  # a repair uncovers what stood behind it; this deep and no deeper
_LEAST_CONFIDENCE = 0.2
_PARSED = 10  # and of these the ones that are parsed
_ALTERNATIVES = 4

# The confidence of the first release: log-odds = slope * (gain_bits - middle). Set by hand while
# looking at the tune part of the real slips (bench/accuracy.py), not yet fitted.
_MIDDLE_BITS = {"c": 6.0, "html": 8.0, "python": 5.0}
_SLOPE = 0.35
_SURPRISE_ONLY_EXTRA_BITS = 12.0
_NO_ERROR_LEFT_BITS = 3.0
_RELIABLE_BITS = 9.0


_Place = tuple[int, int]


class Reader(Protocol):
    """What makes readings; see lm_lint.scorer.Scorer."""

    @property
    def tokenizer(self) -> Tokenizer: ...
    def read(self, text: str, language: Language) -> Reading: ...


class Detector:
    """Finds slips with one model. `parser` off: judge by surprise alone."""

    def __init__(self, reader: Any, parser: bool = True) -> None:
        self.reader: Reader = reader
        self.parser = parser
        self._proposer = Proposer(self.reader.tokenizer)

    def detect(self, text: str, language: Language) -> list[Finding]:
        """The findings of a text, most certain first; [] for text that parses and reads well."""
        if self.parser and not self._suspects(text, language, None):
            return []
        res: list[Finding] = []
        current = text
        moved: list[tuple[int, int]] = []  # (place, growth) of each repair, in the order made
        barren: set[_Place] = set()
        for _ in range(_ROUNDS):
            accepted = self._accepted(current, language, self._findings(current, language, barren))
            if not accepted:
                break
            res += [_in_original(finding, moved) for finding in accepted]
            # From the last to the first, so that each place is still where it was.
            for repair in sorted((f.repairs[0] for f in accepted), key=lambda r: -r.start):
                current = repair.apply(current)
                moved.append((repair.start, len(repair.text) - (repair.end - repair.start)))
        return sorted(res, key=lambda finding: -finding.confidence)

    def _accepted(self, text: str, language: Language, findings: list[Finding]) -> list[Finding]:
        """Those findings, most certain first, whose repairs go together: each one makes the
        parse better again, and none touches another."""
        res: list[Finding] = []
        taken: list[Repair] = []
        weight = structure.weight(text, language) if self.parser else 0
        for finding in sorted(findings, key=lambda f: -f.confidence):
            repair = finding.repairs[0]
            if any(repair.start <= r.end + 1 and r.start <= repair.end + 1 for r in taken):
                continue
            if self.parser and taken:
                together = text
                for each in sorted([*taken, repair], key=lambda r: -r.start):
                    together = each.apply(together)
                after = structure.weight(together, language)
                if after > weight or (after == weight and not _is_word_for_word(text, repair)):
                    continue
                weight = after
            elif self.parser:
                weight = structure.weight(repair.apply(text), language)
            res.append(finding)
            taken.append(repair)
        return res

    def _suspects(
        self, text: str, language: Language, reading: Reading | None
    ) -> list[structure.Problem]:
        """Where the parser stumbles and where a keyword seems misspelt; without a parser, where
        the text surprises. One suspect a place."""
        if not self.parser:
            return _surprising(reading) if reading is not None else []
        found = [*structure.problems(text, language), *misspelt(text, language)]
        by_start = sorted(found, key=lambda p: (p.start, -len(p.opener), p.end))
        res: list[structure.Problem] = []
        for problem in by_start:
            if not res or res[-1].start != problem.start:
                res.append(problem)
        return res

    def _findings(self, text: str, language: Language, barren: set[_Place]) -> list[Finding]:
        """A finding for each suspect that has one. `barren` remembers suspects without."""
        reading = self.reader.read(text, language)
        before = structure.weight(text, language) if self.parser else 0
        res: list[Finding] = []
        n_tried = 0
        for suspect in self._suspects(text, language, reading):
            # A suspect is known by its distance from the end, which repairs before it keep.
            place = (len(text) - suspect.start, len(text) - suspect.end)
            if place in barren or n_tried >= _SUSPECTS_AT_ONCE:
                continue
            n_tried += 1
            ranked = self._ranked(text, language, reading, suspect)
            judged = self._judged(text, language, ranked, before)
            finding = _finding(text, language, judged) if judged else None
            if finding is None or finding.confidence < _LEAST_CONFIDENCE:
                barren.add(place)
            else:
                res.append(finding)
        return res

    def _ranked(
        self, text: str, language: Language, reading: Reading, suspect: structure.Problem
    ) -> list[tuple[float, Candidate]]:
        """(gain in bits, candidate), best first: a quick look at all, a long one at the best."""
        candidates = self._proposer.propose(text, language, reading, suspect)
        quick = self._gains(reading, candidates, _QUICK_TOKENS)
        order = sorted(range(len(candidates)), key=lambda i: -quick[i])
        best = [i for i in order if not candidates[i].structural][:_KEPT]
        best += [i for i in order if candidates[i].structural][:_KEPT_STRUCTURAL]
        kept = [candidates[i] for i in best]
        gains = self._gains(reading, kept, _WINDOW_TOKENS)
        return sorted(zip(gains, kept, strict=True), key=lambda pair: -pair[0])

    def _gains(
        self, reading: Reading, candidates: list[Candidate], n_following: int
    ) -> list[float]:
        """Bits saved over the edit and the tokens that follow, minus the cost of the slip."""
        if not candidates:
            return []
        sequence = np.concatenate([reading.tokens.ids, [self.reader.tokenizer.end]])
        surprisal = reading.scores.surprisal_bits
        ends = [min(c.last + n_following, len(sequence)) for c in candidates]
        edited = [
            [*c.ids, *sequence[c.last : end].tolist()]
            for c, end in zip(candidates, ends, strict=True)
        ]
        costs = reading.cost([c.first for c in candidates], edited)
        return [
            float(surprisal[c.first : end].sum() - cost.sum()) - c.slip_bits
            for c, end, cost in zip(candidates, ends, costs, strict=True)
        ]

    def _judged(
        self,
        text: str,
        language: Language,
        ranked: list[tuple[float, Candidate]],
        before: int,
    ) -> list[tuple[float, Repair]]:
        """The repairs that make the parse better, with what the parser adds to their gain."""
        res: list[tuple[float, Repair]] = []
        seen: set[str] = set()
        reliable = self.parser and structure.is_reliable(text, language)
        for gain, candidate in ranked:
            if len(res) >= _PARSED or gain < -4.0:
                break
            repaired = candidate.apply(text)
            shape = _without_layout(repaired, language)
            if shape in seen:
                continue
            seen.add(shape)
            repair = Repair(candidate.start, candidate.end, candidate.text, 0.0)
            if not self.parser:
                res.append((gain - _SURPRISE_ONLY_EXTRA_BITS, repair))
                continue
            after = structure.weight(repaired, language)
            if after < before:
                res.append((gain + _prior_bits(reliable, after), repair))
            elif after == before and _is_word_for_word(text, candidate):
                res.append((gain, repair))
        return sorted(res, key=lambda pair: -pair[0])


def _prior_bits(reliable: bool, after: int) -> float:
    """What the parser's agreement is worth: much where only a slip can make it stumble."""
    if after == 0:
        return _RELIABLE_BITS if reliable else _NO_ERROR_LEFT_BITS
    return _RELIABLE_BITS / 2 if reliable else 0.0


def _finding(text: str, language: Language, judged: list[tuple[float, Repair]]) -> Finding:
    """One finding: its confidence is that there is a slip at all, shared out among the repairs."""
    best_bits = judged[0][0]
    # Every repair is an explanation of the text; together they stand against "nothing is wrong".
    weights = [2.0 ** (bits - best_bits) for bits, _ in judged]
    evidence = best_bits + math.log2(sum(weights))
    confidence = 1.0 / (1.0 + math.exp(-_SLOPE * (evidence - _MIDDLE_BITS[language])))
    repairs = tuple(
        Repair(repair.start, repair.end, repair.text, confidence * weight / sum(weights))
        for weight, (_, repair) in list(zip(weights, judged, strict=True))[:_ALTERNATIVES]
    )
    first = repairs[0]
    code = code_of(language, text, first)
    return Finding(code, first.start, first.end, confidence, max(0.0, best_bits), repairs)


def _is_word_for_word(text: str, candidate: Candidate | Repair) -> bool:
    """A keyword for a misspelt one: the misspelt one may parse as a name."""
    written = text[candidate.start : candidate.end].strip()
    return written.isidentifier() and candidate.text.strip().isidentifier()


def _surprising(reading: Reading) -> list[structure.Problem]:
    """The tokens that surprised most, beyond what was expected, for use without a parser."""
    scores, bounds = reading.scores, reading.tokens.bounds
    excess = scores.surprisal_bits - scores.entropy_bits
    places = [int(i) for i in np.argsort(-excess)[:24] if excess[i] > 5.0]
    last = len(bounds) - 1
    res = []
    for place in sorted(places):
        start = int(bounds[min(place, last)])
        res.append(structure.Problem(start, int(bounds[min(place + 1, last)]), start))
    return res


def _in_original(finding: Finding, moved: list[tuple[int, int]]) -> Finding:
    """The finding in offsets of the text before the earlier repairs."""

    def back(offset: int) -> int:
        for place, growth in reversed(moved):
            if offset > place:
                offset = max(place, offset - growth)
        return offset

    repairs = tuple(
        Repair(back(r.start), max(back(r.start), back(r.end)), r.text, r.confidence)
        for r in finding.repairs
    )
    start = back(finding.start)
    return Finding(
        finding.code,
        start,
        max(start, back(finding.end)),
        finding.confidence,
        finding.surprisal_bits,
        repairs,
    )


def _without_layout(text: str, language: Language) -> str:
    """Texts that differ only in layout are one repair. In Python indentation is not layout."""
    if language != "python":
        return "".join(text.split())
    lines = (line for line in text.split("\n") if line.strip())
    return "\n".join(
        " " * (len(line) - len(line.lstrip())) + "".join(line.split()) for line in lines
    )
