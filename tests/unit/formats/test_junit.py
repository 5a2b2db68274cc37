"""JUnit's XML: the schema of Jenkins, and what a suite says of a file."""

from __future__ import annotations

from xml.etree import ElementTree

import xmlschema

from lm_lint.results import Notice
from tests.unit.formats.made import ROOT, hostile, result, written

SCHEMA = xmlschema.XMLSchema(ROOT / "tests" / "data" / "junit-10.xsd")
NOTICES = [
    Notice("b.c", "b.c: no such file", True),
    Notice("c.c", "c.c: looks like a binary file, skipped", False),
]


def parsed(text: str) -> ElementTree.Element:
    SCHEMA.validate(text)
    return ElementTree.fromstring(text)


def test_a_suite_a_file_and_a_failure_a_finding() -> None:
    root = parsed(written("junit", [result("x«→;»\nf(«→)»;\n"), result("y", "b.c")], NOTICES))
    suites = [(each.get("name"), len(each)) for each in root]
    assert suites == [("a.c", 2), ("b.c", 1), ("b.c", 1), ("c.c", 1)]
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["5", "2", "1"]
    failure = root.find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.get("message") == "`;` expected after `x`"
    assert "    1 | x\n      |  ^ help: insert `;` here" in str(failure.text)
    assert root.find("testsuite/testcase/skipped") is not None


def test_hostile_files_and_no_files_are_valid() -> None:
    parsed(written("junit", []))
    root = parsed(written("junit", [hostile()], [Notice("", "nothing to lint", True)]))
    assert [each.get("name") for each in root][1:] == ["lm-lint"]
