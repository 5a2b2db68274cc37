"""`lm-lint compress` and `lm-lint decompress`: files, streams, and nothing written where something went wrong."""

from __future__ import annotations

import os
import signal
import stat
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from lm_lint import cli, compression_machine, writing
from lm_lint.compression import Codec
from lm_lint.compression_format import Compressed, Method
from tests.command import Run, write

TEXT = b"int a = 1;\r\nint b = a;\r\n"


@pytest.fixture(autouse=True)
def by_model_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny model knows nothing, so that its code would never be the shortest."""
    monkeypatch.setattr(
        Codec, "compress", lambda self, data, language, *rest: self.encoded(data, language, *rest)
    )


@pytest.fixture
def model(tiny_folder: Path) -> tuple[str, str]:
    return "--model", str(tiny_folder)


@pytest.mark.parametrize("options", [(), ("--adapt",), ("--no-adapt",)])
def test_a_file_comes_back(run: Run, model: tuple[str, str], options: tuple[str, ...]) -> None:
    write("a.c", TEXT)
    res = run("compress", "a.c", *model, *options)
    assert (res.status, res.out) == (0, "")
    assert res.err.startswith(f"lm-lint: a.c: {len(TEXT)} bytes became ")
    assert Path("a.c").read_bytes() == TEXT
    Path("a.c").unlink()
    res = run("decompress", "a.c.lmz", *model)
    assert (res.status, res.out, res.err) == (0, "", "")
    assert Path("a.c").read_bytes() == TEXT
    assert sorted(os.listdir()) == ["a.c", "a.c.lmz"]


def test_what_a_file_repeats_is_expected_by_default(run: Run, model: tuple[str, str]) -> None:
    write("a.c", TEXT)
    methods = []
    for options in [(), ("--adapt",), ("--no-adapt",)]:
        assert run("compress", "a.c", "--force", *model, *options).status == 0
        methods.append(Compressed.of(Path("a.c.lmz").read_bytes()).method)
    assert methods == [Method.ADAPTED, Method.ADAPTED, Method.MODEL]


def test_names_are_chosen(run: Run, model: tuple[str, str]) -> None:
    write("a.c", TEXT)
    assert run("compress", "a.c", "-o", "x.bin", *model).status == 0
    res = run("decompress", "x.bin", *model)
    assert res.status == 2
    assert "x.bin does not end with .lmz; say with -o what to write." in res.err
    assert run("decompress", "x.bin", "-o", "b.c", *model).status == 0
    assert Path("b.c").read_bytes() == TEXT


def test_what_is_there_stays_without_force(run: Run, model: tuple[str, str]) -> None:
    write("a.c", TEXT)
    write("a.c.lmz", b"mine")
    res = run("compress", "a.c", *model)
    assert res.status == 2
    assert res.err == "lm-lint: a.c.lmz: is there already, and stays; --force replaces it\n"
    assert Path("a.c.lmz").read_bytes() == b"mine"
    assert run("compress", "a.c", "--force", *model).status == 0
    write("a.c", b"changed")
    assert run("decompress", "a.c.lmz", *model).status == 2
    assert Path("a.c").read_bytes() == b"changed"
    assert run("decompress", "a.c.lmz", "--force", *model).status == 0
    assert Path("a.c").read_bytes() == TEXT


def test_streams(run: Run, model: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    packed = streamed(monkeypatch, "compress", "-", "--language", "c", *model, stdin=TEXT)
    named = streamed(monkeypatch, "compress", "-", "--stdin-filename", "b.c", *model, stdin=TEXT)
    assert packed == named
    assert streamed(monkeypatch, "decompress", "-", *model, stdin=packed) == TEXT
    assert os.listdir() == []


def streamed(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: bytes) -> bytes:
    out = BytesIO()
    monkeypatch.setattr(sys, "argv", ["lm-lint", *arguments])
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(stdin)))
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(out))
    with pytest.raises(SystemExit) as exited:
        cli.main()
    assert exited.value.code == 0
    return out.getvalue()


def test_what_is_no_source_is_packed_without_the_model(run: Run) -> None:
    for name, data in (("a.bin", bytes(range(256))), ("empty", b"")):
        write(name, data)
        res = run("compress", name)
        assert res.status == 0
        assert ("nothing says its language" in res.err) == bool(data)
        Path(name).unlink()
        assert run("decompress", f"{name}.lmz").status == 0
        assert Path(name).read_bytes() == data


def test_a_script_names_its_language(run: Run, model: tuple[str, str]) -> None:
    write("tool", b"#!/usr/bin/env python3\nprint(1)\n")
    res = run("compress", "tool", *model)
    assert (res.status, "without the model" in res.err) == (0, False)


@pytest.mark.parametrize("damage", [b"", b"\x89LZ\x01", b"int a;\n"])
def test_what_is_damaged_is_not_written(run: Run, damage: bytes) -> None:
    write("a.c.lmz", damage)
    res = run("decompress", "a.c.lmz")
    assert (res.status, res.out, res.err.count("\n")) == (2, "", 1)
    assert res.err.startswith("lm-lint: a.c.lmz: is ")
    assert os.listdir() == ["a.c.lmz"]


def test_what_was_made_elsewhere_is_not_written(
    run: Run, model: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.c", TEXT)
    run("compress", "a.c", *model)
    Path("a.c").unlink()
    here = compression_machine.facts()
    monkeypatch.setattr(compression_machine, "facts", lambda: {**here, "numpy": "1.0"})
    res = run("decompress", "a.c.lmz", *model)
    assert res.status == 2
    assert f"numpy {here['numpy']} (here: 1.0)" in res.err
    assert os.listdir() == ["a.c.lmz"]
    assert run("decompress", "a.c.lmz", "--anyway", *model).status == 0
    assert Path("a.c").read_bytes() == TEXT


def test_the_file_names_the_model(run: Run, tiny_folder: Path, tmp_path: Path) -> None:
    write("a.c", TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LM_LINT_MODELS_DIR", str(tmp_path.parent / f"{tmp_path.name}-home"))
        run("model", "install", str(tiny_folder), "--name", "other")
        run("compress", "a.c", "--model", "other")
        Path("a.c").unlink()
        assert run("decompress", "a.c.lmz").status == 0
    assert Path("a.c").read_bytes() == TEXT


def test_a_file_that_is_not_there_is_a_sentence(run: Run) -> None:
    for command in ("compress", "decompress"):
        res = run(command, "nosuch.c.lmz")
        assert (res.status, res.out) == (2, "")
        assert "nosuch.c.lmz: no such file" in res.err


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_is_interrupted_leaves_nothing(
    run: Run, model: tuple[str, str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write("a.c", TEXT)
    encoded = Codec.encoded

    def interrupted(self: Codec, *arguments: object) -> object:
        os.kill(os.getpid(), number)
        return encoded(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Codec, "encoded", interrupted)
    assert run("compress", "a.c", *model).status == 128 + number
    assert os.listdir() == ["a.c"]


def test_missing_packages_are_named(
    run: Run, model: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.c", TEXT)
    for library in ("constriction", "threadpoolctl"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            res = run("compress", "a.c", *model)
            assert (res.status, os.listdir()) == (2, ["a.c"])
            assert "pip install 'lm-lint[compress]'" in res.err


# --- How a new file is written


def test_a_new_file_has_the_mode_of_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        writing.create(str(tmp_path / "a"), b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_made_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    fsync = os.fsync

    def late(handle: int) -> None:
        path.write_bytes(b"theirs")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", late)
    with pytest.raises(writing.NotWritten, match="made by somebody else meanwhile"):
        writing.create(str(path), b"mine")
    assert path.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["a"]


def test_no_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(writing.NotWritten, match=r"cannot be written \(No such file"):
        writing.create(str(tmp_path / "no" / "a"), b"x")
