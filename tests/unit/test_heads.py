"""The heads of a model: read, checked against the weights, and computed; the judge steps from token to token."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from lm_lint import activations, archives, heads, light_scorer, weights
from lm_lint.errors import HeadsMissing, ModelDamaged
from lm_lint.heads import DEEPEST, IN_LANGUAGE, OBJECTIVES, SAID, YES_OR_NO, Objective
from lm_lint.light_scorer import LightScorer
from lm_lint.model_folder import HEADS
from lm_lint.scorer import Scorer
from lm_lint.text import LANGUAGES, Language
from tests import folders
from tests.sources import SOURCES

Tensors = dict[str, np.ndarray]
RANK, WIDTH, MIXED = 6, 5, 7


def random_tensors(language: Language, n_cells: int) -> Tensors:
    rng = np.random.default_rng(n_cells)
    n_said = sum(map(heads.n_answers, IN_LANGUAGE[language]))
    shapes = {
        "narrow": (RANK, n_cells),
        "gates": (2 * WIDTH, RANK),
        "mix": (MIXED, RANK + WIDTH),
        "out": (n_said, MIXED),
    }
    res: Tensors = {}
    for name, shape in shapes.items():
        res[name] = rng.normal(0, 2 * shape[1] ** -0.5, shape).astype(np.float16)
        res[f"{name}_bias"] = rng.normal(0, 1, shape[0]).astype(np.float16)
    return res


def write(folder: Path, of: dict[Language, Tensors], **facts: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    told = heads.metadata(
        {language: IN_LANGUAGE[language] for language in of}, config["sha256"]["model.safetensors"]
    )
    named = {f"{language}.{name}": t for language, own in of.items() for name, t in own.items()}
    (folder / HEADS).write_bytes(safetensors.numpy.save(named, told | facts))


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    res = folders.copied(tiny_folder, tmp_path / "tiny")
    n_cells = len(activations.every_cell(light_scorer.load(res).config))
    write(res, {language: random_tensors(language, n_cells) for language in LANGUAGES})
    return res


@pytest.fixture
def light(folder: Path) -> LightScorer:
    return light_scorer.load(folder)


def stepwise(
    of: Tensors, x: activations.Floats, language: Language
) -> dict[Objective, list[float]]:
    """The formulas of the module's head in float64, token by token."""
    wide = {name: tensor.astype(np.float64) for name, tensor in of.items()}
    h = np.zeros(WIDTH)
    res: dict[Objective, list[float]] = {name: [] for name in IN_LANGUAGE[language]}
    for cells in x.astype(np.float64):
        r = wide["narrow"] @ cells + wide["narrow_bias"]
        u = wide["gates"] @ r + wide["gates_bias"]
        f = 1 / (1 + np.exp(-u[WIDTH:]))
        h = f * h + (1 - f) * u[:WIDTH]
        m = wide["mix"] @ np.concatenate([r, h]) + wide["mix_bias"]
        y = list(wide["out"] @ (m / (1 + np.exp(-m))) + wide["out_bias"])
        for name, said in res.items():
            if name in YES_OR_NO:
                said.append(1 / (1 + np.exp(-y.pop(0))))
            else:
                each = np.exp([y.pop(0) for _ in range(DEEPEST + 1)])
                said.append(float((each * np.arange(DEEPEST + 1)).sum() / each.sum()))
        assert not y
    return res


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n_times", [1, 8])
def test_heads_say_what_the_formulas_say(
    folder: Path, light: LightScorer, language: Language, n_times: int
) -> None:
    text = SOURCES[language] * n_times
    found = heads.load(folder)
    assert found.objectives(language) == IN_LANGUAGE[language]
    cells = activations.every_cell(light.config)
    x = activations.of_text(light, text, language, cells)
    expected = stepwise(random_tensors(language, len(cells)), x, language)
    torch_scorer = Scorer(weights.load(folder, "cpu", torch.float32))
    for scorer in (light, torch_scorer):
        said = found.of_text(scorer, text, language)
        np.testing.assert_array_equal(said.bounds, light.tokenizer.encode(text).bounds)
        assert tuple(said.of) == IN_LANGUAGE[language]
        for name, values in said.of.items():
            assert values.dtype == np.float32
            assert np.ptp(values) > 0.01, "else the judge has nothing to see"
            np.testing.assert_allclose(values, expected[name], atol=2e-3, err_msg=name)


