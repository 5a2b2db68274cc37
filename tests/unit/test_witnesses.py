"""The edits that parsers agree with, one for each layout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import structure
from lm_lint.candidates import Candidate
from lm_lint.html_layout import Layout
from lm_lint.html_tags import Page
from lm_lint.python_rules import python_error
from lm_lint.structure import Health, Problem
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from lm_lint.vocabulary import Vocabulary
from lm_lint.witnesses import CodeWitness, PageWitness, PythonStretch, hot_tokens
from tests.unit.test_detector import HTML, PYTHON, C, Scripted

SLIPS: list[tuple[Language, str, str]] = [
    ("c", "sum = 0;", "sum = 0"),
    ("c", "(i + 1)", "(i + 1"),
    ("c", "(sum > 100)", "(sum > 100))"),
    ("c", "return sum;", "retrun sum;"),
    ("python", "< limit:", "< limit"),
    ("python", "    return result", "      return result"),
    ("python", "(prices, limit)", "(prices, limit"),
]


def code(
    tokenizer: Tokenizer,
    language: Language,
    text: str,
    parser: bool = True,
    start: int = 0,
    end: int | None = None,
) -> CodeWitness:
    correct = C if language == "c" else PYTHON
    reading = Scripted(tokenizer, correct).read(text, language)
    end = len(text) if end is None else end
    problems = [p for p in structure.problems(text, language) if start <= p.start <= end]
    vocabulary = Vocabulary(tokenizer)
    return CodeWitness(vocabulary, text, language, reading, problems, start, end, parser)


def layout(text: str, language: Language) -> list[str]:
    if language == "c":
        return ["".join(text.split())]
    return [line.rstrip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(("language", "good", "bad"), SLIPS)
def test_the_true_repair_is_agreed_with(
    tiny_tokenizer: Tokenizer, language: Language, good: str, bad: str
) -> None:
    correct = C if language == "c" else PYTHON
    text = correct.replace(good, bad, 1)
    witness = code(tiny_tokenizer, language, text)
    assert witness.before == structure.health(text, language)
    found = list(witness.better())
    right = [
        after for c, after in found if layout(c.apply(text), language) == layout(correct, language)
    ]
    assert [after.weight for after in right if after] == [0]


@pytest.mark.parametrize(("language", "good", "bad"), SLIPS)
def test_whatever_is_agreed_with_parses_better(
    tiny_tokenizer: Tokenizer, language: Language, good: str, bad: str
) -> None:
    text = (C if language == "c" else PYTHON).replace(good, bad, 1)
    witness = code(tiny_tokenizer, language, text)
    assert witness.before is not None
    found = list(witness.better())
    assert found
    for candidate, after in found:
        repaired = candidate.apply(text)
        assert after == structure.health(repaired, language)
        assert after is not None
        if candidate.op == "respell":
            assert after.weight <= witness.before.weight
        else:
            assert after.weight < witness.before.weight
        assert layout(repaired, language) != layout(text, language) or candidate.op in (
            "respell",
            "join",
        )


def test_edits_of_one_shape_are_seen_once(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("    }\n    return sum;", "    return sum;")
    shapes = ["".join(c.apply(text).split()) for c, _ in code(tiny_tokenizer, "c", text).better()]
    assert len(shapes) == len(set(shapes))


def test_without_a_parser_all_are_handed_on_unjudged(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("sum = 0;", "sum = 0")
    witness = code(tiny_tokenizer, "c", text, parser=False)
    assert witness.before is None
    found = list(witness.better())
    assert {after for _, after in found} == {None}
    assert len(found) > len(list(code(tiny_tokenizer, "c", text).better()))
    prices = [c.free_bits for c, _ in found]
    assert prices == sorted(prices, reverse=True)


def test_a_stretch_is_judged_by_itself(tiny_tokenizer: Tokenizer) -> None:
    broken = C.replace("sum = 0;", "sum = 0")
    text = broken * 3
    start, end = len(broken), 2 * len(broken)
    witness = code(tiny_tokenizer, "c", text, start=start, end=end)
    assert witness.before == structure.health(broken, "c")
    found = list(witness.better())
    assert all(start <= c.start <= c.end <= end for c, _ in found)
    right = [after for c, after in found if c.apply(text) == broken + C + broken]
    assert [after.weight for after in right if after] == [0]


def page(text: str, low: int = 0, high: int | None = None) -> PageWitness:
    high = len(text) if high is None else high
    problems = [
        Problem(p.start - low, p.end - low, p.noticed - low)
        for p in structure.problems(text, "html")
        if low <= p.start <= high
    ]
    page = Page(text)
    return PageWitness(page, Layout(page), problems, low, high)


@pytest.mark.parametrize(
    ("good", "bad"), [("</b>", ""), ("</div>", "</dvi>"), ("<b>bold", "bold"), ("</a>", "<a>")]
)
def test_a_page_is_mended(good: str, bad: str) -> None:
    text = HTML.replace(good, bad, 1)
    found = list(page(text).better())
    repaired = ["".join(c.apply(text).split()) for c, _ in found]
    assert "".join(HTML.split()) in repaired
    for candidate, after in found:
        again = structure.health(candidate.apply(text), "html")
        assert after is not None
        assert again is not None
        assert (after.n_rules, after.n_tree) == (again.n_rules, again.n_tree)
        assert after.weight < structure.weight(text, "html")


def test_repairs_of_a_part_of_a_page_have_offsets_of_the_part() -> None:
    text = HTML.replace("</b>", "")
    low = text.index("<div")
    whole = list(page(text).better())
    part = list(page(text, low, text.index("<p>End")).better())
    assert part
    moved = [(c.start + low, c.end + low, c.text) for c, _ in part]
    assert set(moved) <= {(c.start, c.end, c.text) for c, _ in whole}


def test_repairs_outside_the_part_are_left_out() -> None:
    text = HTML.replace("</b>", "")
    low = text.index("<b>")
    assert all(
        low <= c.start + low <= c.end + low <= low + 8 for c, _ in page(text, low, low + 8).better()
    )


def test_a_page_without_a_slip_has_no_repairs() -> None:
    witness = page(HTML)
    assert witness.before == Health(0, 0, 0, 0, len(HTML))
    assert list(witness.better()) == []


def test_tokens_at_which_problems_begin_and_are_noticed() -> None:
    bounds = np.array([0, 3, 3, 5, 9])
    problems = [Problem(4, 5, 8), Problem(0, 1, 99), Problem(4, 4, 4)]
    assert hot_tokens(bounds, problems, 9).tolist() == [0, 2, 3, 4]
    assert hot_tokens(bounds, [], 9).tolist() == []


def test_candidates_of_pages_say_their_tag() -> None:
    text = HTML.replace("</b>", "")
    found: list[Candidate] = [c for c, _ in page(text).better()]
    assert any(c.added == "b" and not c.removed for c in found)


METHODS = "import os\n\nclass Shop:\n" + "".join(
    f"""    def method_{i}(self, x):
        \'\'\'One of many.\'\'\'
        if x > {i}:
            return [x, "(", {{1: x}}]  # a comment
        for y in range(x):
            try:
                print("%d" % y)
            except ValueError:
                pass

