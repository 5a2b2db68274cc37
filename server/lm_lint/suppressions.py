"""Comments by which people say that a finding is not wanted: `# lm-lint: ignore[missing-token] made on purpose`.

docs/suppressions.md describes them. A comment is known by its mark and the word `lm-lint:` behind it; strings are not
told from code, because where a string ends may be the very thing that is wrong. Findings themselves are only spans and
codes here; the model and the detector are unknown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from lm_lint import findings
from lm_lint.diagnostics import COMMENT_NAME, quoted
from lm_lint.findings import COMMENT_CODES, Repair
from lm_lint.html_templates import TEMPLATE
from lm_lint.kinds import closest
from lm_lint.lexemes import HIDDEN
from lm_lint.text import Document, Edit, Language

Word = Literal["ignore", "ignore-file", "off", "on"]
WORDS: tuple[Word, ...] = ("ignore", "ignore-file", "off", "on")
# What a finding of the program may be; comments may name those about comments too.
CODES: tuple[str, ...] = tuple(code for code in findings.CODES if code not in COMMENT_CODES)
FILE_LINES = 30  # `ignore-file` stands in the first so many lines

_GUESS = 0.8  # how sure we are of the word that was probably meant
# The mark, then the name, then group `said` up to the end of the comment or of the line.
_COMMENT: dict[Language, re.Pattern[str]] = {
    "c": re.compile(
        rf"(?P<mark>//+|/\*+)[ \t]*{COMMENT_NAME}(?P<said>[^\r\n]*?)(?:\*/|(?=[\r\n])|\Z)"
    ),
    "python": re.compile(rf"(?P<mark>#+)[ \t]*{COMMENT_NAME}(?P<said>[^\r\n]*)"),
    "html": re.compile(
        rf"(?P<mark><!--|\{{#-?|\{{\{{!(?:--)?|\{{\{{-?[ \t]*/\*|<%#|<%--|//|/\*)[ \t]*{COMMENT_NAME}(?P<said>[^\r\n]*?)"
        r"(?:-->|-?#\}|(?:--)?\}\}|\*/(?:[ \t]*-?\}\})?|--%>|%>|(?=[\r\n])|\Z)"
    ),
}
_SAID = re.compile(
    r"[ \t]*(?P<word>[A-Za-z][\w-]*)[ \t]*(?:\[(?P<codes>[^\]]*)\])?[ \t]*[-:]*[ \t]*(?P<reason>.*)"
)
_LISTED = re.compile(r"[^\s,](?:[^,]*[^\s,])?")


@dataclass(frozen=True)
class Suppression:
    """One comment, text[start:end], and the lines, both included and from 0, whose findings it takes away.

    codes       the codes that it names, () for all
    code_spans  where in the text each of them stands
    reason      what is said behind it, "" for nothing
    ended_by    the `on` that ends an `off`
    """

    word: Word
    start: int
    end: int
    codes: tuple[str, ...]
    reason: str
    first_line: int
    last_line: int
    code_spans: tuple[tuple[int, int], ...] = ()
    ended_by: Suppression | None = None

    def speaks_of(self, line: int, code: str) -> bool:
        """What is said of comments beside it is ignored by a line's comment only where that names the code."""
        if not self.first_line <= line <= self.last_line:
            return False
        if self.codes:
            return code in self.codes
        return self.word != "ignore" or code not in COMMENT_CODES


@dataclass(frozen=True)
class Mistake:
    """What of a comment, text[start:end], will not do what was meant, and why.

    comment  the span of the whole comment
    repair   what was probably meant; None for a comment that may simply go, or where nobody knows
    is_idle  whether the comment does nothing at all
    """

    start: int
    end: int
    message: str
    comment: tuple[int, int]
    repair: Repair | None = None
    is_idle: bool = False


