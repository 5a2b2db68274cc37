"""The detector with a scripted model: a table of which token may follow which two."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lm_lint import structure
from lm_lint.detector import Detector
from lm_lint.findings import Finding
from lm_lint.html_tags import Page
from lm_lint.scorer import Scores
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer, Tokens

KNOWN_BITS, UNKNOWN_BITS = 0.5, 11.0


class Scripted:
    """A reader to which exactly the token triples of one correct text are ordinary."""

    def __init__(self, tokenizer: Tokenizer, correct: str) -> None:
        self.tokenizer = tokenizer
        self.follows: dict[tuple[int, int], set[int]] = defaultdict(set)
        self.n_reads = 0
        ids = [0, 0, *tokenizer.encode(correct).ids.tolist(), tokenizer.end]
        for a, b, c in zip(ids, ids[1:], ids[2:], strict=False):
            self.follows[a, b].add(c)

    def read(self, text: str, language: Language) -> ScriptedReading:
        self.n_reads += 1
        return ScriptedReading(self, self.tokenizer.encode(text))

    def bits(self, ids: Sequence[int], start: int) -> list[float]:
        return [
            KNOWN_BITS if ids[i] in self.follows[ids[i - 2], ids[i - 1]] else UNKNOWN_BITS
            for i in range(start, len(ids))
        ]


@dataclass
class ScriptedReading:
    owner: Scripted
    tokens: Tokens

    @property
    def ids(self) -> list[int]:
        return [0, 0, *self.tokens.ids.tolist(), self.owner.tokenizer.end]

    @property
    def scores(self) -> Scores:
        found = np.array(self.owner.bits(self.ids, 2), dtype=np.float32)
        return Scores(self.tokens, found, np.full_like(found, KNOWN_BITS))

    def expectations(self, positions: Sequence[int]) -> Any:
        n_entries = self.owner.tokenizer.vocab_size
        bits = np.full((len(positions), n_entries), UNKNOWN_BITS, dtype=np.float32)
        for row, position in enumerate(positions):
            before = (self.ids[position], self.ids[position + 1])
            bits[row, list(self.owner.follows[before])] = KNOWN_BITS
        return bits

    def cost(self, positions: Sequence[int], continuations: Sequence[Sequence[int]]) -> list[Any]:
        return [
            np.array(self.owner.bits([*self.ids[: p + 2], *new], p + 2), dtype=np.float32)
            for p, new in zip(positions, continuations, strict=True)
        ]


C = """int total(int count, int price)
{
    int sum = 0;
    for (int i = 0; i < count; i++) {
        sum += price * (i + 1);
    }
    if (sum > 100) {
        return sum - 10;
    }
    return sum;
}
"""
PYTHON = """def total(prices, limit):
    result = 0
    for price in prices:
        if price < limit:
            result += price
        else:
            print("too much", price)
    return result
"""
HTML = """<!DOCTYPE html>
<html>
<body>
<div class="menu">
  <p>One <b>bold</b> word</p>
  <a href="a.html">link</a>
