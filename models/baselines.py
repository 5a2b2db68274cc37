"""What general compressors make of the same files, in the network's own unit: bits per byte.

Each compressor is primed with nothing: it has never seen code before the first byte that it is given, while the
network brings what it learned. So each is measured in two ways: every file alone, which is how the network is
measured and how an editor meets a file, and all files of a language as one stream, which favours the compressors (the
end of the stream is coded with a megabyte of the same language behind it) as nothing favours the network.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Compress = Callable[[bytes], bytes]

PPMD_ORDER = 8
PPMD_MEMORY_BYTES = 64 << 20


@dataclass(frozen=True)
class Baseline:
    """One compressor on one set of files; bits per byte of the uncompressed text, containers included.

    alone   each file compressed by itself
    stream  all the files, one after another, compressed as one
    """

    name: str
    alone: float
    stream: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def xz(data: bytes) -> bytes:
    """As `xz -9`, with a dictionary no longer than the data.

    A longer one changes no byte of the result but the one that names it, and clearing its 64 MiB for each small file
    takes a hundred times longer than compressing it.
    """
    needed = 1 << max(12, (max(len(data), 1) - 1).bit_length())
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": min(needed, 64 << 20)}]
    return lzma.compress(data, filters=filters)


def zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor(level=19).compress(data)


def ppmd(data: bytes) -> bytes:
    """PPMd variant H, as in 7-Zip, with an order and a memory that this much text does not exhaust."""
    import pyppmd

    encoder = pyppmd.Ppmd7Encoder(max_order=PPMD_ORDER, mem_size=PPMD_MEMORY_BYTES)
    res: bytes = encoder.encode(data) + encoder.flush()
    return res


COMPRESSORS: dict[str, Compress] = {
    "xz -9": xz,
    "zstd -19": zstd,
    f"PPMd (order {PPMD_ORDER}, {PPMD_MEMORY_BYTES >> 20} MiB)": ppmd,
}


def measure(files: Sequence[bytes], progress: Callable[[], None] | None = None) -> list[Baseline]:
    """Every compressor on these files, which hold at least one byte; `progress` is called after each."""
    n_bytes = sum(map(len, files))
    assert n_bytes, f"{len(files)} files, all empty"
    res = []
    for name, compress in COMPRESSORS.items():
        alone = sum(len(compress(data)) for data in files)
        stream = len(compress(b"".join(files)))
        res.append(Baseline(name, 8 * alone / n_bytes, 8 * stream / n_bytes))
        if progress:
            progress()
    return res
