"""`python -m models gates`: what experts are worth is learned, and what it is worth is told of other projects."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from lm_lint import compression_mixing as mixing
from lm_lint import weights
from lm_lint.compression_mixing import Heard, Repeats
from lm_lint.scorer import Scorer
from lm_lint.text import LANGUAGES, Language
from models import evaluate, gates, heldout
from models.records import corpus_file

LINES: dict[Language, str] = {
    "c": "int total = first + second;\n",
    "html": '<li class="item"><a href="#">one</a></li>\n',
    "python": "value = table[key]\n",
}


@pytest.fixture(scope="module")
def scorer(tiny_folder: Path) -> Scorer:
    return Scorer(weights.load(tiny_folder, "cpu"))


def test_what_the_model_expects_is_asked_token_by_token(scorer: Scorer) -> None:
    text = LINES["c"] * 30  # longer than a chunk
    repeats, chances = Repeats(scorer.release.network.config.width), []
    for token in gates.asked(scorer, text, "c", repeats):
        chances.append(repeats.heard(token)[0].chance)
        repeats.read(token)
    bits = scorer.score(text, "c").surprisal_bits
    assert [-math.log2(chance) for chance in chances] == pytest.approx(bits.tolist(), abs=0.1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_repeated_costs_little(scorer: Scorer, language: Language) -> None:
    once, _ = gates.adapted_bits(scorer, LINES[language], language)
    often, n_tokens = gates.adapted_bits(scorer, LINES[language] * 20, language)
    alone = scorer.score(LINES[language] * 20, language).surprisal_bits
    assert n_tokens == len(alone)
    assert often < min(3 * once, alone.sum() / 3)


def test_gates_open_for_who_is_right() -> None:
    found = gates.unlearned()
    model, cache = 0, math.prod(mixing.MODEL_SHAPE)
    right, wrong = [Heard(model, 0.1), Heard(cache, 0.9)], [Heard(model, 0.1), Heard(cache, 0.0)]
    before = mixing.learn(list(found), right, 0.0)
    for _ in range(50):
        mixing.learn(found, right, 0.3)
    assert before < 0.3 < 0.7 < mixing.learn(found, right, 0.0)
    for _ in range(100):
        mixing.learn(found, wrong, 0.3)
    assert 0.09 < mixing.learn(found, wrong, 0.0) <= 0.1


def test_a_project_is_in_one_half() -> None:
    read = [gates.Read("c", f"project {n % 5}", 1, []) for n in range(20)]
    one, other = gates.halves(read)
    assert len(one) + len(other) == 20
    assert {each.project for each in one}.isdisjoint(each.project for each in other)


def test_gates_are_written_with_what_they_are_worth(tiny_folder: Path, tmp_path: Path) -> None:
    for language in LANGUAGES:
        path = corpus_file(tmp_path, language, "valid")
        path.parent.mkdir(parents=True, exist_ok=True)
        records = [
            {"text": LINES[language] * 12, "project": f"p{n}", "path": "a"} for n in range(2)
        ]
        data = "".join(json.dumps(record) + "\n" for record in records).encode()
        path.write_bytes(zstandard.ZstdCompressor().compress(data))
    out = tmp_path / "gates.json"
    asked = [str(tiny_folder), "--corpus", str(tmp_path), "--passes", "2", "--out", str(out)]
    done = CliRunner().invoke(gates.command, asked, catch_exceptions=False)
    assert done.exit_code == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert len(told["gates"]) == mixing.N_GATES
    for language in LANGUAGES:
        figures = told["bits_per_byte"][language]
        assert 0 < figures["adapted"] < figures["alone"]
        assert f"{language}: {figures['alone']:.3f} bits per byte" in done.output


def test_a_report_has_a_row_for_what_files_repeat(scorer: Scorer, tmp_path: Path) -> None:
    drawn = [heldout.Heldout(LINES["c"] * 12, "p", "a")]
    figures = evaluate.evaluate_language(scorer, "c", drawn, tmp_path / "none.json")
    figures["adapted"] = evaluate.adapted(scorer, "c", drawn).as_json()
    alone, adapted = evaluate.rows("tiny", figures)[:2]
    assert [alone[0], adapted[0]] == ["tiny", "tiny, and what the file repeats"]
    assert float(adapted[2]) < float(alone[2])
