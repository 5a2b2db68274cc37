"""The texts that an editor has open, as it sees them; they live on the event loop and nowhere else.

A buffer is what changes; what it is at one moment is a `Snapshot`, which never does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lsprotocol import types
from pygls import uris

from lm_lint.lsp.convert import to_edit
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.server_settings import ServerSettings
from lm_lint.settings import Limits
from lm_lint.text import Document, Edit, Encoding, Language, difference, language_of

log = logging.getLogger(__name__)

_LANGUAGES: dict[str, Language] = {
    "c": "c",
    "python": "python",
    "html": "html",
    "xhtml": "html",
    "django-html": "html",
    "htmldjango": "html",
    "jinja-html": "html",
    "php": "html",
}
# A template of HTML, unless the file's name says of what else: `nginx.conf.j2`.
_TEMPLATES = frozenset(
    {"jinja", "jinja2", "handlebars", "html.handlebars", "mustache", "erb", "eruby", "ejs"}
)
_UNNAMED = frozenset({"", "plaintext", "text"})


def language_for(language_id: str, uri: str) -> Language | None:
    """By what the editor calls the language; by the name only where the editor knows no better."""
    language_id = language_id.lower()
    name = PurePosixPath(uris.urlparse(uri)[2]).name
    if language_id == "c":
        # Emacs' eglot 1.9 calls every file by the first language of a server that knows several.
        return language_of(name) or "c"
    if language_id in _LANGUAGES:
        return _LANGUAGES[language_id]
    if language_id in _TEMPLATES:
        return "html" if name.count(".") < 2 else language_of(name)
    return language_of(name) if language_id in _UNNAMED else None


@dataclass
class Buffer:
    """A document that is open.

    language  None: of another language, or too large; its text is kept but never checked
    typed     the lines that were edited last, in the offsets of the text
    """

    uri: str
    language_id: str
    language: Language | None
    version: int | None
    document: Document
    settings: ServerSettings
    encoding: Encoding
    typed: tuple[int, int] = (0, 0)
    snapshot: Snapshot | None = None

    @property
    def is_checked(self) -> bool:
        return self.language is not None and self.settings.enable

    def apply(self, edit: Edit) -> None:
        self.document = self.document.apply(edit)
        self.typed = moved(self.typed, edit)

    def freeze(self) -> Snapshot:
        """The snapshot of this moment, for a text that is checked."""
        assert self.language is not None, self.uri
        self.snapshot = Snapshot(
            self.uri, self.version, self.language, self.document, self.encoding, self.settings
        )
        return self.snapshot


class Buffers:
    """All that are open, by URI."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._buffers: dict[str, Buffer] = {}

    def __iter__(self) -> Iterator[Buffer]:
        return iter(list(self._buffers.values()))

    def get(self, uri: str) -> Buffer | None:
        return self._buffers.get(uri)

    def open(
        self, item: types.TextDocumentItem, encoding: Encoding, settings: ServerSettings
    ) -> Buffer:
        """A document that was opened; one that is open already starts anew."""
        if item.uri in self._buffers:
            log.warning("%s was opened twice", item.uri)
        document = Document.of(item.text)
        language = language_for(item.language_id, item.uri)
        if language and (too := too_much(document, self._limits)):
            log.info("%s is not checked: it %s", item.uri, too)
            language = None
        buffer = Buffer(
            item.uri, item.language_id, language, item.version, document, settings, encoding
        )
        self._buffers[item.uri] = buffer
        return buffer

    def change(
        self,
        identifier: types.VersionedTextDocumentIdentifier,
        changes: Sequence[types.TextDocumentContentChangeEvent],
    ) -> tuple[Buffer, list[Edit]] | None:
        """Apply what was typed; the edits as they were made, one after the other. None: it is not open."""
        buffer = self._buffers.get(identifier.uri)
        if buffer is None:
            log.warning("%s was changed but is not open", identifier.uri)
            return None
        if buffer.version is not None and identifier.version <= buffer.version:
            # The change is still what the client did to its text, so it is applied.
            log.warning(
                "%s: version %d follows version %d",
                identifier.uri,
                identifier.version,
                buffer.version,
            )
        edits = list(self._applied(buffer, changes))
        buffer.version = identifier.version
        buffer.typed = whole_lines(buffer.document, buffer.typed)
        return buffer, edits

    def _applied(
        self, buffer: Buffer, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> Iterator[Edit]:
        for idx, change in enumerate(changes):
            if isinstance(change, types.TextDocumentContentChangePartial):
                edit = to_edit(buffer.document, change, buffer.encoding)
            else:
                edit = difference(buffer.document.text, change.text)
            if idx == 0:
                buffer.typed = (edit.start, edit.end)
            buffer.apply(edit)
            yield edit

    def close(self, uri: str) -> Buffer | None:
        buffer = self._buffers.pop(uri, None)
        if buffer is None:
            log.warning("%s was closed but is not open", uri)
        return buffer


def too_much(document: Document, limits: Limits) -> str | None:
    """Why a text is taken for generated, as the rest of a sentence; None for one that people write."""
    if len(document.text) > limits.max_file_bytes:
        return f"has more than {limits.max_file_bytes:,} characters"
    starts = document.line_starts
    longest = int((starts[1:] - starts[:-1]).max()) if len(starts) > 1 else 0
    longest = max(longest, len(document.text) - int(starts[-1]))
    if longest > limits.max_line_chars:
        return f"has a line of {longest:,} characters"
    return None


def moved(span: tuple[int, int], edit: Edit) -> tuple[int, int]:
    """A span after an edit, widened to what the edit wrote."""
    growth = len(edit.text) - (edit.end - edit.start)
    return min(span[0], edit.start), max(span[1], edit.end) + growth


def whole_lines(document: Document, span: tuple[int, int]) -> tuple[int, int]:
    first, last = (document.position(offset)[0] for offset in span)
    return document.line_span(first)[0], document.line_span(last)[1]
