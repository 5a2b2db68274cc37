"""Where in a page a tag can be put or taken away, and what the edit looks like in its layout.

An end tag goes on a line of its own, as deep as its opener, when the opener begins a line and the
place ends one; else right behind what stands before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lm_lint.html_lexer import Tag, index_at
from lm_lint.html_names import KNOWN, OPTIONAL_END, RAW_TEXT
from lm_lint.html_tags import Page
from lm_lint.html_tree import ancestors

Kind = Literal[
    "insert-end-tag",
    "delete-end-tag",
    "delete-start-tag",
    "insert-start-tag",
    "rename-end-tag",
    "rename-start-tag",
    "start-to-end",
    "end-to-start",
    "swap-end-tags",
    "self-closing",
    "insert-mark",
    "delete-mark",
    "replace-mark",
    "respell",
]
_MAX_WORDS = 40
_WORD_END = re.compile(r"\w(?=[^\w\s])|\S(?=\s)")
_LINE_END = re.compile(r"\S(?=[ \t]*\n)")
_WORD_START = re.compile(r"(?=\S)(?:\b|(?<=\W))")
_MARK_BORDER = re.compile(r"[%}?]\}|[%?]>|\S(?=\{[{%]|<[%?])")
_INK = re.compile(r"\S")
_LEAD = re.compile(r"[ \t]*")


@dataclass(frozen=True)
class Proposal:
    """Replace text[start:end] by `text`; offsets in code points."""

    start: int
    end: int
    text: str
    kind: Kind

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]


Scored = tuple[float, Proposal]


class Source:
    """A page as its editors see it: lines, indentation, and what is open in each gap.

    Gap i is the text between tags i - 1 and i; page.states[i] is open in it.
    """

    def __init__(self, page: Page) -> None:
        self.page, self.text, self.tags = page, page.text, page.tags
        self._strays = {p.start for p in page.problems if p.kind == "stray"}
        self._indents: dict[int, int | None] = {}  # by offset; each is asked for again and again

    # --- What is where --------------------------------------------------------------------------

    def index_of(self, offset: int) -> int:
        """The tag that begins at an offset, or the next one."""
        idx = index_at(self.tags, offset)
        return idx - 1 if idx and self.tags[idx - 1].start == offset else idx

    def is_stray(self, tag: Tag) -> bool:
        return tag.start in self._strays

    def nests(self, gap: int, name: str, opener: int) -> bool:
        """Whether in this gap only elements of that name, or such that need no end tag, are
        open inside the opener: then an end tag here moves all the others by one."""
        for node in ancestors(self.page.states[gap]):
            if node.tag.start <= opener:
                return node.tag.start == opener
            if node.name != name and node.name not in OPTIONAL_END and not node.soft:
                return False
        return False

    def leads_to(self, gap: int, later: int, name: str) -> bool:
        """The same for a tag in this gap and a stray end tag behind it."""
        goal = self.page.states[later]
        for node in ancestors(self.page.states[gap]):
            if node is goal:
                return True
            if node.name != name and node.name not in OPTIONAL_END and not node.soft:
                return False
        return True

    def innermost(self, gap: int, name: str) -> Tag | None:
        nodes = ancestors(self.page.states[gap])
        return next((node.tag for node in nodes if node.name == name), None)

    def encloses(self, idx: int, name: str) -> bool:
        return self.innermost(idx, name) is not None

    def open_names(self, gap: int) -> list[str]:
        """What is open, innermost first, each name once."""
        return list(dict.fromkeys(node.name for node in ancestors(self.page.states[gap])))

    def start_tags_like(self, name: str) -> list[str]:
        """Start tags of a name with their attributes as this page writes them, commonest first."""
        seen = Counter(
            self.text[tag.start : tag.end]
            for tag in self.tags
            if tag.kind == "start" and tag.name == name and not tag.flaws
        )
        return [written for written, _ in seen.most_common() if len(written) > len(name) + 2]

    # --- Places ---------------------------------------------------------------------------------

    def places(self, gap: int, words: bool) -> Iterator[int]:
        """Where in a gap an end tag can stand: behind the tag before, at the end of each line of
        text, and between words."""
        start, end = self._gap(gap)
        yield start
        text = self.text[start:end]
        stripped = len(text.rstrip())
        if not stripped or self._is_raw(gap):
            return
        ends = {start + match.end() for match in _LINE_END.finditer(text, 0, stripped + 1)}
        if "{" in text or "<" in text:
            ends.update(start + m.end() for m in _MARK_BORDER.finditer(text, 0, stripped))
        if words:
            found = [start + match.end() for match in _WORD_END.finditer(text, 0, stripped)]
            ends.update(found[:_MAX_WORDS])
        yield from sorted(ends | {start + stripped})

    def starts(self, gap: int) -> Iterator[int]:
        """Where in a gap a start tag can stand: before its text, before each line, before a tag."""
        start, end = self._gap(gap)
        if self._is_raw(gap):
            return
        text = self.text[start:end]
        lead = len(text) - len(text.lstrip())
        yield start + lead
        if lead < len(text):
            for match in _LINE_END.finditer(text, lead):
                blanks = re.compile(r"\s*").match(text, match.end())
                assert blanks is not None
                yield start + blanks.end()
            if len(text) - lead < 300:
                for match in _WORD_START.finditer(text, lead + 1):
                    yield start + match.start()

    def headless(self, gap: int, pattern: str) -> list[int]:
        """Where in the text of a gap a tag seems to have lost its first sign."""
        start, end = self._gap(gap)
        if self.text.find(">", start, end) < 0:
            return []
        return [match.start() for match in re.compile(pattern).finditer(self.text, start, end)]

    def _gap(self, gap: int) -> tuple[int, int]:
        start = self.tags[gap - 1].end if gap else 0
        end = self.tags[gap].start if gap < len(self.tags) else len(self.text)
        return start, end

    def _is_raw(self, gap: int) -> bool:
        before = self.tags[gap - 1] if gap else None
        if before is None or before.kind != "start" or before.name not in RAW_TEXT:
            return False
        return not before.flaws and before.name in ("script", "style")

    def indent_at(self, offset: int) -> int | None:
        """The width of the blanks before this offset, when only blanks stand before it."""
        if offset not in self._indents:
            line = self.text.rfind("\n", 0, offset) + 1
            lead = self.text[line:offset]
            self._indents[offset] = None if lead.strip() else len(lead.expandtabs(4))
        return self._indents[offset]

    def _lead_at(self, offset: int) -> str:
        line = self.text.rfind("\n", 0, offset) + 1
        lead = _LEAD.match(self.text, line)
        assert lead is not None
        return lead[0]

    def _ink_from(self, place: int) -> int:
        found = _INK.search(self.text, place)
        return found.start() if found else len(self.text)

    def _ends_line(self, place: int) -> bool:
        newline = self.text.find("\n", place)
        return not self.text[place : newline if newline >= 0 else len(self.text)].strip()

    def fit(self, place: int, opener: Tag) -> float:
        """How ill an end tag for this opener would stand here; 0 for a place that asks for it."""
        following = self._ink_from(place)
        indent, wanted = self.indent_at(following), self.indent_at(opener.start)
        if following >= len(self.text):
            return 1.0
        if indent is None or wanted is None or not self._ends_line(place):
            if self.text.startswith("</", following):
                return 0.5
            return 1.5 if self.text.startswith("<", following) else 3.0
        if indent > wanted:
            return 3.0
        same = self.text.startswith(f"<{opener.name}", following)
        return 1.0 - 0.5 * (indent < wanted) - 0.7 * same

    def misfit_of_end(self, idx: int) -> float:
        """How well an end tag stands where it is: 0 when its layout says that it is too many."""
        tag = self.tags[idx]
        if self.tags[idx - 1].kind == "end" and self.tags[idx - 1].name == tag.name:
            twice = not self.text[self.tags[idx - 1].end : tag.start].strip(" ")
            if twice and self.indent_at(tag.start) is None:
                return 0.0
        opener = self.innermost(idx, tag.name)
        indent = self.indent_at(tag.start)
        wanted = self.indent_at(opener.start) if opener else None
        return 0.5 if indent is not None and indent != wanted else 2.0

    def misfit_of_start(self, place: int, end_tag: Tag) -> float:
        indent, wanted = self.indent_at(place), self.indent_at(end_tag.start)
        if indent is None:
            return 2.0 if wanted is not None else 0.5
        return 0.0 if indent == wanted else 1.0

    # --- Edits ----------------------------------------------------------------------------------

    def insert_end_tag(self, place: int, name: str, opener: Tag) -> Proposal:
        new = f"</{name}>"
        newline = self.text.find("\n", opener.end, place + 1) >= 0
        if newline and self.indent_at(opener.start) is not None and self._ends_line(place):
            new = "\n" + self._lead_at(opener.start) + new
        return Proposal(place, place, new, "insert-end-tag")

    def insert_start_tag(self, place: int, tag: str) -> Proposal:
        if self.indent_at(place) is not None and place < len(self.text):
            tag += "\n" + self._lead_at(place)
        return Proposal(place, place, tag, "insert-start-tag")

    def delete(self, start: int, end: int, kind: Kind) -> Proposal:
        """Take a tag away, with its line when it stands alone on it."""
        indent = self.indent_at(start)
        if indent is not None and self._ends_line(end) and start > indent:
            line = self.text.rfind("\n", 0, start)
            newline = self.text.find("\n", end)
            start, end = max(line, 0), newline if newline >= 0 else len(self.text)
        return Proposal(start, end, "", kind)

    def rename(self, idx: int, name: str, respelt: bool) -> Proposal:
        tag = self.tags[idx]
        start = tag.start + (2 if tag.kind == "end" else 1)
        kind: Kind = "rename-end-tag" if tag.kind == "end" else "rename-start-tag"
        return Proposal(
            start,
            start + len(tag.name),
            name,
            "respell" if respelt and tag.name not in KNOWN else kind,
        )

    def renamed_to_open(self, idx: int) -> Proposal:
        """An end tag with the name of the innermost element that it should have closed first."""
        names = [name for name in self.open_names(idx) if name != self.tags[idx].name]
        return self.rename(idx, names[0] if names else self.tags[idx].name, False)

    def end_for_start(self, idx: int) -> Proposal:
        return self.respelt_as_end(idx, self.tags[idx].name)

    def respelt_as_end(self, idx: int, name: str) -> Proposal:
        tag = self.tags[idx]
        return Proposal(tag.start, tag.end, f"</{name}>", "start-to-end")

    def start_for_end(self, idx: int, name: str) -> Proposal:
        tag = self.tags[idx]
        return Proposal(tag.start, tag.end, f"<{name}>", "end-to-start")

    def swap(self, first: int, second: int) -> Proposal:
        one, other = self.tags[first], self.tags[second]
        between = self.text[one.end : other.start]
        new = self.text[other.start : other.end] + between + self.text[one.start : one.end]
        return Proposal(one.start, other.end, new, "swap-end-tags")

    def unclose(self, idx: int) -> Proposal:
        """ "/>" becomes ">"."""
        end = self.tags[idx].end
        return Proposal(end - 2, end, ">", "self-closing")

    def ink_before(self, place: int) -> int:
        """Where the text before a place ends, without the blanks behind it."""
        low = max(0, place - 4000)
        return low + len(self.text[low:place].rstrip())

    def without_layout(self, proposal: Proposal) -> tuple[int, int, str]:
        """Equal for two edits that differ in layout only."""
        start, end = proposal.start, proposal.end
        removed = self.text[start:end]
        start += len(removed) - len(removed.lstrip())
        end = max(start, end - (len(removed) - len(removed.rstrip())))
        if start == end:
            start = end = self.ink_before(start)
        return start, end, "".join(proposal.text.split()) if start == end else proposal.text.strip()
