"""A page that was read, written for people: as plain text, and as Markdown with its headings, lists and links.

Where blocks begin is told by the names of tags; what is a link or bold, by the reading.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lm_lint.extraction import BLOCKS, Reading, line, plain
from lm_lint.markup import Piece

_SPECIAL = re.compile(r"([\\`*\[\]<]|(?<!\w)_|_(?!\w))")
_DEEPEST = 12  # lists and quotes within each other, as they are indented
_ESCAPED = r"\\\1"
_EMPTY_BOLD = re.compile(r"\*\*\s*\*\*")
_HEADING = re.compile("h[1-6]")
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_NUMBER = re.compile(r"\A(\d+)(?=[.)] )")
_AT_LINE_START = re.compile(r"\A(#{1,6}(?= )|[-+](?= )|>|~~~)")
_LISTS = ("ul", "menu", "dir")
_PARAGRAPHS = BLOCKS - {
    "br",
    "li",
    "td",
    "th",
    "tr",
    "dt",
    "dd",
    "option",
    "caption",
    "thead",
    "tbody",
    "tfoot",
}


def text_of(reading: Reading) -> str:
    """The visible text, blocks on lines of their own; what stands in `pre` keeps its line breaks."""
    res: list[str] = []
    for is_pre, pieces in _by_pre(reading.pieces):
        said: list[str] = []
        for piece in pieces:
            if piece.kind == "text":
                source = reading.text[piece.start : piece.end]
                said.append(html.unescape(source) if is_pre else plain(source))
            elif piece.name.removeprefix("/") in BLOCKS:
                said.append("\n")
        lines = "".join(said).split("\n")
        res += [each.rstrip() if is_pre else each.strip() for each in lines]
    return "".join(f"{each}\n" for each in res if each)


def _by_pre(pieces: tuple[Piece, ...]) -> Iterator[tuple[bool, list[Piece]]]:
    is_pre, res = False, list[Piece]()
    for piece in pieces:
        res.append(piece)
        if piece.name in ("pre", "/pre", "textarea", "/textarea"):
            yield is_pre, res
            is_pre, res = not piece.name.startswith("/"), []
    yield is_pre, res


def markdown_of(reading: Reading) -> str:
    """CommonMark. What it cannot say, such as forms and tables' cells, is text with `|` between the cells."""
    writer = _Writer(reading)
    for piece in reading.pieces:
        if piece.kind == "text":
            writer.text(piece)
        elif piece.kind == "tag":
            writer.tag(piece)
    return writer.finished()


