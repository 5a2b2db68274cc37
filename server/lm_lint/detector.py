"""From surprise to findings: a noisy channel over small edits.

Somebody meant a likely text, and a small slip made it this one. Where the text does not parse, or
surprises, edits are tried; parsers say which of them mend it, the language model says what was
meant, and a fitted ranking weighs both against "nothing is wrong". After a finding the search goes
on in the repaired text, so one slip is one finding and five slips are five.

The detector is handed something that reads a text and prices continuations (scorer.py, or a
scripted one in tests); it knows neither torch nor files nor messages.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lm_lint import features, structure, suspects
from lm_lint.candidates import Candidate
from lm_lint.clusters import Cluster, clusters
from lm_lint.findings import Finding, Repair, code_of
from lm_lint.html_layout import Layout, layout_of, skeleton_of
from lm_lint.html_tags import Page
from lm_lint.memory import Memory
from lm_lint.pricing import QUICK_TOKENS, WINDOW_TOKENS, Price, Pricing
from lm_lint.ranking import DEFAULT, Features, Ranker
from lm_lint.structure import Health, Problem
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from lm_lint.vocabulary import Vocabulary
from lm_lint.witnesses import CodeWitness, PageWitness, Witness, go_on, hot_tokens

ROUNDS = 8  # a repair uncovers what stood behind it; this deep and no deeper
_RUBBLE = 40  # a stretch with more problems than these is no program with some slips,
_DENSE, _DENSE_CHARS = 8, 20  # nor is one with so many, one in so few characters;
_ROUNDS_OF_RUBBLE = 2  # it is not worth more rounds than these
CLUSTERS_AT_ONCE = 16
_CLUSTERS_IN_ALL = 40  # of a text that is no program the rest may wait until it is one
_WHOLE_CHARS = 2000  # a cluster that begins within so much is read from the text's start
_CONTEXT_CHARS = 1000  # for others so much before them is read, and for all a little behind
_BEHIND_CHARS = 400
_QUICK = 160  # candidates that the model looks at for a short while
_KEPT = 16  # and for a long one
_LEAST_CONFIDENCE = 0.02
_ACCEPTED = 0.3  # a repair that is likelier is taken as made, and the search goes on behind it
_ALTERNATIVES = 4
_SAME_SLIP_LINES = 25  # so far away the same edit may take back the same slip
_SURPRISES = 24
_LEAST_EXCESS_BITS = 5.0
_REMEMBERED_CLUSTERS = 256


_INK = re.compile(r"\S")


class Reader(Protocol):
    """What makes readings; see lm_lint.scorer.Scorer."""

    @property
    def tokenizer(self) -> Tokenizer: ...
    def read(self, text: str, language: Language) -> Any: ...


@dataclass(frozen=True)
class Option:
    """A candidate, in offsets of the whole text, and what is known about it."""

    candidate: Candidate
    price: Price
    after: Health | None
    features: Features


@dataclass(frozen=True)
class Evidence:
    """What a cluster's own text says: everything but what the rest of the document adds.

    options   in offsets of the stretch, text[start:end] of the cluster
    before    what the parsers say of the stretch as it is
    n_better  how many edits make it parse better
    hot_bits  the greatest surprisal near the problems
    """

    options: tuple[Option, ...]
    before: Health | None
    n_better: int
    hot_bits: float


@dataclass(frozen=True)
class Examined:
    """A cluster with its options; probabilities are in the order of the options."""

    cluster: Cluster
    options: tuple[Option, ...]
    nothing: Features
    probabilities: npt.NDArray[np.float64]


class Detector:
    """Finds slips with one model. `parser` off: judge by surprise alone."""

    def __init__(self, reader: Any, parser: bool = True, ranker: Ranker | None = None) -> None:
        self.reader: Reader = reader
        self.parser = parser
        self.ranker: Ranker = ranker or getattr(reader, "ranker", None) or DEFAULT
        self.vocabulary = Vocabulary(self.reader.tokenizer)
        self.memory: Memory[Evidence] = Memory(_REMEMBERED_CLUSTERS)
        # The latest evidence on a stretch, whatever stood around it.
        self.nearly: Memory[Evidence] = Memory(_REMEMBERED_CLUSTERS)
        self.patient = True
        self.took_shortcuts = False
        self.breathe: Callable[[], None] = go_on

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
            for examination in self.examinations(current, language, settled):
                if n_rounds >= _ROUNDS_OF_RUBBLE and _is_rubble(examination):
                    continue
                if n_examined == _CLUSTERS_IN_ALL:
                    break
                n_examined += 1
                examined = examination.result()
                finding = self._finding(current, language, examined)
                if finding is None or finding.confidence < _ACCEPTED:
                    settled.add(current[examined.cluster.start : examined.cluster.end])
                if finding is not None:
                    if (original := _in_original(finding, moved, text)) is not None:
                        res.append(original)
                    if finding.confidence >= _ACCEPTED:
                        accepted.append(finding)
            if not accepted:
                break
            # From the last to the first, so that each place is still where it was.
            for repair in sorted((f.repairs[0] for f in accepted), key=lambda r: -r.start):
                current = repair.apply(current)
                moved.append((repair.start, len(repair.text) - (repair.end - repair.start)))
        return sorted(res, key=lambda finding: -finding.confidence)

    def forget(self) -> None:
        """Drop what is remembered of texts."""
        self.memory.clear()
        self.nearly.clear()

    def examine(self, text: str, language: Language) -> Iterator[Examined]:
        """The clusters of problems with their options and the probability of each."""
        for examination in self.examinations(text, language):
            yield examination.result()

    def examinations(
        self, text: str, language: Language, settled: set[str] | None = None
    ) -> Iterator[Examination]:
        """The clusters whose text is not settled, each with what has to be read for it."""
        self.breathe()
        whole = None
        if self.parser:
            problems = suspects.problems(text, language)
        else:
            whole = self.reader.read(text, language)
            problems = surprising(whole)
        found = clusters(text, language, problems)
        if not found:
            return
        whole_text = WholeText.of(text, language, len(found), self.parser)
        n_examined = 0
        for cluster in found:
            if settled and text[cluster.start : cluster.end] in settled:
                continue
            n_examined += 1
            if n_examined > CLUSTERS_AT_ONCE:
                return
            yield Examination(self, whole_text, cluster, whole)

    def prepare(self, text: str, language: Language, offset: int) -> None:
        """Read what a slip at an offset would be judged by, so that it costs less when it comes."""
        if not self.parser:
            return
        (cluster,) = clusters(text, language, [Problem(offset, offset, offset)])
        low, high = _context(text, cluster)
        reading = self.reader.read(text[low:high], language)
        token = int(reading.tokens.bounds.searchsorted(offset - low))
        _ = reading.scores.surprisal_bits[max(token - 1, 0) : token]

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
        start, end = examined.cluster.start, examined.cluster.end
        both = text[:end]
        for candidate in (second, first):
            both = candidate.apply(both)
        return structure.health(both[start:], language, enough) is not None


@dataclass(frozen=True, eq=False)
class WholeText:
    """What all clusters of a text have in common, found out once.

    reliable  whether only a slip can make the parser stumble in it
    page      in HTML the page, cut into tags, and how it is indented
    """

    text: str
    language: Language
    n_clusters: int
    reliable: bool
    parser: bool

    @classmethod
    def of(cls, text: str, language: Language, n_clusters: int, parser: bool) -> WholeText:
        return cls(text, language, n_clusters, structure.is_reliable(text, language), parser)

    @cached_property
    def page(self) -> tuple[Page, Layout] | None:
        if self.language != "html" or not self.parser:
            return None
        page = suspects.page_of(self.text)
        return page, layout_of(page)


class Examination:
    """One cluster's options. Inside, offsets are those of what is read, text[low:high].

    Reading, proposing and pricing happen when they are asked for: what is remembered of a stretch
    that did not change is asked for nothing.
    """

    def __init__(
        self, detector: Detector, whole: WholeText, cluster: Cluster, reading: Any = None
    ) -> None:
        """reading: of the whole text, where there is one."""
        self.whole, self.language = whole, whole.language
        self.detector, self.cluster = detector, cluster
        self.low, self.high = low, high = _context(whole.text, cluster)
        self.text = whole.text[low:high]
        self.start, self.end = cluster.start - low, cluster.end - low
        self.problems = [_moved(problem, -low) for problem in cluster.problems]
        self.stretch = whole.text[cluster.start : cluster.end]
        if reading is not None and (low, high) == (0, len(whole.text)):
            self.reading = reading

    @cached_property
    def reading(self) -> Any:
        return self.detector.reader.read(self.text, self.language)

    @cached_property
    def witness(self) -> Witness:
        if self.whole.page is not None:
            return PageWitness(*self.whole.page, self.problems, self.low, self.high)
        return CodeWitness(
            self.detector.vocabulary,
            self.text,
            self.language,
            self.reading,
            self.problems,
            self.start,
            self.end,
            self.detector.parser,
        )

    def result(self) -> Examined:
        evidence = self._remembered()
        nothing = features.of_nothing(
            self.stretch,
            self.language,
            evidence.before,
            evidence.n_better,
            evidence.hot_bits,
            self.whole.reliable,
            self._lines(),
            self.whole.n_clusters,
            self.whole.text,
        )
        options = tuple(
            replace(option, candidate=option.candidate.moved(self.cluster.start))
            for option in evidence.options
        )
        ranker = self.detector.ranker
        probabilities = ranker.probabilities(self.key, nothing, [o.features for o in options])
        return Examined(self.cluster, options, nothing, probabilities)

    def _remembered(self) -> Evidence:
        detector = self.detector
        problems = [_moved(problem, -self.start) for problem in self.problems]
        near = (self.key, self.stretch, *problems)
        if not detector.patient and (found := detector.nearly.known(near)) is not None:
            detector.took_shortcuts = True
            return found
        key = (self.key, self.text, self.start, self.end, *self.problems, self._around())
        evidence = detector.memory.get(key, 1, self._evidence)
        detector.nearly.keep(near, 1, evidence)
        return evidence

    def _around(self) -> Hashable:
        """What of the rest of a page has a part in its evidence: the other tags and their layout."""
        if self.whole.page is None:
            return None
        return skeleton_of(self.whole.page[0]).around(self.low, self.high)

    def _evidence(self) -> Evidence:
        better = []
        self.witness.breathe = self.detector.breathe
        for found in itertools.islice(self.witness.better(), _QUICK):
            better.append(found)
            self.detector.breathe()
        before = self.witness.before
        hot = hot_tokens(self.reading.tokens.bounds, self.problems, len(self.text))
        options = tuple(
            Option(
                candidate.moved(-self.start),
                price,
                after,
                features.of_candidate(
                    candidate.moved(-self.start),
                    price,
                    before,
                    after,
                    self.stretch,
                    self.language,
                    features.near(hot, price.first),
                    self.witness.fit(candidate),
                ),
            )
            for candidate, after, price in self._priced(better)
        )
        return Evidence(options, before, len(better), self._hot_bits(hot))

    @property
    def key(self) -> str:
        return self.language if self.detector.parser else f"{self.language}-surprise"

    def _priced(
        self, better: list[tuple[Candidate, Health | None]]
    ) -> list[tuple[Candidate, Health | None, Price]]:
        """A short look at all, a long one at the best."""
        self.detector.breathe()
        pricing = Pricing(self.detector.reader.tokenizer, self.text, self.language, self.reading)
        if len(better) > _KEPT:
            pairs = better
            order = pricing.best(
                [candidate for candidate, _ in pairs],
                QUICK_TOKENS,
                _KEPT,
                lambda i, price: self._quick_rank(pairs[i], price),
            )
            better = [pairs[i] for i in order]
        prices = pricing.prices([candidate for candidate, _ in better], WINDOW_TOKENS)
        return [(c, after, price) for (c, after), price in zip(better, prices, strict=True)]

    def _quick_rank(self, pair: tuple[Candidate, Health | None], price: Price) -> float:
        candidate, after = pair
        left = 0.0 if after is None else 4.0 * min(after.weight, 3)
        removed = min(price.removed, 12.0) - (8.0 if candidate.removed else 0.0)
        # What follows is as ordinary behind any brace; the indentation tells them apart.
        fit = 3.0 * self.witness.fit(candidate)
        if isinstance(self.witness, PageWitness):
            fit += 2.0 * candidate.free_bits
        return removed - price.added + price.saved - left + fit

    def _hot_bits(self, hot: npt.NDArray[np.int64]) -> float:
        bits = self.reading.scores.surprisal_bits
        return max((float(bits[max(h - 4, 0) : h + 5].max(initial=0.0)) for h in hot), default=0.0)

    def _lines(self) -> list[str]:
        res = []
        for problem in self.problems[:8]:
            start = self.text.rfind("\n", 0, problem.start) + 1
            end = self.text.find("\n", problem.start)
            res.append(self.text[start : end if end >= 0 else len(self.text)])
        return res


def _is_rubble(examination: Examination) -> bool:
    n_problems = len(examination.problems)
    is_dense = n_problems >= _DENSE and n_problems * _DENSE_CHARS > len(examination.stretch)
    return n_problems > _RUBBLE or is_dense


def surprising(reading: Any) -> list[Problem]:
    """The tokens that surprised most, beyond what was expected, for use without a parser."""
    scores, bounds = reading.scores, reading.tokens.bounds
    excess = scores.surprisal_bits - scores.entropy_bits
    places = [int(i) for i in np.argsort(-excess)[:_SURPRISES] if excess[i] > _LEAST_EXCESS_BITS]
    last = len(bounds) - 1
    res = []
    for place in sorted(places):
        start = int(bounds[min(place, last)])
        res.append(Problem(start, int(bounds[min(place + 1, last)]), start))
    return res


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


def _context(text: str, cluster: Cluster) -> tuple[int, int]:
    """What has to be read to judge a cluster: whole lines, as far back as the model looks, and as
    far ahead as a repair is compared. No more, since an edit in it costs a new look at the cluster."""
    low = 0
    if cluster.start > _WHOLE_CHARS:
        low = text.rfind("\n", 0, max(cluster.start - _CONTEXT_CHARS, 0)) + 1
    cut = text.find("\n", min(cluster.end + _BEHIND_CHARS, len(text)))
    return low, len(text) if cut < 0 else cut + 1


def _moved(problem: Problem, by: int) -> Problem:
    return Problem(problem.start + by, problem.end + by, problem.noticed + by, problem.opener)


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


def _back(offset: int, moved: list[tuple[int, int]]) -> int:
    for place, growth in reversed(moved):
        if offset > place:
            offset = max(place, offset - growth)
    return offset