</div>
<p>End</p>
</body>
</html>
"""

SLIPS: list[tuple[Language, str, str, str, str]] = [
    ("c", C, "sum = 0;", "sum = 0", "missing-token"),
    ("c", C, "(i + 1);", "(i + 1;", "missing-token"),
    ("c", C, "(sum > 100)", "(sum > 100))", "unexpected-token"),
    ("c", C, "i < count;", "i < count,", "wrong-token"),
    ("c", C, "    }\n    return sum;", "    return sum;", "missing-token"),
    ("c", C, "return sum;", "retrun sum;", "misspelt-word"),
    ("python", PYTHON, "< limit:", "< limit", "missing-token"),
    ("python", PYTHON, '("too much"', '("too much', "missing-token"),
    ("python", PYTHON, "def total(prices, limit)", "def total(prices, limit", "missing-token"),
    ("python", PYTHON, "    return result", "      return result", "indentation"),
    ("html", HTML, "</b>", "", "unclosed-tag"),
    ("html", HTML, '"a.html">', '"a.html"', "missing-token"),
]


def check(
    tokenizer: Tokenizer, language: Language, correct: str, text: str, parser: bool = True
) -> list[Finding]:
    """The one place that calls the detector."""
    return Detector(Scripted(tokenizer, correct), parser=parser).detect(text, language)


@pytest.mark.parametrize(("language", "correct", "good", "bad", "code"), SLIPS)
def test_one_slip_is_one_finding_with_its_repair_first(
    tiny_tokenizer: Tokenizer, language: Language, correct: str, good: str, bad: str, code: str
) -> None:
    text = correct.replace(good, bad, 1)
    assert text != correct
    findings = check(tiny_tokenizer, language, correct, text)
    assert len(findings) == 1, findings
    (finding,) = findings
    assert finding.repairs[0].apply(text).split() == correct.split()
    assert finding.code == code
    assert 0.6 < finding.confidence <= 1
    assert sum(r.confidence for r in finding.repairs) <= finding.confidence + 1e-9


@pytest.mark.parametrize(("language", "text"), [("c", C), ("python", PYTHON), ("html", HTML)])
def test_text_that_parses_is_not_even_read(
    tiny_tokenizer: Tokenizer, language: Language, text: str
) -> None:
    reader = Scripted(tiny_tokenizer, "")  # everything would surprise it
    assert Detector(reader).detect(text, language) == []
    assert reader.n_reads == 0


def test_what_the_model_knows_is_not_reported_though_it_does_not_parse(
    tiny_tokenizer: Tokenizer,
) -> None:
    text = C.replace("int sum", "DECLARE(int sum").replace("{\n    DECLARE", "BEGIN {\n    DECLARE")
    assert check(tiny_tokenizer, "c", text, text) == []


def test_two_slips_are_two_findings_in_offsets_of_the_text(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("sum = 0;", "sum = 0").replace("(sum > 100)", "(sum > 100")
    findings = check(tiny_tokenizer, "c", C, text)
    repairs = sorted((f.repairs[0] for f in findings), key=lambda r: -r.start)
    assert len(repairs) == 2
    for repair in repairs:
        text = repair.apply(text)
    assert text.split() == C.split()


def test_a_slip_is_found_beside_a_brace_that_is_none(tiny_tokenizer: Tokenizer) -> None:
    """The brace that a macro closes comes first, and is let be."""
    correct = C.replace("- 10;\n    }", "- 10;\n    END")
    findings = check(tiny_tokenizer, "c", correct, correct.replace("(i + 1);", "(i + 1)"))
    assert [finding.repairs[0].text for finding in findings if finding.confidence > 0.6] == [";"]
    assert len({finding.start for finding in findings}) == len(findings)


def test_another_slip_of_a_page_is_known_by_the_page_with_both_repairs(
    tiny_tokenizer: Tokenizer,
) -> None:
    """However the page with both is come by: read as a whole, it tells the same."""
    text = HTML.replace("</b>", "").replace('"a.html">', '"a.html"')
    detector = Detector(Scripted(tiny_tokenizer, HTML))
    seen = set()
    for examined in detector.examine(text, "html"):
        for best, other in itertools.permutations(examined.options, 2):
            first, second = sorted((best.candidate, other.candidate), key=lambda c: c.start)
            if best.after is None or second.start < first.end:
                continue
            both = structure.health(first.apply(second.apply(text)), "html")
            repaired = Page(best.candidate.apply(text))
            found = detector._is_other_slip(
                text, "html", examined, best, other, lambda page=repaired: page
            )
            assert both is not None
            assert found == (0 < best.after.weight > both.weight)
            seen.add(found)
    assert seen == {False, True}


def test_without_a_parser_surprise_alone_finds_it(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("sum = 0;", "sum = 0")
    findings = check(tiny_tokenizer, "c", C, text, parser=False)
    assert findings
    assert findings[0].repairs[0].apply(text).split() == C.split()
    assert check(tiny_tokenizer, "c", C, C, parser=False) == []


def test_layout_alone_is_never_offered_in_c_and_html(tiny_tokenizer: Tokenizer) -> None:
    text = C.replace("sum = 0;", "sum = 0")
    for finding in check(tiny_tokenizer, "c", C, text):
        assert all(repair.apply(text).split() != text.split() for repair in finding.repairs)
