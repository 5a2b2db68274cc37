"""`python -m models heads`: from a folder and a corpus to a file of heads and a page of figures; slips with labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard
from click.testing import CliRunner

from lm_lint import heads, light_scorer, weights
from lm_lint.heads import IN_LANGUAGE, Objective
from lm_lint.html_tags import tag_problems
from lm_lint.model_folder import HEADS
from lm_lint.text import LANGUAGES, Language
from models import heads as fitting
from models import labels
from models.head_figures import Figures, commonest, figures
from models.head_texts import Part, documents, read, samples
from models.heads import Linear, Recurrent
from models.quantize import command as quantize
from models.records import corpus_file
from models.spoiling import spoiled
from tests import folders
from tests.sources import SOURCES

pytest.importorskip("sklearn")

MORE: dict[Language, str] = {
    "c": '/* a */ int f(void) { return g("b", (1)); } // c\n',
    "html": '<!-- a comment --><ul><li><b>x</b><li><a href="/y">y</a> z</ul>\n',
    "python": "# a comment\nx = f('a string', [\"b\"])\n",
}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for language in LANGUAGES:
        for split in ("train", "valid", "test"):
            # Two of each, since half of them may be spoiled.
            texts = [SOURCES[language] + MORE[language] * 3, MORE[language] * 12]
            path = corpus_file(tmp_path / "corpus", language, split)  # type: ignore[arg-type]
            path.parent.mkdir(parents=True, exist_ok=True)
            records = [{"text": text, "project": split, "path": text[:9]} for text in texts]
            data = "".join(json.dumps(record) + "\n" for record in records).encode()
            path.write_bytes(zstandard.ZstdCompressor().compress(data))
    return tmp_path / "corpus"


def run(folder: Path, corpus: Path, *more: str) -> str:
    page = corpus / "heads.md"
    asked = [str(folder), "--corpus", str(corpus), "--page", str(page), "--passes", "2", *more]
    done = CliRunner().invoke(
        fitting.command, [*asked, "--tokens", "900", "--test-tokens", "600"], catch_exceptions=False
    )
    assert done.exit_code == 0
    return page.read_text(encoding="utf-8")


def test_heads_are_fitted_and_measured(tiny_folder: Path, tmp_path: Path, corpus: Path) -> None:
    folder, out = folders.copied(tiny_folder, tmp_path / "tiny"), tmp_path / "out"
    told = run(folder, corpus, "--out", str(out))
    assert not (folder / HEADS).exists()
    assert (out / "model.safetensors").read_bytes() == (folder / "model.safetensors").read_bytes()
    found = heads.load(out)
    scorer = light_scorer.load(out)
    for language in LANGUAGES:
        assert found.objectives(language) == IN_LANGUAGE[language]
        said = found.of_text(scorer, SOURCES[language], language)
        assert all(np.isfinite(values).all() for values in said.of.values())
        assert said.of["comment"].min() >= 0
        assert said.of["comment"].max() <= 1
    assert "| C: inside a string (" in told
    assert "| HTML: how many elements are open | accuracy |" in told
    assert "clean: commonest | clean: untrained | clean: linear | clean: heads | broken" in told


def test_the_same_seed_gives_the_same_heads(
    tiny_folder: Path, tmp_path: Path, corpus: Path
) -> None:
    files = []
    for name in ("one", "two"):
        folder = folders.copied(tiny_folder, tmp_path / name)
        told = run(folder, corpus, "--language", "html", "--no-baselines")
        assert "untrained |" not in told
        assert heads.load(folder).objectives("c") == ()
        files.append((folder / HEADS).read_bytes())
    assert files[0] == files[1]


def test_what_is_written_says_what_was_fitted(
    tiny_folder: Path, tmp_path: Path, corpus: Path
) -> None:
    """The numpy of the package against the torch that learned, but for the digits of float16."""
    folder = folders.copied(tiny_folder, tmp_path / "tiny")
    release = weights.load(folder, "cpu", torch.float32)
    drawn = documents(corpus, "html", "train", 800, 0)
    texts = samples(drawn, "html", release.tokenizer, 800, 0.0, 0)
    part = read(release.network, release.tokenizer.tag("html"), texts)
    n_said = sum(map(heads.n_answers, IN_LANGUAGE["html"]))
    torch.manual_seed(0)
    fitted = fitting.fit(Recurrent(part.cells.shape[1], n_said, 8, 12, 8), part, part, 3, 0)
    fitting.save(folder, {"html": fitted})
    answers = fitted.answers(part)
    found, scorer = heads.load(folder), light_scorer.load(folder)
    for i, text in enumerate(texts):
        source = release.tokenizer.decode(text.ids)
        said = found.of_text(scorer, source, "html")
        own = answers[part.starts[i] : part.starts[i + 1]]
        np.testing.assert_allclose(said.of["text"], 1 / (1 + np.exp(-own[:, 0])), atol=2e-3)
        np.testing.assert_allclose(said.of["link"], 1 / (1 + np.exp(-own[:, 1])), atol=2e-3)


def latched(n_texts: int, n_tokens: int, seed: int) -> Part:
    """Between a sign in the first half of the cells and one in the second there is a string; all are noisy."""
    rng = np.random.default_rng(seed)
    cells = rng.normal(0, 0.1, (n_texts * n_tokens, 32))
    string = np.zeros(len(cells), dtype=np.uint8)
    is_open = False
    for at in range(len(cells)):
        is_open = is_open and at % n_tokens > 0
        if rng.random() < 0.15:
            cells[at, 16 * is_open : 16 * is_open + 16] += 1.0
            is_open = not is_open
        string[at] = is_open
    starts = np.arange(n_texts + 1) * n_tokens
    return Part(cells.astype(np.float16), {"string": string}, starts)


def test_heads_remember_what_a_linear_probe_cannot() -> None:
    part, valid = latched(40, 200, 0), latched(5, 200, 1)
    torch.manual_seed(0)
    for module, low, high in ((Recurrent(32, 1, 4, 8, 8), 0.97, 1.0), (Linear(32, 1), 0.5, 0.8)):
        fitted = fitting.fit(module, part, valid, 60, 0)
        found = figures(fitted.answers(valid), valid)["string"].accuracy
        assert low <= found <= high, type(module)


def test_figures_of_known_answers() -> None:
    known: dict[Objective, np.ndarray] = {
        "string": np.array([1, 0, 0, 1], dtype=np.uint8),
        "depth": np.array([0, 2, 15, 1], dtype=np.uint8),
    }
    part = Part(np.zeros((4, 1), np.float16), known, np.array([0, 4]))
    depths = np.eye(16, dtype=np.float32)[[0, 2, 14, 2]]
    said = np.concatenate([np.array([[3.0], [1.0], [-2.0], [2.0]], np.float32), depths], axis=1)
    found = figures(said, part)
    assert found["string"] == Figures(0.75, 1.0, 2 * 2 / 5)
    assert found["depth"] == Figures(0.5)
    constant = figures(commonest(part, 4), part)
    assert constant["string"] == Figures(0.5, 0.5, 0.0)
    assert constant["depth"].accuracy == 0.25


def test_heads_come_along_when_weights_are_rounded(
    tiny_folder: Path, tmp_path: Path, corpus: Path
) -> None:
    folder, few = folders.copied(tiny_folder, tmp_path / "tiny"), tmp_path / "few"
    run(folder, corpus, "--language", "html", "--no-baselines")
    done = CliRunner().invoke(quantize, [str(folder), "--out", str(few), "--nearest"])
    assert done.exit_code == 0
    assert (few / "model.safetensors").read_bytes() != (folder / "model.safetensors").read_bytes()
    before, after = (
        heads.load(each).of_text(light_scorer.load(each), SOURCES["html"], "html")
        for each in (folder, few)
    )
    np.testing.assert_allclose(after.of["text"], before.of["text"], atol=0.1)


# --- Slips ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_slips_carry_labels_along(language: Language) -> None:
    """Each character that is left is known by its number, so that the labels are where the characters went."""
    text = (SOURCES[language] + MORE[language]) * 3
    numbers = np.arange(len(text))
    is_other = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        found, values = spoiled(text, {"number": numbers}, language, rng)
        assert found == "".join(text[i] for i in values["number"])
        assert abs(len(found) - len(text)) <= 8 * len(max(text.split("<"), key=len))
        is_other += found != text
    assert is_other >= 27, "some swaps change nothing"


def test_slips_break_pages() -> None:
    page = MORE["html"] * 5
    assert not tag_problems(page)
    broken = [
        bool(tag_problems(spoiled(page, {}, "html", np.random.default_rng(seed))[0]))
        for seed in range(20)
    ]
    assert sum(broken) >= 15


def test_a_lost_end_tag_ends_its_link_all_the_same() -> None:
    page = '<a href="/x">y</a> z' * 4
    known = labels.characters(page, "html")
    for seed in range(40):
        text, values = spoiled(page, known, "html", np.random.default_rng(seed))
        assert not values["link"][[i for i, char in enumerate(text) if char == "z"]].any()
        assert values["href"][[i for i, char in enumerate(text) if char == "x"]].all()


def test_a_text_in_which_nothing_can_slip() -> None:
    text, values = spoiled("a b", {"n": np.arange(3)}, "html", np.random.default_rng(0))
    assert text == "a b"
    assert values["n"].tolist() == [0, 1, 2]
