"""What other tools print, read as reports. Their output is scripted: none of them has to be installed."""

from __future__ import annotations

import json
import shutil

import pytest

from bench import rivals
from bench.reports import Report, Tool
from bench.rivals import compilers, html_tools, ngram, parsers, python_tools
from lm_lint.text import Document

C = "int main(void) {\n  int ä;\n\ta = 1\n  return a;\n}\n"
GCC = """<stdin>: In function 'main':
<stdin>:3:7: error: expected ';' before 'return'
fix-it:"<stdin>":{3:7-3:7}:";"
<stdin>:4:3: warning: never mind
<stdin>:4:10: error: 'a' undeclared
<stdin>:4:10: note: each undeclared identifier
"""


def test_errors_of_compilers_and_their_fixits() -> None:
    first, second = compilers.parsed(GCC, C)
    assert (first.line, first.offset, first.message) == (3, 32, "expected ';' before 'return'")
    assert first.repairs == (((32, 32, ";"),),)
    assert (second.line, second.repairs) == (4, ())


def test_columns_of_compilers_are_bytes() -> None:
    (found,) = compilers.parsed("<stdin>:2:9: error: x\n", C)
    assert C[found.offset or 0] == ";"


def test_a_fixit_may_hold_quotes_and_breaks() -> None:
    assert compilers.unescaped(r"\"a\"\n\\") == '"a"\n\\'


def test_a_missing_header_is_known_by_its_line() -> None:
    text = '#include "no.h"\nint a\n'
    stderr = "<stdin>:1:10: fatal error: no.h: No such file or directory\n"
    assert compilers.missing_headers(stderr, text) == {'#include "no.h"'}
    assert compilers.missing_headers("<stdin>:1:10: error: oh\n", text) == set()


@pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
def test_gcc_goes_on_behind_missing_headers() -> None:
    gcc = next(tool for tool in compilers.tools() if tool.name == "gcc")
    text = '#include <no_such.h>\n#include "neither.h"\nint f(void) {\n    g()\n}\n'
    wrong, right = gcc.look([text, text.replace("g()", "return 0;")])
    assert [report.line for report in wrong.reports] == [4]
    assert wrong.reports[0].repairs
    assert right.reports == ()


def test_cpython_names_one_place() -> None:
    (found,) = python_tools.cpython("a = 1\nb = (\n")
    assert (found.line, found.offset) == (2, 10)
    assert python_tools.cpython("a = 1\n") == []
    assert python_tools.cpython("a = '\\d'\n") == []


def test_of_ruff_syntax_errors_alone() -> None:
    place = {"row": 1, "column": 7}
    records = [
        {"code": "invalid-syntax", "location": place, "message": "Expected", "fix": None},
        {"code": "F401", "location": place, "message": "unused", "fix": None},
        {"code": None, "location": place, "message": "of old", "fix": None},
    ]
    found = python_tools.ruff_reports(json.dumps(records), "def f(:\n")
    assert [(r.line, r.offset, r.message) for r in found] == [(1, 6, "Expected"), (1, 6, "of old")]
    assert python_tools.ruff_reports("", "") == []


def test_of_pyright_what_has_no_rule() -> None:
    start = {"start": {"line": 0, "character": 3}}
    records = [
        {"file": "/x/b.py", "severity": "error", "message": "syntax", "range": start},
        {"file": "/x/b.py", "severity": "error", "message": "type", "range": start, "rule": "r"},
        {"file": "/x/b.py", "severity": "information", "message": "hint", "range": start},
    ]
    stdout = json.dumps({"generalDiagnostics": records})
    # Its columns count UTF-16 units.
    found = python_tools.pyright_reports(stdout, ["a.py", "b.py"], ["", "😀 x\n"])
    assert found == [[], [Report(1, 2, "syntax")]]


def test_html5lib_does_not_ask_for_a_doctype() -> None:
    assert html_tools.html5lib("<p>a</p>") == []
    (found,) = html_tools.html5lib("<p>\na</b></p>")
    assert (found.line, found.message) == (2, "unexpected-end-tag")


