"""One run of a command: how long, how much processor time, and how much memory with all that it starts."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY_S = 0.1


@dataclass(frozen=True)
class Measured:
    """wall_s and processor_s from start to end; memory is the most at any moment that was looked at.

    rss_mib  resident, each process counted by itself; what they share counts for each
    pss_mib  the same with what is shared counted once; 0 where the system does not tell
    """

    wall_s: float
    processor_s: float
    rss_mib: float
    pss_mib: float
    status: int
    output: str


def measured(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
) -> Measured:
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    with process, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(process.stdout.read)
        seconds: dict[int, float] = {}
        rss = pss = 0.0
        while process.poll() is None:
            now = _looked(process.pid, seconds)
            rss, pss = max(rss, now[0]), max(pss, now[1])
            time.sleep(_EVERY_S)
        wall_s = time.perf_counter() - began
        output = reading.result().decode("utf-8", "replace")
    return Measured(wall_s, sum(seconds.values()), rss, pss, process.returncode, output)


def _looked(pid: int, seconds: dict[int, float]) -> tuple[float, float]:
    """Memory of a process and of all below it, in MiB; processor seconds by process go into `seconds`."""
    rss = pss = 0
    try:
        main = psutil.Process(pid)
        processes = [main, *main.children(recursive=True)]
    except psutil.Error:
        return 0.0, 0.0
    for process in processes:
        try:
            times = process.cpu_times()
            seconds[process.pid] = times.user + times.system
            memory = process.memory_full_info()
        except psutil.Error:
            continue
        rss += memory.rss
        pss += getattr(memory, "pss", 0)
    return rss / 2**20, pss / 2**20
