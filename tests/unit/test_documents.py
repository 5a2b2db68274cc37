"""An open document: after any edits it says what a fresh start says, and while somebody types it holds its tongue."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lm_lint import weights
from lm_lint.detector import Detector
from lm_lint.diagnostics import Diagnostic
from lm_lint.documents import OpenDocument
from lm_lint.engine import Engine
from lm_lint.errors import Abandoned
from lm_lint.examination import Examination, Examined
from lm_lint.findings import Repair
from lm_lint.normal import NormalText
from lm_lint.scorer import Scorer
from lm_lint.settings import Settings
from lm_lint.text import LANGUAGES, Edit, Language
from tests.marked import engine_for
from tests.sources import SOURCES
from tests.unit.test_suspects import DEFINITIONS, FUNCTIONS

ALL = Settings(min_confidence=0.0)
LONG: dict[Language, str] = {
    "c": SOURCES["c"] + FUNCTIONS[: FUNCTIONS.index("int f30")],
    "html": SOURCES["html"].replace(
        "</body>", "<div>\n<p>more 🙂 e\u0301\n</div>\n" * 8 + "</body>"
    ),
    "python": SOURCES["python"] + "\n\n" + DEFINITIONS[: DEFINITIONS.index("def f30")],
}
WRITTEN = (
    "", "", ";", ")", "(", "}", "{", ":", '"', "'", "x", " ", "\n", "\r\n", "\r", "\n    ", "\x0c", "🙂", "e\u0301", "\ufeff",
    "</div>", "<b>", "{% if x %}", "/*", "*/", '"""', "#if 1\n", "return a;\n", "def f(:\n", "int x\n",
    "  # lm-lint: ignore", "/* lm-lint: off[missing-token] */", "// lm-lint: on\n", "<!-- lm-lint: ignore-file -->",
)  # fmt: skip


def engine_of(folder: Path) -> Engine:
    scorer = Scorer(weights.load(folder, "cpu", torch.float32))
    return Engine(scorer, Detector(scorer), ALL, Detector(scorer, parser=False))


@pytest.fixture(scope="module")
def engine(tiny_folder: Path) -> Engine:
    return engine_of(tiny_folder)


def shown(diagnostics: list[Diagnostic]) -> list[tuple[object, ...]]:
    """What people see of diagnostics; confidences to two digits, since readings are cut in other places."""
    return [
        (
            d.line, d.column, d.end_line, d.end_column, d.message, d.finding.code,
            [(r.start, r.end, r.text) for r in d.finding.repairs[:1]],
            pytest.approx(d.finding.confidence, abs=0.01),
        )
        for d in diagnostics
    ]  # fmt: skip


class Editing(RuleBasedStateMachine):
    """Edits of all kinds; at rest the document says what a new engine says of its text."""

    folder: Path  # set by the test

    @initialize(language=st.sampled_from(LANGUAGES), crlf=st.booleans(), bom=st.booleans())
    def opened(self, language: Language, crlf: bool, bom: bool) -> None:
        text = LONG[language]
        text = ("\ufeff" if bom else "") + (text.replace("\n", "\r\n") if crlf else text)
        self.engine = engine_of(self.folder)
        self.text, self.language = text, language
        self.document = self.engine.open(text, language)
        self.document.diagnostics()

    def _at(self, place: float) -> int:
        return round(place * len(self.text))

    @rule(
        place=st.floats(0, 1),
        length=st.sampled_from([0, 0, 1, 1, 3, 40]),
        new=st.sampled_from(WRITTEN),
    )
    def edited(self, place: float, length: int, new: str) -> None:
        start = self._at(place)
        self._edit([Edit(start, min(start + length, len(self.text)), new)])

    @rule(places=st.lists(st.floats(0, 1), min_size=2, max_size=4), new=st.sampled_from(WRITTEN))
    def edited_in_several_places(self, places: list[float], new: str) -> None:
        offsets = sorted({self._at(place) for place in places}, reverse=True)
        self._edit([Edit(offset, offset, new) for offset in offsets])

    @rule(place=st.floats(0, 1), copies=st.sampled_from([1, 3]))
    def pasted(self, place: float, copies: int) -> None:
        at = self._at(place)
        self._edit([Edit(at, at, self.text[at : at + 200] * copies)])

    @rule(place=st.floats(0, 1))
    def replaced(self, place: float) -> None:
        at = self._at(place)
        self.text = self.text[:at] + self.text[at + 5 :]
        self.document.replace(self.text)

    @rule(place=st.floats(0, 1))
    def looked_at_while_typing(self, place: float) -> None:
        at = self._at(place)
        for found in self.document.diagnostics((at, at)):
            assert not found.finding.start <= at <= found.finding.end

    @rule(calls=st.integers(0, 30))
    def abandoned(self, calls: int) -> None:
        left = iter(range(calls))
        with contextlib.suppress(Abandoned):
            self.document.diagnostics(abandoned=lambda: next(left, None) is None)

    @rule(place=st.floats(0, 1), length=st.integers(0, 400))
    def surprise_was_asked_for(self, place: float, length: int) -> None:
        start = self._at(place)
        tokens = self.document.surprisal(start, start + length)
        for token in tokens:
            assert 0 <= token.start <= token.end <= len(self.text)
            assert token.surprisal_bits >= 0
            assert token.entropy_bits >= 0

    def _edit(self, edits: list[Edit]) -> None:
        for edit in edits:
            self.text = self.text[: edit.start] + edit.text + self.text[edit.end :]
        self.document.edit(edits)

    @invariant()
    def holds_the_same_text(self) -> None:
        if hasattr(self, "document"):
            assert self.document.text == self.text

    @precondition(lambda self: len(self.text) < 9000)
    @rule()
    def at_rest(self) -> None:
        self.document.diagnostics()
        while not self.document.settle():
            pass
        assert shown(self.document.diagnostics()) == shown(
            engine_of(self.folder).check(self.text, self.language)
        )
        mine = self.document.surprisal(0, len(self.text))
        fresh = self.engine.scores(self.text, self.language)
        assert [t.start for t in mine] == fresh.tokens.bounds[:-1].tolist()
        bits = [t.surprisal_bits for t in mine]
        assert bits == pytest.approx(fresh.surprisal_bits[:-1].tolist(), abs=1e-3)


