"""Trees of real files for measurements: whole, alike on every run, and of C without C++."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.command import page, trees
from bench.command.__main__ import Beside, Size
from bench.command.measuring import Measured, measured

CONTENTS = {
    "a.c": "int a;\n",
    "b/b.py": "b = 1\n\n",
    "b/c.html": "<p>c</p>\n",
    "b/same.py": "b = 1\n\n",
    "cpp.h": "template <class T> class A {};\n",
    "binary.c": "int\0",
    "empty.py": "",
    "notes.txt": "nothing for us\n",
}


def filled(folder: Path) -> list[Path]:
    for name, text in CONTENTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return trees.candidates([folder])


def test_a_tree_holds_each_content_once_and_no_other_language(tmp_path: Path) -> None:
    found = filled(tmp_path / "from")
    files = trees.tree(found, 10, tmp_path / "one")
    assert sorted((file.language, file.n_lines) for file in files) == [
        ("c", 1),
        ("html", 1),
        ("python", 2),
    ]
    assert all(file.path.read_bytes() == file.origin.read_bytes() for file in files)
    again = trees.tree(found, 10, tmp_path / "two")
    assert [file.origin for file in again] == [file.origin for file in files]
    assert len(trees.tree(found, 2, tmp_path / "three")) == 2


def test_a_run_is_measured_with_all_that_it_starts(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "code = 'x = bytearray(80_000_000); import time; time.sleep(1)'\n"
        "subprocess.run([sys.executable, '-c', code]); print('done'); sys.exit(3)\n"
    )
    run = measured([sys.executable, "-c", program], tmp_path)
    assert (run.status, run.output) == (3, "done\n")
    assert run.rss_mib > 80
    assert run.wall_s > 1


def test_the_page_tells_all_runs() -> None:
    run = Measured(2.0, 1.0, 100.0, 80.0, 0, "")
    size = Size(10, 1000, {"c": 1, "html": 2, "python": 7}, run, run, 0.5)
    size.beside.append(Beside("gcc (1.2)", 1, 100, 1.0, run))
    told = page.page([size], ["tidy is not installed here."])
    assert "| 10 | 1,000 | 1 / 2 / 7 | 0.5 |" in told
    assert "| 10 | cold | 2.00 | 500 | 1,000 | 100 | 80 | 5 |" in told
    assert "| 1 | 100 | gcc (1.2) | 1.00 | 100 | 2.00 | 50 | 2.00 |" in told
    assert told.endswith("tidy is not installed here.\n")
