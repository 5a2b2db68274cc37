"""Text to token ids with exact spans, and back; the only door to the `tokenizers` library.

A byte-level BPE that never merges across what a repair may touch. The text is first cut into pre-tokens (a line break
with its indentation, a word, a few digits, ONE punctuation character, ...), and each pre-token is cut by itself.
So a pre-token's ids can be remembered, and after an edit only the pre-tokens around it are cut anew.
This module knows nothing of languages beyond their tag, and nothing of files' lines or models.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tokenizers

from lm_lint.text import Edit, Language

Ids = npt.NDArray[np.int32]
Bounds = npt.NDArray[np.int64]

SPECIALS = ("<|pad|>", "<|end|>", "<|c|>", "<|html|>", "<|python|>")

_END = 1
_TAGS: dict[Language, int] = {"c": 2, "html": 3, "python": 4}
_CHUNK_CHARS = 1 << 20  # a list of a huge text's pre-tokens would take twenty times its size
_REMEMBERED_PIECES = 1 << 17
_REMEMBERED_CHARS = 64


# --- Pre-tokens -----------------------------------------------------------------------------------------------------
# The classes are written out as ranges instead of \w and \p{L}: Unicode tables differ between versions of Python and
# from the library's own, and a text must be cut alike wherever it is cut. Above ASCII everything is a word character
# except these blocks of punctuation, symbols, emoji, private use and (in Python strings only) surrogates.
_SYMBOLS_ABOVE_ASCII = (
    (0x0080, 0x00A9),
    (0x00AB, 0x00B4),
    (0x00B6, 0x00B9),
    (0x00BB, 0x00BF),
    (0x00D7, 0x00D7),
    (0x00F7, 0x00F7),
    (0x2000, 0x200B),
    (0x200E, 0x20CF),
    (0x2100, 0x2BFF),
    (0x2E00, 0x2E7F),
    (0x3000, 0x3004),
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0xD800, 0xF8FF),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE6F),
    (0xFF00, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFE0, 0xFFFF),
    (0x1F000, 0x1FAFF),
    (0xE0000, 0x10FFFF),
)


def _word_ranges() -> str:
    res, first = "A-Za-z", 0x80
    for start, end in _SYMBOLS_ABOVE_ASCII:
        if start > first:
            res += f"{chr(first)}-{chr(start - 1)}"
        first = end + 1
    return res


_WORD = _word_ranges()
_BLANK = " \t\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_SYMBOL = f"[^{_WORD}0-9_{_BLANK}\r\n]"

# Tried from left to right; every code point is matched by one of them.
PRE_TOKEN = "|".join(
    (
        "[\r\n]+[ \t]*",  # line breaks and the indentation after them: one step of block structure
        f" ?[{_WORD}]+",
        " ?[0-9]{1,3}",
        " ?_+",
        f" ?{_SYMBOL}",  # each punctuation character alone, so that a repair recuts nothing else
        f"[{_BLANK}]+(?= [^{_BLANK}\r\n])",  # the last space goes with what follows
        f"[{_BLANK}]+",
    )
)
_PRE_TOKEN = re.compile(PRE_TOKEN)

# Where a pre-token starts whatever stands further left or right: only the two characters around the place matter.
_SURE_BORDER = re.compile(
    f"(?<={_SYMBOL})|(?<=[{_WORD}])(?![{_WORD}])|(?<=[0-9])(?![0-9])|(?<=_)(?!_)|(?<![\r\n])(?=[\r\n])"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Tokens:
    """The tokens of a text, in order.

    ids     (T,)   int32
    bounds  (T+1,) int64   token t covers text[bounds[t]:bounds[t+1]], in code points

    The spans tile the text. A cut inside a multi-byte character counts as the start of that character, so
    all pieces of a character but the one with its last byte have an empty span.
    """

    ids: Ids
    bounds: Bounds

    def __len__(self) -> int:
        return len(self.ids)


class Recut(NamedTuple):
    """What an edit did: from `first_changed` on, `n_removed` tokens gave way to `n_added`; the rest kept their ids."""

    tokens: Tokens
    first_changed: int
    n_removed: int
    n_added: int


class Tokenizer:
    """A trained vocabulary. Immutable, but for what it remembers of pieces already cut."""

    def __init__(self, bpe: tokenizers.Tokenizer) -> None:
        # Typed "<|end|>" is ordinary text. No piece could ever match it, since pieces hold one `<` or `|`
        # at most; the switch makes it true for other users of this object as well.
        bpe.encode_special_tokens = True
        self._bpe = bpe
        self._bytes = _bytes_of_entries(bpe)
        n_leads = [sum(byte & 0xC0 != 0x80 for byte in entry) for entry in self._bytes]
        starts_inside = [bool(entry) and entry[0] & 0xC0 == 0x80 for entry in self._bytes]
        self._n_leads = np.array(n_leads, dtype=np.int64)
        self._starts_inside = np.array(starts_inside, dtype=np.int64)
        self._pieces = _Pieces(bpe)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Tokenizer:
        return cls.from_json(Path(path).read_text(encoding="utf-8"))

    @classmethod
    def from_json(cls, json: str) -> Tokenizer:
        """Raises ValueError where the text is not a tokenizer of ours."""
        try:
            bpe = tokenizers.Tokenizer.from_str(json)
        except Exception as error:  # the library raises bare Exception, with serde's words
            raise ValueError(f"not a tokenizer: {error}") from error
        for expected, name in enumerate(SPECIALS):
            if bpe.token_to_id(name) != expected:
                found = bpe.token_to_id(name)
                raise ValueError(f"not an lm-lint tokenizer: {name} has id {found}, not {expected}")
        return cls(bpe)

    def to_json(self) -> str:
        return self._bpe.to_str()

    def save(self, path: str | os.PathLike[str]) -> None:
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @property
    def vocab_size(self) -> int:
        return len(self._bytes)

    @property
    def end(self) -> int:
        """The id that stands after the last token of a text."""
        return _END

    def tag(self, language: Language) -> int:
        """The id that stands before the first token of a text."""
        return _TAGS[language]

    def bytes_of(self, token_id: int) -> bytes:
        """What a token stands for; nothing for the special ones."""
        return self._bytes[token_id]

    def text_of(self, token_id: int) -> str:
        return self._bytes[token_id].decode("utf-8", "replace")

    def encode(self, text: str) -> Tokens:
        """The tokens of a text, without language tag and end.

        Nothing in the text is special. Lone surrogates, which UTF-8 cannot express, are read as U+FFFD, one for one.
        """
        ids = self.ids(text).astype(np.int32)
        bounds = np.zeros(len(ids) + 1, dtype=np.int64)
        np.cumsum(self._n_leads[ids], out=bounds[1:])
        # The characters begun before a cut, less the one that the cut falls into.
        bounds[:-1] -= self._starts_inside[ids]
        return Tokens(ids, bounds)

    def encode_many(self, texts: Iterable[str]) -> list[Tokens]:
        return [self.encode(text) for text in texts]

    def ids(self, text: str) -> npt.NDArray[np.uint16]:
        """The ids of `encode` alone, (T,) uint16, for packing a corpus."""
        text = _without_surrogates(text)
        pieces = self._pieces
        parts = []
        for chunk in _chunks(text):
            parts += [pieces[piece] for piece in _PRE_TOKEN.findall(chunk)]
            parts = [b"".join(parts)]
        return np.frombuffer(b"".join(parts), dtype=np.uint16)

    def decode(self, ids: Iterable[int] | npt.NDArray[np.integer[Any]]) -> str:
        """The text of a row of ids; special ones stand for none, cut characters become U+FFFD."""
        entries = self._bytes
        return b"".join([entries[token_id] for token_id in ids]).decode("utf-8", "replace")

    def retokenize(self, text_before: str, tokens: Tokens, edit: Edit) -> Recut:
        """The tokens after an edit, equal to `encode` of the new text.

        Only the pre-tokens around the edit are cut anew, so but for splicing arrays the cost does not depend on
        the length of the text (unless it is one long run of letters or blanks).
        """
        first, last, new_ids, new_bounds = self._recut(text_before, tokens, edit)
        shift = len(edit.text) - (edit.end - edit.start)
        ids = np.concatenate((tokens.ids[:first], new_ids, tokens.ids[last:]))
        bounds = np.concatenate((tokens.bounds[:first], new_bounds, tokens.bounds[last:] + shift))
        n_same_before, n_same_after = _same_ends(tokens.ids[first:last], new_ids)
        return Recut(
            Tokens(ids, bounds),
            first + n_same_before,
            last - first - n_same_before - n_same_after,
            len(new_ids) - n_same_before - n_same_after,
        )

    def replaced(self, text: str, tokens: Tokens, edit: Edit) -> tuple[int, int, Ids]:
        """What an edit means in tokens: `ids` stand in the place of tokens first to last.

        returns  first, last, ids (n,) int32; as few as possible
        """
        first, last, ids, _ = self._recut(text, tokens, edit)
        before, after = _same_ends(tokens.ids[first:last], ids)
        return first + before, last - after, ids[before : len(ids) - after]

    def _recut(self, text: str, tokens: Tokens, edit: Edit) -> tuple[int, int, Ids, Bounds]:
        n_chars = len(text)
        assert 0 <= edit.start <= edit.end <= n_chars, f"edit {edit} in {n_chars} characters"
        assert int(tokens.bounds[-1]) == n_chars, f"{tokens.bounds[-1]} != {n_chars} characters"
        start = _sure_border_before(text, edit.start)
        end = _sure_border_after(text, edit.end)
        recut = self.encode(text[start : edit.start] + edit.text + text[edit.end : end])
        # A piece's first token starts at the border; pieces of a cut character have empty spans
        # and end before it, hence the leftmost token that starts there.
        first = int(tokens.bounds.searchsorted(start, side="left"))
        last = int(tokens.bounds.searchsorted(end, side="left"))
        return first, last, recut.ids, recut.bounds[:-1] + start


def train(texts: Iterable[str], vocab_size: int, *, show_progress: bool = False) -> Tokenizer:
    """A byte-level BPE on these texts; `vocab_size` counts the special tokens and the 256 bytes."""
    from tokenizers import Regex, decoders, models, pre_tokenizers, trainers

    bpe = tokenizers.Tokenizer(models.BPE())
    # The file carries the same cutting rule, so that any reader of the format cuts as we do.
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKEN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=2,
        special_tokens=list(SPECIALS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=show_progress,
    )
    bpe.train_from_iterator((_without_surrogates(text) for text in texts), trainer)
    return Tokenizer(bpe)


class _Pieces(dict[str, bytes]):
    """Pre-token -> its ids as uint16 bytes. Natural text repeats itself: nearly every look-up is a hit."""

    def __init__(self, bpe: tokenizers.Tokenizer) -> None:
        super().__init__()
        self._bpe = bpe

    def __missing__(self, piece: str) -> bytes:
        ids = self._bpe.encode(piece, add_special_tokens=False).ids
        res = np.array(ids, dtype=np.uint16).tobytes()
        if len(piece) <= _REMEMBERED_CHARS:
            if len(self) >= _REMEMBERED_PIECES:
                self.clear()
            self[piece] = res
        return res


def _bytes_of_entries(bpe: tokenizers.Tokenizer) -> list[bytes]:
    """The bytes of every id. Byte-level vocabularies spell bytes as printable characters (GPT-2's table)."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    byte_of = {chr(byte): byte for byte in visible}
    hidden = (byte for byte in range(0x100) if byte not in visible)
    byte_of |= {chr(0x100 + i): byte for i, byte in enumerate(hidden)}
    vocabulary = bpe.get_vocab(with_added_tokens=True)
    res = [b""] * len(vocabulary)
    for entry, token_id in vocabulary.items():
        if entry not in SPECIALS:
            res[token_id] = bytes([byte_of[char] for char in entry])
    return res


def _without_surrogates(text: str) -> str:
    if text.isascii():
        return text
    return _SURROGATE.sub("\ufffd", text)


def _chunks(text: str) -> Iterator[str]:
    """The text in parts of some length, cut at sure borders."""
    start = 0
    while len(text) - start > _CHUNK_CHARS:
        end = _sure_border_after(text, start + _CHUNK_CHARS)
        yield text[start:end]
        start = end
    yield text[start:]


def _sure_border_before(text: str, offset: int) -> int:
    """The last sure border whose two characters both stand before `offset`, or 0."""
    for place in range(offset - 1, 0, -1):
        if _SURE_BORDER.match(text, place):
            return place
    return 0


def _sure_border_after(text: str, offset: int) -> int:
    """The first sure border whose two characters both stand after `offset`, or the end."""
    found = _SURE_BORDER.search(text, offset + 1)
    return found.start() if found else len(text)


def _same_ends(before: Ids, after: Ids) -> tuple[int, int]:
    """How many ids at the start, and of the rest how many at the end, two rows share."""
    shorter = min(len(before), len(after))
    differ = np.flatnonzero(before[:shorter] != after[:shorter])
    n_start = int(differ[0]) if len(differ) else shorter
    shorter -= n_start
    if not shorter:
        return n_start, 0
    differ = np.flatnonzero(before[::-1][:shorter] != after[::-1][:shorter])
    return n_start, int(differ[0]) if len(differ) else shorter
