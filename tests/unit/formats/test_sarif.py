"""SARIF: the published schema, repairs that repair, and the parts that services read."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lm_lint.notebooks import Cell
from lm_lint.results import Notice, Result
from lm_lint.rules import rules
from tests.marked import read_marks
from tests.unit.formats.made import ROOT, hostile, result, written

SCHEMA = json.loads((ROOT / "tests/data/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
NOTEBOOK = (
    '{"cells": [\n {"cell_type": "code", "source": [\n  "x\\n",\n  "f("\n ]}\n], "nbformat": 4}'
)


def run_of(results: list[Result], notices: tuple[Notice, ...] = (), **options: Any) -> Any:
    log = json.loads(written("sarif", results, notices, **options))
    VALIDATOR.validate(log)
    return log["runs"][0]


def offset_of(text: str, line: int, column: int) -> int:
    """A second way to read a region; a byte order mark counts as nothing."""
    assert column >= 1
    lines = re.split("(?<=\n)|(?<=\r)(?!\n)", text)
    is_marked = line == 1 and text.startswith("\ufeff")
    return sum(map(len, lines[: line - 1])) + column - 1 + is_marked


def repaired(text: str, fix: Any) -> str:
    for change in fix["artifactChanges"]:
        for replacement in change["replacements"]:
            region = replacement["deletedRegion"]
            start = offset_of(text, region["startLine"], region["startColumn"])
            end = offset_of(text, region["endLine"], region["endColumn"])
            new = replacement.get("insertedContent", {"text": ""})["text"]
            text = text[:start] + new + text[end:]
    return text


@pytest.mark.parametrize(
    "marked",
    [
        "int x«→;»\n",
        "\ufeffint x«→;»\nint «🙂→»y;\n",
        "\r\nint x«→;»\r\n\tf(«🙂)→(🙂»;\r\n",
        "a\n\n«b\nc→d»",
        "«x→y»",
        "",
    ],
)
def test_fixes_repair_the_text(marked: str) -> None:
    text, repairs = read_marks(marked)
    found = run_of([result(marked)])["results"]
    assert [repaired(text, each["fixes"][0]) for each in found] == [
        repair.apply(text) for repair in repairs
    ]


def test_a_result_has_what_services_read() -> None:
    (found,) = run_of([result("int main()\n{\n  f(1;«→)»\n", path="src/a b#.c")])["results"]
    region = {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 7}
    assert found["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "src/a%20b%23.c", "uriBaseId": "%SRCROOT%"},
                "region": region,
            }
        }
    ]
    assert (found["level"], found["rank"], found["ruleId"]) == ("error", 95.0, "missing-token")
    assert found["fixes"][0]["description"]["text"] == "insert `)` here"
    opened = found["relatedLocations"][0]["physicalLocation"]["region"]
    assert (opened["startLine"], opened["startColumn"]) == (3, 4)


@pytest.mark.parametrize(
    ("confidence", "level"), [(0.95, "error"), (0.7, "warning"), (0.3, "note")]
)
def test_levels_follow_severities(confidence: float, level: str) -> None:
    (found,) = run_of([result("x«→;»", confidence=confidence)])["results"]
    assert (found["level"], found["rank"]) == (level, 100 * confidence)


def test_rules_are_those_of_the_page() -> None:
    run = run_of([result("x«→;»")])
    described = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.code for rule in rules()]
    (found,) = run["results"]
    assert described[found["ruleIndex"]]["id"] == found["ruleId"]
    assert all(rule["help"]["markdown"] and rule["shortDescription"]["text"] for rule in described)


def test_paths_outside_the_root_are_absolute(tmp_path: Path) -> None:
    (inside,) = run_of([result("x«→;»", path=str(tmp_path / "a.c"))], root=tmp_path)["results"]
    (outside,) = run_of([result("x«→;»", path="/elsewhere/a.c")], root=tmp_path)["results"]
    assert inside["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a.c"
    location = outside["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "file:///elsewhere/a.c"}


def test_a_path_that_is_no_utf8_keeps_its_bytes(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.c")
    (found,) = run_of([result("x«→;»", path=path)], root=tmp_path)["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%FF.c"


def test_notices_are_notifications_and_failures_are_failures() -> None:
    notices = (
        Notice("a.c", "a.c: no such file", True),
        Notice("b.c", "b.c: looks like UTF-16, skipped", False),
        Notice("", "nothing to lint", False),
    )
    (invocation,) = run_of([], notices, command=("lm-lint", "a b"))["invocations"]
    assert invocation["commandLine"] == "lm-lint 'a b'"
    assert not invocation["executionSuccessful"]
    told = invocation["toolExecutionNotifications"]
    assert [each["level"] for each in told] == ["error", "note", "note"]
    assert run_of([], notices[1:])["invocations"][0]["executionSuccessful"]


def test_hostile_names_give_a_valid_log() -> None:
    run = run_of([hostile()])
    assert run["columnKind"] == "unicodeCodePoints"
    assert len(run["results"]) == 2


def test_a_notebook_is_shown_on_the_line_of_its_file() -> None:
    cells = (Cell(0, 1, 0, 5, 1),)
    found = result(
        "x\nf(«→)»\n", "n.ipynb", "python", cells=cells, data=NOTEBOOK.encode(), path="n.ipynb"
    )
    (entry,) = run_of([found])["results"]
    (location,) = entry["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 4}
    assert location["logicalLocations"][0]["name"] == "cell 1, line 2, column 3"
    assert "fixes" not in entry
