"""Comments that ignore findings: which lines they cover, how they are written into a text, what they leave alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.engine import Engine
from lm_lint.settings import Settings
from lm_lint.suppressions import CODES, FILE_LINES, Suppressions, ignore_edit, of
from lm_lint.text import Document, Edit, Language, language_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "suppressions.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- ignores lines ([\d, ]+) -->\n```(\w+)\n(.*?)```", PAGE, re.DOTALL)
CODE = "missing-token"


def covered(text: str, language: Language, code: str = CODE) -> list[int]:
    """The lines, from 1, on which a finding would be ignored."""
    found, document = of(text, language), Document.of(text)
    places = [document.line_span(line)[0] for line in range(document.n_lines)]
    return [i for i, place in enumerate(places, 1) if found.covers(place, place, code)]


def applied(text: str, edit: Edit) -> str:
    return text[: edit.start] + edit.text + text[edit.end :]


def ignored(text: str, language: Language, marker: str, code: str = CODE) -> str:
    """The text once the finding at `marker` is ignored."""
    return applied(text, ignore_edit(text, language, text.index(marker), code))


# --- Reading.


def test_the_page_has_examples() -> None:
    assert {language for _, language, _ in EXAMPLES} == {"c", "html", "python"}


@pytest.mark.parametrize(("lines", "language", "text"), EXAMPLES)
def test_the_examples_of_the_page(lines: str, language: Language, text: str) -> None:
    res = {line for code in CODES for line in covered(text.rstrip("\n"), language, code)}
    assert sorted(res) == [int(line) for line in lines.split(",")]
    assert of(text, language).mistakes == ()


@pytest.mark.parametrize(
    ("language", "comment"),
    [
        ("c", "/* lm-lint: ignore */"),
        ("c", "/*lm-lint:ignore*/"),
        ("c", "/** lm-lint: ignore the end is elsewhere"),
        ("c", "// lm-lint: ignore"),
        ("c", "// see below // lm-lint: ignore"),
        ("python", "# lm-lint: ignore"),
        ("python", "#lm-lint:ignore"),
        ("python", "# type: ignore  # lm-lint: ignore"),
        ("html", "<!-- lm-lint: ignore -->"),
        ("html", "{# lm-lint: ignore #}"),
        ("html", "{#- lm-lint: ignore -#}"),
        ("html", "{{!-- lm-lint: ignore --}}"),
        ("html", "{{! lm-lint: ignore }}"),
        ("html", "{{/* lm-lint: ignore */}}"),
        ("html", "{{- /* lm-lint: ignore */ -}}"),
        ("html", "<%# lm-lint: ignore %>"),
        ("html", "<%-- lm-lint: ignore --%>"),
    ],
)
def test_the_comments_of_each_language(language: Language, comment: str) -> None:
    assert covered(f"one\ntwo {comment}\nthree\n", language) == [2]


@pytest.mark.parametrize(
    "text", ["x  # lm-lint is a linter", "x  # see lm-lint: ignore", "lm-lint: ignore"]
)
def test_what_is_no_comment_of_ours(text: str) -> None:
    assert of(text, "python") == Suppressions(text)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_break_as_they_do_in_documents(newline: str) -> None:
    text = newline.join(["a\fb\u2028c  # lm-lint: ignore", "", "# lm-lint: ignore", "", "d", "e"])
    assert covered(text, "python") == [1, 3, 4, 5]


def test_a_finding_of_several_lines_counts_by_its_first_and_last() -> None:
    text = "one\ntwo\nthree  # lm-lint: ignore\nfour\n"
    found = of(text, "python")
    assert found.covers(0, text.index("three") + 2, CODE)
    assert not found.covers(0, text.index("three"), CODE)
    assert not found.covers(0, len(text), CODE)
    assert found.covers(text.index("three"), len(text), CODE)


def test_stacked_comments_speak_of_the_same_line() -> None:
    text = "# lm-lint: ignore[wrong-token]\n# lm-lint: ignore[missing-token]\nx\ny\n"
    assert covered(text, "python", "wrong-token") == [1, 2, 3]
    assert covered(text, "python") == [2, 3]


def test_blocks_end_by_kind() -> None:
    text = "# lm-lint: off\n# lm-lint: off[wrong-token]\na\n# lm-lint: on[wrong-token]\nb\n# lm-lint: on\nc\n"
    assert covered(text, "python", "wrong-token") == [1, 2, 3, 4, 5, 6]
    assert covered("a\n# lm-lint: off\nb\n", "python") == [2, 3, 4]


def test_each_knows_its_place_its_codes_and_its_reason() -> None:
    text = "x  # lm-lint: ignore[ wrong-token ,missing-token] - a sample \n"
    (one,) = of(text, "python").found
    assert text[one.start : one.end].startswith("# lm-lint")
    assert (one.codes, one.reason) == (("wrong-token", "missing-token"), "a sample")
    assert of(text, "python").covering(0, 1, CODE) == [one]


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        ("ingore", "`ingore` is not known here: did you mean `ignore`?"),
        (
            "ignore[missing-tokn]",
            "no finding has the code `missing-tokn`: did you mean `missing-token`?",
        ),
        ("ignore[ zzz ]", "no finding has the code `zzz`"),
        ("on", "`on` ends no `off` before it"),
    ],
)
def test_what_will_not_do_what_was_meant(comment: str, sentence: str) -> None:
    found = of(f"x  # lm-lint: {comment}\n", "python")
    assert [mistake.message for mistake in found.mistakes] == [sentence]
    assert not found.covers(0, 1, CODE)


@pytest.mark.parametrize(
    ("comment", "sentence"),
    [
        ("ignore[]", "no code stands between the brackets, so all are meant"),
        ("ignore[missing-token", "`]` expected behind the codes"),
        ("ignore - [see there]", None),
        ("linter of our own", None),
    ],
)
def test_brackets(comment: str, sentence: str | None) -> None:
    found = of(f"x  # lm-lint: {comment}\n", "python").mistakes
    assert [mistake.message for mistake in found] == ([sentence] if sentence else [])


def test_what_was_meant_can_be_written() -> None:
    text = "x  # lm-lint: ignore[ wrong-token , missing-tokn]\n# lm-lint: of\n"
    found = of(text, "python").mistakes
    repaired = [mistake.repair.apply(text) for mistake in found if mistake.repair]
    assert repaired == [
        text.replace("missing-tokn", "missing-token"),
        text.replace(" of\n", " off\n"),
    ]


def test_what_is_said_of_comments_is_ignored_by_name_or_in_a_block() -> None:
    code = "unused-suppression"
    assert covered("a  # lm-lint: ignore\n", "python", code) == []
    assert covered(f"a  # lm-lint: ignore[{code}]\n", "python", code) == [1]
    assert covered("a\n# lm-lint: off\nb\n# lm-lint: on\nc\n", "python", code) == [2, 3, 4]
    assert covered("# lm-lint: ignore-file\na\n", "python", code) == [1, 2, 3]


def test_an_on_is_known_to_the_blocks_that_it_ends() -> None:
    text = "# lm-lint: off[wrong-token]\n# lm-lint: off\na\n# lm-lint: on\n# lm-lint: off\n"
    found = of(text, "python").found
    ends = [one.ended_by and text[one.ended_by.start : one.ended_by.end] for one in found]
    assert ends == ["# lm-lint: on", "# lm-lint: on", None]


def test_a_byte_order_mark_is_nothing_beside_a_comment() -> None:
    assert covered("\ufeff# lm-lint: ignore\nx\ny\n", "python") == [1, 2]


def test_a_whole_file_is_ignored_at_its_head_only() -> None:
    late = "\n" * FILE_LINES + "# lm-lint: ignore-file\nx\n"
    assert covered(late, "python") == []
    assert str(FILE_LINES) in of(late, "python").mistakes[0].message
    assert covered(late[1:], "python") == list(range(1, FILE_LINES + 3))


# --- Writing.


@pytest.mark.parametrize(
    ("text", "marker", "expected"),
    [
        ("x = (1\ny\n", "x", "x = (1  # lm-lint: ignore[missing-token]\ny\n"),
        ("x = (1 \r\ny", "x", "x = (1  # lm-lint: ignore[missing-token] \r\ny"),
        ("a = 1  # why\n", "1", "a = 1  # why  # lm-lint: ignore[missing-token]\n"),
        ("a = 1 + \\\n  2\n", "1", "a = 1 + \\\n  2  # lm-lint: ignore[missing-token]\n"),
        ('a = """\n b\n""", (\n', "b", 'a = """\n b\n""", (  # lm-lint: ignore[missing-token]\n'),
        ("x\n\ny", "\ny", "x\n# lm-lint: ignore[missing-token]\ny"),
        (
            "x  # lm-lint: ignore[wrong-token] why\n",
            "x",
            "x  # lm-lint: ignore[wrong-token, missing-token] why\n",
        ),
    ],
)
def test_python(text: str, marker: str, expected: str) -> None:
    assert ignored(text, "python", marker) == expected


@pytest.mark.parametrize(
    ("text", "marker", "expected"),
    [
        ("f(1;\n", "f", "f(1; /* lm-lint: ignore[missing-token] */\n"),
        ("f(1; // why\r\n", "f", "f(1; // why /* lm-lint: ignore[missing-token] */\r\n"),
        (
            "#define A(x) \\\n  f(x \\\n  y\n",
            "f(",
            "#define A(x) \\\n  f(x /* lm-lint: ignore[missing-token] */ \\\n  y\n",
        ),
        (
            "f(1; /* a\n b */\ny\n",
            "f",
            "f(1; /* a\n b */ /* lm-lint: ignore[missing-token] */\ny\n",
        ),
        ("f(1; /* a\n b\n", "f", "f(1; /* lm-lint: ignore[missing-token] */ /* a\n b\n"),
        ('f("a\\\nb";\n', "f", 'f("a\\\nb"; /* lm-lint: ignore[missing-token] */\n'),
    ],
)
def test_c(text: str, marker: str, expected: str) -> None:
    assert ignored(text, "c", marker) == expected


COMMENT = "<!-- lm-lint: ignore[missing-token] -->"


@pytest.mark.parametrize(
    ("text", "marker", "expected"),
    [
        ("<p>\r\n\t<b>x\r\n", "<b", f"<p>\r\n\t{COMMENT}\r\n\t<b>x\r\n"),
        ("<!doctype html>\n<p>\n", "<!d", f"<!doctype html> {COMMENT}\n<p>\n"),
        ('<p>\n <a b\n  c="d\n', "c=", f'<p>\n {COMMENT}\n <a b\n  c="d\n'),
        ('<p>\n <a b=">"\n  c>d\n', "c>", f'<p>\n {COMMENT}\n <a b=">"\n  c>d\n'),
        ("<p>\n<pre>a\nb</pre>\n", "b<", f"<p>\n{COMMENT}\n<pre>a\nb</pre>\n"),
        (
            "<p>\n<script>\nlet b\n</script>\n",
            "let",
            f"<p>\n{COMMENT}\n<script>\nlet b\n</script>\n",
        ),
        ("<p>\n{% if a\n  b %}\n", "b %", f"<p>\n{COMMENT}\n{{% if a\n  b %}}\n"),
        ("<p>\n<!-- a\nb -->\n", "b -", f"<p>\n{COMMENT}\n<!-- a\nb -->\n"),
    ],
)
def test_html(text: str, marker: str, expected: str) -> None:
    assert ignored(text, "html", marker) == expected


SIGNS = "x ( \" ' \"\"\" ''' /* */ // # <a > </a> <!-- --> {% %} <pre> </pre> [wrong-token]"
BLANKS = (" ", "\n", "\r\n", "\r", "\\\n", "lm-lint: ignore", "\ufeff", "🙂")
PIECES = st.sampled_from([*SIGNS.split(" "), *BLANKS])


@given(st.lists(PIECES).map("".join), st.sampled_from(["c", "html", "python"]), st.data())
def test_any_text_takes_the_comment_and_is_otherwise_left_alone(
    text: str, language: Language, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    edit = ignore_edit(text, language, start, CODE)
    assert edit.start == edit.end
    res = applied(text, edit)
    comments = of(res, language)
    assert all(text_at(res, span).strip() for span in comments.comments)
    assert comments.found or "lm-lint" in text
    for left_out, after in zip(comments.left_out, comments.left_out[1:], strict=False):
        assert left_out[1] <= after[0]


def text_at(text: str, span: tuple[int, int]) -> str:
    return text[slice(*span)]


SOURCES = sorted((ROOT / "examples" / "correct" / "python").glob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_program_changes(path: Path) -> None:
    """At every line of a program the comment covers that line and is no part of the program."""
    text = path.read_text(encoding="utf-8")
    meaning, document = ast.dump(ast.parse(text)), Document.of(text)
    for line in range(document.n_lines):
        res = applied(text, ignore_edit(text, "python", document.line_span(line)[0], CODE))
        assert ast.dump(ast.parse(res)) == meaning
        assert line + 1 in covered(res, "python")


@pytest.mark.parametrize("language", ["c", "html", "python"])
def test_what_is_left_out_gives_the_text_back(language: Language) -> None:
    """So whatever is found in the rest of the text is found as before."""
    for path in sorted((ROOT / "examples" / "correct" / language).iterdir()):
        text = path.read_bytes().decode()
        document = Document.of(text)
        for line in range(document.n_lines):
            start = document.line_span(line)[0]
            edit = ignore_edit(text, language, start, CODE)
            res = applied(text, edit)
            (span,) = of(res, language).left_out
            rest = res[: span[0]] + res[span[1] :]
            if edit.text.endswith(("\n", "\r")):
                # An empty line stays; in C and Python only a new last line is written.
                assert rest[: edit.start] + rest[edit.start :].removeprefix("\n") == text
            else:
                # Blanks at the end of the line go too.
                assert [a.rstrip() for a in rest.split("\n")] == [
                    b.rstrip() for b in text.split("\n")
                ]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine.load(Settings(device="cpu"))


BROKEN = sorted(
    p for p in (ROOT / "examples").rglob("*.*") if language_of(p) and "correct" not in p.parts
)


@pytest.mark.released
@pytest.mark.slow
@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.name)
def test_the_comment_takes_away_this_finding_and_no_other(path: Path, engine: Engine) -> None:
    language = language_of(path)
    assert language is not None
    text = path.read_bytes().decode()
    found = engine.check(text, language)
    for one in found:
        edit = ignore_edit(text, language, one.finding.start, one.finding.code)
        left = engine.check(applied(text, edit), language)
        assert [(d.finding.code, d.message) for d in left] == [
            (d.finding.code, d.message) for d in found if d is not one
        ]
