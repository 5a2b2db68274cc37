"""What all tests share: a tiny seeded model, released weights where there are any, slow tests last."""

from __future__ import annotations

import os
from pathlib import Path

# Matrices this small are slower on several threads, and many times slower where the machine is shared.
# Set before torch is loaded; the processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from lm_lint.tokens import Tokenizer, train
from tests.sources import SOURCES

# A machine that is also training or building is slow now and then, which says nothing about an example.
settings.register_profile("lm_lint", deadline=None)
settings.load_profile("lm_lint")

ROOT = Path(__file__).resolve().parents[1]
RELEASED = ROOT / "models" / "small"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests and those that start processes come last; absent weights are a reason to skip."""
    items.sort(
        key=lambda item: ("/e2e/" in item.nodeid, item.get_closest_marker("slow") is not None)
    )
    if (RELEASED / "model.safetensors").is_file():
        return
    absent = pytest.mark.skip(reason="models/small holds no released weights")
    for item in items:
        if item.get_closest_marker("released"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Tokenizer:
    """A tokenizer of a few hundred entries, trained on a page of each language."""
    return train(list(SOURCES.values()) * 4, vocab_size=512)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory, tiny_tokenizer: Tokenizer) -> Path:
    """A released folder of thousands of weights: it knows nothing, but every part is real."""
    from lm_lint import weights
    from lm_lint.model import Network, NetworkConfig

    folder = tmp_path_factory.mktemp("model") / "tiny"
    config = NetworkConfig(
        vocab_size=tiny_tokenizer.vocab_size,
        width=32,
        n_layers=2,
        attention_layers=(1,),
        window=16,
        n_heads=2,
        mlp_width=32,
        bigram_buckets=64,
    )
    network = Network(config)
    network.initialize(1)
    model = weights.in_bfloat16(network.state_dict())
    weights.save(folder, model, config, tiny_tokenizer.to_json(), {"name": "tiny"})
    return folder
