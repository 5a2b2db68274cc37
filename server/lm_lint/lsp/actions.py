"""Code actions: apply a repair, apply all that are certain enough, say that a finding is wrong.

What an action would do is written down as a command with its argument. From the two the edit follows, whether the
client wants it at once, asks for it when the action is chosen (`codeAction/resolve`), or knows commands only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from lm_lint import repairs
from lm_lint.diagnostics import Diagnostic
from lm_lint.lsp.convert import SOURCE, from_json, plain, to_diagnostic, to_json, to_range, to_span
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.suppressions import CODES, ignore_edit
from lm_lint.text import Edit

QUICKFIX = types.CodeActionKind.QuickFix.value
FIX_ALL_KIND = "source.fixAll.lmLint"
KINDS = (QUICKFIX, FIX_ALL_KIND)

# A menu has no room for what was hardly meant; the best repair is always in it.
_LEAST_CONFIDENCE = 0.01

APPLY_REPAIR = "lmLint.applyRepair"
IGNORE = "lmLint.ignore"
FIX_ALL = "lmLint.fixAll"


@dataclass(frozen=True)
class Client:
    """What the client can take.

    literals          code actions; older ones know commands only
    lazy_edits        it asks for the edit when an action is chosen
    document_changes  edits that name the version of the document
    """

    literals: bool = True
    lazy_edits: bool = False
    document_changes: bool = True

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> Client:
        text_document, workspace = capabilities.text_document, capabilities.workspace
        actions = text_document.code_action if text_document else None
        edits = workspace.workspace_edit if workspace else None
        lazy = actions.resolve_support if actions and actions.data_support else None
        return cls(
            literals=bool(actions and actions.code_action_literal_support),
            lazy_edits=bool(lazy and "edit" in lazy.properties),
            document_changes=bool(edits and edits.document_changes),
        )


@dataclass(frozen=True)
class _Offer:
    """An action before it is known how the client wants it."""

    title: str
    kind: str
    command: str
    argument: dict[str, Any]
    diagnostics: tuple[types.Diagnostic, ...] = ()
    preferred: bool = False


def code_actions(
    snapshot: Snapshot,
    found: Sequence[Diagnostic],
    params: types.CodeActionParams,
    client: Client,
) -> list[types.CodeAction | types.Command]:
    """The actions for a range and for the diagnostics that the client names with it.

    found  all diagnostics of the document, in the offsets of the snapshot
    """
    only = params.context.only
    offers: list[_Offer] = []
    if _wanted(QUICKFIX, only):
        offers += _quickfixes(snapshot, found, params)
    if _wanted(FIX_ALL_KIND, only):
        offers += _fix_all(snapshot, found, among_others=only is None)
    return [_as_the_client_wants(snapshot, found, offer, client) for offer in offers]


def resolve(
    snapshot: Snapshot, found: Sequence[Diagnostic], action: types.CodeAction, client: Client
) -> types.CodeAction:
    """The action with its edit. Raises JsonRpcInvalidParams, and JsonRpcContentModified for a text that went on."""
    data = _object(action.data)
    command, argument = data.get("command"), data.get("argument")
    return attrs.evolve(action, edit=edit_of(snapshot, found, command, [argument], client))


def uri_of(raw: object) -> str:
    """The document that the data of an action, or the arguments of a command, are about."""
    raw = plain(raw)
    argument = _object(raw[0] if isinstance(raw, list) and raw else raw)
    uri = _object(argument.get("argument", argument)).get("uri")
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams(f"the uri of a document was expected, {uri!r:.100} found")
    return uri


def edit_of(
    snapshot: Snapshot,
    found: Sequence[Diagnostic],
    command: object,
    arguments: Sequence[object] | None,
    client: Client,
) -> types.WorkspaceEdit | None:
    """What a command changes; None when there is nothing to do. Raises as `resolve` does."""
    edits_of = _EDITS.get(command) if isinstance(command, str) else None
    if edits_of is None:
        raise JsonRpcInvalidParams(f"{command!r:.100} is no command that changes text")
    argument = _object(plain(arguments[0]) if arguments else None)
    version = argument.get("version")
    if version is not None and version != snapshot.version:
        raise JsonRpcContentModified(
            f"made for version {version} of the text, which is at {snapshot.version} now"
        )
    return _workspace_edit(snapshot, edits_of(snapshot, found, argument), client)


def _quickfixes(
    snapshot: Snapshot, found: Sequence[Diagnostic], params: types.CodeActionParams
) -> Iterator[_Offer]:
    """For each finding its repairs, best first, and the way to silence it."""
    document = {"uri": snapshot.uri, "version": snapshot.version}
    for shown, offered in _concerned(snapshot, found, params):
        for idx, repair in enumerate(offered):
            if idx and repair["confidence"] < _LEAST_CONFIDENCE:
                continue
            change = {"range": repair["range"], "newText": repair["newText"]}
            yield _Offer(
                repair["title"], QUICKFIX, APPLY_REPAIR, document | change, (shown,), idx == 0
            )
        if shown.code not in CODES:
            continue
        silenced = {"code": shown.code, "range": to_json(shown.range)}
        yield _Offer(
            f"Ignore this finding here ({shown.code})",
            QUICKFIX,
            IGNORE,
            document | silenced,
            (shown,),
        )


def _concerned(
    snapshot: Snapshot, found: Sequence[Diagnostic], params: types.CodeActionParams
) -> Iterator[tuple[types.Diagnostic, list[dict[str, Any]]]]:
    """The findings that touch the range or that the client names, as the client knows them, with their repairs.

    Some clients name all the diagnostics of the line (Neovim 0.7), others those under the cursor, some none at all.
    """
    start, end = to_span(snapshot.document, params.range, snapshot.encoding)
    named = [shown for shown in params.context.diagnostics if shown.source == SOURCE]
    for diagnostic in found:
        finding = diagnostic.finding
        where = to_range(snapshot.document, finding.start, finding.end, snapshot.encoding)
        same = [shown for shown in named if (shown.code, shown.range) == (finding.code, where)]
        if same or (finding.start <= end and start <= finding.end):
            own = to_diagnostic(snapshot, diagnostic)
            yield (same[0] if same else own), cast(Any, own.data)["repairs"]
        named = [shown for shown in named if shown not in same]
    # The client may still show what a better look at the same text has withdrawn.
    for shown in named:
        data = plain(shown.data)
        if isinstance(data, dict) and data.get("version") == snapshot.version:
            yield shown, [repair for repair in data.get("repairs") or () if _is_repair(repair)]


def _is_repair(raw: object) -> bool:
    """What comes back from a client may have been written by anybody."""
    return (
        isinstance(raw, dict)
        and isinstance(raw.get("title"), str)
        and isinstance(raw.get("newText"), str)
        and isinstance(raw.get("range"), dict)
        and isinstance(raw.get("confidence"), (int, float))
    )


def _fix_all(
    snapshot: Snapshot, found: Sequence[Diagnostic], among_others: bool
) -> Iterator[_Offer]:
    """One action for the whole document; a single repair has its quickfix already, if that is offered beside it."""
    n_repairs = len(_certain(snapshot, found))
    if n_repairs > (1 if among_others else 0):
        places = "1 place" if n_repairs == 1 else f"{n_repairs} places"
        argument = {"uri": snapshot.uri, "version": snapshot.version}
        yield _Offer(
            f"Repair all that lm-lint is sure of ({places})", FIX_ALL_KIND, FIX_ALL, argument
        )


def _certain(snapshot: Snapshot, found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those whose repairs are made together: as `lm-lint --fix` does."""
    least = snapshot.settings.fix_all.min_confidence
    return repairs.certain(snapshot.document.text, snapshot.language, found, least)


