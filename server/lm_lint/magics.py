"""What IPython adds to Python in a notebook's cell, taken out of the way: magics, shell lines, questions.

Lines and columns stay what they were. Nothing here knows how notebooks are stored.
"""

from __future__ import annotations

import re

# Cell magics whose cell is Python all the same; other cells hold shell, HTML, Markdown, SQL.
_PYTHON_CELLS = frozenset(
    {
        "capture",
        "debug",
        "heat",
        "ipytest",
        "memit",
        "prun",
        "pypy",
        "python",
        "python3",
        "snakeviz",
    }
    | {"time", "timeit", "wandb"}
)
_CELL_MAGIC = re.compile(r"(?:[ \t]*\r?\n)*%%(\w*)")
# IPython takes a whole cell's indentation away; we would have to move what is found.
_INDENTED = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]+[^\s#]")
# What goes on behind a backslash is part of it.
_REST = r"[^\n]*(?:(?<=\\)\n[^\n]*)*"
_LINE = re.compile(rf"(?P<blanks>[ \t]*)(?:%{{1,2}}[ \t]*[A-Za-z_]|!|\?){_REST}")
_RUNS_PYTHON = re.compile(r"%{1,2}(?:lprun|memit|mprun|prun|time|timeit)\b")
_QUESTION = re.compile(r"(?P<blanks>[ \t]*)%{0,2}[A-Za-z_*][\w.*\[\]]*\?{1,2}[ \t]*(?=\r?\n|\Z)")
_ASSIGNMENT = re.compile(
    rf"[ \t]*[A-Za-z_(\[*][\w.,\[\]()'\" \t*]*=[ \t]*(?P<value>(?:%[A-Za-z_]|!(?!=)){_REST})"
)
_SIGNS = re.compile(r"[%!?]")
# What decides where a statement begins: comments and strings whole, brackets, line breaks.
_STRUCTURE = re.compile(
    r"#[^\n]*|(?P<quotes>\"\"\"|''')(?:\\.|.)*?(?:(?P=quotes)|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
    r"|\\\r?\n|[()\[\]{}\n]",
    re.DOTALL,
)


def python_of(cell: str) -> str | None:
    """The cell with comments, or with values that do nothing, in the place of what is IPython's.

    As long as the cell, line for line. None for a cell that is no Python, or that is indented as a whole.
    """
    if _INDENTED.match(cell):
        return None
    magic = _CELL_MAGIC.match(cell)
    if magic and magic[1] not in _PYTHON_CELLS:
        return None
    if not _SIGNS.search(cell):
        return cell
    parts: list[str] = []
    done, at, depth, begins = 0, 0, 0, True
    while True:
        if begins and (found := _found(cell, at)):
            start, end, is_value = found
            parts += (cell[done:start], _harmless(cell[start:end], is_value))
            done = at = end
        sign = _STRUCTURE.search(cell, at)
        if sign is None:
            return "".join([*parts, cell[done:]])
        depth = max(0, depth + (sign[0] in "([{") - (sign[0] in ")]}"))
        begins = sign[0] == "\n" and not depth
        at = sign.end()


def _found(cell: str, at: int) -> tuple[int, int, bool] | None:
    """What is IPython's in the statement that begins here: where, and whether a value must stand there."""
    if match := _LINE.match(cell, at) or _QUESTION.match(cell, at):
        start = match.end("blanks")
        return start, max(match.end(), _end_of_statement(cell, start)), start > at
    if match := _ASSIGNMENT.match(cell, at):
        return match.start("value"), match.end(), True
    return None


def _end_of_statement(cell: str, start: int) -> int:
    """Where the statement ends that a magic runs: once it went on over lines as any other does."""
    if not _RUNS_PYTHON.match(cell, start):
        return start
    depth = 0
    for sign in _STRUCTURE.finditer(cell, start):
        depth += (sign[0] in "([{") - (sign[0] in ")]}")
        if sign[0] == "\n" and depth <= 0:
            return sign.start()
    return start if depth > 0 else len(cell)


def _harmless(text: str, is_value: bool) -> str:
    """A comment, of which a line may be; in a block or an assignment a value with one."""
    first, *more = text.split("\n")
    end = "\r" if first.endswith("\r") else ""
    said = first.removesuffix("\r")
    head = ("0 #" + said[3:])[: len(said)] if is_value else "#" + said[1:]
    return "\n".join([head + end, *("#" + line[1:] if line.strip() else line for line in more)])
