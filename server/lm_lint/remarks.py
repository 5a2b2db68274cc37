"""What is to be said of the comments that ignore findings: those that ignore nothing, and those that are wrong.

Findings come in as spans and codes and go out the same way, each with its message and the edit that takes the comment
away. Comments inside of strings count as suppressions (suppressions.py says why), but nothing is said of them: a test
or a page that shows such a comment is no misuse of it. Nothing here knows the detector.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from lm_lint.diagnostics import NOTHING_IGNORED, quoted
from lm_lint.findings import COMMENT_CODES, Code, Finding, Repair
from lm_lint.lexemes import HIDDEN
from lm_lint.settings import Settings
from lm_lint.suppressions import HTML_PART, Suppression, Suppressions, even
from lm_lint.text import Document, Language

Span = tuple[int, int]

_UNUSED: Code = "unused-suppression"
_INVALID: Code = "invalid-suppression"
_GUESS = 0.8  # a comment that says nothing may have been meant to say something else


@dataclass(frozen=True)
class Remark:
    """A finding about a comment, in the offsets of the text, with what to say of it."""

    finding: Finding
    message: str


def remarks(
    suppressed: Suppressions,
    language: Language,
    findings: Sequence[Finding],
    settings: Settings,
    not_searched: Callable[[], Sequence[Span]] = lambda: (),
) -> list[Remark]:
    """What is wrong with the comments of a text, by place.

    findings      all that the detector found, however sure it is and whatever the settings make of it
    not_searched  asked for the parts of the text of which the detector may not know; what is ignored there is not
                  called unused
    """
    if not (suppressed.found or suppressed.mistakes):
        return []
    judge = _Judge(suppressed, language, settings)
    for finding in findings:
        for one in suppressed.covering(finding.start, finding.end, finding.code):
            judge.use(one, finding.code)
    judge.judge_mistakes()
    if settings.unused_suppressions and settings.parser and settings.reports(_UNUSED):
        judge.judge_use(not_searched)
    return sorted(judge.res, key=lambda remark: remark.finding.start)


class _Judge:
    """Which comments did something, and what is said of the others."""

    def __init__(self, suppressed: Suppressions, language: Language, settings: Settings) -> None:
        self.res: list[Remark] = []
        self._suppressed = suppressed
        self._settings = settings
        self._comments = _Comments(suppressed.text, language)
        self._used: dict[Suppression, set[str]] = {one: set() for one in suppressed.found}

    def use(self, one: Suppression, code: str) -> None:
        self._used[one].add(code)

    def judge_mistakes(self) -> None:
        if not self._settings.reports(_INVALID):
            return
        for mistake in self._suppressed.mistakes:
            if not self._comments.is_meant(*mistake.comment):
                continue
            repair = mistake.repair
            if mistake.is_idle:
                repair = self._comments.removal(*mistake.comment, _GUESS)
            hiding = self._hiding(_INVALID, mistake.start, mistake.comment)
            for one in hiding:
                self.use(one, _INVALID)
            if not hiding:
                self._say(_INVALID, (mistake.start, mistake.end), repair, mistake.message)

    def judge_use(self, not_searched: Callable[[], Sequence[Span]]) -> None:
        needless: list[Suppression] = []
        for one, idle in self._candidates(not_searched):
            if set(idle) == set(one.codes):
                repair = self._comments.removal(one.start, one.end, 1.0)
                self._say(_UNUSED, (one.start, one.end), repair, NOTHING_IGNORED)
                needless.append(one)
            else:
                self._say_of_codes(one, idle)
        self._judge_ends(needless)

    def _candidates(
        self, not_searched: Callable[[], Sequence[Span]]
    ) -> list[tuple[Suppression, tuple[str, ...]]]:
        """The comments that are of no use, or of which some codes are not: these codes."""
        wrong = {mistake.comment for mistake in self._suppressed.mistakes}
        found = [
            (one, idle)
            for one in self._suppressed.found
            if (idle := self._idle_codes(one)) is not None
            and (one.start, one.end) not in wrong
            and self._comments.is_meant(one.start, one.end)
            and not any(
                # One that is of no use itself takes nothing away, so no two hide each other.
                _UNUSED in other.codes or self._used[other]
                for other in self._hiding(_UNUSED, one.start, (one.start, one.end))
            )
        ]
        if not found:
            return []
        unknown = self._covering_any(not_searched())
        return [(one, idle) for one, idle in found if one not in unknown]

    def _hiding(self, code: Code, start: int, comment: Span) -> list[Suppression]:
        """Those that take away what is said of a comment; itself only where it names the code."""
        line = self._suppressed.line_of(start)
        return [
            one
            for one in self._suppressed.found
            if one.speaks_of(line, code) and (code in one.codes or (one.start, one.end) != comment)
        ]

    def _idle_codes(self, one: Suppression) -> tuple[str, ...] | None:
        """The codes of a comment that took nothing away, () for one that names none; None: it is in order."""
        used = self._used[one]
        if not one.codes:
            return None if used else ()
        # Of a code that is not reported anyway nobody knows whether its comment would be missed.
        idle = tuple(
            code
            for code in one.codes
            if code not in used and code not in COMMENT_CODES and self._settings.reports(code)
        )
        return idle or None

    def _say_of_codes(self, one: Suppression, idle: tuple[str, ...]) -> None:
        """Of a comment some of whose codes are of no use, each of these is named."""
        is_kept = False
        for idx, (code, (start, end)) in enumerate(zip(one.codes, one.code_spans, strict=True)):
            if code not in idle:
                is_kept = True
                continue
            if is_kept:
                span = one.code_spans[idx - 1][1], end
            else:
                span = start, one.code_spans[idx + 1][0]
            repair = Repair(*span, "", 1.0)
            # An `on` with the same codes would end nothing any more.
            is_bound = one.ended_by is not None and one.ended_by.codes
            message = f"no {quoted(code)} here is ignored by this comment"
            self._say(_UNUSED, (start, end), None if is_bound else repair, message)

    def _judge_ends(self, needless: Sequence[Suppression]) -> None:
        """An `on` that ends nothing but needless blocks goes with them."""
        ends: dict[Suppression, list[Suppression]] = {}
        for one in self._suppressed.found:
            if one.ended_by is not None:
                ends.setdefault(one.ended_by, []).append(one)
        for end, blocks in ends.items():
            is_meant = self._comments.is_meant(end.start, end.end)
            if is_meant and all(block in needless for block in blocks):
                repair = self._comments.removal(end.start, end.end, 1.0)
                message = "the block that ends here ignores nothing"
                self._say(_UNUSED, (end.start, end.end), repair, message)

    def _say(self, code: Code, span: Span, repair: Repair | None, message: str) -> None:
        repairs = (repair,) if repair else ()
        self.res.append(Remark(Finding(code, *span, 1.0, 0.0, repairs), message))

    def _covering_any(self, spans: Sequence[Span]) -> list[Suppression]:
        lines = [
            (self._suppressed.line_of(start), self._suppressed.line_of(end)) for start, end in spans
        ]
        return [
            one
            for one in self._suppressed.found
            if any(first <= one.last_line and one.first_line <= last for first, last in lines)
        ]


class _Comments:
    """Where the comments of a text really are comments, and how they are taken out of it."""

    def __init__(self, text: str, language: Language) -> None:
        self.text = text
        self.language = language

    def is_meant(self, start: int, end: int) -> bool:
        """Is this a comment of the program, and no example of one in a string or in prose?"""
        return self._kind_of(start) is not None and self.text[start - 1 : start] not in tuple(
            "\"'`"
        )

    def removal(self, start: int, end: int, confidence: float) -> Repair | None:
        """The edit that takes a comment away; None where it is not clear how far the comment goes."""
        kind = self._kind_of(start)
        assert kind is not None, (start, end)
        own, last, is_line = kind
        if not is_line and last != end:
            return None
        if is_line:
            mark = "#" if self.text[start] == "#" else "//"
            following = re.compile(rf"[ \t](?={mark})").search(self.text, start, end)
            end = following.end() if following else end
            ends = end == last or self.text.startswith(mark, end)
            if self.text[last - 1] == "\\" or (own and not ends):
                return None
        return self._without(start, end, confidence)

    def _kind_of(self, start: int) -> tuple[bool, int, bool] | None:
        """Whether a comment begins at `start`, or we stand inside of one; where it ends, and if with its line."""
        if self.language != "html":
            return _in_code(self._code, start)
        found = next((m for m in self._parts if m.start() <= start < m.end()), None)
        sign = self.text[start : start + 2]
        if sign in ("{#", "{{", "<%"):
            closer = {"{#": "#}", "{{": "}}", "<%": "%>"}[sign]
            end = self.text.find(closer, start)
            return (True, end + 2 if end >= 0 else len(self.text), False)
        if found is None or (sign == "<!") != (found.start() == start):
            return None
        if sign == "<!":
            return (True, found.end(), False)
        if (found["raw"] or "").lower() not in ("script", "style"):
            return None
        inside = self.text.index(">", found.start()) + 1
        return _in_code(_hidden(self.text, "c", inside, found.end()), start)

    def _without(self, start: int, end: int, confidence: float) -> Repair:
        """With the blanks that set it off; a line that holds nothing else goes as a whole."""
        text = self.text
        line = self._document.position(start)[0]
        line_start, line_end = self._document.line_span(line)
        if line_start == 0 and text.startswith("\ufeff"):
            line_start = 1
        before, after = text[line_start:start], text[end:line_end]
        if not before.strip() and not after.strip():
            if not (line and self._document.line_text(line - 1).endswith("\\")):
                last = line + 1 == self._document.n_lines
                line_end = line_end if last else self._document.line_span(line + 1)[0]
            return Repair(line_start, line_end, "", confidence)
        if not after.strip():
            return Repair(line_start + len(before.rstrip()), line_end, "", confidence)
        if not before or before[-1].isspace():
            return Repair(start, end + len(after) - len(after.lstrip()), "", confidence)
        joins = text[start] in "<{" or after[0].isspace()
        return Repair(start, end, "" if joins else " ", confidence)

    @cached_property
    def _document(self) -> Document:
        return Document.of(self.text)

    @cached_property
    def _code(self) -> list[re.Match[str]]:
        return _hidden(self.text, self.language, 0, len(self.text))

    @cached_property
    def _parts(self) -> list[re.Match[str]]:
        return list(HTML_PART.finditer(even(self.text)))


def _hidden(text: str, language: Language, start: int, end: int) -> list[re.Match[str]]:
    """The comments and strings of a stretch of code."""
    return list(re.compile(HIDDEN[language], re.DOTALL).finditer(even(text), start, end))


def _in_code(hidden: Sequence[re.Match[str]], start: int) -> tuple[bool, int, bool] | None:
    """What of `hidden` holds a place; None for a string, and for a place deep in a comment of several lines."""
    for found in hidden:
        if found.start() <= start < found.end():
            is_line = found[0].startswith(("#", "//"))
            own = found.start() == start
            return (own, found.end(), is_line) if own or is_line else None
    return None