def _wanted(kind: str, only: Sequence[str] | None) -> bool:
    """`source` asks for `source.fixAll.lmLint` too; no list, or an empty kind, asks for everything."""
    return only is None or any(
        f"{kind}.".startswith(f"{asked}." if asked else "") for asked in only
    )


def _as_the_client_wants(
    snapshot: Snapshot, found: Sequence[Diagnostic], offer: _Offer, client: Client
) -> types.CodeAction | types.Command:
    if not client.literals:
        return types.Command(offer.title, offer.command, arguments=[offer.argument])
    action = types.CodeAction(
        offer.title,
        kind=offer.kind,
        diagnostics=list(offer.diagnostics) or None,
        is_preferred=offer.preferred or None,
        data={"command": offer.command, "argument": offer.argument},
    )
    return action if client.lazy_edits else resolve(snapshot, found, action, client)


_Edits = Callable[[Snapshot, Sequence[Diagnostic], dict[str, Any]], list[Edit]]


def _repair_edits(
    snapshot: Snapshot, found: Sequence[Diagnostic], argument: dict[str, Any]
) -> list[Edit]:
    text = argument.get("newText")
    if not isinstance(text, str):
        raise JsonRpcInvalidParams(f"newText was expected, {text!r:.100} found")
    return [Edit(*_span(snapshot, argument), text)]


def _ignore_edits(
    snapshot: Snapshot, found: Sequence[Diagnostic], argument: dict[str, Any]
) -> list[Edit]:
    start, _ = _span(snapshot, argument)
    code = argument.get("code")
    if code not in CODES:
        raise JsonRpcInvalidParams(f"the code of a finding was expected, {code!r:.100} found")
    return [ignore_edit(snapshot.document.text, snapshot.language, start, code)]


def _fix_all_edits(
    snapshot: Snapshot, found: Sequence[Diagnostic], argument: dict[str, Any]
) -> list[Edit]:
    return repairs.edits(_certain(snapshot, found))


_EDITS: dict[str, _Edits] = {
    APPLY_REPAIR: _repair_edits,
    IGNORE: _ignore_edits,
    FIX_ALL: _fix_all_edits,
}
COMMANDS = tuple(_EDITS)


def _span(snapshot: Snapshot, argument: dict[str, Any]) -> tuple[int, int]:
    return to_span(snapshot.document, from_json(argument.get("range")), snapshot.encoding)


def _workspace_edit(
    snapshot: Snapshot, edits: Sequence[Edit], client: Client
) -> types.WorkspaceEdit | None:
    if not edits:
        return None
    text_edits = [
        types.TextEdit(
            to_range(snapshot.document, edit.start, edit.end, snapshot.encoding), edit.text
        )
        for edit in edits
    ]
    if not client.document_changes:
        return types.WorkspaceEdit(changes={snapshot.uri: text_edits})
    document = types.OptionalVersionedTextDocumentIdentifier(snapshot.uri, snapshot.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, text_edits)])


def _object(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise JsonRpcInvalidParams(f"an object was expected, {raw!r:.100} found")
    return raw
