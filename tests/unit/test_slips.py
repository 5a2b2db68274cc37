"""The judge of bench.accuracy: what counts as the same program, and what a finding on a slip is worth."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench import accuracy, accuracy_report, others, slips
from bench.slips import Slip
from lm_lint.findings import Finding, Repair
from lm_lint.text import Language

SAME: list[tuple[Language, str, str]] = [
    ("c", "int a ;", "int  a;\n\n"),
    ("c", "f(a); // why", "f(a /* b */);"),
    ("c", "#define A 1\nint x;", "# define  A  1\n\nint\nx;"),
    ("c", '"a b"', ' "a b" '),
    ("python", "if a:\n  b\nc", "if a :\n    b   # d\n\nc\n"),
    ("python", "f(a,\nb)", "f(a, b)"),
    ("python", "a = \\\n  b", "a = b"),
    ("html", "<P>a</p> b", "<p>a\n</p>\n  b"),
]
DIFFERENT: list[tuple[Language, str, str]] = [
    ("c", "a = = b;", "a == b;"),
    ("c", '"a b"', '"a  b"'),
    ("c", "#define A 1\nint x;", "#define A 1 int x;"),
    ("c", "x = 'a;", "x = 'a';"),
    ("c", "inta;", "int a;"),
    ("c", "/* a", "/* a */"),
    ("python", "if a:\n  b\nc", "if a:\n  b\n  c"),
    ("python", "a\nb", "a b"),
    ("python", "if a:\n    b\n  c", "if a:\n    b\nc"),
    ("python", "x = 'a", "x = 'a'"),
    ("python", 'x = """a', 'x = """a"""'),
    ("html", "<p>a</p>", "<p>a<p>"),
    ("html", "<a href=b>", "<a href='b'>"),
    ("html", "<br/>", "<br>"),
    ("html", "<div>a b</div>", "<div>a</div> b"),
]


@pytest.mark.parametrize(("language", "a", "b"), SAME)
def test_layout_is_ignored(language: Language, a: str, b: str) -> None:
    assert slips.lexemes(language, a) == slips.lexemes(language, b)


@pytest.mark.parametrize(("language", "a", "b"), DIFFERENT)
def test_other_differences_are_seen(language: Language, a: str, b: str) -> None:
    assert slips.lexemes(language, a) != slips.lexemes(language, b)


def row(**changes: Any) -> dict[str, Any]:
    """A missing `)` on line 2, which would also be right on line 3."""
    broken = "int a;\nf(a;\ng();\n"
    return {
        "id": "c-1",
        "lang": "c",
        "part": "tune",
        "source_set": "tracer",
        "broken": broken,
        "fixed": "int a;\nf(a);\ng();\n",
        "error_line": 2,
        "error_offset": 10,
        "accept_lines": [2, 3],
        "kind": "delete",
        "single": True,
        "missing": [")"],
        "extra": [],
    } | changes


def finding(start: int, confidence: float, *repairs: tuple[int, str]) -> Finding:
    found = tuple(Repair(at, at, text, 0.5) for at, text in repairs)
    return Finding("missing-token", start, start + 1, confidence, 9.0, found)


def test_a_right_finding() -> None:
    verdict = slips.judge(Slip.of(row()), [finding(10, 0.9, (10, " )"))], 0.1)
    assert verdict.strict
    assert verdict.accepting
    assert verdict.exact
    assert verdict.exact_in_3


def test_the_most_confident_finding_is_judged_and_the_others_only_by_line() -> None:
    findings = [finding(10, 0.2, (10, ")")), finding(0, 0.8, (0, ")"))]
    verdict = slips.judge(Slip.of(row()), findings, 0.1)
    assert not verdict.strict
    assert not verdict.accepting
    assert not verdict.exact
    assert verdict.any_line
    assert verdict.confidence == 0.8


def test_an_accepted_line_is_not_the_strict_one() -> None:
    verdict = slips.judge(Slip.of(row()), [finding(12, 0.9, (12, ";"), (12, "}"), (10, ")"))], 0.1)
    assert verdict.accepting
    assert not verdict.strict
    assert not verdict.exact
    assert verdict.exact_in_3


def test_the_fourth_repair_is_too_late() -> None:
    repairs = [(12, ";"), (12, "}"), (12, "]"), (10, ")")]
    assert not slips.judge(Slip.of(row()), [finding(10, 0.9, *repairs)], 0.1).exact_in_3


def test_no_finding_is_no_detection() -> None:
    verdict = slips.judge(Slip.of(row()), [], 0.1)
    assert not verdict.detected
    assert not verdict.exact
    assert not verdict.any_line


