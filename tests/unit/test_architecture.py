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
    ("errors", "settings", "kinds", "server_settings", "__init__"),
    ("text",),
    ("tokens",),
    ("shape", "states", "packing"),
    ("scan_kernel", "scan", "model", "light"),
    ("ranking",),
    ("machine", "model_folder", "cells", "release", "device", "weights"),
    ("reading", "text_scorer", "scorer", "light_scorer", "activations", "heads"),
    ("findings",),
    ("html_templates", "html_names", "html_attributes", "html_lexer", "html_tree", "html_tags"),
    ("html_layout",),
    ("html_places", "html_marks", "html_repairs"),
    ("lexemes", "c_tokens", "c_macros", "c_source", "c_rules", "python_rules", "structure"),
    ("memory", "parts", "suspects"),
    ("vocabulary", "confusions", "candidates", "window"),
    ("bracket_edits", "joint_edits", "lexeme_edits", "line_edits"),
    ("code_edits",),
    ("clusters", "pricing", "features"),
    ("separation",),
    ("witnesses", "examination", "detector"),
    ("openers", "diagnostics", "suppressions", "remarks"),
    ("normal", "inspection", "checkpoints", "stretches", "live", "documents"),
    ("token_map",),
    ("markup_grammar",),
    ("markup",),
    ("extraction",),
    ("page_text",),
    ("engine",),
    ("policy", "config_table", "config"),
    ("git", "gitignore", "magics", "filetypes", "notebooks", "changes"),
    ("sources", "selection", "discovery"),
    ("results", "baseline", "rules"),
    ("cache", "linting", "crew", "pool"),
    ("writing", "repairs", "plans", "patches", "prompts", "fixes"),
    ("downloads", "archives", "trial", "cards", "installed"),
    ("compression_coder", "compression_machine", "compression_format", "compression_mixing"),
    ("compression",),
    ("formats", "doctor"),
    ("cli",),
    ("__main__",),
)
# What formats know of each other.
FORMATS_ORDER = (
    ("base", "visible", "summing", "streams", "hyperlinks", "places", "fingerprints", "heat"),
    ("diffs", "text", "concise", "json", "sarif", "github", "gitlab", "junit", "views", "html"),
    ("cell_text", "cell_json", "cell_page"),
    ("__init__",),
)
CLI_ORDER = (
    ("status", "request", "options", "terminal"),
    ("models", "inspect", "extract", "compress", "commands", "repairing", "watch", "run"),
    ("lint",),
    ("main",),
    ("__init__",),
)
# The language server: a package of its own, which nothing imports but `lm-lint server`. What stands in this
# order to the right of `engine` it does not know.
LSP_ORDER = (
    ("snapshots", "convert", "hover", "surprisal", "cells", "actions"),
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
PACKAGES = {
    "formats": (FORMATS_ORDER, RANKS["formats"]),
    "cli": (CLI_ORDER, RANKS["cli"]),
}

# Who may import what is heavy, at the top of a file or inside a function.
DOORS = {
    "tokenizers": {"tokens"},
    "torch": {
        "states",
        "scan",
        "scan_kernel",
        "model",
        "device",
        "weights",
        "scorer",
        "checkpoints",
        "live",
    },
    "triton": {"scan", "scan_kernel"},
    "safetensors": {"weights"},
    "tree_sitter": {"structure"},
    "tree_sitter_c": {"structure"},
    "tree_sitter_python": {"structure"},
    "click": set(),
    "rich": {"rules"},
    "jinja2": set(),
    "watchfiles": set(),
    "platformdirs": {"cache", "model_folder"},
    "pathspec": {"config", "config_table"},
    "tomllib": {"config"},
    "tomli": {"config"},
    "constriction": {"compression_coder"},
    "threadpoolctl": {"compression_machine"},
    # Of the language server every module may: these are no doors but the wall around lsp/.
    "pygls": set(),
    "lsprotocol": set(),
}
# The same for the packages; watchfiles is what `--watch` waits with.
PACKAGE_DOORS = {
    ("formats", "rich"): {"text", "cell_text"},
    ("formats", "jinja2"): {"html", "cell_page"},
    ("cli", "click"): {
        "options",
        "terminal",
        "models",
        "inspect",
        "extract",
        "compress",
        "commands",
        "run",
        "watch",
        "lint",
        "main",
    },
    ("cli", "rich"): {"terminal"},
    ("cli", "watchfiles"): {"watch"},
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


def test_one_command_alone_may_use_a_network() -> None:
    """Nothing is downloaded unasked: who could do so is known by who imports whom."""
    network = {"urllib.request", "http.client", "ssl"}
    # Addresses of files, and the server's own sockets, are something else.
    users = {
        str(path.relative_to(PACKAGE)): found & {*network, "lm_lint.downloads", "lm_lint.installed"}
        for path in PACKAGE.rglob("*.py")
        if (found := imported(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert {name for name, found in users.items() if found & network} == {
        "downloads.py",
        "installed.py",
    }
    assert {name for name, found in users.items() if "lm_lint.downloads" in found} == {
        "installed.py"
    }
    assert {name for name, found in users.items() if "lm_lint.installed" in found} == {
        "cli/models.py"
    }


def modules_of(package: str) -> list[str]:
    return sorted(path.stem for path in (PACKAGE / package).glob("*.py"))


@pytest.mark.parametrize(
    ("package", "name"), [(p, name) for p in PACKAGES for name in modules_of(p)]
)
def test_a_module_of_a_package_imports_only_what_stands_to_its_left(
    package: str, name: str
) -> None:
    """What is imported for its types alone may stand anywhere."""
    order, rank_of_package = PACKAGES[package]
    ranks = {each: rank for rank, each in enumerate(each for row in order for each in row)}
    assert name in ranks, f"say in {package.upper()}_ORDER where {name} stands"
    found = imported(untyped(PACKAGE / package / f"{name}.py"))
    for module in (m for m in found if m.startswith("lm_lint.")):
        parts = module.split(".")
        if parts[1] != package:
            is_command = package == "cli" and parts[1] == "lsp"  # `lm-lint server`
            assert is_command or RANKS.get(parts[1], 0) < rank_of_package, (
                f"{name} imports {module}"
            )
        elif len(parts) > 2 and parts[2] in ranks:
            assert ranks[parts[2]] < ranks[name], f"{name} imports {module}"
    for library in {module.split(".")[0] for module in found} & set(DOORS):
        assert name in PACKAGE_DOORS.get((package, library), set()), f"{name} imports {library}"


def untyped(path: Path) -> ast.AST:
    """A module without what it imports for types alone."""
    text = path.read_text(encoding="utf-8")
    return ast.parse(re.sub(r"^if TYPE_CHECKING:\n(?:    .*\n|\n)+", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", LSP_MODULES)
def test_a_module_of_the_server_imports_only_what_stands_to_its_left(name: str) -> None:
    """What is imported for its types alone may stand anywhere: parts hold on to the session that holds them."""
    found = imported(untyped(PACKAGE / "lsp" / f"{name}.py"))
    if name != "__init__":
        assert name in LSP_RANKS, f"say in LSP_ORDER where {name} stands"
    for module in (m for m in found if m.startswith("lm_lint.")):
        parts = module.split(".")
        if parts[1] != "lsp":
            assert RANKS.get(parts[1], 0) <= RANKS["repairs"], f"{name} imports {module}"
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
    for package in ("lsp", *PACKAGES):
        for name in modules_of(package):
            if not name.startswith("__"):
                named = f"`{package}/{name}.py`"
                assert named in MAP, f"ARCHITECTURE.md does not name {named}"


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
