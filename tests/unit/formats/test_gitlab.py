"""The code quality report: the fields that GitLab documents, and fingerprints that nobody shares."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.unit.formats.made import hostile, result, written


def issues(*results: Any, **options: Any) -> Any:
    return json.loads(written("gitlab", results, **options))


def test_an_issue_has_the_fields_that_gitlab_documents(tmp_path: Path) -> None:
    found = result("x\nf(1«→)»;\n", "./src/a.c", path=str(tmp_path / "src" / "a.c"))
    (issue,) = issues(found, root=tmp_path)
    assert issue.pop("fingerprint").isalnum()
    assert issue == {
        "type": "issue",
        "description": "`)` expected before `;`",
        "check_name": "missing-token",
        "categories": ["Bug Risk"],
        "severity": "major",
        "location": {"path": "src/a.c", "lines": {"begin": 2, "end": 2}},
    }


def test_severities_are_those_of_gitlab() -> None:
    found = [result("x«→;»", confidence=c) for c in (0.95, 0.7, 0.3)]
    assert [each["severity"] for each in issues(*found)] == ["major", "minor", "info"]


def test_every_issue_has_a_fingerprint_of_its_own() -> None:
    found = issues(result("x«→;»\nx«→;»\nx«→;»«→)»\n"), result("x«→;»", "b.c"), hostile())
    assert len({each["fingerprint"] for each in found}) == len(found) == 7


def test_a_path_that_is_no_utf8_can_be_told(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.c")
    (issue,) = issues(result("x«→;»", "\ufffd.c", path=path), root=tmp_path)
    assert issue["location"]["path"] == "\ufffd.c"
