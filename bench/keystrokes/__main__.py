"""`python -m bench.keystrokes`: every server, every text, one after the other."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import click

from bench.keystrokes import examples, listed, picture
from bench.keystrokes.client import ServerDied, ServerError
from bench.keystrokes.counting import count, engine_with_meter
from bench.keystrokes.hosts import Opening, Scenario
from bench.keystrokes.kinds import KINDS, Kind
from bench.keystrokes.page import Run, page
from bench.keystrokes.replay import Asked, Mode, Session, open_one, play, session
from bench.keystrokes.servers import USUAL, Server, known
from bench.rivals.processes import TOOLS
from lm_lint.settings import DEVICES, Device, Settings
from lm_lint.text import LANGUAGES, Language

SIZES = (200, 2_000, 20_000)
MODES: tuple[Mode, ...] = ("single", "burst", "pause", "open")
_SERVERS = tuple(known())
_N_OPENED = 4


@click.command(context_settings={"show_default": True})
@click.option(
    "--mirror",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of OWNER+NAME/repo git directories; without it the edits are made up from examples/.",
)
@click.option(
    "--edits",
    "edits_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=listed.LIST,
    help="List of commits.",
)
@click.option(
    "--server",
    "servers",
    type=click.Choice(_SERVERS),
    multiple=True,
    help="[default: all that are installed, but lm-lint-push]",
)
@click.option("--language", "languages", type=click.Choice(LANGUAGES), multiple=True)
@click.option(
    "--size", "sizes", type=int, multiple=True, help="Lines.  [default: 200, 2000, 20000]"
)
@click.option("--mode", "modes", type=click.Choice(MODES), multiple=True, help="[default: all]")
@click.option(
    "--edits-each", type=click.IntRange(1), default=3, help="Edits at each position, of each kind."
)
@click.option(
    "--max-strokes", type=click.IntRange(1), default=40, help="Keys of an edit that are measured."
)
@click.option(
    "--timeout",
    "timeout_s",
    type=float,
    default=10.0,
    help="Seconds until a key counts as unanswered.",
)
@click.option(
    "--count/--no-count",
    "counts",
    default=True,
    help="Tokens rescored, with the engine in this process.",
)
@click.option("--device", type=click.Choice(DEVICES), default="auto", help="lm-lint's.")
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="lm-lint's; the released one without it.",
)
@click.option(
    "--quick", is_flag=True, help="One edit of each kind, 8 keys, no 20,000 lines: does all run?"
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("runs/keystrokes")
)
@click.option("--name", default="latency", help="Files are called NAME.md, NAME.json, NAME.png.")
def main(
    mirror: Path | None,
    edits_path: Path,
    servers: tuple[str, ...],
    languages: tuple[Language, ...],
    sizes: tuple[int, ...],
    modes: tuple[Mode, ...],
    edits_each: int,
    max_strokes: int,
    timeout_s: float,
    counts: bool,
    device: Device,
    model: Path | None,
    quick: bool,
    out: Path,
    name: str,
) -> None:
    """From each keystroke to the diagnostics for it, of several language servers, with the same client and edits.

    Run it on a machine that does nothing else. Control-C ends it with a page on what was seen.
    """
    if quick:
        sizes, edits_each, max_strokes = sizes or SIZES[:2], 1, 8
    texts = Texts(mirror, edits_path, edits_each)
    asked = Asked(modes or MODES, max_strokes, timeout_s)
    run = Run(machine(), texts.source)
    for server_name in servers or USUAL:
        server = known(device, model)[server_name]()
        if server is None:
            run.absent.append(server_name)
        else:
            run.servers.append(server)
    try:
        for language in languages or LANGUAGES:
            for n_lines in sorted(sizes or SIZES):
                measure(run, texts.scenarios(language, n_lines), asked)
                write(run, out, name)  # whatever becomes of the rest
            if "open" in asked.modes:
                measure_openings(run, texts.openings(language, 2 if quick else _N_OPENED), asked)
                write(run, out, name)
        if counts:
            count_tokens(run, texts, languages or LANGUAGES, sizes or SIZES, asked, device, model)
    except KeyboardInterrupt:
        run.notes.append("Ended early.")
    texts.tell_missing(run.notes)
    write(run, out, name)


class Texts:
    """Where scenarios come from: a mirror and the list, or the examples. Those of a size are made once."""

    def __init__(self, mirror: Path | None, edits_path: Path, edits_each: int) -> None:
        self.mirror = listed.Mirror(mirror) if mirror else None
        self.rows = listed.rows(edits_path) if mirror else []
        self.edits_each = edits_each
        self._made: dict[tuple[Language, int], list[Scenario]] = {}

    @property
    def source(self) -> str:
        if self.mirror is None:
            return "Edits made up from examples/correct: no mirror of repositories was given."
        repositories = ", ".join(listed.repositories(self.rows))
        return f"Edits of real commits (bench/keystrokes/edits.jsonl) in {repositories}."

    def scenarios(self, language: Language, n_lines: int) -> list[Scenario]:
        key = language, n_lines
        if key not in self._made:
            if self.mirror is None:
                made = examples.scenarios(language, n_lines, self.edits_each)
            else:
                made = listed.scenarios(self.rows, self.mirror, language, n_lines, self.edits_each)
            self._made[key] = made
        return self._made[key]

    def openings(self, language: Language, n: int) -> list[Opening]:
        if self.mirror is None:
            return examples.openings(language, n)
        return listed.openings(self.rows, self.mirror, language, n)

    def tell_missing(self, notes: list[str]) -> None:
        if self.mirror and self.mirror.n_missing:
            notes.append(f"{self.mirror.n_missing} texts of the list are not in the mirror.")


def measure(run: Run, scenarios: Sequence[Scenario], asked: Asked) -> None:
    """Every server with the same texts; a fresh process for each size, and after each death."""
    for server in run.servers:
        todo = list(scenarios)
        wanted = replace(asked, modes=_modes_of(server, asked.modes))
        if not todo or todo[0].language not in server.languages or not wanted.modes:
            continue
        say(f"{server.name}, {todo[0].language}, {todo[0].n_lines:,} lines: {len(todo)} texts")
        remember = _memory_of(run, server.name, todo[0].language, todo[0].n_lines)
        while todo:
            _with_server(run, server, wanted, _playing(run, todo, remember))


def measure_openings(run: Run, openings: Sequence[Opening], asked: Asked) -> None:
    """A process for each text, warmed by another text: nothing of what is opened may be remembered."""
    for server in run.servers:
        its = [opening for opening in openings if opening.language in server.languages]
        if len(its) < 2 or server.pause_ms:
            continue
        say(f"{server.name}, {its[0].language}: opening {len(its)} texts")
        for i, opening in enumerate(its):
            for kind in KINDS:
                if kind == "clean" or opening.broken is not None:
                    _with_server(run, server, asked, _opening(run, its[i - 1], opening, kind))


def _modes_of(server: Server, modes: Iterable[Mode]) -> tuple[Mode, ...]:
    """With a pause of its own nothing but the time after it means anything."""
    wanted: set[Mode] = {"pause"} if server.pause_ms else {"single", "burst"}
    return tuple(mode for mode in modes if mode in wanted)


Work = Callable[[Session], Awaitable[None]]


def _playing(run: Run, todo: list[Scenario], remember: Callable[[float], None]) -> Work:
    async def work(running: Session) -> None:
        while todo:
            await play(running, todo.pop(0), run.rows.append, remember)

    return work


def _opening(run: Run, warming: Opening, opening: Opening, kind: Kind) -> Work:
    async def work(running: Session) -> None:
        await running.open(warming.language, warming.text)
        running.close()
        await open_one(running, opening, kind, run.rows.append)

    return work


def _with_server(run: Run, server: Server, asked: Asked, work: Work) -> None:
    """A process of its own for some work. What it dies of is noted; each text is tried once."""

    async def main() -> None:
        # Beside the tools of npm, so that a server finds what it loads by looking upwards.
        parent = TOOLS.parents[1] if TOOLS.exists() else None
        with tempfile.TemporaryDirectory(prefix="keystrokes-", dir=parent) as folder:
            async with session(server, Path(folder).resolve() / "work", asked) as running:
                await work(running)

    try:
        asyncio.run(main())
    except (ServerDied, ServerError, asyncio.TimeoutError, OSError) as error:
        run.notes.append(f"{server.name}: {type(error).__name__} {error}".strip())
        say(run.notes[-1])


def _memory_of(run: Run, server: str, language: str, n_lines: int) -> Callable[[float], None]:
    def remember(mib: float) -> None:
        key = server, language, n_lines
        run.memory_mib[key] = max(mib, run.memory_mib.get(key, 0.0))

    return remember


def count_tokens(
    run: Run,
    texts: Texts,
    languages: Sequence[Language],
    sizes: Sequence[int],
    asked: Asked,
    device: Device,
    model: Path | None,
) -> None:
    engine, meter, tokenizer = engine_with_meter(Settings(device=device, model=model))
    for language in languages:
        for n_lines in sorted(sizes):
            # One text of each position is enough: this is a count, not a clock.
            for scenario in _one_of_each(texts.scenarios(language, n_lines)):
                say(f"counting tokens, {language}, {n_lines:,} lines")
                n_tokens = len(tokenizer.encode(scenario.text))
                run.counted += count(engine, meter, n_tokens, scenario, asked.max_strokes)


def _one_of_each(scenarios: Iterable[Scenario]) -> Iterator[Scenario]:
    seen = set()
    for scenario in scenarios:
        positions = tuple(placed.position for placed in scenario.edits)
        if positions not in seen:
            seen.add(positions)
            yield scenario


def machine() -> str:
    """Processor, cores, system: what a figure is worth nothing without."""
    model = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        names = [
            line.split(":", 1)[1] for line in info.read_text().splitlines() if "model name" in line
        ]
        model = names[0].strip() if names else model
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}{load}."


def write(run: Run, out: Path, name: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.md").write_text(page(run), encoding="utf-8")
    res = {
        "machine": run.machine,
        "source": run.source,
        "servers": [{"name": s.name, "version": s.version, "note": s.note} for s in run.servers],
        "absent": run.absent,
        "rows": [row.as_json() for row in run.rows],
        "memory_mib": [[*key, round(mib, 1)] for key, mib in run.memory_mib.items()],
        "counted": [asdict(counted) for counted in run.counted],
        "notes": run.notes,
    }
    (out / f"{name}.json").write_text(json.dumps(res, indent=1) + "\n", encoding="utf-8")
    picture.draw(run.rows, out / f"{name}.png")
    say(f"written: {out / name}.md, .json, .png")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
