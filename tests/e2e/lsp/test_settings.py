"""Settings: how they come, for which folder, what becomes of wrong ones, and configuration files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.lsp_client import FULL
from tests.e2e.lsp.conftest import BROKEN, Connect

pytestmark = pytest.mark.released

SILENT_ABOUT_SETTINGS = FULL | {"workspace": {"workspaceFolders": True}}


def test_each_folder_has_its_own(connect: Connect, tmp_path: Path) -> None:
    loud, silent, later = (tmp_path / name for name in ("loud", "silent", "later"))
    for folder in (loud, silent, later):
        folder.mkdir()

    def settings(scope: str | None) -> Any:
        is_enabled = scope != silent.as_uri()
        return {"enable": is_enabled, "typing": {"pauseMs": 0}}

    client = connect(folders=[loud.as_uri(), silent.as_uri()], settings=settings)
    quiet = client.open((silent / "a.c").as_uri(), BROKEN)
    text = client.open((loud / "a.c").as_uri(), BROKEN)
    assert len(client.published(text)) == 1
    client.close(quiet)
    # A file of no folder has the settings of the window.
    outside = client.open((later / "a.c").as_uri(), BROKEN)
    assert len(client.published(outside)) == 1
    event = {"added": [{"uri": later.as_uri(), "name": "later"}], "removed": []}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    asked = lambda: [m for m in client.asked if m["method"] == "workspace/configuration"]  # noqa: E731
    client.wait_until(lambda: len(asked()) == 2)
    assert asked()[1]["params"]["items"][-1] == {"scopeUri": later.as_uri(), "section": "lmLint"}
    for each in (text, outside):
        client.closed(each)


def test_wrong_settings_are_told_once_and_fall_back(connect: Connect) -> None:
    wrong = {"minConfidence": 7, "typing": {"pauseMs": 0}, "hoover": {}}
    client = connect(settings=lambda scope: wrong)
    shown = client.wait("window/showMessage")
    assert shown["type"] == 2
    assert "lmLint.minConfidence is 7" in shown["message"]
    assert "lmLint.hoover is no setting" in shown["message"]
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    text = client.open("untitled:a", BROKEN)
    assert len(client.published(text)) == 1
    client.closed(text)


def test_a_change_is_applied_to_what_is_open(connect: Connect) -> None:
    current: dict[str, Any] = {"typing": {"pauseMs": 0}}
    client = connect(settings=lambda scope: current)
    text = client.open("untitled:a", BROKEN)
    assert len(client.published(text)) == 1
    current["enable"] = False
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    client.cleared(text)
    current["enable"] = True
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert len(client.published(text)) == 1
    client.closed(text)


def test_a_client_that_cannot_be_asked_tells(connect: Connect) -> None:
    client = connect(
        capabilities=SILENT_ABOUT_SETTINGS, options={"lmLint": {"typing": {"pauseMs": 0}}}
    )
    text = client.open("untitled:a", BROKEN)
    assert len(client.published(text)) == 1
    client.notify("workspace/didChangeConfiguration", {"settings": {"lmLint": {"enable": False}}})
    client.cleared(text)
    client.close(text)
    assert not client.asked or all(m["method"] != "workspace/configuration" for m in client.asked)


def test_configuration_files_are_read_and_watched(connect: Connect, tmp_path: Path) -> None:
    file = tmp_path / "lm-lint.toml"
    file.write_text('exclude = ["old/"]\n')
    client = connect(folders=[tmp_path.as_uri()])
    client.wait_until(lambda: any(m["method"] == "client/registerCapability" for m in client.asked))
    (registered,) = (m for m in client.asked if m["method"] == "client/registerCapability")
    (wanted,) = registered["params"]["registrations"]
    assert {"globPattern": "**/lm-lint.toml"} in wanted["registerOptions"]["watchers"]
    old = client.open((tmp_path / "old" / "a.c").as_uri(), BROKEN)
    new = client.open((tmp_path / "new" / "a.c").as_uri(), BROKEN)
    assert len(client.published(new)) == 1
    file.write_text('exclude = ["new/"]\n')
    client.notify(
        "workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 2}]}
    )
    client.cleared(new)
    assert len(client.published(old)) == 1
    file.write_text("exclude = 1\n")
    client.notify(
        "workspace/didChangeWatchedFiles", {"changes": [{"uri": file.as_uri(), "type": 2}]}
    )
    assert "exclude" in client.wait("window/showMessage")["message"]
    assert len(client.published(new)) == 1
    for text in (old, new):
        client.closed(text)
