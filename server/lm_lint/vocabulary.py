"""Which tokens of a model spell a word or a sign that an edit may bring."""

from __future__ import annotations

import re

import numpy as np

from lm_lint.tokens import Tokenizer

BLOCK = 16  # entries that are looked at together


class Vocabulary:
    """Which entries of a vocabulary spell a lexeme."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        texts = [tokenizer.text_of(i) for i in range(tokenizer.vocab_size)]
        self.bare = [text.strip(" ") for text in texts]
        whole = re.compile(r"\w+|[^\w\s\ufffd]")
        self.spells = np.array([bool(whole.fullmatch(text)) for text in self.bare])
        spelled = np.flatnonzero(self.spells)
        self.n_filled = -len(spelled) % BLOCK  # the last one stands so many times more
        padded = np.concatenate([spelled, spelled[-1:].repeat(self.n_filled)])
        self.spelled_blocks = padded.reshape(-1, BLOCK)
        self._entries: dict[str, list[int]] = {}
        for entry, bare in enumerate(self.bare):
            if self.spells[entry]:
                self._entries.setdefault(bare, []).append(entry)

    def entries(self, lexeme: str) -> list[int]:
        """The entries that begin a lexeme, with and without a space before it."""
        if lexeme in self._entries:
            return self._entries[lexeme]
        return self._entries.get(lexeme[0], []) if not lexeme[0].isalnum() else []
