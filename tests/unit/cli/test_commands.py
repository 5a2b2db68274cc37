"""The commands beside linting: rules, explain, config show, cache, completion."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lm_lint.findings import CODES
from lm_lint.rules import rules
from tests.command import Run, write


def test_rules_are_all_codes(run: Run) -> None:
    assert sorted(rule.code for rule in rules()) == sorted(CODES)
    out = run("rules").out
    assert all(f"{code} " in out for code in CODES)
    listed = json.loads(run("rules", "--json").out)["rules"]
    assert sorted(rule["code"] for rule in listed) == sorted(CODES)
    assert {"code", "summary", "languages"} == set(listed[0])


def test_a_rule_is_explained_with_examples(run: Run) -> None:
    res = run("explain", "stray-tag")
    assert res.out.startswith("# stray-tag\n\nA tag closes an element that is not open.")
    assert "```html" in res.out
    assert "\x1b[" in run("explain", "stray-tag", "--color", "always").out
    res = run("explain", "straytag")
    assert res.status == 2
    assert "was stray-tag meant?" in res.err


def test_the_configuration_is_shown_with_its_origin(run: Run) -> None:
    write("lm-lint.toml", "min-confidence = 0.8\n")
    out = run("config", "show").out
    assert "min-confidence = 0.8" in out
    assert "lm-lint.toml" in out
    shown = json.loads(run("config", "show", "a.c", "--json").out)["settings"]
    assert shown["min-confidence"]["value"] == 0.8
    assert shown["parser"] == {"value": True, "from": "default"}


def test_a_wrong_configuration_is_a_sentence(run: Run) -> None:
    write("lm-lint.toml", "min-confidense = 0.8\n")
    res = run("config", "show")
    assert res.status == 2
    assert "was `min-confidence` meant?" in res.err


def test_the_cache_can_be_found_and_emptied(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "cache")
    assert run("cache", "dir", "--cache-dir", folder).out == f"{folder}\n"
    assert run("cache", "size", "--cache-dir", folder).out == "0.0 MB\n"
    res = run("cache", "clear", "--cache-dir", folder)
    assert (res.status, res.out) == (0, "0.0 MB freed\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(run: Run, shell: str) -> None:
    res = run("completion", shell)
    assert res.status == 0
    assert "_LM_LINT_COMPLETE" in res.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("lm-lint --form", {"--format"}),
        ("lm-lint --format sa", {"sarif"}),
        ("lm-lint src --fi", {"--fix", "--fix-only", "--fix-confidence"}),
        ("lm-lint ser", {"server"}),
        ("lm-lint model re", {"remove"}),
        ("lm-lint --model sm", {"small"}),
        ("lm-lint model show s", {"small"}),
        ("lm-lint model remove sma", {"small"}),
        ("lm-lint --ignore wrong-tag,stray", {"wrong-tag,stray-tag"}),
        ("lm-lint config sh", {"show"}),
        ("lm-lint explain wrong-ta", {"wrong-tag"}),
    ],
)
def test_words_are_completed(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: str, expected: set[str]
) -> None:
    monkeypatch.setenv("_LM_LINT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    lines = [line.split(",", 1) for line in run().out.splitlines()]
    assert {value for kind, value in lines if kind == "plain"} == expected
    assert os.environ["COMP_WORDS"] == words
