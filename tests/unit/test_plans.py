"""What a plan makes of a text and its bytes: what is not repaired stays as it is, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lm_lint import sources
from lm_lint.errors import InputError
from lm_lint.findings import Repair
from lm_lint.plans import encoded, plan
from lm_lint.repairs import overlap
from lm_lint.settings import Limits
from lm_lint.sources import Source
from tests.repairing import diagnostic, insertion, source_of

PIECES = (
    "int a;",
    "f(",
    "\r\n",
    "\r",
    "\n",
    "\t",
    " ",
    "é",
    "e\u0301",
    "🙂",
    "\u2028",
    "\f",
    "\ufffd",
)
BYTES = (b"\xff", b"\xc3", b"\xe2\x82", b"\xac", b"\xed\xa0\x80", b"\xf0\x9f")
files = st.builds(
    lambda mark, pieces: mark + b"".join(pieces),
    st.sampled_from([b"", "\ufeff".encode()]),
    st.lists(st.sampled_from([piece.encode() for piece in PIECES] + list(BYTES)), max_size=14),
)
additions = st.lists(st.sampled_from([*PIECES, "\ud800", ";", ")"]), max_size=3).map("".join)
repairs = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 4), additions, st.sampled_from([0.5, 0.95, 0.99])),
    max_size=8,
)


def written_out(source: Source, made: Sequence[Repair]) -> bytes:
    """The slow and obvious way: character by character, each with its own bytes."""
    assert source.data is not None
    exact = [c.encode("utf-8", "surrogateescape") for c in sources.exact_text(source)]
    res = b""
    for offset in range(len(exact) + 1):
        res += b"".join(one.text.encode() for one in made if one.start == offset)
        if offset < len(exact) and not any(one.start <= offset < one.end for one in made):
            res += exact[offset]
    return res


@given(files, repairs)
def test_all_that_is_not_repaired_keeps_its_bytes(
    data: bytes, wanted: list[tuple[int, int, str, float]]
) -> None:
    source = sources.decoded("a.c", "c", data, Limits(), "a.c")
    assume(isinstance(source, Source))
    assert isinstance(source, Source)
    n_chars = len(source.text)
    spans = [(min(start, n_chars), min(start + n, n_chars), *rest) for start, n, *rest in wanted]
    found = [diagnostic(source.text, Repair(*span)) for span in spans]
    planned = plan(source, found, 0.9)
    made = [each.finding.repairs[0] for each in planned.applied]
    assert all(one.confidence >= 0.9 for one in made)
    assert not any(overlap(one, other) for one in made for other in made if one is not other)
    assert len(planned.applied) + len(planned.left) == len(found)
    new = encoded(source, planned.text)
    assert new == planned.repaired_source.data == written_out(source, made)
    assert sources.decoded("a.c", "c", new, Limits(), "a.c") == planned.repaired_source


def test_nothing_to_repair_is_the_same_source() -> None:
    source = source_of(b"\xef\xbb\xbfint \xff;\r\n")
    planned = plan(source, [], 0.9)
    assert planned.repaired_source is source
    assert encoded(source, planned.text) == source.data


def test_bytes_that_are_no_text_stay_where_they_are() -> None:
    source = source_of(b'f(1, "\xff"\r\ng(\xfe\x80);')
    end = insertion(source.text, "\r\n", ");")
    across = diagnostic(source.text, Repair(5, 8, "x", 0.99))
    beside = diagnostic(source.text, Repair(13, 13, "x", 0.99))
    # In which encoding the file is nobody knows.
    foreign = diagnostic(source.text, Repair(0, 1, "é", 0.99))
    planned = plan(source, [foreign, across, end, beside], 0.9)
    assert planned.applied == (end,)
    assert planned.left == (foreign, across, beside)
    assert planned.repaired_source.data == b'f(1, "\xff");\r\ng(\xfe\x80);'
    with pytest.raises(InputError, match="not UTF-8"):
        encoded(source, source.text.replace("\ufffd", "x"))


def test_the_byte_order_mark_stays_at_the_start() -> None:
    source = source_of("\ufeffint x")
    before = diagnostic(source.text, Repair(0, 0, "x", 0.99))
    behind = diagnostic(source.text, Repair(1, 1, "const ", 0.99))
    assert plan(source, [before], 0.9).applied == ()
    assert plan(source, [behind], 0.9).repaired_source.data == "\ufeffconst int x".encode()


def test_lines_that_count_move_along() -> None:
    """And the repaired ones count: what is found there was made by us."""
    source = replace(source_of("a\nb\nc\nd\ne\n"), lines=((2, 2), (4, 5)))
    more = insertion(source.text, "b", "x\ny\n")
    less = diagnostic(source.text, Repair(5, 6, " ", 0.99))  # the line break behind `c`
    planned = plan(source, [more, less], 0.9)
    assert planned.text == "a\nx\ny\nb\nc d\ne\n"
    assert planned.repaired_source.lines == ((2, 4), (2, 4), (5, 5), (5, 6))
    assert plan(source_of("a\n"), [], 0.9).repaired_source.lines is None


# --- Notebooks


def notebook(*cells: str) -> bytes:
    listed = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": cell.splitlines(True)}
        for cell in cells
    ]
    written = json.dumps(
        {"cells": listed, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )
    return written.encode() + b"\n"


def test_a_notebook_is_repaired_in_its_cells() -> None:
    source = source_of(notebook("x = f(1\n", "y = 2\nprint(y)"), "a.ipynb")
    text = source.text
    first = diagnostic(text, Repair(text.index("\n"), text.index("\n"), ")\nz = 1", 0.95))
    second = insertion(text, "print", "re")
    across = diagnostic(text, Repair(text.index("\n") + 1, text.index("y"), "", 0.99))
    planned = plan(source, [first, across, second], 0.9)
    assert planned.applied == (first, second)
    repaired = planned.repaired_source
    assert repaired.data == notebook("x = f(1)\nz = 1\n", "y = 2\nreprint(y)")
    assert [repaired.text[cell.start : cell.end] for cell in repaired.cells] == [
        "x = f(1)\nz = 1\n",
        "y = 2\nreprint(y)\n",
    ]


def test_a_repair_that_would_be_a_magic_is_not_written() -> None:
    source = source_of(notebook("x = 1\n", "y = 2\n"), "a.ipynb")
    shell = diagnostic(source.text, Repair(0, 0, "!", 0.99))
    planned = plan(source, [shell], 0.9)
    assert planned.applied == (shell,)
    with pytest.raises(InputError, match="read otherwise"):
        planned.repaired_source  # noqa: B018
