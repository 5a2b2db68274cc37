"""The rows as a page of Markdown tables. Every figure is p50 / p95 in milliseconds unless a table says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bench.keystrokes import figures
from bench.keystrokes.counting import Counted
from bench.keystrokes.replay import EVERYWHERE, Row
from bench.keystrokes.servers import RIVAL, Server
from lm_lint.text import LANGUAGES

NAMES = {"c": "C", "html": "HTML", "python": "Python"}
OURS = "lm-lint"
MADE = {
    "real": "files as they are in their repositories",
    "composed": "many real files one after the other, since no real one has this size",
    "examples": "files of examples/correct, over and over",
}
_COUNTED = (
    "Tokens that the network reads for each keystroke, in process. Findings: diagnostics alone. Bits: the surprise of the 50 lines around the cursor "
    "as a heat map shows it, and the rest settled in the background."
)


@dataclass
class Run:
    """All that a run gave. memory_mib: of each server, by language and lines; the most seen."""

    machine: str
    source: str
    servers: list[Server] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    memory_mib: dict[tuple[str, str, int], float] = field(default_factory=dict)
    counted: list[Counted] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def page(run: Run) -> str:
    parts = ["# From keystroke to diagnostics", "", run.machine, "", run.source, ""]
    parts += ["Milliseconds, p50 / p95, unless a table says otherwise."]
    typed = [row for row in run.rows if row.mode == "single"]
    for language in LANGUAGES:
        parts += _language(run, [row for row in typed if row.language == language], language)
    parts += _openings(run) + _counted(run) + _servers(run)
    if run.notes:
        parts += ["", "## What went wrong", "", *(f"- {note}" for note in run.notes)]
    return "\n".join(parts) + "\n"


def _language(run: Run, rows: list[Row], language: str) -> list[str]:
    of_language = [row for row in run.rows if row.language == language and row.mode != "open"]
    if not of_language:
        return []
    sizes = sorted({row.n_lines for row in of_language})
    made = {n: {row.made for row in of_language if row.n_lines == n} for n in sizes}
    texts = "; ".join(f"{n:,} lines: {MADE[m]}" for n in sizes for m in sorted(made[n]))
    res = ["", f"## {NAMES[language]}", "", f"{texts}."]
    if rows:
        lines = [f"{n:,} lines" for n in sizes]
        res += ["", "Each key after the answer to the one before:", ""]
        res += _table(["server", *lines], _by_size(rows, sizes))
        res += _ratios(rows, sizes, language)
        res += ["", "By place in the file and kind of edit:", ""]
        res += _table(["server", "place", "edit", *lines], _by_place(rows, sizes), 3)
    res += _bursts(of_language, sizes)
    memory = [
        [
            server.name,
            *(figures.shown(run.memory_mib.get((server.name, language, n))) for n in sizes),
        ]
        for server in run.servers
        if any((server.name, language, n) in run.memory_mib for n in sizes)
    ]
    if memory:
        res += ["", "Resident memory of the server and its children, the most seen, MiB:", ""]
        res += _table(["server", *(f"{n:,} lines" for n in sizes)], memory)
    return res


def _by_size(rows: list[Row], sizes: Sequence[int]) -> list[list[str]]:
    return [
        [server, *(str(figures.of(row for row in its if row.n_lines == n)) for n in sizes)]
        for server, its in figures.groups(rows, lambda row: row.server).items()
    ]


def _by_place(rows: list[Row], sizes: Sequence[int]) -> list[list[str]]:
    split = figures.groups(rows, lambda row: (row.server, row.position, row.kind))
    return [
        [*key, *(str(figures.of(row for row in its if row.n_lines == n)) for n in sizes)]
        for key, its in split.items()
    ]


def _ratios(rows: list[Row], sizes: Sequence[int], language: str) -> list[str]:
    """What the issue's targets are about: against the rival in the same run, and growth with the file."""
    by_server = figures.groups(rows, lambda row: row.server)
    rival = RIVAL[language]  # type: ignore[index]
    res = []
    if OURS in by_server and rival in by_server:
        for n in sizes:
            ours, other = (
                figures.of(row for row in by_server[name] if row.n_lines == n)
                for name in (OURS, rival)
            )
            p50 = figures.ratio(ours.p50_ms, other.p50_ms)
            p95 = figures.ratio(ours.p95_ms, other.p95_ms)
            if p50 is not None and p95 is not None:
                shown = f"{figures.shown(p50)} (p50), {figures.shown(p95)} (p95)"
                res.append(f"- {n:,} lines: {OURS} takes {shown} of {rival}'s time.")
    for server, its in by_server.items():
        small, large = (
            figures.of(row for row in its if row.n_lines == n).p95_ms for n in (2_000, 20_000)
        )
        growth = figures.ratio(large, small)
        if growth is not None:
            res.append(
                f"- {server}: p95 grows {figures.shown(growth)} times from 2,000 to 20,000 lines."
            )
    return ["", *res] if res else []


