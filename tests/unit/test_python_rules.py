"""What CPython says of a text: where it gives up, and where its word is no news."""

from __future__ import annotations

import inspect
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import structure
from lm_lint.python_rules import is_old_python, python_error, surely_parses, without_magics

CORRECT = [
    "",
    "\n",
    "x = 1",
    "def f(x):\n    return [x, (1, '(')]  # ]\n",
    "def f():\n\tif a:\n\t\tpass\n\n# z\n",
    "class A:\n    x: int = 1\n\n    @property\n    def y(self) -> str:\n        return f'{self.x!r:>{3}}'\n",
    "async def f():\n    async with a as b:\n        return [x async for x in b]\n",
    "if (n := f()) and not (\n  n < 3\n):\n        pass\n",
    "match x:\n    case [1, *y] if y:\n        pass\n    case _:\n        pass\n",
    "print('a', end='')\nprint()\nprint\n",
    "a = '''\n   b(\n'''\nc = \"\\\n\"\n",
    "x = a if b else c; y = 1\nlambda *a, **k: (yield)\n",
    "é = '日本'\n",
    "x = {\n1: 2,\n      3: 4}\nassert x, 'y'\n",
]


@pytest.mark.parametrize("text", CORRECT)
def test_correct_python_has_no_problem(text: str) -> None:
    assert python_error(text) is None
    assert structure.problems(text, "python") == []
    assert structure.weight(text, "python") == 0


def test_the_modules_themselves_are_correct() -> None:
    for module in (structure, inspect, warnings):
        assert structure.problems(inspect.getsource(module), "python") == []


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x = (1, 2\ny = 3\n", "("),  # the bracket that stays open
        ("x = 1)\n", ")"),
        ("é = '日本\n", "'"),  # columns count code points and not bytes
        ("é = ü + 日 本\n", "本"),
        ("a = 1\nb = = 2\n", "= 2"),
        ("if a\n    b = 2\n", "\n"),  # the line's end, for want of a colon
    ],
)
def test_an_error_starts_where_the_slip_is(text: str, written: str) -> None:
    error = python_error(text)
    assert error is not None
    assert text.startswith(written, error.start)
    assert error.start <= error.end
    assert error.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def f():\nreturn 1\n", 2),
        ("a = 1\n  b = 2\n", 2),
        ("if a:\n    b\n  c\n", 3),
        ("if a:\n\tb\n        c\n", 3),
        ("x = 'a\ny = 1\n", 1),
        ("x = [1, 2\n", 1),
        ("try:\n    a\n", 2),
    ],
)
def test_the_line_of_an_error(text: str, line: int) -> None:
    error = python_error(text)
    assert error is not None
    assert text.count("\n", 0, error.start) + 1 in (line, line + 1)
    assert structure.problems(text, "python")


@pytest.mark.parametrize(
    "text",
    [
        "%matplotlib inline\nimport a\n",
        "!pip install x\n",
        "if a:\n    !ls -l | wc\n    %time f(x)\n",
        "%%bash\n",
        "%load_ext a.b\nx = 1 % 2\n",
    ],
)
def test_magics_of_notebooks_are_no_errors(text: str) -> None:
    assert python_error(text) is None
    assert len(without_magics(text)) == len(text)
    assert without_magics(text).count("\n") == text.count("\n")


def test_an_error_behind_a_magic_is_where_it_is() -> None:
    text = "%matplotlib inline\nx = = 1\n"
    error = python_error(text)
    assert error is not None
    assert error.start == text.index("= 1")


@pytest.mark.parametrize(
    "text", ["x = 1 % 2\n", "print(a %\n      b)\n", "x = (a\n   % b.c)\n", "a != b\n"]
)
def test_a_remainder_is_no_magic(text: str) -> None:
    assert python_error(text) is None


@pytest.mark.parametrize("text", ["x = (a\n   %b)\n", "x = ('%d'\n     %total)\n"])
def test_a_remainder_at_a_line_s_start_is_no_magic(text: str) -> None:
    assert python_error(text) is None


@given(st.text() | st.text(st.sampled_from("%!ab =(.\n\t '\"")))
def test_taking_magics_out_keeps_every_place(text: str) -> None:
    res = without_magics(text)
    assert len(res) == len(text)
    assert [i for i, c in enumerate(res) if c == "\n"] == [
        i for i, c in enumerate(text) if c == "\n"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "print 'a'\n",
        "if a:\n    print a, b\n",
        "print >>sys.stderr, 'x'; print\n    \n  b\n",
        "exec 'x = 1'\n",
        "raise ValueError, 'x'\n",
        "try:\n    a\nexcept IOError, e:\n    pass\n",
    ],
)
def test_old_python_is_known(text: str) -> None:
    assert is_old_python(text)
    assert python_error(text) is not None


@pytest.mark.parametrize(
    "text", [*CORRECT, "printer = 1\nprint(a), b\nraise A(b, c)\n", "print ('a')\n"]
)
def test_new_python_is_not_old(text: str) -> None:
    assert not is_old_python(text)


def test_a_print_statement_is_no_news_but_a_slip_beside_it_is() -> None:
    old = "def f(x):\n    print 'x', x\n    return 1\n"
    assert structure.weight(old, "python") == 0
    assert structure.weight(old.replace("f(x)", "f(x"), "python") > 0


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\0\n",
        "\0",
        "x = " + "(" * 3000 + ")" * 3000,
        "-" * 30_000 + "1",
        "x = '\ud800'\n",
        "x = " + "9" * 5000,
    ],
)
def test_what_cpython_cannot_judge_is_no_error_of_the_text(text: str) -> None:
    error = python_error(text)
    assert error is None or 0 <= error.start <= error.end <= len(text)


def test_warnings_of_the_compiler_are_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert python_error("x = '\\d'\nassert (1, 'a')\nx is 1\n") is None
    assert capfd.readouterr() == ("", "")


@given(st.text(st.sampled_from("ab1 \n\t:('\"[]){}=é\\\f,")))
def test_the_place_lies_in_the_text(text: str) -> None:
    error = python_error(text)
    assert error is None or 0 <= error.start <= error.end <= len(text)


@pytest.mark.parametrize("text", CORRECT)
def test_a_glance_is_enough_for_what_is_right(text: str) -> None:
    assert surely_parses(text)


PIECES = st.sampled_from(
    (
        *("x", "=", "1", "(", ")", ":", "\n", "\n    ", "if x", "return", "'", '"""', "\\\n", "\f"),
        *("%time", "é", "\0", "await x", "print x", "\n  def f(x): pass"),
        *("from __future__ import _\n", "from __future__ import braces\n"),
    )
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_glance_says_what_a_longer_look_says(text: str) -> None:
    assert surely_parses(text) == (python_error(text) is None and "\0" not in text)
