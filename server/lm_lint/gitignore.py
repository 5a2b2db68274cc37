"""What git ignores: the rules of `.gitignore` files, read as git reads them.

A walk asks about one entry at a time and never enters what is ignored, as git does. Libraries for these patterns
answer for lists of files: with `*` and `!*/` they ignore every folder. Nothing here walks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from lm_lint import git
from lm_lint.errors import GitError

FILE = ".gitignore"
_UNESCAPED_BLANKS = re.compile(r"(?<!\\)((?:\\\\)*) +\Z")
_NAMED_CLASS = re.compile(r"\[:(\w*):\]")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": " \t",
    "cntrl": "\0-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}


class _Rule(NamedTuple):
    """One line of a file: what it fits, and what it says of that."""

    fits: Callable[[str], object]
    hides: bool
    only_folders: bool
    by_name: bool


@dataclass(frozen=True)
class Rules:
    """The patterns of one file, the last one first: it has the last word."""

    rules: tuple[_Rule, ...]

    @classmethod
    def of(cls, lines: Iterable[str], ignore_case: bool = False) -> Rules:
        """Lines that are no patterns count for nothing, as in git."""
        flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0)
        found = (_rule(_bytewise(line), flags) for line in lines)
        return cls(tuple(reversed([rule for rule in found if rule])))

    def verdict(self, path: str, is_folder: bool) -> bool | None:
        """Whether an entry is ignored, by its path from the rules' folder on; None: nothing is said of it."""
        path = _bytewise(path)
        name = path[path.rfind("/") + 1 :]
        for rule in self.rules:
            if (is_folder or not rule.only_folders) and rule.fits(name if rule.by_name else path):
                return rule.hides
        return None

    def covers(self, path: str) -> bool:
        """Does a pattern fit the file, or a folder above it?"""
        ends = [idx for idx, char in enumerate(path) if char == "/"]
        return any(self.verdict(path[:end], True) for end in ends) or bool(
            self.verdict(path, False)
        )


@dataclass(frozen=True)
class Ignores:
    """What git ignores in one folder: rules with the length of their folder's path, the nearest first."""

    layers: tuple[tuple[int, Rules], ...] = ()
    ignore_case: bool = False

    def hides(self, path: str, is_folder: bool) -> bool:
        """Is this entry ignored, by its whole path with slashes?"""
        path = _bytewise(path)
        for start, rules in self.layers:
            verdict = rules.verdict(path[start:], is_folder)
            if verdict is not None:
                return verdict
        return False

    def below(self, folder: str) -> Ignores:
        """With the rules that stand in a folder, for what lies in it."""
        return self._with(_read(os.path.join(folder, FILE)), folder)

    def within(self) -> Ignores:
        """Without any rule: what somebody asked for is ignored by none that stand above it."""
        return Ignores((), self.ignore_case)

    def _with(self, lines: list[str], folder: str) -> Ignores:
        rules = Rules.of(lines, self.ignore_case)
        if not rules.rules:
            return self
        # "/" alone ends with the slash that other paths lack.
        start = len(_bytewise(folder.rstrip("/"))) + 1
        return Ignores(((start, rules), *self.layers), self.ignore_case)


def of_root(root: str) -> Ignores:
    """What holds in a whole repository, apart from the `.gitignore` files in it."""
    settings = _settings(root)
    res = Ignores((), settings.get("core.ignorecase", "").lower() == "true")
    for file in (settings.get("core.excludesfile") or _usual_file(), _own_file(root)):
        res = res._with(_read(file), root)
    return res


def above(folder: str) -> Ignores | None:
    """What holds for the entries of a folder but for its own file, None outside of a repository.

    folder   a real path. Where it is ignored itself, no rule from above counts: who names it wants what is in it.
    """
    root = _root_of(folder)
    if root is None:
        return None
    res = of_root(root)
    for here in _between(root, folder):
        res = res.below(os.path.dirname(here))
        if res.hides(here.replace(os.sep, "/"), True):
            return res.within()
    return res


def is_root(folder: str) -> bool:
    """Is this the top of a repository's working tree?"""
    mark = os.path.join(folder, ".git")
    return os.path.isfile(mark) or os.path.isfile(os.path.join(mark, "HEAD"))


def is_wrong(pattern: str) -> bool:
    """Does a line fit nothing at all?"""
    return _rule(_bytewise(pattern), re.DOTALL) is None


