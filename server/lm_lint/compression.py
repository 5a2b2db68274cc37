"""A file to fewer bytes by what a language model expects of it, and back to the last byte.

Each token costs what the model finds surprising in it, so source code takes about half of what xz makes of it. The
price is speed: the model runs once for each token, in both directions. Any bytes come back as they were; what is no
text, or would not become smaller, is stored or packed by xz. Nothing here knows names of files.
"""

from __future__ import annotations

import hashlib
import lzma
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lm_lint import compression_machine as machines
from lm_lint import packing
from lm_lint import release as releases
from lm_lint.compression_coder import Decoder, Encoder, Weights
from lm_lint.compression_format import (
    HASH_BYTES,
    TRIAL_BYTES,
    Compressed,
    Form,
    Made,
    Method,
    hashed,
)
from lm_lint.compression_mixing import Repeats
from lm_lint.errors import BadCompressed, MadeElsewhere
from lm_lint.light import LightNetwork
from lm_lint.model_folder import PARTS, default_folder
from lm_lint.states import State
from lm_lint.text import LANGUAGES, Language
from lm_lint.tokens import Tokenizer

SUFFIX = ".lmz"
Tell = Callable[[int, int], None]  # bytes so far, and in all

_MARK = b"\xef\xbb\xbf"
_UNDECODABLE = re.compile("([\udc80-\udcff])")
_ODD = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_ODD = 0.1  # of a text's bytes; beyond, it is none
_TRIAL = "/* 1 */ int a = b[0];\n"  # what it says is part of the version of the format


class Predictor:
    """What a model expects of a text's next token, one token after the other.

    The network is given one token at a time whoever asks, since a longer pass adds up in another order, and the last
    digits must be the same for who writes and who reads.
    """

    def __init__(self, network: LightNetwork, tag: int, adapts: bool) -> None:
        self._network = network
        self._repeats = Repeats(network.config.width) if adapts else None
        self._state: State[Any] | None = None
        self._pass(tag)

    def weights(self) -> Weights:
        """(V,) float32, which come to about 1."""
        logits = self._network.logits(self._features)[0]
        logits -= logits.max()
        res: Weights = np.exp(logits, out=logits)
        res /= res.sum()
        if self._repeats is not None:
            return self._repeats.mix(res, self._features[0])
        return res

    def read(self, token: int) -> None:
        """This one came. `weights` was asked before."""
        if self._repeats is not None:
            self._repeats.read(token)
        self._pass(token)

    def _pass(self, token: int) -> None:
        features, trace = self._network.trace(np.array([[token]]), self._state)
        self._state = trace.last()
        self._features = features[0]  # (1, D)


class Codec:
    """A released model as a compressor. One thread computes while it works."""

    def __init__(self, parts: releases.Parts) -> None:
        """Raises ModelDamaged."""
        try:
            # Widened once: one token is multiplied by them in less time than it takes to widen them.
            network = LightNetwork(parts.shape, packing.dense(parts.weights))
        except (ValueError, KeyError, TypeError) as error:
            raise parts.mismatch(error) from error
        self._network, self._tokenizer = network, parts.tokenizer
        self.name = parts.release(network).name
        weights, tokenizer = (bytes.fromhex(parts.config["sha256"][part]) for part in PARTS)
        self._weights, self._tokenizer_hash = weights[:HASH_BYTES], tokenizer[:HASH_BYTES]

    def compress(
        self, data: bytes, language: Language, adapts: bool = False, tell: Tell | None = None
    ) -> Compressed:
        """The fewest bytes among those of the model, of xz, and the data themselves.

        adapts   expect what the text repeats, too
        Raises CompressionMissing.
        """
        res = stored(data)
        if not data or not is_text(data):
            return res
        found = self.encoded(data, language, adapts, tell)
        return min(res, found, key=lambda one: len(one.to_bytes()))

    def encoded(
        self, data: bytes, language: Language, adapts: bool = False, tell: Tell | None = None
    ) -> Compressed:
        """By the model, whether that pays or not. Raises CompressionMissing."""
        form, formed = _formed(data)
        encoder, n_bytes = Encoder(), 0
        with machines.one_thread():
            made = self.made(language, form)
            predictor = Predictor(self._network, self._tokenizer.tag(language), adapts)
            for token in ids_of(formed, self._tokenizer):
                encoder.put(token, predictor.weights())
                predictor.read(token)
                n_bytes += len(self._tokenizer.bytes_of(token))
                if tell:
                    tell(n_bytes, len(data))
            encoder.put(self._tokenizer.end, predictor.weights())
        method = Method.ADAPTED if adapts else Method.MODEL
        return Compressed(method, len(data), hashed(data), made, encoder.finished())

    def decompress(
        self, compressed: Compressed, tell: Tell | None = None, anyway: bool = False
    ) -> bytes:
        """The original, which its hash says it is.

        anyway   try on another machine than the one that it was made on, too
        Raises MadeElsewhere, BadCompressed, CompressionMissing.
        """
        made = compressed.made
        assert made is not None, compressed.method
        self._insist_on_model(made)
        with machines.one_thread():
            differs = self._differences(made)
            if differs and not anyway:
                raise MadeElsewhere(
                    "was made where the last digits of numbers may be others, so that it cannot be read "
                    f"here: {'; '.join(differs)}. --anyway tries, and says whether it came out right"
                )
            predictor = Predictor(
                self._network,
                self._tokenizer.tag(made.language),
                compressed.method == Method.ADAPTED,
            )
            try:
                formed = self._decoded(predictor, compressed, tell)
                return _checked(_unformed(formed, made.form), compressed)
            except BadCompressed as error:
                if not differs:
                    raise
                raise MadeElsewhere(
                    f"did not come out right, as it was made elsewhere: {'; '.join(differs)}"
                ) from error

    def made(self, language: Language, form: Form = Form.AS_IS) -> Made:
        """What a head says of this model and this machine. Raises CompressionMissing."""
        return Made(
            language,
            form,
            self.name,
            self._weights,
            self._tokenizer_hash,
            machines.facts(),
            self._trial(),
        )

    def _decoded(self, predictor: Predictor, compressed: Compressed, tell: Tell | None) -> bytes:
        decoder, end, res = Decoder(compressed.data), self._tokenizer.end, bytearray()
        while (token := decoder.get(predictor.weights())) != end:
            entry = self._tokenizer.bytes_of(token)
            res += entry
            if not entry or len(res) > compressed.n_bytes:
                raise BadCompressed("does not come out as the bytes that it was made of")
            predictor.read(token)
            if tell:
                tell(len(res), compressed.n_bytes)
        return bytes(res)

    def _trial(self) -> bytes:
        """A hash of what is expected of a short text: equal where the arithmetic is."""
        res = hashlib.sha256()
        predictor = Predictor(self._network, self._tokenizer.tag(LANGUAGES[0]), adapts=True)
        for token in ids_of(_TRIAL.encode(), self._tokenizer):
            res.update(predictor.weights().tobytes())
            predictor.read(token)
        return res.digest()[:TRIAL_BYTES]

    def _insist_on_model(self, made: Made) -> None:
        here = (self._weights, self._tokenizer_hash)
        for part, theirs, ours in zip(PARTS, (made.weights, made.tokenizer), here, strict=True):
            if theirs != ours:
                raise MadeElsewhere(
                    f"was made with the model {made.name}, whose {part} has a SHA-256 that begins with "
                    f"{theirs.hex()}; that of {self.name} begins with {ours.hex()}. Name the other one "
                    "with --model"
                )

    def _differences(self, made: Made) -> list[str]:
        res = machines.differences(made.facts, machines.facts())
        if self._trial() != made.trial:
            res.append("what the model expects of a trial text")
        return res


