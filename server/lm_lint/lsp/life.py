"""The server ends when its client does, even when that dies without a word."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

log = logging.getLogger(__name__)

PERIOD_S = 2.0


async def until_gone(process_id: int) -> None:
    """Returns once the process is no more; looks every few seconds."""
    is_parent = process_id == os.getppid()
    while is_alive(process_id) and not (is_parent and os.getppid() != process_id):
        await asyncio.sleep(PERIOD_S)
    log.warning("the client (process %d) has gone", process_id)


def is_alive(process_id: int) -> bool:
    """Is there such a process? Where that cannot be told, yes."""
    if sys.platform == "win32":
        return _is_alive_on_windows(process_id)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it belongs to somebody else, or is no number of a process
        return True
    return True


def _is_alive_on_windows(process_id: int) -> bool:
    # On Windows os.kill(pid, 0) would end the process.
    import ctypes

    synchronize, timed_out = 0x00100000, 0x00000102
    kernel: object = ctypes.windll.kernel32  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(synchronize, False, process_id)  # type: ignore[attr-defined]
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)  # type: ignore[attr-defined]
    finally:
        kernel.CloseHandle(handle)  # type: ignore[attr-defined]
