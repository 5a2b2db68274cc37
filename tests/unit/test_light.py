"""The network without torch: the judge is the network with it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench import examples
from lm_lint import light, light_scorer, weights
from lm_lint.detector import Detector
from lm_lint.engine import Engine
from lm_lint.errors import ModelDamaged, ModelMissing
from lm_lint.light import LightNetwork
from lm_lint.light_scorer import LightScorer
from lm_lint.live import LiveScores
from lm_lint.model import Network, NetworkConfig
from lm_lint.scan import loop_scan
from lm_lint.scorer import Scorer
from lm_lint.settings import Settings
from lm_lint.states import State
from lm_lint.text import LANGUAGES, Edit, Language
from tests.sources import SOURCES

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
FEATURES = 1e-4  # features are of unit size
BITS = 1e-3
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "models" / "small"
Pair = tuple[Network, LightNetwork]


def both(config: NetworkConfig) -> Pair:
    network = Network(config)
    network.initialize(3)
    with torch.no_grad():  # pairs start at zero; here they shall matter
        network.bigrams.normal_(0.0, 0.02, generator=torch.Generator().manual_seed(4))
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    return network.eval(), LightNetwork(config, tensors)


@pytest.fixture(scope="module")
def pair() -> Pair:
    return both(CONFIG)


def texts(n_rows: int, n_tokens: int, seed: int = 5) -> np.ndarray:
    """Ids with a tag at the start of each row and another one somewhere behind it."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(5, 48, (n_rows, n_tokens))
    ids[:, 0] = 2
    if n_tokens > 3:
        ids[np.arange(n_rows), rng.integers(2, n_tokens, n_rows)] = 3
    return ids


@given(cuts=st.lists(st.integers(1, 59), max_size=5), n_rows=st.integers(1, 3))
@torch.no_grad()
def test_features_are_those_of_the_other_network(cuts: list[int], n_rows: int) -> None:
    network, light_network = both(CONFIG)
    ids = texts(n_rows, 60)
    expected, _ = network.trace(torch.from_numpy(ids))
    state: State[np.ndarray] | None = None
    parts = []
    borders = [0, *sorted(set(cuts)), 60]
    for start, end in itertools.pairwise(borders):
        features, trace = light_network.trace(ids[:, start:end], state)
        state = trace.last()
        parts.append(features)
    np.testing.assert_allclose(np.concatenate(parts, 1), expected, rtol=0, atol=FEATURES)


@torch.no_grad()
def test_states_are_those_of_the_other_network(pair: Pair) -> None:
    network, light_network = pair
    ids = texts(2, 40)
    rows, positions = np.array([0, 1, 1, 0]), np.array([0, 5, 20, 39])
    _, trace = network.trace(torch.from_numpy(ids))
    _, light_trace = light_network.trace(ids)
    expected = trace.state(torch.from_numpy(rows), torch.from_numpy(positions))
    found = light_trace.state(rows, positions)
    np.testing.assert_array_equal(found.since, expected.since)
    np.testing.assert_array_equal(found.latest, expected.latest)
    for mine, theirs in zip(found.layers, expected.layers, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=FEATURES)


@pytest.mark.parametrize("n_tokens", [1, 9])
@torch.no_grad()
def test_branches_are_those_of_the_other_network(pair: Pair, n_tokens: int) -> None:
    network, light_network = pair
    document, other = texts(1, 40), texts(5, n_tokens, seed=6)
    positions = np.array([0, 3, 20, 39, 11])
    _, trace = network.trace(torch.from_numpy(document))
    expected = network.branch(trace, torch.from_numpy(positions), torch.from_numpy(other))
    _, light_trace = light_network.trace(document)
    found = light_network.branch(light_trace, positions, other)
    np.testing.assert_allclose(found, expected, rtol=0, atol=FEATURES)


