"""Which language a file is in, beyond what its suffix says.

A script without a suffix names its interpreter; a `.h` may be C++ or Objective-C, which are not ours to lint. What is
unsure stays what its name says. Nothing here opens files.
"""

from __future__ import annotations

import os
import re
from pathlib import PurePath

from lm_lint.c_source import masked
from lm_lint.text import Language, language_of

NOTEBOOK = ".ipynb"
HEAD_BYTES = 256  # more than kernels read of a line that names an interpreter

_PYTHON = re.compile(r"(?:i?python|pypy)[\d.]*(?:w|-dbg)?(?:\.exe)?")
_ASSIGNMENT = re.compile(r"\w+=")

# What only C++ has, in a text without comments and strings. Each begins with something that is found fast.
_CPP_LINES = r"""
    ^[ \t]*(?:
        \#[ \t]*include[ \t]*<(?:algorithm|array|atomic|chrono|functional|iostream|map|memory|mutex|optional|set|string
            |string_view|type_traits|unordered_map|utility|vector|c(?:assert|math|stddef|stdint|stdio|stdlib|string))>
        | \#[ \t]*ifndef[ \t]+__cplusplus\s+\#[ \t]*error
        | (?:inline[ \t]+)?namespace\b[\s\w:]*\{
        | (?:export[ \t]+)?template[ \t]*<
        | class[ \t]+(?:\w+[ \t]+){0,3}\w+\s*(?:final\s*)?[;{:](?!:)
        | (?:public|private|protected)(?:[ \t]+(?:slots|Q_SLOTS))?[ \t]*:[ \t]*$
        | using[ \t]+(?:namespace\b|\w+[ \t]*=|\w+::)
        | (?:virtual|explicit|friend)[ \t]+[\w~]
    )"""
_CPP = tuple(
    re.compile(pattern, re.VERBOSE | re.MULTILINE)
    for pattern in (
        r":\s*(?:public|private|protected|virtual)\b[ \t]+\w",
        r"::(?<=\w::)~?[A-Za-z_]",
        r"_cast[ \t]*<",
        r"operator(?:\(\)[ \t]*\(|[ \t]*[-+*/%<>=!&|^~\[\]]+[ \t]*\([ \t]*(?:const\b|\)))",
        r"\)[ \t]*(?:(?:const[ \t]*)?(?:noexcept|override|final)\b|const\s*[;{]|=[ \t]*(?:default|delete)[ \t]*;)",
        r"const(?<!\wconst)[ \t]+\w+[ \t]*&[ \t]*\w+[ \t]*[,)=]",
        r"\b(?:bool|char|double|float|int|long|short|size_t|unsigned)[ \t]*&[ \t]*\w+[ \t]*[,);=]",
        _CPP_LINES,
    )
)
_OBJECTIVE_C = re.compile(
    r"^[ \t]*(?:@(?:class|end|implementation|import|interface|property|protocol)\b|\#[ \t]*import\b)",
    re.MULTILINE | re.VERBOSE,
)
_CONDITIONAL = re.compile(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|endif)\b([^\n]*)", re.MULTILINE)
_REFUSAL = re.compile(r"[ \t]*#[ \t]*ifndef[ \t]+__cplusplus\s+#[ \t]*error")
_OTHER_WORLD = re.compile(r"\b(?:__cplusplus|__OBJC__)\b")
_ATTRIBUTE = re.compile(r"\[\[[^\[\]]*\]\]")  # `[[gnu::packed]]` is C


def language_by_name(path: str | os.PathLike[str]) -> Language | None:
    """The language that a file's name promises; a notebook counts as Python."""
    return "python" if is_notebook(path) else language_of(path)


def is_notebook(path: str | os.PathLike[str]) -> bool:
    return os.fspath(path).lower().endswith(NOTEBOOK)


def has_suffix(path: str | os.PathLike[str]) -> bool:
    return bool(PurePath(path).suffix)


def language_by_interpreter(head: bytes) -> Language | None:
    """The language of a script by its first line: `#!/usr/bin/env python3`."""
    if not head.startswith(b"#!"):
        return None
    words = head[2:].split(b"\n", 1)[0].decode("utf-8", "replace").split()
    if words and _base(words[0]) == "env":
        words = [w for w in words[1:] if not w.startswith("-") and not _ASSIGNMENT.match(w)]
    if not words:
        return None
    runs_script = _base(words[0]) == "uv" and "run" in words
    return "python" if runs_script or _PYTHON.fullmatch(_base(words[0])) else None


def other_than_c(path: str | os.PathLike[str], text: str) -> str | None:
    """What a header is in, where it surely is no C; what C++ compilers alone see does not count."""
    if not os.fspath(path).lower().endswith(".h"):
        return None
    if not (_is_cpp(text) or _OBJECTIVE_C.search(text)):
        return None  # hardly ever anything but C; what follows takes longer
    plain = _ATTRIBUTE.sub("", _without_other_worlds(masked(text)))
    if _OBJECTIVE_C.search(plain):
        return "Objective-C"
    return "C++" if _is_cpp(plain) else None


def _is_cpp(text: str) -> bool:
    return any(pattern.search(text) for pattern in _CPP)


def _base(word: str) -> str:
    return word.replace("\\", "/").rsplit("/", 1)[-1]


def _without_other_worlds(hidden: str) -> str:
    """A text without conditionals that ask which language this is, but for a refusal of C."""
    kept: list[str] = []
    at, depth, inside = 0, 0, 0  # inside: the depth of what is left out, 0 for nothing
    for match in _CONDITIONAL.finditer(hidden):
        if match[1] == "endif":
            if depth == inside and inside:
                at, inside = match.end(), 0
            depth = max(depth - 1, 0)
            continue
        depth += 1
        if (
            not inside
            and _OTHER_WORLD.search(match[2])
            and not _REFUSAL.match(hidden, match.start())
        ):
            kept.append(hidden[at : match.start()])
            inside = depth
    if not inside:
        kept.append(hidden[at:])
    return "\n".join(kept)
