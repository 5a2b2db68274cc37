"""What is said of comments that ignore findings: which are of no use, which are wrong, and how they are taken away."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.diagnostics import NOTHING_IGNORED, help_of
from lm_lint.findings import Code, Finding
from lm_lint.remarks import Remark, remarks
from lm_lint.settings import Settings
from lm_lint.suppressions import ignore_edit, of
from lm_lint.text import Document, Language

ROOT = Path(__file__).resolve().parents[2]
SLIP = "§"  # where a test wants a finding


def said(
    text: str,
    language: Language = "python",
    settings: Settings | None = None,
    code: Code = "missing-token",
    unknown: Sequence[tuple[int, int]] = (),
) -> list[Remark]:
    """What is said where a finding stands at each `§`."""
    slips = [at for at, character in enumerate(text) if character == SLIP]
    findings = [Finding(code, at, at + 1, 0.05, 1.0, ()) for at in slips]
    return remarks(of(text, language), language, findings, settings or Settings(), lambda: unknown)


def shown(text: str, found: list[Remark]) -> list[tuple[str, str]]:
    return [(text[r.finding.start : r.finding.end], r.message) for r in found]


def mended(text: str, found: list[Remark]) -> str:
    """With all repairs made, which must not touch each other."""
    repairs = [r.finding.repairs[0] for r in found if r.finding.repairs]
    for repair in sorted(repairs, key=lambda repair: -repair.start):
        text = repair.apply(text)
    return text


# --- Use.


@pytest.mark.parametrize(
    "text",
    [
        "x §\n",
        "x §  # lm-lint: ignore\n",
        "x §  # lm-lint: ignore[missing-token]\n",
        "# lm-lint: ignore\n\nx §\n",
        "# lm-lint: off\nx\n§\n# lm-lint: on\n",
        "# lm-lint: off[missing-token]\n§\n",
        "# lm-lint: ignore-file\nx\n§\n",
        "x §  # lm-lint: ignore[missing-token, unused-suppression]\n",
    ],
)
def test_what_takes_a_finding_away_is_in_use_however_unsure_it_is(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "comment", "left"),
    [
        ("§ x\ny  # lm-lint: ignore why\n", "# lm-lint: ignore why", "§ x\ny\n"),
        ("x\n  # lm-lint: ignore\ny\n§\n", "# lm-lint: ignore", "x\ny\n§\n"),
        ("x\n# lm-lint: off[wrong-token]\n§", "# lm-lint: off[wrong-token]", "x\n§"),
        ("# lm-lint: ignore-file\nx\n", "# lm-lint: ignore-file", "x\n"),
        ("x\n# lm-lint: ignore", "# lm-lint: ignore", "x\n"),
        ("\ufeff# lm-lint: ignore\r\nx\r\n", "# lm-lint: ignore", "\ufeffx\r\n"),
        ("x  # noqa  # lm-lint: ignore\n", "# lm-lint: ignore", "x  # noqa\n"),
        ("x  # lm-lint: ignore  # noqa\n", "# lm-lint: ignore  # noqa", "x  # noqa\n"),
    ],
)
def test_a_comment_that_ignores_nothing_can_go(text: str, comment: str, left: str) -> None:
    found = said(text)
    assert shown(text, found) == [(comment, NOTHING_IGNORED)]
    (finding,) = (remark.finding for remark in found)
    assert (finding.code, finding.confidence) == ("unused-suppression", 1.0)
    assert help_of("python", text, finding, finding.repairs[0]) == "remove this comment"
    assert mended(text, found) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("f(a); /* lm-lint: ignore */\n", "f(a);\n"),
        ("f(a); // lm-lint: ignore\n", "f(a);\n"),
        ("f(a); // lm-lint: ignore // NOLINT\n", "f(a); // NOLINT\n"),
        ("f(a); // lm-lint: ignore #12\n", "f(a);\n"),
        ("f(a); // why // lm-lint: ignore\n", "f(a); // why\n"),
        ("int/* lm-lint: ignore */a;\n", "int a;\n"),
        ("int /* lm-lint: ignore */ a;\n", "int a;\n"),
        ("int/* lm-lint: ignore */ a;\n", "int a;\n"),
        ("\t/* lm-lint: ignore */ int a;\n", "\tint a;\n"),
        ("#define A f( /* lm-lint: ignore */ \\\n  x)\n", "#define A f( \\\n  x)\n"),
        ("#define A \\\n/* lm-lint: ignore */\nint a;\n", "#define A \\\n\nint a;\n"),
    ],
)
def test_c(text: str, left: str) -> None:
    assert mended(text, said(text, "c")) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<p>\n  <!-- lm-lint: ignore -->\n  <b>\n", "<p>\n  <b>\n"),
        ("a<!-- lm-lint: ignore -->b\n", "ab\n"),
        ("a<!-- lm-lint: ignore --> b\n", "a b\n"),
        ("a <!-- lm-lint: ignore --> b\n", "a b\n"),
        ("<p> {# lm-lint: ignore #}\n", "<p>\n"),
        ("<p> {{!-- lm-lint: ignore --}}\n", "<p>\n"),
        ("<p> {{- /* lm-lint: ignore */ -}}\n", "<p>\n"),
        ("<p> <%# lm-lint: ignore %>\n", "<p>\n"),
        ("<script>\nf() // lm-lint: ignore\n</script>\n", "<script>\nf()\n</script>\n"),
        ("<style>\na {} /* lm-lint: ignore */\n</style>\n", "<style>\na {}\n</style>\n"),
    ],
)
def test_html(text: str, left: str) -> None:
    assert mended(text, said(text, "html")) == left


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", 'x = "# lm-lint: ignore"\n'),
        ("python", '"""Write\n\n    x  # lm-lint: ignore\n"""\n'),
        ("python", "# Write `# lm-lint: ignore` behind it.\n"),
        ("python", 'x = ["# lm-lint: ingore"]\n'),
        ("c", 'puts("/* lm-lint: ignore */");\n'),
        ("c", "/* as in\n   x // lm-lint: ignore\n*/\n"),
        ("html", "<code>// lm-lint: ignore</code>\n"),
        ("html", "<pre>\n<!-- lm-lint: ignore -->\n</pre>\n"),
        ("html", "<textarea><!-- lm-lint: ignore --></textarea>\n"),
        ("html", "<script>f('// lm-lint: ignore')</script>\n"),
        ("html", '<p title="<!-- lm-lint: ignore -->">\n'),
    ],
)
def test_nothing_is_said_of_what_only_shows_a_comment(language: Language, text: str) -> None:
    assert said(text, language) == []


