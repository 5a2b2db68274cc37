"""From packed tokens to a released folder with a tiny network: train, n-gram, evaluate, export, load, score."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import zstandard
from click.testing import CliRunner, Result

from lm_lint import weights
from lm_lint.model import NetworkConfig
from lm_lint.model_folder import CELLS, HEADS, RANKING
from lm_lint.scorer import Scorer
from lm_lint.text import LANGUAGES
from lm_lint.tokens import Tokenizer
from lm_lint.tokens import train as train_tokenizer
from models import evaluate, export, ngram, train
from models.records import corpus_file

TEXTS = {
    "c": ["int main(void)\n{\n    return 0;\n}\n" * 4, "int a = 1;\nint b = 2;\n" * 6],
    "html": ["<p>one</p>\n<ul>\n  <li>two</li>\n</ul>\n" * 4, "<div>a</div>\n" * 8],
    "python": ["def f(a):\n    return a\n\n\n" * 5, "for i in x:\n    print(i)\n" * 6],
}


def call(command: object, *arguments: object) -> Result:
    done = CliRunner().invoke(command, [str(a) for a in arguments])  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output + repr(done.exception)
    return done


def write_corpus(corpus: Path) -> None:
    projects = {}
    for language in LANGUAGES:
        projects[language] = {}
        for split in ("train", "valid", "test"):
            path = corpus_file(corpus, language, split)
            path.parent.mkdir(parents=True, exist_ok=True)
            records = [
                {"text": text, "project": f"{split}-{i}", "path": f"{i}", "licence": "MIT"}
                for i, text in enumerate(TEXTS[language])
            ]
            lines = "".join(json.dumps(r) + "\n" for r in records)
            path.write_bytes(zstandard.compress(lines.encode()))
            held = {"files": 1, "mb": 0.001, "repeat": 1}
            projects[language][split] = {
                "files": 2,
                "mb": 0.002,
                "projects": {r["project"]: held for r in records},
            }
    (corpus / "report.json").write_text(json.dumps(projects), encoding="utf-8")


def write_tokens(tokens: Path, tokenizer: Tokenizer) -> None:
    tokens.mkdir()
    for language in LANGUAGES:
        ids = [
            np.concatenate(([tokenizer.tag(language)], tokenizer.ids(text), [tokenizer.end]))
            for text in TEXTS[language]
        ]
        for split in ("train", "valid"):
            row = np.concatenate(ids * 20).astype("<u2")
            row.tofile(tokens / f"{language}.{split}.bin")
            summary = {"n_tokens": len(row), "n_bytes": 20 * sum(map(len, TEXTS[language]))}
            (tokens / f"{language}.{split}.json").write_text(json.dumps(summary), encoding="utf-8")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, a tokenizer, packed tokens and a run of four steps."""
    root = tmp_path_factory.mktemp("workshop")
    tokenizer = train_tokenizer((t for texts in TEXTS.values() for t in texts), 300)
    (root / "tokenizer.json").write_text(tokenizer.to_json(), encoding="utf-8")
    write_corpus(root / "corpus")
    write_tokens(root / "tokens", tokenizer)
    shape = NetworkConfig(
        vocab_size=tokenizer.vocab_size,
        width=32,
        n_layers=2,
        attention_layers=(1,),
        window=16,
        n_heads=2,
        mlp_width=48,
        bigram_buckets=64,
    )
    config = train.TrainConfig(
        name="tiny",
        tokens=str(root / "tokens"),
        tokenizer=str(root / "tokenizer.json"),
        lanes=3,
        chunk=16,
        compile=False,
        bf16=False,
        valid_tokens=96,
        network=shape,
    )
    train.run(config, root / "run", None, 4, "cpu")
    return root


@pytest.fixture(scope="module")
def release(workshop: Path) -> Path:
    common = ("--corpus", workshop / "corpus", "--max-bytes", 5000)
    call(
        ngram.command,
        *common,
        *("--tokens", workshop / "tokens", "--tokenizer", workshop / "tokenizer.json"),
        *("--out", workshop / "ngram", "--order", 3),
    )
    call(
        evaluate.command,
        *(workshop / "run", "--name", "tiny", "--device", "cpu", *common),
        *("--ngram", workshop / "ngram", "--out", workshop / "run"),
    )
    out = workshop / "models" / "tiny"
    call(
        export.command,
        *(workshop / "run", "--out", out, "--corpus", workshop / "corpus"),
        *("--manifest", workshop / "no manifest", "--trained-by", "make train"),
        *("--hardware", "one abacus"),
    )
    return out


