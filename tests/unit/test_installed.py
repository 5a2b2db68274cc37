"""Models come and go whole: whatever is wrong with what was named, and whatever happens meanwhile."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lm_lint import archives, installed, light_scorer, model_folder
from lm_lint.errors import BadArchive, NotFetched, NotInstalled, UnknownModel
from tests import folders, web

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "lm_lint", "model"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for models, which is not there yet."""
    web.without_proxies(monkeypatch)
    res = tmp_path / "home" / "models"
    monkeypatch.setenv(model_folder.HOME_VARIABLE, str(res))
    return res


@pytest.fixture
def archive(tiny_folder: Path, tmp_path: Path) -> Path:
    return installed.pack(tiny_folder, tmp_path / "tiny.tar.gz")[0]


@pytest.fixture
def other(tiny_folder: Path, tmp_path: Path) -> Path:
    """Another model of the name tiny."""
    return folders.another(tiny_folder, tmp_path / "other" / "tiny")


def test_a_folder_is_installed(home: Path, tiny_folder: Path) -> None:
    done = installed.install(str(tiny_folder))
    assert done == installed.Installed("tiny", home / "tiny", "new", None)
    assert folders.files_of(done.folder) == folders.files_of(tiny_folder)
    assert os.listdir(home) == ["tiny"]
    assert light_scorer.load(done.folder).release.name == "tiny"
    assert installed.install(f"{tiny_folder}{os.sep}").change == "same"


def test_only_the_files_of_a_model_are_installed(
    home: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    folder = folders.copied(tiny_folder, tmp_path / "mine")
    (folder / "notes.txt").write_text("mine")
    (folder / "CARD.md").write_text("# mine")
    done = installed.install(str(folder), name="yours")
    assert done.folder == home / "yours"
    assert sorted(os.listdir(done.folder)) == sorted({*os.listdir(tiny_folder), "CARD.md"})


@pytest.mark.parametrize("suffix", archives.SUFFIXES)
def test_an_archive_is_installed(
    home: Path, tiny_folder: Path, tmp_path: Path, suffix: str
) -> None:
    path, sha256 = installed.pack(tiny_folder, tmp_path / f"any{suffix}")
    for source in (str(path), path.as_uri(), f"{path.as_uri()}#sha256={sha256.upper()}"):
        done = installed.install(source, sha256=f"sha256:{sha256}")
        assert (done.name, done.archive_sha256) == ("tiny", sha256)
    assert folders.files_of(home / "tiny") == folders.files_of(tiny_folder)


def test_what_is_packed_is_named_by_its_folder(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_folder.parent)
    path, _ = installed.pack(Path(tiny_folder.name))
    assert (str(path), path.is_file()) == ("tiny.tar.gz", True)
    path.unlink()
    with pytest.raises(NotInstalled, match="cannot be one"):
        installed.pack(folders.copied(tiny_folder, tmp_path / "a b"))
    with pytest.raises(NotInstalled, match=r"nowhere.*cannot be written"):
        installed.pack(tiny_folder, tmp_path / "nowhere" / "m.tar")


def test_an_address_is_fetched(home: Path, archive: Path) -> None:
    data, sha256 = archive.read_bytes(), archives.sha256_of(archive)
    told: list[tuple[int, int | None]] = []
    with web.site({"/v1/m": web.body(data)}) as url:
        done = installed.install(
            f"{url}/v1/m#sha256={sha256}", tell=lambda *how_far: told.append(how_far)
        )
        assert installed.install(f"{url}/v1/m", sha256=sha256).change == "same"
        with pytest.raises(NotInstalled, match="could be changed on the way"):
            installed.install(f"{url}/v1/m", name="n")
        with pytest.raises(BadArchive, match=f"its SHA-256 is {sha256}, and {'0' * 64} was"):
            installed.install(f"{url}/v1/m", sha256="0" * 64, name="n")
        with pytest.raises(NotFetched, match="404"):
            installed.install(f"{url}/nothing", sha256=sha256, name="n")
    assert (done.name, done.change) == ("tiny", "new")
    assert told[-1] == (len(data), len(data))
    assert os.listdir(home) == ["tiny"]


@web.needs_openssl
def test_an_address_that_is_secret_needs_no_hash(
    home: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = web.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with web.site({"/m": web.body(archive.read_bytes())}, certificate) as url:
        done = installed.install(f"{url}/m")
    assert (done.change, done.archive_sha256) == ("new", archives.sha256_of(archive))


def test_a_body_that_breaks_off_leaves_nothing(home: Path, archive: Path) -> None:
    data, sha256 = archive.read_bytes(), archives.sha256_of(archive)
    half = web.body(data[:-99], len(data))
    with web.site({"/m": half}) as url, pytest.raises(NotFetched, match="broke off"):
        installed.install(f"{url}/m", sha256=sha256)
    assert os.listdir(home) == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nosuch", "no such file or folder; a released folder, an archive"),
        ("file:///no/such.tar", "no such file or folder"),
        ("file://elsewhere/m.tar", "another machine"),
        ("ftp://127.0.0.1/m.tar", "a path, or https://, http:// or file:// was expected"),
        ("https://127.0.0.1/m.tar#md5=00", "'md5' says nothing"),
        ("https://127.0.0.1/m.tar#sha256=00", "'00' is no SHA-256"),
        ("https://[/m.tar", "is no address"),
        (os.devnull, "neither a folder nor a plain file"),
    ],
)
def test_a_source_that_is_none(home: Path, source: str, words: str) -> None:
    with pytest.raises(NotInstalled, match=words):
        installed.install(source)
    assert not home.exists()


