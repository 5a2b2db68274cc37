"""`python -m models cells`: from a folder and a corpus to a file of cells and a page of figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from lm_lint import cells, light_scorer
from lm_lint.cells import IN_LANGUAGE
from lm_lint.text import LANGUAGES, Language
from models.cells import command, untrained
from models.records import corpus_file
from tests import folders
from tests.sources import SOURCES

pytest.importorskip("sklearn")

# What the sources of the tests lack.
MORE: dict[Language, str] = {
    "c": '/* a */ int f(void) { return g("b", (1)); } // c\n',
    "html": "<!-- a comment --><ul><li><b>x</b><li>y</ul>\n",
    "python": "# a comment\nx = f('a string', [\"b\"])\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for language in LANGUAGES:
        for split in ("valid", "test"):
            text = SOURCES[language] + MORE[language] * 3
            record = {"text": text, "project": split, "path": "a"}
            path = corpus_file(tmp_path / "corpus", language, split)  # type: ignore[arg-type]
            path.parent.mkdir(parents=True, exist_ok=True)
            data = (json.dumps(record) + "\n").encode()
            path.write_bytes(zstandard.ZstdCompressor().compress(data))
    return tmp_path / "corpus"


def test_cells_are_found_and_measured(tiny_folder: Path, tmp_path: Path, corpus: Path) -> None:
    folder = folders.copied(tiny_folder, tmp_path / "tiny")
    page = tmp_path / "cells.md"
    done = CliRunner().invoke(
        command,
        [str(folder), "--corpus", str(corpus), "--page", str(page)],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    known = cells.load(folder)
    for language in LANGUAGES:
        for name in IN_LANGUAGE[language]:
            own = [each for each in known if (each.language, each.property) == (language, name)]
            assert len(own) == 5
            assert len({each.cell for each in own}) == 5
            assert all(each.cell.layer == 0 and each.cell.unit < 32 for each in own)
            # Both parts are the same text here, so the best one in the one is so in the other.
            scores = [each.score for each in own]
            assert scores == sorted(scores, reverse=True)
            assert own[0].measure == ("AUC" if name in ("string", "comment") else "R2")
            assert 0 < own[0].score <= 1
    told = page.read_text(encoding="utf-8")
    assert "| C: inside a string | AUC |" in told
    assert "| HTML: how many tags are open | accuracy |" in told
    assert f"`{known[0].cell}` {known[0].score:.3f}" in told


def test_an_untrained_network_is_another_one_each_seed(tiny_folder: Path) -> None:
    scorer = light_scorer.load(tiny_folder)
    ids = scorer.sequence(scorer.tokenizer.encode(SOURCES["c"]), "c")[None]
    features = [untrained(scorer, seed).trace(ids, None)[0] for seed in (0, 0, 1)]
    assert (features[0] == features[1]).all()
    assert abs(features[0] - features[2]).max() > 0.1
