"""A folder by a stranger is a model that works, or a sentence says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lm_lint import trial
from lm_lint.errors import ModelDamaged, ModelMissing
from lm_lint.shape import NetworkConfig
from tests import folders


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return folders.copied(tiny_folder, tmp_path / "model")


def test_a_model_that_works(folder: Path) -> None:
    trial.check(folder)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"n_layers": 10**9}, "n_layers is 1000000000; a number from 1 to 256"),
        ({"n_layers": 3}, "does not hold the network"),
        ({"width": "32"}, "width is '32'"),
        ({"width": True}, "width is True"),
        ({"width": 0}, "width is 0"),
        ({"window": 10**12}, "window is 1000000000000"),
        ({"vocab_size": 1000}, "the tokenizer has 512 entries and the network 1000"),
        ({"n_heads": 3}, "cannot be divided among 3 heads"),
        ({"attention_layers": [9]}, "layer 9 of 2"),
        ({"attention_layers": [[]]}, r"layer \[\] of 2"),
        ({"attention_layers": 1}, "not iterable|object is not"),
        ({"first_tag": 600, "last_tag": 601}, "tags 600 to 601 of 512"),
        ({"conv_width": -1}, "conv_width is -1"),
    ],
)
def test_a_network_that_cannot_be(folder: Path, network: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelDamaged, match=words):
        trial.check(folders.configured(folder, network=network))


def test_a_network_may_do_without_what_is_of_no_use() -> None:
    assert NetworkConfig(bigram_buckets=0, attention_layers=(), n_heads=7).problem() is None
    assert NetworkConfig().problem() is None


@pytest.mark.parametrize(
    ("part", "data", "words"),
    [
        ("tokenizer.json", b"\xff\xfe", "cannot be read"),
        ("tokenizer.json", b"{}", "not a tokenizer"),
        ("tokenizer.json", b"[" * 100_000, "not a tokenizer"),
        ("model.safetensors", bytes(8), "cannot be read"),
        ("model.safetensors", (9).to_bytes(8, "little") + b'{"a": [}]', "cannot be read"),
        ("model.safetensors", (2).to_bytes(8, "little") + b"{}", "does not hold the network"),
        ("detector.json", b"[]", "cannot be read"),
        ("detector.json", b'{"weights": {}}', "was fitted to"),
    ],
)
def test_parts_that_make_no_sense(folder: Path, part: str, data: bytes, words: str) -> None:
    with pytest.raises(ModelDamaged, match=words):
        trial.check(folders.with_part(folder, part, data))


def test_a_part_that_is_another_or_missing(folder: Path) -> None:
    data = (folder / "tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(data + b" ")
    with pytest.raises(ModelDamaged, match="its SHA-256 is"):
        trial.check(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match=r"tokenizer\.json is absent"):
        trial.check(folder)


def test_a_config_of_another_version(folder: Path) -> None:
    with pytest.raises(ModelDamaged, match="made for another version"):
        trial.check(folders.configured(folder, format=2))


def test_hashes_that_are_none(folder: Path) -> None:
    with pytest.raises(ModelDamaged, match=r"cannot be read|SHA-256"):
        trial.check(folders.configured(folder, sha256="none"))


def test_numbers_that_are_none(folder: Path) -> None:
    """Weights of the right shapes which compute nothing: all of them not a number."""
    data = bytearray((folder / "model.safetensors").read_bytes())
    n_head = 8 + int.from_bytes(data[:8], "little")
    assert json.loads(data[8:n_head])["embedding"]["dtype"] == "BF16"
    data[n_head:] = b"\xc0\x7f" * ((len(data) - n_head) // 2)
    with pytest.raises(ModelDamaged, match="come to no sum"):
        trial.check(folders.with_part(folder, "model.safetensors", bytes(data)))


def test_a_reader_that_panics_is_no_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library for tokenizers has errors that no `except Exception` sees."""

    class PanicException(BaseException):
        pass

    def panic(_: Path) -> None:
        raise PanicException("unforeseen")

    monkeypatch.setattr(trial, "_problem_of_parts", panic)
    with pytest.raises(ModelDamaged, match="unforeseen"):
        trial.check(folder)

    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(trial, "_problem_of_parts", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trial.check(folder)