def test_hashes_that_contradict_each_other(home: Path, archive: Path, tiny_folder: Path) -> None:
    with pytest.raises(NotInstalled, match="which is right"):
        installed.install(f"{archive.as_uri()}#sha256={'0' * 64}", sha256="1" * 64)
    with pytest.raises(NotInstalled, match="only an archive has a hash"):
        installed.install(str(tiny_folder), sha256="1" * 64)
    with pytest.raises(BadArchive, match="was expected"):
        installed.install(str(archive), sha256="1" * 64)
    assert not home.exists() or os.listdir(home) == []


def test_what_is_no_model_is_not_installed(home: Path, tiny_folder: Path, tmp_path: Path) -> None:
    """Its parts are altered where the archive is sound, and the sentence names what was named."""
    folder = folders.copied(tiny_folder, tmp_path / "m")
    path = tmp_path / "m.tar"
    with (folder / "tokenizer.json").open("ab") as file:
        file.write(b" ")
    archives.pack(folder, path, "m")
    for source in (folder, path):
        with pytest.raises(NotInstalled, match="nothing was installed") as raised:
            installed.install(str(source))
        assert str(raised.value).startswith(f"{source}: tokenizer.json: its SHA-256 is ")
        assert ".tmp" not in str(raised.value)
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(BadArchive, match=r"m\.tar: .*ends in the middle"):
        installed.install(str(path))
    assert os.listdir(home) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../x", "a b", "-x", ".x", "x.", "é", "x" * 65]
)
def test_names_are_no_paths(home: Path, tiny_folder: Path, name: str) -> None:
    with pytest.raises(NotInstalled, match="cannot be the name"):
        installed.install(str(tiny_folder), name=name)
    with pytest.raises(UnknownModel):
        installed.remove(name)
    assert not home.exists()


def test_a_name_that_is_taken(home: Path, tiny_folder: Path, other: Path) -> None:
    installed.install(str(tiny_folder))
    with pytest.raises(NotInstalled, match="--force replaces it, --name gives"):
        installed.install(str(other))
    assert folders.files_of(home / "tiny") == folders.files_of(tiny_folder)
    assert installed.install(str(other), name="tiny-2").change == "new"
    assert installed.install(str(other), force=True).change == "replaced"
    assert folders.files_of(home / "tiny") == folders.files_of(other)
    assert installed.install(str(other), force=True).change == "same"
    assert sorted(os.listdir(home)) == ["tiny", "tiny-2"]


@pytest.mark.parametrize("damage", ["cut short", "altered", "absent"])
def test_a_damaged_model_is_mended_by_the_same_command(
    home: Path, tiny_folder: Path, damage: str
) -> None:
    installed.install(str(tiny_folder))
    part = home / "tiny" / "model.safetensors"
    if damage == "absent":
        part.unlink()
    else:
        data = part.read_bytes()
        part.write_bytes(data[:-9] if damage == "cut short" else data[:-9] + bytes(9))
    assert installed.install(str(tiny_folder)).change == "replaced"
    assert folders.files_of(home / "tiny") == folders.files_of(tiny_folder)
    assert os.listdir(home) == ["tiny"]


