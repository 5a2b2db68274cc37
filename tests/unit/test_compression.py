"""Compression: any bytes come back, and what cannot come back is an error in words."""

from __future__ import annotations

import contextlib
import dataclasses
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lm_lint import compression, compression_machine
from lm_lint import compression_mixing as mixing
from lm_lint.compression import Codec
from lm_lint.compression_coder import Decoder, Encoder
from lm_lint.compression_format import VERSION, Compressed, Form, Method, hashed
from lm_lint.compression_mixing import Repeats
from lm_lint.errors import BadCompressed, LaterVersion, MadeElsewhere
from lm_lint.tokens import Tokenizer
from tests import folders
from tests.sources import SOURCES

TEXT = SOURCES["c"].encode()
ODD = [
    b"",
    b"a",
    b"int a;\r\nint b;\r\n",
    b"int a;\r\nint b;\n",
    b"\r\r\n\n\r",
    b"\xef\xbb\xbfint a;\n",
    b"\xef\xbb\xbf\xef\xbb\xbf\r\n",
    b"<|end|><|c|><|pad|>",
    b"caf\xe9 \xff\xfe \xed\xa0\x80 \xf0\x9f",
    "ﬁ é e\u0301 \u2028 \U0001f600 \ufffd".encode(),
    b"\0\x01\x02",
    bytes(range(256)),
]


@pytest.fixture(scope="module")
def codec(tiny_folder: Path) -> Codec:
    return compression.load(tiny_folder)


def by_model(codec: Codec, data: bytes, adapts: bool = False) -> Compressed:
    """Compressed by the model whether that pays or not; the tiny one knows nothing."""
    found = codec.encoded(data, "c", adapts)
    return Compressed.of(found.to_bytes())


# --- The coder


@given(
    tokens=st.lists(st.integers(0, 6), max_size=60),
    weights=st.lists(st.floats(0, 1, width=32), min_size=7, max_size=7),
)
def test_any_tokens_come_back_by_any_weights(tokens: list[int], weights: list[float]) -> None:
    """Also what was taken for impossible."""
    expected = np.array(weights, dtype=np.float32)
    expected[0] += 0.001  # nothing at all cannot be expected
    encoder = Encoder()
    for token in tokens:
        encoder.put(token, expected)
    decoder = Decoder(encoder.finished())
    assert [decoder.get(expected) for _ in tokens] == tokens


def test_the_code_is_as_long_as_the_surprise() -> None:
    rng = np.random.default_rng(0)
    encoder, bits = Encoder(), 0.0
    for _ in range(1000):
        weights = rng.dirichlet(np.full(500, 0.05)).astype(np.float32)
        token = int(rng.choice(500, p=weights.astype(float) / weights.sum(dtype=float)))
        encoder.put(token, weights)
        bits -= float(np.log2(weights[token]))
    assert 0 <= 8 * len(encoder.finished()) - bits < 64 + 0.001 * bits


def test_half_a_word_is_damage() -> None:
    with pytest.raises(BadCompressed, match="middle of a word"):
        Decoder(b"\0\0\0")


# --- Round trips


@pytest.mark.parametrize("adapts", [False, True])
@pytest.mark.parametrize("data", ODD, ids=range(len(ODD)))
def test_odd_bytes_come_back_through_the_model(codec: Codec, data: bytes, adapts: bool) -> None:
    assert codec.decompress(by_model(codec, data, adapts)) == data


@settings(max_examples=40)
@given(data=st.binary(max_size=60) | st.text(max_size=40).map(lambda text: text.encode()))
def test_any_bytes_come_back_through_the_model(codec: Codec, data: bytes) -> None:
    assert codec.decompress(by_model(codec, data, adapts=True)) == data


@given(data=st.binary(max_size=300), n_times=st.integers(1, 5))
def test_any_bytes_come_back_without_it(data: bytes, n_times: int) -> None:
    compressed = Compressed.of(compression.stored(data * n_times).to_bytes())
    assert compression.unstored(compressed) == data * n_times


