"""Validators and linters of HTML with the settings that they come with; of their complaints, those about syntax.

What is a matter of style, of content models or of accessibility is left out, since no slip of the hand is meant by it;
the tables below say what is counted.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.reports import Report, Tool
from bench.rivals.processes import TOOLS, all_at_once, folder_of, one_by_one, run, version_of
from lm_lint.text import Document

# Of html-validate's recommended rules. Not counted: void-style, attr-quotes, no-inline-style, element-permitted-content,
# no-raw-characters in text that html5lib takes, and all on accessibility, attributes' values and names of classes.
HTML_VALIDATE_SYNTAX = frozenset(
    {
        "parser-error",  # what its lexer cannot read
        "close-order",  # end tags without, or of another, element
        "close-attr",  # attributes on an end tag
        "no-implicit-close",  # an element that is ended by another's end tag
        "no-self-closing",  # `<div/>`, which HTML reads as `<div>`
        "void-content",  # an end tag of a void element
        "no-dup-attr",
        "attr-delimiter",  # blanks around `=`
        "attr-spacing",  # no blank between attributes
    }
)
# Of HTMLHint's default rules. Not counted: tagname-lowercase, attr-lowercase, attr-value-double-quotes, doctype-first,
# id-unique, src-not-empty, title-require.
HTMLHINT_SYNTAX = frozenset({"tag-pair", "spec-char-escape", "attr-no-duplication"})

# tidy asks for titles, summaries and types of pages; these of its warnings are about syntax.
_TIDY_SYNTAX = re.compile(
    r"Error:|Warning: .*(missing <(?!title|!DOCTYPE)|discarding|unexpected|inserting implicit|not |end of file|quote)"
)
# Nu checks schemas as well; this is what it says of them, of documents without doctype, and of encodings.
_NU_OTHER = re.compile(
    r"not allowed (as child|on element|at this point|in this context)|doctype|is missing (a )?(required|one or more)"
    r"|Bad value|obsolete|must (not )?(have|be|contain|appear|use|start)|Consider|character encoding|Duplicate ID"
    r"|The text content of|Bad element name|is not in Unicode Normalization|does not (exist|need)"
    r"|Possible misuse|unnecessary|CSS:|The first occurrence|An .img. element|not appear as a descendant"
)


def tools() -> list[Tool]:
    res = [
        Tool(
            "html5lib",
            "html",
            f"html5lib {importlib.metadata.version('html5lib')}",
            one_by_one(html5lib),
        )
    ]
    if version := version_of(["tidy", "--version"]):
        command = ["tidy", "-q", "-e", "-utf8", "--tab-size", "1", "--show-errors", "1000"]
        look = one_by_one(lambda text: tidy_reports(run(command, text)[1], text))
        res.append(Tool("tidy", "html", f"tidy {version}", look))
    batches = (
        ("Nu checker", ["vnu", "--format", "json", "--exit-zero-always", "--stdout"], nu_reports),
        ("html-validate", ["html-validate", "-f", "json"], html_validate_reports),
        ("HTMLHint", ["htmlhint", "--format", "json"], htmlhint_reports),
    )
    for name, (program, *options), parse in batches:
        if version := version_of([TOOLS / program, "--version"]):
            look = all_at_once(_in_folder([TOOLS / program, *options], parse))
            res.append(Tool(name, "html", f"{name} {version}", look))
    return res


def _in_folder(command: Sequence[str | Path], parse: Any) -> Any:
    def look(texts: Sequence[str]) -> list[list[Report]]:
        with folder_of(texts, ".html") as paths:
            stdout, _ = run([*command, *paths], folder=paths[0].parent)
        found = parse(stdout, [Document.of(text) for text in texts])
        return [found.get(path.name, []) for path in paths]

    return look


def html5lib(text: str) -> list[Report]:
    """Its parse errors, without those about the doctype, which fragments and pages of the web leave out."""
    from html5lib import HTMLParser

    parser = HTMLParser(strict=False)
    parser.parse(text)
    document = Document.of(text)
    return [
        Report(line, document.offset(line - 1, max(0, column - 1)), code)
        for (line, column), code, _ in parser.errors
        if "doctype" not in code
    ]


def tidy_reports(stderr: str, text: str) -> list[Report]:
    document = Document.of(text)
    found = re.findall(r"^line (\d+) column (\d+) - (.*)$", stderr, re.MULTILINE)
    return [
        Report(int(line), document.offset(int(line) - 1, int(column) - 1), message)
        for line, column, message in found
        if _TIDY_SYNTAX.match(message)
    ]


Documents = Sequence[Document]


def _document(documents: Documents, name: str) -> Document:
    return documents[int(name.removeprefix("text-").split(".")[0])]


def nu_reports(stdout: str, documents: Documents) -> dict[str, list[Report]]:
    res: dict[str, list[Report]] = {}
    for each in _loaded(stdout, {}).get("messages", []):
        name = Path(each.get("url", "")).name
        if each["type"] != "error" or not name or _NU_OTHER.search(each["message"]):
            continue
        line = each.get("firstLine", each.get("lastLine", 1))
        column = each.get("firstColumn", each.get("lastColumn", 1))
        offset = _document(documents, name).offset(line - 1, column - 1, "utf-16")
        res.setdefault(name, []).append(Report(line, offset, each["message"]))
    return res


def html_validate_reports(stdout: str, documents: Documents) -> dict[str, list[Report]]:
    return {
        name: [
            Report(m["line"], _at(documents, name, m["line"], m["column"]), m["message"])
            for m in each["messages"]
            if m["ruleId"] in HTML_VALIDATE_SYNTAX
        ]
        for each in _loaded(stdout, [])
        if (name := Path(each["filePath"]).name)
    }


def htmlhint_reports(stdout: str, documents: Documents) -> dict[str, list[Report]]:
    return {
        name: [
            Report(m["line"], _at(documents, name, m["line"], m["col"]), m["message"])
            for m in each["messages"]
            if m["rule"]["id"] in HTMLHINT_SYNTAX
        ]
        for each in _loaded(stdout, [])
        if (name := Path(each["file"]).name)
    }


def _at(documents: Documents, name: str, line: int, column: int) -> int:
    return _document(documents, name).offset(line - 1, column - 1, "utf-16")


def _loaded(stdout: str, empty: Any) -> Any:
    """The JSON of a program; nothing where it died."""
    try:
        return json.loads(stdout)
    except ValueError:
        return empty
