from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lm_lint import tokens as tokens_module
from lm_lint.text import LANGUAGES, Edit
from lm_lint.tokens import SPECIALS, Tokenizer, Tokens, train
from tests.sources import SOURCES

SOURCE = "".join(SOURCES.values())
PIECES = [
    *(
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\r",
        "\f",
        "\0",
        "_",
        "__",
        "1",
        "23",
        "4567",
        "if",
        "main",
        "é",
    ),
    *(
        "e\u0301",
        "日本",
        "🙂",
        "👩\u200d💻",
        "\ud83d",
        "\udc00",
        "\u2028",
        "\u3000",
        "(",
        ")",
        ";",
        "<|end|>",
    ),
    *("</div>", "\ufeff", "\ufffd", "\x7f", "\U0010ffff", "ſ", "\xa0", "²", "٣"),
]
EVERYTHING = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates too
SOURCE_LIKE = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
TEXTS = EVERYTHING | SOURCE_LIKE


def readable(text: str) -> str:
    """The stated replacement: each lone surrogate becomes U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


@pytest.fixture(scope="module")
def plain(tiny_tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """The library by itself, reading our file: what any other reader of the format would do."""
    return tokenizers.Tokenizer.from_str(tiny_tokenizer.to_json())


@given(TEXTS)
@example("\r\n\0e\u0301🙂\ud800")
@settings(max_examples=400)
def test_decoding_gives_back_the_text(tiny_tokenizer: Tokenizer, text: str) -> None:
    assert tiny_tokenizer.decode(tiny_tokenizer.encode(text).ids) == readable(text)


@given(TEXTS)
@settings(max_examples=400)
def test_spans_tile_the_text_and_say_what_tokens_hold(tiny_tokenizer: Tokenizer, text: str) -> None:
    tokens = tiny_tokenizer.encode(text)
    assert tokens.ids.dtype == np.int32
    assert tokens.bounds.dtype == np.int64
    assert len(tokens.bounds) == len(tokens) + 1
    # The plain way: a cut after so many bytes lies behind all characters that these bytes complete.
    ends = np.cumsum([len(char.encode()) for char in readable(text)])
    cuts = np.cumsum([0, *(len(tiny_tokenizer.bytes_of(i)) for i in tokens.ids)])
    assert tokens.bounds.tolist() == [int((ends <= cut).sum()) for cut in cuts]
    assert tokens.bounds[-1] == len(text)


@given(TEXTS)
@settings(max_examples=300)
def test_the_file_says_all_that_another_reader_needs(
    tiny_tokenizer: Tokenizer, plain: tokenizers.Tokenizer, text: str
) -> None:
    plain.encode_special_tokens = True
    expected = plain.encode(readable(text), add_special_tokens=False).ids
    assert tiny_tokenizer.encode(text).ids.tolist() == expected


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Edit]:
    text = draw(TEXTS)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 6)))
    return text, Edit(start, end, draw(TEXTS))


@given(edits())
@example(("a\r\n    b", Edit(2, 2, "")))
@example(("a\r\n    b", Edit(1, 2, "")))
@example(("a\n\n    b", Edit(2, 2, "x")))
@example(("a     b", Edit(3, 3, "x")))
@example(("a     b", Edit(6, 7, "")))
@example(("a     b", Edit(6, 7, "\n")))
@example(("123456789", Edit(0, 1, "")))
@example((" \t x", Edit(0, 0, "\n")))
@example(("<|end|>", Edit(3, 3, "|")))
@example(("é日", Edit(0, 1, "ê")))
@settings(max_examples=1000)
def test_recutting_equals_encoding_anew(tiny_tokenizer: Tokenizer, case: tuple[str, Edit]) -> None:
    text, edit = case
    before = tiny_tokenizer.encode(text)
    recut = tiny_tokenizer.retokenize(text, before, edit)
    after = tiny_tokenizer.encode(text[: edit.start] + edit.text + text[edit.end :])
    assert recut.tokens.ids.tolist() == after.ids.tolist()
    assert recut.tokens.bounds.tolist() == after.bounds.tolist()
    assert recut.tokens.ids.dtype == np.int32
    tokens, first, n_removed, n_added = recut
    assert first >= 0
    assert n_removed >= 0
    assert n_added >= 0
    assert tokens.ids[:first].tolist() == before.ids[:first].tolist()
    assert tokens.ids[first + n_added :].tolist() == before.ids[first + n_removed :].tolist()
    if n_removed and n_added:  # no more than needed is called changed
        assert tokens.ids[first] != before.ids[first]
        assert tokens.ids[first + n_added - 1] != before.ids[first + n_removed - 1]


@given(st.data())
@settings(max_examples=200)
def test_recutting_source_code(tiny_tokenizer: Tokenizer, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(SOURCE)))
    end = data.draw(st.integers(start, min(len(SOURCE), start + 10)))
    edit = Edit(start, end, data.draw(SOURCE_LIKE))
    recut = tiny_tokenizer.retokenize(SOURCE, tiny_tokenizer.encode(SOURCE), edit)
    after = tiny_tokenizer.encode(SOURCE[:start] + edit.text + SOURCE[end:])
    assert recut.tokens.ids.tolist() == after.ids.tolist()
    assert recut.tokens.bounds.tolist() == after.bounds.tolist()


def test_recutting_touches_the_neighbourhood_only(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SOURCE * 20
    before = tiny_tokenizer.encode(text)
    place = text.index("values[i]", len(text) // 2)
    cut: list[str] = []
    encode = Tokenizer.encode

    def watched(self: Tokenizer, part: str) -> Tokens:
        cut.append(part)
        return encode(self, part)

    monkeypatch.setattr(Tokenizer, "encode", watched)
    recut = tiny_tokenizer.retokenize(text, before, Edit(place, place + 6, "numbers"))
    assert len(cut) == 1
    assert len(cut[0]) < 20
    assert abs(int(recut.tokens.bounds[recut.first_changed]) - place) <= 2


@given(edits())
@example(("a\r\n    b", Edit(2, 2, "")))
@example(("a     b", Edit(6, 7, "")))
@example(("((", Edit(0, 1, "")))
@example(("é日", Edit(0, 1, "ê")))
@example(("", Edit(0, 0, "x")))
@settings(max_examples=500)
def test_what_an_edit_means_in_tokens(tiny_tokenizer: Tokenizer, case: tuple[str, Edit]) -> None:
    text, edit = case
    before = tiny_tokenizer.encode(text)
    first, last, ids = tiny_tokenizer.replaced(text, before, edit)
    after = tiny_tokenizer.encode(text[: edit.start] + edit.text + text[edit.end :])
    assert ids.dtype == np.int32
    assert 0 <= first <= last <= len(before)
    spliced = [*before.ids[:first].tolist(), *ids.tolist(), *before.ids[last:].tolist()]
    assert spliced == after.ids.tolist()
    recut = tiny_tokenizer.retokenize(text, before, edit)
    assert (first, last - first, len(ids)) == recut[1:]
    # As few as possible: what stands at either end is another token than before.
    if last > first and len(ids):
        assert before.ids[first] != ids[0]
        assert before.ids[last - 1] != ids[-1]


def test_an_edit_that_changes_nothing_means_no_tokens(tiny_tokenizer: Tokenizer) -> None:
    text = "int main(void) { return 0; }"
    tokens = tiny_tokenizer.encode(text)
    for start in range(len(text)):
        first, last, ids = tiny_tokenizer.replaced(
            text, tokens, Edit(start, start + 1, text[start])
        )
        assert first == last
        assert not len(ids)


def pieces_of(text: str) -> list[str]:
    return re.findall(tokens_module.PRE_TOKEN, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a, b);", ["f", "(", "a", ",", " b", ")", ";"]),
        (
            "if (x) {\n    y++;\n}",
            ["if", " (", "x", ")", " {", "\n    ", "y", "+", "+", ";", "\n", "}"],
        ),
        ("a\r\n\r\n\tb", ["a", "\r\n\r\n\t", "b"]),
        ("max_len12345", ["max", "_", "len", "123", "45"]),
        ("x = __init__", ["x", " =", " __", "init", "__"]),
        ("a    b", ["a", "   ", " b"]),
        ("a \t b \t\nc", ["a", " \t", " b", " \t", "\n", "c"]),
        ("  \n  ", ["  ", "\n  "]),
        ("a\f\0b", ["a", "\f\0", "b"]),
        ("</div>", ["<", "/", "div", ">"]),
        ("naïve e\u0301 日本語", ["naïve", " e\u0301", " 日本語"]),
        ("“no”…🙂👍", ["“", "no", "”", "…", "🙂", "👍"]),
        ("\u3000\xa0\u2028", ["\u3000", "\xa0", "\u2028"]),
    ],
)
def test_pre_tokens(text: str, expected: list[str]) -> None:
    assert pieces_of(text) == expected


@given(TEXTS)
def test_every_character_is_in_one_pre_token(text: str) -> None:
    assert "".join(pieces_of(text)) == text


def test_every_code_point_is_in_a_pre_token() -> None:
    for start in range(0, 0x110000, 0x1000):
        text = "".join(map(chr, range(start, start + 0x1000)))
        assert "".join(pieces_of(text)) == text


def test_punctuation_is_cut_singly(tiny_tokenizer: Tokenizer) -> None:
    tokens = tiny_tokenizer.encode("x[(i)] += --!=;;\n")
    texts = [tiny_tokenizer.text_of(i) for i in tokens.ids]
    expected = ["x", "[", "(", "i", ")", "]", " +", "=", " -", "-", "!", "=", ";", ";", "\n"]
    assert texts == expected


@pytest.mark.parametrize("special", SPECIALS)
def test_typed_specials_are_ordinary_text(tiny_tokenizer: Tokenizer, special: str) -> None:
    for text in (special, f"x {special}\n", special * 3, f"{special[:-1]} {special}"):
        tokens = tiny_tokenizer.encode(text)
        assert int(tokens.ids.min()) >= len(SPECIALS)
        assert tiny_tokenizer.decode(tokens.ids) == text


def test_specials_have_their_ids_and_stand_for_no_text(tiny_tokenizer: Tokenizer) -> None:
    assert tiny_tokenizer.end == 1
    assert [tiny_tokenizer.tag(language) for language in LANGUAGES] == [2, 3, 4]
    assert tiny_tokenizer.vocab_size == 512
    assert tiny_tokenizer.decode([2, *tiny_tokenizer.encode("int").ids, 1]) == "int"
    assert tiny_tokenizer.bytes_of(1) == b""
    entries = json.loads(tiny_tokenizer.to_json())["added_tokens"]
    assert [entry["content"] for entry in entries] == list(SPECIALS)


def test_bytes_of_a_cut_character(tiny_tokenizer: Tokenizer) -> None:
    tokens = tiny_tokenizer.encode("\U0010ffff")
    assert b"".join(tiny_tokenizer.bytes_of(i) for i in tokens.ids) == b"\xf4\x8f\xbf\xbf"
    assert len(tokens) == 4
    assert tokens.bounds.tolist() == [0, 0, 0, 0, 1]
    assert tiny_tokenizer.text_of(int(tokens.ids[0])) == "\ufffd"


def test_no_text_has_no_tokens(tiny_tokenizer: Tokenizer) -> None:
    tokens = tiny_tokenizer.encode("")
    assert tokens.ids.tolist() == []
    assert tokens.bounds.tolist() == [0]
    recut = tiny_tokenizer.retokenize("", tokens, Edit(0, 0, "int x;"))
    assert recut.tokens.ids.tolist() == tiny_tokenizer.encode("int x;").ids.tolist()


def test_encode_many_equals_encode(tiny_tokenizer: Tokenizer) -> None:
    texts = ["", "int x;", SOURCE]
    for text, tokens in zip(texts, tiny_tokenizer.encode_many(texts), strict=True):
        assert tokens.ids.tolist() == tiny_tokenizer.encode(text).ids.tolist()


@pytest.mark.parametrize(
    "text", [SOURCE * 3, " " * 500, "\r\n" * 300, "a" * 500, "1" * 500, "🙂" * 300]
)
def test_long_texts_are_cut_in_parts_without_a_trace(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    whole = tiny_tokenizer.encode(text)
    monkeypatch.setattr(tokens_module, "_CHUNK_CHARS", 37)
    assert tiny_tokenizer.encode(text).ids.tolist() == whole.ids.tolist()


def test_what_is_remembered_is_bounded_and_changes_nothing(
    tiny_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tiny_tokenizer.encode(SOURCE).ids.tolist()
    monkeypatch.setattr(tokens_module, "_REMEMBERED_PIECES", 5)
    monkeypatch.setattr(tokens_module, "_REMEMBERED_CHARS", 3)
    forgetful = Tokenizer.from_json(tiny_tokenizer.to_json())
    assert forgetful.encode(SOURCE).ids.tolist() == expected
    assert len(forgetful._pieces) <= 5
    assert max(map(len, forgetful._pieces)) <= 3


def test_training_is_the_same_every_time(tiny_tokenizer: Tokenizer) -> None:
    again = train(list(SOURCES.values()) * 4, vocab_size=512)
    assert again.to_json() == tiny_tokenizer.to_json()


def test_saving_and_loading(tiny_tokenizer: Tokenizer, tmp_path: Path) -> None:
    tiny_tokenizer.save(tmp_path / "tokenizer.json")
    loaded = Tokenizer.load(tmp_path / "tokenizer.json")
    assert loaded.encode(SOURCE).ids.tolist() == tiny_tokenizer.encode(SOURCE).ids.tolist()
    assert loaded.to_json() == tiny_tokenizer.to_json()


def test_a_file_that_is_no_tokenizer_of_ours(tiny_tokenizer: Tokenizer) -> None:
    whole = tiny_tokenizer.to_json()
    with pytest.raises(ValueError, match="not a tokenizer"):
        Tokenizer.from_json(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=re.escape("<|pad|> has id None, not 0")):
        Tokenizer.from_json(tokenizers.Tokenizer(tokenizers.models.BPE()).to_str())


def test_a_megabyte_on_one_line_is_cut_in_reasonable_time(tiny_tokenizer: Tokenizer) -> None:
    for text in (" " * 1_000_000, "a" * 1_000_000, "(" * 1_000_000, "ab 1" * 250_000):
        started = time.process_time()
        tokens = tiny_tokenizer.encode(text)
        assert time.process_time() - started < 10
        assert tokens.bounds[-1] == len(text)


def test_sure_borders_are_where_a_scan_from_the_left_cuts() -> None:
    """A border that is sure by its two characters is one in whatever text surrounds it."""
    for before, after in pairwise([*PIECES, *PIECES[::-1], *PIECES[::3]]):
        text = before + after
        cuts = {match.start() for match in re.finditer(tokens_module.PRE_TOKEN, text)}
        for place in range(1, len(text)):
            if tokens_module._SURE_BORDER.match(text, place):
                assert place in cuts
