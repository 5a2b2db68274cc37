"""The ladder: what is measured of a folder, what is remembered of it, and how it is told."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import zstandard
from click.testing import CliRunner

from bench import ladder, ladder_page
from bench.slips import Slip
from lm_lint import light_scorer
from lm_lint.text import LANGUAGES
from models import quantize
from models.records import corpus_file
from tests.sources import SOURCES


def slip(index: int) -> dict[str, Any]:
    return {
        "id": f"slip {index}",
        "lang": "c",
        "source_set": "tracer:x",
        "part": "tune",
        "broken": "int main(void)\n{\n    return 0\n}\n",
        "fixed": "int main(void)\n{\n    return 0;\n}\n",
        "error_line": 3,
        "accept_lines": [3],
        "kind": "delete",
        "single": True,
        "missing": [";"],
        "extra": [],
        "error_offset": 28,
    }


@pytest.fixture(scope="module")
def workshop(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two models, the first of them calibrated; a corpus; slips."""
    root = tmp_path_factory.mktemp("ladder")
    shutil.copytree(tiny_folder, root / "tiny")
    arguments = [str(root / "tiny"), "--out", str(root / "few"), "--nearest"]
    assert CliRunner().invoke(quantize.command, arguments).exit_code == 0
    sha256 = json.loads((root / "tiny" / "config.json").read_text())["sha256"]["model.safetensors"]
    ranking = {"model_sha256": sha256, "weights": {"c": {"gain": 1.5}}}
    (root / "tiny" / "detector.json").write_text(json.dumps(ranking))
    for language in LANGUAGES:
        path = corpus_file(root / "corpus", language, "valid")
        path.parent.mkdir(parents=True)
        record = {"text": SOURCES[language], "project": "p", "path": "a", "licence": "MIT"}
        path.write_bytes(zstandard.compress((json.dumps(record) + "\n").encode()))
    (root / "slips").mkdir()
    rows = "".join(json.dumps(slip(index)) + "\n" for index in range(3))
    (root / "slips" / "c_students.jsonl").write_text(rows)
    return root


@pytest.fixture(scope="module")
def report(workshop: Path) -> dict[str, Any]:
    done = run(workshop, "--rounds", "1")
    assert done.exit_code == 0, done.output + repr(done.exception)
    res: dict[str, Any] = json.loads((workshop / "out" / "ladder.json").read_text())
    return res


def run(workshop: Path, *more: str) -> Any:
    arguments = [f"tiny one={workshop / 'tiny'}", str(workshop / "few")]
    arguments += ["--corpus", str(workshop / "corpus"), "--data", str(workshop / "slips")]
    arguments += ["--git-rows", str(workshop / "none"), "--out", str(workshop / "out")]
    return CliRunner().invoke(ladder.main, [*arguments, *more])


@pytest.mark.slow
def test_every_rung_is_measured(workshop: Path, report: dict[str, Any]) -> None:
    first, second = report["rungs"]
    assert [first["name"], second["name"]] == ["tiny one", "few"]
    assert [first["family"], second["family"]] == ["bfloat16", "rounded"]
    assert first["n_parameters"] == second["n_parameters"]
    assert second["megabytes"] < first["megabytes"]
    ranking = (workshop / "tiny" / "detector.json").read_bytes()
    digest = hashlib.sha256(ranking).hexdigest()[:8]
    assert first["ranking"] == f"its own `{digest}`"
    assert second["ranking"] == f"that of {(workshop / 'tiny').as_posix()} `{digest}`"
    for rung in (first, second):
        assert set(rung["quality"]["bits_per_byte"]) == set(LANGUAGES)
        assert rung["quality"]["exact"]["C, students"][1] == 3
        assert rung["cost"]["ms_per_1000"]["light"] > 0
        # Python and numpy alone take more than 20 MB, and torch would take more than 200.
        assert 20 < rung["cost"]["memory_mb"] < 150
    scorer = light_scorer.load(workshop / "tiny")
    bits = float(scorer.score(SOURCES["c"], "c").surprisal_bits.sum())
    expected = bits / len(SOURCES["c"].encode())
    assert first["quality"]["bits_per_byte"]["c"] == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
