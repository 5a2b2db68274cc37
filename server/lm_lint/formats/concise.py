"""One line a finding, `path:line:column: severity: message [code]`, which editors and grep know how to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from lm_lint.formats import summing
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.text import headline, headline_parts, terminal

if TYPE_CHECKING:
    from lm_lint.results import Result, Summary


class Concise:
    """Nothing else is printed unless statistics are asked for, so that lines can be counted."""

    needs_tokens = False

    def __init__(self, stream: TextIO, options: FormatOptions) -> None:
        self._stream, self._options = stream, options

    def result(self, result: Result) -> None:
        console = terminal(self._stream, True) if self._options.colour else None
        for each in result.diagnostics:
            if console:
                console.print(headline(result.source, each, self._options.hyperlinks))
            else:
                self._stream.write("".join(headline_parts(result.source, each)) + "\n")
        self._stream.flush()

    def finish(self, summary: Summary) -> None:
        if self._options.statistics:
            lines = summing.statistics(summary)
            lines += [""] if lines else []
            lines.append(summing.sentence(summary))
            self._stream.writelines(f"{line}\n" for line in lines)
