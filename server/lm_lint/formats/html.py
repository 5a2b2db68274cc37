"""One page to look at: every finding below its line, every token in the colour of its bits.

The page is complete in itself: nothing is fetched, and its policy forbids any script but its own. Files are drawn as
they come and wait in temporary files, so a long run costs no memory; what is shown of them is bounded.
"""

from __future__ import annotations

import hashlib
import re
import shlex
import tempfile
import weakref
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from lm_lint import __version__
from lm_lint.diagnostics import SEVERITIES
from lm_lint.formats import summing
from lm_lint.formats.base import FormatOptions
from lm_lint.formats.heat import THRESHOLDS_BITS
from lm_lint.formats.views import Note, View
from lm_lint.formats.visible import visible
from lm_lint.text import Language

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from lm_lint.results import Result, Summary

_ASSETS = Path(__file__).with_name("assets")
_CODE = re.compile("`([^`]*)`")
_STEPS = 160
_LANGUAGES: dict[Language, str] = {"c": "C", "html": "HTML", "python": "Python"}


@dataclass
class Room:
    """How much a page shows, so that ten thousand files make no gigabyte: about 15 MB at most.

    Files with findings are shown whole, later ones around their findings, the last ones by name. Of the others a few
    are shown; all are named.
    """

    whole_chars: int = 1_500_000
    n_in_part: int = 500
    clean_chars: int = 500_000
    n_clean: int = 40
    file_chars: int = 300_000

    def whole(self, n_chars: int) -> bool:
        fits = n_chars <= min(self.file_chars, self.whole_chars)
        self.whole_chars -= n_chars if fits else 0
        return fits

    def part(self) -> bool:
        self.n_in_part -= 1
        return self.n_in_part >= 0

    def clean(self, n_chars: int) -> bool:
        fits = self.n_clean > 0 and n_chars <= min(self.file_chars, self.clean_chars)
        if fits:
            self.n_clean -= 1
            self.clean_chars -= n_chars
        return fits


@dataclass(frozen=True)
class Entry:
    """A file with findings, as the index of the page lists it."""

    name: str
    anchor: str
    notes: list[Note]
    n_findings: int


class Html:
    """One page for the whole run, written at its end."""

    needs_tokens = True

    def __init__(self, stream: TextIO, options: FormatOptions, room: Room | None = None) -> None:
        self._stream, self._options, self._room = stream, options, room or Room()
        self._entries: list[Entry] = []
        self._n_notes = self._n_files = 0
        self._found, self._clean, self._named = (_Spool() for _ in range(3))

    def result(self, result: Result) -> None:
        if result.diagnostics:
            self._add_found(result)
        elif self._room.clean(len(result.source.text)):
            self._clean.write(self._drawn(result, View(result, 0), True))
        else:
            self._named.write(self._render("named.html.j2", name=visible(result.source.name)))

    def finish(self, summary: Summary) -> None:
        script = (_ASSETS / "report.js").read_text(encoding="utf-8")
        page = self._environment.get_template("report.html.j2").stream(
            style=self._safe((_ASSETS / "report.css").read_text(encoding="utf-8")),
            script=self._safe(script),
            script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            version=__version__,
            command=visible(shlex.join(self._options.command)),
            sentence=summing.sentence(summary),
            summary=summary,
            codes=summary.codes.most_common(),
            entries=self._entries,
            n_notes=self._n_notes,
            thresholds=THRESHOLDS_BITS,
            found=self._found.read(self._safe),
            clean=self._clean.read(self._safe),
            named=self._named.read(self._safe),
            n_clean=self._clean.n_written,
            n_named=self._named.n_written,
        )
        page.enable_buffering(64)
        # The page says that it is UTF-8; to another stream all else is written as references.
        encoding = (getattr(self._stream, "encoding", None) or "utf-8").lower().replace("-", "")
        for piece in page:
            written = piece if encoding == "utf8" else _in_ascii(piece)
            self._stream.write(written)
        self._stream.write("\n")

    def _add_found(self, result: Result) -> None:
        name, is_whole = visible(result.source.name), self._room.whole(len(result.source.text))
        anchor = f"file{len(self._entries) + 1}"
        if not is_whole and not self._room.part():
            self._entries.append(Entry(name, "", [], len(result.diagnostics)))
            return
        view = View(result, self._n_notes + 1)
        self._n_notes += len(view.notes)
        self._entries.append(Entry(name, anchor, view.notes, len(view.notes)))
        self._found.write(self._drawn(result, view, is_whole, anchor))

    def _drawn(self, result: Result, view: View, is_whole: bool, anchor: str = "") -> str:
        return self._render(
            "file.html.j2",
            name=visible(result.source.name),
            language=result.source.language,
            anchor=anchor,
            notes=view.notes,
            blocks=view.blocks(is_whole),
            n_lines=view.n_lines,
            strip=self._safe(_strip(view.levels(_STEPS))),
        )

    def _render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(values)

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        environment = Environment(
            loader=FileSystemLoader(_ASSETS),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters["ticked"] = _ticked
        environment.filters["counted"] = summing.counted
        environment.filters["visible"] = visible
        environment.globals["severities"] = SEVERITIES
        environment.globals["language_names"] = _LANGUAGES
        return environment

    @staticmethod
    def _safe(text: str) -> Markup:
        """What this module wrote, or the template before."""
        from markupsafe import Markup

        return Markup(text)


class _Spool:
    """Drawn pieces of the page that wait for their place in it."""

    def __init__(self) -> None:
        self.n_written = 0
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - read when all is written
            1 << 22, mode="w+", encoding="utf-8", newline=""
        )
        weakref.finalize(self, self._file.close)

    def write(self, text: str) -> None:
        self._file.write(text)
        self.n_written += 1

    def read(self, safe: Any) -> Iterator[Any]:
        self._file.seek(0)
        while piece := self._file.read(1 << 16):
            yield safe(piece)


def _in_ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _ticked(message: str) -> Markup:
    """A message with what it quotes in `code`."""
    from markupsafe import Markup, escape

    pieces = _CODE.split(message)
    return Markup().join(
        Markup("<code>{}</code>").format(piece) if idx % 2 else escape(piece)
        for idx, piece in enumerate(pieces)
    )


def _strip(levels: list[int]) -> str:
    """The text from top to bottom as a strip of colours, drawn from left to right: a path for each colour."""
    if not levels:
        return ""
    paths = (
        f'<path class="h{level}" d="{columns}"/>'
        for level in range(1, len(THRESHOLDS_BITS) + 2)
        if (columns := "".join(f"M{x} 0h1v1h-1z" for x, each in enumerate(levels) if each == level))
    )
    box = f"0 0 {len(levels)} 1"
    return f'<svg class="strip" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{"".join(paths)}</svg>'
