"""What the client can do, read once from its `initialize`."""

from __future__ import annotations

from dataclasses import dataclass, field

from lsprotocol import types
from pygls.capabilities import get_capability

from lm_lint.lsp import actions
from lm_lint.lsp.hover import wants_markdown


@dataclass(frozen=True)
class Client:
    """The defaults are those of a client that says nothing about itself."""

    actions: actions.Client = field(default_factory=actions.Client)
    markdown: bool = False
    pulls: bool = False
    can_refresh: bool = False
    related: bool = False
    configuration: bool = False
    watches: bool = False
    progress: bool = False

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> Client:
        def can(path: str) -> bool:
            return bool(get_capability(capabilities, path, False))

        return cls(
            actions=actions.Client.of(capabilities),
            markdown=wants_markdown(capabilities),
            pulls=get_capability(capabilities, "text_document.diagnostic") is not None,
            can_refresh=can("workspace.diagnostics.refresh_support"),
            related=can("text_document.publish_diagnostics.related_information")
            or can("text_document.diagnostic.related_information"),
            configuration=can("workspace.configuration"),
            watches=can("workspace.did_change_watched_files.dynamic_registration"),
            progress=can("window.work_done_progress"),
        )