def test_page_and_picture_are_written(workshop: Path, report: dict[str, Any]) -> None:
    page = (workshop / "out" / "ladder.md").read_text()
    assert page == ladder_page.page(report)
    assert f"| tiny one | {report['rungs'][0]['n_parameters'] / 1e6:.2f} M |" in page
    assert (workshop / "out" / "ladder.png").read_bytes().startswith(b"\x89PNG")


def test_the_first_repair_is_counted(tiny_folder: Path) -> None:
    rows = [Slip.of(slip(0)), Slip.of(slip(1) | {"fixed": "int main(void)\n{\n    exit(0);\n}\n"})]
    found = ladder.exact_repairs(light_scorer.load(tiny_folder), rows)
    assert found["C, students"][0] <= 1  # of two that are the same text, one cannot be right
    assert found["C, students"][1] == 2


def test_what_was_measured_is_remembered_for_the_same_sample(tmp_path: Path) -> None:
    rung = {"sha256": "a", "ranking": "its own"}
    quality = {"bits_per_byte": {"c": 1.0}, "exact": {"C, students": [1, 2]}}
    told = {"about": {"sample": {"slips": 2}}, "rungs": [rung | {"quality": quality}]}
    (tmp_path / "ladder.json").write_text(json.dumps(told))
    found = ladder.remembered(tmp_path / "ladder.json", {"slips": 2})
    assert found == {("a", "its own"): ladder.Quality(**quality)}
    assert ladder.remembered(tmp_path / "ladder.json", {"slips": 3}) == {}
    assert ladder.remembered(tmp_path / "none.json", {"slips": 2}) == {}


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(ladder.main, [f"name={tmp_path}"])
    assert done.exit_code == 2
    assert "holds no config.json" in done.output
    assert CliRunner().invoke(ladder.main, []).exit_code == 2


def rung_of(name: str, megabytes: float, bits: float, family: str = "bfloat16") -> dict[str, Any]:
    return {
        "name": name,
        "family": family,
        "n_parameters": 1_000_000,
        "megabytes": megabytes,
        "sha256": "0123456789abcdef",
        "ranking": "its own",
        "training": {"minutes": 60, "tokens_seen": 2_000_000},
        "quality": {
            "bits_per_byte": {"c": bits, "html": bits, "python": bits + 0.3},
            "exact": {"C, students": [3, 4], "HTML, repositories": [1, 4]},
        },
        "cost": {
            "ms_per_1000": {"light": 150.0, "torch": 70.0},
            "ms_per_kb": {"light": 50.0 * megabytes, "torch": 20.0},
            "memory_mb": 90.0,
        },
    }


def test_the_page_tells_what_there_is() -> None:
    rungs = [rung_of("small", 16.0, 1.1), rung_of("few", 4.0, 1.2, "trained")]
    sample = {"slips": 8, "part": "tune", "bytes": {"c": 200_000}}
    about = {"command": "x", "date": "d", "machine": "m", "load": 1.0, "sample": sample}
    text = ladder_page.page({"about": about, "rungs": rungs})
    row = "| few | 1.00 M | 4.00 | 1.2000 | 1.2000 | 1.5000 | 50.0% | 150 | 70 | 90 |"
    assert row in text
    assert "| few | 75.0% | 25.0% |" in text
    assert "trained in few bits | 60 minutes, 2.0 M tokens | its own |" in text
    assert "small 800.0, few 200.0" in text  # vocabularies differ
    text = ladder_page.page({"about": about, "rungs": rungs[:1]})
    assert "Vocabularies differ" not in text


def test_names_in_the_picture_do_not_cover_each_other(tmp_path: Path) -> None:
    """Rungs that lie close together, with names that are long."""
    from matplotlib.figure import Figure

    sizes = (15.8, 8.0, 7.9, 7.5, 4.5, 4.4)
    rungs = [rung_of(f"a rung of {n} MB", n, 1.1 + 0.001 * i) for i, n in enumerate(sizes)]
    ladder_page.draw([*rungs, rung_of("0.3 M", 0.6, 1.9)], tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000
    figure = Figure(figsize=(8, 6))
    ax = figure.subplots()
    ladder_page.draw_bits(ax, rungs)
    figure.draw_without_rendering()
    ladder_page.write_names(ax, rungs)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert len(boxes) == len(rungs)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