def test_release_holds_its_files_and_their_hashes(release: Path) -> None:
    assert sorted(path.name for path in release.iterdir()) == sorted(export.FILES)
    config = json.loads((release / "config.json").read_text(encoding="utf-8"))
    for name, expected in config["sha256"].items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == expected
    assert set(config["sha256"]) == {"model.safetensors", "tokenizer.json"}
    assert config["name"] == "tiny"
    assert config["training"]["tokens_seen"] == 4 * 3 * 16


def test_what_was_fitted_to_other_weights_goes(workshop: Path, tmp_path: Path) -> None:
    out = tmp_path / "tiny"
    export.write_release(workshop / "run", out)
    for fitted in (RANKING, CELLS, HEADS):
        (out / fitted).write_text("fitted to what was here")
    export.write_release(workshop / "run", out)
    assert sorted(path.name for path in out.iterdir()) == sorted({*export.FILES} - {"CARD.md"})


def test_weights_are_those_of_the_checkpoint_in_bfloat16(workshop: Path, release: Path) -> None:
    run = export.read_run(workshop / "run")
    network = weights.load(release, "cpu", torch.float32).network
    named = dict(network.named_parameters())
    assert set(named) == set(run.tensors)
    for name, tensor in run.tensors.items():
        torch.testing.assert_close(named[name].float(), tensor.bfloat16().float(), rtol=0, atol=0)


def test_evaluation_is_of_the_released_weights(workshop: Path, release: Path) -> None:
    report = json.loads((workshop / "run" / "evaluation.json").read_text(encoding="utf-8"))
    data = (release / "model.safetensors").read_bytes()
    assert report["model_sha256"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("language", LANGUAGES)
def test_evaluation_equals_the_sum_over_single_scores(
    workshop: Path, release: Path, language: str
) -> None:
    report = json.loads((workshop / "run" / "evaluation.json").read_text(encoding="utf-8"))
    scorer = Scorer(weights.load(release, "cpu"))
    scores = [scorer.score(text, language) for text in TEXTS[language]]  # type: ignore[arg-type]
    n_bytes = sum(map(len, TEXTS[language]))
    figures = report["languages"][language]["model"]
    assert figures["bytes"] == n_bytes
    assert figures["tokens"] == sum(len(s.tokens) + 1 for s in scores)
    bits = sum(float(s.surprisal_bits.sum()) for s in scores)
    assert figures["bits_per_byte"] == pytest.approx(bits / n_bytes, rel=2e-3)


def test_the_ngram_has_learnt_its_own_training_text(workshop: Path) -> None:
    report = json.loads((workshop / "run" / "evaluation.json").read_text(encoding="utf-8"))
    for figures in report["languages"].values():
        assert figures["ngram"]["training_documents"] == 2  # repeats are counted once
        assert figures["ngram"]["bits_per_byte"] < figures["model"]["bits_per_byte"]
        assert figures["ngram"]["tokens"] == figures["model"]["tokens"]


def test_card_says_what_is_known(release: Path) -> None:
    text = (release / "CARD.md").read_text(encoding="utf-8")
    sha256 = hashlib.sha256((release / "model.safetensors").read_bytes()).hexdigest()
    for phrase in (sha256, "`make train`", "one abacus", "4 steps", "xz -9", "Kneser-Ney 3-gram"):
        assert phrase in text
    assert "| not in the manifest | 0.0 | train-0, train-1 |" in text
    assert "Not measured" not in text


def test_card_does_not_quote_figures_of_other_weights(workshop: Path, release: Path) -> None:
    run = export.read_run(workshop / "run")
    evaluation = json.loads((workshop / "run" / "evaluation.json").read_text(encoding="utf-8"))
    evaluation["model_sha256"] = "of another model"
    text = export.card(run, release, evaluation, None, [], None, "one abacus")
    assert "Not measured on these weights" in text
    assert "xz" not in text
    assert "| Trained by | not recorded |" in text


def test_a_run_without_checkpoint_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(export.command, [str(tmp_path)])
    assert done.exit_code == 1
    assert "run `python -m models train` first" in done.output


def test_evaluate_refuses_a_folder_that_holds_no_model(tmp_path: Path) -> None:
    done = CliRunner().invoke(evaluate.command, [str(tmp_path)])
    assert done.exit_code == 1
    assert "neither model.safetensors" in done.output
