"""Resident memory of a process and of all that it started, in MiB."""

from __future__ import annotations


def resident_mib(pid: int) -> float:
    """0 where the process is gone."""
    import psutil

    try:
        main = psutil.Process(pid)
        processes = [main, *main.children(recursive=True)]
    except psutil.Error:
        return 0.0
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total / 2**20
