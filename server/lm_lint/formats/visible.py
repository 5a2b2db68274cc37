"""Text from files and file names, made harmless to look at. It knows characters, and no format."""

from __future__ import annotations

import unicodedata

TAB_CELLS = 4


def visible(text: str) -> str:
    """The text on one line, without what would move the cursor: tabs are widened, controls get a picture.

    Terminal escapes in a linted file must stay harmless, and marks of writing direction must not turn a line around.
    """
    return tamed(text).replace("\t", " " * TAB_CELLS).replace("\n", "\u240a")


def tamed(text: str) -> str:
    """The same with tabs and line feeds as they are: every character has one in its place."""
    return text if text.isascii() and text.isprintable() else "".join(map(_tamed, text))


def _tamed(character: str) -> str:
    if character in "\t\n":
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    # Control, format (direction marks, zero-width joiners), surrogate, line and paragraph separators; and what is no
    # character at all, which XML forbids.
    if (
        unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        or ord(character) & 0xFFFE == 0xFFFE
    ):
        return "\ufffd"
    return character
