"""The edits that are worth a look: the meant one is among them, and each of them is an edit."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lm_lint import code_edits, structure
from lm_lint.candidates import Candidate
from lm_lint.lexemes import lexemes
from lm_lint.structure import Problem
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from lm_lint.vocabulary import Vocabulary
from lm_lint.window import Window
from tests.unit.test_detector import PYTHON, C, Scripted

SLIPS: list[tuple[Language, str, str, str]] = [
    # language, what it does, the good text, the bad one
    ("c", "insert", "sum = 0;", "sum = 0"),
    ("c", "insert", "(i + 1);", "(i + 1;"),
    ("c", "insert", "(int count, int", "(int count int"),
    ("c", "insert", "int i = 0", "i = 0"),
    ("c", "insert", "for (int", "for int"),
    ("c", "insert", "    }\n    return sum;", "    return sum;"),
    ("c", "insert", "(sum > 100) {", "(sum > 100)"),
    ("c", "insert", "sum += price * (", "sum += price ("),
    ("c", "delete", "(sum > 100)", "(sum > 100))"),
    ("c", "delete", "sum = 0;", "sum = = 0;"),
    ("c", "delete", "    return sum;\n}", "    }\n    return sum;\n}"),
    ("c", "delete", "int price)", "int int price)"),
    ("c", "replace", "i < count;", "i < count,"),
    ("c", "replace", "sum > 100)", "sum > 100]"),
    ("c", "replace", "(sum > 100) {", "(sum > 100) ("),
    ("c", "swap", "(sum > 100)", "(sum > )100"),
    ("c", "swap", "count; i++", "count i;++"),
    ("c", "respell", "return sum;", "retrun sum;"),
    ("c", "respell", "return sum - 10", "Return sum - 10"),
    ("c", "respell", "int sum = 0", "intsum = 0"),
    ("c", "respell", "i < count;", "i < cuont;"),
    ("python", "insert", "< limit:", "< limit"),
    ("python", "insert", '("too much"', '("too much'),
    ("python", "insert", "(prices, limit)", "(prices, limit"),
    ("python", "insert", "for price in prices", "for price prices"),
    ("python", "insert", '"too much", price', '"too much" price'),
    ("python", "insert", "def total", "total"),
    ("python", "delete", "result = 0", "result = 0)"),
    ("python", "replace", "else:", "else::"),
    ("python", "replace", "else:", "else;"),
    ("python", "replace", "limit):", "limit]:"),
    ("python", "replace", "for price", "if price"),
    ("python", "swap", "(prices, limit):", "(prices, limit:)"),
    ("python", "respell", "return result", "retrun result"),
    ("python", "respell", "def total", "deftotal"),
    ("python", "respell", "+= price\n", "+= pirce\n"),
    ("python", "indent", "    return result", "      return result"),
    ("python", "indent", "        else:", "          else:"),
    ("python", "indent", "            print", "        print"),
    ("python", "indent", "def total", "  def total"),
    ("python", "insert", "result = 0\n    for", "result = 0 for"),
    ("python", "delete", "price in prices:", "price in\n prices:"),
    ("c", "enclose", "if (sum > 100)", "if sum > 100"),
    ("c", "rebracket", "(sum > 100)", "[sum > 100]"),
    ("c", "pair", "sum += price", "sum + = price"),
    ("python", "quote", '("too much", price)', "(too much, price)"),
    ("python", "enclose", "total(prices, limit):", "total prices, limit:"),
    ("python", "rebracket", '("too much", price)', '{"too much", price}'),
    ("python", "unwrap", "for price in prices", "for 'price' in prices"),
    ("python", "cut", "result = 0\n", "result = 0 and so on\n"),
    ("python", "join", "def total", "def to tal"),
    ("python", "pair", "+= price\n", "+ = price\n"),
]


@functools.cache
def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    return Vocabulary(tokenizer)


def proposed(
    tokenizer: Tokenizer,
    language: Language,
    correct: str,
    text: str,
    start: int = 0,
    end: int | None = None,
) -> list[Candidate]:
    """The one place that asks for edits."""
    reading = Scripted(tokenizer, correct).read(text, language)
    suspects = structure.problems(text, language) or [Problem(0, len(text), len(text))]
    suspects = [p for p in suspects if start <= p.start <= (len(text) if end is None else end)]
    window = Window(vocabulary_of(tokenizer), text, language, reading, suspects, start, end)
    return code_edits.proposed(window)


def assert_are_edits(text: str, found: list[Candidate]) -> None:
    keys = [(c.start, c.end, c.text) for c in found]
    assert len(set(keys)) == len(keys)
    for candidate in found:
        assert 0 <= candidate.start <= candidate.end <= len(text), candidate
        assert candidate.apply(text) != text, candidate
    prices = [c.free_bits for c in found]
    assert prices == sorted(prices, reverse=True)


def same(a: str, b: str, language: Language) -> bool:
    if language == "python":
        return [line.rstrip() for line in a.split("\n")] == [
            line.rstrip() for line in b.split("\n")
        ]
    return "".join(a.split()) == "".join(b.split()) and len(a.split()) >= len(b.split()) - 2


@pytest.mark.parametrize(("language", "op", "good", "bad"), SLIPS)
def test_the_true_repair_is_among_the_candidates(
    tiny_tokenizer: Tokenizer, language: Language, op: str, good: str, bad: str
) -> None:
    correct = C if language == "c" else PYTHON
    assert good in correct
    text = correct.replace(good, bad, 1)
    found = proposed(tiny_tokenizer, language, correct, text)
    right = [c for c in found if same(c.apply(text), correct, language)]
    assert right
    assert op in {c.op for c in right}
    assert_are_edits(text, found)


def test_the_true_repair_of_a_plain_slip_is_among_the_first(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("sum = 0;", "sum = 0")
    found = proposed(tiny_tokenizer, "c", C, text)
    rank = next(i for i, c in enumerate(found) if same(c.apply(text), C, "c"))
    assert rank < 10


def test_what_is_removed_and_added_is_told(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("i < count;", "i < count,")
    for candidate in proposed(tiny_tokenizer, "c", C, text):
        gone = text[candidate.start : candidate.end]
        if candidate.is_joint or candidate.op == "pair":
            continue
        assert gone.strip() == candidate.removed or candidate.op == "swap"
        if candidate.op == "swap":
            assert gone.split(candidate.added)[0].strip() == candidate.removed
        else:
            assert candidate.text.strip() == candidate.added
        assert bool(candidate.removed) == (candidate.op != "insert")
        assert bool(candidate.added) == (candidate.op != "delete")


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("c", "for (int i = 0; i < count; i++)", "for (int i = 0, i < count, i++)"),
        ("c", "price * (i + 1);", "price => (i + 1);"),
        ("python", 'print("too much", price)', 'print "too much", price'),
        ("python", "result += price", "result++"),
    ],
)
def test_two_edits_that_are_one_slip(
    tiny_tokenizer: Tokenizer, language: Language, right: str, wrong: str
) -> None:
    correct = C if language == "c" else PYTHON
    text = correct.replace(right, wrong)
    found = [c for c in proposed(tiny_tokenizer, language, correct, text) if c.op == "pair"]
    assert found
    assert all(c.apply(text) != text for c in found)


@pytest.mark.parametrize("op", ["insert", "delete", "replace", "swap", "respell", "indent"])
def test_every_kind_occurs(tiny_tokenizer: Tokenizer, op: str) -> None:
    text = PYTHON.replace("return result", "retrun result").replace("limit:", "limit")
    # A model to which everything is new: what it expects is no respelling, see below.
    assert op in {c.op for c in proposed(tiny_tokenizer, "python", "", text)}


def test_a_misspelt_word_that_the_model_expects_is_respelt(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("return sum;", "retrun sum;")
    found = proposed(tiny_tokenizer, "c", C, text)
    assert {c.op for c in found if c.apply(text) == C} == {"respell"}


@pytest.mark.parametrize("language", ["c", "python"])
def test_none_is_layout_only(tiny_tokenizer: Tokenizer, language: Language) -> None:
    correct, good, bad = (
        (C, "(i + 1)", "(i + 1") if language == "c" else (PYTHON, "limit:", "limit")
    )
    text = correct.replace(good, bad, 1)
    before = [x.text for x in lexemes(text, language)]
    for candidate in proposed(tiny_tokenizer, language, correct, text):
        assert [x.text for x in lexemes(candidate.apply(text), language)] != before, candidate
        assert language == "python" or candidate.op != "indent"


def test_words_are_kept_apart(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("int sum = 0", "sum = 0").replace("return sum;\n}", "sum;\n}")
    for candidate in proposed(tiny_tokenizer, "c", C, text):
        if candidate.op == "insert" and candidate.added.isalpha():
            after = [x.text for x in lexemes(candidate.apply(text), "c")]
            assert len(after) == len(lexemes(text, "c")) + 1, candidate
            assert candidate.added in after


def test_words_are_kept_apart_from_names_with_underscores(tiny_tokenizer: Tokenizer) -> None:
    correct = C.replace("sum", "_sum")
    text = correct.replace("return _sum;\n}", "_sum;\n}")
    found = proposed(tiny_tokenizer, "c", correct, text)
    assert any(c.apply(text) == correct for c in found)


def test_a_long_text_is_looked_at_around_its_suspects(tiny_tokenizer: Tokenizer) -> None:
    before, after = C.replace("total", "before") * 40, C.replace("total", "after") * 40
    text = before + C.replace("sum = 0;", "sum = 0") + after
    found = proposed(tiny_tokenizer, "c", before + C + after, text)
    assert any(same(c.apply(text), before + C + after, "c") for c in found)
    assert all(len(before) - 2000 < c.start < len(before) + len(C) + 500 for c in found)


def test_edits_lie_in_the_stretch(tiny_tokenizer: Tokenizer) -> None:
    broken = C.replace("sum = 0;", "sum = 0")
    text = broken * 3
    start, end = len(broken), 2 * len(broken)
    found = proposed(tiny_tokenizer, "c", C * 3, text, start, end)
    assert found
    assert all(start <= c.start <= c.end <= end for c in found)
    assert any(c.apply(text) == broken + C + broken for c in found)


@pytest.mark.parametrize(
    "text", ["", "\n", " ", "}", "(", "x", "é", '"', "def f(:\n", "\t\n  x", "/*"]
)
@pytest.mark.parametrize("language", ["c", "python"])
def test_odd_texts(tiny_tokenizer: Tokenizer, language: Language, text: str) -> None:
    assert_are_edits(text, proposed(tiny_tokenizer, language, C, text))


def test_signs_that_make_the_same_text_when_swapped_are_not(tiny_tokenizer: Tokenizer) -> None:
    assert_are_edits("x:::y", proposed(tiny_tokenizer, "python", PYTHON, "x:::y"))


@settings(max_examples=20)
@given(
    st.lists(
        st.sampled_from(
            ["(", ")", "{", "}\n", "\n    ", ";", "if", "x", " ", "é", '"', "1", ",", "# a\n"]
        )
    ).map("".join),
    st.sampled_from(["c", "python"]),
)
def test_candidates_of_any_text_are_edits(
    tiny_tokenizer: Tokenizer, text: str, language: Language
) -> None:
    assert_are_edits(text, proposed(tiny_tokenizer, language, PYTHON, text))


def test_the_vocabulary_knows_how_a_lexeme_begins(tiny_tokenizer: Tokenizer) -> None:
    vocabulary = Vocabulary(tiny_tokenizer)
    for lexeme in ("(", "if", "return", "->"):
        entries = vocabulary.entries(lexeme)
        assert entries
        assert all(lexeme.startswith(tiny_tokenizer.text_of(i).strip()) for i in entries)
    assert vocabulary.entries("neverseenbefore") == []
    assert {tiny_tokenizer.text_of(i) for i in vocabulary.entries("(")} <= {"(", " ("}
