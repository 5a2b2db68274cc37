"""Which line today's tools call wrong first: the judges that lm-lint is held against, where they are installed.

A tool is a function from a text to the 1-based line of its first error, or None when it finds none.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable

from lm_lint.text import Language

FirstError = Callable[[str], "int | None"]
TIMEOUT_S = 20


def gcc(text: str) -> int | None:
    """gcc with warnings off; a header that is not here is no slip, so its line is left blank and asked again."""
    for _ in range(20):
        stderr = _run(["gcc", "-fsyntax-only", "-w", "-std=gnu11", "-x", "c", "-"], text)
        found = re.search(r"^<stdin>:(\d+):\d+: (fatal )?error: ", stderr, re.MULTILINE)
        if not found:
            return None
        line = int(found[1])
        if not (found[2] and "No such file" in stderr):
            return line
        lines = text.split("\n")
        lines[line - 1] = ""
        text = "\n".join(lines)
    return None


def cpython(text: str) -> int | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "<slip>", "exec", dont_inherit=True)
        except SyntaxError as error:
            return error.lineno
        except ValueError:  # a NUL character, before 3.12
            return 1
    return None


def html5lib(text: str) -> int | None:
    """The first parse error that is not about the doctype, which pages of the web and fragments leave out."""
    from html5lib import HTMLParser

    parser = HTMLParser(strict=False)
    parser.parse(text)
    for (line, _), code, _ in parser.errors:
        if "doctype" not in code:
            return int(line)
    return None


def tidy(text: str) -> int | None:
    stderr = _run(["tidy", "-q", "-e", "-utf8"], text)
    for line, message in re.findall(r"^line (\d+) column \d+ - (.*)$", stderr, re.MULTILINE):
        # tidy asks for titles, summaries and types of pages, which is advice and not syntax.
        if re.match(
            r"Error:|Warning: .*(missing <(?!title|!DOCTYPE)|discarding|unexpected|inserting implicit|not )",
            message,
        ):
            return int(line)
    return None


def _run(command: list[str], text: str) -> str:
    try:
        done = subprocess.run(
            command,
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=TIMEOUT_S,
            env={"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stderr.decode("utf-8", "replace")


def available() -> dict[Language, dict[str, FirstError]]:
    """The tools that this machine has."""
    res: dict[Language, dict[str, FirstError]] = {"c": {}, "html": {}, "python": {}}
    res["python"]["CPython"] = cpython
    if shutil.which("gcc"):
        res["c"]["gcc"] = gcc
    if shutil.which("tidy"):
        res["html"]["tidy"] = tidy
    if importlib.util.find_spec("html5lib"):
        res["html"]["html5lib"] = html5lib
    return res
