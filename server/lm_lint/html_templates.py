"""Template control in pages (Jinja, Django, Handlebars, Go, ERB, EJS, PHP, FreeMarker, Smarty, ThinkPHP, Fluid,
JSP's and JSF's expressions, Angular's blocks), taken out of the way.

A mark is replaced by as many fillers, so offsets stay those of the page. Second branches go too:
they often open again what the first branch opened. Knows nothing of tags.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

# Bounded: a page of a thousand openers without their ends must not be searched a thousand times.
_MARKS = (
    r"\{%-?\s*comment\b.{0,9000}?endcomment\s*-?%\}|\{\{!--.{0,9000}?--\}\}"
    r"|\{%.{0,3000}?%\}|\{\{.{0,3000}?\}\}|\{#.{0,3000}?#\}|<\?.*?(?:\?>|\Z)"
    r"|<%.{0,20000}?%>|\[%.{0,3000}?%\]|</?[#@][a-zA-Z][^<>]*>"
)
# JSP and JSF; FreeMarker with square brackets; the head of a block of Angular's.
# Each begins with a sign, and not with a set of signs: so re finds where to begin four times as quickly.
_EXPRESSION = r"\$\{[^{}]{0,300}\}|#\{[^{}]{0,300}\}|\[/?[#@][a-zA-Z][^\[\]]{0,300}\]"
_ANGULAR = (
    r"@(?:if|else if|for|switch|case|defer)[ \t]*"
    r"\((?:[^(){}]|\((?:[^(){}]|\([^(){}]{0,100}\)){0,100}\)){0,300}\)\s*\{"
)
# In single braces, as JavaScript has them too: so a word of the language must follow at once.
_SINGLE = (
    r"\{(?:\$\w[^{};]{0,300}|:\w+\([^{};]{0,300}|f:[\w.]+\((?:[^{};]|\{[^{};]{0,100}\}){0,300}"
    r"|/?(?:if|elseif|foreach|foreachelse|section|sectionelse|volist|literal|strip|capture|nocache|assign|include"
    r"|block|extends|eq|neq|in|notin|empty|notempty|present|notpresent|switch|case)(?:[ \t]+[^\s({};][^{};]{0,300})?"
    r"|else)\}"
)
_WORDED = "|".join((_EXPRESSION, _ANGULAR, _SINGLE))  # what words make a mark, and not signs alone
TEMPLATE = re.compile(f"{_MARKS}|{_WORDED}", re.DOTALL)
_BY_WORDS = re.compile(_WORDED)
_REACH = 700  # characters of most of them, brackets and all
# A character that no page holds: inside a tag it counts as part of a name, of a value, and as a
# blank, since a mark may print any of them.
NEUTRAL = "\ue000"
BLANK_SIGNS = " \t\n\r\f" + NEUTRAL  # of a masked page

_DELIMITERS = re.compile(
    r"^(?:\{%|\{\{|\{|<%|<\?(?:php\b)?|\[%)[-~+=\s]*|[-~+;\s]*(?:%\}|\}\}|\}|%>|\?>|%\])$"
)
_IF = re.compile(r"#?(?:if|ifchanged|ifequal|ifnotequal|unless)\b", re.IGNORECASE)
_ELSE = re.compile(r"(?:\}\s*)?(?:else|elif|elsif|elseif|when)\b|\^\s*$", re.IGNORECASE)
_END = re.compile(
    r"/(?:if|unless|each|with|foreach|section|case)\b|end(?:if|ifchanged|ifequal|ifnotequal|unless|for|foreach|while)?\b"
    r"|\}",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"(?:#(?:each|with)|for|foreach|section|while|case|begin|range|define)\b", re.IGNORECASE
)
_RUBY_BLOCK = re.compile(r"\bdo\b\s*(?:\|[^|]*\|)?$")
_PRINTS = re.compile(r"\{\{|<%=|<\?=|<\?php\s+(?:echo|print)\b")

_CONTROL_SIGNS = ("{", "}", "[", "]", "%", "<?", "?>", "<#", "<@", "</#", "</@")
_CONTROL = re.compile(r"\{[{%#]|[%}#]\}|</?[#@]|<[?%]|[?%]>|\[%|%\]|[$#]\{|\[/?[#@]")
_SHORT = 200

Word = Literal["if", "else", "end", "block", ""]


def blanked(text: str) -> str:
    """The page without its template control; every other character stays where it is."""
    return filled(
        text, spans(marks_of(text)), lambda mark: "x" if mark.startswith(("{{", "<%=")) else " "
    )


def masked(text: str) -> str:
    """The same with NEUTRAL for what a mark may print, and blanks for second branches."""
    return filled(text, spans(marks_of(text)))


class Mark(NamedTuple):
    """A template's mark, text[start:end], and what it does."""

    start: int
    end: int
    word: Word


