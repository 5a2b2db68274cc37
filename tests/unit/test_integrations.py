"""The files that other services read, and docs/ci.md: each has the form that its service wants, and names no option
that lm-lint does not have."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from identify.identify import tags_from_filename

from lm_lint import __version__
from lm_lint.cli import lint
from lm_lint.cli.commands import COMMANDS
from lm_lint.config import load
from lm_lint.filetypes import language_by_name

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
GITLAB = ROOT / "integrations" / "gitlab" / "lm-lint.gitlab-ci.yml"
REVIEWDOG = ROOT / "integrations" / "reviewdog" / ".reviewdog.yml"
MEGALINTER = (
    ROOT / "integrations" / "mega-linter-plugin-lm-lint" / "lm-lint.megalinter-descriptor.yml"
)
ACTION_SCRIPT = ROOT / "integrations" / "github" / "lint.py"

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# What a shell would run: at the start of a line, of a step or of a string, or behind an operator.
COMMAND = re.compile(
    r"(?:^|[|&;'>{]|\bexec\b|\brun:|-|^docker run [^\n]*?)[ \t]*(?<!--)(?:/opt/lm-lint/bin/)?\blm-lint +(?!@|--version)([^\n']*)",
    re.MULTILINE,
)


def blocks(language: str) -> list[str]:
    return [text for _, found, text in BLOCK.findall(PAGE) if found == language]


def strings(node: Any) -> Iterator[str]:
    """All strings of what a YAML file says; comments are not among them."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def words(command: str) -> list[str]:
    """The words of a command, up to the first operator of the shell."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    res: list[str] = []
    for word in lexer:
        if set(word) <= set("();<>|&"):
            break
        res.append(word)
    return res


def commands() -> dict[str, list[str]]:
    """The words behind each `lm-lint`, by where it stands and what it is."""
    code = [text for _, _, text in BLOCK.findall(PAGE)] + INLINE.findall(PAGE)
    texts = {"docs/ci.md": code, "Dockerfile": [(ROOT / "Dockerfile").read_text(encoding="utf-8")]}
    texts["hooks"] = [f"{hook['entry']} a.c" for hook in HOOKS]
    for file in (GITLAB, REVIEWDOG, MEGALINTER):
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
        texts[file.name] = list(strings(read))
    return {
        f"{name}: {found}": words(found)
        for name, some in texts.items()
        for text in some
        for found in COMMAND.findall(text)
    }


def parsed(arguments: list[str]) -> None:
    """The command line takes it; a UsageError if there is no such option, or options contradict each other."""
    first, *rest = arguments
    if first in COMMANDS:
        ctx = COMMANDS[first].make_context("lm-lint", rest)
        if isinstance(ctx.command, click.Group):
            _, command, rest = ctx.command.resolve_command(ctx, rest)
            assert command
            command.make_context("lm-lint", rest)
        return
    ctx = lint.command.make_context("lm-lint", rest if first == lint.command.name else arguments)
    lint._request(ctx, ctx.params)


def checked(schema: str, *files: Path) -> None:
    """The files have the form of a schema that check-jsonschema brings along."""
    transform = ["--data-transform", schema] if schema in ("gitlab-ci", "azure-pipelines") else []
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", *transform]
    done = subprocess.run(
        [sys.executable, "-m", *command, *map(str, files)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pre_commit(tmp_path: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "file"), [("github-actions", ROOT / "action.yml"), ("gitlab-ci", GITLAB)]
)
def test_files_have_the_form_of_their_service(schema: str, file: Path) -> None:
    checked(schema, file)


def test_pre_commit_takes_the_hooks(tmp_path: Path) -> None:
    pre_commit(tmp_path, "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    assert [hook["id"] for hook in HOOKS] == ["lm-lint", "lm-lint-fix"]


@pytest.mark.parametrize(
    ("schema", "key", "least"),
    [
        ("github-workflows", "on", 4),
        ("gitlab-ci", "lm-lint", 2),
        ("azure-pipelines", "steps", 1),
        ("circle-ci", "workflows", 1),
    ],
)
def test_pipelines_of_the_page_have_the_form_of_their_service(
    schema: str, key: str, least: int, tmp_path: Path
) -> None:
    # YAML 1.1 reads a key called `on` as True.
    found = [text for text in blocks("yaml") if re.search(rf"^{key}:", text, re.MULTILINE)]
    found = [text for text in found if (key == "workflows") == ("\nworkflows:" in text)]
    assert len(found) >= least
    files = [tmp_path / f"{number}.yml" for number, _ in enumerate(found)]
    for file, text in zip(files, found, strict=True):
        file.write_text(text, encoding="utf-8")
    checked(schema, *files)


def test_the_configuration_of_pre_commit_on_the_page_is_one(tmp_path: Path) -> None:
    (text,) = [text for text in blocks("yaml") if text.startswith("repos:")]
    file = tmp_path / ".pre-commit-config.yaml"
    file.write_text(text, encoding="utf-8")
    pre_commit(tmp_path, "validate-config", str(file))


@pytest.mark.parametrize("arguments", commands().values(), ids=commands())
def test_every_command_is_one(arguments: list[str]) -> None:
    parsed(arguments)


def test_configurations_of_the_page_are_ones(tmp_path: Path) -> None:
    inline = [text for text in INLINE.findall(PAGE) if re.match(r"[\w-]+ = ", text)]
    texts = [textwrap.dedent(text) for text in blocks("toml")] + inline
    assert len(texts) >= 4
    for text in texts:
        file = tmp_path / "lm-lint.toml"
        file.write_text(text, encoding="utf-8")
        load(file)


def test_commands_are_found_everywhere() -> None:
    found = commands()
    assert len(found) > 30
    places = {key.split(":")[0] for key in found}
    assert places >= {
        "docs/ci.md", "Dockerfile", "hooks", *(f.name for f in (GITLAB, REVIEWDOG, MEGALINTER))
    }  # fmt: skip


def test_versions_are_those_of_the_package() -> None:
    """What is copied from here installs the version that it was written for."""
    for file in (ROOT / "docs" / "ci.md", ROOT / "action.yml", GITLAB, MEGALINTER):
        text = file.read_text(encoding="utf-8")
        named = re.findall(r"\bv(\d+\.\d+\.\d+)\b(?! *$)", re.sub(r"uses: [^l].*", "", text))
        assert set(named) == {__version__}, file.name


def test_the_page_has_the_inputs_of_the_action() -> None:
    table = PAGE.split("| input |")[1].split("\n\n")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")] for line in table.splitlines()[2:]]
    told = {name: default for _, name, default, *_ in rows}
    defaults = {name: given["default"] for name, given in ACTION["inputs"].items()}
    assert told == defaults | {"torch-index": "torch for the CPU"}
    for name in ACTION["outputs"]:
        assert f"`{name}`" in PAGE


def test_inputs_of_the_action_reach_scripts_as_values_only() -> None:
    """Text that is pasted into a script could say anything: the title of a pull request, say."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), step["name"]
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), f"{step['uses']} may change"


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("a.c", True), ("a.h", True), ("a.cpp", False), ("a.py", True), ("a.pyi", True), ("a.ipynb", True),
        ("a.html", True), ("a.HTM", True), ("a.xhtml", True), ("a.html.j2", True), ("v1.2/a.jinja", True),
        ("nginx.conf.j2", False), ("a.yml.jinja2", False), ("a.html.erb", True), ("a.xhtml.ejs", True),
        ("a.js.erb", False), ("a.erb", False), ("a.md", False),
    ],
)  # fmt: skip
def test_hooks_are_given_what_lm_lint_knows(name: str, is_ours: bool) -> None:
    """A file that pre-commit names and lm-lint does not know would end with status 2."""
    assert (language_by_name(name) is not None) is is_ours
    for hook in HOOKS:
        taken = set(hook["types_or"]) & tags_from_filename(name)
        assert bool(taken and not re.search(hook["exclude"], name)) is is_ours


