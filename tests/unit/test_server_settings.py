"""The settings of the language server: whatever an editor sends gives settings, and what is wrong is told once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.server_settings import SECTION, ServerSettings, entries, table
from lm_lint.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = ServerSettings()


@pytest.mark.parametrize("raw", [None, {}, [], {SECTION: {}}, {SECTION: None}, {"typing": []}])
def test_nothing_set_is_all_defaults(raw: object) -> None:
    assert ServerSettings.parse(raw) == (DEFAULTS, [])


def test_every_setting_is_read() -> None:
    raw = {
        "enable": False,
        "device": "cpu",
        "model": " m ",
        "parser": False,
        "minConfidence": 1,
        "typing": {"pauseMs": 0},
        "diagnostics": {"mode": "pull", "workspace": True},
        "hover": {"enable": True, "alternatives": 3.0},
        "fixAll": {"minConfidence": 0.5},
        "exclude": ["build/"],
        "trace": {"log": "debug"},
    }
    parsed, problems = ServerSettings.parse({SECTION: raw})
    assert problems == []
    assert (parsed.enable, parsed.typing.pause_ms, parsed.diagnostics.mode) == (False, 0, "pull")
    assert (parsed.hover.alternatives, parsed.fix_all.min_confidence) == (3, 0.5)
    assert isinstance(parsed.hover.alternatives, int)
    assert (parsed.exclude, parsed.trace.log) == (("build/",), "debug")
    assert parsed.lint_settings() == Settings("cpu", Path("m"), False, 1.0)
    values = {name: value for name, value in vars(parsed).items() if name != "project"}
    assert all(value != getattr(DEFAULTS, name) for name, value in values.items())


def test_what_a_project_says_is_handed_on_and_is_nothing_that_an_editor_sends() -> None:
    project = Settings(ignore=("wrong-tag",), min_confidence=0.1)
    settings = ServerSettings(min_confidence=0.7, project=project)
    assert settings.lint_settings() == Settings(min_confidence=0.7, ignore=("wrong-tag",))
    parsed, problems = ServerSettings.parse({"project": {"ignore": ["wrong-tag"]}})
    assert parsed == DEFAULTS
    assert problems == ["lmLint.project is no setting of lm-lint."]


def test_a_model_in_the_home_folder() -> None:
    parsed, _ = ServerSettings.parse({"model": "~/m"})
    assert parsed.lint_settings().model == Path.home() / "m"


def test_defaults_are_those_of_the_command_line() -> None:
    assert DEFAULTS.lint_settings() == Settings()


def test_dotted_names_are_understood() -> None:
    parsed, problems = ServerSettings.parse(
        {"hover.enable": True, "hover": {"alternatives": 2}, "hover.x": 1}
    )
    assert (parsed.hover.enable, parsed.hover.alternatives) == (True, 2)
    assert problems == ["lmLint.hover.x is no setting of lm-lint."]


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (3, "lmLint is 3; an object with settings was expected."),
        (
            {"enable": "yes"},
            'lmLint.enable is "yes"; true or false was expected, so the default true is used.',
        ),
        (
            {"hover": True},
            "lmLint.hover is true; an object was expected, so its defaults are used.",
        ),
        (
            {"minConfidence": 1.5},
            "lmLint.minConfidence is 1.5; a number from 0 to 1 was expected, so the default 0.6 is used.",
        ),
        (
            {"typing": {"pauseMs": True}},
            "lmLint.typing.pauseMs is true; a whole number from 0 to 60,000 was expected, "
            "so the default 400 is used.",
        ),
        (
            {"device": "gpu"},
            'lmLint.device is "gpu"; "auto", "cpu", "cuda" or "mps" was expected, '
            'so the default "auto" is used.',
        ),
        (
            {"exclude": ["a", 1]},
            "lmLint.exclude is ['a', 1]; a list of strings was expected, so its default is used.",
        ),
        ({"model": 1}, "lmLint.model is 1; a path was expected, so its default is used."),
        (
            {"minConfidense": 1},
            "lmLint.minConfidense is no setting of lm-lint. Was lmLint.minConfidence meant?",
        ),
        (
            {"pauseMs": 1},
            "lmLint.pauseMs is no setting of lm-lint. Was lmLint.typing.pauseMs meant?",
        ),
        ({"zzz": 1}, "lmLint.zzz is no setting of lm-lint."),
    ],
)
def test_what_is_wrong_is_one_sentence(raw: object, sentence: str) -> None:
    assert ServerSettings.parse(raw) == (DEFAULTS, [sentence])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, -(10**400)])
def test_numbers_beyond_all_ranges(number: float) -> None:
    raw = {"minConfidence": number, "hover.alternatives": number, "model": 10**9999}
    parsed, problems = ServerSettings.parse(raw)
    assert parsed == DEFAULTS
    assert len(problems) == 3
    assert all(len(problem) < 200 for problem in problems)


def test_one_wrong_value_does_not_cost_the_others() -> None:
    parsed, problems = ServerSettings.parse({"typing": {"pauseMs": "x"}, "minConfidence": 0.7})
    assert (parsed.min_confidence, parsed.typing.pause_ms, len(problems)) == (0.7, 400, 1)


_NAMES = st.sampled_from([entry.name for entry in entries()] + ["typing", "hover", "", ".", "a.b."])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | _NAMES, inner),
    max_leaves=8,
)


@given(st.dictionaries(_NAMES, _VALUES) | _VALUES)
def test_nothing_that_json_can_say_raises(raw: Any) -> None:
    parsed, problems = ServerSettings.parse(raw)
    for entry in entries():
        value: Any = parsed
        for part in entry.name.split("."):
            value = getattr(value, "".join("_" + c.lower() if c.isupper() else c for c in part))
        if value != entry.default:
            entry.kind.read(value)
    assert all(problem.endswith((".", "?")) for problem in problems)


def test_the_page_holds_the_table() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    shown = page.partition("settings` -->\n")[2].partition("<!-- end of table -->")[0]
    assert shown == table(), "write it with: python -m lm_lint.server_settings"


def test_the_example_on_the_page_is_right() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    example = page.partition("```json\n")[2].partition("```")[0]
    assert ServerSettings.parse(json.loads(example))[1] == []