@pytest.mark.parametrize(
    "text",
    [
        "f(); /* lm-lint: ignore and\n the reason */\n",
        "f(); // lm-lint: ignore */ g\n",
        "f(); // lm-lint: ignore \\\n g\n",
    ],
)
def test_where_it_is_not_clear_how_far_a_comment_goes_people_decide(text: str) -> None:
    (remark,) = said(text, "c")
    assert remark.message == NOTHING_IGNORED
    assert remark.finding.repairs == ()


@pytest.mark.parametrize(
    ("listed", "idle", "left"),
    [
        ("missing-token, wrong-token", ["wrong-token"], "missing-token"),
        ("wrong-token, missing-token", ["wrong-token"], "missing-token"),
        ("wrong-token,stray-tag , missing-token", ["wrong-token", "stray-tag"], "missing-token"),
        ("missing-token, stray-tag, wrong-tag", ["stray-tag", "wrong-tag"], "missing-token"),
        (
            "stray-tag, missing-token, wrong-tag, unused-suppression",
            [],
            "stray-tag, missing-token, wrong-tag, unused-suppression",
        ),
    ],
)
def test_of_several_codes_those_of_no_use_are_named(
    listed: str, idle: list[str], left: str
) -> None:
    text = f"x §  # lm-lint: ignore[{listed}] why\n"
    found = said(text)
    expected = [(code, f"no `{code}` here is ignored by this comment") for code in idle]
    assert shown(text, found) == expected
    assert mended(text, found) == f"x §  # lm-lint: ignore[{left}] why\n"
    for (code, _), remark in zip(expected, found, strict=True):
        repair = remark.finding.repairs[0]
        assert help_of("python", text, remark.finding, repair) == f"remove `{code}`"


def test_all_codes_of_no_use_are_one_finding() -> None:
    text = "x  # lm-lint: ignore[missing-token, wrong-token]\n"
    assert mended(text, found := said(text)) == "x\n"
    assert len(found) == 1


def test_a_block_goes_with_its_end() -> None:
    text = "# lm-lint: off\na\n# lm-lint: on\nb\n"
    found = said(text)
    assert shown(text, found) == [
        ("# lm-lint: off", NOTHING_IGNORED),
        ("# lm-lint: on", "the block that ends here ignores nothing"),
    ]
    assert mended(text, found) == "a\nb\n"


def test_an_end_that_is_needed_stays() -> None:
    text = "# lm-lint: off[wrong-token]\n# lm-lint: off\n§\n# lm-lint: on\nb\n"
    assert mended(text, said(text)) == "# lm-lint: off\n§\n# lm-lint: on\nb\n"


def test_codes_that_a_block_and_its_end_both_name_are_left_to_people() -> None:
    codes = "missing-token, wrong-token"
    text = f"# lm-lint: off[{codes}]\n§\n# lm-lint: on[{codes}]\n"
    (remark,) = said(text)
    assert "`wrong-token`" in remark.message
    assert remark.finding.repairs == ()


# --- Comments about comments.


def test_a_file_that_is_ignored_has_no_comments_to_complain_of() -> None:
    text = "# lm-lint: ignore-file\na  # lm-lint: ignore\n# lm-lint: ingore\n§\n"
    assert said(text) == []
    assert said(text.replace("§", "b")) == []  # the mistake is a use as well
    assert said("# lm-lint: off\n§\na  # lm-lint: ignore\n") == []


