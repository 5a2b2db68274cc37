"""Findings are known again though lines moved, and hashes of lines are those that GitHub computes."""

from __future__ import annotations

from dataclasses import replace

from lm_lint.formats.fingerprints import fingerprints, line_hashes
from lm_lint.results import Result
from tests.unit.formats.made import result


def test_a_finding_is_known_again_when_lines_above_it_move() -> None:
    (before,) = fingerprints(result("a;\n  x«→;»\nb;\n"), "a.c")
    (after,) = fingerprints(result("a;\nnew;\n\n    x«→;»\nc;\n"), "a.c")
    assert before == after


def test_equal_lines_code_and_path_tell_findings_apart() -> None:
    twice = fingerprints(result("x«→;»\nx«→;»\n"), "a.c")
    other = fingerprints(result("x«→;»\ny«→;»\n"), "a.c")
    elsewhere = fingerprints(result("x«→;»\n"), "b.c")
    another = fingerprints(result("«x→»\n"), "a.c")
    assert len({*twice, *other, *elsewhere, *another}) == 5
    assert twice[0] == other[0]


def rolling_hashes(text: str) -> list[str]:
    """The hash of every line in another way: as it is rolled along, character by character."""
    units = [c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c not in " \t"]
    window, value, seen = [0] * 100, 0, dict[str, int]()
    starts, res, is_start = [], {}, True
    for at, unit in enumerate([*map(ord, units), 65535, *[0] * 100]):
        if at < len(units) + 1 and is_start:
            starts.append(at)
        is_start = unit == 10
        value = (value * 37 + unit - window[0] * 37**100) % 2**64
        window = [*window[1:], unit]
        if (start := at - 99) in starts:
            key = f"{value:x}"
            seen[key] = seen.get(key, 0) + 1
            res[start] = f"{key}:{seen[key]}"
    return [res[start] for start in starts]


def test_lines_are_hashed_as_github_does() -> None:
    lines = ["int x«→;»", "\ty (a,", "", "   b«→)»;" + "long " * 40, "x", "é = f(«→)»"]
    for line_break in ("\n", "\r\n", "\r"):
        for end in (line_break, ""):
            found = result(line_break.join(lines * 2) + end)
            hashes = rolling_hashes(found.source.text)
            wanted = [hashes[each.line - 1] for each in found.diagnostics]
            assert line_hashes(found) == wanted
            assert len(wanted) == 6


def test_hashes_that_github_published() -> None:
    """From the tests of its action for uploads."""
    found = result(" «a→»\nb«→;»\n  \t\t«c→»\n «d→»")
    assert line_hashes(found) == [
        "271789c17abda88f:1",
        "54703d4cd895b18:1",
        "180aee12dab6264:1",
        "a23a3dc5e078b07b:1",
    ]
    empty = replace(found.source, text="")
    assert line_hashes(Result(empty, found.diagnostics[:1])) == ["c129715d7a2bc9a3:1"]
