"""The fit of the detector's weights: what matters is found, and examples say what is right."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from bench.slips import Slip
from lm_lint.detector import Detector
from lm_lint.ranking import Ranker
from lm_lint.text import Language
from lm_lint.tokens import Tokenizer
from models import calibrate
from models.calibrate import Example, Fit, fit, of_clean, of_slip
from tests.unit.test_detector import PYTHON, C, Scripted

# torch warns of `float(loss)` in Fit.solve, once in a process.
pytestmark = pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")


def made_up(n: int, seed: int = 0) -> list[Example]:
    """Slips that the feature `gain` tells, among options with noise; and as many false alarms."""
    draw = np.random.default_rng(seed)
    res = []
    for i in range(n):
        is_slip = i % 2 == 0
        right = int(draw.integers(4))
        options = [
            {"gain": float(is_slip and o == right) + 0.2 * draw.normal(), "noise": draw.normal()}
            for o in range(4)
        ]
        source, labels = ("git", [right]) if is_slip else ("clean", [])
        res.append(Example(source, f"file {i // 3}", {"nothing": 1.0}, options, labels, 1.0))
    return res


def test_the_fit_finds_which_feature_matters() -> None:
    weights, report = fit(made_up(80))
    assert set(weights) == {"gain", "noise", "nothing"}
    assert weights["gain"] > 2
    assert weights["nothing"] > 0
    assert abs(weights["noise"]) < 0.5
    assert report["git"]["n"] == report["git"]["right known"] == 40
    assert report["git"]["best is right"] >= 36
    assert report["clean"]["n"] == 40
    assert report["clean"]["right known"] == report["clean"]["best is right"] == 0
    assert report["clean"]["wrong at 0.6"] == report["clean"]["spoken at 0.6"] <= 6


def test_rare_features_get_no_weight() -> None:
    examples = made_up(40)
    examples[0].options[0]["seen once"] = 1.0
    assert "seen once" not in fit(examples)[0]


def test_what_counts_more_is_fitted_better() -> None:
    """Two examples that contradict each other: the heavier one wins."""
    for heavy in (0, 1):
        examples = [
            Example(
                "git", "a", {}, [{"x": 1.0}, {"x": -1.0}], [right], 5.0 if right == heavy else 1.0
            )
            for right in (0, 1)
        ]
        weight = Fit(examples, ["x"]).solve()[0]
        assert (weight > 0) == (heavy == 0)


def test_without_examples_the_pull_leaves_nothing() -> None:
    examples = made_up(20)
    problem = Fit(examples, ["gain", "noise", "nothing"])
    assert problem.solve(torch.zeros(20)).abs().max() < 1e-4
    assert problem.solve().abs().max() > 0.1


EXAMPLES = [
    Example("git", "a", {"n": 1.0}, [{"x": 1.0, "y": 2.0}, {"x": -3.0}], [0], 1.0),
    Example("git", "b", {"n": 0.5}, [{"y": 0.3}, {"x": 1.5}, {"unknown": 9.0}], [1, 2], 0.5),
    Example("clean", "c", {"n": 2.0, "x": 1.0}, [{"y": -1.0}], [], 1.0),
    Example("clean", "d", {}, [], [], 1.0),
]


def slow_log_share(example: Example, weights: dict[str, float]) -> float:
    rows = [example.nothing, *example.options]
    scores = [math.exp(sum(weights.get(n, 0.0) * v for n, v in row.items())) for row in rows]
    right = [scores[i + 1] for i in example.right] or [scores[0]]
    return math.log(sum(right) / sum(scores))


@pytest.mark.parametrize("w", [(0.0, 0.0, 0.0), (1.0, -2.0, 0.5), (-3.0, 4.0, 10.0)])
def test_the_share_of_what_is_right_by_a_slow_computation(w: tuple[float, float, float]) -> None:
    found = Fit(EXAMPLES, ["n", "x", "y"]).log_share(torch.tensor(w))
    weights = dict(zip(["n", "x", "y"], w, strict=True))
    assert found.tolist() == pytest.approx([slow_log_share(e, weights) for e in EXAMPLES], abs=1e-5)


def test_the_share_agrees_with_what_the_detector_computes() -> None:
    weights = {"n": 0.7, "x": 1.0, "y": -2.0}
    found = Fit(EXAMPLES, list(weights)).log_share(torch.tensor(list(weights.values())))
    ranker = Ranker({"c": weights})
    for example, log_share in zip(EXAMPLES, found.tolist(), strict=True):
        shares = ranker.probabilities("c", example.nothing, example.options)
        right = shares[example.right].sum() if example.right else 1 - shares.sum()
        assert math.exp(log_share) == pytest.approx(right, abs=1e-5)


def test_huge_scores_stay_finite() -> None:
    w = torch.tensor([500.0, -500.0, 500.0], requires_grad=True)
    share = Fit(EXAMPLES, ["n", "x", "y"]).log_share(w)
    share.sum().backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(share).all()
    assert w.grad is not None
    assert torch.isfinite(w.grad).all()


def test_examples_of_one_file_are_in_one_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = made_up(60)
    chosen: list[Any] = []
    solve = Fit.solve

    def watched(self: Fit, which: torch.Tensor | None = None) -> torch.Tensor:
        chosen.append(which)
        return solve(self, which)

    monkeypatch.setattr(Fit, "solve", watched)
    fit(examples)
    *folds, last = chosen
    assert last is None  # the weights that are kept come from all examples
    assert len(folds) == 5
    held = torch.stack([1 - fold for fold in folds])
    assert held.sum(0).tolist() == [1.0] * 60  # each is held out once
    for fold in held:
        out = {e.group for e, is_held in zip(examples, fold.tolist(), strict=True) if is_held}
        into = {e.group for e, is_held in zip(examples, fold.tolist(), strict=True) if not is_held}
        assert out
        assert not out & into


def test_examples_are_kept_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "c.jsonl.gz"
    calibrate.save(path, EXAMPLES)
    assert calibrate.load(path) == EXAMPLES


def slip(language: Language, fixed: str, good: str, bad: str, **changes: Any) -> Slip:
    broken = fixed.replace(good, bad, 1)
    return Slip.of(row(language, fixed, broken, fixed.index(good)) | changes)


def row(language: Language, fixed: str, broken: str, offset: int) -> dict[str, Any]:
    line = fixed.count("\n", 0, offset) + 1
    return {
        "id": "x-1",
        "lang": language,
        "part": "tune",
        "source_set": "git",
        "broken": broken,
        "fixed": fixed,
        "error_line": line,
        "error_offset": offset,
        "accept_lines": [line],
        "kind": "delete",
        "single": True,
        "missing": [],
        "extra": [],
    }


SLIPS: list[tuple[Language, str, str, str]] = [
    ("c", C, "sum = 0;", "sum = 0"),
    ("c", C, "(sum > 100)", "(sum > 100))"),
    ("python", PYTHON, "< limit:", "< limit"),
]


@pytest.mark.parametrize(("language", "fixed", "good", "bad"), SLIPS)
def test_the_option_that_mends_is_right(
    tiny_tokenizer: Tokenizer, language: Language, fixed: str, good: str, bad: str
) -> None:
    what = slip(language, fixed, good, bad)
    detector = Detector(Scripted(tiny_tokenizer, fixed))
    (examined,) = detector.examine(what.broken, language)
    (example,) = of_slip(detector, what)
    mended = ["".join(o.candidate.apply(what.broken).split()) for o in examined.options]
    assert example.right
    assert {mended[i] for i in example.right} == {"".join(fixed.split())}
    assert (example.source, example.group, example.weight) == ("git", "x-1", 1.0)
    assert example.options == [dict(option.features) for option in examined.options]
    assert example.nothing == dict(examined.nothing)


def test_made_slips_count_half_and_those_without_an_exact_repair_again_half(
    tiny_tokenizer: Tokenizer,
) -> None:
    detector = Detector(Scripted(tiny_tokenizer, C))
    (made,) = of_slip(detector, slip("c", C, "sum = 0;", "sum = 0", source_set="made-shaped:x"))
    assert (made.source, made.weight) == ("made-shaped", 0.5)
    what = slip("c", C.replace("= 0;", "= 0 + 1 - 2;"), "0 + 1 - 2;", "0")
    (near,) = of_slip(detector, what)
    assert near.weight == 0.5
    assert near.right  # what stands on the right line
    (examined,) = detector.examine(what.broken, "c")
    lines = {
        what.broken.count("\n", 0, examined.options[i].candidate.start) + 1 for i in near.right
    }
    assert lines == {3}


def test_in_correct_text_nothing_is_right(tiny_tokenizer: Tokenizer) -> None:
    detector = Detector(Scripted(tiny_tokenizer, C))
    odd = C.replace("int sum", "DECLARE(int sum")
    (example,) = of_clean(detector, odd, "c", "some/file.c")
    assert (example.source, example.group, example.right) == ("clean", "some/file.c", [])
    assert list(of_clean(detector, C, "c", "some/file.c")) == []
    both = calibrate.collect(detector, "c", [("f", odd), slip("c", C, "sum = 0;", "sum = 0")])
    assert [e.source for e in both] == ["clean", "git"]


def test_a_slip_and_its_mended_text_are_in_one_group(
    tmp_path: Path, tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = C.replace("int sum", "DECLARE(int sum")
    rows = [row("c", odd, odd.replace("return sum;", "return sum"), odd.index("return sum;"))]
    (tmp_path / "c_students.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    monkeypatch.setattr("models.calibrate.heldout.load", lambda *_, **__: [])
    monkeypatch.setattr("models.calibrate.raw_documents", lambda *_, **__: [])
    detector = Detector(Scripted(tiny_tokenizer, C))
    materials = calibrate.materials("c", tmp_path, None, tmp_path, 0, 0)
    examples = calibrate.collect(detector, "c", materials)
    assert {e.source for e in examples} == {"git", "clean"}
    assert len({e.group for e in examples}) == 1


def test_the_command_refits_what_it_kept(tmp_path: Path) -> None:
    model, kept = tmp_path / "model", tmp_path / "kept"
    model.mkdir()
    target = model / "detector.json"
    (model / "config.json").write_text(json.dumps({"sha256": {"model.safetensors": "abc"}}))
    known = {"weights": {"html": {"gain": 1.0}}, "other": 3, "model_sha256": "abc"}
    target.write_text(json.dumps(known))
    calibrate.save(kept / "c.jsonl.gz", made_up(40))
    arguments = [
        str(model),
        "--slips",
        str(tmp_path),
        "--language",
        "c",
        "--refit",
        "--out",
        str(kept),
    ]
    res = CliRunner().invoke(calibrate.command, arguments, catch_exceptions=False)
    assert res.exit_code == 0
    stored = json.loads(target.read_text())
    assert stored["other"] == 3
    assert stored["weights"]["html"] == {"gain": 1.0}
    assert Ranker.load(target).score("c", {"gain": 1.0}) > 0
    assert "git" in res.output
    # What was fitted to another model is of no use to this one.
    target.write_text(json.dumps(known | {"model_sha256": "old"}))
    CliRunner().invoke(calibrate.command, arguments, catch_exceptions=False)
    assert set(json.loads(target.read_text())["weights"]) == {"c"}
