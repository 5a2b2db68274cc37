"""What is known of the clusters of problems in a text: the repairs of each, and how probable each of them is.

Where a text does not parse, or surprises, edits are tried; parsers say which of them mend it, the language model
says what was meant, and a fitted ranking weighs both against "nothing is wrong". What follows from that is decided
in detector.py. What reads a text and prices continuations is handed over (scorer.py, or a scripted one in tests).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lm_lint import features, structure, suspects
from lm_lint.candidates import Candidate
from lm_lint.clusters import Cluster, clusters
from lm_lint.html_layout import Layout, layout_of, skeleton_of
from lm_lint.html_tags import Page
from lm_lint.memory import Memory
from lm_lint.pricing import QUICK_TOKENS, WINDOW_TOKENS, Price, Pricing
from lm_lint.ranking import DEFAULT, Features, Ranker
from lm_lint.separation import separated
from lm_lint.structure import Health, Problem
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from lm_lint.vocabulary import Vocabulary
from lm_lint.witnesses import CodeWitness, PageWitness, Witness, go_on, hot_tokens

CLUSTERS_AT_ONCE = 16
_WHOLE_CHARS = 2000  # a cluster that begins within so much is read from the text's start
_CONTEXT_CHARS = 1000  # for others so much before them is read, and for all a little behind
_BEHIND_CHARS = 400
_QUICK = 176  # candidates that the model looks at for a short while
_KEPT = 16  # and for a long one,
_KEPT_JOINT = 6  # and of those that change two places
_SURPRISES = 24
_LEAST_EXCESS_BITS = 5.0
_REMEMBERED_CLUSTERS = 256


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


class Examiner:
    """What one model and the parsers find out about texts, and what of it is remembered.

    parser  off: texts are judged by surprise alone
    ranker  the one that was fitted to the model, where None is given
    """

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
        if self.parser:
            done = settled or ()
            found = [one for cluster in found for one in separated(text, language, cluster, done)]
        whole_text = WholeText.of(text, language, len(found), self.parser)
        n_examined = 0
        for cluster in found:
            if settled and cluster.stretch(text) in settled:
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
        self, examiner: Examiner, whole: WholeText, cluster: Cluster, reading: Any = None
    ) -> None:
        """reading: of the whole text, where there is one."""
        self.whole, self.language = whole, whole.language
        self.examiner, self.cluster = examiner, cluster
        self.low, self.high = low, high = _context(whole.text, cluster)
        self.text = whole.text[low:high]
        self.start, self.end = cluster.start - low, cluster.end - low
        self.problems = [_moved(problem, -low) for problem in cluster.problems]
        self.stretch = whole.text[cluster.start : cluster.end]
        if reading is not None and (low, high) == (0, len(whole.text)):
            self.reading = reading

    @cached_property
    def reading(self) -> Any:
        return self.examiner.reader.read(self.text, self.language)

    @cached_property
    def witness(self) -> Witness:
        if self.whole.page is not None:
            return PageWitness(*self.whole.page, self.problems, self.low, self.high)
        return CodeWitness(
            self.examiner.vocabulary,
            self.text,
            self.language,
            self.reading,
            self.problems,
            self.start,
            self.end,
            self.examiner.parser,
            self.cluster.judged,
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
        ranker = self.examiner.ranker
        probabilities = ranker.probabilities(self.key, nothing, [o.features for o in options])
        return Examined(self.cluster, options, nothing, probabilities)

    def _remembered(self) -> Evidence:
        examiner = self.examiner
        problems = [_moved(problem, -self.start) for problem in self.problems]
        near = (self.key, self.stretch, self.cluster.judged, *problems)
        if not examiner.patient and (found := examiner.nearly.known(near)) is not None:
            examiner.took_shortcuts = True
            return found
        place = (self.start, self.end, self.cluster.judged)
        key = (self.key, self.text, *place, *self.problems, self._around())
        evidence = examiner.memory.get(key, 1, self._evidence)
        examiner.nearly.keep(near, 1, evidence)
        return evidence

    def _around(self) -> Hashable:
        """What of the rest of a page has a part in its evidence: the other tags and their layout."""
        if self.whole.page is None:
            return None
        return skeleton_of(self.whole.page[0]).around(self.low, self.high)

    def _evidence(self) -> Evidence:
        better = []
        self.witness.breathe = self.examiner.breathe
        for found in itertools.islice(self.witness.better(), _QUICK):
            better.append(found)
            self.examiner.breathe()
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
        return self.language if self.examiner.parser else f"{self.language}-surprise"

    def _priced(
        self, better: list[tuple[Candidate, Health | None]]
    ) -> list[tuple[Candidate, Health | None, Price]]:
        """A short look at all, a long one at the best."""
        self.examiner.breathe()
        pricing = Pricing(self.examiner.reader.tokenizer, self.text, self.language, self.reading)
        kept = [
            pair
            for is_joint, most in ((False, _KEPT), (True, _KEPT_JOINT))
            for pair in self._best(pricing, [p for p in better if p[0].is_joint == is_joint], most)
        ]
        prices = pricing.prices([candidate for candidate, _ in kept], WINDOW_TOKENS)
        return [(c, after, price) for (c, after), price in zip(kept, prices, strict=True)]

    def _best(
        self, pricing: Pricing, pairs: list[tuple[Candidate, Health | None]], most: int
    ) -> list[tuple[Candidate, Health | None]]:
        if len(pairs) <= most:
            return pairs
        order = pricing.best(
            [candidate for candidate, _ in pairs],
            QUICK_TOKENS,
            most,
            lambda i, price: self._quick_rank(pairs[i], price),
        )
        return [pairs[i] for i in order]

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