def marks_of(text: str) -> list[Mark]:
    return [Mark(*m.span(), control(m.group())) for m in TEMPLATE.finditer(text)]


def conditional(marks: list[Mark]) -> list[tuple[int, int]]:
    """The spans between the `if` of a template and its end, nested ones within outer ones."""
    res: list[tuple[int, int]] = []
    opened: list[tuple[Word, int]] = []
    for mark in marks:
        if mark.word in ("if", "block"):
            opened.append((mark.word, mark.end))
        elif mark.word == "end" and opened:
            kind, start = opened.pop()
            if kind == "if":
                res.append((start, mark.start))
    return res


class Conditions:
    """Which condition of a template a place stands under."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        """spans: as they come from `conditional`."""
        self._spans = spans
        self._by_end = {end: (start, end) for start, end in spans}
        # Since they nest, the innermost one changes at their ends only.
        self._borders = sorted({border for span in self._spans for border in span})
        self._innermost: list[tuple[int, int] | None] = [None] * len(self._borders)
        where = {border: idx for idx, border in enumerate(self._borders)}
        for span in reversed(self._spans):  # outer ones first
            first, last = where[span[0]], where[span[1]]
            self._innermost[first:last] = [span] * (last - first)

    def __bool__(self) -> bool:
        return bool(self._spans)

    def moved(self, move: Move) -> Conditions:
        if not self._spans:
            return self
        return Conditions([(move.behind_mark(a), move.on(b)) for a, b in self._spans])

    def around(self, offset: int) -> tuple[int, int] | None:
        """The innermost one."""
        idx = bisect_right(self._borders, offset) - 1
        return self._innermost[idx] if idx >= 0 else None

    def around_moved(self, offset: int, move: Move) -> tuple[int, int] | None:
        """The innermost one after an edit, at an offset of the text after it."""
        if offset < move.start:
            found = self.around(offset)
        elif offset >= move.end + move.by:
            found = self.around(offset - move.by)
        else:
            # What is written before the mark that ends a condition stands under it.
            found = self._by_end.get(move.start) or self.around(move.start)
        return found and (move.behind_mark(found[0]), move.on(found[1]))


class Move(NamedTuple):
    """Where things are after text[start:end] was replaced by something longer by `by`; what is
    written at the border of a mark stands outside of it."""

    start: int
    end: int
    by: int

    def on(self, offset: int) -> int:
        """Where what begins at an offset is now."""
        return offset + self.by if offset >= self.end else offset

    def behind_mark(self, offset: int) -> int:
        """Where a mark now ends that ended at an offset."""
        return offset + self.by if offset > self.end else offset

    def span(self, start: int, end: int, is_mark: bool) -> tuple[int, int, bool]:
        """Of a mark, or of a second branch, which begins behind a mark and ends before another."""
        if is_mark:
            return self.on(start), self.behind_mark(end), True
        return self.behind_mark(start), self.on(end), False


class Template:
    """The template of a page: its marks, and what is replaced so that the page can be read.

    marks       all of them, those in second branches too
    replaced    marks and second branches: start, end, and whether it is a mark
    masked      the page with NEUTRAL for what a mark may print, and blanks for second branches
    conditions  under which one places stand
    """

    def __init__(
        self,
        text: str,
        marks: list[Mark],
        replaced: list[tuple[int, int, bool]],
        masked: str,
        conditions: Conditions,
    ) -> None:
        self.text, self.marks, self.replaced = text, marks, replaced
        self.masked, self.conditions = masked, conditions

    @classmethod
    def of(cls, text: str) -> Template:
        marks = marks_of(text)
        replaced = spans(marks)
        return cls(text, marks, replaced, filled(text, replaced), Conditions(conditional(marks)))

    def edited(self, start: int, end: int, new: str) -> Template:
        """After an edit that does not change the control."""
        text = self.text[:start] + new + self.text[end:]
        if not self.marks:
            return Template(text, [], [], text, self.conditions)
        move = Move(start, end, len(text) - len(self.text))
        first, last = self._marks_in(start, end)
        gone = 0 if self._is_in_mark(start, end) else last - first
        rest = self.marks[first + gone :]
        marks = self.marks[:first]
        marks += [Mark(move.on(mark.start), move.behind_mark(mark.end), mark.word) for mark in rest]
        replaced = spans(marks) if gone else [move.span(*span) for span in self.replaced]
        masked = self.masked_with(start, end, new)
        return Template(text, marks, replaced, masked, self.conditions.moved(move))

    def between(self, low: int, high: int) -> str:
        """What is replaced that begins in text[low:high]."""
        if not self.replaced:
            return ""
        first, last = (bisect_left(self.replaced, (at,)) for at in (low, high))
        return "".join(self.text[start:end] for start, end, _ in self.replaced[first:last])

    def changes_control(self, start: int, end: int, new: str) -> bool:
        """Whether template marks elsewhere may be others after an edit, or may do something else."""
        first, last = self._marks_in(start, end)
        if self._is_in_mark(start, end):
            mark = self.marks[first]
            text = self.text[mark.start : start] + new + self.text[end : mark.end]
            found = TEMPLATE.match(text + " ")
            return not found or found.end() != len(text) or control(text) != mark.word
        if any(sign in new for sign in _CONTROL_SIGNS):
            return True
        before = self.text[max(start - 2, 0) : start]
        seam, border = before + new + self.text[end : end + 2], len(before) + len(new)
        for sign in _CONTROL.finditer(seam):
            if sign.start() < border and sign.end() > len(before):
                return True
        if self._makes_a_mark(start, end, new):
            return True
        # Marks that only print may go.
        for start_of_mark, end_of_mark, word in self.marks[first:last]:
            if word or start_of_mark < start or end_of_mark > end:
                return True
        # A branch may begin that was empty, or be empty.
        is_behind_else = first > 0 and self.marks[first - 1][1:] == (start, "else")
        return is_behind_else and last < len(self.marks) and self.marks[last].start == end

    def _makes_a_mark(self, start: int, end: int, new: str) -> bool:
        """Whether an edit writes the word that makes a mark of what stands around it."""
        low = max(start - _REACH, 0)
        around = self.text[low:start] + new + self.text[end : end + _REACH]
        if "{" not in around and "[" not in around:
            return False
        first, last = start - low, start - low + len(new)
        return any(m.start() < last and m.end() > first for m in _BY_WORDS.finditer(around))

    def _is_in_mark(self, start: int, end: int) -> bool:
        first, last = self._marks_in(start, end)
        if last != first + 1:
            return False
        return self.marks[first].start < start and end < self.marks[first].end

    def _marks_in(self, start: int, end: int) -> tuple[int, int]:
        """The marks that share a character with text[start:end], or stand around it."""
        first = bisect_right(self.marks, start, key=lambda mark: mark.end)
        return first, max(first, bisect_left(self.marks, (end,)))

    def masked_with(self, start: int, end: int, new: str) -> str:
        """The masked text after an edit that does not change the template's control."""
        # An edit is never half in a second branch, since that begins and ends with marks.
        idx = bisect_right(self.replaced, start, key=lambda span: span[0]) - 1
        if idx >= 0 and self.replaced[idx][0] == start and self.replaced[idx][2]:
            idx -= 1
        if idx >= 0 and not self.replaced[idx][2] and end <= self.replaced[idx][1]:
            new = " " * len(new)
        elif self._is_in_mark(start, end):
            new = NEUTRAL * len(new)
        return self.masked[:start] + new + self.masked[end:]


