"""What a folder tells of itself: with a card, without one, and with one by a stranger."""

from __future__ import annotations

from pathlib import Path

import pytest

from lm_lint import cards
from lm_lint.errors import ModelDamaged
from lm_lint.model_folder import default_folder
from tests import folders

CARD = """# lm-lint tiny

| | |
|---|---|
| Parameters | 0.03 M |
| Trained by | `make train` |

## Bits per byte

| C: 1.50 MB | bits per token | bits per byte | as one stream |
|---|--:|--:|--:|
| tiny | 5.000 | 2.125 |  |
| xz -9 |  | 3.265 | 1.329 |

| HTML: 1.50 MB | bits per token | bits per byte |
|---|--:|--:|
| tiny | - | not measured |
| other | text |
"""


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return folders.copied(tiny_folder, tmp_path / "tiny")


def test_a_card_is_read(folder: Path) -> None:
    (folder / "CARD.md").write_text(CARD)
    card = cards.read(folder)
    assert card.rows == (("Parameters", "0.03 M"), ("Trained by", "make train"))
    assert card.bits_per_byte == {"C": 2.125}
    assert not card.is_calibrated
    assert card.weights_bytes == (folder / "model.safetensors").stat().st_size
    # The file has a head of names beside its 16 bits a weight.
    assert 16 < card.bits_per_weight < 24
    assert len(card.hash_prefix) == 12


def test_parameters_are_counted_as_the_network_counts_them(folder: Path) -> None:
    from lm_lint import weights

    network = weights.load(folder, "cpu").network
    assert cards.read(folder).n_parameters == sum(p.numel() for p in network.parameters())


def test_without_a_card_the_config_tells(tiny_folder: Path, tmp_path: Path) -> None:
    folder = folders.another(tiny_folder, tmp_path / "other")
    assert cards.read(folder).rows == (("minutes", "3.5"), ("steps", "1,200"))
    assert cards.read(folder).bits_per_byte == {}
    assert cards.read(folders.configured(folder, training=3)).rows == ()


@pytest.mark.parametrize(
    "card",
    ["", "|", "||\n||\n||", "| C: | bits per byte |\n|--|--|\n| m | 1.2.3 |", "|" * 300_000],
)
def test_an_odd_card_is_no_trouble(folder: Path, card: str) -> None:
    (folder / "CARD.md").write_bytes(card.encode() + b"\xff")
    assert cards.read(folder).bits_per_byte == {}


@pytest.mark.parametrize("changes", [{"network": {"width": "x"}}, {"sha256": None}, {"sha256": {}}])
def test_a_config_that_says_nothing(folder: Path, changes: dict[str, object]) -> None:
    with pytest.raises(ModelDamaged, match="describes no network"):
        cards.read(folders.configured(folder, **changes))


@pytest.mark.released
def test_the_released_card() -> None:
    card = cards.read(default_folder())
    assert set(card.bits_per_byte) == {"C", "HTML", "Python"}
    assert all(0.5 < bits < 3 for bits in card.bits_per_byte.values())
    assert dict(card.rows)["Parameters"].startswith(f"{card.n_parameters / 1e6:.2f} M")
    assert card.is_calibrated