@pytest.mark.slow
def test_after_any_edits_it_says_what_a_fresh_start_says(tiny_folder: Path) -> None:
    class Here(Editing):
        folder = tiny_folder

    Here.TestCase.settings = settings(
        max_examples=12,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Here.TestCase("runTest").runTest()


BROKEN = LONG["c"].replace("        g(a);", "        g(a;", 1)


def place_of(document: OpenDocument) -> int:
    (found,) = [
        d for d in document.diagnostics() if d.finding.confidence > 0.5
    ] or document.diagnostics()[:1]
    return found.finding.start


@pytest.fixture(scope="module")
def real() -> Engine:
    return Engine.load(Settings())


@pytest.mark.released
class TestWhileTyping:
    """With the released model, since what is found must be worth keeping."""

    def test_a_finding_elsewhere_stays_and_moves(self, real: Engine) -> None:
        document = real.open(BROKEN, "c")
        (before,) = document.diagnostics()
        document.edit([Edit(0, 0, "int x\n")])
        (after,) = document.diagnostics(typed=(0, 5))
        assert after.line == before.line + 1
        assert after.finding.start == before.finding.start + 6
        assert after.finding.repairs[0].start == before.finding.repairs[0].start + 6
        assert after.message == before.message

    def test_nothing_new_is_said_while_typing(self, real: Engine) -> None:
        document = real.open(LONG["c"], "c")
        assert document.diagnostics() == []
        at = LONG["c"].index("        g(a);")
        document.edit([Edit(at, at, "        h(a\n")])
        assert document.diagnostics(typed=(at, at + 11)) == []
        assert document.diagnostics() != []

    def test_what_is_typed_away_goes_at_once(self, real: Engine) -> None:
        document = real.open(BROKEN, "c")
        (found,) = document.diagnostics()
        repair = found.finding.repairs[0]
        document.edit([Edit(repair.start, repair.end, repair.text)])
        assert document.diagnostics(typed=(repair.start, repair.start + 1)) == []
        assert document.diagnostics() == []

    def test_crlf_and_byte_order_mark_move_findings_as_they_should(self, real: Engine) -> None:
        text = "\ufeff" + BROKEN.replace("\n", "\r\n")
        document = real.open(text, "c")
        (before,) = document.diagnostics()
        document.edit([Edit(1, 1, "int x;\r\n")])
        (after,) = document.diagnostics(typed=(1, 7))
        assert (after.line, after.column) == (before.line + 1, before.column)
        repaired = after.finding.repairs[0].apply(document.text)
        assert real.check(repaired, "c") == []

    def test_settings_are_the_documents_own(self, real: Engine) -> None:
        document = real.open(BROKEN, "c")
        assert document.diagnostics()
        document.settings = Settings(min_confidence=1.0)
        assert document.diagnostics() == []


def seen(document: OpenDocument, typed: tuple[int, int] | None = None) -> list[tuple[str, str]]:
    return [(d.finding.code, d.severity) for d in document.diagnostics(typed)]


UNUSED, SLIP = ("unused-suppression", "warning"), ("missing-token", "error")


def scripted(text: str, *repairs: Repair, **settings: Any) -> OpenDocument:
    return engine_for(list(repairs), Settings(**settings)).open(text, "c")


class TestComments:
    """With scripted findings: comments that ignore nothing are told, beside what is found."""

    TEXT = "int a;  /* lm-lint: ignore */\nint b\n/* lm-lint: ingore */\n"
    SEMICOLON = Repair(12, 12, ";", 0.95)  # where the comment is left out

    def test_they_come_by_place_among_the_findings(self) -> None:
        found = scripted(self.TEXT, self.SEMICOLON).diagnostics()
        assert [d.line for d in found] == [1, 2, 3]
        assert (found[0].column, found[0].end_column) == (9, 30)
        assert found[0].message == "no finding here is ignored by this comment"
        assert found[0].finding.repairs[0].apply(self.TEXT).startswith("int a;\nint b\n")

    def test_hints_count_as_use(self) -> None:
        hint = Repair(5, 5, ";", 0.1)
        assert seen(scripted("int a;  /* lm-lint: ignore */\n", hint)) == []

    def test_settings_choose_codes_and_severities(self) -> None:
        def of(**settings: Any) -> list[tuple[str, str]]:
            return seen(scripted(self.TEXT, self.SEMICOLON, **settings))

        invalid = ("invalid-suppression", "warning")
        assert of() == [UNUSED, SLIP, invalid]
        assert of(select=("missing-token",)) == [SLIP]
        assert of(ignore=("missing-token",)) == [UNUSED, invalid]
        assert of(unused_suppressions=False) == [SLIP, invalid]
        assert of(parser=False) == [SLIP, invalid]
        severity = (("missing-token", "hint"), ("unused-suppression", "error"))
        assert of(severity=severity) == [
            ("unused-suppression", "error"),
            ("missing-token", "hint"),
            invalid,
        ]

    def test_while_typing_nothing_new_is_said_and_what_was_said_moves(self) -> None:
        document = scripted("int a;  /* lm-lint: ignore */\n")
        assert seen(document) == [UNUSED]
        document.edit([Edit(0, 0, "/* lm-lint: ignore-file */\n")])
        (found,) = document.diagnostics((0, 27))
        assert (found.line, found.column) == (2, 9)
        assert seen(document) == [UNUSED, UNUSED]

    def test_what_is_typed_into_a_comment_ends_what_was_said_of_it(self) -> None:
        document = scripted("int a;  /* lm-lint: ignore */\n")
        assert seen(document) == [UNUSED]
        document.edit([Edit(26, 26, " why")])
        assert seen(document, (26, 30)) == []
        assert seen(document) == [UNUSED]

    def test_a_comment_is_judged_when_a_patient_look_has_found_what_it_ignores(self) -> None:
        engine = engine_for([])
        detector: Any = engine.model.detectors[True]
        document = engine.open("int a;  /* lm-lint: ignore */\n", "c")
        assert seen(document) == [UNUSED]
        detector.took_shortcuts = True
        document.edit([Edit(0, 0, "\n")])
        assert seen(document) == [UNUSED]  # as it was
        detector.took_shortcuts, detector.repairs = False, [Repair(6, 6, ";", 0.3)]
        assert not document.settle()
        assert document.has_news
        assert seen(document) == []

    def test_in_a_text_that_was_not_searched_to_its_end_nothing_is_called_unused(self) -> None:
        lines = "    g(a);\n" * 12
        stumbling = f"int f(void)\n{{\n{lines}    g(a;  /* lm-lint: ignore */\n{lines}}}\n\n"
        assert seen(scripted(stumbling)) == [UNUSED]
        assert seen(scripted(stumbling * 20)) == []
        slips = [Repair(0, 0, ";", 0.95)] * 8
        assert seen(scripted(stumbling, *slips)) == [SLIP] * 8
        assert UNUSED in seen(scripted(stumbling, *slips[1:]))
        assert UNUSED in seen(scripted("int a;\nint b;  /* lm-lint: ignore */\n", *slips))


def test_an_empty_document_expects_nothing(engine: Engine) -> None:
    document = engine.open("", "python")
    assert document.diagnostics() == []
    assert document.surprisal(0, 10) == []
    assert document.expectation(0) is None
    assert document.settle()


def test_expectation_is_that_of_the_token_at_an_offset(engine: Engine) -> None:
    text = "\ufeff" + SOURCES["python"].replace("\n", "\r\n")
    document = engine.open(text, "python")
    at = text.index("return") + 2
    expected = document.expectation(at, 3)
    assert expected is not None
    assert expected.token.start <= at < expected.token.end
    assert len(expected.likeliest) == 3
    probabilities = [probability for _, probability in expected.likeliest]
    assert probabilities == sorted(probabilities, reverse=True)
    assert 0 < sum(probabilities) <= 1


@pytest.mark.parametrize("text", ["", "a\nb", "\ufeffa\r\nb\rc\n", "\r\n\r\n", "x\r"])
def test_offsets_of_the_normal_form_go_there_and_back(text: str) -> None:
    normal = NormalText.of(text)
    for offset in range(len(normal.text) + 1):
        assert normal.normal_offset(normal.original_offset(offset)) == offset


RUBBLE = "void g(void)\n{\n" + "    x = f(1;\n" * 45 + "}\n"


@pytest.mark.released
def test_what_is_no_program_is_not_searched_round_after_round(
    real: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined: list[str] = []
    result = Examination.result

    def counted(self: Examination) -> Examined:
        examined.append(self.stretch)
        return result(self)

    monkeypatch.setattr(Examination, "result", counted)
    assert real.check(RUBBLE, "c")
    assert len(examined) == 2


def test_a_lone_carriage_return_is_a_line_break_to_the_model_too() -> None:
    """Though the first line ends with LF, the edit is not what the model's text goes through."""
    assert not NormalText.of("int a;\nint b;\rint c;\n").is_text
    assert NormalText.of("int a;\nint b;\n").is_text