def _bursts(rows: list[Row], sizes: Sequence[int]) -> list[str]:
    res: list[str] = []
    for mode, what in (
        ("burst", "The last of keys at 80 ms:"),
        ("pause", "From the end of the server's own pause (400 ms) to what it says then:"),
    ):
        its = [row for row in rows if row.mode == mode]
        if its:
            res += ["", what, ""]
            res += _table(["server", *(f"{n:,} lines" for n in sizes)], _by_size(its, sizes))
    settled = [row for row in rows if row.settled_ms is not None]
    if settled:
        res += ["", "Until the server says that it is idle, after the last key of an edit:", ""]
        by = figures.groups(settled, lambda row: row.server)
        table = [
            [s, *(str(figures.of((r for r in its if r.n_lines == n), _settled)) for n in sizes)]
            for s, its in by.items()
        ]
        res += _table(["server", *(f"{n:,} lines" for n in sizes)], table)
    return res


def _settled(row: Row) -> float | None:
    return row.settled_ms


def _openings(run: Run) -> list[str]:
    rows = [row for row in run.rows if row.mode == "open" and row.position == EVERYWHERE]
    if not rows:
        return []
    res = [
        "",
        "## Opening a file of 1,000 lines",
        "",
        "A fresh process each, warmed by another text; until its first answer.",
        "",
    ]
    table = []
    for (language, server), its in figures.groups(rows, lambda r: (r.language, r.server)).items():
        kinds = [figures.of(row for row in its if row.kind == kind) for kind in ("clean", "broken")]
        table.append([NAMES[language], server, *map(str, kinds)])
    return res + _table(["", "server", "as it is", "with a slip"], table, 2)


def _counted(run: Run) -> list[str]:
    if not run.counted:
        return []
    res = ["", "## Tokens rescored", "", _COUNTED, ""]
    table = []
    for (language, what, n_lines), its in sorted(_together(run.counted).items()):
        rescored = [n for c in its for n in c.n_rescored]
        if rescored:
            n_tokens = figures.percentile([c.n_tokens for c in its], 0.5)
            shares = (figures.percentile(rescored, share) for share in (0.5, 0.95))
            numbers = [f"{n:,.0f}" for n in (n_lines, n_tokens, *shares)]
            table.append([NAMES[language], what, *numbers])
    return res + _table(["", "what", "lines", "tokens in the file", "read, p50", "p95"], table, 2)


def _together(counted: Iterable[Counted]) -> dict[tuple[str, str, int], list[Counted]]:
    res: dict[tuple[str, str, int], list[Counted]] = {}
    for c in counted:
        res.setdefault((c.language, c.what, c.n_lines), []).append(c)
    return res


def _servers(run: Run) -> list[str]:
    res = ["", "## Servers", ""]
    res += _table(
        ["server", "version", "note"], [[s.name, s.version, s.note] for s in run.servers], 3
    )
    if run.absent:
        res += ["", f"Not installed, and left out: {', '.join(run.absent)} (`bench/setup.sh`)."]
    return res


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], n_words: int = 1) -> list[str]:
    """n_words: the columns from the left that hold words, not figures."""
    return [
        "| " + " | ".join(head) + " |",
        "|---" * n_words + "|--:" * (len(head) - n_words) + "|",
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
