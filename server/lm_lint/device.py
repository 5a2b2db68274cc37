"""Which device computes, and in which type. It knows torch and nothing of networks."""

from __future__ import annotations

import ctypes
import os
import sys

import torch

from lm_lint import machine
from lm_lint.errors import DeviceError


def choose(name: str) -> torch.device:
    """The device for a name: auto, cpu, cuda or mps. Auto takes a GPU only where one works.

    Raises DeviceError when a named device is absent.
    """
    if name == "auto":
        name = "cuda" if _cuda_works() else "mps" if torch.backends.mps.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError(
            "--device cuda: torch finds no CUDA device; use --device cpu, or install a CUDA "
            "build of torch"
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("--device mps: torch finds no Apple GPU; use --device cpu")
    return torch.device(name)


def compute_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies matrices in it, else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return torch.bfloat16 if _multiplies_bfloat16() else torch.float32
    return torch.float32


_KEPT_BYTES = 128 << 20  # what freed blocks may add to the process before they are given back


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    known = hasattr(libc, "mallopt") and hasattr(libc, "gnu_get_libc_version")
    return libc if known else None


class Heap:
    """Gives freed blocks back to the system once they have grown to something.

    What is kept for a document lies between the activations of its reading, so the heap grows
    from document to document although hardly anything in it is used: 45 files of 1,000 lines came
    to 1,150 MiB, of which 700 were free.
    """

    def __init__(self) -> None:
        self._libc = _glibc()
        self._kept = self._resident()

    def tidy(self, kept_bytes: int = _KEPT_BYTES) -> None:
        if self._libc is None or self._resident() < self._kept + kept_bytes:
            return
        self._libc.malloc_trim(0)
        self._kept = self._resident()

    @staticmethod
    def _resident() -> int:
        """Bytes in memory; 0 where the system does not tell."""
        try:
            with open("/proc/self/statm", encoding="ascii") as statm:
                return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return 0


def use_threads(n_threads: int | None = None) -> None:
    """So many threads, or half of the cores; what OMP_NUM_THREADS says goes before both.

    Edits are priced in matrices so small that threads spend their time waiting for each other: beside
    other work on two cores a slip took 630 ms with two threads and 90 with one, on an idle machine as long.
    """
    if not os.environ.get("OMP_NUM_THREADS"):
        torch.set_num_threads(n_threads or machine.n_threads())


def keep_memory() -> None:
    """Let glibc keep freed blocks instead of giving each back to the system.

    Activations of some megabytes are made and freed at every layer; fetching fresh pages for
    them took a third of the scoring time. Other C libraries are left as they are; see Heap.
    """
    libc = _glibc()
    if libc is not None:
        trim_threshold, mmap_threshold = -1, -3  # from malloc.h
        libc.mallopt(mmap_threshold, 1 << 30)
        libc.mallopt(trim_threshold, 1 << 29)


def _cuda_works() -> bool:
    """A driver that is present but broken counts as absent."""
    if not torch.cuda.is_available():
        return False
    try:
        torch.zeros(1, device="cuda").add_(1).item()
    except RuntimeError:
        print("lm-lint: the CUDA device does not work; using the CPU", file=sys.stderr)
        return False
    return True


def _multiplies_bfloat16() -> bool:
    """avx512_bf16 or AMX; without them bfloat16 is emulated and slower than float32."""
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        probe = getattr(torch.cpu, name, None)
        if probe is not None and probe():
            return True
    return False
