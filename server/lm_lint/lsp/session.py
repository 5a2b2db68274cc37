"""What passes between the parts of the language server, for one client.

What changes lives on the event loop (texts, settings, what was told to the client) or on the worker's thread (the
model and what is remembered of documents); snapshots and edits go one way, results the other.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from lm_lint import __version__
from lm_lint.documents import OpenDocument
from lm_lint.lsp import life
from lm_lint.lsp.buffers import Buffer, Buffers
from lm_lint.lsp.checks import Checks
from lm_lint.lsp.client import Client
from lm_lint.lsp.configuration import Configuration, as_one_message
from lm_lint.lsp.convert import to_encoding
from lm_lint.lsp.logs import ClientLog
from lm_lint.lsp.protocol import LintProtocol
from lm_lint.lsp.publishing import Judgement, Report, Reports, judge
from lm_lint.lsp.pull import WorkspaceReports
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.lsp.status import ProgressBar, StatusTeller
from lm_lint.lsp.worker import EngineLike, NoModel, Stale, Worker
from lm_lint.settings import Settings
from lm_lint.text import Encoding

log = logging.getLogger(__name__)

REQUEST_FAILED = -32803
CONFIGURATION_TIMEOUT_S = 5.0  # then the defaults hold
CONFIGURATION_NAMES = ("lm-lint.toml", "pyproject.toml")
SOURCE_FILES = "**/*.{c,h,py,pyi,html,htm,xhtml}"

T = TypeVar("T")
Load = Callable[[Settings], EngineLike]


class LintServer(LanguageServer):
    """One client's server. The attributes below are there once `initialize` came."""

    protocol: LintProtocol
    client: Client
    encoding: Encoding
    worker: Worker
    reports: Reports
    checks: Checks

    def __init__(self, load: Load, settings: Settings | None = None) -> None:
        super().__init__(
            "lm-lint",
            __version__,
            types.TextDocumentSyncKind.Incremental,
            protocol_cls=LintProtocol,
            converter_factory=default_converter,
        )
        self._load = load
        self._tasks: set[asyncio.Task[None]] = set()
        self._n_configured = 0
        self._loaded_with: Settings | None = None
        self._bar: ProgressBar | None = None
        self.buffers = Buffers()
        self.configuration = Configuration(settings or Settings())
        self._told_problems: list[str] = []
        self._is_refreshing = False
        self.status = StatusTeller(self.protocol.notify)
        self.workspace_reports = WorkspaceReports(self)
        self.client_log = ClientLog(self.window_log_message)
        self.pulls = False

    def end(self) -> bool:
        """Give up all work; False if the worker is still in the middle of some."""
        for task in self._tasks:
            task.cancel()
        worker: Worker | None = getattr(self, "worker", None)
        return worker is None or worker.stop(timeout_s=0.5)

    def report_server_error(self, error: Exception, source: object) -> None:
        """What went wrong is in the log; a box for each error would help nobody."""
        log.debug("%s: %s", source, error)

    # --- From `initialize` to work.

    def initialize(self, params: types.InitializeParams) -> None:
        self.client = Client.of(params.capabilities)
        self.encoding = to_encoding(params.capabilities.general)
        self.configuration.initialize(params)
        mode = self.configuration.overall.diagnostics.mode
        self.pulls = self.client.pulls and mode != "push"
        self.reports = Reports(None if self.pulls else self.text_document_publish_diagnostics)
        judges = functools.partial(judge, related=self.client.related)
        self.worker = Worker(asyncio.get_running_loop(), self._load, judges, self)
        self.checks = Checks(self.worker, self.reports)
        if params.process_id is not None:
            self.run(self._leave_with(params.process_id))

    async def begin(self) -> None:
        """The client is ready: ask for its settings, then load the model."""
        self.client_log.start(self.configuration.overall.trace.log)
        if self.client.watches:
            self.run(self._watch_files())
        await self.configure()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the handling of messages; the task is kept, since the loop does not."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("something failed beside the messages", exc_info=error)

    async def _leave_with(self, process_id: int) -> None:
        await life.until_gone(process_id)
        self.protocol.leave()

    async def _watch_files(self) -> None:
        patterns = [
            *(f"**/{name}" for name in CONFIGURATION_NAMES),
            *([SOURCE_FILES] if self.pulls else []),
        ]
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(pattern) for pattern in patterns]
        )
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        wanted = [types.Registration("lm-lint files", method, options)]
        try:
            await self.client_register_capability_async(types.RegistrationParams(wanted))
        except JsonRpcException as error:
            log.info("the client watches no files: %s", error)

    # --- Settings.

    async def configure(self, told: object = None) -> None:
        """Learn the settings and work with them; `told` is what a client said that cannot be asked."""
        self._n_configured += 1
        number = self._n_configured
        if self.client.configuration:
            asked = self.configuration.questions()
            try:
                answers = await asyncio.wait_for(
                    self.workspace_configuration_async(asked), CONFIGURATION_TIMEOUT_S
                )
            except (JsonRpcException, asyncio.TimeoutError) as error:
                log.warning("the client does not tell its settings: %s", error)
                answers = []
            if number != self._n_configured:
                return  # asked again meanwhile
            self.configuration.answer(asked, answers or [])
        elif told is not None:
            self.configuration.tell(told)
        self.apply_settings()

    def apply_settings(self) -> None:
        """Load another model where it has to be another; check what is now to be checked otherwise."""
        self.configuration.read_files_anew()
        overall = self.configuration.overall
        self.client_log.level_of(overall.trace.log)
        last, wanted = self._loaded_with, overall.lint_settings()
        is_loaded = self.configuration.is_enabled and (
            last is None or (last.device, last.model) != (wanted.device, wanted.model)
        )
        if is_loaded:
            self.load_model()
        is_changed = False
        for buffer in self.buffers:
            settings = self.configuration.settings_for(buffer.uri)
            is_other = settings != buffer.settings
            buffer.settings = settings
            if is_other or self.wants(buffer) != self.watches(buffer.uri):
                self.watch_or_not(buffer)
                is_changed = True
        self._tell_problems()
        self.workspace_reports.wake()
        if is_changed and last is not None:
            self.refresh()

    def _tell_problems(self) -> None:
        problems = self.configuration.problems
        if problems and problems != self._told_problems:
            message = as_one_message(problems)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))
        self._told_problems = problems

    def files_changed(self, changed: Sequence[str]) -> None:
        """Files of the workspace changed on disk, among them perhaps configuration files."""
        if any(uri.endswith(CONFIGURATION_NAMES) for uri in changed):
            self.apply_settings()
        self.workspace_reports.wake()

    # --- Documents.

    def wants_file(self, uri: str) -> bool:
        """Is a file that is not open to be checked?"""
        settings = self.configuration.settings_for(uri)
        is_wanted = settings.enable and settings.diagnostics.workspace
        return is_wanted and not self.configuration.is_excluded(uri)

    def wants(self, buffer: Buffer) -> bool:
        return buffer.is_checked and not self.configuration.is_excluded(buffer.uri)

    def watches(self, uri: str) -> bool:
        return self.reports.get(uri) is not None

    def watch_or_not(self, buffer: Buffer) -> None:
        """What was opened, or has other settings now."""
        if self.wants(buffer):
            self.checks.watch(buffer)
        elif self.watches(buffer.uri):
            self.checks.unwatch(buffer.uri)

    async def report_of(self, uri: str, is_final: bool = False) -> Report | None:
        """The report on the newest text of a document, once it is there; None for one that is not checked.

        is_final  the place being typed, too, has been looked at
        """
        report = self.reports.get(uri)
        while report is not None:
            buffer = self.buffers.get(uri)
            is_current = buffer is not None and report.snapshot is buffer.snapshot
            if is_current and (report.is_final or not is_final):
                break
            report = await self.reports.next(uri)
        return report

    async def ask(
        self, uri: str, work: Callable[[OpenDocument, Snapshot, Callable[[], bool]], T]
    ) -> tuple[Snapshot, T]:
        """What the worker says of a document, and of which text; raises what the client is to be answered."""
        buffer = self.buffers.get(uri)
        if buffer is None or buffer.snapshot is None or not self.watches(uri):
            raise JsonRpcException(f"{uri} is not open, or not checked", REQUEST_FAILED)
        snapshot = buffer.snapshot
        try:
            return snapshot, await self.worker.ask(
                snapshot, lambda document, abandoned: work(document, snapshot, abandoned)
            )
        except Stale as error:
            raise JsonRpcContentModified("the text has changed meanwhile") from error
        except NoModel as error:
            raise JsonRpcException(str(error), REQUEST_FAILED) from error

    def refresh(self) -> None:
        """Have a client that pulls ask again."""
        if self.pulls and self.client.can_refresh and not self._is_refreshing:
            self._is_refreshing = True
            self.run(self._refresh())

    async def _refresh(self) -> None:
        try:
            await self.workspace_diagnostic_refresh_async(None)
        except JsonRpcException as error:
            log.info("the client does not refresh: %s", error)
        finally:
            self._is_refreshing = False

    # --- The model, and what the worker tells (it is the worker's listener).

    def load_model(self) -> None:
        """Load it, or load it anew and check everything with it."""
        is_first, settings = self._loaded_with is None, self.configuration.overall.lint_settings()
        self._loaded_with = settings
        self.status.loading()
        if self.client.progress:
            self._end_bar("")
            self._bar = ProgressBar(self.work_done_progress, "Loading lm-lint's model")
            self.run(self._bar.show())
        self.worker.load(settings)
        if not is_first:
            for buffer in self.buffers:
                self.watch_or_not(buffer)
            self.workspace_reports.forget()
            self.refresh()

    def model_loaded(self, model: str, device: str) -> None:
        log.info("model %s on %s", model, device)
        self._end_bar(f"{model} on {device}")
        self.status.ready(model, device)

    def model_failed(self, message: str) -> None:
        log.error("no model: %s", message)
        self._end_bar("failed")
        self.status.failed(message)
        self.window_show_message(
            types.ShowMessageParams(types.MessageType.Error, f"lm-lint finds nothing: {message}")
        )

    def _end_bar(self, message: str) -> None:
        if self._bar is not None:
            self._bar.end(message)
            self._bar = None

    def work_changed(self, is_busy: bool) -> None:
        self.status.working(is_busy)

    def checked(self, snapshot: Snapshot, is_final: bool, result: Judgement | None) -> None:
        tell = functools.partial(self._tell, snapshot, is_final, result or Judgement())
        if not (
            self._is_newest(snapshot) and is_final and self.checks.keep_back(snapshot.uri, tell)
        ):
            tell()

    def _is_newest(self, snapshot: Snapshot) -> bool:
        buffer = self.buffers.get(snapshot.uri)
        return buffer is not None and buffer.snapshot is snapshot

    def _tell(self, snapshot: Snapshot, is_final: bool, judgement: Judgement) -> None:
        report = self.reports.get(snapshot.uri)
        if report is None or not self._is_newest(snapshot):
            return  # about a text that is not there any more
        self.reports.checked(snapshot, is_final, judgement)
        pulled, result_id = report.pulled
        if pulled is snapshot and result_id != report.result_id:
            self.refresh()