def _root_of(folder: str) -> str | None:
    while not is_root(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _between(root: str, folder: str) -> list[str]:
    """The folders below a root down to one of them."""
    res: list[str] = []
    while folder != root:
        res.append(folder)
        folder = os.path.dirname(folder)
    return res[::-1]


def _settings(root: str) -> dict[str, str]:
    """What is configured of core.excludesFile and core.ignoreCase; nothing where there is no git."""
    asked = ("config", "--type=path", "-z", "--get-regexp", r"^core\.(excludesfile|ignorecase)$")
    try:
        found = git.answer_or_none(root, *asked) or b""
    except GitError:
        return {}
    entries = (entry.partition("\n") for entry in os.fsdecode(found).split("\0") if entry)
    return {key: os.path.join(root, value) if "file" in key else value for key, _, value in entries}


def _usual_file() -> str:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "git", "ignore")


def _own_file(root: str) -> str:
    """`.git/info/exclude`; that of the main one where this is a further working tree, or a submodule."""
    git_folder = os.path.join(root, ".git")
    if os.path.isfile(git_folder):
        said = "".join(_read(git_folder)[:1]).removeprefix("gitdir:").strip()
        git_folder = os.path.join(root, said)
        common = "".join(_read(os.path.join(git_folder, "commondir"))[:1]).strip()
        git_folder = os.path.join(git_folder, common)
    return os.path.join(git_folder, "info", "exclude")


def _read(file: str) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    try:
        with open(file, "rb") as stream:
            data = stream.read()
    except (OSError, ValueError):
        return []
    lines = os.fsdecode(data.removeprefix(b"\xef\xbb\xbf")).split("\n")
    return [line.removesuffix("\r") for line in lines]


def _bytewise(text: str) -> str:
    """A character for each byte: so git counts them, and names need not be valid."""
    return text if text.isascii() else os.fsencode(text).decode("latin-1")


def _rule(line: str, flags: int) -> _Rule | None:
    """The rule of a line, None for blank lines, comments, and what can fit nothing."""
    line = _UNESCAPED_BLANKS.sub(r"\1", line)
    if not line or line.startswith("#"):
        return None
    pattern = line.removeprefix("!")
    only_folders = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    by_name = "/" not in pattern
    regex = _translated(pattern.removeprefix("/")) if pattern else None
    if regex is None:
        return None
    return _Rule(
        re.compile(regex, flags).fullmatch, not line.startswith("!"), only_folders, by_name
    )


def _translated(pattern: str) -> str | None:
    """A pattern as a regular expression for whole paths; None where it ends too early."""
    res: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            found = _bracket(pattern, at + 1)
            if found is None:
                return None
            part, at = found
        elif char == "*":
            part, at = _stars(pattern, at)
        elif char == "\\":
            if at + 1 == len(pattern):
                return None
            part, at = re.escape(pattern[at + 1]), at + 2
        else:
            part, at = "[^/]" if char == "?" else re.escape(char), at + 1
        res.append(part)
    return "".join(res)


def _stars(pattern: str, start: int) -> tuple[str, int]:
    """Two stars between slashes stand for folders, others for a part of a name."""
    end = start
    while pattern[end : end + 1] == "*":
        end += 1
    if end - start > 1 and (start == 0 or pattern[start - 1] == "/"):
        if pattern[end : end + 1] == "/":
            return "(?:.*/)?", end + 1
        if end == len(pattern):
            return ".*", end
    return "[^/]*", end


def _bracket(pattern: str, at: int) -> tuple[str, int] | None:
    """A set of characters and where it ends; None where it does not."""
    is_negated = pattern[at : at + 1] in ("!", "^") and at < len(pattern)
    at += is_negated
    first, members = at, ""
    while at < len(pattern):
        if pattern[at] == "]" and at > first:
            # A set that holds nothing fits nothing.
            inner = f"[^/{members}]" if is_negated else f"(?!/)[{members}]" if members else "(?!)"
            return inner, at + 1
        if named := _NAMED_CLASS.match(pattern, at):
            if named[1] not in _CLASSES:
                return None
            members, at = members + _CLASSES[named[1]], named.end()
            continue
        low, at = _member(pattern, at)
        high = low
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(pattern, at + 1)
        if low <= high:
            members += f"{re.escape(low)}-{re.escape(high)}"
    return None


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1
