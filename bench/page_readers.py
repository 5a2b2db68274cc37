"""Who reads links, text and bold words out of a page: a regular expression, three parsers, and lm-lint's heads.

Each answers in the same words: addresses without entities and blanks around them, text as words, a block's border
between two words. What lies in scripts, styles, templates and titles is no text for any of them.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lm_lint.extraction import BLOCKS, BOLD, Reading, line
from lm_lint.markup_grammar import RAW

Reader = Callable[[str], "Said"]
# What an element is: its name, its href, and its text and elements in order; None is a comment or the like.
Node = tuple[str, str | None, Iterator["Node | str"]]


@dataclass
class Said:
    """What a reader found: links as (href, text), words of the text, bold words."""

    links: Counter[tuple[str, str]] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    bold: Counter[str] = field(default_factory=Counter)

    @property
    def hrefs(self) -> Counter[str]:
        res: Counter[str] = Counter()
        for (href, _), n in self.links.items():
            res[href] += n
        return res


# --- Parsers ------------------------------------------------------------------------------------------------------------


def by_html5lib(text: str) -> Said:
    import html5lib

    root = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    return _of_tree(_etree(root))


def by_lxml(text: str) -> Said:
    import lxml.html

    data = text.encode("utf-8", "replace")
    try:
        root = lxml.html.document_fromstring(data, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except lxml.etree.ParserError:  # nothing is left of the page
        return Said()
    return _of_tree(_etree(root))


def by_selectolax(text: str) -> Said:
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(text.encode("utf-8", "replace").decode("utf-8")).root
    return Said() if root is None else _of_tree(_lexbor(root))


def _etree(element: Any) -> Node:
    def inner() -> Iterator[Node | str]:
        if element.text:
            yield element.text
        for child in element:
            if isinstance(child.tag, str):
                yield _etree(child)
            if child.tail:
                yield child.tail

    return element.tag.rpartition("}")[2].lower(), element.get("href"), inner()


def _lexbor(node: Any) -> Node:
    def inner() -> Iterator[Node | str]:
        child = node.child
        while child is not None:
            if child.tag == "-text":
                yield child.text_content or ""
            elif not child.tag.startswith(("-", "!")):
                yield _lexbor(child)
            child = child.next

    return node.tag, node.attributes.get("href", None), inner()


def _of_tree(root: Node) -> Said:
    res = Said()
    texts: list[str] = []
    bold: list[tuple[int, int]] = []
    # Deeper than Python's own stack allows: pages nest as they please.
    todo: list[tuple[str, str | None, Iterator[Node | str], int]] = [(*root, 0)]
    found: list[tuple[str, int, int]] = []
    while todo:
        name, href, inner, start = todo[-1]
        node = None if name in RAW else next(inner, None)
        if isinstance(node, str):
            texts.append(node)
        elif node is not None:
            texts.append(" " if node[0] in BLOCKS else "")
            todo.append((*node, len(texts)))
        else:
            todo.pop()
            if name == "a" and href is not None:
                found.append((href, start, len(texts)))
            elif name in BOLD and not any(each[0] in BOLD for each in todo):
                bold.append((start, len(texts)))
            texts.append(" " if name in BLOCKS else "")
    for href, start, end in found:
        res.links[line(href), line("".join(texts[start:end]))] += 1
    res.words.update("".join(texts).split())
    for start, end in bold:
        res.bold.update("".join(texts[start:end]).split())
    return res


# --- A regular expression -----------------------------------------------------------------------------------------------

_FLAGS = re.DOTALL | re.IGNORECASE
_UNSEEN = re.compile(rf"<!--.*?-->|<({'|'.join(sorted(RAW))})\b[^>]*>.*?</\1\s*>", _FLAGS)
_LINK = re.compile(
    r"""<a\s+(?:[^>]*?\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a\s*>""", _FLAGS
)
_BOLD = re.compile(r"<(b|strong)(?:\s[^>]*)?>(.*?)</\1\s*>", _FLAGS)
_TAG = re.compile(r"</?([a-zA-Z][\w-]*)?[^>]*>")


def by_expression(text: str) -> Said:
    """What somebody writes in a minute: it takes comments and scripts out and goes for the pairs of tags."""
    seen = _UNSEEN.sub(" ", text)
    res = Said()
    for match in _LINK.finditer(seen):
        res.links[line(html.unescape(match[1] or match[2] or "")), line(_stripped(match[3]))] += 1
    res.words.update(_stripped(seen).split())
    for match in _BOLD.finditer(seen):
        res.bold.update(_stripped(match[2]).split())
    return res


def _stripped(source: str) -> str:
    return html.unescape(
        _TAG.sub(lambda tag: " " if (tag[1] or "").lower() in BLOCKS else "", source)
    )


# --- lm-lint ------------------------------------------------------------------------------------------------------------


def of_reading(reading: Reading) -> Said:
    res = Said()
    for link in reading.links:
        res.links[link.href, link.text] += 1
    res.words.update(reading.visible().split())
    for start, end in reading.bold:
        res.bold.update(reading.visible(start, end).split())
    return res


RIVALS: dict[str, Reader] = {
    "regular expression": by_expression,
    "lxml": by_lxml,
    "html5lib": by_html5lib,
    "selectolax": by_selectolax,
}
