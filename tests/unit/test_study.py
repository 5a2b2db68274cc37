"""Experiments: what a study's file may say, rows that share a line of the table, and one run from end to end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from lm_lint.text import LANGUAGES
from lm_lint.tokens import Tokenizer
from models import study, tokenize
from models.__main__ import main
from models.records import SPLITS, corpus_file
from tests.unit.test_tokenize import records_of, write_corpus

ROOT = Path(__file__).resolve().parents[2]

NETWORK = """
lanes = 3
chunk = 16
compile = false
valid_tokens = 48
[network]
vocab_size = {vocab}
width = 16
n_layers = 2
attention_layers = [1]
window = 16
n_heads = 2
mlp_width = 16
bigram_buckets = 32
"""

STUDY = """
config = "{config}"
max_bytes = 2000
[set]
tokens = "{folder}/tokens"
tokenizer = "{folder}/tokenizer.json"
[[rows]]
name = "first"
group = "a"
steps = 3
[[rows]]
name = "experts"
group = "b"
steps = 2
languages = ["c", "html"]
set = {{languages = ["c", "html"], lanes = 2, "network.mlp_width" = 32}}
[[rows]]
name = "experts"
group = "b"
steps = 4
languages = ["python"]
set = {{languages = ["python"], lanes = 2, "network.mlp_width" = 32}}
"""


@pytest.fixture
def written(tmp_path: Path, tiny_tokenizer: Tokenizer) -> Path:
    """A study of three tiny rows with the corpus and the tokens that it reads."""
    corpus = tmp_path / "corpus"
    for language in LANGUAGES:
        for split in SPLITS:
            write_corpus(corpus_file(corpus, language, split), records_of(language))
    tiny_tokenizer.save(tmp_path / "tokenizer.json")
    for language in LANGUAGES:
        for split in SPLITS:
            source = corpus_file(corpus, language, split)
            tokenizer, out = tmp_path / "tokenizer.json", tmp_path / "tokens"
            tokenize.pack(tokenize.Job(language, split, source, tokenizer, out, 0))
    config = tmp_path / "tiny.toml"
    config.write_text(NETWORK.format(vocab=tiny_tokenizer.vocab_size))
    (tmp_path / "study.toml").write_text(STUDY.format(config=config, folder=tmp_path))
    return tmp_path / "study.toml"


def test_rows_are_trained_measured_and_not_done_twice(written: Path) -> None:
    runs = written.parent / "runs"
    options = [str(written), "--jobs", "1", "--corpus", str(written.parent / "corpus")]
    done = CliRunner().invoke(main, ["study", *options, "--runs", str(runs)])
    assert done.exit_code == 0, (done.output, done.exception)
    results = json.loads(written.with_suffix(".json").read_text())
    assert [(r["group"], r["name"], r["tokens"]) for r in results] == [
        ("a", "first", 3 * 48),
        ("b", "experts", 2 * 32 + 4 * 32),
    ]
    for result in results:
        assert set(result["bits_per_byte"]) == set(LANGUAGES)
        assert all(1 < bits < 20 for bits in result["bits_per_byte"].values())
    assert results[1]["parameters"] > results[0]["parameters"]
    assert "| experts |" in done.output
    logs = {path: path.read_bytes() for path in runs.rglob("log.csv")}
    assert len(logs) == 3
    again = CliRunner().invoke(main, ["study", *options, "--runs", str(runs)])
    assert again.exit_code == 0, again.output
    assert {path: path.read_bytes() for path in runs.rglob("log.csv")} == logs
    assert json.loads(written.with_suffix(".json").read_text()) == results


def test_a_row_that_fails_is_named_and_the_others_are_kept(written: Path) -> None:
    broken = written.read_text().replace('languages = ["python"], lanes = 2', 'tokens = "none"')
    written.write_text(broken)
    options = ["--jobs", "1", "--corpus", str(written.parent / "corpus")]
    done = CliRunner().invoke(
        main, ["study", str(written), *options, "--runs", str(written.parent / "runs")]
    )
    assert done.exit_code == 1
    assert "without a result: b-experts-python" in done.output
    names = [r["name"] for r in json.loads(written.with_suffix(".json").read_text())]
    assert names == ["first", "experts"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('config = "x"\nrows = []\nminute = 3', "minute"),
        ('config = "x"\n[[rows]]\nname = "a"\nstep = 3', "step"),
        ('config = "x"\n[[rows]]\nname = "a"\n[[rows]]\nname = "a"', "twice"),
    ],
)
def test_what_a_study_cannot_say_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(click.UsageError, match=told):
        study.read_study(tmp_path / "s.toml")


def test_every_study_of_ours_names_keys_that_exist() -> None:
    from dataclasses import fields

    from lm_lint.model import NetworkConfig
    from models.train import TrainConfig, read_config

    paths = sorted((ROOT / "models" / "studies").glob("*.toml"))
    assert paths
    for path in paths:
        known = study.read_study(path)
        read_config(ROOT / known.config, {})
        for row in known.rows:
            overrides = row.overrides()
            assert set(overrides.pop("network")) <= {f.name for f in fields(NetworkConfig)}, path
            assert set(overrides) <= {f.name for f in fields(TrainConfig)}, path
            assert (row.minutes is None) != (row.steps is None), (path, row.name)


def test_the_table_measures_against_the_first_row() -> None:
    def result(name: str, group: str, bits: float) -> dict[str, Any]:
        by_language = {"c": bits - 0.5, "html": bits, "python": bits + 0.5}
        told = {"parameters": 2_000_000, "tokens_per_second": 9000, "tokens": 1_500_000}
        return {"name": name, "group": group, "bits_per_byte": by_language, **told}

    table = study.as_markdown([result("was", "one", 2.0), result("is", "two", 1.9)])
    assert "| was | 2.00 | 9,000 | 1.50 | 1.500 | 2.000 | 2.500 | 2.000 | +0.0% |" in table
    assert "| is | 2.00 | 9,000 | 1.50 | 1.400 | 1.900 | 2.400 | 1.900 | -5.0% |" in table


def test_steps_of_all_rows_give_way_to_those_of_one(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'config = "c.toml"\nsteps = 7\n[[rows]]\nname = "a"\n[[rows]]\nname = "b"\nsteps = 3\n'
        '[[rows]]\nname = "c"\nminutes = 2\n'
    )
    rows = study.read_study(path).rows
    assert [(row.steps, row.minutes) for row in rows] == [(7, None), (3, None), (None, 2)]
