"""The protocol as we speak it, where pygls leaves something to be desired.

Our own buffers hold the texts: pygls breaks lines where the protocol knows no break, and rebuilds the whole text at
each change. Every request gets an answer, also one that cannot be read or comes at the wrong time. What is wrong with
a message never ends the server.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from lm_lint.lsp.channels import Connection

log = logging.getLogger(__name__)


class LintProtocol(LanguageServerProtocol):
    """on_exit is called with the exit status, once the client has said `exit` or has gone."""

    connection: Connection | None = None
    on_exit: Callable[[int], None] | None = None
    _is_initialized = False
    _is_taking = False

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self._arrived: deque[object] = deque()

    # --- Messages that come in.

    def receive(self, message: object) -> None:
        """One message of the connection, on the event loop.

        A request that takes a while begins before the next message is looked at: it is about the text as it is now.
        """
        self._arrived.append(message)
        if not self._is_taking:
            self._is_taking = True
            self._take_next()

    def _take_next(self) -> None:
        if not self._arrived:
            self._is_taking = False
            return
        try:
            self._take(self._arrived.popleft())
        finally:
            # What the message has set going was scheduled before this.
            asyncio.get_running_loop().call_soon(self._take_next)

    def _take(self, message: object) -> None:
        if isinstance(message, EOFError):
            self.leave()
        elif isinstance(message, ValueError):
            log.warning("a message is no JSON: %s", message)
            self._refuse(None, JsonRpcParseError(str(message)))
        elif isinstance(message, list):
            for each in message or [None]:
                self._receive_one(each)
        else:
            self._receive_one(message)

    def _receive_one(self, message: object) -> None:
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            message_id = message.get("id") if isinstance(message, dict) else None
            self._refuse(message_id, JsonRpcInvalidRequest("no message of JSON-RPC 2.0"))
            return
        is_request = "id" in message and "method" in message
        if error := self._untimely(message):
            if is_request:
                self._refuse(message["id"], error)
            return
        # What is read is changed by reading it.
        message_id = message.get("id")
        try:
            known = self.structure_message(message)
            if is_request and not hasattr(known, "id"):
                # Read as the notification that its method is, it would never be answered.
                self._refuse(message_id, JsonRpcInvalidRequest("this method is a notification"))
                return
            self.handle_message(known)
        except JsonRpcException as error:
            log.warning("%s cannot be read", str(message.get("method", "an answer"))[:100])
            if is_request:
                self._refuse(message_id, JsonRpcInvalidParams())
            elif message_id is not None:
                self._fail_request(message_id, error)
        except Exception:
            log.exception("a message could not be handled")
            if is_request:
                self._refuse(message_id, JsonRpcInternalError())

    def _untimely(self, message: dict[str, Any]) -> JsonRpcException | None:
        """What is wrong with a message that came before `initialize`, or after `shutdown`, or twice."""
        method = message.get("method")
        if "method" not in message or method == types.EXIT:
            return None
        if not isinstance(method, str):
            return JsonRpcInvalidRequest("the method is no string")
        if not isinstance(message.get("id", ""), (str, int)):
            return JsonRpcInvalidRequest("the id is neither a string nor a number")
        if method != types.INITIALIZE and not self._is_initialized:
            return JsonRpcServerNotInitialized("initialize comes first")
        if method == types.INITIALIZE and self._is_initialized:
            return JsonRpcInvalidRequest("initialize came before")
        if self._shutdown:
            return JsonRpcInvalidRequest("only exit may follow shutdown")
        return None

    def _refuse(self, message_id: object, error: JsonRpcException) -> None:
        known = message_id if isinstance(message_id, (str, int)) else None
        self._send_data({"jsonrpc": self.VERSION, "id": known, "error": error.to_response_error()})

    def _fail_request(self, message_id: Any, error: JsonRpcException) -> None:
        """A request of ours whose answer makes no sense."""
        future = self._request_futures.pop(message_id, None)
        if future is not None and not future.done():
            future.set_exception(error)

    def _handle_cancel_notification(self, msg_id: int | str) -> None:
        # The answer may have crossed the wish to cancel: that is nothing to warn of.
        if msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)

    # --- Messages that go out.

    def _send_data(self, data: Any) -> None:
        if self.connection is not None:
            self.connection.send(data)

    def plain(self, data: Any) -> Any:
        """Objects of the protocol as plain data, for JSON."""
        return self._serialize_message(data)

    # --- What pygls does itself, but otherwise.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_OPEN](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE](params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE](params)

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Any:
        result = yield from super().lsp_initialize(params)
        self._is_initialized = True
        return result

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]
        self, params: types.ExecuteCommandParams
    ) -> Any:
        # A coroutine, so that a command can be cancelled.
        command = self.fm.commands.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"there is no command {params.command!r:.100}")
        return await command(params.arguments or [])

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> None:  # type: ignore[override]
        self.leave()

    def leave(self) -> None:
        """The client has gone, politely or not."""
        if self.on_exit is not None:
            self.on_exit(0 if self._shutdown else 1)


class Quiet(logging.Filter):
    """pygls logs plain answers, such as "the text has changed", and messages it cannot read, with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg.startswith("Unable to deserialize message"):
            return False  # a line of ours tells
        error = record.exc_info[1] if record.exc_info else sys.exc_info()[1]
        return not isinstance(error, JsonRpcException) or isinstance(error, JsonRpcInternalError)
