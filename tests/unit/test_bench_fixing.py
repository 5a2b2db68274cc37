"""What the table about `--fix` counts."""

from __future__ import annotations

from bench.fixing import Case, judged, of_people, parses, table
from bench.slips import Slip
from tests.repairing import ScriptedLinter, insertion

BROKEN = "int f(void)\n{\n    g(1;\n}\n"
MEANT = BROKEN.replace("1;", "1);")
RIGHT = Case("examples, correct", "b.c", "c", MEANT, (MEANT,))


def case(row: str = "real slips", text: str = BROKEN) -> Case:
    return Case(row, "a.c", "c", text, (MEANT,))


def test_a_repair_is_held_against_what_was_meant() -> None:
    as_meant = ScriptedLinter({BROKEN: [insertion(BROKEN, ";", " )")]})
    otherwise = ScriptedLinter({BROKEN: [insertion(BROKEN, ";", "+2)")]})
    broken = ScriptedLinter({BROKEN: [insertion(BROKEN, "1", "(")]})
    silent = ScriptedLinter({})
    outcomes = [judged(case(), lint, 0.9, parses) for lint in (as_meant, otherwise, broken, silent)]
    assert [each.is_touched for each in outcomes] == [True, True, True, False]
    assert [each.as_meant for each in outcomes] == [True, False, False, False]
    assert [each.parses for each in outcomes] == [True, True, False, False]
    assert "| real slips, C | 4 | 3 | 1 (33%) | 1 (33%) | 1 (33%) | 1 |" in table(outcomes)


def test_right_text_is_counted_apart() -> None:
    quiet = judged(RIGHT, ScriptedLinter({}), 0.9, parses)
    loud = judged(RIGHT, ScriptedLinter({MEANT: [insertion(MEANT, "1", "2")]}), 0.9, parses)
    page = table([quiet, loud])
    assert "real slips" not in page
    assert "| examples, correct, C | 2 | 1 |" in page


def test_so_many_slips_of_each_language() -> None:
    rows = [
        Slip(f"{language}-{n}", language, "git", part, "a", "b", 1, frozenset({1}), "other", True, (), (), False, 0)
        for language in ("c", "python")
        for part in ("tune", "report")
        for n in range(5)
    ]  # fmt: skip
    cases = list(of_people(rows, "report", 2, 0))
    assert [each.language for each in cases if not each.is_right].count("c") == 2
    assert len(cases) == 8
    assert sum(each.is_right for each in cases) == 4
