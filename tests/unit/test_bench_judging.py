"""What reports on a slip are worth: lines, tokens, repairs, one slip and several."""

from __future__ import annotations

import pytest

from bench.accuracy.judging import Outcome, judge, points_at
from bench.reports import Change, Report, applied, of_finding
from bench.slips import Slip
from lm_lint.findings import Finding, Repair
from lm_lint.text import Document, Language


def slip(**changes: object) -> Slip:
    """A missing `)` on line 2, which would also be right on line 3."""
    fields = {
        "id": "c-1",
        "language": "c",
        "source": "tracer",
        "part": "tune",
        "broken": "int a;\nf(a;\ng();\n",
        "fixed": "int a;\nf(a);\ng();\n",
        "line": 2,
        "accept_lines": frozenset({2, 3}),
        "kind": "delete",
        "single": True,
        "missing": (")",),
        "extra": (),
        "headers_missing": False,
        "offset": 10,
    } | changes
    return Slip(**fields)  # type: ignore[arg-type]


def report(line: int, offset: int | None = None, *repairs: tuple[Change, ...]) -> Report:
    return Report(line, offset, "", repairs=repairs)


def no(language: Language, right: str, text: str) -> bool:
    return False


def worth(*reports: Report, of: Slip | None = None) -> Outcome:
    return judge(of or slip(), reports, no)


def test_a_right_report() -> None:
    outcome = worth(report(2, 10, ((10, 10, " )"),)))
    assert outcome.line
    assert outcome.accepting
    assert outcome.token
    assert outcome.exact
    assert outcome.parses  # what the person wrote needs no parser
    assert outcome.hit == 1


def test_an_accepted_line_is_not_the_true_one() -> None:
    outcome = worth(report(3))
    assert outcome.accepting
    assert not outcome.line
    assert not outcome.token
    assert outcome.parses is None
    assert not outcome.offered


def test_later_reports_count_for_the_first_3_and_5() -> None:
    far = [report(9)] * 3
    outcome = worth(*far, report(2))
    assert not outcome.accepting
    assert not outcome.top3
    assert outcome.top5
    assert outcome.hit == 1
    assert outcome.n_reports == 4


def test_the_first_three_repairs_of_the_first_report_that_offers_any() -> None:
    wrong: tuple[Change, ...] = ((12, 12, ";"),)
    right: tuple[Change, ...] = ((10, 10, ")"),)
    outcome = worth(report(9), report(2, 10, wrong, wrong, right))
    assert not outcome.exact
    assert outcome.exact_in_3
    assert outcome.parses is False
    assert not worth(report(2, 10, wrong, wrong, wrong, right)).exact_in_3


def test_no_report() -> None:
    outcome = worth()
    assert outcome == Outcome(0, False, False, False, False, False, 0, False, False, False, None)


def test_several_slips_are_hit_one_by_one() -> None:
    broken = "int a\nf(a;\ng();\n"
    several = slip(
        broken=broken,
        line=1,
        accept_lines=frozenset({1, 2}),
        accept_each=((1, frozenset({1})), (2, frozenset({2}))),
        undone=("int a;\nf(a;\ng();\n", "int a\nf(a);\ng();\n"),
        single=False,
        kind="several",
    )
    outcome = worth(report(2, 9, ((9, 9, ")"),)), of=several)
    assert outcome.line
    assert outcome.hit == 0.5
    assert outcome.exact
    assert outcome.token is None
    assert outcome.parses is None
    assert worth(report(2), report(1), of=several).hit == 1


@pytest.mark.parametrize("offset", [9, 10])
def test_a_missing_token_is_between_its_neighbours(offset: int) -> None:
    assert points_at(slip(), report(2, offset))


@pytest.mark.parametrize("offset", [7, 8, 11, 12, None])
def test_and_nowhere_else(offset: int | None) -> None:
    assert not points_at(slip(), report(2, offset))


def test_either_of_two_brackets_is_the_one_too_many() -> None:
    extra = slip(broken="f(a)) ;\n", kind="insert", extra=(")",), missing=(), offset=4, line=1)
    assert points_at(extra, report(1, 3))
    assert points_at(extra, report(1, 4))
    assert not points_at(extra, report(1, 6))


def test_changes_of_one_repair_are_made_together() -> None:
    assert applied("abcdef", [(1, 2, "XX"), (4, 5, "")]) == "aXXcdf"


def test_a_finding_points_at_what_is_no_blank() -> None:
    document = Document.of("a\n  b")
    repair = Repair(1, 5, " c", 0.4)
    found = of_finding(document, Finding("wrong-token", 1, 5, 0.8, 9.0, (repair,)))
    assert (found.line, found.offset, found.confidence) == (2, 4, 0.8)
    assert found.repairs == (((1, 5, " c"),),)
    blank = of_finding(document, Finding("missing-token", 1, 1, 0.8, 9.0, ()))
    assert (blank.line, blank.offset) == (1, 1)