"""
    for i in range(9)
)
FUNCTIONS = METHODS.replace("class Shop:\n", "").replace("\n    ", "\n").replace("    def", "def")


ALONE = METHODS[METHODS.index("\n    def") :]  # as the stretch of a long class begins


@pytest.mark.parametrize(
    "text",
    [
        METHODS,
        FUNCTIONS,
        METHODS.replace("range(x)", "range(x", 8),
        ALONE,
        ALONE.replace("range(x)", "range(x", 8),
        ALONE.replace("    def method_3(self", "    @property\n    def method_3(self"),
    ],
)
@given(
    place=st.integers(0, 500),
    n_gone=st.sampled_from([0, 0, 1, 2, 9]),
    new=st.sampled_from([*"():,\"'\\#[}", "", "\n", "    ", '"""', "else:", "x\n", "def "]),
)
def test_cpython_need_not_read_what_an_edit_does_not_change(
    text: str, place: int, n_gone: int, new: str
) -> None:
    middle = len(text) // 2
    stretch = PythonStretch(text, [(middle - 150, middle + 150)])
    start = middle - 250 + place
    end = start + n_gone
    found, expected = (
        stretch.error(start, end, new),
        python_error(text[:start] + new + text[end:]),
    )
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert (found.start, found.end) == (expected.start, expected.end)
