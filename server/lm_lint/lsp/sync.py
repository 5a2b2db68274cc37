"""Handlers of what comes without being asked: the life of the session, texts, settings, files."""

from __future__ import annotations

from typing import Any

from lsprotocol import types

from lm_lint.lsp import pull
from lm_lint.lsp.session import LintServer


def register(server: LintServer) -> None:
    """Every handler is short: it changes the texts and leaves the rest to the worker."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.initialize(params)
        if server.pulls:
            # Registered here since pygls announces what is registered, to every client.
            _register_pull(server)

    @server.feature(types.INITIALIZED)
    async def initialized(params: types.InitializedParams) -> None:
        await server.begin()

    @server.feature(types.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.worker.stop(timeout_s=0)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        settings = server.configuration.settings_for(item.uri)
        buffer = server.buffers.open(item, server.encoding, settings)
        server.watch_or_not(buffer)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        changed = server.buffers.change(params.text_document, params.content_changes)
        if changed is not None and server.watches(params.text_document.uri):
            server.checks.edited(*changed)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        server.checks.saved(params.text_document.uri)
        server.workspace_reports.wake()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.buffers.close(uri)
        if server.watches(uri):
            server.checks.unwatch(uri)
        server.workspace_reports.wake()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        await server.configure(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.configuration.change_folders(params.event)
        await server.configure()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        server.files_changed([change.uri for change in params.changes])


def _register_pull(server: LintServer) -> None:
    has_workspace = server.configuration.overall.diagnostics.workspace
    options = types.DiagnosticOptions(
        inter_file_dependencies=False, workspace_diagnostics=has_workspace, identifier="lm-lint"
    )

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> pull.DocumentReport:
        return await pull.document_report(server, params)

    # Only where it is wanted: for what is announced here, clients rely on it. Neovim up to 0.12.4, asked to refresh,
    # then asks for the workspace and for no open document (https://github.com/neovim/neovim/pull/40623).
    if not has_workspace:
        return

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(params: types.WorkspaceDiagnosticParams) -> Any:
        return await server.workspace_reports.report(params)
