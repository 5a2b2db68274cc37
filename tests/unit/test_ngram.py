"""The n-gram against a second, slow implementation by dictionaries, and against the laws of probability."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from models import ngram

VOCAB_SIZE = 8
TAGS = (0, 1)  # 2 is never used; 3 ends a document
OUTCOMES = (3, 4, 5, 6, 7)


def make_documents(n_documents: int, seed: int) -> list[list[int]]:
    draw = np.random.default_rng(seed)
    chances = np.random.default_rng(99).dirichlet(np.ones(4), size=4)
    res = []
    for _ in range(n_documents):
        document = [int(draw.choice(TAGS))]
        previous = 0
        for _ in range(int(draw.integers(0, 12))):
            previous = int(draw.choice(4, p=chances[previous]))
            document.append(4 + previous)
        res.append([*document, 3])
    return res


def flat(documents: list[list[int]]) -> np.ndarray:
    return np.array(list(itertools.chain(*documents)), dtype=np.uint16)


def trained(documents: list[list[int]], n_orders: int) -> ngram.KneserNey:
    return ngram.train(flat(documents), n_orders, VOCAB_SIZE, TAGS, never=(2,))


class SlowKneserNey:
    """Chen and Goodman's formulas word for word, one dictionary of tuples for each order."""

    def __init__(self, documents: list[list[int]], n_orders: int) -> None:
        raw: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(n_orders + 1)]
        before: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)
        for document in documents:
            for k in range(1, n_orders + 1):
                for i in range(len(document) - k + 1):
                    gram = tuple(document[i : i + k])
                    raw[k][gram] += 1
                    if i:
                        before[gram].add(document[i - 1])
        self.n_orders = n_orders
        self.counts: list[dict[tuple[int, ...], int]] = [{}]
        for k in range(1, n_orders + 1):
            self.counts.append(
                {
                    gram: n if k == n_orders or gram[0] in TAGS else len(before[gram])
                    for gram, n in raw[k].items()
                    if gram[-1] not in TAGS
                }
            )
        self.discounts = [(0.0, 0.0, 0.0)] + [self._discounts(c) for c in self.counts[1:]]

    @staticmethod
    def _discounts(counts: dict[tuple[int, ...], int]) -> tuple[float, ...]:
        of = Counter(counts.values())
        if not all(of[c] for c in (1, 2, 3, 4)):
            return (0.5, 1.0, 1.5)
        y = of[1] / (of[1] + 2 * of[2])
        res = tuple(c - (c + 1) * y * of[c + 1] / of[c] for c in (1, 2, 3))
        return res if all(0 < d <= c for c, d in enumerate(res, 1)) else (0.5, 1.0, 1.5)

    def p(self, context: tuple[int, ...], word: int) -> float:
        """Of `word` after exactly these tokens, at order len(context) + 1."""
        k = len(context) + 1
        lower = self.p(context[1:], word) if context else 1 / len(OUTCOMES)
        following = {g[-1]: n for g, n in self.counts[k].items() if g[:-1] == context}
        total = sum(following.values())
        if not total:
            return lower
        discount = lambda n: self.discounts[k][min(n, 3) - 1] if n else 0.0  # noqa: E731
        left = sum(discount(n) for n in following.values()) / total
        n = following.get(word, 0)
        return max(n - discount(n), 0.0) / total + left * lower

    def of_document(self, document: list[int]) -> list[float]:
        return [
            self.p(tuple(document[max(0, i - self.n_orders + 1) : i]), document[i])
            for i in range(1, len(document))
        ]


@pytest.mark.parametrize("n_orders", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("n_documents", [1, 5, 60])
def test_probabilities_are_those_of_the_slow_implementation(
    n_orders: int, n_documents: int
) -> None:
    training, unseen = make_documents(n_documents, 1), make_documents(20, 2)
    model, judge = trained(training, n_orders), SlowKneserNey(training, n_orders)
    for documents in (training[:5], unseen):
        found = model.probabilities(flat(documents))
        expected = [p for d in documents for p in (1.0, *judge.of_document(d))]
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_sixty_documents_are_enough_for_real_discounts() -> None:
    model = trained(make_documents(60, 1), 3)
    assert any(order.discounts != ngram.FALLBACK_DISCOUNTS for order in model.orders)


@pytest.mark.parametrize("n_orders", [1, 3, 5])
def test_probabilities_sum_to_one_after_every_context(n_orders: int) -> None:
    model = trained(make_documents(40, 3), n_orders)
    for length in (0, 1, 2, 3):
        for context in itertools.product(OUTCOMES[1:], repeat=length):
            ids = [[TAGS[0], *context, word] for word in range(VOCAB_SIZE)]
            p = [model.probabilities(np.array(ids[word]))[-1] for word in OUTCOMES]
            assert sum(p) == pytest.approx(1, abs=1e-5)
            assert all(0 < q < 1 for q in p)


def test_documents_are_scored_apart() -> None:
    model, documents = trained(make_documents(40, 3), 4), make_documents(10, 4)
    together = model.surprisal_bits(flat(documents))
    apart = np.concatenate([model.surprisal_bits(np.array(d)) for d in documents])
    np.testing.assert_array_equal(together, apart)


def test_longer_contexts_pay_on_text_with_structure() -> None:
    training, unseen = make_documents(400, 5), make_documents(100, 6)
    bits = [trained(training, n).surprisal_bits(flat(unseen)).sum() for n in (1, 2)]
    assert bits[1] < 0.95 * bits[0]


def test_tags_cost_nothing_and_bits_are_positive_elsewhere() -> None:
    ids = flat(make_documents(20, 6))
    bits = trained(make_documents(40, 3), 3).surprisal_bits(ids)
    is_tag = np.isin(ids, TAGS)
    assert (bits[is_tag] == 0).all()
    assert (bits[~is_tag] > 0).all()


def test_discounts_of_chen_and_goodman() -> None:
    counts = np.array([1] * 8 + [2] * 4 + [3] * 2 + [4] * 1 + [9] * 3)
    y = 8 / (8 + 2 * 4)
    expected = (1 - 2 * y * 4 / 8, 2 - 3 * y * 2 / 4, 3 - 4 * y * 1 / 2)
    assert ngram.estimate_discounts(counts) == pytest.approx(expected)


def test_an_untrained_model_is_uniform() -> None:
    model = trained([], 3)
    bits = model.surprisal_bits(np.array([0, 4, 5, 3]))
    assert bits.tolist() == pytest.approx([0, *[math.log2(len(OUTCOMES))] * 3])


def test_row_is_cut_at_document_borders_and_repeats_are_dropped(tmp_path: Path) -> None:
    documents = [[2, 9, 9, 1], [2, 8, 1], [2, 9, 9, 1], [2, 7, 7, 7, 1]]
    path = tmp_path / "c.train.bin"
    flat(documents).astype("<u2").tofile(path)
    ids, n_documents = ngram.read_row(path, 2, 100)
    assert n_documents == 3
    assert ids.tolist() == [*documents[0], *documents[1], *documents[3]]
    ids, n_documents = ngram.read_row(path, 2, 8)
    assert n_documents == 2
    assert len(ids) == 7