@given(data=st.binary(max_size=200))
def test_tokens_have_the_bytes_of_the_data(tiny_tokenizer: Tokenizer, data: bytes) -> None:
    ids = compression.ids_of(data, tiny_tokenizer)
    assert b"".join(map(tiny_tokenizer.bytes_of, ids)) == data
    assert all(tiny_tokenizer.bytes_of(token) for token in ids)


def test_the_fewest_bytes_win(codec: Codec) -> None:
    assert codec.compress(b"", "c").method == Method.STORED
    assert codec.compress(b"a", "c").method == Method.STORED
    assert codec.compress(b"int a;\n" * 100, "c").method == Method.XZ
    assert codec.compress(bytes(range(256)) * 9, "c").made is None


@pytest.mark.released
@pytest.mark.parametrize("adapts", [False, True])
def test_the_released_model_needs_fewer_bytes_than_xz(adapts: bool) -> None:
    codec = compression.load()
    data = b"\n".join([TEXT[:400]] * 2 if adapts else [TEXT[:400]])
    compressed = codec.compress(data, "c", adapts)
    assert compressed.method == (Method.ADAPTED if adapts else Method.MODEL)
    assert len(compressed.to_bytes()) < len(compression.stored(data).to_bytes())
    assert codec.decompress(Compressed.of(compressed.to_bytes())) == data


def test_progress_goes_up_to_all_bytes(codec: Codec) -> None:
    told: list[tuple[int, int]] = []
    found = codec.encoded(TEXT[:50], "c", tell=lambda *each: told.append(each))
    assert told[-1] == (50, 50)
    assert told == sorted(told)
    again: list[tuple[int, int]] = []
    codec.decompress(found, tell=lambda *each: again.append(each))
    assert again == told


# --- Who may read it


def test_another_model_is_named(codec: Codec, tiny_folder: Path, tmp_path: Path) -> None:
    folder = folders.copied(tiny_folder, tmp_path / "other")
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    other = compression.load(folders.with_part(folder, "model.safetensors", bytes(weights)))
    with pytest.raises(MadeElsewhere, match=r"model tiny, whose model.safetensors has a SHA-256"):
        other.decompress(by_model(codec, b"int a;"))


def test_another_tokenizer_is_named(codec: Codec) -> None:
    found = changed(by_model(codec, b"int a;"), tokenizer=b"12345678")
    with pytest.raises(
        MadeElsewhere, match=r"whose tokenizer.json has a SHA-256 .* 3132333435363738"
    ):
        codec.decompress(found)


FACTS = ("numpy", "BLAS", "SIMD", "system", "numbers", "threads", "coder")


@pytest.mark.parametrize("name", FACTS)
def test_another_arithmetic_is_named(codec: Codec, name: str) -> None:
    found = by_model(codec, b"int a;")
    assert found.made is not None
    assert tuple(found.made.facts) == FACTS
    here = found.made.facts[name]
    found = changed(found, facts={**found.made.facts, name: "9.9"})
    with pytest.raises(MadeElsewhere) as raised:
        codec.decompress(found)
    assert f"{name} 9.9 (here: {here})" in str(raised.value)
    assert codec.decompress(found, anyway=True) == b"int a;"


def test_other_digits_are_found_by_a_trial(codec: Codec) -> None:
    found = changed(by_model(codec, b"int a;"), trial=b"1234")
    with pytest.raises(MadeElsewhere, match="what the model expects of a trial text"):
        codec.decompress(found)


def test_what_does_not_come_out_right_elsewhere_says_so(codec: Codec) -> None:
    found = changed(by_model(codec, b"int a;"), trial=b"1234")
    found = dataclasses.replace(found, sha256=hashed(b"int b;"))
    with pytest.raises(MadeElsewhere, match="did not come out right, as it was made elsewhere"):
        codec.decompress(found, anyway=True)


def test_a_wrong_hash_is_found(codec: Codec) -> None:
    found = dataclasses.replace(by_model(codec, b"int a;"), sha256=hashed(b"int b;"))
    with pytest.raises(BadCompressed, match="does not come out as the bytes"):
        codec.decompress(found)


