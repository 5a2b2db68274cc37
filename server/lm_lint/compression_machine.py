"""What the last digits of a computation depend on: libraries, processor, threads. And one thread, while that counts.

A compressed file can be read where the model's numbers come out the same to the last bit. Nobody promises that between
two machines, so a file says where it was made. It does not know what is computed.
"""

from __future__ import annotations

import contextlib
import platform
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from lm_lint import compression_coder
from lm_lint.errors import CompressionMissing

Facts = dict[str, str]


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Sums of matrix products are then made in one order. Raises CompressionMissing."""
    with _threadpoolctl().threadpool_limits(1, user_api="blas"):
        yield


def facts() -> Facts:
    """What a file says of the arithmetic that made it, in the order in which it is told.

    Raises CompressionMissing.
    """
    built: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]
    blas = built.get("Build Dependencies", {}).get("blas", {})
    # The kernels that the library chose for this processor, which it may do when it is loaded.
    kernels = {
        str(pool.get("architecture"))
        for pool in _threadpoolctl().threadpool_info()
        if pool.get("user_api") == "blas" and "numpy" in str(pool.get("filepath"))
    }
    return {
        "numpy": np.__version__,
        "BLAS": " ".join([str(blas.get("name")), str(blas.get("version")), *sorted(kernels)]),
        "SIMD": " ".join(built.get("SIMD Extensions", {}).get("found", [])) or "none",
        "system": f"{sys.platform} {platform.machine()} {sys.byteorder}",
        "numbers": "float32",
        "threads": "1",
        "coder": f"constriction {compression_coder.version()}",
    }


def differences(made: Facts, here: Facts) -> list[str]:
    """What is not as it was, a phrase each."""
    return [
        f"{name} {made.get(name, 'unknown')} (here: {here.get(name, 'unknown')})"
        for name in [*made, *(name for name in here if name not in made)]
        if made.get(name) != here.get(name)
    ]


def _threadpoolctl() -> Any:
    try:
        import threadpoolctl
    except ImportError as error:
        raise CompressionMissing(
            "compression needs packages that are not installed: pip install 'lm-lint[compress]'"
        ) from error
    return threadpoolctl
