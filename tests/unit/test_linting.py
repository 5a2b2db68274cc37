"""What decides on findings is in the key, and what was found once is found again without the engine."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import linting
from lm_lint.cache import Cache
from lm_lint.diagnostics import Diagnostic
from lm_lint.errors import ModelDamaged, ModelMissing, ModelNeeded
from lm_lint.findings import CODES, Finding, Repair
from lm_lint.linting import Job, Linter, decoded, encoded
from lm_lint.settings import SEVERITIES, Settings
from lm_lint.sources import Source
from lm_lint.text import Language

BROKEN = "int main(void)\n{\n    return (1;\n}\n"
OTHER_VALUES: dict[str, Any] = {
    "parser": False,
    "min_confidence": 0.3,
    "select": ("missing-token",),
    "ignore": ("missing-token",),
    "severity": (("missing-token", "hint"),),
    "unused_suppressions": False,
}


@pytest.fixture
def settings(tiny_folder: Path) -> Settings:
    return Settings(device="cpu", model=tiny_folder, min_confidence=0)


def job(settings: Settings, text: str = BROKEN, language: Language = "c", **more: Any) -> Job:
    return Job(Source("a.c", language, text), settings, **more)


def test_a_text_is_looked_at_once(settings: Settings, tmp_path: Path) -> None:
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        found = linter.lint(job(settings))
        assert found.diagnostics
        assert not found.is_cached
        assert linter.lint(job(settings)) == replace(found, is_cached=True)
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        assert linter.known(job(settings)) == replace(found, is_cached=True)
        assert linter.known(job(settings, BROKEN + " ")) is None
        assert linter.known(job(settings, BROKEN, "python")) is None


# What computes is in the key as a whole.
DECIDING = {each.name for each in fields(Settings)} - {"device", "model"}


@pytest.mark.parametrize("name", sorted(DECIDING))
def test_every_setting_that_decides_is_in_the_key(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    other = replace(settings, **{name: OTHER_VALUES[name]})
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        linter.lint(job(settings))
        assert linter.known(job(settings)) is not None
        assert linter.known(job(other)) is None


def test_another_model_other_code_and_other_libraries_are_in_the_key(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        linter.lint(job(settings))
    changes: list[tuple[Any, str, Any]] = [
        (linting.model_folder, "fingerprint", lambda _: "another"),
        (linting, "_code", lambda: "another"),
        (linting.machine, "version_of", lambda _: "0"),
        (linting.machine, "likely_device", lambda _: "cuda"),
        (linting, "__version__", "0"),
    ]
    for module, name, other in changes:
        with monkeypatch.context() as patch:
            patch.setattr(module, name, other)
            with closing(Linter(settings, Cache(tmp_path))) as linter:
                assert linter.known(job(settings)) is None, name
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        assert linter.known(job(settings)) is not None


def test_tokens_are_given_to_who_asks_and_are_not_kept(settings: Settings, tmp_path: Path) -> None:
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        for _ in range(2):
            found = linter.lint(job(settings, "\ufeffint\r\na;\r\n", needs_tokens=True))
            assert found.tokens is not None
            assert found.tokens[0].start == 1
            assert found.tokens[-1].end == len(found.source.text)
            assert [each.end for each in found.tokens[:-1]] == [
                each.start for each in found.tokens[1:]
            ]
            assert not found.is_cached


def test_a_text_that_parses_needs_no_model(settings: Settings) -> None:
    linter = Linter(settings)
    assert decoded(linter.look(job(settings, "int a;\n"), may_load=False).diagnostics) == ()
    with pytest.raises(ModelNeeded):
        linter.look(job(settings), may_load=False)
    assert not linter.engine.has_model
    assert decoded(linter.look(job(settings)).diagnostics)
    assert linter.engine.has_model
    assert {"import", "load", "detect"} <= set(linter.seconds)


def test_a_model_that_is_not_whole_is_an_error_at_once(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="there is no such model folder"):
        Linter(Settings(model=tmp_path / "nowhere"))
    broken = tmp_path / "broken"
    broken.mkdir()
    for part in tiny_folder.iterdir():
        (broken / part.name).write_bytes(part.read_bytes())
    Linter(Settings(model=broken))
    weights = broken / "model.safetensors"
    for data in (weights.read_bytes()[:-1], weights.read_bytes() + b"x", b"\xff" * 40, b""):
        weights.write_bytes(data)
        with pytest.raises(ModelDamaged, match="Install the model again"):
            Linter(Settings(model=broken))


NUMBERS = st.integers(0, 10**6)
SHARES = st.floats(0, 1)
TEXTS = st.text(st.sampled_from('ab🙂é\n"\\\ud800\0'), max_size=5)
REPAIRS = st.builds(Repair, NUMBERS, NUMBERS, TEXTS, SHARES)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(CODES),
    NUMBERS,
    NUMBERS,
    SHARES,
    st.floats(0, 1e3),
    st.lists(REPAIRS, max_size=3).map(tuple),
)
DIAGNOSTICS = st.builds(
    Diagnostic, FINDINGS, st.sampled_from(SEVERITIES), TEXTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS
)


@given(st.lists(DIAGNOSTICS, max_size=4).map(tuple))
def test_diagnostics_come_back_as_they_were(diagnostics: tuple[Diagnostic, ...]) -> None:
    assert decoded(encoded(diagnostics)) == diagnostics


@pytest.mark.parametrize("data", [b"", b"{}1", b"[1]", b"[[1]]", b"[[[1],2]]", b"\xff", b"null"])
def test_what_we_did_not_write_is_nothing(data: bytes) -> None:
    assert decoded(data) is None


PROGRAM = """
import sys
from pathlib import Path
from lm_lint.cache import Cache
from lm_lint.linting import Job, Linter
from lm_lint.settings import Settings
from lm_lint.sources import Source
settings = Settings(device="cpu", model=Path(sys.argv[1]), min_confidence=0)
linter = Linter(settings, Cache(Path(sys.argv[2])))
found = linter.known(Job(Source("a.c", "c", sys.argv[3]), settings))
assert found is not None and found.diagnostics
print(sorted({"torch", "numpy", "tree_sitter", "tokenizers", "lm_lint.engine"} & set(sys.modules)))
"""


def test_what_is_known_is_read_without_anything_heavy(settings: Settings, tmp_path: Path) -> None:
    with closing(Linter(settings, Cache(tmp_path))) as linter:
        linter.lint(job(settings))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(settings.model), str(tmp_path), BROKEN],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(linting.__file__).parents[1])},
    )
    assert done.stdout == "[]\n"