@pytest.mark.parametrize("n_bytes", [0, 3, 7, 1000])
def test_a_wrong_length_is_found(codec: Codec, n_bytes: int) -> None:
    found = dataclasses.replace(by_model(codec, b"int a;"), n_bytes=n_bytes)
    with pytest.raises(BadCompressed):
        codec.decompress(found)


def test_one_thread_computes() -> None:
    with compression_machine.one_thread():
        from threadpoolctl import threadpool_info

        pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
        assert {pool["num_threads"] for pool in pools} <= {1}


# --- The head


def test_every_cut_is_found(codec: Codec) -> None:
    data = by_model(codec, TEXT[:40]).to_bytes()
    for n_bytes in range(len(data)):
        with pytest.raises(BadCompressed):
            Compressed.of(data[:n_bytes])


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_every_flipped_bit_is_found(codec: Codec, place: int, bit: int) -> None:
    data = bytearray(by_model(codec, b"int a;").to_bytes())
    data[place % len(data)] ^= 1 << bit
    with pytest.raises((BadCompressed, LaterVersion)):
        Compressed.of(bytes(data))


@given(body=st.binary(max_size=60))
def test_any_body_with_a_right_checksum_is_read_or_refused(body: bytes) -> None:
    head = b"\x89LZ" + bytes([VERSION]) + zlib.crc32(body).to_bytes(4, "little")
    with contextlib.suppress(BadCompressed):
        Compressed.of(head + body)


def test_a_later_version_is_named(codec: Codec) -> None:
    data = bytearray(by_model(codec, b"int a;").to_bytes())
    data[3] = VERSION + 1
    with pytest.raises(LaterVersion, match=rf"has version {VERSION + 1} .* reads up to {VERSION}"):
        Compressed.of(bytes(data))


@given(n_bytes=st.integers(0, 1 << 62), form=st.sampled_from([Form(n) for n in range(4)]))
def test_a_head_comes_back(codec: Codec, n_bytes: int, form: Form) -> None:
    made = codec.made("python", form)
    one = Compressed(Method.ADAPTED, n_bytes, hashed(b"x"), made, b"data")
    assert Compressed.of(one.to_bytes()) == one
    assert len(one.to_bytes()) < 110


# --- What a text repeats


def test_what_was_mixed_comes_to_one() -> None:
    rng = np.random.default_rng(0)
    repeats = Repeats(8)
    for step in range(300):
        weights = rng.dirichlet(np.ones(16)).astype(np.float32)
        mixed = repeats.mix(weights, rng.normal(size=8).astype(np.float32))
        assert mixed.sum() == pytest.approx(1.0, abs=1e-5), step
        assert (mixed > 0).all()
        repeats.read(int(rng.integers(16)))


def test_what_was_repeated_is_expected() -> None:
    repeats, even = Repeats(4), np.full(64, 1 / 64, dtype=np.float32)
    features = np.zeros(4, dtype=np.float32)
    before = []
    for token in [5, 9, 31, 7, 12, 40] * 8:
        before.append(float(repeats.mix(even, features)[token]))
        repeats.read(token)
    assert before[0] == pytest.approx(1 / 64)
    assert min(before[-6:]) > 0.5


def test_long_texts_are_forgotten_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mixing, "_MOST_TOKENS", 50)
    monkeypatch.setattr(mixing, "_WINDOW", 16)
    repeats, even = Repeats(4), np.full(8, 1 / 8, dtype=np.float32)
    for step in range(500):
        mixed = repeats.mix(even, np.full(4, step % 5, dtype=np.float32))
        assert mixed.sum() == pytest.approx(1.0, abs=1e-5)
        repeats.read(step % 8)
    assert len(repeats._ids) <= 50
    assert sum(map(len, repeats._contexts)) <= 50 * len(mixing.LENGTHS)


def changed(compressed: Compressed, **fields: object) -> Compressed:
    assert compressed.made is not None
    made = dataclasses.replace(compressed.made, **fields)  # type: ignore[arg-type]
    return Compressed.of(dataclasses.replace(compressed, made=made).to_bytes())
