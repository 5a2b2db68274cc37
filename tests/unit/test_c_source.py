"""What is left of C when macros' tracks are blanked out: the same places, and text that parses."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lm_lint import structure
from lm_lint.c_source import plain

DIRECTIVES = ["#if", "#if 0", "#else", "#elif B", "#endif", "#define A", "#include <a.h>", "#"]
MACROS = ["ABC", "STATIC", "__P", "__unused", "TAILQ_FOREACH", "FDECL", "va_arg", "sizeof"]
OTHERS = [*"(){},;<*\"'x\n\n\\", "==", "&&", "int", "struct", "/*", "*/", "//", '"a"', "f(", "1"]
FRAGMENTS = st.lists(st.sampled_from(DIRECTIVES + MACROS + OTHERS), max_size=40).map(" ".join)


def line_breaks(text: str) -> list[int]:
    return [i for i, char in enumerate(text) if char == "\n"]


@given(st.text() | st.text(st.sampled_from("#ifel0\n \\\"'/*(){};,ABC_")) | FRAGMENTS)
@example("")
@example("#if\\\n0\n#else")
@example("/*\n#if 1\n*/ ABC_D(\n,\n)")
def test_every_character_stays_where_it_is(text: str) -> None:
    res = plain(text)
    assert len(res) == len(text)
    assert line_breaks(res) == line_breaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "x = va_arg(ap, int);",
        "FOO(,a) b;",
        "TAILQ_HEAD(,\n  e) head;",
        "x = va_arg(ap, int\n);",
        "ABC(,\n) b;",
    ],
)
def test_what_is_written_over_a_macro_keeps_its_lines(text: str) -> None:
    assert line_breaks(plain(text)) == line_breaks(text)
    assert plain(text) != text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "int a = b < c;\n",
        "#include <stdio.h>\nint main(void)\n{\n    return 0;\n}\n",
        'const char *s = "#if 0 ABC(, x) __unused";\n',
        "/* TAILQ_FOREACH(a, b, c) { */ int x; // STATIC void f()\n",
        "for (i = 0; i < MAX; i++)\n    total += LIMIT * PRICE(i);\n",
        "enum { RED, GREEN, BLUE };\nint a[] = { RED, GREEN };\n",
        "int b = sizeof(int), c = sizeof x;\n",
        "__typeof__(a) b = __builtin_expect(a, 1);\n",
    ],
)
def test_code_without_tracks_of_macros_is_unchanged(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("#if A\nint a;\n#else\nint b;\n#endif\n", "int a;"),
        ("#if 0\nint a;\n#else\nint b;\n#endif\n", "int b;"),
        ("#ifdef A\nint a;\n#elif B\nint b;\n#endif\n", "int a;"),
        ("#if 0\nint a;\n#endif\n", ""),
        ("#if A\n#if 0\nint b;\n#endif\nint a;\n#else\n#if B\nint c;\n#endif\n#endif\n", "int a;"),
        ("#define A(x) { \\\n    x\nint a;\n", "int a;"),
        ("#else\n#endif\nint a;\n", "int a;"),
    ],
)
def test_one_branch_of_a_conditional_is_left(text: str, kept: str) -> None:
    assert plain(text).split() == kept.split()


@pytest.mark.parametrize(
    "text",
    [
        # Of the kernel.
        "static int __init f(void)\n{\n\treturn 0;\n}\nmodule_init(f);\nEXPORT_SYMBOL_GPL(f);\n",
        "void f(void)\n{\n\tlist_for_each_entry(p, head, list) {\n\t\tg(p);\n\t}\n}\n",
        "void f(void)\n{\n\tlist_for_each_entry_safe(p, q, head, list)\n\t\tg(p);\n}\n",
        "static ssize_t rd(struct file *f, char __user *buf, size_t n)\n{\n\treturn 0;\n}\n",
        "int f(struct a *p)\n{\n\treturn container_of(p, struct b, member)->x;\n}\n",
        "static const struct ops o = {\n\t.owner\t= THIS_MODULE,\n\t.read\t= rd,\n};\n",
        # Old.
        "int\nadd(a, b)\nint a, b;\n{\n    return a + b;\n}\n",
        "add(a, b)\nint a;\nchar *b;\n{\n    return a;\n}\n",
        "#include <stdio.h>\nmain()\n{\n    return 0;\n}\n",
        "void FDECL(f, (int, char *));\nextern int NDECL(g);\n",
        "int f __P((int, char *));\nvoid g __P((void));\nextern char *h P((char *, int));\n",
        "#ifdef A\nint f(int a)\n#else\nint f(long a)\n#endif\n{\n    return 0;\n}\n",
        # Annotations.
        "static int f(int argc __unused, __unused char **argv)\n{\n    return 0;\n}\n",
        "STATIC_OVL void f(int a)\n{\n}\nstatic INLINE int g(void)\n{\n    return 0;\n}\n",
        "DWORD WINAPI g(LPVOID p)\n{\n    return 0;\n}\ntypedef int (WINAPI *fn)(int);\n",
        "int f(int a) ATTRIBUTE_NORETURN;\nint g(const char *s, ...) PRINTF_FORMAT(1, 2);\n",
        "void f(int a) __attribute__((noreturn));\n__BEGIN_DECLS\nint g(void);\n__END_DECLS\n",
        '#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n',
        # Macros with odd arguments, or without a semicolon.
        "void f(void)\n{\n    TAILQ_FOREACH(p, &head, next) {\n        g(p);\n    }\n}\n",
        "void f(void)\n{\n    TAILQ_FOREACH(p, &head, next)\n        g(p);\n}\n",
        "struct e {\n    TAILQ_ENTRY(e) next;\n};\nTAILQ_HEAD(, e) head = TAILQ_HEAD_INITIALIZER(head);\n",
        "void f(void)\n{\n    tt_int_op(a, ==, b);\n    tt_uint_op(f(a, b), <=, 3);\n}\n",
        "void f(void)\n{\n    int n = va_arg(ap, int);\n    char *t = va_arg(ap, char *);\n}\n",
        "double d = va_arg (ap, double);\nstruct s *q = va_arg(ap, const struct s *);\n",
        "RB_GENERATE(tree, node, entry, cmp);\nDEFINE_THING(a, b)\nint a;\n",
        "START_TEST(test_a)\n{\n    ck_assert(a);\n}\nEND_TEST\n",
        "void f(void)\n{\n    int *a = ALLOC_N(int, 3);\n    q = g_new(struct item, 1);\n}\n",
        'char *s = "a" VERSION "b";\nint n = sizeof "abc" - 1;\n',
        "#define A(x) do { \\\n    if (x) { \\\n} while (0)\n#define BEGIN {\nint a;\n",
        # Conditionals with a brace in each branch, and with no C in what is left out.
        "int f(int a)\n{\n#if A\n    if (a) {\n#else\n    if (!a) {\n#endif\n        g();\n    }\n}\n",
        "void f(void)\n{\n    if (a)\n        b();\n#ifdef X\n    else if (c)\n        d();\n#endif\n    else\n        e();\n}\n",
        "#if 0\nit isn't {\n#endif\n#ifndef A\n#error \"you can't\"\n#endif\nint a;\n",
        # GNU and new C.
        "int f(int a)\n{\n    switch (a) {\n    case 1 ... 5:\n        return 1;\n    }\n    return 0;\n}\n",
        "struct p a = { .x = 1, .y = { 1, 2 }, };\nint b[] = { [0] = 1, [5 ... 7] = 2 };\n",
        "int f(void)\n{\n    int a = ({ int b = 1; b + 2; });\n    return ({ g(); });\n}\n",
        "void f(void)\n{\n    __asm__ volatile (\"nop\" : : \"r\" (a) : \"memory\");\n    asm(\"cli\");\n}\n",
    ],
)  # fmt: skip
def test_correct_c_gives_no_problem(text: str) -> None:
    assert structure.problems(text, "c") == []


@pytest.mark.parametrize(
    "text",
    [
        'void f(void)\n{\n    printf("%" PRId64 "x", a);\n}\n',
        'void f(void)\n{\n    printf("%"FMT"x", a);\n}\n',
        "#if A\nint a = {\n#elif B\nint a = (\n#else\nint a = [\n#endif\n1 };\n",
        "#if A\nint a = {\n#elif B\nint a = (\n#elif C\nint a = [\n#endif\n1 };\n",
        "/*\n# Copyright: you can't\n*/\nint a;\n",
        "/* list:\n # item */\nint a;\n",
        "#if 0 /* off */\nit is {\n#endif\n",
        "#if (0)\nit is {\n#endif\n",
        "#define F(x) /* a\n  b */ x\nint a;\n",
        "static __u32 total = 0;\n__u8 a;\n",
        "extern int __total;\n",
        'int a[] = {\n#include "a.inc"\n};\n',
        "API int CALLING f(int c);\n",
        "int f(int a UNUSED, int b)\n{\n}\n",
        "size_t n = offsetof(struct s, a[0]);\n",
        "int a = timercmp(&t, &u, <);\n",
        "char *\nf(s)\nchar *s;\n{\n    return s;\n}\n",
        "static DEFINE_PER_CPU(int, counter);\n",
        "static TAILQ_HEAD(list, e) head;\n",
        "E void FDECL(h, (struct obj *));\n",
        "int x __attribute__((aligned(8)));\n",
        "void f(void)\n{\n    a();\n    UNLOCK(a)\n}\n",
        "void\non_click (GtkWidget *w G_GNUC_UNUSED, int a)\n{\n}\n",
        "GtkFoo *q = g_new0(GtkFoo *, n);\n",
        "void f(void)\n{\n    NEW(p, struct foo *, n);\n}\n",
        "int f(IN UINTN a, OUT UINTN *b)\n{\n    return 0;\n}\n",
        "SYSCALL_DEFINE1(read, char __user *, buf)\n{\n}\n",
        "struct a {\n    unsigned : 0;\n};\n",
        "void f(void)\n{\n    goto *p;\n}\n",
        "_Thread_local int a;\n__thread int b;\n_Atomic int c;\n",
        'char *s = "a" STR(x) "b";\n',
        # Of the correct files of Debian's projects.
        "public void f(a)\n    int a;\n{\n}\npublic int g(void)\n{\n    return 0;\n}\n",
        "void f(void)\n{\n    g_autofree char *s = NULL;\n    g_autoptr(GFile) file = NULL;\n}\n",
        "struct s {\n    int a;\n} name PACKED;\ntypedef struct { int b; } ATM_ALIGN t;\n",
        "struct s {\n    __volatile__ uint8_t a;\n};\n",
        "struct s {\n    PyObject_HEAD\n    int a;\n};\nstruct PACKED t { int a; };\n",
        "typedef struct {\n    Bitfield(amulet, 1);\n    Bitfield(bell, 1);\n} u;\n",
        "typedef int (FAR WINAPI *f)(void);\nstatic void WINAPI (*g)(int);\n",
        "void FDECL((*f), (char *));\nvoid *xmalloc _PRx((size_t n));\n",
        "LUA_API lua_State *(lua_newstate)(lua_Alloc f);\nint f(Obj *CONST objv[]);\n",
        "INLINE static int\nf(void)\n{\n    return 0;\n}\n",
        "TBOOLEAN /* any? */\nf(int a) /* of a */\n{\n    return a;\n}\n",
        "void f(void)\n{\n    switch (a) {\n    DT(A)\n    DT(B)\n    default:\n        g();\n    }\n}\n",
        "void f(void)\n{\n    CALLOC(t, sizeof(struct s), 1, return 1);\n    LOOP {\n        g();\n    }\n}\n",
        "void f(void)\n{\n    free_array(L, p, Proto *);\n    q = value(struct s *, it);\n    goto *(void *)(b + *p++);\n}\n",
        "struct p f(int a)\n{\n    return (struct p) { a, 1 };\n}\n",
        'char *v =\n    PROGRAM_NAME\n    COOKIE\n    "x";\nint a = cmp(<);\n',
        "static enum_item const e[] = {\n    X_ITEM(A_, S)\n    X_ITEM(A_, T)\n    {0}\n};\n",
        "#define A(x) f(#x, \\\n    #x, x)\nint a;\n",
        "long double complex f(double complex *a, int n)\n{\n    complex double z = 0;\n    return (double complex)z;\n}\n",
        "struct complex { double re, im; };\nstruct complex f(struct complex a);\ntypedef struct complex complex;\ncomplex b;\n",
    ],
)  # fmt: skip
def test_macros_that_once_were_not_understood(text: str) -> None:
    assert structure.problems(text, "c") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("static int __init f(void)\n{\n    g(1;\n}\n", 3),
        ("void f(void)\n{\n    TAILQ_FOREACH(p, &h, n) {\n        g(p)\n    }\n}\n", 4),
        ("void f(void)\n{\n    TAILQ_FOREACH(p, &h, n) {\n        g(p);\n}\n", 2),
        ("#if A\nint a\n#else\nint b;\n#endif\nint f(void) { return 1 }\n", 6),
        ("#if A\nint f(void)\n{\n    g(1;\n}\n#endif\n", 4),
        ("STATIC_OVL void f(int a)\n{\n    a = = 1;\n}\n", 3),
        ("void f(void)\n{\n    tt_int_op(a, ==, b;\n}\n", 3),
        ("void f(void)\n{\n    n = va_arg(ap, int;\n}\n", 3),
        ("main()\n{\n    return 0\n}\n", 3),
        ("void f(int a)\n{\n    int n MAX(a, 1);\n}\n", 3),
        ("void f(int a)\n{\n    n = open(_PATH_NULL O_RDWR, 0);\n}\n", 3),
        ("enum e {\n    P_EVEN\n    P_ODD,\n    P_NONE\n};\n", 3),
        ('void f(void)\n{\n    scanf("%d", &, &b);\n}\n', 3),
        ("void f(void)\n{\n    cosnt int a = 1;\n    cosnt int b = 2;\n}\n", 3),
        ("#if A\nint a;\n#elif B\nint b;\n#endif\nint c\nint d;\n", 6),
        ("int f __P((int);\nint g;\n", 1),
    ],
)
def test_slips_beside_macros_are_seen(text: str, line: int) -> None:
    found = structure.problems(text, "c")
    assert line in [text.count("\n", 0, p.start) + 1 for p in found], found


PIECES = ["for_each", "\n", "ABC(", "ABC ", "ABC(a) ", "A_B * ", "#if A\n", "{\nABC(a)\n", "[{("]
PIECES += ["struct ", "a_", '"\\\n', "x;\n\n", "ABC,ABC(,", "sizeof  ", "#\\\n", "goto *", "f(a) "]


@pytest.mark.parametrize("piece", [*PIECES, "alloc(T *,"])
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    plain(piece * 8000)
    assert time.process_time() - started < 1.5


def test_brackets_may_be_nested_deeply() -> None:
    text = "void f(void)\n{\n    ABC(" + "(" * 5000 + "int" + ")" * 5000 + ");\n}\n"
    assert len(plain(text)) == len(text)
