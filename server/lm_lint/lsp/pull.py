"""Diagnostics for clients that ask for them: of a document that is open, and of the files of the workspace."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls import uris

from lm_lint import sources
from lm_lint.lsp.configuration import Configuration
from lm_lint.lsp.publishing import Judgement, judge
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.lsp.worker import EngineLike, NoModel
from lm_lint.server_settings import ServerSettings
from lm_lint.settings import Limits
from lm_lint.sources import Source
from lm_lint.text import Document, Encoding, language_of

if TYPE_CHECKING:
    from lm_lint.lsp.session import LintServer

log = logging.getLogger(__name__)

DocumentReport = (
    types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport
)
FileReport = (
    types.WorkspaceFullDocumentDiagnosticReport | types.WorkspaceUnchangedDocumentDiagnosticReport
)


async def document_report(
    server: LintServer, params: types.DocumentDiagnosticParams
) -> DocumentReport:
    """The diagnostics of the newest version of an open document; of any other there are none."""
    uri = params.text_document.uri
    report = await server.report_of(uri, is_final=not server.client.can_refresh)
    if report is None:
        return types.RelatedFullDocumentDiagnosticReport([])
    report.pulled = (report.snapshot, report.result_id)
    result_id = str(report.result_id)
    if params.previous_result_id == result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(list(report.items or ()), result_id=result_id)


@dataclass(frozen=True)
class _Known:
    """What was found in a file when it was in this state and these settings held."""

    state: tuple[int, int]
    settings: ServerSettings
    result_id: str
    items: tuple[types.Diagnostic, ...]


class WorkspaceReports:
    """What was found in the files that are not open.

    A client asks again as soon as it has an answer. It gets the next one when something may have changed, or when it
    asks once more without waiting: of several questions one waits.
    """

    def __init__(self, server: LintServer) -> None:
        self._server = server
        self._known: dict[str, _Known] = {}
        self._n_results = 0
        self._n_asked = 0
        self._is_told = False
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Files or settings may have changed."""
        self._is_told = False
        self._changed.set()

    def forget(self) -> None:
        """Another model finds something else."""
        self._known.clear()
        self.wake()

    async def report(
        self, params: types.WorkspaceDiagnosticParams
    ) -> types.WorkspaceDiagnosticReport:
        known = {each.uri: each.value for each in params.previous_result_ids}
        self._n_asked += 1
        number = self._n_asked
        self._changed.set()
        token = params.work_done_token
        while True:
            self._changed.clear()
            was_told = self._is_told
            res: list[FileReport] = []
            async for item in self._reports(known, token):
                if params.partial_result_token is None:
                    res.append(item)
                else:
                    self._send_part(params.partial_result_token, item)
                was_told = was_told and isinstance(
                    item, types.WorkspaceUnchangedDocumentDiagnosticReport
                )
            token = None  # its work is done; what is looked at later is looked at quietly
            if not was_told:
                self._is_told = not self._changed.is_set()
            elif number == self._n_asked:
                await self._changed.wait()
            if not was_told or number != self._n_asked:
                return types.WorkspaceDiagnosticReport(res)

    async def _reports(
        self, known: dict[str, str], token: types.ProgressToken | None
    ) -> AsyncIterator[FileReport]:
        server = self._server
        paths = await asyncio.to_thread(lambda: dict(_files(server.configuration)))
        progress = server.work_done_progress
        if token is not None:
            progress.begin(
                token, types.WorkDoneProgressBegin("Checking files", cancellable=True, percentage=0)
            )
        try:
            for idx, (uri, path) in enumerate(paths.items()):
                if token is not None:
                    if progress.tokens[token].cancelled():
                        return
                    percentage = 100 * idx // len(paths)
                    progress.report(
                        token,
                        types.WorkDoneProgressReport(
                            message=os.path.basename(path), percentage=percentage
                        ),
                    )
                if server.buffers.get(uri) is None and server.wants_file(uri):
                    yield _answer(uri, await self._look(uri, path), known.get(uri))
        finally:
            if token is not None:
                progress.end(token, types.WorkDoneProgressEnd())
                progress.tokens.pop(token, None)
        for uri in known:
            if uri not in paths and server.buffers.get(uri) is None:
                self._known.pop(uri, None)
                yield types.WorkspaceFullDocumentDiagnosticReport(uri, [])

    async def _look(self, uri: str, path: str) -> _Known:
        """What is in a file; a file that did not change is not read again."""
        settings = self._server.configuration.settings_for(uri)
        encoding, related = self._server.encoding, self._server.client.related
        known, state = self._known.get(uri), _state(path)
        if known and (known.state, known.settings) == (state, settings):
            return known
        try:
            found = await self._server.worker.scan(
                lambda engine, abandoned: _check_file(
                    engine, uri, path, encoding, settings, related, abandoned
                )
            )
        except NoModel:
            found = Judgement()
        self._n_results += 1
        self._known[uri] = _Known(state, settings, f"file {self._n_results}", found.items)
        return self._known[uri]

    def _send_part(self, token: types.ProgressToken, item: FileReport) -> None:
        part = types.WorkspaceDiagnosticReportPartialResult([item])
        self._server.progress(types.ProgressParams(token, part))


def _answer(uri: str, known: _Known, previous: str | None) -> FileReport:
    if previous == known.result_id:
        return types.WorkspaceUnchangedDocumentDiagnosticReport(uri, known.result_id)
    return types.WorkspaceFullDocumentDiagnosticReport(
        uri, list(known.items), result_id=known.result_id
    )


def _files(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """URI and path of every file of a known language that is not excluded."""
    for folder in list(configuration.folders):
        for here, inside, files in os.walk(uris.to_fs_path(folder) or os.devnull):
            inside[:] = sorted(
                name
                for name in inside
                if not configuration.excludes(os.path.join(here, name), folder, is_folder=True)
            )
            for name in sorted(filter(language_of, files)):
                path = os.path.join(here, name)
                if not configuration.excludes(path, folder) and (uri := uris.from_fs_path(path)):
                    yield uri, path


def _state(path: str) -> tuple[int, int]:
    """What changes when somebody writes a file."""
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def _check_file(
    engine: EngineLike,
    uri: str,
    path: str,
    encoding: Encoding,
    settings: ServerSettings,
    related: bool,
    abandoned: Callable[[], bool],
) -> Judgement:
    """Read and check a file; what is no source text has no findings. Runs on the worker's thread."""
    found = sources.load(path, None, Limits())
    if not isinstance(found, Source):
        log.debug("%s is not checked: %s", path, getattr(found, "note", found))
        return Judgement()
    document = Document.of(found.text)
    snapshot = Snapshot(uri, None, found.language, document, encoding, settings)
    opened = engine.open(found.text, found.language, settings.lint_settings())
    return judge(opened, snapshot, None, abandoned, related)
