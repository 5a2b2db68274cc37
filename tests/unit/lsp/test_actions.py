"""Which code actions are offered for what a client asks, and that applying them repairs the text."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams
from pygls.protocol import default_converter

from lm_lint import suppressions
from lm_lint.diagnostics import Diagnostic
from lm_lint.findings import Finding, Repair
from lm_lint.lsp.actions import (
    APPLY_REPAIR,
    COMMANDS,
    FIX_ALL,
    FIX_ALL_KIND,
    IGNORE,
    KINDS,
    Client,
    code_actions,
    edit_of,
    resolve,
    uri_of,
)
from lm_lint.lsp.convert import to_diagnostic, to_edit, to_range
from lm_lint.lsp.snapshots import Snapshot
from lm_lint.remarks import remarks
from lm_lint.server_settings import FixAllSettings, ServerSettings
from lm_lint.settings import Settings
from tests.snapshots import URI, marked_snapshot, snapshot_of

EAGER = Client()
LAZY = Client(lazy_edits=True)
TWO_SLIPS = "int a = f(1«→)»;\nint b = 2«→;»\nint c;\n"


def params(
    snapshot: Snapshot,
    start: int,
    end: int,
    named: list[types.Diagnostic] | None = None,
    only: list[str] | None = None,
) -> types.CodeActionParams:
    where = to_range(snapshot.document, start, end, snapshot.encoding)
    context = types.CodeActionContext(diagnostics=named or [], only=only)
    return types.CodeActionParams(types.TextDocumentIdentifier(URI), where, context)


def offered(
    snapshot: Snapshot,
    found: list[Diagnostic],
    start: int,
    end: int | None = None,
    named: list[types.Diagnostic] | None = None,
    only: list[str] | None = None,
    client: Client = EAGER,
) -> list[Any]:
    wanted = params(snapshot, start, start if end is None else end, named, only)
    return code_actions(snapshot, found, wanted, client)


def everywhere(snapshot: Snapshot, found: list[Diagnostic], **options: Any) -> list[Any]:
    return offered(snapshot, found, 0, len(snapshot.document.text), **options)


def applied(snapshot: Snapshot, edit: types.WorkspaceEdit) -> str:
    """The text after an edit, as a client applies it: all ranges mean the text before."""
    if edit.changes is not None:
        assert edit.document_changes is None
        ((uri, edits),) = edit.changes.items()
    else:
        (change,) = edit.document_changes or ()
        assert isinstance(change, types.TextDocumentEdit)
        assert change.text_document.version == snapshot.version
        uri, edits = change.text_document.uri, change.edits  # type: ignore[assignment]
    assert uri == snapshot.uri
    document = snapshot.document
    for one in sorted(
        edits, key=lambda one: (one.range.start.line, one.range.start.character), reverse=True
    ):
        part = types.TextDocumentContentChangePartial(one.range, one.new_text)
        document = document.apply(to_edit(document, part, snapshot.encoding))
    return document.text


def titles(actions: list[Any]) -> list[str]:
    return [action.title for action in actions]


def finding(
    snapshot: Snapshot, *repairs: Repair, start: int | None = None, end: int | None = None
) -> Diagnostic:
    first = repairs[0]
    place = first.start if start is None else start, first.end if end is None else end
    return Diagnostic.of(
        snapshot.document, Finding("wrong-token", *place, 0.99, 9.0, repairs), "message"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_quickfix_repairs_the_text(encoding: Any) -> None:
    snapshot, found = marked_snapshot('s = f("🙂e\u0301"«→)»;\r\n', encoding=encoding)
    fix, ignore = everywhere(snapshot, found)
    assert (fix.title, fix.kind, fix.is_preferred) == ("Insert `)` here", "quickfix", True)
    assert applied(snapshot, fix.edit) == 's = f("🙂e\u0301");\r\n'
    assert fix.diagnostics == [to_diagnostic(snapshot, found[0])]
    assert (ignore.title, ignore.kind) == ("Ignore this finding here (missing-token)", "quickfix")
    assert ignore.is_preferred is None


def test_each_repair_has_an_action_and_only_the_best_is_preferred() -> None:
    snapshot = snapshot_of("x[1) = 2;\n")
    found = [finding(snapshot, Repair(3, 4, "]", 0.8), Repair(1, 2, "(", 0.1))]
    actions = everywhere(snapshot, found, only=["quickfix"])
    assert [(action.title, action.is_preferred) for action in actions] == [
        ("Replace `)` by `]`", True),
        ("Replace `[` by `(`", None),
        ("Ignore this finding here (wrong-token)", None),
    ]
    assert applied(snapshot, actions[1].edit) == "x(1) = 2;\n"


def test_a_menu_leaves_out_what_was_hardly_meant() -> None:
    snapshot = snapshot_of("x[1) = 2;\n")
    found = [finding(snapshot, Repair(3, 4, "]", 0.009), Repair(1, 2, "(", 0.008))]
    assert titles(everywhere(snapshot, found, only=["quickfix"])) == [
        "Replace `)` by `]`",
        "Ignore this finding here (wrong-token)",
    ]


@pytest.mark.parametrize(
    ("start", "end", "n_findings"),
    [(0, 0, 0), (11, 11, 1), (0, 11, 1), (12, 12, 0), (12, 99, 1), (0, 99, 2), (99, 0, 2)],
)
def test_findings_that_touch_the_range_have_actions(start: int, end: int, n_findings: int) -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    actions = offered(snapshot, found, start, end, only=["quickfix"])
    assert len(actions) == 2 * n_findings


def test_what_the_client_names_has_actions_wherever_the_cursor_is() -> None:
    """Neovim 0.7 names all the diagnostics of the line; the range is where the cursor stands."""
    snapshot, found = marked_snapshot(TWO_SLIPS)
    shown = to_diagnostic(snapshot, found[1])
    # As it comes back from a client: through JSON, and without what the client does not keep.
    converter = default_converter()
    named = converter.structure(converter.unstructure(shown), types.Diagnostic)
    named.data = None
    fix, _ = offered(snapshot, found, 0, named=[named], only=["quickfix"])
    assert applied(snapshot, fix.edit) == "int a = f(1;\nint b = 2;\nint c;\n"
    assert fix.diagnostics == [named]


def test_a_finding_under_the_cursor_that_is_named_too_is_offered_once() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    named = [to_diagnostic(snapshot, one) for one in found]
    assert len(offered(snapshot, found, 11, named=named[:1], only=["quickfix"])) == 2
    assert len(offered(snapshot, found, 11, named=named, only=["quickfix"])) == 4


def test_what_was_withdrawn_but_is_still_shown_can_be_repaired() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    named = [to_diagnostic(snapshot, found[0])]
    fix, _ = offered(snapshot, [], 0, named=named)
    assert applied(snapshot, fix.edit).startswith("int a = f(1);\n")
    later = dataclasses.replace(snapshot, version=4)
    assert offered(later, [], 0, named=named) == []


@pytest.mark.parametrize(
    "data", [None, 3, [], {}, {"version": 3}, {"version": 3, "repairs": [1, {"title": "x"}]}]
)
def test_what_a_client_names_may_be_anything(data: Any) -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    shown = to_diagnostic(snapshot, found[0])
    shown.data = data
    actions = offered(snapshot, [], 0, named=[shown])
    assert titles(actions) in ([], ["Ignore this finding here (missing-token)"])


def test_diagnostics_of_other_tools_are_left_alone() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    shown = to_diagnostic(snapshot, found[0])
    shown.source = "clangd"
    assert offered(snapshot, [], 0, named=[shown]) == []


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (None, {"quickfix", FIX_ALL_KIND}),
        ([""], {"quickfix", FIX_ALL_KIND}),
        (["quickfix"], {"quickfix"}),
        (["source"], {FIX_ALL_KIND}),
        (["source.fixAll"], {FIX_ALL_KIND}),
        (["source.fixAll.lmLint"], {FIX_ALL_KIND}),
        (["source.fixAll.lmLint.more"], set()),
        (["source.fixAll.other"], set()),
        (["source.organizeImports"], set()),
        (["refactor"], set()),
        (["quick"], set()),
        ([], set()),
        (["refactor", "source", "quickfix"], {"quickfix", FIX_ALL_KIND}),
    ],
)
def test_only_the_kinds_that_are_asked_for(only: list[str] | None, kinds: set[str]) -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    assert {action.kind for action in everywhere(snapshot, found, only=only)} == kinds
    assert kinds <= set(KINDS)


def test_fix_all_repairs_the_whole_text_in_one_edit() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    (action,) = offered(snapshot, found, 0, only=["source.fixAll"])
    assert action.title == "Repair all that lm-lint is sure of (2 places)"
    assert applied(snapshot, action.edit) == "int a = f(1);\nint b = 2;\nint c;\n"
    assert action.diagnostics is None


def test_one_repair_is_no_reason_for_fix_all_unless_it_is_asked_for() -> None:
    snapshot, found = marked_snapshot("f(x«→)»;\n")
    assert {action.kind for action in everywhere(snapshot, found)} == {"quickfix"}
    (action,) = everywhere(snapshot, found, only=["source.fixAll.lmLint"])
    assert action.title == "Repair all that lm-lint is sure of (1 place)"


def test_fix_all_leaves_what_is_not_certain_enough() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS, confidence=0.85)
    assert everywhere(snapshot, found, only=["source"]) == []
    settings = ServerSettings(fix_all=FixAllSettings(min_confidence=0.85))
    (action,) = everywhere(dataclasses.replace(snapshot, settings=settings), found, only=["source"])
    assert applied(snapshot, action.edit) == "int a = f(1);\nint b = 2;\nint c;\n"


@pytest.mark.parametrize(
    ("repairs", "expected"),
    [
        # The more confident of two that overlap stays, wherever it stands.
        ([(0, 3, "X", 0.95), (2, 5, "Y", 0.99)], "abYfgh"),
        ([(0, 3, "X", 0.99), (2, 5, "Y", 0.95)], "Xdefgh"),
        ([(0, 8, "X", 0.95), (1, 2, "Y", 0.96), (3, 4, "Z", 0.97)], "aYcZefgh"),
        ([(1, 2, "Y", 0.95), (0, 8, "X", 0.97)], "X"),
        # Two insertions at one place: nobody knows which comes first.
        ([(3, 3, "X", 0.95), (3, 3, "Y", 0.96)], "abcYdefgh"),
        ([(3, 3, "X", 0.95), (3, 5, "", 0.96)], "abcfgh"),
        # Side by side is apart.
        ([(0, 3, "X", 0.95), (3, 5, "Y", 0.96)], "XYfgh"),
        ([(0, 3, "", 0.95), (3, 3, "Y", 0.96)], "Ydefgh"),
        ([(4, 4, "X", 0.95), (2, 4, "Y", 0.96)], "abYXefgh"),
    ],
)
def test_repairs_that_overlap_are_not_applied_together(
    repairs: list[tuple[int, int, str, float]], expected: str
) -> None:
    snapshot = snapshot_of("abcdefgh")
    found = [finding(snapshot, Repair(*repair)) for repair in repairs]
    (action,) = everywhere(snapshot, found, only=["source"])
    assert applied(snapshot, action.edit) == expected


def test_only_the_best_repair_of_a_finding_is_for_fix_all() -> None:
    snapshot = snapshot_of("abcdefgh")
    found = [finding(snapshot, Repair(0, 1, "X", 0.91), Repair(4, 5, "Y", 0.9))]
    (action,) = everywhere(snapshot, found, only=["source"])
    assert applied(snapshot, action.edit) == "Xbcdefgh"


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("c", "f(x«→)»;\nint y;\n"),
        ("python", "f(x«→)»\ny = 1\n"),
        ("html", "<body>\n<p>some <b>bold«→</b>» text</p>\n</body>\n"),
    ],
)
def test_ignoring_writes_a_comment_that_covers_the_finding(language: Any, marked: str) -> None:
    snapshot, found = marked_snapshot(marked, language)
    *_, action = everywhere(snapshot, found, only=["quickfix"])
    text = applied(snapshot, action.edit)
    code = found[0].finding.code
    assert f"lm-lint: ignore[{code}]" in text
    start = text.index(snapshot.document.text.split("\n")[found[0].line - 1][:4])
    assert suppressions.of(text, language).covers(start, start, code)


def test_a_finding_without_repairs_can_be_ignored() -> None:
    snapshot = snapshot_of("x y;\n")
    found = [
        Diagnostic.of(snapshot.document, Finding("wrong-token", 0, 1, 0.7, 9.0, ()), "message")
    ]
    assert titles(everywhere(snapshot, found)) == ["Ignore this finding here (wrong-token)"]


def test_clients_without_document_changes_get_changes() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    client = Client(document_changes=False)
    for action in everywhere(snapshot, found, client=client):
        assert action.edit.document_changes is None
        assert list(action.edit.changes) == [URI]
    (action,) = everywhere(snapshot, found, only=["source"], client=client)
    assert applied(snapshot, action.edit) == "int a = f(1);\nint b = 2;\nint c;\n"


def test_clients_that_know_no_code_actions_get_commands() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    client = Client(literals=False, lazy_edits=True, document_changes=False)
    commands = everywhere(snapshot, found, client=client)
    assert all(isinstance(command, types.Command) for command in commands)
    named = [command.command for command in commands]
    assert named == [APPLY_REPAIR, IGNORE, APPLY_REPAIR, IGNORE, FIX_ALL]
    assert set(named) == set(COMMANDS)
    first = commands[0]
    assert first.title == "Insert `)` here"
    assert uri_of(first.arguments) == URI
    edit = edit_of(snapshot, found, first.command, first.arguments, client)
    assert edit is not None
    assert applied(snapshot, edit).startswith("int a = f(1);\n")


def test_edits_are_made_when_an_action_is_chosen_if_the_client_can_wait() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    converter = default_converter()
    lazy = everywhere(snapshot, found, client=LAZY)
    eager = everywhere(snapshot, found)
    assert len(lazy) == len(eager) == 5
    for action, complete in zip(lazy, eager, strict=True):
        assert action.edit is None
        assert uri_of(action.data) == URI
        returned = converter.structure(converter.unstructure(action), types.CodeAction)
        assert resolve(snapshot, found, returned, LAZY).edit == complete.edit
        assert complete.edit is not None


def test_an_action_for_an_older_text_is_refused() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    later = dataclasses.replace(snapshot, version=4)
    for action in everywhere(snapshot, found, client=LAZY):
        with pytest.raises(JsonRpcContentModified, match="version 3"):
            resolve(later, found, action, LAZY)


def test_a_command_without_a_version_is_for_the_text_as_it_is() -> None:
    snapshot, found = marked_snapshot(TWO_SLIPS)
    edit = edit_of(snapshot, found, FIX_ALL, [{"uri": URI}], EAGER)
    assert edit is not None
    assert applied(snapshot, edit) == "int a = f(1);\nint b = 2;\nint c;\n"


def test_a_command_with_nothing_to_do_changes_nothing() -> None:
    assert edit_of(snapshot_of("int a;\n"), [], FIX_ALL, [{"uri": URI}], EAGER) is None


SPAN = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (None, [{"uri": URI}]),
        ("lmLint.other", [{"uri": URI}]),
        (FIX_ALL, None),
        (FIX_ALL, []),
        (FIX_ALL, [URI]),
        (APPLY_REPAIR, [{"uri": URI}]),
        (APPLY_REPAIR, [{"uri": URI, "range": SPAN}]),
        (APPLY_REPAIR, [{"uri": URI, "range": SPAN, "newText": 3}]),
        (APPLY_REPAIR, [{"uri": URI, "range": [0, 0], "newText": "x"}]),
        (IGNORE, [{"uri": URI, "range": SPAN}]),
        (IGNORE, [{"uri": URI, "range": SPAN, "code": "*/ int x; /*"}]),
        (IGNORE, [{"uri": URI, "range": SPAN, "code": ["missing-token"]}]),
        (IGNORE, [{"uri": URI, "code": "missing-token"}]),
    ],
)
def test_arguments_that_make_no_sense_are_refused(command: Any, arguments: Any) -> None:
    with pytest.raises(JsonRpcInvalidParams, match=r"expected|no command"):
        edit_of(snapshot_of("int a;\n"), [], command, arguments, EAGER)


@pytest.mark.parametrize("raw", [None, [], [None], {}, {"argument": None}, [{"uri": 3}], "x"])
def test_what_names_no_document_is_refused(raw: Any) -> None:
    with pytest.raises(JsonRpcInvalidParams, match="expected"):
        uri_of(raw)


def test_what_the_client_can_take_is_read_from_its_capabilities() -> None:
    kinds = types.ClientCodeActionKindOptions([])
    able = types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(kinds),
        resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
        data_support=True,
    )
    edits = types.WorkspaceEditClientCapabilities(document_changes=True)
    capabilities = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(code_action=able),
        workspace=types.WorkspaceClientCapabilities(workspace_edit=edits),
    )
    assert Client.of(capabilities) == Client(True, True, True)
    assert Client.of(types.ClientCapabilities()) == Client(False, False, False)
    # Without `data` an action could not be told from another when it is resolved.
    able.data_support = False
    assert Client.of(capabilities) == Client(True, False, True)
    able.data_support = True
    able.resolve_support = types.ClientCodeActionResolveOptions(["command"])
    assert Client.of(capabilities) == Client(True, False, True)


def test_a_comment_of_no_use_is_taken_away_by_itself_only() -> None:
    """Not by "fix all" on each save, and nobody is offered to ignore that it ignores nothing."""
    text = "int a;  /* lm-lint: ignore */\n"
    snapshot = snapshot_of(text)
    (found,) = remarks(suppressions.of(text, "c"), "c", [], Settings())
    diagnostics = [Diagnostic.of(snapshot.document, found.finding, found.message)]
    (fix,) = everywhere(snapshot, diagnostics)
    assert (fix.title, fix.kind) == ("Remove this comment", "quickfix")
    assert applied(snapshot, fix.edit) == "int a;\n"
    assert fix.diagnostics[0].tags == [types.DiagnosticTag.Unnecessary]
    assert everywhere(snapshot, diagnostics, only=[FIX_ALL_KIND]) == []
