"""What IPython adds to Python, in a form that a parser of Python reads."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.magics import python_of


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("x = 1\n", "x = 1\n"),
        ("%matplotlib inline\nx = 1", "#matplotlib inline\nx = 1"),
        ("% matplotlib inline", "# matplotlib inline"),
        ("!pip install x", "#pip install x"),
        ("!!ls", "#!ls"),
        ("!", "#"),
        ("?print", "#print"),
        ("print?", "#rint?"),
        ("a.b[0].c?? \nx", "#.b[0].c?? \nx"),
        ("np.*load*?", "#p.*load*?"),
        ("%time?", "#time?"),
        ("if x:\n    %time f()\n", "if x:\n    0 #me f()\n"),
        ("for a in b:\n    !ls {a}", "for a in b:\n    0 # {a}"),
        ("if x:\n    !l", "if x:\n    0 "),
        ("files = !ls *.py", "files = 0 # *.py"),
        ("a, b = %time f(x, y)\nz", "a, b = 0 #me f(x, y)\nz"),
        ("x['a'].b = !ls", "x['a'].b = 0 #"),
        ("!ls \\\n  -l \\\n  -a\nx = 1", "#ls \\\n# -l \\\n# -a\nx = 1"),
        ("%%time\nx = 1\n", "#%time\nx = 1\n"),
        ("\n%%timeit -n 10\nx = 1\n", "\n#%timeit -n 10\nx = 1\n"),
        ("%timeit f((1,\n   2),\n  3)\nx = 1", "#timeit f((1,\n#  2),\n# 3)\nx = 1"),
        ("%timeit f(1,\n  2)", "#timeit f(1,\n# 2)"),
        ("%time f((1\nx = 1", "#time f((1\nx = 1"),
        ("%ls\r\nx = 1\r\n", "#ls\r\nx = 1\r\n"),
    ],
)
def test_taken_out_of_the_way(cell: str, python: str) -> None:
    assert python_of(cell) == python
    ast.parse(python)


@pytest.mark.parametrize(
    "cell",
    [
        "x = (a\n     % b)\n",
        "x = (\n    %b\n)\n",
        "s = '''\n%magic\n!ls\n'''\n",
        "# what?\nx != y\n",
        "s = 'really?'  # really?\n",
        "x = 5 \\\n    % 3\n",
        "f(a=b % c)\n",
        "assert a == b, 'what?'\n",
        "x = '=!ls'\n",
    ],
)
def test_python_stays(cell: str) -> None:
    assert python_of(cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "%%bash\nls\n",
        "%%html\n<b>\n",
        "\n\n%%writefile a.py\nx\n",
        "%%!\nls\n",
        "%%\n",
        "  x = 1\n  y = 2\n",
    ],
)
def test_cells_that_are_no_python(cell: str) -> None:
    assert python_of(cell) is None


@given(st.text(alphabet="%!?=ax \t\n\r\\\"'#()[]", max_size=40))
def test_places_stay(cell: str) -> None:
    python = python_of(cell)
    if python is not None:
        assert len(python) == len(cell)
        assert [at for at, char in enumerate(python) if char == "\n"] == [
            at for at, char in enumerate(cell) if char == "\n"
        ]
        assert python_of(python) in (python, None)
