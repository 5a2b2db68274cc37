"""bench.keystrokes: keys of an edit, texts to play them in, matching of versions, figures, and a scripted server."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.keystrokes import __main__ as command
from bench.keystrokes import choose, examples, figures, listed, servers
from bench.keystrokes.counting import count, engine_with_meter
from bench.keystrokes.hosts import POSITIONS, Core, Opening, Scenario, alone, composed, fits
from bench.keystrokes.kinds import kind_of
from bench.keystrokes.matching import QUIET_S, Published, answer
from bench.keystrokes.page import Run, page
from bench.keystrokes.replay import Asked, Row
from bench.keystrokes.servers import Server
from bench.keystrokes.strokes import changes, played, strokes
from lm_lint.settings import Settings
from lm_lint.text import LANGUAGES, Edit, Language

TEXTS = st.text(alphabet="ab (\n;é\U0001f600", max_size=60)


def last(text: str, edits: tuple[Edit, ...] | list[Edit]) -> str:
    return [text, *played(text, edits)][-1]


# --- Keys ---


@given(TEXTS, TEXTS, st.floats(0, 1))
@settings(max_examples=100, deadline=None)
def test_keys_lead_from_one_text_to_the_other(before: str, after: str, rate: float) -> None:
    keys = strokes(before, after, "seed", rate)
    assert last(before, keys) == after
    assert all(len(key.text) + key.end - key.start == 1 for key in keys)
    assert keys == strokes(before, after, "seed", rate)


def test_a_word_is_rubbed_out_from_its_end_and_typed() -> None:
    before, after = "x = 1\nreturn foo;\n", "x = 1\nreturn fun;\n"
    assert changes(before, after) == [(14, 16, "un")]
    assert list(played(before, strokes(before, after, "", 0)))[:3] == [
        "x = 1\nreturn fo;\n",
        "x = 1\nreturn f;\n",
        "x = 1\nreturn fu;\n",
    ]


def test_slips_of_a_finger_hit_a_neighbour_and_are_rubbed_out() -> None:
    states = list(played("", strokes("", "s", "", 1)))
    assert states[0] in ("a", "d")
    assert states[1:] == ["", "s"]


@pytest.mark.parametrize(
    ("language", "before", "after", "kind"),
    [
        ("python", "x = 1  # one\n", "x = 1  # some\n", "clean"),
        ("python", "x = 1\n", "x = (1)\n", "broken"),
        ("c", "int a; /* one */\n", "int a; /* two */\n", "clean"),
        ("c", "int f(void) { return 1; }\n", "int f(void) { return (1); }\n", "broken"),
        ("html", "<p>One</p>\n", "<p>Two</p>\n", "clean"),
        ("html", "<p>One</p>\n", "<p><b>One</b></p>\n", "broken"),
    ],
)
def test_kind_is_about_the_states_in_between(
    language: Language, before: str, after: str, kind: str
) -> None:
    assert kind_of(language, before, strokes(before, after, "", 0)) == kind


# --- Texts to play them in ---


def core(language: Language, position: str, before: str, after: str) -> Core:
    keys = tuple(strokes(before, after, position, 0.2))
    return Core(position, language, position, "clean", before, keys)  # type: ignore[arg-type]


def test_edits_fit_into_the_text_one_after_the_other() -> None:
    cores = [core("python", at, f"{at} = 1\n", f"{at} = some + 2\n\n") for at in POSITIONS]
    scenario = composed("python", cores, ["pass\npass\n"], 40, "composed")
    text = scenario.text
    assert 36 <= text.count("\n") <= 44
    for placed in scenario.edits:
        text = last(text, placed.strokes)
        assert f"{placed.position} = some + 2\n" in text
    assert text.startswith("top") and "pass" in text  # noqa: PT018
    assert text.endswith("end = some + 2\n\n")


def test_pages_give_what_is_inside_of_their_body() -> None:
    page_before = "<html><head></head><body><p>One</p>\n</body></html>\n"
    page_after = page_before.replace("One", "Only")
    cores = [core("html", at, page_before, page_after) for at in POSITIONS]
    scenario = composed("html", cores, [], 10, "composed")
    text = scenario.text
    for placed in scenario.edits:
        text = last(text, placed.strokes)
    assert text.count("<p>Only</p>") == 3
    assert text.count("<body>") == text.count("</body>") == 1


def test_what_lies_outside_of_the_body_fits_nowhere_else() -> None:
    before = "<html><head><title>a</title></head><body>b</body></html>"
    assert not fits(core("html", "top", before, before.replace("title>a", "title>c")))
    assert not fits(core("html", "end", before, before + "\n<!-- end -->"))
    assert fits(core("html", "end", before, before.replace(">b<", ">bcd<")))
    assert not fits(
        core("python", "top", "from __future__ import a\nx\n", "from __future__ import a\ny\n")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_stand_in_for_a_mirror(language: Language) -> None:
    (scenario,) = examples.scenarios(language, 1_000, 1)
    assert scenario == examples.scenarios(language, 1_000, 1)[0]
    assert 800 <= scenario.text.count("\n") <= 1_200
    assert {(p.position, p.kind) for p in scenario.edits} == {
        (position, kind) for position in POSITIONS for kind in ("clean", "broken")
    }
    text = scenario.text
    for placed in scenario.edits:
        # Words are typed as they were.
        assert last(text, placed.strokes) == text


def test_the_list_is_complete_and_holds_no_text() -> None:
    rows = listed.rows()
    assert {row["role"] for row in rows} == {"edit", "filler", "open"}
    groups = {
        (row["language"], row["size"], row["position"]) for row in rows if row["role"] == "edit"
    }
    assert len(groups) == 3 * 2 * 3
    for row in rows:
        ids = [row[name] for name in ("before", "after", "blob", "commit") if name in row]
        assert all(len(value) == 40 and int(value, 16) for value in ids)
        assert all(len(str(value)) < 200 for value in row.values())


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """One repository with a file of 200 lines, and a commit that changes its end."""
    folder = tmp_path / "mirror" / "TheAlgorithms+C" / "repo"
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    lines = [f"int a{i}; /* number {i} */" for i in range(200)]
    for i, text in enumerate((lines, [*lines[:-1], "int a199; /* the last one */"])):
        (work / "a.c").write_text("\r\n".join(text) + "\r\n", newline="")
        git(work, "add", "a.c")
        git(work, "commit", "--quiet", "--message", f"commit {i}")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(folder))
    return tmp_path / "mirror"


def test_commits_of_a_mirror_become_scenarios(mirror: Path, tmp_path: Path) -> None:
    out = tmp_path / "edits.jsonl"
    done = CliRunner().invoke(
        choose.main, [str(mirror), "--language", "c", "--out", str(out)], catch_exceptions=False
    )
    assert done.exit_code == 0
    rows = listed.rows(out)
    assert [(row["role"], row.get("position"), row.get("kind")) for row in rows] == [
        ("edit", "end", "clean"),
        ("filler", None, None),
    ]
    source = listed.Mirror(mirror)
    (scenario,) = listed.scenarios(rows, source, "c", 200, 3)
    assert scenario.made == "real"
    assert "\r" not in scenario.text
    assert last(scenario.text, scenario.edits[0].strokes).endswith("/* the last one */\n")
    (long,) = listed.scenarios(rows, source, "c", 20_000, 3)
    assert long.made == "composed"
    assert long.text.count("\n") > 19_000
    assert source.n_missing == 0
    assert listed.scenarios(rows, listed.Mirror(tmp_path), "c", 200, 3) == []


# --- Versions ---


def test_a_version_is_answered_by_itself_or_a_later_one() -> None:
    published = [Published(1.0, 3, 1), Published(2.0, 4, 0), Published(3.0, 5, 2)]
    assert answer(published, 4, 1.5, 9.0) == published[1]
    assert answer(published, 5, 1.5, 9.0) == published[2]
    assert answer(published, 6, 1.5, 9.0) is None
    assert answer(published, 3, 1.5, 9.0) == published[1]


def test_without_versions_the_last_before_silence_is_the_answer() -> None:
    published = [Published(1.0, None, 1), Published(2.0, None, 0), Published(2.1, None, 2)]
    assert answer(published, 4, 1.5, 2.1 + QUIET_S / 2) is None
    assert answer(published, 4, 1.5, 2.2 + QUIET_S) == published[2]
    assert answer(published, 4, 2.5, 9.0) is None


# --- Figures ---


def row(ms: float | None = 1.0, **changes: object) -> Row:
    base = Row("lm-lint", "c", 200, "real", "top", "clean", "single", "e", "ok", ms)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(i) for i in range(1, 101)]
    assert figures.percentile(values, 0.5) == 50
    assert figures.percentile(values, 0.95) == 95
    assert figures.percentile([7.0], 0.95) == 7.0


def test_failures_are_counted_apart() -> None:
    found = figures.of([row(2.0), row(None, status="timeout")])
    assert (found.n, found.n_failed, found.p50_ms) == (1, 1, 2.0)
    assert str(found) == "2.00 / 2.00 (1 failed)"
    assert str(figures.of([])) == ""
    assert figures.ratio(1.0, 0.0) is None


def test_the_page_compares_and_tells_of_growth() -> None:
    rows = [
        row(float(ms), server=server, n_lines=n)
        for server, n, ms in (
            ("lm-lint", 2_000, 10),
            ("lm-lint", 20_000, 12),
            ("clangd", 2_000, 40),
        )
    ]
    text = page(Run("A machine.", "Edits.", rows=rows))
    assert "2,000 lines: lm-lint takes 0.25 (p50), 0.25 (p95) of clangd's time." in text
    assert "lm-lint: p95 grows 1.20 times" in text


# --- A scripted server ---

SERVER = textwrap.dedent(
    '''
    """A language server in few lines: the first argument says how it gives diagnostics."""
    import json, sys

    how, version, asked = sys.argv[1], 0, 0

    def send(**message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
        sys.stdout.buffer.flush()

    def publish(uri, version):
        params = {"uri": uri, "diagnostics": [{}] * version}
        if how != "no-version":
            params["version"] = version
        send(method="textDocument/publishDiagnostics", params=params)

    while header := sys.stdin.buffer.readline():
        sys.stdin.buffer.readline()
        message = json.loads(sys.stdin.buffer.read(int(header.split(b":")[1])))
        method, params = message.get("method"), message.get("params")
        if method == "initialize":
            send(id=message["id"], result={"capabilities": {"diagnosticProvider": {}} if how == "pull" else {}})
            send(id="ask", method="workspace/configuration", params={"items": [{"section": "a.b"}, {}]})
        elif message.get("id") == "ask":
            assert message["result"] == [7, {"a": {"b": 7}}], message
        elif method in ("textDocument/didOpen", "textDocument/didChange"):
            document = params["textDocument"]
            version = document["version"]
            if how == "dies" and version == 3:
                sys.exit("I am out of luck")
            if method.endswith("Change") and how == "stale":
                publish(document["uri"], version - 1)
            if how not in ("pull", "mute") or (how == "mute" and version < 3):
                publish(document["uri"], version)
        elif method == "textDocument/diagnostic":
            asked += 1
            if asked == 1:
                send(id=message["id"], error={"code": -32802, "message": "later"})
            else:
                send(id=message["id"], result={"kind": "full", "items": [{}] * version})
        elif method == "shutdown":
            send(id=message["id"], result=None)
        elif method == "exit":
            break
    '''
)


def scripted(tmp_path: Path, how: str) -> Server:
    script = tmp_path / "server.py"
    script.write_text(SERVER)
    return Server(how, ("c",), (sys.executable, str(script), how), "1", settings={"a": {"b": 7}})


def three_keys() -> Scenario:
    before, after = "int \U0001f600a;\n", "int \U0001f600abcd;\n"
    return alone(Core("e", "c", "top", "clean", before, tuple(strokes(before, after, "", 0))), 200)


@pytest.mark.parametrize("how", ["versioned", "no-version", "pull", "stale"])
def test_each_key_gets_its_own_answer(tmp_path: Path, how: str) -> None:
    run = Run("", "", [scripted(tmp_path, how)])
    command.measure(run, [three_keys()], Asked(("single",)))
    assert run.notes == []
    assert [(row.status, row.n_diagnostics) for row in run.rows] == [
        ("ok", 2),
        ("ok", 3),
        ("ok", 4),
    ]
    assert all(row.ms is not None and row.ms >= 0 for row in run.rows)
    assert run.memory_mib[how, "c", 200] > 0


def test_a_burst_is_measured_at_its_last_key(tmp_path: Path) -> None:
    before, after = "int a;\n", "int abcdefgh;\n"
    keys = tuple(strokes(before, after, "", 0))
    run = Run("", "", [scripted(tmp_path, "versioned")])
    scenario = alone(Core("e", "c", "top", "clean", before, keys), 200)
    command.measure(run, [scenario], Asked(("single", "burst"), burst_ms=1))
    assert [row.mode for row in run.rows] == ["single"] * 3 + ["burst"]
    assert run.rows[-1].n_diagnostics == 8


def test_a_server_that_dies_is_told_and_started_again(tmp_path: Path) -> None:
    run = Run("", "", [scripted(tmp_path, "dies")])
    command.measure(run, [three_keys(), three_keys()], Asked(("single",)))
    assert [row.status for row in run.rows] == ["ok", "died"] * 2
    assert len(run.notes) == 2
    assert "out of luck" in run.notes[0]


def test_a_key_without_answer_is_counted(tmp_path: Path) -> None:
    run = Run("", "", [scripted(tmp_path, "mute")])
    command.measure(run, [three_keys()], Asked(("single",), timeout_s=0.05))
    assert [row.status for row in run.rows] == ["ok", "timeout", "timeout"]


def test_openings_are_measured_with_a_warm_server(tmp_path: Path) -> None:
    run = Run("", "", [scripted(tmp_path, "versioned")])
    openings = [Opening(str(i), "c", "real", "int a;\n", "int a\n") for i in range(2)]
    command.measure_openings(run, openings, Asked(("open",)))
    assert [(row.edit, row.kind, row.mode, row.status) for row in run.rows] == [
        (edit, kind, "open", "ok") for edit in ("0", "1") for kind in ("clean", "broken")
    ]


def test_the_command_writes_page_numbers_and_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = replace(scripted(tmp_path, "versioned"), name="clangd")
    known = {**servers.known(), "clangd": lambda: server, "ruff": lambda: None}
    monkeypatch.setattr(command, "known", lambda *_: known)
    arguments = (
        "--server clangd --server ruff --language c --size 200 --edits-each 1 --max-strokes 2"
    )
    done = CliRunner().invoke(
        command.main,
        [*arguments.split(), "--mode", "single", "--no-count", "--out", str(tmp_path / "out")],
        catch_exceptions=False,
    )
    assert done.exit_code == 0
    text = (tmp_path / "out" / "latency.md").read_text()
    assert "| clangd | middle | broken |" in text
    assert "left out: ruff" in text
    rows = json.loads((tmp_path / "out" / "latency.json").read_text())["rows"]
    assert len(rows) == 3 * 2 * 2
    assert (tmp_path / "out" / "latency.png").stat().st_size > 1_000


@pytest.mark.released
def test_lm_lint_answers_every_key() -> None:
    server = servers.known(device="cpu")["lm-lint"]()
    assert server is not None
    run = Run("", "", [server])
    scenarios = examples.scenarios("python", 200, 1)
    command.measure(run, scenarios, Asked(("single",), max_strokes=2, timeout_s=120))
    assert run.notes == []
    assert len(run.rows) == 2 * sum(len(scenario.edits) for scenario in scenarios)
    assert {row.status for row in run.rows} == {"ok"}
    assert all(row.n_diagnostics is not None for row in run.rows)


@pytest.mark.released
def test_the_network_reads_less_than_the_file_at_a_key() -> None:
    engine, meter, tokenizer = engine_with_meter(Settings(device="cpu"))
    (scenario,) = examples.scenarios("c", 1_000, 1)
    n_tokens = len(tokenizer.encode(scenario.text))
    findings, bits = count(engine, meter, n_tokens, scenario, 1)
    assert len(findings.n_rescored) == len(bits.n_rescored) == len(scenario.edits)
    assert 0 < max(bits.n_rescored) < n_tokens
