"""What an open document was at one moment, handed from the event loop to the worker: nothing in it changes."""

from __future__ import annotations

from dataclasses import dataclass

from lm_lint.server_settings import ServerSettings
from lm_lint.text import Document, Encoding, Language


@dataclass(frozen=True)
class Snapshot:
    """A document at one version; positions in the protocol are counted in units of `encoding`."""

    uri: str
    version: int | None
    language: Language
    document: Document
    encoding: Encoding
    settings: ServerSettings