def control(mark: str) -> Word:
    """What a template's mark does: it begins a condition, another branch, another block, or ends
    one of them; "" when it only prints."""
    # Most are short and stand in a page again and again.
    return _known_control(mark) if len(mark) < _SHORT else _control(mark)


@lru_cache(maxsize=4096)
def _known_control(mark: str) -> Word:
    return _control(mark)


def _control(mark: str) -> Word:
    if mark.startswith(("{#", "{{!", "</", "<#", "<@", "$", "#", "@", "[#", "[@", "[/")) or (
        _PRINTS.match(mark) and mark[0] == "<"
    ):
        return ""
    body = _DELIMITERS.sub("", _DELIMITERS.sub("", mark, count=1), count=1)
    opens = body.endswith(("{", ":")) or not mark.startswith(("<?", "<%"))
    if _ELSE.match(body):
        return "else"
    if _IF.match(body):
        # On Ruby's side an `if` needs no brace; in PHP and JavaScript one without is complete.
        return (
            "if" if opens or "(" not in body or (mark.startswith("<%") and "{" not in body) else ""
        )
    if _RUBY_BLOCK.search(body) or (_BLOCK.match(body) and (opens or mark.startswith("<%"))):
        return "block"
    if body.startswith("}") and body.endswith("{"):
        return "else"
    if _END.match(body):
        return "end"
    return "block" if body.endswith("{") and mark[0] == "<" else ""


