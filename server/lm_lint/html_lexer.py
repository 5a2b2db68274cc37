"""A page as a list of tags, each with what is wrong inside it.

Follows the tokenizer of the HTML Living Standard (13.2.5) where a tag is correct, and looks for the
likeliest slip where it is not: a lost quote swallows the tags behind it in a browser, not here.
Knows nothing of nesting, but for raw text, which is no markup.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar, overload

from lm_lint.html_attributes import AttributeReader, Flaw
from lm_lint.html_names import FOREIGN, KNOWN, RAW_TEXT
from lm_lint.html_templates import BLANK_SIGNS, NEUTRAL

TagKind = Literal["start", "end", "mark"]
T = TypeVar("T")


class Tag(NamedTuple):
    """A start tag, an end tag, or a mark: a sign in the text that should have been one.

    start, end  in code points
    name        in lower case; "" for a mark
    closed      whether it ends in "/>"
    depth       how many svg and math elements are open behind it
    reach       how far the lexer had to look to know all this
    """

    kind: TagKind
    name: str
    start: int
    end: int
    closed: bool
    depth: int
    reach: int
    flaws: tuple[Flaw, ...] = ()

    def moved(self, by: int) -> Tag:
        if not by:
            return self
        flaws = self.flaws and tuple(
            flaw._replace(at=flaw.at + by if flaw.at >= 0 else -1) for flaw in self.flaws
        )
        return Tag(
            self.kind, self.name, self.start + by, self.end + by, self.closed, self.depth,
            self.reach + by, flaws,
        )  # fmt: skip


# A tag without any flaw, which nearly all are. Nothing here can match the same text in two ways:
# a backtracking search over a page of templates would never end.
_TAG = re.compile(
    rf"""<(/?)([A-Za-z][^\s/><"'={NEUTRAL}]*)
    ({NEUTRAL}*(?:\s+[^\s"'<>/=]+
    (?:\s*=\s*(?:"[^"<>]*"{NEUTRAL}*|'[^'<>]*'{NEUTRAL}*|[^\s"'=<>`]+))?)*\s*)(/?)>""",
    re.VERBOSE,
)
_TAG_NAME = re.compile(rf"""</?([A-Za-z][^\s/><"'={NEUTRAL}]*)""")
_COMMENT = re.compile(r"<!--(?:-?>|.*?(-->|--!>|\Z))", re.DOTALL)
_OTHER_MARKUP = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<![^>]*(?:>|\Z)", re.DOTALL)

_SPECIAL = RAW_TEXT | FOREIGN
_LINES_OF_TAGS = {
    "title": r"</?(?:head|body|meta|link|script|style|title)\b",
    "style": r"</?(?:head|body|html|script|link|div|style)\b",
    "script": r"^[ \t]*(?:</head>|</body>|<body\b|<script\b[^<>]*>)",
    "textarea": r"<(?:textarea|input|/form|/body|/html|/fieldset)\b",
}
_TAG_IN_SCRIPT = re.compile(r"</s\w{3,7}>|^[ \t]*</(?:head|body|html|div)>", re.MULTILINE)
_SWALLOWED = {
    name: re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for name, pattern in _LINES_OF_TAGS.items()
}
# A tag whose "<" was lost: a known name up to ">". Without a slash or attributes only names that
# are no words.
_ANY_NAME = "|".join(sorted(KNOWN, key=len, reverse=True))
_HEADLESS = re.compile(
    rf"""(?<![<:/])(?<!&lt;)/(?:{_ANY_NAME})\s*>
    |(?<![\w<&;.#/-])(?:{_ANY_NAME})
    (?:\s+[\w:@.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))+\s*/?>
    |(?<![\w<&;.#/-])(?:b|body|button|code|div|dl|em|footer|h[1-6]|head|header|html|img|input|li|nav
    |ol|pre|script|section|select|span|strong|table|tbody|td|textarea|th|thead|tr|ul)>""",
    re.VERBOSE | re.IGNORECASE,
)


def lex(page: str, at: int = 0, depth: int = 0) -> list[Tag]:
    """The tags from an offset to the end. `page` is masked; see html_templates."""
    lexer = Lexer(page, at, depth)
    res: list[Tag] = []
    while True:
        lexer.plain_tags(res)
        tags = lexer.following()
        if not tags:
            return res
        res += tags


class Lexer:
    """Goes over a page tag by tag, from any offset outside of tags, comments and raw text."""

    def __init__(self, page: str, at: int, depth: int) -> None:
        self.page, self.at, self.depth = page, at, depth
        self.no_comment_ends = False

    def plain_tags(self, res: list[Tag]) -> None:
        """Append tags to `res` as long as they need no second look: the same as following(), in
        a third of the time."""
        page, at, depth = self.page, self.at, self.depth
        find, match_tag = page.find, _TAG.match
        while True:
            start = find("<", at)
            match = match_tag(page, start) if start >= 0 else None
            if match is None or find(">", at, start) >= 0:
                break
            slash, name, attributes, closed = match.groups()
            name = name.lower()
            if name in _SPECIAL or (slash and (attributes or closed)):
                break
            at = match.end()
            kind: TagKind = "end" if slash else "start"
            res.append(Tag(kind, name, start, at, closed == "/", depth, at))
        self.at = at

    def following(self) -> list[Tag]:
        """The next tag with the signs before it and the raw text behind; nothing at the end."""
        page, res = self.page, list[Tag]()
        while True:
            start = page.find("<", self.at)
            if page.find(">", self.at, start if start >= 0 else len(page)) >= 0:
                res += self._headless(start if start >= 0 else len(page))
            if start < 0:
                self.at = len(page)
                return res
            match = _TAG.match(page, start)
            if match:
                self.at = match.end()
                is_end = match[1] == "/"
                if is_end and (match[3].strip(BLANK_SIGNS) or match[4]):
                    res.append(self._broken(start))
                    return res
                tag = self._tag(match[2], is_end, start, match.end(), bool(match[4]), ())
            elif _TAG_NAME.match(page, start):
                tag = self._broken(start)
            elif mark := self._other(start):
                res.append(mark)
                return res
            else:
                continue
            res.append(tag)
            if tag.kind == "start" and tag.name in RAW_TEXT and not tag.depth:
                res += self._raw_text(res)
            return res

    def _tag(
        self, name: str, is_end: bool, start: int, end: int, closed: bool, flaws: tuple[Flaw, ...]
    ) -> Tag:
        name = name.lower()
        if name in FOREIGN and not closed:
            self.depth = max(0, self.depth - 1) if is_end else self.depth + 1
        kind: TagKind = "end" if is_end else "start"
        return Tag(kind, name, start, end, closed, self.depth, self.at, flaws)

    def _broken(self, start: int) -> Tag:
        """A tag with a flaw, read attribute by attribute."""
        head = _TAG_NAME.match(self.page, start)
        assert head is not None
        is_end = self.page.startswith("</", start)
        reader = AttributeReader(self.page, head.end())
        end, closed = reader.read()
        flaws = reader.flaws
        if (
            is_end
            and not flaws
            and (closed or self.page[head.end() : end].strip(BLANK_SIGNS + "/>"))
        ):
            flaws.append(Flaw("attributes of an end tag", head.end(), True))
        self.at = max(end, reader.reach) if not flaws else end
        tag = self._tag(head[1], is_end, start, end, closed and not is_end, tuple(flaws))
        return tag._replace(reach=max(end, reader.reach))

    def _other(self, start: int) -> Tag | None:
        """What is no tag: comments and declarations are passed over, a lone "<" is a mark."""
        page = self.page
        is_comment = page.startswith("<!--", start)
        if is_comment and self.no_comment_ends:
            self.at = start + 4
            return self._mark("comment", start, start + 4, len(page), True)
        comment = _COMMENT.match(page, start)
        if comment:
            self.at = comment.end()
            if comment[1] == "":
                self.at = start + 4
                self.no_comment_ends = True
                return self._mark("comment", start, start + 4, len(page), True)
            inner = page.find("<!--", start + 4, comment.end())
            if inner >= 0 and not page.startswith("<!-->", inner):
                return self._mark("comment in comment", start, start + 4, comment.end(), False)
            return None
        other = _OTHER_MARKUP.match(page, start)
        if other:
            self.at = other.end()
            inner = page.find("<", start + 1, other.end())
            if page[start : start + 9].lower() == "<!doctype" and inner >= 0:
                self.at = inner
                return self._mark("lost >", start, inner, other.end(), True)._replace(
                    flaws=(Flaw("lost >", len(page[:inner].rstrip()), True),)
                )
            return None
        self.at = start + 1
        following = page[start + 1 : start + 2]
        # "a < b" is an error too, but many people write it, and mean it.
        sure = following in ("<", "", ">") or (
            following == "/" and not page[start + 2 : start + 3].isspace()
        )
        return self._mark("lone <", start, start + 1, start + 4, sure)

    def _mark(self, name: str, start: int, end: int, reach: int, sure: bool) -> Tag:
        return Tag("mark", "", start, end, False, self.depth, reach, (Flaw(name, start, sure),))

    def _headless(self, end: int) -> list[Tag]:
        """Tags that lost their "<", and comments that lost theirs, between two real tags."""
        res: list[Tag] = [
            self._mark("lost <", match.start(), match.end(), end, False)
            for match in _HEADLESS.finditer(self.page, self.at, end)
        ]
        arrow = self.page.find("-->", self.at, end)
        if arrow >= 0:
            res.append(self._mark("end of comment", arrow, arrow + 3, end, False))
        return sorted(res)

    def _raw_text(self, res: list[Tag]) -> list[Tag]:
        """Step over raw text to its end tag. `res` ends with the start tag."""
        page, opener = self.page, res[-1]
        if opener.name == "plaintext":
            self.at = len(page)
            return []
        closer = _closer_of(opener.name).search(page, self.at)
        limit = closer.start() if closer else len(page)
        swallowed = _SWALLOWED.get(opener.name)
        found = swallowed.search(page, self.at, limit) if swallowed else None
        if found and opener.name == "script" and not _is_lost_script(page[self.at : found.start()]):
            found = None
        if opener.closed and closer and found is None:
            # <script src="a"/> <script src="b"></script>: the first one meant to be complete.
            found = re.compile(f"<{opener.name}\\b").search(page, self.at, limit)
        if closer is None or found:
            at = found.start() if found else -1
            res[-1] = opener._replace(
                flaws=(*opener.flaws, Flaw("raw text", at, True)),
                reach=closer.end() + 1 if closer else limit,
            )
            self.at = opener.end
            if opener.name == "script":
                # Code is not read as tags; it ends where a tag begins a line, or never.
                tag = _TAG_IN_SCRIPT.search(page, opener.end, at if found else len(page))
                self.at = tag.start() if tag else at if found else len(page)
            return []
        self.at = opener.end
        res[-1] = opener._replace(reach=closer.end())
        if page[limit - 1] == "<" and limit > opener.end:
            self.at = limit
            res.append(self._mark("lone <", limit - 1, limit, closer.end(), False))
        if page[closer.end() - 1] != ">":
            self.at = closer.start()
            return [self._broken(closer.start())]
        self.at = closer.end()
        end_tag = self._tag(opener.name, True, closer.start(), closer.end(), False, ())
        return [end_tag]


_CLOSERS: dict[str, re.Pattern[str]] = {}


def _closer_of(name: str) -> re.Pattern[str]:
    if name not in _CLOSERS:
        _CLOSERS[name] = re.compile(rf"</{name}(?:\s*>|(?=[\s/<]|\Z))", re.IGNORECASE)
    return _CLOSERS[name]


def _is_lost_script(code: str) -> bool:
    """Whether tags behind this code are no strings of it: it holds no half-open literal."""
    return code.count("`") % 2 == 0 and not code.rstrip().endswith(("\\", "+", "(", "'", '"'))


def index_at(tags: Sequence[Tag], offset: int) -> int:
    """How many tags begin at or before an offset."""
    return bisect_right(tags, offset, key=lambda tag: tag.start)


class Spliced(Sequence[T], Generic[T]):
    """before[:first], then what is new, then before[last:], each moved as it is asked for."""

    def __init__(
        self,
        before: Sequence[T],
        first: int,
        new: Sequence[T],
        last: int,
        moved: Callable[[T], T],
    ) -> None:
        self._before, self._new, self._moved = before, new, moved
        self._first, self._end = first, first + len(new)
        self._by = last - self._end
        self._n = len(before) - self._by

    def __len__(self) -> int:
        return self._n

    @overload
    def __getitem__(self, idx: int) -> T: ...
    @overload
    def __getitem__(self, idx: slice) -> list[T]: ...
    def __getitem__(self, idx: int | slice) -> T | list[T]:
        if isinstance(idx, slice):
            return [self[i] for i in range(*idx.indices(self._n))]
        if idx < 0:
            idx += self._n
        if idx >= self._end:
            return self._moved(self._before[idx + self._by])
        return self._new[idx - self._first] if idx >= self._first else self._before[idx]
