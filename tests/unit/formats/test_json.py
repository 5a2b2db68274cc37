"""The JSON of README.md: to the letter what one dump of the whole would be, and the cells of notebooks."""

from __future__ import annotations

import json

from lm_lint.documents import TokenBits
from lm_lint.notebooks import Cell
from lm_lint.results import Result
from tests.unit.formats.made import result, written


def test_one_object_as_if_it_were_dumped_at_once() -> None:
    for results in ([], [result("y")], [result("in\n«→;»éx«→)»\n"), result("y«→;»", "b.c")]):
        text = written("json", results)
        assert text == json.dumps(json.loads(text), indent=1) + "\n"
        assert json.loads(text)["version"] == 1


def test_a_finding_is_the_contract() -> None:
    assert json.loads(written("json", [result("in\n«→;»éx\n")]))["findings"] == [
        {
            "path": "a.c",
            "code": "missing-token",
            "severity": "error",
            "confidence": 0.95,
            "message": "`;` expected before `éx`",
            "surprisal_bits": 12.5,
            "line": 2,
            "column": 1,
            "end_line": 2,
            "end_column": 1,
            "offset": 3,
            "end_offset": 3,
            "repairs": [{"offset": 3, "end_offset": 3, "text": ";", "confidence": 0.95}],
        }
    ]


def test_lines_hold_the_same_findings() -> None:
    results = [result("in\n«→;»éx«→)»\n"), result("y"), result("y«→;»", "b.c")]
    lines = [json.loads(line) for line in written("json-lines", results).splitlines()]
    assert lines == json.loads(written("json", results))["findings"]
    assert len(lines) == 3


def test_in_a_notebook_all_is_counted_from_the_cell() -> None:
    cells = (Cell(0, 1, 0, 2, 1), Cell(2, 2, 4, 20, 3))
    (found,) = json.loads(
        written("json", [result("x\n\f\ny\nprint(«→)»\n", "n.ipynb", "python", cells=cells)])
    )["findings"]
    assert list(found)[:2] == ["path", "cell"]
    assert (found["cell"], found["line"], found["column"]) == (2, 2, 7)
    assert (found["offset"], found["end_offset"]) == (8, 8)
    assert found["repairs"][0]["offset"] == 8


def test_tokens_with_their_bits() -> None:
    source = result("ab").source
    found = Result(source, (), (TokenBits(0, 2, 1.23456, 0.5), TokenBits(2, 2, 3.0, 2.0)))
    for results in ([], [found, found]):
        text = written("surprisal-json", results)
        assert text == json.dumps(json.loads(text), indent=1) + "\n"
    assert json.loads(text)["tokens"][:2] == [
        {
            "path": "a.c",
            "offset": 0,
            "end_offset": 2,
            "surprisal_bits": 1.235,
            "entropy_bits": 0.5,
        },
        {"path": "a.c", "offset": 2, "end_offset": 2, "surprisal_bits": 3.0, "entropy_bits": 2.0},
    ]
