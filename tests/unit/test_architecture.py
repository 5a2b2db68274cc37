"""The picture of ARCHITECTURE.md and STYLE: imports go one way, heavy libraries have one door, the map is true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server" / "lm_lint"
MAP = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")

# A module may import modules of the rows above its own, and of its own row only those to its left.
ORDER = (
    ("errors", "settings", "server_settings", "__init__"),
    ("text",),
    ("tokens",),
    ("scan_kernel", "scan", "model"),
    ("ranking",),
    ("device", "weights"),
    ("scorer",),
    ("findings",),
    ("html_templates", "html_names", "html_attributes", "html_lexer", "html_tree", "html_tags"),
    ("html_layout",),
    ("html_places", "html_marks", "html_repairs"),
    ("lexemes", "c_tokens", "c_macros", "c_source", "c_rules", "python_rules", "structure"),
    ("memory", "parts", "suspects"),
    ("clusters", "candidates", "pricing", "features"),
    ("witnesses", "detector"),
    ("openers", "diagnostics", "suppressions"),
    ("normal", "checkpoints", "live", "documents"),
    ("engine",),
    ("config", "sources", "doctor", "render"),
    ("cli",),
    ("__main__",),
)
# The language server: a package of its own, which nothing imports but `lm-lint server`. What stands in this
# order to the right of `engine` it does not know.
LSP_ORDER = (
    ("snapshots", "convert", "hover", "surprisal", "actions"),
    ("channels", "protocol", "life", "logs"),
    ("buffers", "client", "configuration", "status", "publishing", "worker", "checks"),
    ("pull",),
    ("session",),
    ("sync", "requests"),
    ("server",),
    ("__main__",),
)
LSP_RANKS = {name: rank for rank, name in enumerate(name for row in LSP_ORDER for name in row)}
RANKS = {name: rank for rank, name in enumerate(name for row in ORDER for name in row)}

# Who may import what is heavy, at the top of a file or inside a function.
DOORS = {
    "tokenizers": {"tokens"},
    "torch": {"scan", "scan_kernel", "model", "device", "weights", "scorer", "checkpoints", "live"},
    "triton": {"scan", "scan_kernel"},
    "safetensors": {"weights"},
    "tree_sitter": {"structure"},
    "tree_sitter_c": {"structure"},
    "tree_sitter_python": {"structure"},
    "click": {"cli"},
    "rich": {"render"},
    "pathspec": {"config"},
    "tomllib": {"config"},
    "tomli": {"config"},
    # Of the language server every module may: these are no doors but the wall around lsp/.
    "pygls": set(),
    "lsprotocol": set(),
}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
LSP_MODULES = sorted(path.stem for path in (PACKAGE / "lsp").glob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """The dotted names of all modules that a file imports, wherever in it."""
    res: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            res |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            res.add(node.module)
            res |= {f"{node.module}.{alias.name}" for alias in node.names}
    return res


def imports_of(name: str) -> set[str]:
    return imported(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_what_stands_to_its_left(name: str) -> None:
    assert name in RANKS, f"say in ORDER where {name} stands"
    own = {module.split(".")[1] for module in imports_of(name) if module.startswith("lm_lint.")}
    for other in own & set(RANKS):
        assert RANKS[other] < RANKS[name], f"{name} imports {other}"


@pytest.mark.parametrize("name", MODULES)
def test_heavy_libraries_have_one_door(name: str) -> None:
    for library in {module.split(".")[0] for module in imports_of(name)} & set(DOORS):
        assert name in DOORS[library], f"{name} imports {library}"


@pytest.mark.parametrize("name", LSP_MODULES)
def test_a_module_of_the_server_imports_only_what_stands_to_its_left(name: str) -> None:
    """What is imported for its types alone may stand anywhere: parts hold on to the session that holds them."""
    text = (PACKAGE / "lsp" / f"{name}.py").read_text(encoding="utf-8")
    found = imported(
        ast.parse(re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n|\n)+", "", text, flags=re.MULTILINE))
    )
    if name != "__init__":
        assert name in LSP_RANKS, f"say in LSP_ORDER where {name} stands"
    for module in (m for m in found if m.startswith("lm_lint.")):
        parts = module.split(".")
        if parts[1] != "lsp":
            assert RANKS.get(parts[1], 0) <= RANKS["sources"], f"{name} imports {module}"
        elif len(parts) > 2 and parts[2] in LSP_RANKS:
            assert LSP_RANKS[parts[2]] < LSP_RANKS[name], f"{name} imports {module}"
    assert not {"torch", "tokenizers", "tree_sitter", "click", "rich"} & {
        m.split(".")[0] for m in found
    }, name


def test_the_package_does_not_know_its_training() -> None:
    for name in MODULES:
        roots = {module.split(".")[0] for module in imports_of(name)}
        assert not roots & {"models", "bench", "tests"}, name


def test_every_file_on_the_map_exists() -> None:
    named = re.findall(r"`([\w./-]+(?:\.\w+|/))`", MAP)
    assert len(named) > 20
    for name in named:
        places = (ROOT / name, PACKAGE / name, ROOT / "models" / name)
        assert any(place.exists() for place in places), f"ARCHITECTURE.md names {name}"


def test_every_module_is_on_the_map() -> None:
    for name in MODULES:
        if name != "__init__":
            assert f"`{name}.py`" in MAP, f"ARCHITECTURE.md does not name {name}.py"
    for name in LSP_MODULES:
        if not name.startswith("__"):
            assert f"`lsp/{name}.py`" in MAP, f"ARCHITECTURE.md does not name lsp/{name}.py"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['lm-lint', '--help']\n"
        "from lm_lint import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        f"print(sorted(set(sys.modules) & {set(DOORS) - {'click'} | {'numpy'}!r}), file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "server")},
    )
    assert "Exit status" in done.stdout
    assert done.stderr.strip() == "[]"
