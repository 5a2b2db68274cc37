"""What was changed, as git tells it: since a revision, or in what is about to be committed.

A finding counts in the lines that somebody touched. Nothing here knows languages, findings, or what is linted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lm_lint import git
from lm_lint.errors import GitError

Lines = tuple[tuple[int, int], ...]
WHOLE: Lines = ((1, sys.maxsize),)

# The form of a diff, whatever a person has configured. Submodules are no files of ours.
_FORM = (
    "-c",
    "core.quotePath=true",
    "diff",
    "--unified=0",
    "--inter-hunk-context=0",
    "--find-renames",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--no-relative",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "--diff-filter=d",
)
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_BINARY = re.compile(rb"Binary files .* and (\"?b/.*) differ$", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPES = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
}


@dataclass(frozen=True)
class Changes:
    """The files that were changed and still exist.

    root       the top of the working tree, a real path
    touched    by real path: the lines that were written, or that stand beside what was deleted; 1-based, both
               ends included, increasing. New files are touched as a WHOLE.
    is_staged  the lines are those of the index, and so must the text be: `content_of`
    """

    root: str
    touched: Mapping[str, Lines]
    is_staged: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self.touched))

    def lines_of(self, path: str | os.PathLike[str]) -> Lines | None:
        """The lines of a file that were touched; None where none was. Links lead to what they point to."""
        return self.touched.get(os.path.realpath(path))

    def content_of(self, path: str | os.PathLike[str]) -> bytes:
        """What stands in the index. Raises GitError."""
        relative = os.path.relpath(os.path.realpath(path), self.root).replace(os.sep, "/")
        return git.answer(self.root, "cat-file", "blob", f":0:{relative}")


def since(revision: str, folder: str | os.PathLike[str] = os.curdir) -> Changes:
    """What was changed since this branch left a revision: committed, in the index, in the working tree, or new there.

    Raises GitError.
    """
    root = git.top_of(os.fspath(folder))
    diff = git.answer(root, *_FORM, _base(root, revision))
    touched = dict(_touched(root, diff))
    new = git.answer(root, "ls-files", "--others", "--exclude-standard", "-z")
    # What ends with a slash is another repository.
    names = (name for name in new.split(b"\0") if name and not name.endswith(b"/"))
    touched.update((_path(root, name), WHOLE) for name in names)
    return Changes(root, touched)


def staged(folder: str | os.PathLike[str] = os.curdir) -> Changes:
    """What the next commit changes. Raises GitError."""
    root = git.top_of(os.fspath(folder))
    return Changes(root, dict(_touched(root, git.answer(root, *_FORM, "--cached"))), True)


def _base(root: str, revision: str) -> str:
    """The commit that a revision and the current one have in common."""
    commit = _commit(root, revision)
    if commit is None:
        raise GitError(
            f"{revision!r} names no commit of this repository; check the name, or fetch it first "
            "(what CI checks out often has a single commit: fetch more of its history)"
        )
    head = _commit(root, "HEAD")
    if head is None:
        return commit
    if found := git.answer_or_none(root, "merge-base", commit, head):
        return os.fsdecode(found).strip()
    if (git.answer_or_none(root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true":
        raise GitError(
            f"{revision!r} and the current commit have no commit in common, as far as this shallow copy "
            "knows; fetch more of its history (`fetch-depth: 0` in GitHub Actions)"
        )
    return commit


def _commit(root: str, revision: str) -> str | None:
    if revision.startswith("-") or "\0" in revision:
        return None
    found = git.answer_or_none(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    return os.fsdecode(found).strip() if found else None


def _touched(root: str, diff: bytes) -> Iterator[tuple[str, Lines]]:
    """The lines that a diff without context touches, by file."""
    # Only line feeds end lines, as git counts them.
    lines = iter(diff.split(b"\n"))
    name, spans, is_new = b"", list[tuple[int, int]](), False
    for line in lines:
        if line.startswith(b"diff --git "):
            if name and spans:
                yield _path(root, name), tuple(spans)
            name, spans, is_new = b"", [], False
        elif line == b"--- /dev/null":
            is_new = True
        elif line.startswith(b"+++ "):
            name = _named(line[4:])
        elif hunk := _HUNK.match(line):
            gone, first, come = (int(n) if n is not None else 1 for n in hunk.groups())
            _pass_over(lines, gone + come)
            spans += WHOLE if is_new else [_span(first, come)]
        elif binary := _BINARY.match(line):
            # Perhaps a text that .gitattributes call binary.
            name, spans = _named(binary[1]), list(WHOLE)
    if name and spans:
        yield _path(root, name), tuple(spans)


def _span(first: int, n_lines: int) -> tuple[int, int]:
    """Lines that were written; where some were only deleted, `first` is the one before them."""
    return (first, first + n_lines - 1) if n_lines else (max(first, 1), first + 1)


def _pass_over(lines: Iterator[bytes], n: int) -> None:
    """The content of a hunk, which may look like anything; a remark about a last line does not count."""
    while n:
        n -= next(lines, b"+")[:1] in (b"+", b"-")


def _named(shown: bytes) -> bytes:
    """The name as bytes; git puts odd ones into quotes, and a tab behind those with blanks."""
    if shown.startswith(b'"'):
        shown = _ESCAPE.sub(_unescaped, shown[1 : shown.rindex(b'"')])
    return shown.removesuffix(b"\t").removeprefix(b"b/")


def _unescaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    return bytes([int(said, 8)]) if len(said) == 3 else _ESCAPES.get(said, said)


def _path(root: str, name: bytes) -> str:
    return os.path.join(root, *os.fsdecode(name).split("/"))