def spans(marks: list[Mark]) -> list[tuple[int, int, bool]]:
    """What is to be replaced, in order and apart: start, end, whether it is a mark or a branch."""
    found = [(mark.start, mark.end, True) for mark in marks]
    found += [(start, end, False) for start, end in _second_branches(marks)]
    res: list[tuple[int, int, bool]] = []
    at = 0
    for span in sorted(found, key=lambda span: (span[0], -span[1])):
        if span[0] >= at:
            res.append(span)
            at = span[1]
    return res


def filled(
    text: str,
    replaced: list[tuple[int, int, bool]],
    filler_of: Callable[[str], str] = lambda mark: NEUTRAL,
) -> str:
    """The text with fillers in the place of these spans; blanks for branches."""
    if not replaced:
        return text
    parts: list[str] = []
    at = 0
    for start, end, is_mark in replaced:
        filler = filler_of(text[start:end]) if is_mark else " "
        parts += (text[at:start], filler * (end - start))
        at = end
    return "".join([*parts, text[at:]])


def _second_branches(marks: list[Mark]) -> list[tuple[int, int]]:
    """From the first `else` of each condition to its end."""
    res: list[tuple[int, int]] = []
    opened: list[list[int]] = []  # per block: [is it a condition, where its second branch began]
    for mark in marks:
        if mark.word in ("if", "block"):
            opened.append([mark.word == "if", -1])
        elif mark.word == "else" and opened and opened[-1][0] and opened[-1][1] < 0:
            opened[-1][1] = mark.end
        elif mark.word == "end" and opened:
            since = opened.pop()[1]
            if 0 <= since < mark.start:
                res.append((since, mark.start))
    return res