def test_megalinter_would_load_the_plugin() -> None:
    """What its loader asks for, and how it cuts the lines that install a plugin."""
    assert "/mega-linter-plugin-" in MEGALINTER.as_posix()
    (linter,) = yaml.safe_load(MEGALINTER.read_text(encoding="utf-8"))["linters"]
    assert {"linter_name", "linter_url", "examples"} <= set(linter)
    for line in linter["install"]["dockerfile"]:
        assert line.startswith("RUN ")
        assert " \\" not in line
    lines = "a.c:1:2: error: x [y]\na.c:3:4: hint: x [y]\n\n1 error, 1 hint in 1 file\n"
    assert len(re.findall(linter["cli_lint_errors_regex"], lines)) == 2


def test_the_image_is_built_from_all_that_the_wheel_is_made_of() -> None:
    with open(ROOT / "pyproject.toml", "rb") as file:
        project = tomllib.load(file)
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {*wheel["force-include"], *wheel.get("shared-data", {}), "pyproject.toml"}
    needed |= {project["project"]["readme"], *project["project"]["license-files"], "server"}
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == needed | {"constraints.txt"}


FAKE = """\
import json, os, sys
arguments = sys.argv[1:]
with open(os.environ["SEEN"], "a") as seen:
    seen.write(json.dumps(arguments) + "\\n")
if "sarif" in arguments:
    results = [{}, {"suppressions": [{"kind": "inSource"}]}, {}]
    with open(arguments[arguments.index("--output-file") + 1], "w") as sarif:
        json.dump({"runs": [{"results": results}]}, sarif)
else:
    print("::error::found")
sys.exit(int(os.environ["STATUS"]))
"""