def test_of_tidy_what_is_syntax() -> None:
    stderr = (
        "line 1 column 1 - Warning: missing <!DOCTYPE> declaration\n"
        "line 2 column 3 - Warning: discarding unexpected </b>\n"
        'line 3 column 1 - Warning: <table> lacks "summary" attribute\n'
        "line 4 column 1 - Error: <x> is not recognized!\n"
    )
    found = html_tools.tidy_reports(stderr, "\n  </b>\n\n<x>\n")
    assert [(r.line, r.offset) for r in found] == [(2, 3), (4, 9)]


def test_validators_name_files_rules_and_places() -> None:
    documents = [Document.of(""), Document.of("\nab")]
    where = {"line": 2, "column": 2, "col": 2, "message": "m"}
    validate = [
        {
            "filePath": "/x/text-0001.html",
            "messages": [where | {"ruleId": "close-order"}, where | {"ruleId": "void-style"}],
        }
    ]
    hint = [
        {
            "file": "/x/text-0001.html",
            "messages": [
                where | {"rule": {"id": "tag-pair"}},
                where | {"rule": {"id": "title-require"}},
            ],
        }
    ]
    expected = {"text-0001.html": [Report(2, 2, "m")]}
    assert html_tools.html_validate_reports(json.dumps(validate), documents) == expected
    assert html_tools.htmlhint_reports(json.dumps(hint), documents) == expected
    assert html_tools.htmlhint_reports("it died", documents) == {}


def test_of_nu_what_is_syntax() -> None:
    def message(text: str, **fields: object) -> dict[str, object]:
        url = "file:/x/text-0000.html"
        return {"type": "error", "url": url, "lastLine": 3, "message": text} | fields

    records = [
        message("Stray end tag “b”.", firstColumn=2, lastColumn=5),
        message("End of file in a value.", firstLine=1, firstColumn=1),
        message("Attribute “x” not allowed on element “p” at this point."),
        message("Start tag seen without seeing a doctype first."),
        message("Consider this.", type="info"),
    ]
    found = html_tools.nu_reports(json.dumps({"messages": records}), [Document.of("a\n\nxyz")])
    assert found["text-0000.html"] == [
        Report(3, 4, "Stray end tag “b”."),
        Report(1, 0, "End of file in a value."),
    ]


def test_error_nodes_of_tree_sitter_in_order() -> None:
    found = parsers.error_nodes("c", "int f() { g( }\nint h() { return 1 }\n")
    assert [report.line for report in found] == [1, 2]
    assert parsers.error_nodes("c", "int f() { g(); }\n") == []


def test_an_ngram_puts_the_lost_sign_back() -> None:
    text = "int f(int a) {\n    b = g(a, 1);\n    return a + b;\n}\n"
    ranker = ngram.trained("c", [text.replace("f", f"f{i}") for i in range(20)])
    broken = text.replace("1);", "1;")
    first = ranker.reports(broken)[0]
    assert first.line == 2
    assert first.repairs == (((broken.index("1;") + 1, broken.index("1;") + 1, " ) "),),)


def test_an_ngram_does_not_know_names() -> None:
    text = "int f(int a) {\n    b = g(a, 1);\n    return a + b;\n}\n"
    ranker = ngram.trained("c", [text] * 20)
    first = ranker.reports(text.replace("b = g", "= g"))[0]
    assert (first.line, first.repairs) == (1, ())  # behind the `{`


def test_line_ends_of_python_are_units() -> None:
    kinds = [unit.kind for unit in ngram.units("python", "if a:\n    b = 1.5\n")]
    assert kinds == ["if", "<name>", ":", "<line end>", "<name>", "=", "<number>"]


def test_what_is_not_there_is_named() -> None:
    gcc = Tool("gcc", "c", "gcc 1", lambda texts: [])
    assert rivals.absent([gcc]) == [name for name in rivals.NAMES if name != "gcc"]