def test_what_was_not_installed_is_not_taken_away(home: Path, tiny_folder: Path) -> None:
    """Somebody may name a folder in which he has other things."""
    (home / "tiny").mkdir(parents=True)
    (home / "tiny" / "thesis.txt").write_text("years of work")
    (home / "note").write_text("a file")
    for name in ("tiny", "note"):
        with pytest.raises(NotInstalled, match="is no file of a model"):
            installed.install(str(tiny_folder), name=name, force=True)
    assert model_folder.names() == ["small"]
    (home / "tiny" / "config.json").write_text("{}")
    with pytest.raises(NotInstalled, match=r"'thesis\.txt' is no file of a model"):
        installed.remove("tiny")
    assert (home / "tiny" / "thesis.txt").read_text() == "years of work"


def test_the_model_that_ships_with_lm_lint_stays(
    home: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("small", "Small"):
        with pytest.raises(NotInstalled, match="--name gives this one another"):
            installed.install(str(tiny_folder), name=name, force=True)
    with pytest.raises(NotInstalled, match="ships with lm-lint and stays"):
        installed.remove("small")
    monkeypatch.setattr(installed, "default_folder", lambda: tiny_folder)
    assert installed.install(str(tiny_folder), name="small").change == "same"
    assert os.listdir(home) == []


def test_a_model_is_removed(home: Path, tiny_folder: Path, tmp_path: Path) -> None:
    installed.install(str(tiny_folder))
    mine = folders.copied(tiny_folder, tmp_path / "mine")
    (home / "linked").symlink_to(mine, target_is_directory=True)
    assert model_folder.names() == ["small", "linked", "tiny"]
    installed.remove("tiny")
    installed.remove("linked")
    assert os.listdir(home) == []
    assert folders.files_of(mine) == folders.files_of(tiny_folder)
    with pytest.raises(UnknownModel, match="'tiny' is installed; there are: none"):
        installed.remove("tiny")


def test_a_place_that_cannot_be_written_is_a_sentence(
    home: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.parent.mkdir()
    home.write_text("a file")
    with pytest.raises(NotInstalled, match="nothing was installed"):
        installed.install(str(tiny_folder))
    monkeypatch.setattr(installed, "home", lambda: Path("~/.local/share/lm-lint/models"))
    with pytest.raises(NotInstalled, match="LM_LINT_MODELS_DIR in the environment"):
        installed.install(str(tiny_folder))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk here is always full")
def test_a_full_disk_is_told(home: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = installed.downloads.fetch

    def fetch_to_full_disk(url: str, _: Path, *rest: object) -> str:
        return fetch(url, Path("/dev/full"), *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(installed.downloads, "fetch", fetch_to_full_disk)
    words = "the disk is full; nothing was installed"
    whole = web.body(archive.read_bytes())
    with web.site({"/m": whole}) as url, pytest.raises(NotInstalled, match=words):
        installed.install(f"{url}/m", sha256="0" * 64)
    assert os.listdir(home) == []


# --- What happens meanwhile.


def _interrupted_at(monkeypatch: pytest.MonkeyPatch, place: int, error: BaseException) -> None:
    """The so many-th rename does not happen."""
    rename, n_renames = os.rename, 0

    def interrupted(*paths: Path) -> None:
        nonlocal n_renames
        n_renames += 1
        if n_renames == place:
            raise error
        rename(*paths)

    monkeypatch.setattr(os, "rename", interrupted)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(5, "Input/output error")])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_old_model_comes_back(
    home: Path,
    tiny_folder: Path,
    other: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: int,
    error: BaseException,
) -> None:
    """The name is taken (1), the old one is moved aside (2), and before the new one has the name (3)."""
    installed.install(str(tiny_folder))
    with monkeypatch.context() as patch:
        _interrupted_at(patch, place, error)
        # That the name may be taken is what the first rename finds out, whatever it says.
        if not (place == 1 and isinstance(error, OSError)):
            with pytest.raises((KeyboardInterrupt, NotInstalled)):
                installed.install(str(other), force=True)
            assert folders.files_of(home / "tiny") == folders.files_of(tiny_folder)
    assert os.listdir(home) == ["tiny"]
    assert installed.install(str(other), force=True).change == "replaced"


def test_what_a_process_that_died_left_behind(home: Path, tiny_folder: Path, other: Path) -> None:
    """It was killed when the old model was moved aside: that comes back. What it had begun goes after a day."""
    left = home / ".lm-lint-dead.tmp"
    folders.copied(other, left / "model")
    folders.copied(tiny_folder, left / "old0" / "lost")
    fresh = home / ".lm-lint-busy.tmp"
    fresh.mkdir()
    yesterday = time.time() - 100_000
    os.utime(left, (yesterday, yesterday))
    installed.install(str(tiny_folder), name="new")
    assert sorted(os.listdir(home)) == [".lm-lint-busy.tmp", "lost", "new"]
    assert folders.files_of(home / "lost") == folders.files_of(tiny_folder)
    assert model_folder.names() == ["small", "lost", "new"]


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "server"),
        model_folder.HOME_VARIABLE: str(home),
        "OMP_NUM_THREADS": "1",
    }


