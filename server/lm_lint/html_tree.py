"""What is open at each tag of a page, by the tree construction of the HTML Living Standard (13.2.6).

Only as far as a slip must be noticed: which start tag closes what, which end tags may be left out,
where an end tag does not reach. What is open is a chain of immutable nodes, so that the state before
each tag can be kept for nothing and two states can be compared quickly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Optional

from lm_lint.html_attributes import Flaw
from lm_lint.html_lexer import Tag
from lm_lint.html_names import (
    A_SCOPE,
    CELLS,
    CLOSES_P,
    END_TAG_SCOPE,
    FOREIGN,
    HEADINGS,
    IN_HEAD,
    IN_SELECT,
    IN_TABLE,
    ITEM_SCOPE,
    KNOWN,
    OPTIONAL_END,
    P_SCOPE,
    PARTS_OF_TABLE,
    SCOPE,
    TABLE_FAMILY,
    TABLE_SCOPE,
    TABLE_SECTIONS,
    VOID,
    nearly,
)

_MAX_DEPTH = 512  # what is nested deeper than any page finds no partner above

Kind = Literal["unclosed", "stray", "broken"]


@dataclass(frozen=True)
class TagProblem:
    """An element that is never closed, an end tag that closes nothing, or a tag that is no tag.

    start, end  the tag itself, in code points
    noticed     where it shows: for an element the end tag of a parent, or the end of the page;
                for a broken tag the first character that cannot stand there
    detail      which rule is broken, in a few words; for a broken tag the name of the flaw
    sure        a conforming parser calls it an error too; what is not sure is merely suspicious
    """

    kind: Kind
    name: str
    start: int
    end: int
    noticed: int
    detail: str = ""
    sure: bool = True

    def moved(self, by: int) -> TagProblem:
        if not by:
            return self
        return TagProblem(
            self.kind, self.name, self.start + by, self.end + by, self.noticed + by,
            self.detail, self.sure,
        )  # fmt: skip


class Shape:
    """The names of what is open and which of it is soft: all that decides what follows from the
    tags behind. Grown from one `Shape()`, chains of the same elements have the same one.
    """

    __slots__ = ("_grown",)

    def __init__(self) -> None:
        self._grown: dict[tuple[str, bool], Shape] = {}

    def with_open(self, name: str, soft: bool) -> Shape:
        key = (name, soft)
        res = self._grown.get(key)
        if res is None:
            res = self._grown[key] = Shape()
        return res


class Node(NamedTuple):
    """An open element and those it stands in. A soft one was reported already, or may be empty:
    nobody misses its end tag."""

    name: str
    tag: Tag
    parent: Optional[Node]  # noqa: UP045 - a NamedTuple that names itself
    soft: bool
    shape: Shape


def ancestors(node: Node | None) -> Iterator[Node]:
    """An open element and those around it, innermost first; no further than a parser goes."""
    n_left = _MAX_DEPTH
    while node is not None and n_left:
        yield node
        node = node.parent
        n_left -= 1


class Rest(NamedTuple):
    """What a walk over a page found from one tag on. For any other chain of the same shape that is
    the same, but for where its elements begin and how far the tags behind have moved.

    top         what was open before that tag, which begins at `start`
    problems    all that the walk found; the rest of the page's are those from n_before on
    n_chars     of the page
    """

    top: Node | None
    start: int
    problems: list[TagProblem]
    n_before: int
    n_chars: int

    def of(self, top: Node | None, n_chars: int) -> Iterator[TagProblem]:
        """The same problems where `top` is open instead, in a page of n_chars that ends alike."""
        if self.n_before == len(self.problems):
            return
        by = n_chars - self.n_chars
        tags = {old.tag.start: new.tag for old, new in pairs(self.top, top)}
        for problem in self.problems[self.n_before :]:
            if problem.start >= self.start:
                yield problem.moved(by)
                continue
            # An element that was open already.
            tag = tags.get(problem.start)
            start, end = (tag.start, tag.end) if tag else (problem.start, problem.end)
            yield replace(problem, start=start, end=end, noticed=problem.noticed + by)


def pairs(one: Node | None, other: Node | None) -> Iterator[tuple[Node, Node]]:
    """The elements of two chains of the same shape side by side, down to where they are one."""
    while one is not other:
        assert one is not None, "chains of different shapes"
        assert other is not None, "chains of different shapes"
        yield one, other
        one, other = one.parent, other.parent


class Tree:
    """Takes tags one by one; `top` is the innermost open element, `problems` grows."""

    def __init__(self, is_xml: bool, ground: Shape, top: Node | None = None) -> None:
        """ground: what the shapes of `top` and of all that will be opened are grown from."""
        self.is_xml, self.ground, self.top = is_xml, ground, top
        self.problems: list[TagProblem] = []

    @property
    def shape(self) -> Shape:
        return self.ground if self.top is None else self.top.shape

    def take(self, tag: Tag) -> None:
        if tag.flaws:
            for flaw in tag.flaws:
                self._flaw(tag, flaw)
        if tag.kind == "end":
            self._end(tag)
        elif tag.kind == "start":
            self._start(tag)

    def finish(self, end: int) -> None:
        """Nothing follows: what is open stays open."""
        node = self.top
        while node is not None:
            self._unclosed(node, end, "end of page")
            node = node.parent

    # --- Start tags -----------------------------------------------------------------------------

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if self.is_xml and tag.closed:
            return
        if tag.depth and name not in FOREIGN and self._in_foreign():
            if not tag.closed:
                self._push(tag)
            return
        if self.top is not None:
            self._make_room(tag)
        if name in VOID:
            return
        if tag.closed and name not in FOREIGN:
            # <else/> and <c:out/> are a template's own. A component's template, which is no whole document, may have
            # <my-part/>: Angular takes it, and browsers never see it.
            known = name in KNOWN
            if known or ("-" in name and self._find("html", frozenset())):
                self._add("broken", tag, "self-closing", tag.end - 2, known)
            if known and not any(flaw.name == "raw text" for flaw in tag.flaws):
                self._push(tag, soft=True)
        elif tag.flaws and tag.flaws[-1].name == "raw text":
            pass  # reported by its flaw
        elif not tag.closed:
            self._push(tag)

    def _make_room(self, tag: Tag) -> None:
        """Close what this start tag closes, and notice what must not stand around it."""
        name = tag.name
        top = self.top
        assert top is not None
        if top.name == "head" and name not in IN_HEAD and name in KNOWN:
            self.top = top.parent
        if name in CLOSES_P:
            self._close(self._find("p", P_SCOPE), tag)
        if name in ITEM_SCOPE:
            self._close_item(tag)
        elif name in TABLE_FAMILY:
            self._open_in_table(tag)
        elif name in ("option", "optgroup"):
            while self.top and self.top.name in ("option", name):
                self.top = self.top.parent
        elif name in ("body", "html", "head") and self._find(name, frozenset()):
            self._add("stray", tag, "second")
        elif name in ("a", "button", "form"):
            self._close_own_kind(tag)
        elif name in HEADINGS and self.top and self.top.name in HEADINGS:
            self._close(self.top, tag, itself=True)
        if self.top is not None and name in KNOWN:
            self._notice_parent(tag)

    def _close_item(self, tag: Tag) -> None:
        wanted = ("li",) if tag.name == "li" else ("dd", "dt")
        barrier = ITEM_SCOPE[tag.name]
        for node in ancestors(self.top):
            if node.name in wanted:
                self._close(node, tag)
            if node.name in wanted or node.name in barrier:
                return

    def _open_in_table(self, tag: Tag) -> None:
        node, name = self.top, tag.name
        if name == "table":
            if node is not None and node.name in PARTS_OF_TABLE:
                table = self._find("table", frozenset())
                if node.name == "table":
                    self._close(table, tag, itself=True)
                else:
                    self._add("stray", tag, "misplaced")
            return
        while node is not None and node.name not in TABLE_FAMILY and node.name != "template":
            node = node.parent
        if node is None or node.name == "template":
            return
        if name in CELLS:
            if node.name in CELLS:
                self._close(node, tag)
            elif node.name != "tr":
                self._add("stray", tag, "cell without a row")
                self._open("tr", tag, soft=True)  # one report for the whole row
        elif name == "tr":
            if node.name in CELLS:
                row = node
                while (
                    row.parent
                    and row.name != "tr"
                    and row.parent.name in PARTS_OF_TABLE - {"table"}
                ):
                    row = row.parent
                self._close(row if row.name == "tr" else node, tag)
            elif node.name == "tr":
                self._close(node, tag)
        elif name in TABLE_SECTIONS:
            while node is not None and node.name not in TABLE_SCOPE:
                self._close(node, tag, itself=node.name == "caption")
                node = node.parent

    def _close_own_kind(self, tag: Tag) -> None:
        """Links, buttons and forms hold none of their own kind."""
        barrier = frozenset(("template",)) if tag.name == "form" else A_SCOPE
        if tag.name == "button":
            barrier = SCOPE
        node = self._find(tag.name, barrier)
        if node is None or node.soft:
            return
        self._unclosed(node, tag.start, "in its own kind")
        if node is self.top:
            self.top = node.parent
        else:
            self._soften(node)

    def _notice_parent(self, tag: Tag) -> None:
        """Tags that cannot stand right inside a table or a select."""
        top = self.top
        assert top is not None
        name = tag.name
        if top.name in PARTS_OF_TABLE and name not in IN_TABLE and not top.soft:
            if name != "input":
                self._add("stray", tag, "misplaced")
        elif name in ("select", "input", "textarea"):
            select = self._find("select", SCOPE)
            if select is not None and not select.soft:
                self._close(select, tag, itself=True)
        elif top.name in ("select", "option", "optgroup") and name not in IN_SELECT:
            select = self._find("select", SCOPE)
            if select is not None and not select.soft:
                self._unclosed(select, tag.start, "tag in a select")
                self._soften(select)

    # --- End tags -------------------------------------------------------------------------------

    def _end(self, tag: Tag) -> None:
        name = tag.name
        if name in VOID and not tag.depth:
            if not self.is_xml:
                self._add("stray", tag, "end of a void element")
            return
        node = self._find(name, END_TAG_SCOPE.get(name, SCOPE))
        if node is not None:
            self._close(node, tag)
        elif name in ("body", "html"):
            while self.top is not None and self.top.name != "html":
                self._unclosed(self.top, tag.start, "end of body")
                self.top = self.top.parent
        else:
            self._add("stray", tag, "nothing to close")
            top = self.top
            if top is not None and (
                (name in HEADINGS and top.name in HEADINGS)
                or (name not in KNOWN and not top.soft and nearly(name, top.name))
            ):
                self.top = top.parent

    # --- Parts ----------------------------------------------------------------------------------

    def _push(self, tag: Tag, soft: bool = False) -> None:
        self._open(tag.name, tag, soft)

    def _open(self, name: str, tag: Tag, soft: bool) -> None:
        top = self.top
        shape = (self.ground if top is None else top.shape).with_open(name, soft)
        self.top = Node(name, tag, top, soft, shape)

    def _find(self, name: str, barrier: frozenset[str]) -> Node | None:
        node, n_left = self.top, _MAX_DEPTH
        while node is not None and n_left:
            if node.name == name:
                return node
            if node.name in barrier:
                return None
            node = node.parent
            n_left -= 1
        return None

    def _close(self, node: Node | None, tag: Tag, itself: bool = False) -> None:
        """Take `node` off, and what is still open in it; `itself`: its own end tag is missing."""
        if node is None:
            return
        top = self.top
        while top is not None and top is not node:
            self._unclosed(top, tag.start, f"end of <{node.name}>")
            top = top.parent
        if itself:
            self._unclosed(node, tag.start, f"before <{tag.name}>")
        self.top = node.parent

    def _unclosed(self, node: Node, noticed: int, detail: str) -> None:
        # A caption's end tag may be left out only where not even a blank follows.
        if (node.name not in OPTIONAL_END or node.name == "caption") and not node.soft:
            self._add("unclosed", node.tag, detail, noticed)

    def _soften(self, node: Node) -> None:
        """The same chain with one node that nobody misses."""
        above: list[Node] = []
        top = self.top
        while top is not None and top is not node:
            above.append(top)
            top = top.parent
        self.top = node.parent
        for child in (node, *reversed(above)):
            self._open(child.name, child.tag, child.soft or child is node)

    def _in_foreign(self) -> bool:
        for node in ancestors(self.top):
            if node.name in FOREIGN:
                return True
            if node.name in ("foreignobject", "annotation-xml", "desc"):
                return False
        return False

    def _flaw(self, tag: Tag, flaw: Flaw) -> None:
        if flaw.name == "raw text":
            noticed = flaw.at if flaw.at >= 0 else tag.reach
            self.problems.append(
                TagProblem("unclosed", tag.name, tag.start, tag.end, noticed, "raw text")
            )
        else:
            self._add("broken", tag, flaw.name, flaw.at, flaw.sure)

    def _add(
        self, kind: Kind, tag: Tag, detail: str, noticed: int | None = None, sure: bool = True
    ) -> None:
        name = "" if kind == "broken" else tag.name
        where = tag.start if noticed is None else noticed
        self.problems.append(TagProblem(kind, name, tag.start, tag.end, where, detail, sure))
