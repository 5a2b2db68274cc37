"""What holds for every format: it can be made, it copes with nothing, and hostile files stay harmless in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO
from xml.etree import ElementTree

import pytest

from lm_lint import formats
from lm_lint.formats import FormatOptions
from lm_lint.results import Notice
from tests.unit.formats.made import ROOT, hostile, result, written

NOTICES = [Notice("b.c", "b.c: \x1b[31mno\nsuch file", True)]


def read(name: str, text: str) -> object:
    """Parsed, where the format has a grammar."""
    if name == "json-lines":
        return [json.loads(line) for line in text.splitlines()]
    if name in ("json", "sarif", "gitlab", "surprisal-json"):
        return json.loads(text)
    return ElementTree.fromstring(text) if name == "junit" else text


@pytest.mark.parametrize("name", formats.NAMES)
def test_nothing_is_written_well(name: str) -> None:
    text = written(name, [])
    assert read(name, text) is not None
    assert text.endswith("\n") or text == ""


@pytest.mark.parametrize("name", formats.NAMES)
def test_a_hostile_file_is_harmless(name: str) -> None:
    text = written(name, [hostile()], NOTICES)
    read(name, text)
    unsafe = re.findall(
        "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u2028\u2029\uffff]", text
    )
    assert unsafe == []
    commands = [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert len(commands) == (3 if name == "github" else 0)


@pytest.mark.parametrize("name", formats.NAMES)
def test_only_formats_that_show_tokens_ask_for_them(name: str) -> None:
    made = formats.make(name, StringIO(), FormatOptions())
    assert made.needs_tokens == (name in ("html", "surprisal-json"))


@pytest.mark.parametrize("name", ["text", "concise", "json-lines", "github"])
def test_findings_are_told_as_they_come(name: str) -> None:
    stream = StringIO()
    formats.make(name, stream, FormatOptions()).result(result("x«→;»\n"))
    assert "`;` expected" in stream.getvalue()


def test_formats_are_cheap_to_import() -> None:
    heavy = "{'rich', 'jinja2', 'xml.etree', 'torch', 'tokenizers', 'tree_sitter'}"
    program = f"import sys; from lm_lint import formats; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "server")},
    )
    assert done.stdout == "[]\n"
