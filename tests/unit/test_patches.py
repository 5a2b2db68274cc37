"""Patches are held against those who apply them: git and patch."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lm_lint.patches import unified_diff
from tests.repairing import source_of

APPLIERS = {
    "git": ["git", "apply", "--whitespace=nowarn", "-"],
    "patch": ["patch", "-s", "-p1", "--binary"],
}
FILES = {
    "plain": (b"int a\nint b;\n", "int a;\nint b;\n"),
    "no last newline": (b"int a\nint b", "int a;\nint b;"),
    "a last newline more": (b"int a", "int a\n"),
    "a last newline less": (b"int a\n", "int a"),
    "windows": (b"\xef\xbb\xbfint a\r\nint b;\r\n", "\ufeffint a;\r\nint b;\r\n"),
    "old mac": (b"int a\rint b;\r", "int a;\rint b;\r"),
    "no text": (b"int a = '\xff'\nint b;\n", "int a = '\ufffd';\nint b;\n"),
    "form feed": (b"int a\n\x0c\nint b\n", "int a;\n\x0c\nint b\n"),
    "emoji": ("f('🙂'\ng\u2028h\n".encode(), "f('🙂')\ng\u2028h\n"),
    "far apart": (b"a\n" + b"x;\n" * 50 + b"b\n", "a;\n" + "x;\n" * 50 + "b;\n"),
}


def applied(applier: str, folder: Path, name: str, data: bytes, new_text: str) -> bytes:
    """The file after its patch, made and applied where the file is."""
    if shutil.which(applier) is None:
        pytest.skip(f"{applier} is not installed")
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    source = source_of(data, str(file))
    patch = unified_diff(source, new_text, str(folder))
    patch_bytes = patch.encode("utf-8", "surrogateescape")
    done = subprocess.run(
        APPLIERS[applier], input=patch_bytes, cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stderr, patch)
    return file.read_bytes()


@pytest.mark.parametrize("applier", APPLIERS)
@pytest.mark.parametrize("case", FILES)
def test_a_patch_gives_the_new_bytes(applier: str, case: str, tmp_path: Path) -> None:
    data, text = FILES[case]
    wanted = text.encode().replace("\ufffd".encode(), b"\xff")
    assert applied(applier, tmp_path, "a.c", data, text) == wanted


@pytest.mark.parametrize("applier", APPLIERS)
@pytest.mark.parametrize(
    "name", ["sub/a b.c", 'qu"ote.c', "back\\slash.c", "line\nbreak.c", "é.c", "\udcff.c"]
)
def test_odd_names_are_quoted(applier: str, name: str, tmp_path: Path) -> None:
    assert applied(applier, tmp_path, name, b"int a\n", "int a;\n") == b"int a;\n"


def test_a_notebook_is_patched_as_the_file_that_it_is(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["x = f(1\n", "y = 'é'"]}
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    data = json.dumps(book, indent=1, ensure_ascii=False).encode()
    new = applied("git", tmp_path, "a.ipynb", data, "x = f(1)\ny = 'é'\n")
    assert new == data.replace(b"f(1", b"f(1)")


def test_nothing_changed_is_no_patch() -> None:
    assert unified_diff(source_of("int a;\n"), "int a;\n") == ""


def test_what_it_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = source_of("int a\nint b", "./sub/../a.c")
    assert unified_diff(source, "int a;\nint b") == (
        "--- a/a.c\n+++ b/a.c\n@@ -1,2 +1,2 @@\n-int a\n+int a;\n int b\n\\ No newline at end of file\n"
    )
    # What is outside can only be applied from the root.
    assert unified_diff(source_of("a", "/elsewhere/a.c"), "b").startswith("--- a/elsewhere/a.c\n")


@settings(max_examples=15)
@given(
    st.lists(
        st.sampled_from(["a\n", "b\r\n", "c\r", "\n", "é", "\\ No newline\n", "-- x\n"]),
        max_size=12,
    ),
    st.data(),
)
def test_git_applies_any_patch(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], draw: st.DataObject
) -> None:
    cut = draw.draw(st.integers(0, len(lines)))
    old, new = "x\n" + "".join(lines), "x\n" + "".join([*lines[:cut], "new", *lines[cut + 1 :]])
    folder = tmp_path_factory.mktemp("patched")
    assert applied("git", folder, "a.c", old.encode(), new) == new.encode()
