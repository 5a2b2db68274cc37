"""Languages beyond suffixes: interpreters, and headers that are no C."""

from __future__ import annotations

import pytest

from lm_lint.filetypes import (
    has_suffix,
    is_notebook,
    language_by_interpreter,
    language_by_name,
    other_than_c,
)


@pytest.mark.parametrize(
    "line",
    [
        "#!/usr/bin/python",
        "#!/usr/bin/python3.12 -u",
        "#! /usr/bin/env python3",
        "#!/usr/bin/env -S python3 -u",
        "#!/usr/bin/env -S PYTHONPATH=. python3",
        "#!/usr/bin/env -S uv run --script",
        "#!/opt/venv/bin/pypy3",
        "#!python",
        "#!/usr/bin/env ipython",
    ],
)
def test_python_by_its_interpreter(line: str) -> None:
    assert language_by_interpreter(line.encode() + b"\r\nimport os\n") == "python"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "#!",
        "#!/bin/sh",
        "#!/usr/bin/env",
        "#!/usr/bin/env bash",
        "# /usr/bin/python",
        "#!/bin/sh python",
        "#!/usr/bin/env uv",
        "#!/usr/bin/pythonista",
        "import python",
        "#!\xff",
    ],
)
def test_no_python_by_its_interpreter(line: str) -> None:
    assert language_by_interpreter(line.encode() + b"\n") is None


def test_names() -> None:
    assert language_by_name("dir/a.ipynb") == language_by_name("a.PY") == "python"
    assert language_by_name("a.txt") is None
    assert is_notebook("A.IPYNB")
    assert not has_suffix("dir.d/tool")
    assert not has_suffix(".bashrc")
    assert has_suffix("tool.sh")


@pytest.mark.parametrize(
    "text",
    [
        "class A;\n",
        "class EXPORT A final : public B {\n};\n",
        "namespace a {\n}\n",
        "namespace a::b\n{\n}\n",
        "inline namespace v1 {\n",
        "template <typename T>\nvoid f(T x);\n",
        "#include <vector>\n",
        "#include <cstdint>\n",
        "struct A : public B {};\n",
        "struct A {\npublic:\n    int x;\n};\n",
        "using namespace std;\n",
        "using A = int;\n",
        "void f(const A& x);\n",
        "void f(int &x);\n",
        "struct A { int f() const; };\n",
        "struct A { int f() const {} };\n",
        "struct A { A(const A &) = delete; };\n",
        "struct A { int f() noexcept; };\n",
        "struct A {\n  virtual ~A();\n};\n",
        "struct A { bool operator==(const A &x); };\n",
        "std::string f(void);\n",
        "int x = static_cast<int>(y);\n",
        '#ifndef __cplusplus\n#error "C++ only"\n#endif\nint x;\n',
        "#ifdef A\n#ifdef __cplusplus\n#endif\nclass B {};\n#endif\n",
    ],
)
def test_headers_in_another_language(text: str) -> None:
    assert other_than_c("a.h", text) == "C++"
    assert other_than_c("a.c", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int f(void);\n",
        '// class A;\n/* namespace a {\ntemplate <T>\nstd::string */ char *s = "std::string";\n',
        '#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n',
        "#if defined(__cplusplus) && __cplusplus >= 201103L\nclass A;\n#else\nstruct A;\n#endif\n",
        "#ifndef __cplusplus\ntypedef int bool;\n#else\n#include <vector>\nusing A = int;\n#endif\n",
        "#ifdef __cplusplus\n#ifdef X\nclass A;\n#endif\nclass B;\n#endif\nint x;\n",
        "#ifdef __OBJC__\n@class A;\n#import <a.h>\n#endif\nint x;\n",
        "struct class;\nstruct class *class;\nint new, delete, template, namespace, operator;\n",
        "int f(int namespace, int template);\n",
        "[[gnu::packed]] struct a { int x; };\n",
        'static void f(void) { asm("nop" ::"r"(x) : "memory"); }\n',
        "struct a { unsigned public:1; unsigned\n    private:2; };\n",
        "#define A(x) ((x) & mask)\nint y = (int) & x;\n",
        "int f(int x) { return constraint & x; }\n",
        "switch (x) { case A: private: return; }\n",
        "constexpr int x = 1;\n",
        "#include <string.h>\n#include <map.h>\n",
        "if (operator == (x)) y();\n",
        "int f(const int x, const char *const y) __attribute__((const));\n",
    ],
)
def test_headers_in_c(text: str) -> None:
    assert other_than_c("a.h", text) is None


def test_headers_in_objective_c() -> None:
    assert other_than_c("a.h", "#import <Foundation/Foundation.h>\n") == "Objective-C"
    assert other_than_c("A.H", "@interface A : B\n@end\n") == "Objective-C"