def load(folder: Path | None = None) -> Codec:
    """Raises ModelMissing, ModelDamaged."""
    return Codec(releases.read(folder or default_folder()))


def stored(data: bytes) -> Compressed:
    """Without a model: by xz, or as it is."""
    packed = lzma.compress(data, lzma.FORMAT_RAW, filters=_filters(len(data)))
    if len(packed) < len(data):
        return Compressed(Method.XZ, len(data), hashed(data), None, packed)
    return Compressed(Method.STORED, len(data), hashed(data), None, data)


def unstored(compressed: Compressed) -> bytes:
    """What `stored` was given. Raises BadCompressed."""
    res = compressed.data
    if compressed.method == Method.XZ:
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_filters(compressed.n_bytes))
        try:
            res = decompressor.decompress(res, compressed.n_bytes + 1)
        except lzma.LZMAError as error:
            raise BadCompressed(f"is damaged: {error}") from error
    return _checked(res, compressed)


def is_text(data: bytes) -> bool:
    """Would a model read this byte by byte, and be surprised by each?"""
    n_odd = len(_ODD.findall(data)) + len(_UNDECODABLE.findall(_as_text(data)))
    return n_odd <= _MOST_ODD * len(data)


def ids_of(data: bytes, tokenizer: Tokenizer) -> list[int]:
    """The tokens whose bytes are the data; what is no UTF-8 is one token a byte."""
    parts = _UNDECODABLE.split(_as_text(data))
    res: list[int] = tokenizer.ids(parts[0]).tolist()
    if len(parts) > 1:
        entries = [tokenizer.bytes_of(token) for token in range(tokenizer.vocab_size)]
        for odd, part in zip(parts[1::2], parts[2::2], strict=True):
            res.append(entries.index(odd.encode("utf-8", "surrogateescape")))
            res += tokenizer.ids(part).tolist()
    return res


def _as_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _formed(data: bytes) -> tuple[Form, bytes]:
    """As the model was trained to read it, where the way back is one flag."""
    form = Form.AS_IS
    if data.startswith(_MARK):
        form, data = form | Form.MARK, data[len(_MARK) :]
    n_breaks = data.count(b"\r\n")
    if n_breaks and n_breaks == data.count(b"\n") == data.count(b"\r"):
        form, data = form | Form.CRLF, data.replace(b"\r\n", b"\n")
    return form, data


def _unformed(data: bytes, form: Form) -> bytes:
    if form & Form.CRLF:
        data = data.replace(b"\n", b"\r\n")
    return _MARK + data if form & Form.MARK else data


def _checked(data: bytes, compressed: Compressed) -> bytes:
    if len(data) != compressed.n_bytes or hashed(data) != compressed.sha256:
        raise BadCompressed("does not come out as the bytes that it was made of")
    return data


def _filters(n_bytes: int) -> list[dict[str, int]]:
    """As `xz -9`, with a dictionary no longer than the data."""
    needed = 1 << max(12, (max(n_bytes, 1) - 1).bit_length())
    return [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": min(needed, 64 << 20)}]
