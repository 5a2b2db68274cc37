"""The attributes of a tag that has flaws: what is wrong, and where the tag ends all the same.

Reads as the tokenizer of the HTML Living Standard does (13.2.5.32 and on), but for a lost quote or
bracket: those end as early as can be, so that one slip is one problem.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lm_lint.html_templates import NEUTRAL

_S = rf"[\s{NEUTRAL}]"
_ATTRIBUTE_NAME = re.compile(r"""[^\s"'<>/=]+""")
_EQUALS = re.compile(r"\s*=\s*")
_BARE_VALUE = re.compile(r"[^\s<>]*")
_BLANKS = re.compile(rf"{_S}*")
_BEHIND_QUOTE = re.compile(rf"{_S}|/?>|/\s|\Z")
_LOST_VALUE_END = re.compile(r"[\s<>]|/>|\Z")
_SHORT_STRING = re.compile(r"""("|')[^"'<>\n=]{0,40}\1""")


class Flaw(NamedTuple):
    """What is wrong inside a tag, or with a sign outside of all tags.

    name   one of FLAWS
    at     the character where it shows
    sure   a conforming tokenizer calls it an error too
    """

    name: str
    at: int
    sure: bool


class AttributeReader:
    """Reads the attributes of one tag that has flaws, and recovers as early as it can."""

    def __init__(self, page: str, at: int) -> None:
        self.page, self.at, self.reach = page, at, at
        self.flaws: list[Flaw] = []

    def read(self) -> tuple[int, bool]:
        """Where the tag ends, and whether in "/>"."""
        page = self.page
        while True:
            blanks = _BLANKS.match(page, self.at)
            assert blanks is not None
            before, self.at = self.at, blanks.end()
            self.reach = max(self.reach, self.at + 1)
            sign = page[self.at : self.at + 1]
            if sign == ">":
                return self.at + 1, False
            if sign in ("", "<"):
                self._flaw("lost >", before)
                return before, False
            if sign == "/":
                if page.startswith("/>", self.at):
                    return self.at + 2, True
                self._flaw("stray /", self.at, sure=page[self.at + 1 : self.at + 2] != " ")
                self.at += 1
            elif sign in "\"'":
                self._flaw("stray quote", self.at)
                string = _SHORT_STRING.match(page, self.at)
                self.at = string.end() if string else self.at + 1
            elif sign == "=":
                self._flaw("stray =", self.at)
                self.at += 1
                if page[self.at : self.at + 1] in ("'", '"'):
                    self._value()
            else:
                self._attribute()

    def _flaw(self, name: str, at: int, sure: bool = True) -> None:
        self.flaws.append(Flaw(name, at, sure))

    def _attribute(self) -> None:
        name = _ATTRIBUTE_NAME.match(self.page, self.at)
        assert name is not None
        self.at = name.end()
        equals = _EQUALS.match(self.page, self.at)
        if equals:
            self.at = equals.end()
            self._value()

    def _value(self) -> None:
        page = self.page
        quote = page[self.at : self.at + 1]
        if quote not in ("'", '"') or not quote:
            bare = _BARE_VALUE.match(page, self.at)
            assert bare is not None
            value = bare[0]
            if not value:
                self._flaw("no value", self.at)
            for sign in "\"'":
                if sign in value:
                    self._flaw("quote in value", self.at + value.index(sign))
                    break
            if value.endswith("/") and page.startswith(">", bare.end()):
                pass  # the slash belongs to the value
            self.at = bare.end()
            return
        close = page.find(quote, self.at + 1)
        self.reach = max(self.reach, close + 2 if close >= 0 else len(page))
        if close < 0 or self._is_lost(page[self.at + 1 : close], close + 1):
            self._flaw("lost quote", self.at)
            end = _LOST_VALUE_END.search(page, self.at + 1)
            self.at = end.start() if end else len(page)
            return
        self.at = close + 1
        if not _BEHIND_QUOTE.match(page, self.at):
            self._flaw("behind a quote", self.at)

    def _is_lost(self, value: str, behind: int) -> bool:
        """Whether the quote that seems to end this value begins another one: then it stands
        behind "=", or right before a word with tags behind it."""
        opens = value.rstrip().endswith("=")
        is_good = _BEHIND_QUOTE.match(self.page, behind) is not None
        if "<" in value or ">" in value:
            return not is_good or (opens and "<" in value)
        return opens and not is_good
