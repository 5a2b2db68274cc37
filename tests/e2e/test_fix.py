"""`lm-lint --fix` and its kin as a process of its own, on real files with the released model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lm_lint.text import language_of

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "server"), "NO_COLOR": "1"}
COMMAND = [sys.executable, "-m", "lm_lint", "--device", "cpu", "--isolated", "--no-cache"]
BROKEN = (ROOT / "examples" / "missing_paren.c").read_bytes()
MENDED = BROKEN.replace(b"!= NULL {", b"!= NULL) {")
assert BROKEN != MENDED

pytestmark = pytest.mark.released


def lint(folder: Path, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *arguments]
    options = {"capture_output": True, "env": ENVIRONMENT, "cwd": folder}
    done = subprocess.run(command, input=text, check=False, **options)  # type: ignore[call-overload]
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.c").write_bytes(BROKEN)
    return tmp_path


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(folder.iterdir())
    }


def test_nothing_is_changed_unless_it_is_asked_for(folder: Path) -> None:
    before = contents(folder)
    for options in ([], ["--diff"], ["--fix", "--fix-confidence", "1"], ["--interactive"]):
        assert lint(folder, ".", *options, text=b"n\n").returncode == 1
    assert contents(folder) == before


def test_a_file_is_repaired_and_what_is_left_is_told(folder: Path) -> None:
    (folder / "a.c").chmod(0o750)
    done = lint(folder, "a.c", "--fix")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"nothing found in 1 file, 1 fixed\n"
    assert (folder / "a.c").read_bytes() == MENDED
    assert (folder / "a.c").stat().st_mode & 0o777 == 0o750
    again = contents(folder)
    assert lint(folder, "a.c", "--fix").returncode == 0
    assert contents(folder) == again


def test_all_but_the_repair_keeps_its_bytes(folder: Path) -> None:
    """A byte order mark, line breaks as on Windows, a byte that is no UTF-8, no line break at the end."""

    def dressed(text: bytes) -> bytes:
        text = text.replace(b"char *end;", b"char *end; /* caf\xe9 \xf0\x9f\x99\x82 */")
        return b"\xef\xbb\xbf" + text.rstrip(b"\n").replace(b"\n", b"\r\n")

    (folder / "a.c").write_bytes(dressed(BROKEN))
    done = lint(folder, "a.c", "--diff")
    patch = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], input=done.stdout, cwd=folder, check=False
    )
    assert patch.returncode == 0
    assert (folder / "a.c").read_bytes() == dressed(MENDED)
    (folder / "a.c").write_bytes(dressed(BROKEN))
    assert lint(folder, "a.c", "--fix-only").returncode == 0
    assert (folder / "a.c").read_bytes() == dressed(MENDED)
    # The same text from standard input goes to standard output.
    done = lint(folder, "-", "--fix", "--stdin-filename", "a.c", text=dressed(BROKEN))
    assert done.stdout == dressed(MENDED)
    done = lint(folder, "-", "--fix", "--stdin-filename", "a.c", text=dressed(MENDED))
    assert done.stdout == dressed(MENDED)


def test_each_repair_is_asked_for(folder: Path) -> None:
    (folder / "b.c").write_bytes(BROKEN)
    (folder / "c.c").write_bytes(BROKEN)
    done = lint(folder, ".", "--interactive", text=b"y\nq\n")
    shown = done.stdout.decode()
    assert shown.count("Make this repair") == 2
    assert "+    while (count < MAX_READINGS && fgets(line, sizeof line, input) != NULL) {" in shown
    assert done.returncode == 1
    assert [data for data, _ in contents(folder).values()] == [MENDED, BROKEN, BROKEN]


def test_what_may_not_be_written_is_left_with_a_sentence(folder: Path) -> None:
    (folder / "a.c").chmod(0o444)
    (folder / "b.c").write_bytes(BROKEN)
    done = lint(folder, ".", "--fix")
    assert done.returncode == 2
    assert b"a.c: is read-only, so it is left as it was" in done.stderr
    assert [data for data, _ in contents(folder).values()] == [BROKEN, MENDED]
    # It is reported as it stands in the file.
    assert done.stdout.count(b"`)` expected") == 1


def test_a_link_is_followed(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "link.c").symlink_to("../a.c")
    assert lint(folder, "sub/link.c", "--fix").returncode == 0
    assert (folder / "sub" / "link.c").is_symlink()
    assert (folder / "a.c").read_bytes() == MENDED


def test_killed_in_the_middle_every_file_is_whole(folder: Path) -> None:
    """Killed when some file has changed, wherever it is then; what is left behind is taken for no source."""
    names = [f"{n:02}.c" for n in range(12)]
    for name in names:
        (folder / name).write_bytes(BROKEN)
    (folder / "a.c").unlink()
    with subprocess.Popen([*COMMAND, "--fix", "."], cwd=folder, env=ENVIRONMENT, stdout=-3) as run:
        while (folder / names[2]).read_bytes() == BROKEN:
            assert run.poll() is None
        run.kill()
    assert {(folder / name).read_bytes() for name in names} == {BROKEN, MENDED}
    others = set(os.listdir(folder)) - set(names)
    assert all(name.startswith(".") and language_of(name) is None for name in others)
    assert lint(folder, ".", "--fix").returncode == 0
    assert {(folder / name).read_bytes() for name in names} == {MENDED}
