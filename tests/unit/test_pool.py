"""Results come in the order of the texts, whoever found them, and no process outlives its pool."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from lm_lint import crew as crews
from lm_lint import pool as pools
from lm_lint.crew import Crew, Reply, Text
from lm_lint.errors import LmLintError, ModelDamaged, ModelMissing
from lm_lint.linting import decoded
from lm_lint.pool import Outcome, Pool, default_jobs
from lm_lint.results import Notice, Result
from lm_lint.settings import Settings
from lm_lint.sources import Source

BROKEN = "int f%d(void)\n{\n    return (1;\n}\n"
CLEAN = "int g%d(void)\n{\n    return 1;\n}\n"


@pytest.fixture
def settings(tiny_folder: Path) -> Settings:
    return Settings(device="cpu", model=tiny_folder, min_confidence=0)


def sources(n_sources: int, every: int = 3) -> list[Source]:
    """Texts of which every so many-th is broken."""
    texts = [(CLEAN if i % every else BROKEN) % i for i in range(n_sources)]
    return [Source(f"{i}.c", "c", text) for i, text in enumerate(texts)]


def results(pool: Pool, texts: Iterable[Source], needs_tokens: bool = False) -> list[Outcome]:
    jobs = ((source, pool._linter.settings) for source in texts)
    return list(pool.results(jobs, needs_tokens))


def no_crew(*_: object) -> None:
    raise AssertionError("no process should be started here")


def test_one_process_is_this_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "Crew", no_crew)
    with Pool(settings, 1, cache=False) as pool:
        found = results(pool, sources(20))
    assert [each.source.name for each in found if isinstance(each, Result)] == [
        f"{i}.c" for i in range(20)
    ]
    assert [bool(each.diagnostics) for each in found if isinstance(each, Result)] == [
        i % 3 == 0 for i in range(20)
    ]


def test_few_texts_that_parse_or_are_known_start_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(crews, "Crew", no_crew)
    monkeypatch.setattr(pools, "_PATIENCE_SECONDS", 1e9)
    with Pool(settings, 4, cache=False) as pool:
        assert len(results(pool, sources(200, every=300))) == 200
        assert len(results(pool, sources(3, every=1))) == 3
    with Pool(settings, 1, cache_dir=tmp_path) as pool:
        once = results(pool, sources(20))
    with Pool(settings, 4, cache_dir=tmp_path) as pool:
        again = results(pool, sources(20))
        assert not pool.seconds
    assert all(each.is_cached for each in again if isinstance(each, Result))
    assert [each.diagnostics for each in once if isinstance(each, Result)] == [
        each.diagnostics for each in again if isinstance(each, Result)
    ]


@pytest.mark.slow
def test_many_processes_find_what_one_finds_and_in_the_same_order(settings: Settings) -> None:
    with Pool(settings, 1, cache=False) as pool:
        alone = results(pool, sources(60))
    with Pool(settings, 3, cache=False) as pool:
        together = results(pool, sources(60))
        again = results(pool, sources(60))
        with_tokens = results(pool, sources(6), needs_tokens=True)
        one = pool.lint(sources(1)[0], settings)
        assert {"import", "load", "detect"} <= set(pool.seconds)
        assert pool._crew is not None
    assert together == again == alone
    assert one == alone[0]
    assert all(isinstance(each, Result) and each.tokens for each in with_tokens)


@pytest.mark.slow
def test_only_so_much_is_read_ahead(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_AHEAD_FILES", 8)
    n_read = n_out = most = 0

    def counted() -> Iterator[tuple[Source, Settings]]:
        nonlocal n_read
        for source in sources(60, every=1):
            n_read += 1
            yield source, settings

    with Pool(settings, 2, cache=False) as pool:
        for _ in pool.results(counted()):
            n_out += 1
            most = max(most, n_read - n_out)
    assert n_out == 60
    assert most <= 8


@pytest.mark.slow
def test_a_run_that_is_given_up_leaves_nothing_to_the_next(settings: Settings) -> None:
    jobs = ((source, settings) for source in sources(40, every=1))
    with Pool(settings, 2, cache=False) as pool:
        run = pool.results(jobs)
        next(run)
        run.close()  # type: ignore[attr-defined]
        found = results(pool, sources(9))
    assert [each.source.name for each in found if isinstance(each, Result)] == [
        f"{i}.c" for i in range(9)
    ]


def test_a_mistake_of_ours_is_told_of_its_text_and_the_others_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Pool(settings, 1, cache=False) as pool:
        look = pool._linter.look

        def looked(job: object, may_load: bool = True) -> object:
            if "f3" in job.source.text:  # type: ignore[attr-defined]
                raise RecursionError("too deep")
            return look(job, may_load)  # type: ignore[arg-type]

        monkeypatch.setattr(pool._linter, "look", looked)
        found = results(pool, sources(6))
    notice = found[3]
    assert isinstance(notice, Notice)
    assert notice.is_failure
    assert "RecursionError: too deep" in notice.message
    assert sum(isinstance(each, Result) for each in found) == 5


def test_what_the_cache_cannot_do_is_told_once_and_at_last(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with Pool(settings, 1, cache_dir=tmp_path / "file" / "folder") as pool:
        *found, notice = results(pool, sources(3))
        assert isinstance(notice, Notice)
        assert not notice.is_failure
        assert "--no-cache" in notice.message
        assert len(results(pool, sources(3))) == len(found) == 3


def altered(folder: Path, tmp_path: Path) -> Path:
    """A model of the right size with a wrong byte in it: only reading it tells."""
    res = tmp_path / "altered"
    res.mkdir()
    for part in folder.iterdir():
        (res / part.name).write_bytes(part.read_bytes())
    data = bytearray((res / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (res / "model.safetensors").write_bytes(data)
    return res


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_is_wrong_with_the_model_reaches_the_caller(
    tiny_folder: Path, tmp_path: Path, n_jobs: int
) -> None:
    with pytest.raises(ModelMissing):
        Pool(Settings(model=tmp_path / "nowhere"), n_jobs)
    settings = Settings(device="cpu", model=altered(tiny_folder, tmp_path))
    with Pool(settings, n_jobs, cache=False) as pool, pytest.raises(ModelDamaged, match="SHA-256"):
        results(pool, sources(12))


@pytest.mark.slow
def test_where_no_process_can_be_started_all_is_done_here(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError("Resource temporarily unavailable")

    monkeypatch.setattr(Crew, "_started", refused)
    with Pool(settings, 3, cache=False) as pool:
        assert len(results(pool, sources(20))) == 20
        assert pool.n_jobs == 1


def test_as_many_processes_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools.machine, "n_processors", lambda: 8)
    for free, expected in ((None, 8), (1 << 30, 5), (1 << 20, 1), (1 << 40, 8)):
        monkeypatch.setattr(pools.machine, "free_bytes", lambda free=free: free)
        assert default_jobs(Settings(device="cpu")) == expected
    assert default_jobs(Settings(device="cuda")) == 1


# --- The processes themselves.


@contextlib.contextmanager
def crew_of(settings: Settings, n_workers: int) -> Iterator[Crew]:
    crew = Crew(settings, n_workers, 1)
    try:
        yield crew
    finally:
        crew.close()


def replies(crew: Crew, n_replies: int) -> dict[int, Reply]:
    res: dict[int, Reply] = {}
    while len(res) < n_replies:
        res.update(crew.replies(None))
    return res


@pytest.mark.slow
@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_dies_takes_one_text_with_it(settings: Settings, deadly: int) -> None:
    texts = [Text(source.text, "c", settings, False) for source in sources(6, every=1)]
    with crew_of(settings, 1) as crew:
        assert crew.take(0, texts[0])
        assert replies(crew, 1)[0].looked
        (worker,) = crew._workers
        assert worker.process.pid is not None
        os.kill(worker.process.pid, signal.SIGSTOP)
        for number in (1, 2, 3):
            assert crew.take(number, texts[number])
        os.kill(worker.process.pid, deadly)
        os.kill(worker.process.pid, signal.SIGCONT)
        found = replies(crew, 3)
        assert found[1].looked is None
        assert "the process that read it" in (found[1].failure or "")
        assert found[2] == found[3] == Reply()
        assert crew.take(4, texts[4])
        looked = replies(crew, 1)[4].looked
        assert looked is not None
        assert decoded(looked.diagnostics)


@pytest.mark.slow
def test_a_process_that_dies_idle_takes_none(settings: Settings) -> None:
    texts = [Text(source.text, "c", settings, False) for source in sources(2, every=1)]
    with crew_of(settings, 1) as crew:
        assert crew.take(0, texts[0])
        assert replies(crew, 1)[0].looked
        process = crew._workers[0].process
        process.kill()
        process.join()
        assert crew.take(1, texts[1])
        assert replies(crew, 1)[1].looked


@pytest.mark.slow
def test_where_processes_die_and_die_that_is_an_error(settings: Settings) -> None:
    def killed(crew: Crew, number: int) -> dict[int, Reply]:
        assert crew.take(number, Text("int a;", "c", settings, False))
        process = crew._workers[0].process
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        return replies(crew, 1)

    with crew_of(settings, 1) as crew:
        assert killed(crew, 0)[0].failure
        assert killed(crew, 1)[1].failure
        with pytest.raises(LmLintError, match="one after the other"):
            killed(crew, 2)


PROGRAM = """
import os, sys
from pathlib import Path
from lm_lint.pool import Pool
from lm_lint.settings import Settings
from lm_lint.sources import Source