@dataclass(frozen=True)
class Suppressions:
    """All of a text, in its order, the spans of their comments, and what is wrong with them."""

    text: str = field(repr=False)
    found: tuple[Suppression, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    comments: tuple[tuple[int, int], ...] = ()

    def covers(self, start: int, end: int, code: str) -> bool:
        """Is a finding at text[start:end] not wanted? Its first and its last line count."""
        return bool(self.found) and bool(self.covering(start, end, code))

    def line_of(self, offset: int) -> int:
        """The line, from 0, of a place in the text."""
        return self._document.position(offset)[0]

    def covering(self, start: int, end: int, code: str) -> list[Suppression]:
        """Those that take a finding away; one that takes none away is of no use."""
        lines = {self._document.position(place)[0] for place in (start, max(start, end - 1))}
        return [one for one in self.found if any(one.speaks_of(line, code) for line in lines)]

    @property
    def left_out(self) -> tuple[tuple[int, int], ...]:
        """What the model and the parsers are not shown: the comments, with the blanks that set them off.

        So a comment that is written behind a line changes nothing of what is found in the text; one on a line of
        its own leaves an empty line, and the numbers of all lines stay.
        """
        res: list[tuple[int, int]] = []
        for comment in self.comments:
            start, end = _with_blanks(self.text, *comment)
            # Two comments share the blanks between them.
            res.append((max(start, res[-1][1]) if res else start, end))
        return tuple(res)

    @cached_property
    def _document(self) -> Document:
        return Document.of(self.text)


def of(text: str, language: Language) -> Suppressions:
    """The suppressions of a text; a text without the word `lm-lint:` costs one search for it."""
    if COMMENT_NAME not in text:
        return Suppressions(text)
    return _Reader(text, language).read()


def ignore_edit(text: str, language: Language, start: int, code: str) -> Edit:
    """The edit that writes a comment by which a finding of this code that starts at `start` is ignored.

    The comment is put where it does not change the program: behind the line in C and Python, on a line of its own
    before it in HTML; never into a string, a comment, a tag or a part of a template that goes on from line to line.
    """
    reader = _Reader(text, language)
    line = reader.line_of(start)
    for one in reader.read().found:
        if one.word == "ignore" and one.codes and one.first_line <= line <= one.last_line:
            end = text.index("]", one.start)
            return Edit(end, end, f", {code}")
    said = f"{COMMENT_NAME} ignore[{code}]"
    if language == "html":
        return _edit_html(reader, line, f"<!-- {said} -->")
    return _edit_code(reader, line, f"# {said}" if language == "python" else f"/* {said} */")


class _Reader:
    """Reads the comments of one text; knows which of its lines belong together."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language
        self.document = Document.of(text)
        self.joints = _joints(text, language)
        self._joint_starts = [start for start, _ in self.joints]
        self._joint_ends = [end for _, end in self.joints]

    def read(self) -> Suppressions:
        found: list[Suppression] = []
        mistakes: list[Mistake] = []
        comments: list[tuple[int, int]] = []
        opened: list[Suppression] = []
        for one in self._said(mistakes):
            comments.append((one.start, one.end))
            if one.word == "ignore":
                found.append(self._with_lines(one))
            elif one.word == "off":
                opened.append(one)
            elif one.word == "on":
                closed = [other for other in opened if not one.codes or other.codes == one.codes]
                opened = [other for other in opened if other not in closed]
                found += [
                    replace(other, last_line=one.first_line, ended_by=one) for other in closed
                ]
                if not closed:
                    mistakes.append(_idle(one, "`on` ends no `off` before it"))
            elif one.first_line < FILE_LINES:
                found.append(replace(one, first_line=0))
            else:
                message = f"`ignore-file` counts in the first {FILE_LINES} lines only"
                mistakes.append(_idle(one, message))
        found = sorted([*found, *opened], key=lambda one: one.start)
        return Suppressions(self.text, tuple(found), tuple(mistakes), tuple(comments))

    def _said(self, mistakes: list[Mistake]) -> Iterator[Suppression]:
        """What the comments say, each for the rest of the text so far."""
        for comment in _COMMENT[self.language].finditer(self.text):
            start, end = comment.span()
            said = _SAID.fullmatch(comment["said"])
            if said is None:
                continue
            word, at = said["word"], comment.start("said")
            if word not in WORDS:
                mistakes += _unknown_word((start, end), at + said.start("word"), word)
                continue
            listed, where = said["codes"], at + said.start("codes")
            spans = [match.span() for match in _LISTED.finditer(listed or "")]
            codes = tuple((listed or "")[slice(*span)] for span in spans)
            places = tuple((where + first, where + last) for first, last in spans)
            if wrong := _wrong_brackets(listed, codes, said["reason"]):
                mistakes.append(Mistake(start, end, wrong, (start, end)))
            mistakes += _unknown_codes((start, end), codes, places)
            line, last_line = self.line_of(start), self.document.n_lines - 1
            reason = said["reason"].strip()
            yield Suppression(word, start, end, codes, reason, line, last_line, places)

    def line_of(self, offset: int) -> int:
        return self.document.position(offset)[0]

    def line_start(self, line: int) -> int:
        return self.document.line_span(line)[0]

    def line_end(self, line: int) -> int:
        return self.document.line_span(line)[1]

    def joint_at(self, offset: int) -> tuple[int, int] | None:
        """What goes on from line to line across this offset."""
        idx = bisect_left(self._joint_starts, offset) - 1
        return self.joints[idx] if idx >= 0 and offset < self._joint_ends[idx] else None

    def _with_lines(self, one: Suppression) -> Suppression:
        """An `ignore` beside something is for its line, one alone also for the next line with something on it."""
        first = last = one.first_line
        if not self._is_alone(first):
            if self.joint_at(one.start) is None:
                first = self._first_together(first, one.start)
                last = self._last_together(last, one.end)
            return replace(one, first_line=first, last_line=last)
        last = min(last + 1, self.document.n_lines - 1)
        while last + 1 < self.document.n_lines and self._is_alone(last):
            last += 1
        if self.joint_at(self.line_start(last)) is None:
            last = self._last_together(last, self.line_start(last))
        return replace(one, first_line=first, last_line=last)

    def _is_alone(self, line: int) -> bool:
        """Is there nothing on a line but comments of ours?"""
        rest = _COMMENT[self.language].sub("", self.document.line_text(line))
        return not rest.removeprefix("\ufeff").strip()

    def _first_together(self, line: int, offset: int) -> int:
        """The first line of what belongs together and ends on `line` before `offset`."""
        for start, end in reversed(self.joints[: bisect_right(self._joint_ends, offset)]):
            if end < self.line_start(line):
                break
            line, offset = self.line_of(start), start
        return line

    def _last_together(self, line: int, offset: int) -> int:
        """The last line of what belongs together and starts on `line` from `offset` on."""
        for start, end in self.joints[bisect_left(self._joint_starts, offset) :]:
            if start > self.line_end(line):
                break
            line, offset = self.line_of(end), end
        return line


def _with_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    """The span with the blanks before it, where it ends its line; else with one blank behind it."""
    after = text[end : end + 1]
    if after in (" ", "\t"):
        return start, end + 1
    while start and after in ("", "\n", "\r") and text[start - 1] in " \t":
        start -= 1
    return start, end


def _idle(one: Suppression, message: str) -> Mistake:
    return Mistake(one.start, one.end, message, (one.start, one.end), is_idle=True)


def _unknown_word(comment: tuple[int, int], start: int, word: str) -> Iterator[Mistake]:
    """Only what is nearly a word of ours: a comment may begin with our name and go on as prose."""
    if close := closest(word, WORDS, 0.75):
        end = start + len(word)
        message = f"`{word}` is not known here: did you mean `{close}`?"
        yield Mistake(start, end, message, comment, Repair(start, end, close, _GUESS))


def _unknown_codes(
    comment: tuple[int, int], codes: tuple[str, ...], spans: tuple[tuple[int, int], ...]
) -> Iterator[Mistake]:
    for code, (start, end) in zip(codes, spans, strict=True):
        if code not in findings.CODES:
            close = closest(code, findings.CODES, 0.6)
            meant = f": did you mean `{close}`?" if close else ""
            repair = Repair(start, end, close, _GUESS) if close else None
            message = f"no finding has the code {quoted(code)}{meant}"
            yield Mistake(start, end, message, comment, repair)


def _wrong_brackets(listed: str | None, codes: tuple[str, ...], reason: str) -> str | None:
    if listed is None:
        is_open = reason.startswith("[") and "]" not in reason
        return "`]` expected behind the codes" if is_open else None
    return None if codes else "no code stands between the brackets, so all are meant"


# --- What goes on from line to line, so that a comment inside it would be something else.

_FILLER = "\0"
_CONTINUED = rf"\\\n{_FILLER}?"
_CODE_JOINT: dict[Language, re.Pattern[str]] = {
    "c": re.compile(HIDDEN["c"], re.DOTALL),
    "python": re.compile(rf"{HIDDEN['python']}|{_CONTINUED}", re.DOTALL),
}
# The insides of some elements are text to the last blank; these searches are bounded as those of templates are.
HTML_PART = re.compile(
    rf"<!--.*?(?:-->|\Z)|{TEMPLATE.pattern}"
    r"|<(?P<raw>script|style|pre|textarea|title)\b[^<>]*>.{0,100000}?</(?P=raw)\s*>"
    r"|</?[A-Za-z](?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>|</?[A-Za-z][^<>]*>?",
    re.DOTALL | re.IGNORECASE,
)


def _joints(text: str, language: Language) -> list[tuple[int, int]]:
    """Spans with a line break inside, in order and apart."""
    text = even(text)
    pattern = HTML_PART if language == "html" else _CODE_JOINT[language]
    found = [match.span() for match in pattern.finditer(text)]
    res = [(start, end) for start, end in found if text.find("\n", start, end) >= 0]
    if language == "python" and res and _is_open(text, *res[-1]):
        # One quote mark too many turns all strings inside out; none of them can be believed.
        res = [(start, end) for start, end in res if text[start] == "\\"]
    return res


def even(text: str) -> str:
    """Every line break begins with LF, as the patterns want it, and all offsets stay."""
    return text.replace("\r\n", "\n" + _FILLER).replace("\r", "\n")


def _is_open(text: str, start: int, end: int) -> bool:
    """Does a string of three quotes go on to the end of the text?"""
    quotes = text[start : start + 3]
    return (
        end == len(text)
        and quotes in ('"""', "'''")
        and (end - start < 6 or text[end - 3 : end] != quotes)
    )


