"""docs/protocol.md names what the server has, and its examples are what the server sends."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pygls.protocol import default_converter

from lm_lint.cells import Cell, KnownCell
from lm_lint.documents import CellHeat, TokenBits, TokenHeat
from lm_lint.inspection import Look
from lm_lint.lsp.cells import answer as cell_answer
from lm_lint.lsp.convert import to_diagnostic
from lm_lint.lsp.server import create_server
from lm_lint.lsp.status import Status
from lm_lint.lsp.surprisal import answer
from tests.snapshots import marked_snapshot, snapshot_of

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "protocol.md").read_text(encoding="utf-8")
EXAMPLES: list[Any] = [json.loads(found) for found in re.findall(r"```json\n(.*?)```", PAGE, re.S)]

SERVER = create_server()
OURS = sorted(name for name in SERVER.protocol.fm.features if name.startswith("lmLint/"))


def example(*keys: str) -> dict[str, Any]:
    (found,) = [one for one in EXAMPLES if set(keys) <= one.keys()]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("method", OURS)
def test_every_method_of_our_own_has_a_section(method: str) -> None:
    assert f"\n## `{method}`\n" in PAGE


def test_no_section_is_about_a_method_that_is_not_there() -> None:
    assert sorted(re.findall(r"\n## `(.*)`\n", PAGE)) == sorted([*OURS, "lmLint/status"])


def test_the_commands_are_those_of_the_server() -> None:
    rows = re.findall(r"^\| `(lmLint\.\w+)` \|", PAGE, re.M)
    assert sorted(rows) == sorted(SERVER.protocol.fm.commands)


@pytest.mark.parametrize("method", sorted(set(SERVER.protocol.fm.features) - set(OURS)))
def test_the_standard_methods_are_named(method: str) -> None:
    assert f"`{method}`" in PAGE or f"`{method.partition('/')[2]}`" in PAGE


def test_the_status_has_these_fields() -> None:
    names = [field.name for field in dataclasses.fields(Status)]
    assert list(example("state")) == names
    for name in names:
        assert f"\n| `{name}` | " in PAGE


def test_the_example_of_a_diagnostic() -> None:
    marked = 'int main(void)\n{\n\n\n    printf("%d\\n", 6 * 7«→)»;\n'
    snapshot, (found,) = marked_snapshot(marked)
    sent = default_converter().unstructure(to_diagnostic(snapshot, found))
    shown = example("severity")
    assert sent.keys() == shown.keys()
    for name in ("range", "message", "severity", "code", "codeDescription", "source"):
        assert shown[name] == sent[name]
    assert shown["relatedInformation"][0].keys() == sent["relatedInformation"][0].keys()
    assert shown["data"].keys() == sent["data"].keys()
    repair = shown["data"]["repairs"][0] | {"confidence": 0.95}
    assert repair == sent["data"]["repairs"][0]


def test_the_example_of_surprisal() -> None:
    text = '#include <stdio.h>\n\nint main(void)\n{\n    printf("%d\\n", 6 * 7;\n    return 0;\n}\n'
    shown = example("result")["result"]
    start = text.index(" 6 *")
    lengths = (2, 2, 2, 1, 5)
    tokens = []
    bits = zip(shown["surprisalBits"], shown["entropyBits"], strict=True)
    for length, (surprisal, entropy) in zip(lengths, bits, strict=True):
        tokens.append(TokenBits(start, start + length, surprisal, entropy))
        start += length
    assert answer(snapshot_of(text), tokens) == shown


def test_the_example_of_a_cell() -> None:
    shown = example("shades")
    cell = shown["cell"]
    known = KnownCell(
        Cell(cell["layer"], cell["unit"]),
        cell["property"],
        "c",
        cell["sign"],
        cell["middle"],
        cell["spread"],
        cell["measure"],
        cell["score"],
    )
    start = (
        text := '#include <stdio.h>\n\nint main(void)\n{\n    printf("%d\\n", 6 * 7);\n}\n'
    ).index('("')
    look = Look.of(known)
    shades = look.shades(np.array(shown["values"], dtype=np.float32)).tolist()
    tokens = [
        TokenHeat(start + idx, start + idx + 1, value, shade)
        for idx, (value, shade) in enumerate(zip(shown["values"], shades, strict=True))
    ]
    assert cell_answer(snapshot_of(text), CellHeat(look, tokens, (known,))) == shown
