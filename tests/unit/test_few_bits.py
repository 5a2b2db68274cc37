"""Training of few bits: what a pass computes with, what the optimizer moves, and what lies in the file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lm_lint import packing, weights
from lm_lint.model import Network, NetworkConfig
from lm_lint.tokens import train as train_tokenizer
from models import export, train
from models.few_bits import few_bits, integers_and_scales, packed
from models.quantize import file_of
from tests.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]
CONFIG = NetworkConfig(
    vocab_size=48,
    width=32,
    n_layers=2,
    attention_layers=(1,),
    window=8,
    n_heads=2,
    mlp_width=40,
    bigram_buckets=16,
)
KINDS = ("w_in", "w_out", "embedding", "bigrams")
MIXED = {"w_in": 2, "w_out": 4, "embedding": 8, "bigrams": 2}


def some_network() -> Network:
    network = Network(CONFIG)
    network.initialize(3)
    with torch.no_grad():
        network.bigrams.normal_(0.0, 0.1, generator=torch.Generator().manual_seed(4))
        network.bigrams[5] = 0.0  # a pair that never occurred
    return network


def loss_of(network: Network) -> torch.Tensor:
    ids = torch.randint(5, 48, (2, 12), generator=torch.Generator().manual_seed(5))
    logits, _ = network(ids[:, :-1])
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def test_a_ternary_row_is_its_mean_size_and_signs() -> None:
    """Equations 1 to 3 of BitNet b1.58 on numbers that one can follow, by row."""
    weight = torch.tensor([[0.9, -1.1, 0.1, 0.4, 0.0], [2.0, -2.0, 2.0, -2.0, 2.0]])
    integers, scales = integers_and_scales(weight, 2)
    assert integers.tolist() == [[1, -1, 0, 1, 0], [1, -1, 1, -1, 1]]
    assert scales.tolist() == [[0.5], [2.0]]


@pytest.mark.parametrize("bits", packing.BITS)
def test_weights_are_near_and_scales_fit_both_halves(bits: int) -> None:
    weight = torch.randn(6, 64, generator=torch.Generator().manual_seed(6))
    weight[2] = 0.0
    integers, scales = integers_and_scales(weight, bits)
    most = (1 << bits - 1) - 1
    assert integers.abs().max() == most
    assert torch.equal(integers, integers.round())
    assert torch.equal(scales, scales.half().float())
    assert torch.equal(scales, scales.bfloat16().float())
    restored = integers.view(*scales.shape, -1) * scales[..., None]
    assert torch.equal(restored[2], torch.zeros_like(restored[2]))
    inside = weight.view(restored.shape).abs() <= most * scales[..., None]
    error = (restored - weight.view(restored.shape)).abs()
    assert (error <= 0.501 * scales[..., None])[inside].all()
    assert inside.float().mean() > (0.5 if bits == 2 else 0.95)


def test_in_the_block_weights_are_few_and_after_it_what_they_were() -> None:
    network = some_network()
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    with few_bits(network, MIXED):
        for row in network.mlps[0].w_in:
            assert len(row.unique()) <= 3
        for row in network.embedding:
            assert len(row.unique()) > 9
        conv = network.mixers[0].conv
        assert torch.equal(conv, conv.bfloat16().float())
    with pytest.raises(KeyboardInterrupt), few_bits(network, MIXED):
        raise KeyboardInterrupt
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, before[name]), name


def test_gradients_are_those_of_the_rounded_weights() -> None:
    """Straight through: a network that simply has the rounded weights gives the same ones."""
    network = some_network()
    rounded = some_network()
    with few_bits(network, MIXED):
        rounded.load_state_dict(network.state_dict())
        loss = loss_of(network)
        loss.backward()
    expected = loss_of(rounded)
    expected.backward()
    assert torch.equal(loss, expected)
    assert loss != loss_of(network)
    pairs = zip(network.named_parameters(), rounded.parameters(), strict=True)
    for (name, parameter), other in pairs:
        assert parameter.grad is not None
        assert torch.equal(parameter.grad, other.grad), name


def test_nothing_named_means_nothing_rounded() -> None:
    network = some_network()
    with few_bits(network, {}):
        inside = loss_of(network)
    assert torch.equal(inside, loss_of(network))


def test_a_matrix_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(ValueError, match="no matrices w_inn"),
        few_bits(some_network(), {"w_inn": 2}),
    ):
        pass


@pytest.mark.parametrize("bits", [dict.fromkeys(KINDS, 2), dict.fromkeys(KINDS, 4), MIXED])
def test_the_file_holds_the_weights_that_were_trained_with(bits: dict[str, int]) -> None:
    """Not near them: the same."""
    network = some_network()
    named = {name: p.detach() for name, p in network.named_parameters()}
    found = packing.read(file_of(packed(named, bits)))
    with few_bits(network, bits):
        for name, parameter in network.named_parameters():
            np.testing.assert_array_equal(
                packing.as_floats(found[name]), parameter.detach().numpy(), err_msg=name
            )


def test_a_run_of_few_bits_is_released_as_it_was_validated(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    tokenizer = train_tokenizer(SOURCES.values(), 300)
    tokenizer.save(tmp_path / "tokenizer.json")
    for language, text in SOURCES.items():
        document = [tokenizer.tag(language), *tokenizer.ids(text).tolist(), tokenizer.end]
        for split in ("train", "valid"):
            np.tile(document, 20).astype("<u2").tofile(tokens / f"{language}.{split}.bin")
            facts = {"n_tokens": 20 * len(document), "n_bytes": 20 * len(text.encode())}
            (tokens / f"{language}.{split}.json").write_text(json.dumps(facts))
    config = train.TrainConfig(
        tokens=str(tokens),
        tokenizer=str(tmp_path / "tokenizer.json"),
        lanes=3,
        chunk=16,
        compile=False,
        bf16=False,
        valid_tokens=96,
        weight_bits=dict.fromkeys(KINDS, 2),
        network=replace(CONFIG, vocab_size=tokenizer.vocab_size),
    )
    train.run(config, tmp_path / "run", None, 30, "cpu")
    trainer = train.Trainer(config, torch.device("cpu"))
    assert trainer.resume(tmp_path / "run")
    released = weights.load(export.write_release(tmp_path / "run", tmp_path / "out"), "cpu")
    of_release = train.Trainer(replace(config, weight_bits={}), torch.device("cpu"))
    of_release.network.load_state_dict(released.network.state_dict())
    assert released.config["weight_bits"] == config.weight_bits
    assert trainer.validate() == of_release.validate()
    # Of the weights that the optimizer moves it would not be the same.
    floats = train.Trainer(replace(config, weight_bits={}), torch.device("cpu"))
    assert floats.resume(tmp_path / "run")
    assert floats.validate() != of_release.validate()


def test_a_bit_is_missing_nowhere_after_training_in_bfloat16() -> None:
    """Ternary weights are the same in bfloat16, in which training computes, and in float32."""
    network = some_network()
    with few_bits(network, dict.fromkeys(KINDS, 2)):
        for name, parameter in network.named_parameters():
            if not name.endswith("forget_bias"):
                assert torch.equal(parameter, parameter.bfloat16().float()), name


@pytest.mark.parametrize("path", sorted((ROOT / "models" / "configs" / "ladder").glob("*.toml")))
def test_the_rungs_are_valid(path: Path) -> None:
    config = train.read_config(path, {})
    n_parameters = sum(int(np.prod(s)) for s in config.network.parameters().values())
    expected = {"0.3m": 0.3e6, "1m": 1e6, "3m": 3e6}.get(path.stem, 7.9e6)
    assert n_parameters == pytest.approx(expected, rel=0.03)
    assert config.network.width % (2 * config.network.n_heads) == 0
