"""A compressed file: a head that says what made it, and what the coder wrote.

    4 bytes   magic and version            varint    length of the original
    4 bytes   CRC-32 of all that follows   8 bytes   its SHA-256, the first bytes
    1 byte    method

A model's methods go on: a byte of flags, the model's name, 8 bytes each of the SHA-256 of weights and tokenizer, what
the arithmetic was, and 4 bytes of a trial of it. The rest is data. Of hashes the first bytes do: they tell slips, and
protect against nobody. What a model is, is not known here.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from lm_lint.compression_machine import Facts
from lm_lint.errors import BadCompressed, LaterVersion
from lm_lint.text import LANGUAGES, Language

MAGIC, VERSION = b"\x89LZ", 1
HASH_BYTES, TRIAL_BYTES = 8, 4
_MOST_TEXT_BYTES = 1 << 16
# What is likely in such a text costs hardly a byte; this is part of the version.
_LIKELY = (
    b"unknown none win32 AMD64 aarch64 NEON ASIMD NEOVERSEN1 Zen accelerate openblas "
    b"scipy-openblas 0.3.29 Haswell\nX86_V3\ndarwin arm64 little\n"
    b"2.4.6\nscipy-openblas 0.3.31.188.0 SkylakeX\nX86_V3 X86_V4 AVX512_ICL AVX512_SPR\n"
    b"linux x86_64 little\nfloat32\n1\nconstriction 0.5"
)
_FACTS = ("numpy", "BLAS", "SIMD", "system", "numbers", "threads", "coder")


class Method(IntEnum):
    """What the data is."""

    STORED = 0
    XZ = 1
    MODEL = 2
    ADAPTED = 3  # by the model, and by what the file itself repeats


class Form(IntFlag):
    """What was taken out of the text before it was coded."""

    AS_IS = 0
    CRLF = 1  # every line break is one
    MARK = 2  # a byte order mark


@dataclass(frozen=True)
class Made:
    """What made the data.

    weights, tokenizer   the first HASH_BYTES of their SHA-256
    trial                the first TRIAL_BYTES of a hash of what the model expects of a given text
    """

    language: Language
    form: Form
    name: str
    weights: bytes
    tokenizer: bytes
    facts: Facts
    trial: bytes


@dataclass(frozen=True)
class Compressed:
    """made is None where no model was needed."""

    method: Method
    n_bytes: int
    sha256: bytes
    made: Made | None
    data: bytes

    def to_bytes(self) -> bytes:
        body = bytes([self.method]) + _varint(self.n_bytes) + self.sha256
        if self.made is not None:
            body += _made_to_bytes(self.made)
        body += self.data
        return MAGIC + bytes([VERSION]) + zlib.crc32(body).to_bytes(4, "little") + body

    @classmethod
    def of(cls, data: bytes) -> Compressed:
        """Raises BadCompressed, LaterVersion."""
        start = len(MAGIC) + 1
        if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
            raise BadCompressed("is not a file that `lm-lint compress` made")
        if len(data) > len(MAGIC) and data[len(MAGIC)] > VERSION:
            raise LaterVersion(
                f"has version {data[len(MAGIC)]} of the format, and this lm-lint reads up to "
                f"{VERSION}; a later lm-lint reads it"
            )
        body = data[start + 4 :]
        if data[len(MAGIC) : start] == b"\0":  # there never was such a version
            raise BadCompressed("is damaged: its version was altered")
        if zlib.crc32(body) != int.from_bytes(data[start : start + 4], "little") or not body:
            raise BadCompressed("is damaged: it was cut short or altered")
        return _parsed(_Bytes(body))


def hashed(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH_BYTES]


class _Bytes:
    """Bytes that are read from the first to the last."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, n_bytes: int) -> bytes:
        res = self._data[self._at : self._at + n_bytes]
        if len(res) != n_bytes:
            raise ValueError(f"{n_bytes} bytes were expected")
        self._at += n_bytes
        return res

    def varint(self) -> int:
        res = shift = 0
        while True:
            byte = self.take(1)[0]
            res |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return res
            if shift > 63:
                raise ValueError("a number is too long")

    def text(self) -> bytes:
        return self.take(self.varint())

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)


def _parsed(body: _Bytes) -> Compressed:
    """The checksum was right, so what is wrong here was written so."""
    try:
        method = Method(body.take(1)[0])
        n_bytes, sha256 = body.varint(), body.take(HASH_BYTES)
        made = _made_of(body) if method in (Method.MODEL, Method.ADAPTED) else None
        return Compressed(method, n_bytes, sha256, made, body.rest())
    except (ValueError, IndexError, zlib.error) as error:
        raise BadCompressed(f"has a head that cannot be read: {error}") from error


def _made_to_bytes(made: Made) -> bytes:
    flags = LANGUAGES.index(made.language) << 4 | made.form
    name = made.name.encode()
    facts = _squeezed("\n".join(made.facts.get(name, "") for name in _FACTS).encode())
    return b"".join(
        (
            bytes([flags]),
            *(_varint(len(name)), name),
            *(made.weights, made.tokenizer),
            *(_varint(len(facts)), facts),
            made.trial,
        )
    )


def _made_of(body: _Bytes) -> Made:
    flags = body.take(1)[0]
    return Made(
        language=LANGUAGES[flags >> 4],
        form=Form(flags & 0x0F),
        name=body.text().decode(),
        weights=body.take(HASH_BYTES),
        tokenizer=body.take(HASH_BYTES),
        facts=dict(zip(_FACTS, _unsqueezed(body.text()).decode().split("\n"), strict=True)),
        trial=body.take(TRIAL_BYTES),
    )


def _squeezed(text: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_LIKELY)
    return packer.compress(text) + packer.flush()


def _unsqueezed(data: bytes) -> bytes:
    return zlib.decompressobj(-15, zdict=_LIKELY).decompress(data, _MOST_TEXT_BYTES)


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    res = bytearray()
    while number > 0x7F:
        res.append(number & 0x7F | 0x80)
        number >>= 7
    res.append(number)
    return bytes(res)