def test_a_text_without_tokens(folder: Path, light: LightScorer) -> None:
    said = heads.load(folder).of_text(light, "", "html")
    assert said.bounds.tolist() == [0]
    assert {name: values.shape for name, values in said.of.items()} == dict.fromkeys(
        IN_LANGUAGE["html"], (0,)
    )


def test_a_model_without_heads(tiny_folder: Path, folder: Path, light: LightScorer) -> None:
    with pytest.raises(HeadsMissing, match=r"has no heads\.safetensors"):
        heads.load(tiny_folder)
    n_cells = len(activations.every_cell(light.config))
    write(folder, {"html": random_tensors("html", n_cells)})
    found = heads.load(folder)
    assert found.objectives("c") == ()
    with pytest.raises(HeadsMissing, match="no heads for c"):
        found.of_text(light, "int a;", "c")


def test_heads_of_other_weights_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["sha256"]["model.safetensors"] = "0" * 64
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelDamaged, match="this one has 000000000000"):
        heads.load(folder)
    data = heads.refitted((folder / HEADS).read_bytes(), "0" * 64)
    before = safetensors.numpy.load((folder / HEADS).read_bytes())
    for name, tensor in safetensors.numpy.load(data).items():
        np.testing.assert_array_equal(tensor, before[name])
    (folder / HEADS).write_bytes(data)
    assert heads.load(folder).objectives("c") == IN_LANGUAGE["c"]


def test_heads_of_another_shape_are_refused(folder: Path, light: LightScorer) -> None:
    write(folder, {"c": random_tensors("c", len(activations.every_cell(light.config)) + 1)})
    with pytest.raises(ModelDamaged, match="cells, and the network has"):
        heads.load(folder).of_text(light, "int a;", "c")


def without(tensors: Tensors) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if name != "mix"}


def narrower(tensors: Tensors) -> Tensors:
    return tensors | {"out": tensors["out"][:-1]}


def infinite(tensors: Tensors) -> Tensors:
    return tensors | {"gates": np.full_like(tensors["gates"], np.inf)}


def flat(tensors: Tensors) -> Tensors:
    return tensors | {"narrow": tensors["narrow"].ravel()}


@pytest.mark.parametrize("change", [without, narrower, infinite, flat])
def test_tensors_that_make_no_sense_are_refused(
    folder: Path, change: Callable[[Tensors], Tensors]
) -> None:
    write(folder, {"html": change(random_tensors("html", 32))})
    with pytest.raises(ModelDamaged, match="cannot be read"):
        heads.load(folder)


@pytest.mark.parametrize(
    "facts",
    [
        {"format": "2"},
        {"objectives": "{"},
        {"objectives": "[]"},
        {"objectives": '{"html": ["beauty"]}'},
        {"objectives": '{"html": []}'},
        {"objectives": '{"html": [["text"]]}'},
        {"objectives": '{"perl": ["text"]}'},
    ],
)
def test_facts_that_make_no_sense_are_refused(folder: Path, facts: dict[str, str]) -> None:
    write(folder, {"html": random_tensors("html", 32)}, **facts)
    with pytest.raises(ModelDamaged, match="cannot be read"):
        heads.load(folder)


def test_a_file_that_is_cut_short_is_refused(folder: Path) -> None:
    data = (folder / HEADS).read_bytes()
    for length in (0, 7, 200, len(data) - 1):
        (folder / HEADS).write_bytes(data[:length])
        with pytest.raises(ModelDamaged, match="cannot be read"):
            heads.load(folder)
    (folder / HEADS).write_bytes(safetensors.numpy.save({"a": np.zeros(2, np.float16)}))
    with pytest.raises(ModelDamaged, match="cannot be read"):
        heads.load(folder)


def test_heads_travel_with_their_model(folder: Path, tmp_path: Path) -> None:
    archives.pack(folder, tmp_path / "tiny.tar.gz", "tiny")
    (tmp_path / "out").mkdir()
    archives.unpack(tmp_path / "tiny.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / HEADS).read_bytes() == (folder / HEADS).read_bytes()


def test_every_objective_is_told_of() -> None:
    assert set(SAID) == set(OBJECTIVES) == {name for own in IN_LANGUAGE.values() for name in own}
    assert set(OBJECTIVES) - YES_OR_NO == {"depth", "open-tags"}
    assert set(IN_LANGUAGE) == set(LANGUAGES)
