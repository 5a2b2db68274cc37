"""Bits per byte: which documents are drawn, how their bits are summed, and what the report says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lm_lint.text import Language
from models import evaluate, heldout, ngram


def record(project: str, path: str, text: str) -> dict[str, Any]:
    return {"text": text, "project": project, "path": path, "licence": "MIT"}


RECORDS = [record("large", f"{i}.c", f"int a{i:04};\n" * 10) for i in range(200)] + [
    record("small", f"{i}.c", f"int b{i:04};\n" * 10) for i in range(3)
]


def test_projects_give_evenly_while_they_can() -> None:
    drawn = heldout.draw(RECORDS, 1200, 0)
    projects = [document.project for document in drawn]
    assert projects.count("small") == 3
    assert projects.count("large") == 7  # 120 bytes each
    assert sum(len(document.data) for document in drawn) <= 1200


def test_the_draw_is_the_same_for_a_seed_whatever_the_order() -> None:
    drawn = heldout.draw(RECORDS, 1200, 0)
    assert drawn == heldout.draw(reversed(RECORDS), 1200, 0)
    assert drawn != heldout.draw(RECORDS, 1200, 1)
    assert heldout.digest(drawn) == heldout.digest(heldout.draw(reversed(RECORDS), 1200, 0))
    assert heldout.digest(drawn) != heldout.digest(drawn[:-1])


def test_text_is_drawn_as_the_network_reads_it_and_never_empty() -> None:
    drawn = heldout.draw([record("a", "1", "\ufeffé\r\n"), record("a", "2", "")], 100, 0)
    assert [document.text for document in drawn] == ["é\n"]
    assert drawn[0].data == "é\n".encode()


def test_a_document_that_does_not_fit_is_left_out_whole() -> None:
    drawn = heldout.draw([record("a", "1", "x" * 50), record("b", "1", "y" * 60)], 60, 0)
    assert len(drawn) == 1


@dataclass(frozen=True)
class FakeScores:
    surprisal_bits: np.ndarray


class OneBitACharacter:
    """Every character is a token of one bit, and the end of the document costs three."""

    def __init__(self) -> None:
        self.lots: list[int] = []

    def score_many(self, items: Sequence[tuple[str, Language]]) -> list[FakeScores]:
        self.lots.append(len(items))
        return [FakeScores(np.array([1.0] * len(t) + [3.0], np.float32)) for t, _ in items]


def documents(*texts: str) -> list[heldout.Heldout]:
    return [heldout.Heldout(text, f"project {i % 2}", str(i)) for i, text in enumerate(texts)]


def test_costs_are_bits_with_the_end_over_bytes_by_project() -> None:
    scorer = OneBitACharacter()
    costs = evaluate.costs(scorer, "c", documents("abc", "é", "defgh"))
    assert costs["project 0"] == evaluate.Cost(bits=3 + 3 + 5 + 3, tokens=10, bytes=8)
    assert costs["project 1"] == evaluate.Cost(bits=1 + 3, tokens=2, bytes=2)
    assert costs["project 1"].bits_per_byte == 2
    assert costs["project 1"].bits_per_token == 2


def test_lots_hold_every_document_once_and_longest_first() -> None:
    many = documents(*("x" * n for n in (5, 90_000, 80_000, 7, 100_000)))
    lots = list(evaluate.lots(many))
    assert [[len(d.text) for d in lot] for lot in lots] == [[100_000, 90_000], [80_000, 7, 5]]


def report_of(tmp_path: Path, ngram_sample: str | None) -> dict[str, Any]:
    drawn = documents("int a;\n" * 20, "int b;\n" * 30)
    ngram_file = ngram.result_file(tmp_path, "c", "test")
    counted = {
        "sample_sha256": ngram_sample or heldout.digest(drawn),
        "bits_per_byte": 1.25,
        "bits_per_token": 3.5,
        "training_tokens": 40_000_000,
        "asked": {"order": 6},
    }
    ngram_file.write_text(json.dumps(counted), encoding="utf-8")
    figures = evaluate.evaluate_language(OneBitACharacter(), "c", drawn, ngram_file)
    settings = {"split": "test", "max_bytes": 1000, "seed": 0, "device": "cpu"}
    return {
        "name": "tiny",
        "model_sha256": "abc",
        "settings": settings,
        "languages": {"c": figures},
    }


def test_report_puts_the_rows_side_by_side(tmp_path: Path) -> None:
    report = report_of(tmp_path, None)
    evaluate.write_report(report, tmp_path)
    page = (tmp_path / "evaluation.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")]
    cells = {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}
    # 350 characters of one bit and two ends of three bits
    assert cells["tiny"] == [f"{356 / 352:.3f}", f"{356 / 350:.3f}", ""]
    assert cells["Kneser-Ney 6-gram, 40 M tokens"] == ["3.500", "1.250", ""]
    assert float(cells["xz -9"][1]) > float(cells["xz -9"][2]) > 0
    assert "primed with nothing" in page
    stored = json.loads((tmp_path / "evaluation.json").read_text(encoding="utf-8"))
    assert stored["languages"]["c"]["model"]["bits_per_byte"] == pytest.approx(356 / 350)


def test_an_ngram_measured_on_other_documents_is_not_shown(tmp_path: Path) -> None:
    assert report_of(tmp_path, "another sample")["languages"]["c"]["ngram"] is None


def test_figures_of_valid_do_not_take_the_place_of_those_of_test(tmp_path: Path) -> None:
    report = report_of(tmp_path, None)
    report["settings"]["split"] = "valid"
    evaluate.write_report(report, tmp_path / "run")
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == [
        "evaluation.valid.json",
        "evaluation.valid.md",
    ]
