"""What was changed, in real repositories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lm_lint import changes
from lm_lint.changes import WHOLE, Changes
from lm_lint.errors import GitError
from tests.repositories import Repository, lonely

TEN = "".join(f"int x{n};\n" for n in range(1, 11))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    lonely(monkeypatch, tmp_path / "home")
    res = Repository(tmp_path / "project")
    monkeypatch.chdir(res.folder)
    return res


def told(found: Changes) -> dict[str, changes.Lines]:
    """By names relative to the top."""
    return {os.path.relpath(path, found.root): found.touched[path] for path in found.paths}


def test_lines_that_were_written_or_that_stand_beside_what_was_deleted(
    repository: Repository,
) -> None:
    repository.commit(a_c=TEN)
    lines = TEN.splitlines(keepends=True)
    lines[1:2] = ["int y;\n", "int z;\n"]
    del lines[6]
    repository.write("a.c", "".join(lines))
    assert told(changes.since("HEAD")) == {"a.c": ((2, 3), (6, 7))}
    repository.write("a.c", "".join(TEN.splitlines(keepends=True)[1:]))
    assert told(changes.since("HEAD")) == {"a.c": ((1, 1),)}


def test_since_a_branch_was_left(repository: Repository) -> None:
    """What the other branch did in the meantime is no change of ours."""
    repository.commit(a_c=TEN, b_c=TEN)
    repository.git("branch", "other")
    repository.commit(a_c=TEN + "int committed;\n")
    repository.git("switch", "--quiet", "other")
    repository.commit(b_c="int theirs;\n" + TEN)
    repository.git("switch", "--quiet", "main")
    repository.write("a.c", "int unstaged;\n" + TEN + "int committed;\n")
    repository.write("new.c")
    repository.write("staged.c")
    repository.git("add", "staged.c")
    assert told(changes.since("other")) == {
        "a.c": ((1, 1), (12, 12)),
        "new.c": WHOLE,
        "staged.c": WHOLE,
    }


def test_what_is_staged_is_what_counts(repository: Repository) -> None:
    repository.commit(a_c=TEN, gone_c=TEN)
    repository.write("a.c", TEN + "int staged;\n")
    repository.write("new.c", "int new;\n")
    (repository.folder / "gone.c").unlink()
    repository.git("add", "--all")
    repository.write("a.c", "int unstaged;\n")
    (repository.folder / "new.c").unlink()
    repository.write("untracked.c")
    found = changes.staged()
    assert told(found) == {"a.c": ((11, 11),), "new.c": WHOLE}
    assert found.content_of("a.c").decode() == TEN + "int staged;\n"
    assert found.content_of(repository.folder / "new.c") == b"int new;\n"
    assert found.lines_of("untracked.c") is None
    with pytest.raises(GitError):
        found.content_of("untracked.c")


def test_renames(repository: Repository) -> None:
    repository.commit(a_c=TEN, b_c=TEN.replace("int", "long"))
    repository.git("mv", "a.c", "moved.c")
    repository.git("mv", "b.c", "c.c")
    repository.write("c.c", TEN.replace("int", "long").replace("x4", "y"))
    repository.git("add", "--all")
    expected = {"c.c": ((4, 4),)}
    assert told(changes.staged()) == expected
    assert told(changes.since("HEAD")) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize(
    "name",
    [
        b"a b.c",
        b'"quoted".c',
        b"tab\t.c",
        b"line\nbreak.c",
        b"back\\slash.c",
        "é🙂.c".encode(),
        b"\xff.c",
        b" b/c.c",
        b"+++ b.c",
        b"-x.c",
    ],
)
def test_odd_names(repository: Repository, name: bytes) -> None:
    path = os.fsdecode(name)
    repository.commit(a_c=TEN)
    repository.write(path, TEN)
    assert told(changes.since("HEAD")) == {path: WHOLE}
    repository.commit()
    repository.write(path, TEN + "int y;\n")
    assert told(changes.since("HEAD")) == {path: ((11, 11),)}
    repository.git("add", "--all")
    assert told(changes.staged()) == {path: ((11, 11),)}
    assert changes.staged().content_of(path).decode() == TEN + "int y;\n"


def test_content_that_looks_like_a_diff(repository: Repository) -> None:
    repository.commit(a_c=TEN)
    looks = "++ b/other.c\n@@ -1 +1 @@\ndiff --git a/x b/x\n-- a/x\nBinary files a and b/x differ\n"
    repository.write("a.c", looks + TEN + "int last;")
    assert told(changes.since("HEAD")) == {"a.c": ((1, 5), (16, 16))}
    repository.commit()
    repository.write("a.c", looks + TEN + "int another;")
    assert told(changes.since("HEAD")) == {"a.c": ((16, 16),)}


def test_configuration_does_not_matter(repository: Repository) -> None:
    repository.commit(a_c=TEN)
    for key, value in {
        "color.ui": "always",
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "diff.external": "false",
        "diff.relative": "true",
        "diff.interHunkContext": "20",
        "core.quotePath": "false",
        "diff.context": "9",
    }.items():
        repository.git("config", key, value)
    repository.write("é.c")
    repository.write("a.c", TEN.replace("x2;", "y;").replace("x5;", "z;"))
    expected = {"a.c": ((2, 2), (5, 5)), "é.c": WHOLE}
    assert told(changes.since("HEAD")) == expected
    repository.git("add", "--all")
    assert told(changes.staged()) == expected


def test_a_text_that_attributes_call_binary_is_touched_as_a_whole(repository: Repository) -> None:
    repository.commit(a_c=TEN)
    repository.write(".gitattributes", "*.c -diff\n")
    repository.write("a.c", TEN + "int y;\n")
    assert told(changes.since("HEAD"))["a.c"] == WHOLE


def test_from_a_folder_inside(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("sub/a.c", TEN)
    repository.commit(b_c=TEN)
    repository.write("sub/a.c", TEN + "int y;\n")
    repository.write("b.c", TEN + "int y;\n")
    monkeypatch.chdir(repository.folder / "sub")
    found = changes.since("HEAD")
    assert told(found) == {"b.c": ((11, 11),), "sub/a.c": ((11, 11),)}
    assert found.lines_of("a.c") == found.lines_of("../b.c") == ((11, 11),)
    assert told(changes.since("HEAD", repository.folder)) == told(found)


def test_a_further_working_tree(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a_c=TEN)
    repository.git("worktree", "add", "--quiet", str(tmp_path / "other"))
    (tmp_path / "other" / "a.c").write_text(TEN + "int y;\n")
    assert told(changes.since("HEAD", tmp_path / "other")) == {"a.c": ((11, 11),)}
    assert told(changes.since("HEAD")) == {}


def test_repositories_inside_are_left_alone(repository: Repository, tmp_path: Path) -> None:
    """A submodule with changes, and a repository that just lies there."""
    inner = Repository(tmp_path / "inner")
    inner.commit(a_c=TEN)
    repository.commit(a_c=TEN)
    allowed = ("-c", "protocol.file.allow=always")
    repository.git(*allowed, "submodule", "--quiet", "add", str(inner.folder), "module")
    Repository(repository.folder / "nested").commit(a_c=TEN)
    repository.write("module/a.c", TEN + "int y;\n")
    assert told(changes.since("HEAD")) == {".gitmodules": WHOLE}
    repository.git("add", "module", ".gitmodules")
    assert told(changes.staged()) == {".gitmodules": WHOLE}


def test_links_lead_to_files(repository: Repository) -> None:
    repository.commit(a_c=TEN)
    (repository.folder / "link.c").symlink_to("a.c")
    assert changes.since("HEAD").lines_of("link.c") is None
    repository.write("a.c", TEN + "int y;\n")
    assert changes.since("HEAD").lines_of("link.c") == ((11, 11),)


def test_without_any_commit(repository: Repository) -> None:
    assert told(changes.staged()) == {}
    repository.write("a.c", TEN)
    repository.git("add", "a.c")
    assert told(changes.staged()) == {"a.c": WHOLE}
    assert changes.staged().content_of("a.c").decode() == TEN
    with pytest.raises(GitError, match="'HEAD' names no commit"):
        changes.since("HEAD")


@pytest.mark.parametrize(
    "revision", ["nowhere", "--output=x", "main:a.c", "", "main...main", "a\nb"]
)
def test_unknown_revisions(repository: Repository, revision: str) -> None:
    repository.commit(a_c=TEN)
    with pytest.raises(GitError, match="names no commit"):
        changes.since(revision)
    assert sorted(os.listdir(repository.folder)) == [".git", "a.c"]


def test_histories_without_a_common_commit(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a_c=TEN)
    repository.git("switch", "--quiet", "--orphan", "alone")
    repository.commit(a_c=TEN + "int y;\n")
    assert told(changes.since("main")) == {"a.c": ((11, 11),)}
    repository.commit(b_c=TEN)
    origin = repository.folder.as_uri()
    copy = Repository(tmp_path / "copy")
    copy.git("fetch", "--quiet", "--depth=1", origin, "main:one", "alone:two")
    copy.git("switch", "--quiet", "one")
    with pytest.raises(GitError, match="shallow"):
        changes.since("two", copy.folder)


def test_no_repository(repository: Repository, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing", repository.folder / ".git"):
        with pytest.raises(GitError) as caught:
            changes.staged(folder)
        assert "\n" not in str(caught.value), str(caught.value)
    with pytest.raises(GitError, match="this is no git repository"):
        changes.since("HEAD", tmp_path)


def test_no_git(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git was not found"):
        changes.staged()


def test_a_repository_of_somebody_else(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs as root over the files of a user."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    done = subprocess.run(["git", "status"], capture_output=True, text=True, check=False)
    if "dubious ownership" not in done.stderr:
        pytest.skip("this git trusts everybody")
    with pytest.raises(GitError, match=r"safe\.directory"):
        changes.staged()


def test_an_index_of_a_hook_counts(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """`git commit a.c` commits an index that is not the usual one."""
    repository.commit(a_c=TEN)
    repository.write("a.c", TEN + "int y;\n")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.folder / ".git" / "other-index"))
    repository.git("read-tree", "HEAD")
    repository.git("add", "a.c")
    assert told(changes.staged()) == {"a.c": ((11, 11),)}
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert told(changes.staged()) == {}
