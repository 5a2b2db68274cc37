from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lm_lint.text import LANGUAGES
from lm_lint.tokens import Tokenizer
from models import tokenize, tokenizer
from models.__main__ import STEPS, main
from models.records import SPLITS, corpus_file, read_records
from tests.sources import SOURCES

TEXTS = ["int x;\n", 'char *s = "a\u2028b";\n', "\ufeffint y;\r\nint z;\r", "/* <|end|> */\n", ""]


def write_corpus(path: Path, records: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(zstandard.compress(lines.encode()))


def records_of(language: str, repeat: int = 1) -> list[dict[str, Any]]:
    texts = [*TEXTS, SOURCES[language]]
    return [
        {"text": text, "project": f"p{i % 2}", "path": f"{i}", "licence": "MIT", "repeat": repeat}
        for i, text in enumerate(texts)
    ]


@pytest.fixture
def workplace(tmp_path: Path, tiny_tokenizer: Tokenizer) -> Path:
    for language in LANGUAGES:
        for split in SPLITS:
            write_corpus(corpus_file(tmp_path / "corpus", language, split), records_of(language, 3))
    tiny_tokenizer.save(tmp_path / "tokenizer.json")
    return tmp_path


def job_of(workplace: Path, split: Any = "train", seed: int = 0) -> tokenize.Job:
    source = corpus_file(workplace / "corpus", "c", split)
    return tokenize.Job(
        "c", split, source, workplace / "tokenizer.json", workplace / "tokens", seed
    )


def documents_of(row_path: Path, tokenizer: Tokenizer) -> list[str]:
    ids = np.fromfile(row_path, dtype="<u2")
    assert ids[-1] == tokenizer.end
    documents = np.split(ids, np.flatnonzero(ids == tokenizer.end)[:-1] + 1)
    assert {int(document[0]) for document in documents} == {tokenizer.tag("c")}
    return [tokenizer.decode(document[1:-1]) for document in documents]


def test_a_row_holds_every_document_as_the_network_reads_it(
    workplace: Path, tiny_tokenizer: Tokenizer
) -> None:
    job = job_of(workplace, "valid")
    summary = tokenize.pack(job)
    documents = documents_of(job.row_path, tiny_tokenizer)
    # Line breaks are LF and the byte-order mark is gone; "repeat" counts in train only.
    expected = [*TEXTS[:2], "int y;\nint z;\n", *TEXTS[3:], SOURCES["c"]]
    assert sorted(documents) == sorted(expected)
    assert summary["n_bytes"] == sum(len(text.encode()) for text in expected)
    assert summary["n_tokens"] == job.row_path.stat().st_size // 2
    assert summary["n_documents"] == len(expected)
    held = np.array(list(summary["projects"].values()))
    assert list(summary["projects"]) == ["p0", "p1"]
    totals = [summary["n_documents"], summary["n_tokens"], summary["n_bytes"]]
    assert held.sum(axis=0).tolist() == totals
    assert json.loads(job.summary_path.read_text()) == summary


def test_repeats_are_honoured_in_train_at_other_places(
    workplace: Path, tiny_tokenizer: Tokenizer
) -> None:
    job = job_of(workplace)
    summary = tokenize.pack(job)
    documents = documents_of(job.row_path, tiny_tokenizer)
    assert sorted(documents) == sorted([*documents_once(workplace, tiny_tokenizer)] * 3)
    assert summary["n_documents"] == len(documents) == 18
    assert all(one != next_one for one, next_one in pairwise(documents))


def documents_once(workplace: Path, tokenizer: Tokenizer) -> list[str]:
    job = job_of(workplace, "test")
    tokenize.pack(job)
    return documents_of(job.row_path, tokenizer)


@given(st.lists(st.integers(1, 4), max_size=30), st.integers(0, 3))
def test_places(repeats: list[int], seed: int) -> None:
    order = tokenize.places(np.array(repeats, dtype=np.int64), seed)
    counts = np.bincount(order, minlength=len(repeats)).tolist() if len(order) else []
    assert counts == repeats
    assert order.tolist() == tokenize.places(np.array(repeats, dtype=np.int64), seed).tolist()


def test_copies_stand_far_apart() -> None:
    order = tokenize.places(np.array([2] * 500 + [1] * 1000), seed=1)
    for document in range(500):
        first, second = np.flatnonzero(order == document)
        assert second - first > len(order) * 0.4
    assert order.tolist() != sorted(order.tolist())
    assert order.tolist() != tokenize.places(np.array([2] * 500 + [1] * 1000), seed=2).tolist()


def test_an_unchanged_row_is_not_made_again(workplace: Path) -> None:
    job = job_of(workplace)
    assert not job.is_done()
    tokenize.pack(job)
    assert job.is_done()
    assert not job_of(workplace, seed=1).is_done()

    job.row_path.write_bytes(job.row_path.read_bytes()[:-2])  # cut short
    assert not job.is_done()
    tokenize.pack(job)
    assert job.is_done()

    write_corpus(job.source, records_of("c"))  # another corpus
    assert not job.is_done()


def test_a_stop_in_the_middle_leaves_no_row_behind(workplace: Path) -> None:
    job = job_of(workplace)

    def stop(read: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tokenize.pack(job, stop)
    assert list(job.out.iterdir()) == []


def test_a_new_row_does_not_change_a_mapped_one(workplace: Path) -> None:
    job = job_of(workplace)
    tokenize.pack(job)
    mapped = np.memmap(job.row_path, dtype="<u2", mode="r")
    before = mapped.tolist()
    write_corpus(job.source, records_of("c"))
    tokenize.pack(job)
    assert mapped.tolist() == before
    assert len(np.fromfile(job.row_path, dtype="<u2")) < len(before)


def test_an_empty_corpus_file_gives_an_empty_row(workplace: Path) -> None:
    job = job_of(workplace)
    write_corpus(job.source, [])
    assert tokenize.pack(job)["n_tokens"] == 0
    assert job.is_done()


def test_records_are_not_broken_at_odd_line_separators(tmp_path: Path) -> None:
    write_corpus(tmp_path / "x.jsonl.zst", [{"text": "a\u2028b\x85c\fd"}, {"text": "e"}])
    records = list(read_records(tmp_path / "x.jsonl.zst"))
    assert [record["text"] for record in records] == ["a\u2028b\x85c\fd", "e"]


def test_the_commands_end_to_end(workplace: Path) -> None:
    corpus, out = workplace / "corpus", workplace / "own.json"
    trained = CliRunner().invoke(
        main, ["tokenizer", "--corpus", str(corpus), "--out", str(out), "--vocab-size", "300"]
    )
    assert trained.exit_code == 0, trained.output
    assert "300 entries" in trained.output
    assert trained.output.count("characters per token") == 3
    assert Tokenizer.load(out).vocab_size == 300

    again = CliRunner().invoke(main, ["tokenizer", "--corpus", str(corpus), "--out", str(out)])
    assert "is there already" in again.output

    options = ["--corpus", str(corpus), "--tokenizer", str(out), "--out", str(workplace / "packed")]
    packed = CliRunner().invoke(main, ["tokenize", *options, "--jobs", "1"])
    assert packed.exit_code == 0, packed.output
    names = {path.name for path in (workplace / "packed").iterdir()}
    expected = {f"{language}.{split}" for language in LANGUAGES for split in SPLITS}
    assert names == {f"{name}.bin" for name in expected} | {f"{name}.json" for name in expected}
    again = CliRunner().invoke(main, ["tokenize", *options])
    assert again.output.count("was there already") == 9


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    for step in ("tokenizer", "tokenize"):
        options = ["--corpus", str(tmp_path), "--out", str(tmp_path / "out")]
        if step == "tokenize":
            options += ["--tokenizer", str(tmp_path / "none.json")]
        res = CliRunner().invoke(main, [step, *options])
        assert res.exit_code == 1
        assert "run `python -m models" in res.output


def test_the_sample_is_as_large_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl.zst"
    write_corpus(path, [{"text": f"{i:09}\n"} for i in range(2000)])
    texts = list(tokenizer.sample(path, 10_000, seed=0))
    assert 800 < len(texts) < 1200
    assert texts == list(tokenizer.sample(path, 10_000, seed=0))
    assert len(list(tokenizer.sample(path, 10**9, seed=0))) == 2000


def test_help_names_every_step_and_loads_none() -> None:
    import subprocess
    import sys

    root = Path(__file__).parents[2]
    code = (
        "import sys; from models.__main__ import main; main(['--help'], standalone_mode=False); "
        "assert not {'torch', 'numpy', 'tokenizers'} & set(sys.modules)"
    )
    res = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert res.returncode == 0, res.stderr
    for step in STEPS:
        assert step in res.stdout
    assert CliRunner().invoke(main, ["no-such-step"]).exit_code == 2
