"""Findings, said in a person's words and placed on lines.

Messages name the text and never the model: "`)` expected before `;`", not "surprisal 14.2". Pure functions from text
and finding to message; nothing here knows files, colours or protocols.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lm_lint.findings import (
    COMMENT_CODES,
    Change,
    Finding,
    Repair,
    change_of,
    code_of,
    tag_name,
)
from lm_lint.openers import opener
from lm_lint.settings import SEVERITIES as SEVERITIES
from lm_lint.settings import Severity as Severity
from lm_lint.text import Document, Language

COMMENT_NAME = "lm-lint:"  # by this our comments are known
NOTHING_IGNORED = "no finding here is ignored by this comment"


@dataclass(frozen=True)
class Diagnostic:
    """A finding as people see it; lines and columns from 1, columns in code points, the end not included."""

    finding: Finding
    severity: Severity
    message: str
    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of(
        cls, document: Document, finding: Finding, message: str, severity: Severity | None = None
    ) -> Diagnostic:
        """Placed on the lines of `document`, whose offsets the finding must be in.

        severity  the one that was chosen for its code, if any
        """
        line, column = document.position(finding.start)
        end_line, end_column = document.position(finding.end)
        severity = severity or _default_severity(finding)
        return cls(finding, severity, message, line + 1, column + 1, end_line + 1, end_column + 1)


def severity_of(confidence: float) -> Severity:
    if confidence >= 0.9:
        return "error"
    return "warning" if confidence >= 0.6 else "hint"


def _default_severity(finding: Finding) -> Severity:
    """What is wrong with a comment of ours is certain, but breaks no program."""
    return "warning" if finding.code in COMMENT_CODES else severity_of(finding.confidence)


def placed(text: str, finding: Finding) -> Finding:
    """The finding where people look for it: wrong indentation is shown on its line, not at the end of the line before."""
    if finding.code != "indentation":
        return finding
    line_start = text.rfind("\n", finding.start, finding.end) + 1
    return replace(finding, start=max(line_start, finding.start))


def message_of(language: Language, text: str, finding: Finding) -> str:
    """What is wrong, said about the best repair and the text around it."""
    if finding.code == "unused-suppression":
        return NOTHING_IGNORED
    if finding.code == "invalid-suppression":
        return "this comment will not do what was meant"
    if not finding.repairs:
        wrong = text[finding.start : finding.end]
        return f"{quoted(wrong)} is not what belongs here" if wrong else "something is missing here"
    change = change_of(language, text, finding.repairs[0])
    removed, added = "".join(change.removed), "".join(change.added)
    if finding.code == "indentation":
        return _indentation(text, change)
    if finding.code == "misspelt-word":
        return f"did you mean {quoted(added)}?"
    if finding.code == "transposed-tokens":
        return f"{quoted(removed)} is the wrong way round: did you mean {quoted(added)}?"
    if not added:
        return _unexpected(language, text, change)
    to_close = _to_close(language, text, change.start, added)
    if removed:
        return f"{quoted(added)} expected instead of {quoted(removed)}{to_close}"
    return f"{quoted(added)} expected {_place(language, text, change)}{to_close}"


def help_of(language: Language, text: str, finding: Finding, repair: Repair) -> str:
    """What to do, as an order: "insert `)` here"; the title of the action in an editor."""
    if finding.code in COMMENT_CODES:
        return _help_with_comment(text[repair.start : repair.end], repair.text)
    change = change_of(language, text, repair)
    removed, added = "".join(change.removed), "".join(change.added)
    n_lines = text.count("\n", finding.start, change.start) - text.count(
        "\n", change.start, finding.start
    )
    on_line = f" on line {text.count(chr(10), 0, change.start) + 1}" if n_lines else ""
    if code_of(language, text, repair) == "indentation":
        _, indent = _indents(text, change)
        return f"indent by {_blanks(indent)}" if indent else "remove the indentation"
    if removed and added:
        return f"replace {quoted(removed)} by {quoted(added)}{on_line}"
    if removed:
        return f"remove {quoted(removed)}{on_line}"
    if change.start == finding.start:
        return f"insert {quoted(added)} here"
    return f"insert {quoted(added)} {_place(language, text, change)}{on_line}"


def opener_of(language: Language, text: str, finding: Finding) -> tuple[int, int] | None:
    """Where the bracket or tag stands that the best repair closes: what the eye looks for next, or None."""
    closes_nothing = ("indentation", "misspelt-word", "transposed-tokens", *COMMENT_CODES)
    if not finding.repairs or finding.code in closes_nothing:
        return None
    change = change_of(language, text, finding.repairs[0])
    opened = opener(language, text, change.start, "".join(change.added))
    return (opened.start, opened.end) if opened else None


def quoted(text: str, limit_chars: int = 40) -> str:
    """The text as it stands in a message: on one line, blanks named, long ones cut short."""
    assert text
    if text and not text.strip():
        return "a line break" if "\n" in text else "a blank" if len(text) == 1 else "blanks"
    text = " ".join(text.split())
    if len(text) > limit_chars:
        text = text[: limit_chars - 3] + "..."
    return f"`{text}`"


def _help_with_comment(removed: str, added: str) -> str:
    if COMMENT_NAME in removed:
        return "remove this comment"
    return (
        f"replace {quoted(removed)} by {quoted(added)}"
        if added
        else f"remove {quoted(removed.strip(', '))}"
    )


def _unexpected(language: Language, text: str, change: Change) -> str:
    removed = "".join(change.removed)
    name = tag_name(removed) if language == "html" else None
    if name and removed.startswith("</") and opener(language, text, change.start, removed) is None:
        return f"{quoted(removed)} closes nothing: there is no open `<{name}>`"
    return f"unexpected {quoted(removed)}"


def _indentation(text: str, change: Change) -> str:
    """Says the indentation of the changed line as it is and as it should be."""
    old, new = _indents(text, change)
    old_width, new_width = len(old.expandtabs(8)), len(new.expandtabs(8))
    if old_width == new_width:
        return "tabs and spaces are mixed in this indentation"
    if not new:
        return f"this line should not be indented: {_blanks(old)} found"
    way = "more" if new_width > old_width else "less"
    return f"this line should be indented {way}: {_blanks(new)} expected, {_blanks(old)} found"


def _indents(text: str, change: Change) -> tuple[str, str]:
    """The blanks before the changed line, as they are and as the repair wants them."""
    line_start = text.rfind("\n", 0, change.start) + 1
    before = text[line_start : change.start]
    rest = re.compile(r"[ \t]*").match(text, change.end)
    after = rest[0] if rest else ""
    old, new = (
        (before + "".join(part) + after).rpartition("\n")[2]
        for part in (change.removed, change.added)
    )
    return _leading_blanks(old), _leading_blanks(new)


def _leading_blanks(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _blanks(indent: str) -> str:
    """`4 spaces`, `1 tab`, `none`, or a mixture named as columns."""
    if not indent:
        return "none"
    if set(indent) == {" "}:
        return f"{len(indent)} space{'s' * (len(indent) > 1)}"
    if set(indent) == {"\t"}:
        return f"{len(indent)} tab{'s' * (len(indent) > 1)}"
    return f"{len(indent.expandtabs(8))} columns"


def _place(language: Language, text: str, change: Change) -> str:
    """`before X` where X follows on the line; else `after Y`; else the end of the file."""
    offset = change.start
    line_start = text.rfind("\n", 0, offset) + 1
    preceding = _LEXEME[language].findall(text[line_start:offset])
    following = _LEXEME[language].search(text, offset)
    if following is None:
        return "at the end of the file"
    on_this_line = "\n" not in text[offset : following.start()]
    # "`)` expected before `)`" would make people count; what stands before says it better.
    says_itself = following[0] == "".join(change.added) and bool(preceding)
    if preceding and (says_itself or not on_this_line):
        return f"after {quoted(preceding[-1])}"
    return f"before {quoted(following[0])}"


# What people see as one thing: a tag, a string, a word, an operator of several characters, a single character.
_STRING = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_CODE = re.compile(_STRING + r"|\w+|[+\-*/%=<>!&|^]+|\S")
_LEXEME: dict[Language, re.Pattern[str]] = {
    "c": _CODE,
    "python": _CODE,
    "html": re.compile(r"</?[A-Za-z][^<>]*>|</?[A-Za-z][\w-]*|\{[{%].*?[}%]\}|\w+|\S"),
}


def _to_close(language: Language, text: str, offset: int, closer: str) -> str:
    """Names what `closer` would close at `offset`, when that stands on an earlier line."""
    opened = opener(language, text, offset, closer)
    if opened is None or text.find("\n", opened.start, offset) < 0:
        return ""
    return f", to close the `{opened.name}` of line {text.count(chr(10), 0, opened.start) + 1}"
