"""The facade: what a text is turned into for the model, and how offsets find their way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lm_lint import suspects
from lm_lint.engine import Engine
from lm_lint.errors import DeviceError, ModelNeeded
from lm_lint.findings import Finding, Repair
from lm_lint.normal import NormalText
from lm_lint.scorer import Scores
from lm_lint.settings import Settings
from lm_lint.text import LANGUAGES, Language, language_of
from tests.marked import NoScorer, ScriptedDetector, engine_for, read_marks
from tests.sources import SOURCES

TEXTS = st.text(st.sampled_from("ab \n\r\ufeff🙂é\f\u2028"), max_size=30)


@given(TEXTS)
def test_normal_text_has_lf_only_and_every_place_leads_back(text: str) -> None:
    normal = NormalText.of(text)
    assert "\r" not in normal.text
    n_bom = text.startswith("\ufeff")
    assert normal.text == text[n_bom:].replace("\r\n", "\n").replace("\r", "\n")
    for offset, character in enumerate(normal.text):
        start, end = normal.original_offset(offset), normal.original_offset(offset + 1)
        original = text[start:end]
        assert original == character or (character == "\n" and original in ("\r\n", "\r"))
    assert normal.original_offset(len(normal.text)) == len(text)


def test_findings_come_in_the_offsets_of_the_file() -> None:
    text, repairs = read_marks("\ufeffint a;\nint b«→;»\nint c;\n")
    normal = text.removeprefix("\ufeff")
    shifted = [Repair(r.start - 1, r.end - 1, r.text, r.confidence) for r in repairs]
    detector = ScriptedDetector(shifted, [])
    (found,) = Engine(NoScorer(), detector).check(text.replace("\n", "\r\n"), "c")
    assert detector.seen == [(normal, "c")]
    assert (found.line, found.column) == (2, 6)
    assert found.finding.repairs[0].start == len("\ufeffint a;\r\nint b")
    repaired = found.finding.repairs[0].apply(text.replace("\n", "\r\n"))
    assert repaired == "\ufeffint a;\r\nint b;\r\nint c;\r\n"


def test_a_repair_keeps_the_line_breaks_of_the_file() -> None:
    text, repairs = read_marks("x = 1«→\n»y = 2\n")
    (found,) = engine_for(repairs).check(text.replace("\n", "\r\n"), "python")
    assert found.finding.repairs[0].text == "\r\n"


@pytest.mark.parametrize(("least", "n"), [(0.0, 3), (0.6, 2), (0.95, 1), (1.0, 0)])
def test_what_is_too_unsure_is_not_shown(least: float, n: int) -> None:
    repairs = [Repair(0, 0, ";", confidence) for confidence in (0.3, 0.7, 0.97)]
    engine = engine_for(repairs, Settings(min_confidence=least))
    assert len(engine.check("x\n", "c")) == n


def test_diagnostics_come_in_the_order_of_the_text() -> None:
    repairs = [Repair(3, 3, ";", 0.7), Repair(1, 1, ";", 0.9), Repair(2, 2, ";", 0.8)]
    found = engine_for(repairs).check("abcdef", "c")
    assert [diagnostic.finding.start for diagnostic in found] == [1, 2, 3]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\ufeff", "\r\n", "\t\f\n"])
def test_blank_text_is_not_even_looked_at(text: str) -> None:
    detector = ScriptedDetector([Repair(0, 0, ";", 1.0)], [])
    assert Engine(NoScorer(), detector).check(text, "html") == []
    assert detector.seen == []


@pytest.fixture(scope="module")
def tiny_engine(tiny_folder: Path) -> Engine:
    return Engine.load(Settings(device="cpu", model=tiny_folder, min_confidence=0))


@pytest.mark.parametrize("language", LANGUAGES)
def test_scores_cover_the_file_as_it_is(tiny_engine: Engine, language: Language) -> None:
    text = "\ufeffint x;\r\nreturn é🙂;\r\n\r"
    scores = tiny_engine.scores(text, language)
    bounds = scores.tokens.bounds
    assert bounds[0] == 1
    assert bounds[-1] == len(text)
    assert (np.diff(bounds) >= 0).all()
    assert len(scores.surprisal_bits) == len(scores.entropy_bits) == len(bounds)
    assert (scores.surprisal_bits >= 0).all()
    assert tiny_engine.scores("", language).surprisal_bits.shape == (1,)


ODD = ["x", "\0" * 10, "(" * 15, "\ud800", "<" * 50, "🙂" * 50, "\x1b[31m", "'" + "a" * 500]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ODD, ids=ascii)
def test_no_text_is_an_error(tiny_engine: Engine, text: str, language: Language) -> None:
    for diagnostic in tiny_engine.check(text, language):
        assert 0 <= diagnostic.finding.start <= diagnostic.finding.end <= len(text)
        for repair in diagnostic.finding.repairs:
            assert repair.apply(text) != text


def test_seconds_are_told_by_stage(tiny_engine: Engine) -> None:
    tiny_engine.check("int x\n", "c")
    assert {"import", "load", "score", "detect"} <= set(tiny_engine.seconds)
    assert min(tiny_engine.seconds.values()) >= 0


ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*") if language_of(path))


def check_lazily(text: str, language: Language, eager: Engine) -> None:
    """An engine that loads its model when it needs it finds what one finds that has it."""
    suspects.forget()
    lazy = Engine.lazy(eager.settings)
    lazy.may_load = False
    expected = eager.check(text, language)
    try:
        assert lazy.check(text, language) == expected
    except ModelNeeded:
        lazy.may_load, lazy._model = True, eager.model
        assert lazy.check(text, language) == expected
    assert not expected or lazy.has_model


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_what_parses_is_told_without_the_model(tiny_engine: Engine, path: Path) -> None:
    language = language_of(path)
    assert language
    check_lazily(path.read_text(encoding="utf-8"), language, tiny_engine)


@given(st.data())
@settings(max_examples=60)
def test_what_is_broken_somewhere_too(tiny_engine: Engine, data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(LANGUAGES))
    text = SOURCES[language]
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 3)))
    new = data.draw(
        st.sampled_from(["", "(", ")", "}", ";", "\r\n", "<b>", "</b>", '"', "x", "#if 0\n"])
    )
    check_lazily(text[:start] + new + text[end:], language, tiny_engine)


@pytest.mark.released
@pytest.mark.parametrize("path", [path for path in EXAMPLES if "correct" not in path.parts][::6])
def test_numpy_finds_what_torch_finds(path: Path) -> None:
    """On a CPU the command computes with one, the language server with the other."""
    chosen, language, text = Settings(device="cpu"), language_of(path), path.read_text("utf-8")
    assert language
    with_torch, without = Engine.load(chosen), Engine.lazy(chosen)
    expected, found = with_torch.check(text, language), without.check(text, language)
    assert (with_torch.device_name, without.device_name) == ("cpu", "cpu")
    assert [(d.line, d.column, d.finding.code) for d in found] == [
        (d.line, d.column, d.finding.code) for d in expected
    ]
    for one, other in zip(found, expected, strict=True):
        assert one.finding.confidence == pytest.approx(other.finding.confidence, abs=0.05)


def test_an_eager_engine_asks_its_detector_of_every_text() -> None:
    detector = ScriptedDetector([Repair(0, 0, ";", 1.0)], [])
    assert Engine(NoScorer(), detector).check("int a;\n", "c")


class Fickle:
    """A detector and a scorer whose device gives up once."""

    def __init__(self) -> None:
        self.said: list[str] = []

    took_shortcuts = False

    def prepare(self, text: str, language: Language, offset: int) -> None:
        """Nothing is read here."""

    def detect(
        self, text: str, language: Language, breathe: object = None, patient: bool = True
    ) -> list[Finding]:
        if not self.said:
            raise DeviceError("cuda:0 is out of memory")
        return []

    def score(self, text: str, language: Language) -> Scores:
        raise AssertionError("nobody asked")

    def use_cpu(self, why: str) -> None:
        self.said.append(why)


def test_a_device_that_gives_up_is_replaced_once() -> None:
    fickle = Fickle()
    assert Engine(fickle, fickle).check("int a;\n", "c") == []
    assert fickle.said == ["cuda:0 is out of memory"]
