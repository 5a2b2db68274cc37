"""Tokens to bytes and back by range coding, given what was expected of each. The one door to `constriction`.

A token that was expected with probability p costs -log2 p bits. Encoder and decoder must be given the same weights to
the last bit. Probabilities are rounded to whole 1/2^24, and none to 0, so any token can be coded. What the tokens
mean, and who expects what, is not known here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.errors import BadCompressed, CompressionMissing

Weights = npt.NDArray[np.float32]  # (V,), not negative; they need not come to 1

_WORD = np.dtype("<u4")


class Encoder:
    def __init__(self) -> None:
        self._library = _library()
        self._coder = self._library.stream.queue.RangeEncoder()

    def put(self, token: int, weights: Weights) -> None:
        self._coder.encode(token, _model(self._library, weights))

    def finished(self) -> bytes:
        words: npt.NDArray[np.uint32] = self._coder.get_compressed()
        return words.astype(_WORD).tobytes()


class Decoder:
    def __init__(self, data: bytes) -> None:
        """Raises BadCompressed."""
        if len(data) % _WORD.itemsize:
            raise BadCompressed("the compressed data ends in the middle of a word")
        self._library = _library()
        words = np.frombuffer(data, _WORD).astype(np.uint32)
        self._coder = self._library.stream.queue.RangeDecoder(words)

    def get(self, weights: Weights) -> int:
        """The next token. Raises BadCompressed where no encoder can have written this."""
        model = _model(self._library, weights)
        try:
            return int(self._coder.decode(model))
        except (AssertionError, ValueError) as error:
            raise BadCompressed(
                "the compressed data is not what these expectations give"
            ) from error


def version() -> str:
    """Of the library, as far as the data depends on it."""
    from importlib.metadata import version as version_of

    _library()
    return ".".join(version_of("constriction").split(".")[:2])


def _library() -> Any:
    try:
        import constriction
    except ImportError as error:
        raise CompressionMissing(
            "compression needs packages that are not installed: pip install 'lm-lint[compress]'"
        ) from error
    return constriction


def _model(library: Any, weights: Weights) -> Any:
    # lazy: the sums are made as far as the one token needs them, which changes no result. In float32 the
    # library's own sums may pass 2^24, where it gives up.
    wide = weights.astype(np.float64)
    return library.stream.model.Categorical(wide, lazy=True, perfect=False)
