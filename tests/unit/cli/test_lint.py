"""The command line, with a scripted engine in place of the model: options, formats, statuses, odd input."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from lm_lint import __version__
from lm_lint.cli import terminal
from lm_lint.doctor import Report
from lm_lint.engine import Engine
from lm_lint.errors import ModelDamaged
from lm_lint.findings import Repair
from lm_lint.settings import Settings
from tests.command import Made, Result, Run, write
from tests.marked import engine_for


@pytest.fixture
def engine() -> Made:
    """An engine that misses a `;` at the third character of every text."""
    return lambda settings: engine_for([Repair(3, 3, ";", 0.95)], settings)


def test_a_finding_is_printed_with_its_line_and_its_repair(run: Run) -> None:
    res = run(write("a.c"))
    assert res.status == 1
    assert res.out.splitlines() == [
        "a.c:1:4: error: `;` expected before `x` [missing-token]",
        "    1 | int x",
        "      |    ^ help: insert `;` here",
        "",
        "1 error in 1 file",
    ]
    assert res.err == ""


def test_nothing_found_is_status_zero(run: Run) -> None:
    res = run(write("a.c", b"x"))
    assert (res.status, res.out, res.err) == (0, "nothing found in 1 file\n", "")


def test_json_is_the_contract(run: Run) -> None:
    res = run("--format", "json", write("a.c", b"in\n\xc3\xa9x\n"))
    assert res.status == 1
    assert json.loads(res.out) == {
        "version": 1,
        "findings": [
            {
                "path": "a.c",
                "code": "missing-token",
                "severity": "error",
                "confidence": 0.95,
                "message": "`;` expected before `éx`",
                "surprisal_bits": 12.5,
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 1,
                "offset": 3,
                "end_offset": 3,
                "repairs": [{"offset": 3, "end_offset": 3, "text": ";", "confidence": 0.95}],
            }
        ],
    }


@pytest.mark.parametrize("format_", ["json", "surprisal-json"])
def test_json_is_printed_even_when_there_is_nothing_to_tell(run: Run, format_: str) -> None:
    res = run("--format", format_, "missing.c")
    assert res.status == 2
    assert json.loads(res.out) in ({"version": 1, "findings": []}, {"version": 1, "tokens": []})


def test_a_directory_is_searched_for_known_extensions(run: Run) -> None:
    for name in (
        "d/b.py",
        "d/a.c",
        "d/sub/c.html",
        "d/notes.txt",
        "d/.git/x.c",
        "d/node_modules/y.py",
    ):
        write(name)
    res = run("d")
    assert [line.split(":")[0] for line in res.out.splitlines() if ": error" in line] == [
        "d/a.c",
        "d/b.py",
        "d/sub/c.html",
    ]
    assert run("d", "--language", "python").out.endswith("1 error in 1 file\n")


def test_a_file_that_is_named_twice_is_linted_once(run: Run) -> None:
    write("d/a.c")
    assert run("d", "d/a.c", "./d/a.c").out.endswith("1 error in 1 file\n")


@pytest.mark.parametrize("options", [["--stdin-filename", "x.c"], ["--language", "c"]])
def test_standard_input(run: Run, options: list[str]) -> None:
    res = run("-", *options, stdin=b"int x\n")
    assert res.status == 1
    assert res.out.startswith("x.c:1:4:" if "x.c" in options else "<stdin>:1:4:")


def test_standard_input_of_unknown_language(run: Run) -> None:
    res = run("-", stdin=b"int x\n")
    assert res.status == 2
    assert "--stdin-filename" in res.err
    assert "--language" in res.err


def test_options_reach_the_engine(run: Run, loaded: list[Settings], tiny_folder: Path) -> None:
    write("a.c")
    options = ["--device", "cpu", "--no-parser", "--min-confidence", "0.3"]
    run("a.c", "--model", str(tiny_folder), *options)
    assert loaded == [Settings("cpu", tiny_folder, False, 0.3)]
    assert run("a.c", "--min-confidence", "0.99").status == 0


def test_colour_is_by_terminal_or_by_choice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.c")
    assert "\x1b[" not in run("a.c").out
    assert "\x1b[" in run("a.c", "--color", "always").out
    monkeypatch.setattr(terminal, "is_terminal", lambda stream: True)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in run("a.c").out
    assert "\x1b[" not in run("a.c", "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("a.c").out
    assert "\x1b[" in run("a.c", "--color", "always").out


def test_escapes_in_a_file_stay_harmless(run: Run) -> None:
    res = run(write("a.c", b"int\x1b[31m x\x07\x9b \xe2\x80\xae\n"), "--color", "never")
    assert not set(res.out) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_timings_go_to_stderr(run: Run) -> None:
    res = run(write("a.c"), "--timings")
    assert [line.split()[0] for line in res.err.splitlines()] == [
        "parse",
        "import",
        "load",
        "score",
        "detect",
        "total",
        "memory",
    ]


def test_version_and_help(run: Run) -> None:
    assert run("--version").out == f"lm-lint {__version__}\n"
    res = run("--help")
    assert res.status == 0
    assert res.out.startswith("Usage: lm-lint [OPTIONS] [FILE]...")


@pytest.mark.parametrize(
    "arguments", [[], ["--format", "xml", "a.c"], ["--min-confidence", "2", "a.c"]]
)
def test_misuse_is_status_two(run: Run, arguments: list[str]) -> None:
    res = run(*arguments)
    assert res.status == 2
    assert "Usage:" in res.err


# --- Text that is merely odd: linted or skipped, with a note, and never status 2.


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_clean(run: Run, data: bytes) -> None:
    assert run(write("a.c", data)) == Result(0, "nothing found in 1 file\n", "")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(200), "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 40, "binary"),
        ("int x;\n".encode("utf-16"), "UTF-16"),
        (b"x" * 1_000_000 + b"\n", "a line of 1,000,000 characters"),
        (b"int x;\n" * 300_000, "larger than 2 MB"),
    ],
)
def test_what_is_no_source_text_is_skipped(run: Run, data: bytes, word: str) -> None:
    write("odd.c", data)
    res = run("odd.c", write("b.c"))
    assert res.status == 1
    assert res.err.count("\n") == 1
    assert res.err.startswith("lm-lint: odd.c: ")
    assert word in res.err
    assert run("odd.c").status == 0


def test_a_file_of_fifty_megabytes_costs_nothing(run: Run) -> None:
    with open("huge.c", "wb") as file:
        file.truncate(50_000_000)
    res = run("huge.c")
    assert (res.status, res.out) == (0, "nothing found in 0 files\n")
    assert "larger than 2 MB" in res.err


def test_the_limit_can_be_raised(run: Run) -> None:
    write("a.c", b"int x;\n" * 300_000)
    assert run("a.c", "--max-file-size", "3").status == 1


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no endless device")
def test_an_endless_device_ends(run: Run) -> None:
    res = run("/dev/zero", "--language", "c")
    assert res.status == 0
    assert "larger than" in res.err


def test_invalid_utf8_is_linted_with_a_note(run: Run) -> None:
    res = run(write("a.c", b'char *s = "caf\xe9";\n'))
    assert res.status == 1
    assert "not valid UTF-8" in res.err
    assert "\ufffd" in res.out


def test_a_replacement_character_in_the_file_is_no_note(run: Run) -> None:
    assert run(write("a.c", "int \ufffd;\n".encode())).err == ""


def test_a_nul_in_a_source_file_is_a_character(run: Run) -> None:
    assert run(write("a.c", b"int x;\n" * 30 + b"\0\n")).err == ""


# --- What was asked for and cannot be had: a sentence and status 2, while the rest is linted.


def assert_failed_but_went_on(res: Result, *words: str) -> None:
    assert res.status == 2
    assert "b.c:1:4: error" in res.out
    assert res.err.startswith("lm-lint: ")
    assert res.err.count("\n") == 1
    for word in words:
        assert word in res.err


def test_a_missing_file(run: Run) -> None:
    assert_failed_but_went_on(run("a.c", write("b.c")), "a.c: no such file")


def test_an_unknown_extension(run: Run) -> None:
    assert_failed_but_went_on(run(write("a.txt"), write("b.c")), "a.txt", "--language")
    assert run("a.txt", "--language", "c").status == 1


def test_a_directory_without_sources(run: Run) -> None:
    write("d/notes.txt")
    assert_failed_but_went_on(run("d", write("b.c")), "d: no files with a known extension")


def test_a_loop_of_links_cannot_be_read(run: Run) -> None:
    # Permissions do not stop root; a loop stops everybody.
    os.symlink("loop.c", "loop.c")
    assert_failed_but_went_on(run("loop.c", write("b.c")), "loop.c: cannot be read")


def test_a_file_without_permission(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.c")
    refuse(monkeypatch, "a.c", PermissionError(errno.EACCES, "Permission denied", "a.c"))
    assert_failed_but_went_on(run("a.c", write("b.c")), "a.c: cannot be read (Permission denied)")


def test_a_file_that_is_deleted_after_it_was_listed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("d/a.c")
    write("d/b.c")
    refuse(monkeypatch, "d/a.c", FileNotFoundError(errno.ENOENT, "No such file", "d/a.c"))
    assert_failed_but_went_on(run("d"), "d/a.c: no such file (any more)")


def test_a_directory_that_cannot_be_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write("d/sub/a.c")
    write("d/b.c")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("sub"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert_failed_but_went_on(run("d"), "d/sub: cannot be read")


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Opening the file fails, although it is there when names are looked up."""
    opened = open

    def refusing(path: str, *arguments: str) -> object:
        if path == name:
            raise error
        return opened(path, *arguments)

    monkeypatch.setattr("lm_lint.sources.open", refusing, raising=False)


