"""Codes and severities, and that every repair of every text has a message; wording is in tests/golden/."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.diagnostics import Diagnostic, help_of, message_of, opener_of, severity_of
from lm_lint.findings import COMMENT_CODES, Code, Finding, Repair, change_of, code_of
from lm_lint.text import LANGUAGES, Document, Language
from tests.marked import read_mark

CASES: list[tuple[Language, str, Code]] = [
    ("c", "if (f(x«→)») {", "missing-token"),
    ("c", "int x = 3«→;»\nint y;", "missing-token"),
    ("c", "int x = 3«\nint→;\nint» y;", "missing-token"),
    ("c", "f(x)«)→»;", "unexpected-token"),
    ("c", "x[1«)→]» = 2;", "wrong-token"),
    ("c", "f(x«;)→);»", "transposed-tokens"),
    ("c", "retu«→r»n x;", "misspelt-word"),
    ("c", "«retrun→return» x;", "misspelt-word"),
    ("c", "«whlie→while» (x)", "misspelt-word"),
    ("c", "int«→ »a;", "misspelt-word"),
    ("c", "«int→float» a;", "wrong-token"),
    ("c", "a[«10→11»]", "wrong-token"),
    ("c", "a «=→==» b", "missing-token"),
    ("python", "if x«→:»\n    y", "missing-token"),
    ("python", "if x:\n«→    »y", "indentation"),
    ("python", "if x:«\n→\n    »y", "indentation"),
    ("python", "if x:«\ny→\n    y»", "indentation"),
    ("python", "«  →»x", "indentation"),
    ("python", "x = 1 «→\n»y = 2", "missing-token"),
    ("python", "x = 1«\n→ »+ y", "unexpected-token"),
    ("python", "«elseif→elif» x:", "misspelt-word"),
    ("html", "<ul><li>a«→</li>»</ul>", "unclosed-tag"),
    ("html", "<p>a«→</b></p>\n»</div>", "unclosed-tag"),
    ("html", "</div>«</div>→»", "stray-tag"),
    ("html", "«<p>→»x", "stray-tag"),
    ("html", "x «→<p>»y</p>", "missing-token"),
    ("html", "<b>x</«i→b»>", "wrong-tag"),
    ("html", "<h1>t</h«2→1»>", "wrong-tag"),
    ("html", "<b>x<«→/»b>", "wrong-tag"),
    ("html", "<b><i>x«</b></i>→</i></b>»", "wrong-tag"),
    ("html", '<a href="x«→"»>y</a>', "missing-token"),
    ("html", '<a href="x"«"→»>y</a>', "unexpected-token"),
    ("html", "<div«→>»\n<p>", "missing-token"),
    ("html", "{% if a %«→}»", "missing-token"),
]


@pytest.mark.parametrize(("language", "marked", "code"), CASES)
def test_the_code_follows_from_the_repair(language: Language, marked: str, code: Code) -> None:
    text, repair = read_mark(marked)
    assert code_of(language, text, repair) == code


@pytest.mark.parametrize(
    ("confidence", "severity"),
    [
        (1.0, "error"),
        (0.9, "error"),
        (0.89, "warning"),
        (0.6, "warning"),
        (0.59, "hint"),
        (0, "hint"),
    ],
)
def test_the_severity_follows_from_the_confidence(confidence: float, severity: str) -> None:
    assert severity_of(confidence) == severity


CODE = ["(", ")", "{", "}", ";", ":", ",", '"', "'", "x", "if", "return", "retrun", "12", "\\"]
WIDE = ["é", "🙂", "/*", "*/", "#", "//"]
MARKUP = ["<div>", "</div>", "<br/>", "</", "<", ">", "href=", "<!--", "-->", "{%", "%}"]
PIECES = st.sampled_from([*CODE, *WIDE, *MARKUP, " ", "    ", "\n", "\r\n", "\t", "\0"])
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@given(st.sampled_from(LANGUAGES), TEXTS, TEXTS, TEXTS, TEXTS)
def test_every_repair_has_a_code_and_a_message(
    language: Language, before: str, old: str, new: str, after: str
) -> None:
    if old == new:
        return
    text = before + old + after
    repair = Repair(len(before), len(before) + len(old), new, 0.7)
    change = change_of(language, text, repair)
    changed = text[: change.start] + "".join(change.added) + text[change.end :]
    assert text[change.start : change.end] == "".join(change.removed)
    assert "".join(changed.split()) == "".join(repair.apply(text).split())
    finding = Finding(
        code_of(language, text, repair), repair.start, repair.end, 0.7, 9.0, (repair,)
    )
    message = message_of(language, text, finding)
    assert message
    assert "\n" not in message
    assert "\n" not in help_of(language, text, finding, repair)


def test_a_finding_without_repairs_says_where_it_is() -> None:
    assert "`x`" in message_of("c", "x y", Finding("wrong-token", 0, 1, 0.7, 9.0, ()))
    assert "missing" in message_of("c", "x y", Finding("missing-token", 1, 1, 0.7, 9.0, ()))


@pytest.mark.parametrize(
    ("text", "start", "end", "place"),
    [
        ("a\nbc d", 2, 4, (2, 1, 2, 3)),
        ("🙂é\u0301x;", 3, 4, (1, 4, 1, 5)),
        ("a\r\nb", 3, 4, (2, 1, 2, 2)),
        ("a\fb\nc", 2, 3, (1, 3, 1, 4)),
        ("a\nb", 3, 3, (2, 2, 2, 2)),
        ("", 0, 0, (1, 1, 1, 1)),
    ],
)
def test_places_are_counted_from_one(
    text: str, start: int, end: int, place: tuple[int, int, int, int]
) -> None:
    finding = Finding("wrong-token", start, end, 0.95, 9.0, ())
    diagnostic = Diagnostic.of(Document.of(text), finding, "m")
    found = diagnostic.line, diagnostic.column, diagnostic.end_line, diagnostic.end_column
    assert found == place


@pytest.mark.parametrize(
    ("language", "marked", "opened"),
    [
        ("c", "f(g(x)«→)»;", "("),
        ("c", "f(x«]→)»;", "("),
        ("c", "int f(void) {\n    g();\n«→}\n»", "{"),
        ("c", "f(x)«)→»;", None),
        ("c", "f x«→(»)", None),
        ("c", "x«→)»", None),
        ("python", "x = [1, 2«→]»\ny = 3", "["),
        ("python", "if x:\n«→    »y", None),
        ("html", '<p>a <b class="x">b«→</b>»</p>', '<b class="x">'),
        ("html", "<h1>t</h«2→1»>", "<h1>"),
        ("html", "</div>«</div>→»", None),
    ],
)
def test_what_the_best_repair_closes(language: Language, marked: str, opened: str | None) -> None:
    text, repair = read_mark(marked)
    finding = Finding(
        code_of(language, text, repair), repair.start, repair.end, 0.7, 9.0, (repair,)
    )
    span = opener_of(language, text, finding)
    assert (span and text[slice(*span)]) == opened


def test_a_finding_without_repairs_closes_nothing() -> None:
    assert opener_of("c", "f(x;", Finding("missing-token", 3, 3, 0.7, 9.0, ())) is None


@pytest.mark.parametrize("code", COMMENT_CODES)
def test_what_is_said_of_comments_is_a_warning_and_closes_nothing(code: Code) -> None:
    text = "f(x  /* lm-lint: ignore[wrong-tokn] */\n"
    comment = text.index("/*"), text.rindex("*/") + 2
    word = text.index("wrong-tokn")
    repairs = Repair(3, comment[1], "", 1.0), Repair(word, word + 10, "wrong-token", 0.8)
    finding = Finding(code, *comment, 1.0, 0.0, repairs)
    assert Diagnostic.of(Document.of(text), finding, "m").severity == "warning"
    assert Diagnostic.of(Document.of(text), finding, "m", "hint").severity == "hint"
    assert [help_of("c", text, finding, repair) for repair in repairs] == [
        "remove this comment",
        "replace `wrong-tokn` by `wrong-token`",
    ]
    assert "comment" in message_of("c", text, finding)
    assert opener_of("c", text, finding) is None


def test_a_severity_that_somebody_chose_goes_before() -> None:
    finding = Finding("wrong-token", 0, 1, 0.95, 9.0, ())
    assert Diagnostic.of(Document.of("x"), finding, "m", "hint").severity == "hint"
