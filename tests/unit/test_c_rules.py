"""What C forbids and the tolerant grammar lets pass, and the correct C that looks like it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.c_rules import c_problems, directive_problems
from lm_lint.c_source import plain


def found(text: str) -> list[str]:
    """What the rules object to, as it is written."""
    spans = [*directive_problems(text), *c_problems(plain(text))]
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A name behind a string that is no macro: a comma is missing.
        ('printf("%d" x);\n', "x"),
        ('printf("%d"x);\n', "x"),
        ('printf("%d\\n" total, 1);\n', "total"),
        ('printf("a" "b" x);\n', "x"),
        ('printf("%d"\n       x);\n', "x"),
        # Directives.
        ("#inculde <stdio.h>\n", "inculde"),
        ("  #  defien A 1\n", "defien"),
        ("int a;\n#elseif B\n", "elseif"),
        # Numbers.
        ("int a = 3x;\n", "3x"),
        ("int a = 0xg1;\n", "0xg1"),
        ("double a = 1.2.3;\n", "1.2.3"),
        ("float a = 1f;\n", "1f"),
        ("double a = 1e;\n", "1e"),
        # A head that ends in `;` although its body follows.
        ("int f(int a);\n{\n    return a;\n}\n", ";"),
        ("static char *f(void) ;\n\n{\n}\n", ";"),
        # Words that are nearly a keyword.
        ("int f(void)\n{\n    retrun 1;\n}\n", "retrun"),
        ("void f(void)\n{\n    whlie (a) {\n    }\n}\n", "whlie"),
        ("void f(void)\n{\n    fro (i = 0; i < n; i++)\n        g(i);\n}\n", "fro"),
        ("viod f(void)\n{\n}\n", "viod"),
        ("strcut point {\n    int x;\n};\n", "strcut"),
        ("Int main(void)\n{\n}\n", "Int"),
        ("void f(void)\n{\n    a(); Return 0;\n}\n", "Return"),
        # Types for values, and empty brackets in a call.
        ("a = b * int;\n", "int"),
        ("if (a == char)\n", "char"),
        ("for (i = 0; i < int; i++)\n", "int"),
        ("void f(void)\n{\n    g(a[], 1);\n}\n", "[]"),
        ("void f(void)\n{\n    g(a[ ]);\n}\n", "[ ]"),
        ("void f(void)\n{\n    g(1, a[]);\n}\n", "[]"),
        ("void f(void)\n{\n    b = g(h(1), a[]);\n}\n", "[]"),
        # What limits.h and float.h define are numbers and no strings.
        ('printf("%d" INT_MAX);\n', "INT_MAX"),
        ('printf("%d"FLT_DIG);\n', "FLT_DIG"),
        ("void f(void)\n{\n    esle {\n    }\n}\n", "esle"),
        ("void f(void)\n{\n    braek;\n}\n", "braek"),
    ],
)
def test_a_slip_is_seen(text: str, expected: str) -> None:
    assert found(text) == [expected]


def test_a_misspelt_sizeof_is_seen() -> None:
    assert set(found("int a = sizof(int) + 1;\n")) == {"sizof"}


@pytest.mark.parametrize(
    "text",
    [
        # Strings.
        'const char *s = "a" "b"\n    "c";\n',
        'const char *s = "a" VERSION "b" STR(x), *t = "c" __DATE__;\n',
        'printf("%d", x);\nputs("a");\nx = "a" ? b : c;\n',
        'a = "/*" /* x */ "b" // y\n    ;\n',
        "char a = '\"', b = 'x';\n",
        '#include "a.h"\n#define A "x" y\n#define B "a" str(x) "b"\n',
        'asm("nop" : "=r" (x));\nint f(void) asm("g") __attribute__((cold));\n',
        'wchar_t *s = L"abc" L"def";\n',
        '_Pragma("x") int a;\nextern "C" {\n',
        # Directives.
        "#include <a.h>\n#  define B 1\n#ifdef A\n#elif C\n#else\n#endif\n#pragma once\n#error no\n",
        "#undef A\n#warning x\n#line 3\n#\n# 1 \"a.c\"\n#include_next <b.h>\n",
        # Numbers.
        "int a[] = {0, 017, 10u, 1UL, 100LL, 0x1fULL, 0b101, 0XAB};\n",
        "double a[] = {1., .5, 1e10, 1E-3, 2.5f, 1.0L, 0x1.8p3, 1e5f, 3.F};\n",
        "a1 = b2.c3 + x_4; // 5px\n/* 1.2.3 */ s = \"6abc\";\n",
        # Definitions and prototypes.
        "int f(int a);\nint g(void)\n{\n    h();\n    {\n        i();\n    }\n}\n",
        "void f(void)\n{\n    while (g());\n    {\n    }\n}\n",
        # Words.
        "void f(void)\n{\n    fork();\n}\n",
        "gint a;\nuint b;\nguint c;\n",
        "Char a;\nChar b;\nvoid f(Char c);\n",
        "size_t n;\nFILE *f;\nbool b;\nhello(1);\n",
        "// retrun 1;\n/* viod f(); */ s = \"whlie (x)\";\n",
        "int reurn = 1;\n",
        # Types and brackets.
        "a = (int) b;\nc = sizeof(int);\nd = x * sizeof(char);\n",
        "int f(int, char);\nint *p, (*q)(int);\nstatic int a = 1, b;\n",
        "int main(int argc, char *argv[])\n{\n}\nvoid f(int a[], int b);\nint b[] = {1};\n",
        "",
    ],
)  # fmt: skip
def test_correct_c_is_not_objected_to(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        'void f(void)\n{\n    printf("%" PRIu64 "x" SCNd32, a);\n}\n',
        'void f(void)\n{\n    printf("%"FMT"x", a);\n}\n',
        '#ifdef __cplusplus\nextern "C" int f(void);\n#endif\n',
        'char *s = "a" u8"b";\n',
        'char *s = "a" xstr(VERSION) "b";\n',
        # Names that many functions have and that are one letter from a keyword.
        "void f(void)\n{\n    init();\n}\n",
        "void f(void)\n{\n    log(1);\n}\n",
        "void f(void)\n{\n    y = exp(log(x));\n}\n",
        "void f(void)\n{\n    sort(a, n);\n}\n",
        "Long total;\n",
        "intx foo3() { return 0; }\n",
        "void f(void)\n{\n    glong a;\n    white(b);\n    cbreak();\n    RETURN (c);\n}\n",
        'void f(void)\n{\n    printf(RED "a: %d\\n"\n           COLOR_OFF, a);\n}\n',
        'void f(void)\n{\n    printf("(" PACKAGE ")%s "EV_FMT, a);\n}\n',
        "if (a >= INT_MAX)  /* (lua_Integer -> int) overflow? */\n    b();\n",
        "#define A(op) f(#op, \\\n    #op, 1)\n",
        "/*\n# Copyright\n#inculde <x.h>\n*/\nint a;\n",
    ],
)
def test_correct_c_that_looks_like_a_slip_is_not_objected_to(text: str) -> None:
    assert found(text) == []


def test_a_word_that_stands_twice_is_meant() -> None:
    once = "retrun a;\n"
    assert found(once) == ["retrun"]
    assert found(once + "retrun b;\n") == []


def test_what_is_in_a_branch_that_is_left_out_is_not_looked_at() -> None:
    assert found("#if A\nint a;\n#else\nretrun 3x;\n#endif\n") == []


@given(st.text(st.sampled_from("ab1.xe\"'/*#;(){}[] \n\\=<")))
def test_spans_lie_in_the_text(text: str) -> None:
    for start, end in [*directive_problems(text), *c_problems(text)]:
        assert 0 <= start < end <= len(text)