def acted(
    tmp_path: Path, status: int, **inputs: str
) -> tuple[int, dict[str, str], list[list[str]]]:
    """The status of the action's script, its outputs and what it ran, with an lm-lint that says what it is told to."""
    fake = tmp_path / "lm-lint"
    fake.write_text(f"#!{sys.executable}\n{FAKE}", encoding="utf-8")
    fake.chmod(0o755)
    output, seen = tmp_path / "output", tmp_path / "seen"
    given = {"ARGS": "", "FILES": ".", "FORMAT": "github", "CHANGED_SINCE": "", "RESULTS": "kept"}
    environment = {
        **os.environ,
        **{f"LM_LINT_{name}": value for name, value in (given | inputs).items()},
        "LM_LINT_SARIF": str(tmp_path / "out.sarif"),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "SEEN": str(seen),
        "STATUS": str(status),
    }
    done = subprocess.run(
        [sys.executable, str(ACTION_SCRIPT), str(fake)], env=environment, capture_output=True
    )
    lines = output.read_text(encoding="utf-8").splitlines() if output.exists() else []
    runs = seen.read_text(encoding="utf-8").splitlines() if seen.exists() else []
    told = dict(line.split("=", 1) for line in lines)
    return done.returncode, told, [json.loads(line) for line in runs]


def test_the_action_runs_for_people_and_for_code_scanning(tmp_path: Path) -> None:
    given = {"ARGS": "--select 'a b'", "FILES": "src\n'my page.html'", "CHANGED_SINCE": "abc"}
    status, told, (first, second) = acted(tmp_path, 1, **given)
    assert status == 0, "findings are told by the output, so that they can be uploaded"
    sarif = str(tmp_path / "out.sarif")
    assert told == {"status": "1", "findings": "2", "sarif-file": sarif}
    both = [
        "check",
        "--select",
        "a b",
        "--changed-since",
        "abc",
        "--cache-dir",
        "kept",
        "--no-progress",
    ]
    files = ["--", "src", "my page.html"]
    assert first == [*both, "--format", "github", *files]
    assert second == [*both, "--format", "sarif", "--output-file", sarif, *files]
    assert "2 findings" in (tmp_path / "summary").read_text(encoding="utf-8")


def test_what_could_not_be_linted_fails_the_action(tmp_path: Path) -> None:
    assert acted(tmp_path, 2)[0] == 2


def test_an_input_that_is_no_list_of_words_fails_the_action(tmp_path: Path) -> None:
    assert acted(tmp_path, 0, ARGS="--select 'a") == (2, {}, [])


@pytest.mark.parametrize("status", [0, 1])
def test_the_options_of_the_action_are_options(status: int, tmp_path: Path) -> None:
    for arguments in acted(tmp_path, status, CHANGED_SINCE="HEAD")[2]:
        assert arguments[0] == "check"
        parsed(arguments)
