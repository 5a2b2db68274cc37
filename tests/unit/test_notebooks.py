"""Notebooks: their code as one text, and changes of it in the file's own characters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import notebooks
from lm_lint.errors import ForeignNotebook, InputError, UnreadableInput

# As Jupyter writes it: an indent of one, lines as strings, a line break at the end.
JUPYTER = """{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "# Title (é)"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "\\u001b[31mred\\u001b[0m\\n"
     ]
    }
   ],
   "source": [
    "%matplotlib inline\\n",
    "import os\\n",
    "print(os.name"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {},
   "outputs": [],
   "source": []
  },
  {
   "cell_type": "code",
   "execution_count": 2,
   "metadata": {},
   "outputs": [],
   "source": [
    "def f(x):\\n",
    "    return \\"a\\\\tb\\"\\n"
   ]
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Python 3",
   "language": "python",
   "name": "python3"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
"""
DATA = JUPYTER.encode()


def notebook(*sources: Any, **metadata: Any) -> bytes:
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4}).encode()


def fixed(data: bytes, old: str, new: str) -> str:
    """The notebook in whose code one thing is replaced by another."""
    text, cells = notebooks.read("a.ipynb", data)
    assert old in text
    return notebooks.written(data, cells, text, text.replace(old, new)).decode()


def test_the_code_of_all_cells() -> None:
    text, cells = notebooks.read("a.ipynb", DATA)
    first = "#matplotlib inline\nimport os\nprint(os.name\n"
    second = 'def f(x):\n    return "a\\tb"\n'
    assert text == f"{first}\f\n{second}"
    assert [text[cell.start : cell.end] for cell in cells] == [first, second]
    assert [(cell.index, cell.number, cell.first_line) for cell in cells] == [
        (1, 1, 1),
        (3, 3, 5),
    ]


def test_the_place_of_a_line() -> None:
    _, cells = notebooks.read("a.ipynb", DATA)
    found = [notebooks.place(cells, line) for line in (1, 3, 4, 5, 6, 99)]
    assert [(cell.number, line) for cell, line in found] == [
        *((1, 1), (1, 3), (1, 4)),
        *((3, 1), (3, 2), (3, 95)),
    ]
    assert notebooks.is_within_a_cell(cells, 0, cells[0].end)
    assert not notebooks.is_within_a_cell(cells, 0, cells[0].end + 1)


def test_only_the_changed_line_is_written() -> None:
    assert fixed(DATA, "os.name", "os.name)") == JUPYTER.replace("(os.name", "(os.name)")
    assert fixed(DATA, "return", "yield") == JUPYTER.replace("return", "yield")
    added = JUPYTER.replace('"import os\\n",', '"import os\\n",\n    "import re\\n",')
    assert fixed(DATA, "import os\n", "import os\nimport re\n") == added
    removed = JUPYTER.replace('    "import os\\n",\n', "")
    assert fixed(DATA, "import os\n", "") == removed
    assert fixed(DATA, "os", "os") == JUPYTER
    assert fixed(notebook(), "", "") == notebook().decode()


def test_several_cells_at_once() -> None:
    text, cells = notebooks.read("a.ipynb", DATA)
    new = text.replace("os.name", "os.name)").replace("x", "x, y")
    expected = JUPYTER.replace("(os.name", "(os.name)").replace("f(x)", "f(x, y)")
    assert notebooks.written(DATA, cells, text, new).decode() == expected


def test_a_magic_is_written_back_as_it_was() -> None:
    assert "%matplotlib inline\\n" in fixed(DATA, "inline\nimport", "inline\nfrom")
    changed = JUPYTER.replace("%matplotlib inline", "%matplotlib widget")
    assert fixed(DATA, "inline", "widget") == changed


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = (1\ny = 2", "x = (1)\ny = 2"),
        ("x = (1\r\n", "x = (1)\r\n"),
        (["x = ", "(1\n", "é\n"], ["x = (1)\n", "é\n"]),
        (["x = (1"], ["x = (1)"]),
    ],
)
def test_forms_of_a_source(source: Any, expected: Any) -> None:
    assert fixed(notebook(source), "(1", "(1)") == notebook(expected).decode()


def test_characters_are_written_as_the_file_writes_them() -> None:
    text = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = (\\"é\\""}]}'
    assert fixed(text.encode(), '"é"', '"é")') == text.replace('é\\""', 'é\\")"')
    escaped = text.replace("é", "\\u00e9")
    assert fixed(escaped.encode(), '"é"', '"é")') == escaped.replace('e9\\""', 'e9\\")"')
    lonely = text.replace("é", "\\ud800")
    assert fixed(lonely.encode(), '"\ud800"', '"\ud800")') == lonely.replace('00\\""', '00\\")"')
    marked = "\ufeff" + text
    assert fixed(marked.encode(), '"é"', '"é")') == marked.replace('é\\""', 'é\\")"')


def test_the_last_of_two_keys_counts() -> None:
    text = '{"cells": 1, "cells": [{"source": "a", "cell_type": "code", "source": "x = (1"}]}'
    assert fixed(text.encode(), "(1", "(1)") == text.replace("(1", "(1)")


def test_a_repair_over_the_end_of_a_cell_is_refused() -> None:
    text, cells = notebooks.read("a.ipynb", DATA)
    with pytest.raises(InputError):
        notebooks.written(DATA, cells, text, text.replace("\f", ""))


def test_cells_that_are_no_python_are_left_out() -> None:
    data = notebook("%%bash\nls (\n", "x = 1", " \n", "a = !ls\n")
    text, cells = notebooks.read("a.ipynb", data)
    assert [cell.number for cell in cells] == [2, 4]
    assert text == "x = 1\n\f\na = 0 #\n"
    other = {"cell_type": "code", "metadata": {"vscode": {"languageId": "r"}}, "source": "x <- 1"}
    data = json.dumps({"cells": [other, 7], "nbformat": 4}).encode()
    assert notebooks.read("a.ipynb", data) == ("", ())


def test_form_feeds_are_blanks() -> None:
    data = notebook("x = 1\f\n\fy", "z = (1")
    assert notebooks.read("a.ipynb", data)[0] == "x = 1 \n y\n\f\nz = (1\n"
    assert fixed(data, "(1", "(1)") == data.decode().replace("(1", "(1)")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "line 1, column 1"),
        (DATA[:-300], "no valid notebook"),
        (DATA.replace(b"null", b"<<<<<<< HEAD"), "line 31, column 23"),
        (DATA.replace("é".encode(), b"\xff"), "not UTF-8"),
        (b"[]", "no notebook"),
        (b"{}", "no notebook"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": {}}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "cell 1 has no source"),
        (notebook(["x", 1]), "cell 1 has no source"),
        (b"[" * 100_000, "beyond all measure"),
        (b"[" + b"1" * 5_000 + b"]", "notebook"),
    ],
)
def test_broken_notebooks(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableInput, match=why) as caught:
        notebooks.read("a.ipynb", data)
    assert str(caught.value).startswith("a.ipynb: this is no valid notebook: ")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (notebook("x", language_info={"name": "R"}), "in R"),
        (notebook("x", kernelspec={"language": "julia"}), "in julia"),
        (notebook("x", kernelspec={"name": "sagemath", "language": "python"}), "in Sage"),
        (b'{"nbformat": 3, "worksheets": []}', "old format"),
    ],
)
def test_notebooks_that_are_not_ours(data: bytes, why: str) -> None:
    with pytest.raises(ForeignNotebook, match=why):
        notebooks.read("a.ipynb", data)


@pytest.mark.parametrize(
    "metadata", [{}, {"kernelspec": 1}, {"language_info": {"name": "ipython"}}]
)
def test_python_unless_it_is_said(metadata: Any) -> None:
    assert notebooks.read("a.ipynb", notebook("x = 1", **metadata))[0] == "x = 1\n"


def test_lines_that_were_touched() -> None:
    """Lines of the file as lines of the code; outputs are none."""
    _, cells = notebooks.read("a.ipynb", DATA)
    lines = JUPYTER.split("\n")
    second, last = lines.index('    "import os\\n",') + 1, lines.index('    "def f(x):\\n",') + 1
    output = next(n for n, line in enumerate(lines, 1) if "red" in line)
    assert notebooks.touched(DATA, cells, ((second, second),)) == ((2, 2),)
    assert notebooks.touched(DATA, cells, ((output, second), (last, last))) == (
        *((1, 1), (2, 2)),
        (5, 5),
    )
    assert notebooks.touched(DATA, cells, ((1, output),)) == ()
    assert [notebooks.file_line(DATA, cells, line) for line in (2, 5, 99)] == [
        second,
        last,
        last + 1,
    ]
    data = notebook("a\nb", "c")
    assert notebooks.touched(data, notebooks.read("a.ipynb", data)[1], ((1, 1),)) == (
        (1, 2),
        (4, 4),
    )


SOURCES = st.lists(
    st.text(alphabet='%!xé\ud800\f\n\r\u2028"\\ (', max_size=12), min_size=1, max_size=4
)


@given(SOURCES, st.booleans(), st.sampled_from([None, 1, "\t"]), st.booleans(), st.data())
def test_what_is_written_is_read_again(
    sources: list[str], as_lines: bool, indent: Any, escape: bool, data: st.DataObject
) -> None:
    """Whatever the cells and the form of the file: the code is the new one, and all else is as it was."""
    shown = [source.splitlines(keepends=True) if as_lines else source for source in sources]
    loaded = json.loads(notebook(*shown, language_info={"name": "python"}))
    raw = json.dumps(loaded, indent=indent, ensure_ascii=escape).encode("utf-8", "replace")
    text, cells = notebooks.read("a.ipynb", raw)
    if not cells:
        return
    cell = data.draw(st.sampled_from(cells))
    at = data.draw(st.integers(cell.start, cell.end - 1))
    end = data.draw(st.integers(at, min(at + 2, cell.end - 1)))
    new = text[:at] + data.draw(st.sampled_from(["", "y", "y\n", ")"])) + text[end:]
    result = notebooks.written(raw, cells, text, new)
    before, after = json.loads(raw), json.loads(result)
    for index, (old_cell, new_cell) in enumerate(zip(before["cells"], after["cells"], strict=True)):
        old_source, new_source = old_cell.pop("source"), new_cell.pop("source")
        assert type(new_source) is type(old_source)
        if index != cell.index or new == text:
            assert new_source == old_source
        elif not set("%!?\f") & set("".join(old_source)):
            assert (
                "".join(new_source) + "\n" * (not "".join(old_source).endswith("\n"))
                == (new[cell.start : cell.end + len(new) - len(text)])
            )
    assert before == after