@torch.no_grad()
@pytest.mark.parametrize("layers", [(), (0, 2)])
def test_other_shapes(layers: tuple[int, ...]) -> None:
    config = NetworkConfig(**{**CONFIG.to_dict(), "attention_layers": layers, "bigram_buckets": 16})
    network, light_network = both(config)
    ids = texts(2, 30)
    expected, _ = network.trace(torch.from_numpy(ids))
    np.testing.assert_allclose(light_network.trace(ids)[0], expected, rtol=0, atol=FEATURES)


def test_the_parameters_are_those_of_the_other_network(pair: Pair) -> None:
    network = pair[0]
    found = {name: tuple(tensor.shape) for name, tensor in network.named_parameters()}
    assert found == CONFIG.parameters()
    tensors = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    for other in ({"width": 8}, {"attention_layers": ()}, {"n_layers": 2}, {"n_layers": 4}):
        with pytest.raises(ValueError, match="unexpected shape"):
            LightNetwork(NetworkConfig.from_dict(CONFIG.to_dict() | other), tensors)


@pytest.mark.parametrize("shape", [(1, 1, 8), (1, 50, 8), (3, 64, 4), (2, 7, 4096)])
def test_the_scan_is_that_of_the_other_network(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(7)
    forget, inputs = rng.random((2, *shape), dtype=np.float32)
    initial = rng.random((shape[0], shape[2]), dtype=np.float32)
    expected = loop_scan(*map(torch.from_numpy, (forget, inputs, initial)))
    np.testing.assert_allclose(light.scan(forget, inputs, initial), expected, atol=1e-5)


@pytest.mark.filterwarnings("error")
def test_gates_have_no_trouble_with_large_numbers() -> None:
    large = np.array([-1e4, -100.0, 0.0, 100.0, 1e4], dtype=np.float32)
    np.testing.assert_allclose(light.sigmoid(large), [0, 0, 0.5, 1, 1], atol=1e-6)
    np.testing.assert_allclose(light.silu(large), [0, 0, 0, 100, 1e4], atol=1e-6)


# --- The scorer -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scorers(tiny_folder: Path) -> tuple[Scorer, LightScorer]:
    return Scorer(weights.load(tiny_folder, "cpu", torch.float32)), light_scorer.load(tiny_folder)


@pytest.mark.parametrize("language", LANGUAGES)
def test_bits_are_those_of_the_other_scorer(
    scorers: tuple[Scorer, LightScorer], language: Language
) -> None:
    text = SOURCES[language] * 8
    expected, found = (scorer.score(text, language) for scorer in scorers)
    np.testing.assert_allclose(found.surprisal_bits, expected.surprisal_bits, atol=BITS)
    np.testing.assert_allclose(found.entropy_bits, expected.entropy_bits, atol=BITS)
    items: list[tuple[str, Language]] = [(text, language), ("", language), (text[:90], language)]
    for one, other in zip(*(scorer.score_many(items) for scorer in scorers), strict=True):
        np.testing.assert_allclose(one.surprisal_bits, other.surprisal_bits, atol=BITS)
        np.testing.assert_allclose(one.entropy_bits, other.entropy_bits, atol=BITS)


def test_readings_are_those_of_the_other_scorer(scorers: tuple[Scorer, LightScorer]) -> None:
    text = SOURCES["c"] * 6
    for scorer in scorers:
        scorer.forget()
    for now in (text, text[:300] + ";" + text[300:], text[:200]):
        expected, found = (scorer.read(now, "c") for scorer in scorers)
        last = len(found.tokens)
        places = [0, 3, last // 2, last]
        np.testing.assert_allclose(
            found.expectations(places), expected.expectations(places), atol=BITS
        )
        ids, bits = found.likeliest(places, 5)
        assert (np.diff(bits) >= 0).all()
        np.testing.assert_allclose(bits, expected.likeliest(places, 5)[1], atol=BITS)
        np.testing.assert_allclose(np.take_along_axis(found.expectations(places), ids, 1), bits)
        continuations = [[7], [8, 9, 10], [9] * 40, [11, 12]]
        pairs = zip(
            found.cost(places, continuations), expected.cost(places, continuations), strict=True
        )
        for one, other in pairs:
            np.testing.assert_allclose(one, other, atol=BITS)
        np.testing.assert_allclose(
            found.scores.surprisal_bits, expected.scores.surprisal_bits, atol=BITS
        )
        np.testing.assert_allclose(
            found.scores.entropy_bits, expected.scores.entropy_bits, atol=BITS
        )


def test_an_open_document_is_kept_up_to_date(scorers: tuple[Scorer, LightScorer]) -> None:
    scorer = scorers[1]
    text = SOURCES["python"] * 20
    live = LiveScores(scorer, text, "python")
    for edit in (Edit(0, 0, "import re\n"), Edit(900, 905, "x"), Edit(4000, 4000, "(")):
        live.edit(edit)
        live.need(edit.start, edit.start + 200)
        while not live.settle():
            pass
        expected = scorer.score(live.text, "python")
        np.testing.assert_allclose(live.surprisal_bits, expected.surprisal_bits, atol=BITS)
        np.testing.assert_allclose(live.entropy_bits, expected.entropy_bits, atol=BITS)
    chances = live.expectation(40, 5)
    assert len(chances) == 5
    assert 0 < sum(chance for _, chance in chances) <= 1 + 1e-5
    live.rest()
    live.edit(Edit(2000, 2001, ""))
    live.need(2000, 2100)


def test_a_folder_is_checked_before_it_is_believed(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        light_scorer.load(tmp_path / "nowhere")
    for name in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / name).write_bytes((tiny_folder / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"12345678")
    with pytest.raises(ModelDamaged, match=r"model\.safetensors: its SHA-256"):
        light_scorer.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((tiny_folder / "model.safetensors").read_bytes())
    config = json.loads((tiny_folder / "config.json").read_text())
    config["network"]["width"] = 64
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelDamaged, match="does not hold the network"):
        light_scorer.load(tmp_path)


def test_torch_is_never_imported(tiny_folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from lm_lint import light_scorer\n"
        "from lm_lint.detector import Detector; from lm_lint.engine import Engine\n"
        f"scorer = light_scorer.load(Path({str(tiny_folder)!r}))\n"
        "engine = Engine(scorer, Detector(scorer))\n"
        "engine.check('int main(void)\\n{\\n    return (1;\\n}\\n', 'c')\n"
        "engine.open('int x = 1;\\n', 'c').surprisal(0, 5)\n"
        "print(scorer.release.name, 'torch' in sys.modules, 'numpy.ma' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(light.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[:2] == ["tiny", "False"]


# --- With the released model ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released() -> tuple[Scorer, LightScorer]:
    return Scorer(weights.load(FOLDER, "cpu", torch.float32)), light_scorer.load(FOLDER)


@pytest.mark.released
def test_bits_of_the_released_model(released: tuple[Scorer, LightScorer]) -> None:
    for path in examples.correct_files()[::6]:
        language = examples.language_of(path)
        assert language is not None
        text = path.read_text(encoding="utf-8")[:4000]
        expected, found = (scorer.score(text, language) for scorer in released)
        np.testing.assert_allclose(found.surprisal_bits, expected.surprisal_bits, atol=BITS)
        np.testing.assert_allclose(found.entropy_bits, expected.entropy_bits, atol=BITS)


@pytest.mark.released
@pytest.mark.slow
def test_findings_of_the_released_model(released: tuple[Scorer, LightScorer]) -> None:
    """The same to the letter; the confidences up to rounding."""
    engines = [Engine(scorer, Detector(scorer), Settings()) for scorer in released]
    for example in examples.broken_examples()[::3]:
        expected, found = (engine.check(example.text, example.language) for engine in engines)
        assert [_plain(one.finding) for one in found] == [_plain(one.finding) for one in expected]
        for one, other in zip(found, expected, strict=True):
            assert one.finding.confidence == pytest.approx(other.finding.confidence, abs=1e-3)


def _plain(finding: object) -> tuple[object, ...]:
    repairs = [(repair.start, repair.end, repair.text) for repair in finding.repairs]  # type: ignore[attr-defined]
    return (finding.code, finding.start, finding.end, *repairs)  # type: ignore[attr-defined]