def test_a_damaged_model_is_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(settings: Settings, n_threads: int | None = None) -> Engine:
        raise ModelDamaged("m/model.safetensors: truncated. Install the model again.")

    monkeypatch.setattr(Engine, "lazy", load)
    res = run(write("a.c"))
    assert (res.status, res.out) == (2, "")
    assert res.err == "lm-lint: m/model.safetensors: truncated. Install the model again.\n"


def test_an_interruption_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(settings: Settings, n_threads: int | None = None) -> Engine:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "lazy", load)
    res = run(write("a.c"))
    assert (res.status, res.out, res.err.strip()) == (130, "", "")


# --- What a project says, and the commands beside this one.


def test_the_project_decides_what_no_option_does(run: Run) -> None:
    write("a.c")
    write("lm-lint.toml", b"min-confidence = 0.99\n")
    assert run("a.c").status == 0
    assert run("a.c", "--min-confidence", "0.6").status == 1
    assert run("a.c", "--isolated").status == 1
    write("other.toml", b"min-confidence = 0.5\n")
    assert run("a.c", "--config", "other.toml").status == 1
    assert run("-", "--language", "c", stdin=b"int x\n").status == 0


def test_what_the_project_excludes_is_linted_when_it_is_named(run: Run) -> None:
    write("gen/a.c")
    write("b.c")
    write("lm-lint.toml", b'exclude = ["gen/"]\n')
    assert run(".").out.endswith("1 error in 1 file\n")
    assert run("gen/a.c", "b.c").out.endswith("2 errors in 2 files\n")