def endless():
    i = 0
    while True:
        i += 1
        yield Source(f"{i}.c", "c", "int f(void)\\n{\\n    return (%d;\\n}\\n" % i), settings

if __name__ == "__main__":
    settings = Settings(device="cpu", model=Path(sys.argv[1]), min_confidence=0)
    with Pool(settings, 2, cache=False) as pool:
        try:
            for n, result in enumerate(pool.results(endless())):
                if n == 20:
                    pids = [worker.process.pid for worker in pool._crew._workers]
                    print(*pids, flush=True)
        except KeyboardInterrupt:
            sys.exit(130)
"""


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(tiny_folder: Path, tmp_path: Path, how: int) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    # In the background of a script SIGINT is ignored, and children inherit that.
    listen = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    run = subprocess.Popen(
        [sys.executable, str(program), str(tiny_folder)],
        preexec_fn=listen,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(Path(crews.__file__).parents[1])},
    )
    assert run.stdout is not None
    pids = [int(pid) for pid in run.stdout.readline().split()]
    assert pids
    if how == signal.SIGINT:
        os.killpg(run.pid, how)  # as a terminal does
    else:
        run.send_signal(how)
    _, stderr = run.communicate(timeout=60)
    assert run.returncode == (130 if how == signal.SIGINT else -how)
    assert stderr == ""
    for _ in range(600):
        if not any(is_running(pid) for pid in pids):
            return
        time.sleep(0.1)
    raise AssertionError("a process was left behind")
