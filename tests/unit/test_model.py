"""The network's contract: an explicit state that can be saved, gathered and resumed anywhere."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lm_lint.model import Network, NetworkConfig, State, Trace

CONFIG = NetworkConfig(
    vocab_size=48,
    width=16,
    n_layers=3,
    attention_layers=(1,),
    window=8,
    n_heads=2,
    mlp_width=24,
    bigram_buckets=16,
)
TOLERANCE_NATS = 1e-3 * 0.69  # a thousandth of a bit


@pytest.fixture(scope="module")
def network() -> Network:
    res = Network(CONFIG)
    res.initialize(3)
    with torch.no_grad():  # pairs start at zero; here they shall matter
        res.bigrams.normal_(0.0, 0.02, generator=torch.Generator().manual_seed(4))
    return res


def text(n_rows: int, n_tokens: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(5, 48, (n_rows, n_tokens), generator=generator)
    ids[:, 0] = 2
    return ids


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 39), max_size=6))
@torch.no_grad()
def test_any_split_gives_the_same_logits(cuts: list[int]) -> None:
    network = Network(CONFIG)
    network.initialize(3)
    ids = text(2, 40)
    whole, _ = network(ids)
    state: State | None = None
    parts = []
    borders = [0, *sorted(set(cuts)), 40]
    for start, end in itertools.pairwise(borders):
        logits, state = network(ids[:, start:end], state)
        parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole, rtol=0, atol=TOLERANCE_NATS)


@torch.no_grad()
def test_gathered_states_go_on_as_the_document_does(network: Network) -> None:
    ids = text(2, 40)
    whole, _ = network(ids)
    _, trace = network.trace(ids)
    rows, positions = torch.tensor([0, 1, 1, 0]), torch.tensor([0, 5, 20, 29])
    logits, _ = network(
        torch.stack([ids[r, p + 1 : p + 11] for r, p in zip(rows, positions, strict=True)]),
        trace.state(rows, positions),
    )
    for row, (r, p) in enumerate(zip(rows, positions, strict=True)):
        torch.testing.assert_close(
            logits[row], whole[r, p + 1 : p + 11], rtol=0, atol=TOLERANCE_NATS
        )


@torch.no_grad()
def test_nothing_leaks_from_the_document_before(network: Network) -> None:
    first, second = text(1, 20), text(1, 15)
    second[0, 0] = 4
    alone, _ = network(second)
    after, _ = network(torch.cat([first, second], dim=1))
    torch.testing.assert_close(after[:, 20:], alone, rtol=0, atol=TOLERANCE_NATS)


@torch.no_grad()
def test_the_future_changes_nothing(network: Network) -> None:
    ids = text(1, 30)
    other = ids.clone()
    other[0, 20:] = 6
    torch.testing.assert_close(
        network(ids)[0][:, :20], network(other)[0][:, :20], rtol=0, atol=TOLERANCE_NATS
    )


@torch.no_grad()
def test_every_part_is_used(network: Network) -> None:
    """Perturbing any parameter changes the result: nothing is dead code."""
    ids = text(1, 30)
    before, _ = network(ids)
    for name, parameter in network.named_parameters():
        kept = parameter.clone()
        parameter.add_(0.05 * torch.randn(kept.shape, generator=torch.Generator().manual_seed(1)))
        after, _ = network(ids)
        parameter.copy_(kept)
        assert not torch.allclose(before, after, atol=1e-6), name


@torch.no_grad()
def test_states_concatenate_by_rows(network: Network) -> None:
    ids = text(3, 12)
    _, trace = network.trace(ids)
    state = trace.last()
    pieces = State.cat([state.rows(torch.tensor([2])), state.rows(torch.tensor([0, 1]))])
    direct, _ = network(ids[[2, 0, 1]], state.rows(torch.tensor([2, 0, 1])))
    joined, _ = network(ids[[2, 0, 1]], pieces)
    torch.testing.assert_close(direct, joined)


@pytest.mark.parametrize(
    "positions",
    [[0], [0, 1, 2], [6, 7, 8, 9], [39], [3, 39, 0, 20, 20, 11], list(range(40))],
    ids=["start", "near the start", "across the window", "end", "any order", "all"],
)
@pytest.mark.parametrize("n_tokens", [1, 2, 7, 8, 9, 20])
@torch.no_grad()
def test_branches_are_what_a_trace_from_gathered_states_is(
    network: Network, positions: list[int], n_tokens: int
) -> None:
    document = text(1, 40)
    at = torch.tensor(positions)
    generator = torch.Generator().manual_seed(n_tokens)
    ids = torch.randint(5, 48, (len(positions), n_tokens), generator=generator)
    _, trace = network.trace(document)
    expected, _ = network.trace(ids, trace.state(torch.zeros_like(at), at))
    found = network.branch(trace, at, ids)
    assert found.shape == (len(positions), n_tokens, CONFIG.width)
    torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE_NATS)


@torch.no_grad()
def test_a_branch_does_not_see_what_the_document_says_behind_it(network: Network) -> None:
    document, at = text(1, 40), torch.tensor([4, 12, 12])
    other = document.clone()
    other[0, 13:] = 6
    ids = text(3, 10)[:, 1:]
    found = [network.branch(network.trace(d)[1], at, ids) for d in (document, other)]
    torch.testing.assert_close(found[0], found[1], rtol=0, atol=TOLERANCE_NATS)


@torch.no_grad()
def test_a_branch_may_begin_a_document(network: Network) -> None:
    trace = network.trace(text(1, 20))[1]
    ids = text(2, 12)
    ids[1, :6] = 7
    ids[1, 6] = 3
    found = network.branch(trace, torch.tensor([3, 15]), ids)
    alone, _ = network.trace(ids[:1])
    torch.testing.assert_close(found[:1], alone, rtol=0, atol=TOLERANCE_NATS)
    rest, _ = network.trace(ids[1:, 6:])
    torch.testing.assert_close(found[1:, 6:], rest, rtol=0, atol=TOLERANCE_NATS)


@pytest.mark.parametrize("cuts", [[20], [1, 2], [5, 13, 39], list(range(1, 40))])
@torch.no_grad()
def test_joined_passes_are_as_one_pass(network: Network, cuts: list[int]) -> None:
    ids = text(2, 40)
    _, whole = network.trace(ids)
    state: State | None = None
    parts = []
    for start, end in itertools.pairwise([0, *cuts, 40]):
        _, part = network.trace(ids[:, start:end], state)
        parts.append(part)
        state = part.last()
    joined = Trace.joined(parts)
    assert joined.since.equal(whole.since)
    assert joined.ids.equal(whole.ids)
    for found, expected in zip(joined.layers, whole.layers, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE_NATS)
    rows, at = torch.tensor([0, 1, 1]), torch.tensor([0, 11, 39])
    goes_on = text(3, 5)[:, 1:]
    one, _ = network(goes_on, whole.state(rows, at))
    other, _ = network(goes_on, joined.state(rows, at))
    torch.testing.assert_close(other, one, rtol=0, atol=TOLERANCE_NATS)


def test_config_survives_json() -> None:
    import json

    assert NetworkConfig.from_dict(json.loads(json.dumps(CONFIG.to_dict()))) == CONFIG