def started(home: Path, *arguments: str, **options: object) -> subprocess.Popen[str]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [*COMMAND, *arguments], env=environment(home), **pipes, **options
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_leaves_nothing(home: Path, archive: Path, number: signal.Signals) -> None:
    """In the middle of a download, when there is half of an archive."""
    # In the background of a script SIGINT is ignored, and children inherit that.
    listen = functools.partial(signal.signal, number, signal.SIG_DFL)
    begun, over = threading.Event(), threading.Event()
    data = archive.read_bytes()
    with web.site({"/m": web.endless(data, begun, over)}) as url:
        source = f"{url}/m#sha256={archives.sha256_of(archive)}"
        with started(home, "install", source, preexec_fn=listen) as process:
            try:
                assert begun.wait(300)
                half = _half_of_an_archive(home)
                process.send_signal(number)
                out, err = process.communicate()
            finally:
                over.set()
    assert process.returncode == 128 + number
    assert (out, err.strip()) == ("", "")
    assert not half.exists()
    assert os.listdir(home) == []


def _half_of_an_archive(home: Path) -> Path:
    """Sent is not yet written."""
    for _ in range(30_000):
        for found in home.glob(".lm-lint-*/archive"):
            return found
        time.sleep(0.01)
    raise AssertionError("nothing was written")


@pytest.mark.slow
@pytest.mark.parametrize("force", [False, True])
def test_several_processes_install_at_the_same_time(
    home: Path, tiny_folder: Path, other: Path, tmp_path: Path, force: bool
) -> None:
    """Two of one model and one of another, of the same name. One wins; who brings another is told, or replaces it."""
    sources: dict[str, tuple[Path, str]] = {}
    for number, folder in enumerate([tiny_folder, tiny_folder, other]):
        sources[f"/{number}"] = installed.pack(folder, tmp_path / f"{number}.tar.gz")
    answer = _together({path: file.read_bytes() for path, (file, _) in sources.items()})
    with web.site(answer) as url:
        running = [
            started(home, "install", f"{url}{path}#sha256={sha256}", *["--force"] * force)
            for path, (_, sha256) in sources.items()
        ]
        told = [process.communicate() for process in running]
    statuses = [process.returncode for process in running]
    assert os.listdir(home) == ["tiny"], told
    found = folders.files_of(home / "tiny")
    models = [folders.files_of(folder) for folder in (tiny_folder, tiny_folder, other)]
    if force:
        assert statuses == [0, 0, 0], told
        assert found in models
    else:
        assert statuses == [0 if found == model else 2 for model in models], told
        assert any("is there already" in out for out, _ in told) == (found == models[0])


def _together(datas: dict[str, bytes]) -> dict[str, web.Answer]:
    """Nobody has the end of an answer before all have asked."""
    barrier = threading.Barrier(len(datas))

    def held(data: bytes) -> web.Answer:
        def answer(request: object) -> None:
            barrier.wait(timeout=300)
            web.body(data)(request)  # type: ignore[arg-type]

        return answer

    return {path: held(data) for path, data in datas.items()}


def test_nothing_is_fetched_but_by_install(
    home: Path, tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that must not be touched: a name that is not there is a sentence."""
    source = tmp_path / "a.c"
    source.write_text("int main(void) { return (0; }\n")
    program = (
        "import socket, sys\n"
        "def no(*_, **__): raise AssertionError('a network')\n"
        "socket.socket.connect = socket.getaddrinfo = no\n"
        "from lm_lint import cli\n"
        "cli.main()\n"
    )
    call: Callable[..., subprocess.CompletedProcess[str]] = functools.partial(
        subprocess.run, capture_output=True, text=True, env=environment(home)
    )
    installed.install(str(tiny_folder))
    command = [sys.executable, "-c", program, str(source), "--no-cache", "--model"]
    assert call([*command, "tiny"]).returncode in (0, 1)
    done = call([*command, "tinny"])
    assert done.returncode == 2
    assert "there are small, tiny. Was tiny meant?" in done.stderr
    done = call([sys.executable, "-c", program, "model", "list", "--format", "json"])
    assert [each["name"] for each in json.loads(done.stdout)["models"]] == ["small", "tiny"]