# --- Where a comment can be written.


def _edit_code(reader: _Reader, line: int, comment: str) -> Edit:
    """Behind the line; where something goes on to the next line, behind that."""
    text, end = reader.text, reader.line_end(line)
    while joint := reader.joint_at(end):
        if joint[1] == len(text) and reader.language == "c":
            # A comment without its end: ours goes before it, or it would end it.
            return Edit(joint[0], joint[0], comment + " ")
        end = reader.line_end(reader.line_of(joint[1]))
    start = reader.line_start(reader.line_of(end))
    content = text[start:end]
    if reader.language == "c" and content.rstrip().endswith("\\"):
        # The backslash must stay the last character of its line.
        end = start + len(content.rstrip()) - 1
        return Edit(
            end, end, comment + " " if content[: end - start].endswith(" ") else f" {comment} "
        )
    if not content.strip():
        is_last = end == len(text)
        return Edit(end, end, comment + (_newline(reader, line) if is_last and line else ""))
    kept = start + len(content.rstrip(" \t"))
    return Edit(kept, kept, ("  " if reader.language == "python" else " ") + comment)


def _edit_html(reader: _Reader, line: int, comment: str) -> Edit:
    """On a line of its own before the line; behind the first line, which may hold a doctype."""
    while joint := reader.joint_at(reader.line_start(line)):
        line = reader.line_of(joint[0])
    if line:
        start, content = reader.line_start(line), reader.document.line_text(line)
        indent = content[: len(content) - len(content.lstrip(" \t"))]
        return Edit(start, start, indent + comment + _newline(reader, line))
    end = reader.line_end(0)
    while joint := reader.joint_at(end):
        end = reader.line_end(reader.line_of(joint[1]))
    return Edit(end, end, " " + comment)


def _newline(reader: _Reader, line: int) -> str:
    """The line break that ends the line before."""
    end = reader.line_end(line - 1)
    return reader.text[end : reader.line_start(line)]