def test_crlf_and_mark_are_taken_off_as_the_engine_does() -> None:
    slip = Slip.of(row(broken="\ufeffint a;\r\nf(a;\r\n", fixed="\ufeffint a;\r\nf(a);\r\n"))
    assert slip.broken == "int a;\nf(a;\n"
    assert slip.fixed == "int a;\nf(a);\n"


def test_choice_is_by_part_limit_and_seed() -> None:
    rows = [Slip.of(row(id=f"c-{i}", part="tune" if i % 2 else "report")) for i in range(40)]
    chosen = slips.choose(rows, "tune", 5, 1)
    assert len(chosen) == 5
    assert {slip.part for slip in chosen} == {"tune"}
    assert chosen == slips.choose(reversed(rows), "tune", 5, 1)
    assert chosen != slips.choose(rows, "tune", 5, 2)
    assert len(slips.choose(rows, "report", None, 1)) == 20


class Scripted:
    """Finds the same in every text."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = list(findings)
        self.seen: list[str] = []

    def detect(self, text: str, language: Language) -> list[Finding]:
        self.seen.append(text)
        return self.findings


def test_report_counts_by_group() -> None:
    semicolon = row(id="c-2", missing=[";"], accept_lines=[2])
    chosen = [Slip.of(row()), Slip.of(semicolon)]
    tools: dict[Language, dict[str, others.FirstError]] = {"c": {"mute": lambda text: None}}
    detector = Scripted(finding(12, 0.9, (10, ")")), finding(0, 0.1))
    found = list(accuracy.run(detector, chosen, tools, 0.5, io.StringIO()))
    groups = accuracy_report.report_of(found, {})["groups"]
    assert groups["C, students"]["line_accepting"] == 0.5
    assert groups["C, students"]["exact_first"] == 1
    assert groups["C, students"]["findings_per_file"] == 1  # the other is below 0.5
    assert groups["C, students, without missing `;`"]["rows"] == 1
    assert groups["C, students"]["others"] == {"mute": {"line_strict": 0, "line_accepting": 0}}


def test_false_findings_are_counted_by_lines() -> None:
    documents: list[tuple[Language, str, str]] = [
        ("c", "a.c", "x\n" * 99),
        ("c", "b.c", "y\n" * 99),
    ]
    figures = accuracy.run_clean(Scripted(finding(0, 0.6)), documents, 0.0, io.StringIO())["c"]
    assert figures["findings_per_1000_lines"] == 10
    assert figures["at_0.5_per_1000_lines"] == 10
    assert figures["at_0.9_per_1000_lines"] == 0


def test_cpython_and_gcc_name_the_line() -> None:
    tools = others.available()
    assert tools["python"]["CPython"]("a = 1\nb = (\n") == 2
    assert tools["python"]["CPython"]("a = 1\n") is None
    if "gcc" in tools["c"]:
        assert tools["c"]["gcc"]("#include <no_such.h>\nint a;\nint b\nint c;\n") == 3
        assert tools["c"]["gcc"]("#include <no_such.h>\nint a;\n") is None


def test_no_rows_is_said_and_is_no_failure(tmp_path: Path) -> None:
    done = CliRunner().invoke(accuracy.main, ["--data", str(tmp_path)])
    assert done.exit_code == 0
    assert done.output.startswith("Skipped: no slips in")


def test_an_interrupted_run_reports_and_resumes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(id=f"c-{i}") for i in range(6)]
    lines = "".join(json.dumps(r) + "\n" for r in rows)
    (tmp_path / "c_students.jsonl").write_text(lines, encoding="utf-8")
    detector = Scripted(finding(10, 0.9, (10, ")")))

    class Interrupted(Scripted):
        def detect(self, text: str, language: Language) -> list[Finding]:
            if len(self.seen) == 2:
                raise KeyboardInterrupt
            return super().detect(text, language)

    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(
        accuracy, "default_detector", lambda *_, **__: Interrupted(*detector.findings)
    )
    done = CliRunner().invoke(accuracy.main, arguments)
    assert done.exit_code == 0, done.output
    report = tmp_path / "out" / "tune.report.json"
    assert json.loads(report.read_text())["groups"]["C, students"]["rows"] == 2
    monkeypatch.setattr(accuracy, "default_detector", lambda *_, **__: detector)
    done = CliRunner().invoke(accuracy.main, [*arguments, "--resume"])
    assert done.exit_code == 0, done.output
    assert len(detector.seen) == 4
    assert json.loads(report.read_text())["groups"]["C, students"]["rows"] == 6
    assert "| C, students | 6 | 100.0% |" in (tmp_path / "out" / "tune.report.md").read_text()
