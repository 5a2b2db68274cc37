"""Handlers of what a person asks for: actions, hovers, bits, commands. What they answer is made elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from lm_lint.documents import CellHeat, Expectation, OpenDocument
from lm_lint.errors import CellUnknown, ModelDamaged
from lm_lint.lsp import actions, cells, surprisal
from lm_lint.lsp.convert import plain, to_offset
from lm_lint.lsp.hover import hover
from lm_lint.lsp.session import REQUEST_FAILED, LintServer
from lm_lint.lsp.snapshots import Snapshot

RESTART = "lmLint.restart"
SHOW_SURPRISE = "lmLint.showSurprise"

Asked = Callable[[], bool]


def register(server: LintServer) -> None:
    _register_actions(server)
    _register_insight(server)
    _register_commands(server)


def _register_actions(server: LintServer) -> None:
    """Actions are made on another thread: in a long text that takes longer than the loop may be held up."""
    options = types.CodeActionOptions(list(actions.KINDS), resolve_provider=True)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: types.CodeActionParams) -> list[Any]:
        known = await _known(server, params.text_document.uri)
        if known is None:
            return []
        return await asyncio.to_thread(actions.code_actions, *known, params, server.client.actions)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        known = await _known_or_refused(server, actions.uri_of(action.data))
        return await asyncio.to_thread(actions.resolve, *known, action, server.client.actions)


def _register_insight(server: LintServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        settings = server.configuration.settings_for(uri).hover
        if not settings.enable or not server.watches(uri) or server.status.status.state == "failed":
            return None

        def expected(document: OpenDocument, snapshot: Snapshot, _: Asked) -> Expectation | None:
            offset = to_offset(snapshot.document, params.position, snapshot.encoding)
            return document.expectation(offset, settings.alternatives)

        snapshot, expectation = await server.ask(uri, expected)
        return hover(snapshot, expectation, server.client.markdown)

    @server.feature("lmLint/surprisal")
    async def on_surprisal(params: Any) -> dict[str, Any]:
        return await _surprisal(server, params, surprisal.answer)

    @server.feature("lmLint/showTokens")
    async def on_show_tokens(params: Any) -> dict[str, Any]:
        return await _surprisal(server, params, surprisal.table)

    @server.feature("lmLint/cell")
    async def on_cell(params: Any) -> dict[str, Any]:
        return await _cell(server, params)

    @server.feature("lmLint/text")
    def on_text(params: Any) -> dict[str, Any]:
        """The text as the server has it, for those who search for a mistake in the synchronization."""
        buffer = server.buffers.get(surprisal.request_of(params).uri)
        if buffer is None:
            raise JsonRpcException("this document is not open", REQUEST_FAILED)
        return {
            "version": buffer.version,
            "languageId": buffer.language_id,
            "text": buffer.document.text,
        }


def _register_commands(server: LintServer) -> None:
    @server.command(RESTART)
    async def restart(arguments: list[Any]) -> None:
        server.load_model()

    @server.command(SHOW_SURPRISE)
    async def show_surprise(arguments: list[Any]) -> dict[str, Any]:
        wanted = plain(arguments[0]) if arguments else None
        if isinstance(wanted, str):
            wanted = {"textDocument": {"uri": wanted}}
        return await _surprisal(server, wanted, surprisal.answer)

    def register_edit(command: str) -> None:
        @server.command(command)
        async def apply(arguments: list[Any]) -> bool:
            known = await _known_or_refused(server, actions.uri_of(arguments))
            edit = await asyncio.to_thread(
                actions.edit_of, *known, command, arguments, server.client.actions
            )
            if edit is None:
                return False
            wanted = types.ApplyWorkspaceEditParams(edit, label="lm-lint")
            return (await server.workspace_apply_edit_async(wanted)).applied

    for command in actions.COMMANDS:
        register_edit(command)


async def _surprisal(
    server: LintServer, params: Any, answer: Callable[..., dict[str, Any]]
) -> dict[str, Any]:
    request = surprisal.request_of(params)

    def read(document: OpenDocument, snapshot: Snapshot, abandoned: Asked) -> dict[str, Any]:
        # The answer is made there too: for a long text that takes a while.
        tokens = document.surprisal(*surprisal.span_of(snapshot, request), abandoned)
        return answer(snapshot, tokens)

    return (await server.ask(request.uri, read))[1]


async def _cell(server: LintServer, params: Any) -> dict[str, Any]:
    request = cells.request_of(params)
    part = surprisal.Request(request.uri, request.range)

    def read(document: OpenDocument, snapshot: Snapshot, abandoned: Asked) -> dict[str, Any]:
        span = surprisal.span_of(snapshot, part)
        heat: CellHeat = document.activations(*span, request.wanted, abandoned)
        return cells.answer(snapshot, heat)

    try:
        return (await server.ask(request.uri, read))[1]
    except (CellUnknown, ModelDamaged) as error:
        raise JsonRpcException(str(error), REQUEST_FAILED) from error


async def _known(server: LintServer, uri: str) -> tuple[Snapshot, Any] | None:
    """The newest text of a document and its diagnostics; None where there are none, or none yet."""
    if server.status.status.state == "loading":
        return None
    server.worker.prefer(uri)
    report = await server.report_of(uri)
    if report is None or report.snapshot is None:
        return None
    return report.snapshot, report.judgement.found


async def _known_or_refused(server: LintServer, uri: str) -> tuple[Snapshot, Any]:
    known = await _known(server, uri)
    if known is None:
        raise JsonRpcInvalidParams(f"{uri} is not open, or not checked (yet)")
    return known
