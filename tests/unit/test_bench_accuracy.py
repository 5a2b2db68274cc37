"""bench.accuracy with scripted tools: what is asked, remembered, counted, drawn and written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bench import rivals
from bench.accuracy import __main__ as command
from bench.accuracy import curves, figures, ours, page, plots
from bench.accuracy.asking import Answers, Asked, Memory, failures
from bench.accuracy.texts import FIXED, HELD_OUT, Text, Wanted, gather
from bench.reports import Looked, Report, Tool
from bench.rivals import ngram
from bench.rivals.processes import all_at_once, one_by_one
from bench.slips import Slip
from lm_lint.findings import Finding, Repair
from lm_lint.text import LANGUAGES, Language

BROKEN = "int a;\nf(a;\ng();\n"
FIXED_TEXT = "int a;\nf(a);\ng();\n"


def row(**changes: Any) -> dict[str, Any]:
    return {
        "id": "c-1",
        "lang": "c",
        "part": "tune",
        "source_set": "tracer",
        "broken": BROKEN,
        "fixed": FIXED_TEXT,
        "error_line": 2,
        "error_offset": 10,
        "accept_lines": [2],
        "kind": "delete",
        "single": True,
        "missing": [")"],
        "extra": [],
    } | changes


def slip_text(**changes: Any) -> Text:
    slip = Slip.of(row(**changes))
    return Text("c", slip.broken, slip, slip.source)


def right_text(text: str = "x\n" * 99, origin: str = HELD_OUT) -> Text:
    return Text("c", text, None, origin)


class Rival:
    """Says the same of every text, and counts the calls."""

    def __init__(self, *reports: Report) -> None:
        self.reports = reports
        self.calls: list[Sequence[str]] = []

    def look(self, texts: Sequence[str]) -> list[Looked]:
        self.calls.append(texts)
        return [Looked(self.reports, 7.0 if len(texts) == 1 else None) for _ in texts]

    def tool(self, **fields: Any) -> Tool:
        return Tool(
            **{"name": "rival", "language": "c", "key": "rival 1", "look": self.look} | fields
        )


def confident(*pairs: tuple[int, float]) -> Looked:
    return Looked(tuple(Report(line, None, "", confidence) for line, confidence in pairs), 5.0)


OURS = Rival().tool(name="lm-lint", ours=True, repairs=True)


def answers(text: Text, **by_tool: Looked) -> Answers:
    return Answers(text, {name.replace("_", "-"): looked for name, looked in by_tool.items()})


# --- Asking ---------------------------------------------------------------------------------------------------------


def test_a_rival_is_asked_once_and_never_again_while_its_version_holds(tmp_path: Path) -> None:
    rival = Rival(Report(2, 5, "m", repairs=(((1, 2, "x"),),)))
    texts = [slip_text(), right_text(), right_text()]
    first = list(Asked([rival.tool()], tmp_path, "tune", resume=False).ask(texts))
    again = list(Asked([rival.tool()], tmp_path, "tune", resume=False).ask(texts))
    assert first == again
    assert first[0].by_tool["rival"].reports == rival.reports
    assert [len(call) for call in rival.calls] == [2]  # the same text twice is one text
    list(Asked([rival.tool(key="rival 2")], tmp_path, "tune", resume=False).ask(texts))
    assert len(rival.calls) == 2


def test_our_answers_hold_for_one_run_and_its_resume(tmp_path: Path) -> None:
    rival = Rival()
    tool = rival.tool(ours=True)
    for resume, calls in ((False, 1), (True, 1), (False, 2)):
        list(Asked([tool], tmp_path, "tune", resume).ask([slip_text()]))
        assert len(rival.calls) == calls


def test_what_always_speaks_is_not_asked_about_right_text(tmp_path: Path) -> None:
    asked = Asked([Rival().tool(ranks=True)], tmp_path, "tune", resume=False)
    (found,) = asked.ask([right_text()])
    assert found.by_tool == {}


def test_half_a_line_of_memory_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "memory.jsonl"
    Memory(path).put("a", 1)
    with path.open("a", encoding="utf-8") as file:
        file.write('["b", ')
    memory = Memory(path)
    assert "a" in memory
    assert "b" not in memory


def test_a_slow_starter_is_timed_alone(tmp_path: Path) -> None:
    rival = Rival()
    asked = Asked([rival.tool()], tmp_path, "tune", resume=False)
    found = list(asked.ask([slip_text(), right_text()]))
    assert found[0].by_tool["rival"].ms is None
    timed = command.with_times(asked, asked.tools, found)
    assert [each.by_tool["rival"].ms for each in timed] == [7.0, 7.0]


def test_both_kinds_of_looking_agree() -> None:
    one = one_by_one(lambda text: [Report(1, None, text)])(["a", "b"])
    many = all_at_once(lambda texts: [[Report(1, None, text)] for text in texts])(["a", "b"])
    assert [looked.reports for looked in one] == [looked.reports for looked in many]
    assert [looked.ms for looked in many] == [None, None]


def test_a_failure_is_no_report_and_is_told(tmp_path: Path) -> None:
    def look(text: str) -> list[Report]:
        raise ValueError("nothing to stack")

    tool = Rival().tool(look=one_by_one(look), ours=True)
    for resume in (False, True):
        found = list(Asked([tool], tmp_path, "tune", resume).ask([slip_text()]))
        assert found[0].by_tool["rival"].reports == ()
        (told,) = failures(found)
        assert told.startswith("rival failed on 1 texts")
        assert told.endswith("ValueError: nothing to stack.")


# --- Figures --------------------------------------------------------------------------------------------------------


def no(language: Language, right: str, text: str) -> bool:
    return False


def test_groups_and_shares() -> None:
    semicolon = slip_text(id="c-2", missing=[";"])
    right = Looked((Report(2, 10, "", 0.9, (((10, 10, ")"),),)), Report(1, 0, "", 0.1)), 4.0)
    found = [
        figures.judged(answers(text, lm_lint=right, rival=confident()), tools(), 0.6, no)
        for text in (slip_text(), semicolon)
    ]
    by_group = figures.by_group(found, list(tools().values()))
    assert list(by_group) == [
        "C, students",
        "C, students, without missing `;`",
        "C, students, one token, without missing `;`",
    ]
    mine = by_group["C, students"]["lm-lint"]
    assert (mine["line"], mine["exact"], mine["parses"], mine["ms_median"]) == (1, 1, 1, 4)
    assert mine["reports_per_slip"] == 1  # the other is below 0.6
    assert by_group["C, students"]["rival"]["found"] == 0
    assert "exact" not in by_group["C, students"]["rival"]


def tools() -> dict[str, Tool]:
    return {"lm-lint": OURS, "rival": Rival().tool()}


def test_false_reports_are_counted_by_lines() -> None:
    said = confident((1, 0.95), (2, 0.7), (3, 0.3))
    found = [answers(right_text(), lm_lint=said, rival=said), answers(right_text("y\n" * 99))]
    found[1].by_tool.update(found[0].by_tool)
    by_tool = figures.on_right_text(found, list(tools().values()), 0.6)["C, held-out files"]
    assert by_tool["lm-lint"]["per_1000_lines"] == 20
    assert by_tool["lm-lint"]["errors_per_1000_lines"] == 10
    assert by_tool["rival"]["per_1000_lines"] == 30


def test_mended_slips_are_shown_apart() -> None:
    found = [answers(right_text("a\n", FIXED), lm_lint=confident())]
    assert list(figures.on_right_text(found, [OURS], 0.6)) == ["C, mended slips"]


# --- Curves ---------------------------------------------------------------------------------------------------------


def curve_answers() -> list[Answers]:
    return [
        answers(slip_text(), lm_lint=confident((2, 0.95), (1, 0.45)), rival=confident((2, 1.0))),
        answers(slip_text(id="c-2"), lm_lint=confident((1, 0.55)), rival=confident((3, 1.0))),
        answers(right_text(), lm_lint=confident((5, 0.15), (6, 0.01)), rival=confident()),
    ]


def test_precision_and_recall_at_every_confidence() -> None:
    found = curves.curves_of(curve_answers(), OURS)
    points = [(p["confidence"], p["precision"], p["recall"]) for p in found["precision_recall"]]
    assert points == [(0.95, 1, 0.5), (0.55, 0.5, 0.5), (0.45, 1 / 3, 0.5), (0.15, 0.25, 0.5)]
    assert [p["coverage"] for p in found["precision_coverage"]] == [0.5, 1]
    assert page.recall_at(found["precision_recall"], 0.9) == 0.5


def test_the_calibration_error_by_hand() -> None:
    found = curves.curves_of(curve_answers(), OURS)
    assert [b["findings"] for b in found["reliability"]] == [1, 1, 1, 1]
    expected = (0.05 + 0.45 + 0.55 + 0.15) / 4
    assert found["expected_calibration_error"] == pytest.approx(expected)
    assert curves.calibration_error([]) is None


def test_a_rival_is_one_point() -> None:
    assert curves.one_point(curve_answers(), Rival().tool()) == {"precision": 0.5, "recall": 0.5}


def test_no_findings_give_empty_curves_and_a_picture(tmp_path: Path) -> None:
    found = curves.all_curves([answers(slip_text(), lm_lint=confident())], [OURS])
    assert found["c"]["ours"]["lm-lint"]["precision_recall"] == []
    assert all(path.stat().st_size > 1_000 for path in plots.draw_all(found, tmp_path, "tune"))


# --- The command ----------------------------------------------------------------------------------------------------


class Scripted:
    """Finds the same in every text."""

    def __init__(self, fails_after: int | None = None) -> None:
        self.seen: list[str] = []
        self.fails_after = fails_after

    def detect(
        self, text: str, language: Language, breathe: object = None, patient: bool = True
    ) -> list[Finding]:
        if len(self.seen) == self.fails_after:
            raise KeyboardInterrupt
        self.seen.append(text)
        repair = Repair(10, 10, ")", 0.9)
        return [Finding("missing-token", 10, 10, 0.9, 9.0, (repair,))] if text == BROKEN else []


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [row(id=f"c-{i}", broken=BROKEN, source_set=f"tracer:{i}") for i in range(3)]
    rows += [row(id="c-9", part="report")]
    lines = "".join(json.dumps(r) + "\n" for r in rows)
    (tmp_path / "c_students.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, data: Path, detector: Scripted, *more: str) -> Any:
    monkeypatch.setattr(ours, "load", lambda *_: ours.tools(detector, "lm-lint", "0"))
    monkeypatch.setattr(rivals, "installed", lambda: [Rival(Report(1, 0, "m")).tool()])
    monkeypatch.setattr(ngram, "tools", lambda *_: [])
    arguments = ["--data", str(data), "--git-rows", str(data), "--corpus", str(data / "none")]
    done = CliRunner().invoke(command.main, [*arguments, "--out", str(data / "out"), *more])
    assert done.exit_code == 0, done.output
    return json.loads((data / "out" / "tune.report.json").read_text(encoding="utf-8"))


def test_a_run_writes_page_numbers_and_pictures(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    report = run(monkeypatch, data, Scripted())
    group = report["slips"]["C, students"]
    assert group["lm-lint"]["exact"] == 1
    assert group["rival"]["line"] == 0
    assert report["right_text"]["C, mended slips"]["rival"]["reports"] == 3
    assert "Not on this machine: gcc." in report["about"]["notes"]
    out = data / "out"
    assert "### C, students (3)" in (out / "tune.report.md").read_text(encoding="utf-8")
    for kind in ("precision-recall", "precision-coverage", "reliability"):
        assert (out / f"tune.{kind}.png").exists()


def test_an_interrupted_run_reports_and_resumes(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    report = run(monkeypatch, data, Scripted(fails_after=1))
    assert 1 <= int(report["about"]["title"].split(" of 6 texts")[0]) < 6
    detector = Scripted()
    report = run(monkeypatch, data, detector, "--resume")
    assert report["slips"]["C, students"]["lm-lint"]["texts"] == 3
    assert len(detector.seen) == 1


def test_no_rows_is_said_and_is_no_failure(tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path), "--git-rows", str(tmp_path), "--corpus", str(tmp_path)]
    done = CliRunner().invoke(command.main, arguments)
    assert done.exit_code == 0
    assert done.output.startswith("Skipped: no slips in")


def test_texts_are_drawn_by_part_limit_and_seed(data: Path) -> None:
    wanted = Wanted("tune", LANGUAGES, 2, 0, 0, 0, 1_000, 0)
    found = gather(wanted, data, None, data / "none")
    assert sorted(text.origin for text in found) == [FIXED, FIXED, "tracer", "tracer"]
    assert found == gather(wanted, data, None, data / "none")
