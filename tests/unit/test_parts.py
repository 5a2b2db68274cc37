"""Parts tile the text, never begin inside a comment or a string, and together read as the whole does."""

from __future__ import annotations

import inspect
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint import parts as module
from lm_lint.c_source import plain
from lm_lint.parts import parts
from lm_lint.text import Language
from tests.sources import SOURCES

C = """\
#include <stdio.h>
#if FANCY
static API int first(int a UNUSED)
{
    return a;
}
#else
int first(void) {
    return 1;
}
#endif
/* a comment
}
   of several lines */
g_autofree char *s;
int second(void)
{
    g_autofree char *text = "}";
    list_for_each(item, list) {
        use(item);
    }
}
#if 0
int broken( {
}
#endif
int third(void) { return 0; }
"""
PYTHON = '''\
import os

@decorated(
    1,
)
def first():
    """A string

def not_a_border():
    """
    return os

async def second(): pass
class Third:
    def method(self): pass
x = \'\'\'
class neither:
\'\'\'
'''


def test_c_is_cut_behind_functions() -> None:
    starts = [part.text.split("\n")[0] for part in parts(C, "c")]
    assert starts == [
        "#include <stdio.h>", "#else", "#endif", "#if 0", "#endif",
    ]  # fmt: skip


def test_python_is_cut_before_definitions() -> None:
    starts = [part.text.split("\n")[0] for part in parts(PYTHON, "python")]
    assert starts == [
        "import os", "@decorated(", "def first():", "async def second(): pass", "class Third:",
    ]  # fmt: skip


def test_an_open_comment_hides_all_borders_to_its_end() -> None:
    text = "int a;\n/* open\n}\n}\n" + "still */ int b;\n}\nint c;\n"
    assert [part.text for part in parts(text, "c")] == [text[:-7], "int c;\n"]
    assert len(parts("/* never closed\n}\n}\n", "c")) == 1


def test_long_rows_of_declarations_are_cut_too() -> None:
    text = "".join(f"int function_{i}(int argument);\n\n" for i in range(400))
    found = parts(text, "c")
    assert len(found) > 5
    assert max(len(part.text) for part in found) < 3000


def test_a_conditional_is_skipped_across_parts() -> None:
    """#else of one part skips what stands in the next."""
    bare = "".join(part.bare for part in parts(C, "c"))
    assert "return 1" not in bare
    assert "broken" not in bare
    assert bare == plain(C)


def test_an_annotation_of_one_part_is_known_in_all() -> None:
    once = "int f(void)\n{\n    autofree char *a;\n}\n"
    assert "autofree" in "".join(part.bare for part in parts(once, "c"))
    assert "autofree" not in "".join(part.bare for part in parts(once + once, "c"))


PIECES = {
    "c": [*C.splitlines(keepends=True), *SOURCES["c"].splitlines(keepends=True)],
    "python": [*PYTHON.splitlines(keepends=True), *SOURCES["python"].splitlines(keepends=True)],
}
ODD: list[str] = [
    "/*",
    "*/",
    '"""',
    "'''",
    '"',
    "\\\n",
    "#if A\n",
    "#else\n",
    "#endif\n",
    "🙂",
    "}\n",
    "\x0c",
]


@pytest.mark.parametrize("language", ["c", "python"])
@given(data=st.data())
def test_parts_tile_any_text(language: Language, data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from(PIECES[language] + ODD), max_size=40))
    text = "".join(lines)
    found = parts(text, language)
    assert "".join(part.text for part in found) == text
    assert [part.start for part in found] == [
        sum(len(p.text) for p in found[:i]) for i in range(len(found))
    ]
    for part in found:
        assert len(part.bare) == len(part.text)
        assert re.sub("[^\n]", "", part.bare) == re.sub("[^\n]", "", part.text)


def test_what_is_remembered_changes_no_answer() -> None:
    first = parts(C, "c")
    parts(C.replace("first", "other"), "c")
    assert parts(C, "c") == first


def test_real_modules_are_cut_into_what_stands_alone() -> None:
    for source in (inspect, textwrap, module):
        text = inspect.getsource(source)
        for part in parts(text, "python"):
            if not part.text.startswith("@"):
                compile(part.text, source.__name__, "exec", flags=0x400)
