"""The extension's manifest is the only home of its settings' defaults, so it has to say what the server says."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from lm_lint import __version__
from lm_lint.lsp.buffers import language_for
from lm_lint.server_settings import SECTION, Entry, ServerSettings, entries

ROOT = Path(__file__).parents[2]
EXTENSION = ROOT / "clients" / "vscode"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text("utf-8"))
CONTRIBUTES: dict[str, Any] = MANIFEST["contributes"]

# What the extension reads itself and keeps from the server.
OWN = re.compile(r"lmLint\.(server|install|surprise)\.|lmLint\.trace\.server$")

ENTRIES = {f"{SECTION}.{entry.name}": entry for entry in entries()}


def settings() -> dict[str, dict[str, Any]]:
    """Every setting of the manifest by its name."""
    groups = [group["properties"] for group in CONTRIBUTES["configuration"]]
    res = {name: facts for group in groups for name, facts in group.items()}
    assert len(res) == sum(map(len, groups)), "a setting stands in two groups"
    return res


def of_server() -> dict[str, dict[str, Any]]:
    return {name: facts for name, facts in settings().items() if not OWN.match(name)}


def test_the_manifest_has_the_servers_settings_and_no_others() -> None:
    assert sorted(of_server()) == sorted(ENTRIES)


def test_the_manifests_defaults_are_the_servers() -> None:
    sent: dict[str, Any] = {}
    for name, facts in of_server().items():
        group = sent
        *path, last = name.split(".")
        for part in path:
            group = group.setdefault(part, {})
        group[last] = facts["default"]
    assert ServerSettings.parse(sent) == (ServerSettings(), [])


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_setting_takes_what_the_server_takes(name: str) -> None:
    facts, entry = of_server()[name], ENTRIES[name]
    types = [facts["type"]] if isinstance(facts["type"], str) else facts["type"]
    assert types == ([entry.kind.json, "null"] if entry.default is None else [entry.kind.json])
    assert facts["default"] == as_json(entry.default)
    if "enum" in facts:
        assert accepted(entry, facts["enum"]) == facts["enum"]
        assert entry.kind.expected.count('"') == 2 * len(facts["enum"]), "a choice is missing"
        assert len(facts["markdownEnumDescriptions"]) == len(facts["enum"])
    else:
        assert (entry.kind.json != "string") or entry.kind.expected == "a path"
    if entry.kind.json in ("number", "integer"):
        low, high = facts["minimum"], facts["maximum"]
        assert accepted(entry, [low - 1, low, high, high + 1]) == [low, high]


def as_json(value: object) -> Any:
    return json.loads(json.dumps(value))


def accepted(entry: Entry, values: list[Any]) -> list[Any]:
    res = []
    for value in values:
        try:
            entry.kind.read(value)
        except ValueError:
            continue
        res.append(value)
    return res


def test_every_setting_has_a_scope_and_a_description() -> None:
    for name, facts in settings().items():
        assert facts["markdownDescription"].endswith("."), name
        assert facts["scope"] in ("machine", "machine-overridable", "resource", "window"), name


def test_what_names_programs_is_nothing_that_a_workspace_decides_alone() -> None:
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    programs = [
        name for name in settings() if re.match(r"lmLint\.(server|install)\.|lmLint\.model$", name)
    ]
    for name in programs:
        scope = settings()[name]["scope"]
        assert scope == "machine" or (scope == "machine-overridable" and name in restricted), name


def test_versions_agree() -> None:
    assert MANIFEST["version"] == __version__
    newest = re.search(r"^## (\S+)", (EXTENSION / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == __version__


def test_the_extension_asks_for_the_python_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    source = (EXTENSION / "src" / "version.ts").read_text("utf-8")
    found = re.search(r"MINIMUM_PYTHON = '([^']+)'", source)
    assert found
    assert project["requires-python"] == f">={found[1]}"


def test_the_minimum_server_is_no_newer_than_the_one_beside_it() -> None:
    source = (EXTENSION / "src" / "version.ts").read_text("utf-8")
    found = re.search(r"MINIMUM_SERVER = '([^']+)'", source)
    assert found

    def release(version: str) -> list[int]:
        return [int(part) for part in version.split(".")[:3]]

    assert release(found[1]) <= release(__version__)


def languages() -> list[str]:
    source = (EXTENSION / "src" / "ids.ts").read_text("utf-8")
    table = re.search(r"LANGUAGES = \[(.*?)\]", source, re.DOTALL)
    assert table
    return re.findall(r"'([^']+)'", table[1])


def test_the_extension_wakes_for_every_language() -> None:
    woken = [
        event.partition(":")[2]
        for event in MANIFEST["activationEvents"]
        if event.startswith("onLanguage:")
    ]
    assert woken == languages()


@pytest.mark.parametrize("language", languages())
def test_the_server_knows_every_language(language: str) -> None:
    assert language_for(language, "file:///home/me/page") is not None


def test_cpp_is_not_claimed() -> None:
    assert language_for("cpp", "file:///home/me/a.cpp") is None
    assert "cpp" not in languages()


def test_every_command_of_the_manifest_is_registered_and_none_has_a_name_of_the_servers() -> None:
    declared = {command["command"] for command in CONTRIBUTES["commands"]}
    source = (EXTENSION / "src" / "ids.ts").read_text("utf-8")
    assert declared == set(re.findall(r"'(lm-lint\.[a-zA-Z]+)'", source))


def test_walkthroughs_name_commands_and_pictures_that_are_there() -> None:
    declared = {command["command"] for command in CONTRIBUTES["commands"]}
    for step in (step for guide in CONTRIBUTES["walkthroughs"] for step in guide["steps"]):
        named = re.findall(r"command:([\w.-]+)", json.dumps(step))
        assert named, step["id"]
        assert {name for name in named if name.startswith("lm-lint.")} <= declared
        picture = step["media"].get("svg") or step["media"].get("markdown")
        assert (EXTENSION / picture).is_file(), picture


def test_every_colour_has_a_default_in_each_kind_of_theme() -> None:
    source = (EXTENSION / "src" / "surprise" / "levels.ts").read_text("utf-8")
    found = re.search(r"LEVELS = (\d+)", source)
    assert found
    names = [colour["id"] for colour in CONTRIBUTES["colors"]]
    surprise = [f"lmLint.surprise{level}" for level in range(1, int(found[1]) + 1)]
    source = (EXTENSION / "src" / "surprise" / "cells.ts").read_text("utf-8")
    listed = re.search(r"SHADES = \[(.*?)\]", source)
    assert listed
    assert names == surprise + [f"lmLint.cell.{name}" for name in re.findall(r"'(\w+)'", listed[1])]
    for colour in CONTRIBUTES["colors"]:
        assert sorted(colour["defaults"]) == ["dark", "highContrast", "highContrastLight", "light"]
        for value in colour["defaults"].values():
            assert re.fullmatch(r"#[0-9a-f]{6}[0-9a-f]{2}", value), (
                "the text below has to shine through"
            )


def test_the_licence_is_the_repositorys() -> None:
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_readme_shows_pictures_that_are_there() -> None:
    page = (EXTENSION / "README.md").read_text("utf-8")
    pictures = re.findall(r"\]\((images/[^)]+)\)", page)
    assert pictures
    missing = [picture for picture in pictures if not Path(EXTENSION, picture).is_file()]
    assert missing == []
