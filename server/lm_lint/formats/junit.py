"""JUnit's XML, for services that show tests and nothing else: a suite a file, a failed test a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO
from xml.etree import ElementTree

from lm_lint.formats.base import FormatOptions
from lm_lint.formats.places import message_of, place_of
from lm_lint.formats.text import drawn
from lm_lint.formats.visible import visible

if TYPE_CHECKING:
    from lm_lint.results import Notice, Result, Summary


class JUnit:
    """Written at the end, since the root tells how many there are; a clean file is one test that passed."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream = stream
        self._root = ElementTree.Element("testsuites", name="lm-lint")

    def result(self, result: Result) -> None:
        name, n_findings = result.source.name, len(result.diagnostics)
        suite = self._suite(name, tests=max(n_findings, 1), failures=n_findings)
        for each in result.diagnostics:
            place = place_of(result.source, each)
            case = _case(suite, name, f"{each.finding.code} ({place})")
            message = visible(message_of(result.source, each))
            failure = ElementTree.SubElement(case, "failure", type=each.severity, message=message)
            failure.text = drawn(result.source, each)
        if not result.diagnostics:
            _case(suite, name, "lm-lint")

    def finish(self, summary: Summary) -> None:
        for notice in summary.notices:
            self._notice(notice)
        for key in ("tests", "failures", "errors"):
            self._root.set(key, str(sum(int(suite.get(key, 0)) for suite in self._root)))
        ElementTree.indent(self._root, " ")
        # Characters beyond ASCII as references: the encoding of the stream need not be known.
        written = ElementTree.tostring(self._root, "us-ascii").decode("ascii")
        self._stream.write('<?xml version="1.0" encoding="utf-8"?>\n' + written + "\n")

    def _suite(self, name: str, **counts: int) -> ElementTree.Element:
        numbers = {"errors": 0, "failures": 0, **counts}
        attributes = {key: str(n) for key, n in numbers.items()}
        return ElementTree.SubElement(
            self._root, "testsuite", {"name": visible(name)}, **attributes
        )

    def _notice(self, notice: Notice) -> None:
        name = notice.path or "lm-lint"
        if notice.is_failure:
            suite, kind = self._suite(name, tests=1, errors=1), "error"
        else:
            suite, kind = self._suite(name, tests=1, skipped=1), "skipped"
        case = _case(suite, name, "lm-lint")
        ElementTree.SubElement(case, kind, message=visible(notice.message))


def _case(suite: ElementTree.Element, path: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=visible(path), name=name)