def test_a_wrong_configuration_is_a_sentence(run: Run) -> None:
    write("a.c")
    write("lm-lint.toml", b"exlude = []\n")
    res = run("a.c")
    assert res.status == 2
    assert res.err.count("\n") == 1
    assert "was `exclude` meant?" in res.err
    assert run("a.c", "--config", "missing.toml").status == 2
    assert run("a.c", "--config", "lm-lint.toml", "--isolated").status == 2


def test_commands_are_told_by_the_first_word_alone(run: Run) -> None:
    assert run("server", "--help").out.startswith("Usage: lm-lint server [OPTIONS]")
    assert run("doctor", "--help").out.startswith("Usage: lm-lint doctor [OPTIONS]")
    write("server", b"int x\n")
    assert run("./server", "--language", "c").status == 1
    assert run("--language", "c", "server").status == 1
    for word in ("lm-lint server", "lm-lint doctor", "./server"):
        assert word in run("--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        "--tcp x",
        "--tcp :80",
        "--ws ::1:80",
        "--tcp h:x",
        "--tcp h:99999",
        "--stdio --tcp h:1",
        "--tcp h:1 --ws h:2",
        "file.c",
    ],
)
def test_misuse_of_the_server_is_status_two(run: Run, arguments: str) -> None:
    res = run("server", *arguments.split())
    assert res.status == 2
    assert "Usage: lm-lint server" in res.err


@pytest.mark.parametrize(
    ("arguments", "tcp", "ws"),
    [
        ([], None, None),
        (["--stdio"], None, None),
        (["--tcp", "127.0.0.1:0"], ("127.0.0.1", 0), None),
        (["--ws", "[::1]:8080"], None, ("::1", 8080)),
    ],
)
def test_the_server_is_started_as_asked(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    tcp: tuple[str, int] | None,
    ws: tuple[str, int] | None,
) -> None:
    asked: list[dict[str, object]] = []

    def serve(**options: object) -> int:
        asked.append(options)
        return 0

    monkeypatch.setattr("lm_lint.lsp.server.serve", serve)
    options = ["--log-file", "l", "--log-level", "debug", "--device", "cpu", "--model", "./m"]
    assert run("server", *arguments, *options).status == 0
    assert asked == [
        {
            "tcp": tcp,
            "ws": ws,
            "log_file": Path("l"),
            "log_level": "debug",
            "settings": Settings("cpu", Path("m")),
        }
    ]


@pytest.mark.parametrize(("problems", "status"), [([], 0), (["something is broken"], 2)])
def test_the_doctor_says_by_its_status_whether_all_is_well(
    run: Run, monkeypatch: pytest.MonkeyPatch, problems: list[str], status: int
) -> None:
    monkeypatch.setattr("lm_lint.doctor.examine", lambda settings, folder: Report({}, problems))
    assert run("doctor").status == status
    assert json.loads(run("doctor", "--json").out) == {"version": 1, "problems": problems}