def test_what_is_of_no_use_takes_nothing_away() -> None:
    text = "# lm-lint: ignore-file\n# lm-lint: off\na  # lm-lint: ignore\n"
    assert mended(text, found := said(text)) == "a\n"
    assert len(found) == 3
    assert len(said("# lm-lint: ignore\n# lm-lint: ignore[missing-token]\na\n")) == 2
    assert len(said("# lm-lint: off[]\na\n")) == 1


def test_what_takes_away_only_other_codes_takes_away_no_remark() -> None:
    text = "# lm-lint: ignore-file[missing-token]\n§\na  # lm-lint: ignore\n"
    assert len(said(text)) == 1


def test_what_is_named_is_taken_away() -> None:
    assert said("a  # lm-lint: ignore[missing-token, unused-suppression] since 3.8\n") == []
    assert said("# lm-lint: ignore[unused-suppression]\na  # lm-lint: ignore\n") == []
    assert said("# lm-lint: ignore[invalid-suppression]\na  # lm-lint: ingore\n") == []


# --- Settings.


def test_what_settings_leave_out_is_not_called_unused() -> None:
    text = "a  # lm-lint: ignore[missing-token]\nb  # lm-lint: ignore[wrong-token]\n"
    both = Settings()
    assert len(said(text, settings=both)) == 2
    (left,) = said(text, settings=replace(both, ignore=("wrong-token",)))
    assert left.finding.start == text.index("#")
    chosen = ("unused-suppression", "wrong-token")
    assert len(said(text, settings=replace(both, select=chosen))) == 1
    for settings in (
        Settings(parser=False),
        Settings(unused_suppressions=False),
        Settings(select=("missing-token",)),
        Settings(ignore=("unused-suppression",)),
    ):
        assert said(text, settings=settings) == []


def test_findings_that_settings_leave_out_count_as_use() -> None:
    text = "x §  # lm-lint: ignore\n"
    assert said(text, settings=Settings(ignore=("missing-token",))) == []
    assert said(text, settings=Settings(select=("unused-suppression",), min_confidence=0.9)) == []


def test_mistakes_are_told_without_the_parser_too() -> None:
    text = "a  # lm-lint: ingore\n# lm-lint: on\n"
    found = said(text, settings=Settings(parser=False))
    assert [r.finding.code for r in found] == ["invalid-suppression"] * 2
    assert [r.finding.repairs[0].confidence < 0.9 for r in found] == [True, True]
    assert mended(text, found) == "a  # lm-lint: ignore\n"
    assert said(text, settings=Settings(ignore=("invalid-suppression",))) == []


def test_a_comment_with_a_mistake_is_not_called_unused_as_well() -> None:
    (remark,) = said("a  # lm-lint: ignore[missing-token, wrong-tokn]\n")
    assert remark.finding.code == "invalid-suppression"


def test_where_nobody_searched_nothing_is_called_unused() -> None:
    text = "a  # lm-lint: ignore\nb\nc  # lm-lint: ignore\n"
    assert len(said(text, unknown=[(0, 1)])) == 1
    assert said(text, unknown=[(0, len(text))]) == []


# --- Whatever the text.

SIGNS = (
    "x § ( \" ' \"\"\" ''' /* */ // # <a > </a> <!-- --> {# #} <pre> </pre> <script> </script> ] ,"
)
COMMENTS = ("# lm-lint:", "// lm-lint:", "/* lm-lint:", "<!-- lm-lint:", "{# lm-lint:")
WORDS = (" ignore", " ignore-file", " off", " on", " ingore", "[", "missing-token", "wrong-token")
PIECES = st.sampled_from(
    [*SIGNS.split(" "), *COMMENTS, *COMMENTS, *WORDS, " ", "\n", "\r\n", "\r", "\\\n", "\ufeff"]
)


@given(st.lists(PIECES).map("".join), st.sampled_from(["c", "html", "python"]))
def test_any_text_can_be_judged_and_loses_comments_only(text: str, language: Language) -> None:
    for remark in said(text, language):
        assert "lm-lint" in text[: remark.finding.end]
        for repair in remark.finding.repairs:
            removed = text[repair.start : repair.end]
            assert help_of(language, text, remark.finding, repair)
            assert repair.text.strip() or "lm-lint:" in removed or "-" in removed
            assert SLIP not in removed.partition("lm-lint:")[0]


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "examples" / "correct" / "python").glob("*.py")),
    ids=lambda path: path.name,
)
def test_what_ignore_here_writes_is_taken_back(path: Path) -> None:
    """At every line of a program: the program stays, and so does all that is no comment of ours."""
    text = path.read_text(encoding="utf-8")
    meaning, document = ast.dump(ast.parse(text)), Document.of(text)
    for line in range(document.n_lines):
        edit = ignore_edit(text, "python", document.line_span(line)[0], "missing-token")
        written = text[: edit.start] + edit.text + text[edit.end :]
        found = remarks(of(written, "python"), "python", [], Settings())
        left = mended(written, found)
        assert len(found) == 1
        assert ast.dump(ast.parse(left)) == meaning
        assert left.split() == text.split()
