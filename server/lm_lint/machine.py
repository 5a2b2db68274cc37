"""What this machine has, told without importing what is heavy: processors, memory, a GPU, the versions of libraries.

All of it is a good guess. device.py has the last word on devices; nothing here knows networks or texts.
"""

from __future__ import annotations

import functools
import os
import platform
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from lm_lint.settings import Device

_CGROUPS = Path("/sys/fs/cgroup")


def n_processors() -> int:
    """How many processors this process may keep busy: by affinity, and by the quota of its container."""
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13 on
    affinity = getattr(os, "sched_getaffinity", None)
    found = count() if count else len(affinity(0)) if affinity else os.cpu_count()
    return max(1, min([found or 1, *(int(quota) for quota in _quotas())]))


def n_threads() -> int:
    """How many threads compute where there is one process: half of the processors. Edits are priced in matrices
    so small that threads spend their time waiting for each other."""
    return max(1, n_processors() // 2)


def free_bytes() -> int | None:
    """The memory that may still be taken, by the machine and by the limit of its container; None: nothing says."""
    return min([*_free_memory(), *_free_of_containers()], default=None)


@functools.cache
def likely_device(name: Device) -> Device:
    """What `auto` will probably turn out to be; a name stands for itself."""
    if name != "auto":
        return name
    if sys.platform == "darwin":
        return "mps" if platform.machine() == "arm64" else "cpu"
    if "+cpu" in (version_of("torch") or ""):
        return "cpu"
    nodes = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # NVIDIA, Windows' subsystem for Linux, AMD
    if any(os.path.exists(node) for node in nodes) or (
        os.name == "nt" and os.path.exists(r"C:\Windows\System32\nvcuda.dll")
    ):
        return "cuda"
    return "cpu"


@functools.cache
def version_of(name: str) -> str | None:
    """The version of an installed distribution; None where it is not found.

    Read off the name of the folder that describes it: importlib.metadata takes a tenth of a second to load.
    """
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    beside = Path(spec.origin).parent.parent
    for path in beside.glob(f"{name}-*.dist-info"):
        return path.name.removeprefix(f"{name}-").removesuffix(".dist-info")
    return _version_by_metadata(name)


def _version_by_metadata(name: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _quotas() -> Iterator[float]:
    """Processors that containers around this process are given, each at least one."""
    for folder in _containers("cpu"):
        for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
            words = [word for name in names for word in _words(folder / name)]
            if len(words) == 2 and all(word.isdigit() and int(word) for word in words):
                yield max(1.0, int(words[0]) / int(words[1]))


def _free_memory() -> Iterator[int]:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            yield 1024 * int(line.split()[1])
            return
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _free_of_containers() -> Iterator[int]:
    names = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
    for folder in _containers("memory"):
        # Of what is counted as taken, cached files are given up when somebody needs the room.
        stat = dict(line.split(" ", 1) for line in _lines(folder / "memory.stat") if " " in line)
        cached = int(stat.get("total_inactive_file") or stat.get("inactive_file") or 0)
        for most, taken in names:
            limit, used = _words(folder / most), _words(folder / taken)
            if limit and used and limit[0].isdigit():
                yield max(0, int(limit[0]) - int(used[0]) + cached)


def _containers(controller: str) -> Iterator[Path]:
    """The folders of the control groups around this process, of version 2 and of version 1."""
    for line in _lines(Path("/proc/self/cgroup")):
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not controllers:
            root = _CGROUPS
        elif controller in controllers.split(","):
            root = _CGROUPS / controller
        else:
            continue
        folder = root / path.lstrip("/")
        # Inside of a container the path may be that outside of it, while its own group is the root.
        yield from (one for one in (folder, *folder.parents) if one.is_relative_to(root))


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
