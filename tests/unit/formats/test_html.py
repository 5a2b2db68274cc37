"""The page: complete in itself, safe, bounded; its tokens, its diffs, and what hides behind folds."""

from __future__ import annotations

import hashlib
import re
from array import array
from base64 import b64decode, b64encode
from html.parser import HTMLParser
from io import BytesIO, StringIO, TextIOWrapper
from sys import byteorder

import pytest

from lm_lint.documents import TokenBits
from lm_lint.findings import Repair
from lm_lint.formats import FormatOptions, diffs, views
from lm_lint.formats.heat import Heat
from lm_lint.formats.html import Html, Room
from lm_lint.notebooks import Cell
from lm_lint.results import Notice, Result, Summary
from lm_lint.text import Document
from tests.marked import read_mark
from tests.unit.formats.made import hostile, result, tokens, written


class Page(HTMLParser):
    """The elements of a page and its texts by the element that they stand in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [each for _, each in self.elements if name in (each.get("class") or "").split()]


def page_of(results: list[Result], room: Room | None = None) -> tuple[str, Page]:
    stream, summary = StringIO(newline=""), Summary()
    page = Html(stream, FormatOptions(), room)
    for each in results:
        summary.add(each)
        page.result(each)
    page.finish(summary)
    return stream.getvalue(), Page(stream.getvalue())


def test_a_page_fetches_nothing_and_runs_only_its_own_script() -> None:
    text, page = page_of([hostile(), result("x\n")])
    named = [
        value
        for _, attributes in page.elements
        for key, value in attributes.items()
        if key in ("src", "href", "srcset", "action", "poster", "data", "background")
    ]
    assert named
    assert all(value is not None and value.startswith("#") for value in named)
    assert not re.search(r"url\(|@import|https?:", text)
    assert not any(key.startswith("on") for _, attributes in page.elements for key in attributes)
    (script,) = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = (e["content"] for _, e in page.elements if e.get("http-equiv"))
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_hostile_text_is_text() -> None:
    _, page = page_of([hostile()])
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not any(tag == "img" for tag, _ in page.elements)
    shown = "".join(data for _, data in page.texts)
    assert "</script><script>alert(1)</script>" in shown
    assert "a\"b'<i>&</script>,100%:\u240a::error::\u241b[31m\ufffd\ufffd.html" in shown


def test_what_is_found_is_counted_told_and_listed() -> None:
    text, page = page_of([result("f(1«→)»;\n"), result("y\n", "b.c")])
    assert "<h1>1 error in 2 files</h1>" in text
    (note,) = page.with_class("note")
    assert (note["data-severity"], note["data-code"]) == ("error", "missing-token")
    assert note["id"] == "f1"
    assert text.count('href="#f1"') == 3  # from the index, the strip, and itself
    assert "<code>)</code> expected before <code>;</code>" in text
    assert "f(1<ins>)</ins>;</code>" in text
    assert "Nothing found in 1 file<" in text


def test_a_stream_of_another_encoding_gets_references() -> None:
    """Styles and the script hold none, since references mean nothing there."""
    data = BytesIO()
    stream = TextIOWrapper(data, "latin-1", newline="")
    page = Html(stream, FormatOptions())
    page.result(result("日 é«→;»\n"))
    page.finish(Summary())
    stream.flush()
    text = data.getvalue().decode("ascii")
    assert "&#26085; &#233;" in text
    assert not re.search(r"<(style|script)>[^<]*&#\d", text)


def test_notices_and_an_empty_run() -> None:
    notices = [Notice("b.c", "b.c: <no> such file", True)]
    text = written("html", [], notices, command=("lm-lint", "a&b.c"))
    assert "b.c: &lt;no&gt; such file" in text
    assert "lm-lint &#39;a&amp;b.c&#39;" in text
    assert "Nothing surprised the model" in text


def test_long_runs_are_bounded() -> None:
    """Whole, in part, by name; the others shown or named."""
    line = "int a;\n"
    found = [result(f"x«→;»\n{line * 200}", f"{n}.c") for n in range(4)]
    clean = [result(line * 50, f"clean{n}.c") for n in range(5)]
    room = Room(whole_chars=3000, n_in_part=1, clean_chars=10_000, n_clean=2)
    text, page = page_of(found + clean, room)
    shown = [e.get("data-name") for _, e in page.elements if e.get("data-name")]
    assert shown == ["0.c", "1.c", "2.c", "clean0.c", "clean1.c"]
    assert "192 lines not shown" in text
    assert "1 finding, not shown" in text
    assert "<li>clean4.c</li>" in text
    assert len(page.with_class("note")) == 3


def test_ten_thousand_files_stay_small() -> None:
    one = result("x«→;»\n" + "int a;\n" * 40)
    text, _ = page_of([one] * 10_000, Room(whole_chars=50_000, n_in_part=100))
    assert len(text) < 5_000_000


def test_what_is_far_from_findings_is_folded() -> None:
    found = result("a;\n" * 100 + "x«→;»\n" + "b;\n" * 100)
    blocks = views.View(found, 1).blocks(whole=True)
    assert [(block.n_lines, block.is_folded) for block in blocks] == [
        (92, True),
        (17, False),
        (92, True),
    ]
    lines = [line for block in blocks for chunk in block.chunks for line in chunk.lines]
    assert [line.number for line in lines] == list(range(1, 202))
    assert views.View(found, 1).blocks(whole=False)[0].chunks == []
    short = result("a;\n" * 20 + "x«→;»\n")
    assert len(views.View(short, 1).blocks(whole=True)) == 1


def test_lines_are_cut_where_findings_begin_and_end() -> None:
    found = result("a «bad→good» b\nf(1«→)\n» c\r\n")
    (block,) = views.View(found, 1).blocks(whole=True)
    first, second = (line for chunk in block.chunks for line in chunk.lines)
    assert [(s.text, s.severity, s.is_ghost) for s in first.segments] == [
        ("a ", None, False),
        ("bad", "error", False),
        (" b", None, False),
    ]
    assert [(s.text, s.is_ghost) for s in second.segments] == [
        ("f(1", False),
        (")\u21b5", True),
        (" c", False),
    ]


def test_cells_of_a_notebook_count_their_own_lines() -> None:
    cells = (Cell(0, 1, 0, 2, 1), Cell(2, 3, 4, 20, 3))
    found = result("x\n\f\ny\nprint(«→)»\n", "n.ipynb", "python", cells=cells)
    (block,) = views.View(found, 1).blocks(whole=True)
    lines = [line for chunk in block.chunks for line in chunk.lines]
    assert [(line.number, line.cell) for line in lines] == [(1, 1), (2, None), (1, 3), (2, None)]
    assert lines[3].notes[0].place.cell == 3


def numbers(packed: str) -> list[tuple[int, float, float]]:
    res = array("H", b64decode(packed))
    if byteorder == "big":
        res.byteswap()
    return [(n, a / 64, b / 64) for n, a, b in zip(res[::3], res[1::3], res[2::3], strict=True)]


def test_tokens_are_packed_line_by_line() -> None:
    text = "a🙂b\n  c"
    bits = [(0, 1, 1.0), (1, 1, 2.0), (1, 2, 0.5), (2, 5, 4.0), (5, 7, 8.0), (7, 7, 3.0)]
    heat = Heat(text, [TokenBits(start, end, cost, 0.25) for start, end, cost in bits])
    line = 0xFFFF, 0, 0
    assert numbers(heat.packed([(0, 3), (4, 7)])) == [
        (1, 1.0, 0.25),
        (2, 2.5, 0.5),  # two pieces of one character, which is two units of UTF-16
        (1, 4.0, 0.25),
        line,
        (1, 4.0, 0.25),
        (2, 8.0, 0.25),
        line,
    ]


def test_every_line_has_all_its_characters() -> None:
    text = "int x;\r\n\tif (\u202e🙂) {\r\r}\n"
    document = Document.of(text)
    spans = [document.line_span(line) for line in range(document.n_lines)]
    units, res = 0, []
    for n, _, _ in numbers(Heat(text, tokens(text)).packed(spans)):
        if n == 0xFFFF:
            res.append(units)
        units = 0 if n == 0xFFFF else units + n
    assert res == [len(text[start:end].encode("utf-16-le")) // 2 for start, end in spans]


@pytest.mark.parametrize(
    ("marked", "shown"),
    [
        ("f(1«→)»;\n", ["-f(1;", "+f(1[)];"]),
        ("x\na «b→c» d\ny", ["-a [b] d", "+a [c] d"]),
        ("<p>«→\n</p>»\n<b>", [" <p>", "+[</p>]"]),
        ("«→</p>\n»<b>\n", ["+[</p>]", " <b>"]),
        ("a\n«  →    »b\n", ["-[··]b", "+[····]b"]),
        ("a«\n→ »b\n", ["-a", "-b", "+a[·]b"]),
        ("x" * 90 + "«→;»" + "y" * 90, ["-…" + "x" * 56 + "y" * 31 + "…"]),
    ],
)
def test_a_repair_is_a_little_diff(marked: str, shown: list[str]) -> None:
    text, repair = read_mark(marked)
    rows = diffs.rows(Document.of(text), repair)
    told = [
        row.sign + "".join(f"[{text}]" if changed else text for text, changed in row.pieces)
        for row in rows
    ]
    assert told[: len(shown)] == shown


def test_a_long_repair_is_cut_short() -> None:
    rows = diffs.rows(Document.of("a"), Repair(1, 1, "\nline" * 50, 0.9))
    assert len(rows) == 8
    assert rows[-1].pieces == (("\u2026", False),)