class _Writer:
    """The lines so far, the line that is being written, and what is open around it."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._marks = sorted(_marks(reading))
        self._at = 0  # of the marks
        self._done: list[str] = []
        self._line: list[str] = []
        self._first = ""  # what leads the line that comes next: `## `, `- `
        self._lists: list[int | None] = []  # the next number of each list, None where it has none
        self._quotes = 0
        self._is_pre = self._is_code = self._is_fresh = False

    def text(self, piece: Piece) -> None:
        at = piece.start
        while self._at < len(self._marks) and self._marks[self._at][0] < piece.end:
            place, _, mark = self._marks[self._at]
            self._plain(at, max(place, at))
            at = max(place, at)
            self._mark(mark)
            self._at += 1
        self._plain(at, piece.end)

    def tag(self, piece: Piece) -> None:
        # What a link or bold text begins with may be a tag; its mark stands before what the tag writes.
        name, is_end = piece.name.removeprefix("/"), piece.name.startswith("/")
        if name in BLOCKS:
            self._marks_up_to(piece.start)
            self._block(name, is_end)
        elif name == "code" and not self._is_pre:
            self._marks_up_to(piece.start if is_end else piece.end)
            if self._is_code == is_end:
                self._line.append("`")
                self._is_code = not is_end
        elif name == "img" and not is_end:
            self._marks_up_to(piece.start)
            self._image(self._reading.text[piece.start : piece.end])

    def finished(self) -> str:
        self._marks_up_to(len(self._reading.text))
        self._end_line()
        while self._done and not self._done[-1].strip(" >"):
            self._done.pop()
        return "".join(f"{each}\n" for each in self._done)

    def _marks_up_to(self, place: int) -> None:
        while self._at < len(self._marks) and self._marks[self._at][0] <= place:
            self._mark(self._marks[self._at][2])
            self._at += 1

    def _mark(self, mark: str) -> None:
        if not (self._is_pre or self._is_code):
            self._line.append(mark)

    def _plain(self, start: int, end: int) -> None:
        source = self._reading.text[start:end]
        if self._is_pre:
            source = html.unescape(source)
            if self._is_fresh and start < end:
                source, self._is_fresh = source.removeprefix("\n"), False
            first, *more = source.split("\n")
            self._line.append(first)
            for each in more:
                self._write("".join(self._line))
                self._line = [each]
        elif self._is_code:
            self._line.append(plain(source).replace("`", "'"))
        else:
            self._line.append(_SPECIAL.sub(_ESCAPED, plain(source)))

    def _block(self, name: str, is_end: bool) -> None:
        if name in ("pre", "textarea"):
            self._fence(is_end)
        elif self._is_pre:
            return
        elif name in ("td", "th"):
            if not is_end and "".join(self._line).strip():
                self._line.append(" | ")
        elif name == "hr":
            self._end_paragraph()
            self._write("---")
            self._end_paragraph()
        elif name in _PARAGRAPHS:
            self._end_paragraph()
        else:
            self._end_line()
        if name in _LISTS:
            self._list(None, is_end)
        elif name == "ol":
            self._list(1, is_end)
        elif name == "blockquote":
            if is_end and self._done and not self._done[-1].strip("> "):
                self._done.pop()
            self._quotes = max(0, self._quotes + (-1 if is_end else 1))
        elif name == "li" and not is_end:
            self._item()
        elif _HEADING.fullmatch(name) and not is_end:
            self._first = "#" * int(name[1]) + " "

    def _fence(self, is_end: bool) -> None:
        if self._is_pre != is_end:
            return
        if is_end:
            if last := "".join(self._line).rstrip():
                self._write(last)
            self._line, self._is_pre = [], False
            self._write("```")
            self._end_paragraph()
        else:
            self._end_paragraph()
            self._write("```")
            self._is_pre, self._is_fresh = True, True

    def _list(self, number: int | None, is_end: bool) -> None:
        if not is_end:
            self._lists.append(number)
        elif self._lists:
            self._lists.pop()

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        self._first = "- " if number is None else f"{number}. "

    def _image(self, source: str) -> None:
        found = {match[1].lower(): _value(match) for match in _ATTRIBUTE.finditer(source)}
        alt, src = line(found.get("alt", "")), line(found.get("src", ""))
        if src and not (self._is_pre or self._is_code):
            self._line.append(f"![{_SPECIAL.sub(_ESCAPED, alt)}]({target(src)})")

    def _end_paragraph(self) -> None:
        self._end_line()
        if not self._lists and self._done and self._done[-1] != self._prefix(""):
            self._done.append(self._prefix(""))

    def _end_line(self) -> None:
        said = _EMPTY_BOLD.sub(" ", "".join(self._line))
        said = line(said)
        self._line = []
        if not said:
            return
        if not self._first:
            said = _NUMBER.sub(r"\1\\", _AT_LINE_START.sub(_ESCAPED, said))
        first, self._first = self._first, ""
        is_item = first and not first.startswith("#")
        depth = len(self._lists) - bool(is_item and self._lists)
        self._write(first + said, depth)

    def _write(self, said: str, depth: int | None = None) -> None:
        depth = min(len(self._lists) if depth is None else depth, _DEEPEST)
        self._done.append(self._prefix("   " * depth + said))

    def _prefix(self, said: str) -> str:
        return ("> " * min(self._quotes, _DEEPEST) + said).rstrip()


def _marks(reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Where Markdown marks stand: offset, order of those at the same offset, mark."""
    for link in reading.links:
        if link.content[0] < link.content[1]:
            yield link.content[0], 2, "["
            yield link.content[1], 1, f"]({target(link.href)})"
    for start, end in reading.bold:
        if reading.visible(start, end).strip():
            yield start, 3, "**"
            yield end, 0, "**"


def target(href: str) -> str:
    """An address as Markdown writes it."""
    href = href.replace("<", "%3C").replace(">", "%3E")
    return f"<{href}>" if re.search(r"[\s()]", href) or not href else href


def _value(match: re.Match[str]) -> str:
    return html.unescape(match[2] or match[3] or match[4] or "")
