"""Hours of editing in minutes: twenty documents, typed and retyped without a pause, and the server's memory meanwhile.

    python -m bench.soak --minutes 10

Lines of the examples are deleted and typed anew, character by character, at random places of random documents; now and
then a document is closed and opened, or its bits are asked for. Small requests that need no model show how long the
server lets a message wait. Status 1 when the memory at the end is more than a tenth (and 20 MiB) above that after the
first fifth of the time, or when a text differs.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import psutil

from bench.lsp_client import FULL, Client, Pipes, ServerError, Text, start

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
LANGUAGE_IDS = {".c": "c", ".html": "html", ".py": "python"}
N_REPORTS = 20
KEYS_A_PING = 20


def sources(n: int, n_lines: int) -> list[tuple[str, str]]:
    """Texts of about so many lines, made of the examples, with their language ids."""
    res: list[tuple[str, str]] = []
    files = sorted(path for path in EXAMPLES.rglob("*") if path.suffix in LANGUAGE_IDS)
    by_suffix = {s: [f for f in files if f.suffix == s] for s in LANGUAGE_IDS}
    for idx in range(n):
        suffix = list(LANGUAGE_IDS)[idx % len(LANGUAGE_IDS)]
        text, at = "", idx
        while text.count("\n") < n_lines:
            text += by_suffix[suffix][at % len(by_suffix[suffix])].read_text(encoding="utf-8")
            at += 1
        res.append((text, LANGUAGE_IDS[suffix]))
    return res


def retype(client: Client, text: Text, draw: random.Random) -> Iterator[None]:
    """Delete a line and type it again; one step a keystroke."""
    lines = text.text.splitlines(keepends=True)
    idx = draw.randrange(len(lines))
    start, line = len("".join(lines[:idx])), lines[idx].rstrip("\n")
    client.edit(text, (start, start + len(line), ""))
    for offset, char in enumerate(line):
        client.edit(text, (start + offset, start + offset, char))
        yield


def reopen(client: Client, text: Text) -> Text:
    client.close(text)
    return client.open(text.uri, text.text, text.language_id)


@click.command(help=__doc__)
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--documents", default=20, show_default=True)
@click.option("--lines", default=300, show_default=True, help="Of each document.")
@click.option("--keys-per-second", default=20.0, show_default=True, help="0: as fast as it goes.")
@click.option("--seed", default=0, show_default=True)
def main(minutes: float, documents: int, lines: int, keys_per_second: float, seed: int) -> None:
    process = start()
    assert process.stdin
    assert process.stdout
    client = Client(Pipes(process.stdout, process.stdin), process, settings=lambda scope: {})
    try:
        client.initialize(FULL)
        client.until_ready()
        memory, waits_ms = play(
            client, sources(documents, lines), minutes * 60, keys_per_second, seed
        )
    finally:
        client.kill()
    early, late = memory[len(memory) // 5], memory[-1]
    click.echo(f"{early:.0f} MiB after a fifth of the time, {late:.0f} MiB at the end")
    p50, p95, p99 = (sorted(waits_ms)[int(q * (len(waits_ms) - 1))] for q in (0.5, 0.95, 0.99))
    click.echo(
        f"an answer that needs no model: p50 {p50:.1f} ms, p95 {p95:.1f}, p99 {p99:.1f}, most {max(waits_ms):.1f}"
        f" ({len(waits_ms):,} requests)"
    )
    sys.exit(int(late > early * 1.1 and late > early + 20))


def play(
    client: Client, texts: list[tuple[str, str]], seconds: float, keys_per_second: float, seed: int
) -> tuple[list[float], list[float]]:
    """Edit for so long; the memory in MiB at equal distances of time, and how long small requests took in ms."""
    assert client.process
    draw, server = random.Random(seed), psutil.Process(client.process.pid)
    opened = [
        client.open(f"untitled:{idx}", text, language) for idx, (text, language) in enumerate(texts)
    ]
    for text in opened:
        client.settled(text)
    ping = client.open("untitled:ping", "int a;\n", "c")
    memory: list[float] = []
    waits_ms: list[float] = []
    started, n_keys = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - started) < seconds:
        if elapsed >= len(memory) * seconds / N_REPORTS:
            memory.append(server.memory_info().rss / 2**20)
            click.echo(f"{elapsed:6.0f} s  {n_keys:7,} keys  {memory[-1]:7.1f} MiB")
            client.forget_unread()
        idx = draw.randrange(len(opened))
        for _ in retype(client, opened[idx], draw):
            n_keys += 1
            if n_keys % KEYS_A_PING == 0:
                waits_ms.append(waited_ms(client, ping))
            ahead = (
                n_keys / keys_per_second - (time.perf_counter() - started) if keys_per_second else 0
            )
            time.sleep(max(ahead, 0))
        chance = draw.random()
        if chance < 0.05:
            opened[idx] = reopen(client, opened[idx])
        elif chance < 0.15:
            with suppress(ServerError):
                client.request("lmLint/surprisal", {"textDocument": {"uri": opened[idx].uri}})
    for text in opened:
        assert client.text_at_server(text.uri)["text"] == text.text, text.uri
    memory.append(server.memory_info().rss / 2**20)
    return memory, waits_ms


def waited_ms(client: Client, text: Text) -> float:
    """Until the server has answered a request that its event loop answers alone."""
    sent = time.perf_counter()
    client.text_at_server(text.uri)
    return (time.perf_counter() - sent) * 1000


if __name__ == "__main__":
    main()
