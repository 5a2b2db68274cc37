"""`lm-lint inspect`: cells named and shown, in the terminal, as a page and as numbers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from lm_lint import activations, cells, light_scorer
from lm_lint.cells import Cell, KnownCell
from tests import folders
from tests.command import Run, write

TEXT = 'int f(void)\n{\n\treturn g("🙂", 1);\n}\n'
DEPTH = KnownCell(Cell(0, 7), "depth", "c", 1, 0.0, 0.05, "R2", 0.512)
STRING = KnownCell(Cell(0, 3), "string", "c", -1, 0.0, 0.05, "AUC", 0.934)
TAGS = KnownCell(Cell(0, 1), "open-tags", "html", 1, 0.0, 1.0, "R2", 0.3)


@pytest.fixture
def model(tiny_folder: Path, tmp_path: Path) -> str:
    folder = folders.copied(tiny_folder, tmp_path / "known" / "tiny")
    cells.save(folder, (DEPTH, STRING, TAGS), {})
    return str(folder)


def test_the_best_cell_is_a_heat_map_in_the_terminal(run: Run, model: str) -> None:
    write("a.c", TEXT)
    res = run("inspect", "a.c", "--model", model)
    assert (res.status, res.err) == (0, "")
    lines = res.out.splitlines()
    assert lines[0] == "a.c as model tiny reads it"
    assert re.fullmatch(r" \* how many brackets are open +0:7 \(0.512\)  R2", lines[1])
    assert re.fullmatch(r"   inside a string +0:3 \(0.934\)  AUC", lines[2])
    assert "0:1 " not in res.out, "that is a cell for HTML"
    (at,) = [n for n, line in enumerate(lines) if line.endswith('return g("🙂", 1);')]
    # Below each character stands a height; the tab and the emoji are wide.
    assert re.fullmatch(r" {9}[▁▂▃▄▅▆▇]+", lines[at + 1].replace(lines[at + 1][5:9], "    ", 1))
    assert len(lines[at + 1]) == 5 + 4 + len('return g("🙂", 1);') + 1


def test_colours_replace_heights(run: Run, model: str) -> None:
    write("a.c", TEXT)
    res = run("inspect", "a.c", "--model", model, "--color", "always", "--property", "string")
    assert res.status == 0
    assert "\x1b[38;5;" in res.out
    assert not re.search("[▁▂▃▄▅▆▇]", res.out)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", res.out)
    assert " * inside a string" in bare
    assert '    return g("🙂", 1);' in bare


def test_numbers_are_those_of_the_network(run: Run, model: str) -> None:
    write("a.c", TEXT.replace("\n", "\r\n"))
    res = run("inspect", "a.c", "--model", model, "--format", "json", "--cell", "0:9")
    found = json.loads(res.out)
    assert (found["version"], found["path"], found["language"]) == (1, "a.c", "c")
    (cell,) = found["cells"]
    assert (cell["layer"], cell["unit"], cell["property"]) == (0, 9, None)
    values = [token["values"][0] for token in found["tokens"]]
    expected = activations.of_text(light_scorer.load(Path(model)), TEXT, "c", [Cell(0, 9)])
    np.testing.assert_allclose(values, expected[:, 0], atol=1e-4)
    assert "".join(token["text"] for token in found["tokens"]) == TEXT
    assert found["tokens"][-1]["end_offset"] == len(TEXT) + 4, "offsets count the CRs"


def test_the_page_holds_every_known_cell_of_the_language(run: Run, model: str) -> None:
    write("a.c", TEXT + "</script><b>&\n")
    res = run("inspect", "a.c", "--model", model, "--format", "html", "--output-file", "a.html")
    assert (res.status, res.out, res.err) == (0, "", "")
    page = Path("a.html").read_text(encoding="utf-8")
    assert re.findall(r'data-told="Cell (\S+): ', page) == ["0:7", "0:3"]
    assert page.count("</script>") == 1
    assert page.count(" checked") == 1
    assert not re.search(r'(?:src|href)="(?!#)', page), "nothing is fetched"


def test_standard_input_is_read(run: Run, model: str) -> None:
    res = run("inspect", "-", "--language", "c", "--model", model, stdin=TEXT.encode())
    assert res.out.startswith("<stdin> as model tiny reads it\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--property", "open-tags"], "open-tags is nothing that cells were looked for in c"),
        (["--property", "comment"], "no cell of this model follows comment in c"),
        (["--cell", "1:0"], "this network has no cell 1:0"),
        (["--cell", "x"], "'x' is no cell"),
        (["--cell", "0:1", "--property", "depth"], "exclude each other"),
        (["--format", "html", "--output-file", "no/such/a.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(
    run: Run, model: str, arguments: list[str], said: str
) -> None:
    write("a.c", TEXT)
    res = run("inspect", "a.c", "--model", model, *arguments)
    assert (res.status, res.out) == (2, "")
    assert said in res.err


def test_a_model_that_nobody_has_looked_into(run: Run, tiny_folder: Path) -> None:
    write("a.c", TEXT)
    res = run("inspect", "a.c", "--model", str(tiny_folder))
    assert res.status == 2
    assert "nobody has looked yet which cells of this model follow what" in res.err
    assert run("inspect", "a.c", "--model", str(tiny_folder), "--cell", "0:2").status == 0


def test_files_that_are_no_text_of_ours(run: Run, model: str) -> None:
    write("a.txt", "x")
    assert "the name does not say which language" in run("inspect", "a.txt", "--model", model).err
    assert "no such file" in run("inspect", "b.c", "--model", model).err
    assert run("inspect", "--model", model).status == 2


def test_tokens_are_drawn_as_a_map(run: Run, model: str) -> None:
    pytest.importorskip("sklearn")
    res = run("inspect", "--embedding", "--output-file", "map.svg", "--model", model)
    assert (res.status, res.err) == (0, "")
    drawn = Path("map.svg").read_text(encoding="utf-8")
    assert "punctuation (" in drawn
    assert ">;<" in drawn
    res = run("inspect", "--embedding", "--model", model)
    assert (res.status, "needs --output-file" in res.err) == (2, True)
