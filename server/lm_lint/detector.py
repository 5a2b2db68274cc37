"""From surprise to findings: a noisy channel over small edits.

Somebody meant a likely text, and a small slip made it this one. examination.py says how probable each repair is;
here it is decided what is told of that. After a finding the search goes on in the repaired text, so one slip is one
finding and five slips are five. Nothing here knows torch, files or messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from lm_lint import structure, suspects
from lm_lint.candidates import Candidate
from lm_lint.examination import Examination, Examined, Examiner, Option
from lm_lint.findings import Finding, Repair, code_of
from lm_lint.html_tags import Page
from lm_lint.text import Language
from lm_lint.witnesses import go_on

ROUNDS = 8  # a repair uncovers what stood behind it; this deep and no deeper
_RUBBLE = 40  # a stretch with more problems than these is no program with some slips,
_DENSE, _DENSE_CHARS = 8, 20  # nor is one with so many, one in so few characters;
_ROUNDS_OF_RUBBLE = 2  # it is not worth more rounds than these
_CLUSTERS_IN_ALL = 40  # of a text that is no program the rest may wait until it is one
_LEAST_CONFIDENCE = 0.02
_ACCEPTED = 0.3  # a repair that is likelier is taken as made, and the search goes on behind it
_ALTERNATIVES = 4
_SAME_SLIP_LINES = 25  # so far away the same edit may take back the same slip

_INK = re.compile(r"\S")


class Detector(Examiner):
    """Finds slips with one model."""

    def detect(
        self,
        text: str,
        language: Language,
        breathe: Callable[[], None] | None = None,
        patient: bool = True,
    ) -> list[Finding]:
        """The findings of a text, most certain first; [] for text that parses and reads well.

        breathe  called between chunks of work; what it raises ends the search
        patient  False: of a stretch that was examined before, that evidence is good enough, though something
                 near it or in the rest of a page may have changed; `took_shortcuts` tells whether it was
        """
        self.breathe = breathe or go_on
        self.patient, self.took_shortcuts = patient, False
        try:
            return self._detect(text, language)
        finally:
            self.breathe = go_on

    def _detect(self, text: str, language: Language) -> list[Finding]:
        res: list[Finding] = []
        current = text
        moved: list[tuple[int, int]] = []  # (place, growth) of each repair, in the order made
        settled: set[str] = set()  # the text of clusters of which nothing more is to be said
        n_examined = 0
        for n_rounds in range(ROUNDS):
            accepted: list[Finding] = []
            waiting = False
            for examination in self.examinations(current, language, settled):
                if n_rounds >= _ROUNDS_OF_RUBBLE and _is_rubble(examination):
                    continue
                if n_examined == _CLUSTERS_IN_ALL:
                    break
                n_examined += 1
                examined = examination.result()
                finding = self._finding(current, language, examined)
                if finding is None or finding.confidence < _ACCEPTED:
                    settled.add(examined.cluster.stretch(current))
                    waiting = waiting or examined.cluster.first
                if finding is not None:
                    if (original := _in_original(finding, moved, text)) is not None:
                        res.append(original)
                    if finding.confidence >= _ACCEPTED:
                        accepted.append(finding)
            if not accepted and not waiting:
                break
            # From the last to the first, so that each place is still where it was.
            for repair in sorted((f.repairs[0] for f in accepted), key=lambda r: -r.start):
                current = repair.apply(current)
                moved.append((repair.start, len(repair.text) - (repair.end - repair.start)))
        return _once(sorted(res, key=lambda finding: -finding.confidence))

    def _finding(self, text: str, language: Language, examined: Examined) -> Finding | None:
        """The best option as a finding. Its confidence is that there is this slip, here or where
        the same edit is as right (a missing `}` has many places); its repairs share it out. What
        would mend another slip of the same cluster does not count."""
        if not len(examined.probabilities):
            return None
        order = np.argsort(-examined.probabilities)
        best = examined.options[int(order[0])]
        place = place_of(text, best.candidate)[0]
        repaired = cache(lambda: suspects.page_of(best.candidate.apply(text)))
        same: list[int] = []
        elsewhere = 0.0
        for which in order:
            option = examined.options[int(which)]
            probability = float(examined.probabilities[which])
            low, high = sorted((place, place_of(text, option.candidate)[0]))
            away = text.count("\n", low, high)
            if not away or (away <= _SAME_SLIP_LINES and _is_same_edit(best, option)):
                same.append(int(which))
            elif probability > 0.02 and self._is_other_slip(
                text, language, examined, best, option, repaired
            ):
                elsewhere += probability
        left = max(1.0 - elsewhere, 1e-6)
        shares = [float(examined.probabilities[i]) / left for i in same]
        confidence = min(sum(shares), 1.0)
        if confidence < _LEAST_CONFIDENCE:
            return None
        repairs = tuple(
            Repair(o.candidate.start, o.candidate.end, o.candidate.text, share)
            for o, share in zip(
                (examined.options[i] for i in same[:_ALTERNATIVES]), shares, strict=False
            )
        )
        start, end = place_of(text, repairs[0])
        code = code_of(language, text, repairs[0])
        return Finding(code, start, end, confidence, max(0.0, best.price.gain), repairs)

    def _is_other_slip(
        self,
        text: str,
        language: Language,
        examined: Examined,
        best: Option,
        other: Option,
        repaired: Callable[[], Page],
    ) -> bool:
        """Whether both repairs together make the text better than the best one alone.

        repaired: the page with the best one; a page is judged as a whole
        """
        if best.after is None or best.after.weight == 0:
            return False
        first, second = sorted((best.candidate, other.candidate), key=lambda c: c.start)
        if second.start < first.end:
            return False
        enough = best.after.weight - 1
        if language == "html":
            page = repaired()
            by = len(page.text) - len(text) if second is other.candidate else 0
            edit = other.candidate.moved(by)
            found = page.after(edit.start, edit.end, edit.text)
            return structure.health_of(found, len(text)).weight <= enough
        start = examined.cluster.start
        both = examined.cluster.stretch(text)
        for candidate in (second, first):
            both = candidate.moved(-start).apply(both)
        return structure.health(both, language, enough) is not None


def _is_rubble(examination: Examination) -> bool:
    n_problems = len(examination.problems)
    is_dense = n_problems >= _DENSE and n_problems * _DENSE_CHARS > len(examination.stretch)
    return n_problems > _RUBBLE or is_dense


def _is_same_edit(one: Option, other: Option) -> bool:
    """The same lexemes come and go, and the text parses as well afterwards."""
    a, b = one.candidate, other.candidate
    if (a.op, a.removed, a.added) != (b.op, b.removed, b.added):
        return False
    return (
        one.after is not None and other.after is not None and one.after.weight == other.after.weight
    )


def place_of(text: str, repair: Repair | Candidate) -> tuple[int, int]:
    """Where a finding stands: what is missing on a line of its own is missed by what follows, and
    of what is taken away with its line only what one sees is wrong."""
    start, end = repair.start, repair.end
    if start == end and repair.text.startswith("\n"):
        following = _INK.search(text, end)
        return (following.start(), following.start()) if following else (start, end)
    gone = text[start:end]
    if not gone.strip():
        return start, end
    return start + len(gone) - len(gone.lstrip()), start + len(gone.rstrip())


def line_of(text: str, candidate: Candidate) -> int:
    """The line, from 0, on which a finding with this repair stands."""
    return text.count("\n", 0, place_of(text, candidate)[0])


def _in_original(finding: Finding, moved: list[tuple[int, int]], text: str) -> Finding | None:
    """The finding in offsets of the text before the earlier repairs; None where the best repair
    is of what those wrote, and changes nothing in that text."""
    repairs = []
    for repair in finding.repairs:
        start = _back(repair.start, moved)
        end = max(start, _back(repair.end, moved))
        if text[start:end] != repair.text:
            repairs.append(replace(repair, start=start, end=end))
        elif not repairs:
            return None
    start = _back(finding.start, moved)
    end = max(start, _back(finding.end, moved))
    return replace(finding, start=start, end=end, repairs=tuple(repairs))


def _once(findings: list[Finding]) -> list[Finding]:
    """Without what was found before: a slip is looked at alone, and again as others are mended."""
    res: dict[Repair, Finding] = {}
    for finding in findings:
        res.setdefault(replace(finding.repairs[0], confidence=0.0), finding)
    return list(res.values())


def _back(offset: int, moved: list[tuple[int, int]]) -> int:
    for place, growth in reversed(moved):
        if offset > place:
            offset = max(place, offset - growth)
    return offset
