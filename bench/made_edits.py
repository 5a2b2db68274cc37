"""Single slips as edits of a correct text: at random as Santos et al. made them, or shaped like those of people.

    at random   Santos et al., "Syntax and Sensibility" (SANER 2018), section IV: a token at a uniformly chosen place is
                deleted, replaced, or gets a neighbour; what is written comes from the tokens of the same text
    shaped      the kinds and their frequencies are those of the tune part of the real slips; see SHAPES

Whether an edit makes an error is not decided here.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from bench.made_tokens import Token, Tokens
from lm_lint.text import Language


@dataclass(frozen=True)
class Edit:
    """Put `new` in the place of text[start:end]. `missing` and `extra` as in bench.slips.Slip.

    lead  blanks at the front of `new`: the slip itself begins behind them
    """

    start: int
    end: int
    new: str
    kind: str
    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    lead: int = 0

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


Shape = Callable[[Tokens, random.Random], "Edit | None"]


# --- Edits of one token ---------------------------------------------------------------------------------------------


def deleted(tokens: Tokens, token: Token) -> Edit:
    """Without the token. A line that has nothing else goes with it, as it would under a person's hands."""
    text = tokens.text
    line_start = text.rfind("\n", 0, token.start) + 1
    line_end = text.find("\n", token.end)
    line_end = len(text) if line_end < 0 else line_end
    alone = not (text[line_start : token.start] + text[token.end : line_end]).strip()
    if alone and line_start and token.kind in ("sign", "tag"):
        return Edit(line_start - 1, line_end, "", "delete", (token.text,))
    # `a.b` without its dot must not become one word.
    new = " " if _would_fuse(text, token.start, token.end) else ""
    return Edit(token.start, token.end, new, "delete", (token.text,))


def inserted(tokens: Tokens, before: Token, written: str) -> Edit:
    text, at = tokens.text, before.start
    front = " " if at and _fuses(text[at - 1], written[0]) else ""
    back = " " if _fuses(written[-1], text[at]) else ""
    return Edit(at, at, front + written + back, "insert", (), (written,), len(front))


def replaced(tokens: Tokens, token: Token, written: str) -> Edit:
    text = tokens.text
    front = " " if token.start and _fuses(text[token.start - 1], written[0]) else ""
    back = " " if token.end < len(text) and _fuses(written[-1], text[token.end]) else ""
    new = front + written + back
    return Edit(token.start, token.end, new, "substitute", (token.text,), (written,), len(front))


def _would_fuse(text: str, start: int, end: int) -> bool:
    return start > 0 and end < len(text) and _fuses(text[start - 1], text[end])


def _fuses(left: str, right: str) -> bool:
    """Would two characters side by side be read as part of one token?"""
    words = (left.isalnum() or left in "_\"'") and (right.isalnum() or right in "_\"'")
    return words or (left in "+-*/%&|^=!<>.:#" and right in "+-*/%&|^=<>.:#")


# --- At random ------------------------------------------------------------------------------------------------------


def at_random(tokens: Tokens, draw: random.Random) -> Edit | None:
    places = [token for token in tokens.all if token.kind != "text"]
    if not places:
        return None
    token, other = draw.choice(places), draw.choice(places).text
    operation = draw.randrange(3)
    if operation == 0:
        return deleted(tokens, token)
    if operation == 1:
        return inserted(tokens, token, other)
    return replaced(tokens, token, other) if other != token.text else None


# --- Shaped like those of people ------------------------------------------------------------------------------------


def missing(*texts: str) -> Shape:
    def shape(tokens: Tokens, draw: random.Random) -> Edit | None:
        token = _some(tokens, draw, texts)
        return deleted(tokens, token) if token else None

    return shape


def doubled(*texts: str) -> Shape:
    """One more of what stands there."""

    def shape(tokens: Tokens, draw: random.Random) -> Edit | None:
        token = _some(tokens, draw, texts)
        if token is None:
            return None
        line_start = tokens.text.rfind("\n", 0, token.start) + 1
        indent = tokens.text[line_start : token.start]
        if token.text == "}" and not indent.strip():  # a line of its own
            new = f"\n{indent}}}"
            return Edit(token.end, token.end, new, "insert", (), ("}",), len(new) - 1)
        return Edit(token.end, token.end, token.text, "insert", (), (token.text,))

    return shape


def added(*texts: str) -> Shape:
    """A token where none like it belongs."""

    def shape(tokens: Tokens, draw: random.Random) -> Edit | None:
        places = [token for token in tokens.all if token.kind != "text"]
        return inserted(tokens, draw.choice(places), draw.choice(texts)) if places else None

    return shape


def swapped(*pairs: tuple[str, str]) -> Shape:
    """(what was meant, what was written)"""

    def shape(tokens: Tokens, draw: random.Random) -> Edit | None:
        meant, written = draw.choice(pairs)
        token = _some(tokens, draw, (meant,))
        return replaced(tokens, token, written) if token else None

    return shape


def lost_operand(tokens: Tokens, draw: random.Random) -> Edit | None:
    words = [token for token in tokens.all if token.kind in ("word", "string")]
    return deleted(tokens, draw.choice(words)) if words else None


def lost_quote(tokens: Tokens, draw: random.Random) -> Edit | None:
    """The first or the last quote of a string, or of an attribute's value."""
    strings = [
        t for t in tokens.all if t.kind == "string" and "\n" not in t.text and len(t.text) > 2
    ]
    if not strings:
        return None
    token = draw.choice(strings)
    at = token.end - 1 if draw.random() < 0.6 else token.start
    quote = tokens.text[at]
    return Edit(at, at + 1, "", "delete", (quote,)) if quote in "\"'" else None


def lost_quotes(tokens: Tokens, draw: random.Random) -> Edit | None:
    strings = [
        t for t in tokens.all if t.kind == "string" and t.text[0] in "\"'" and len(t.text) > 2
    ]
    if not strings:
        return None
    token = draw.choice(strings)
    quote = token.text[0]
    return Edit(token.start, token.end, token.text[1:-1], "multi", (quote, quote))


def misspelt(*words: str) -> Shape:
    """A keyword with two letters swapped, one lost, one doubled, or a capital."""

    def shape(tokens: Tokens, draw: random.Random) -> Edit | None:
        token = _some(tokens, draw, words)
        if token is None:
            return None
        word = token.text
        at = draw.randrange(len(word) - 1)
        written = draw.choice(
            [
                word.capitalize(),
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
            ]
        )
        return replaced(tokens, token, written) if written != word else None

    return shape


def indentation(tokens: Tokens, draw: random.Random) -> Edit | None:
    """A line of Python moved: by one blank, by a step, or to the margin."""
    lines = re.finditer(r"^([ \t]*)(?=[^\s#])", tokens.text, re.MULTILINE)
    firsts = [m for m in lines if _starts_with_token(tokens, m.end())]
    if not firsts:
        return None
    match = draw.choice(firsts)
    blanks = match[1]
    ways = [blanks + " ", blanks + "    "]
    ways += [blanks[:-1], blanks[:-4], ""] if blanks else []
    new = draw.choice(ways)
    if new == blanks:
        return None
    token = tokens.at_or_after(match.end())
    word = (token.text,) if token else ()
    return Edit(match.start(), match.end(), new, "other", word, word, len(new))


def _starts_with_token(tokens: Tokens, offset: int) -> bool:
    token = tokens.at_or_after(offset)
    return token is not None and token.start == offset


def missing_end_tag(tokens: Tokens, draw: random.Random) -> Edit | None:
    token = _end_tag(tokens, draw)
    return deleted(tokens, token) if token else None


def missing_start_tag(tokens: Tokens, draw: random.Random) -> Edit | None:
    tags = [t for t in tokens.all if t.kind == "tag" and not t.text.startswith("</")]
    return deleted(tokens, draw.choice(tags)) if tags else None


def stray_end_tag(tokens: Tokens, draw: random.Random) -> Edit | None:
    """One more end tag, mostly behind another: `</div></div>`, `<input></input>`."""
    tag, place = _end_tag(tokens, draw), _end_tag(tokens, draw)
    if tag is None or place is None:
        return None
    at = tag.end if draw.random() < 0.7 else place.end
    return Edit(at, at, tag.text, "insert", (), (tag.text,))


def stray_void_end_tag(tokens: Tokens, draw: random.Random) -> Edit | None:
    opens = [i for i, t in enumerate(tokens.all) if t.text.lower() in ("<input", "<meta", "<link")]
    if not opens:
        return None
    at = draw.choice(opens)
    close = next((t for t in tokens.all[at:] if t.text in (">", "/>")), None)
    if close is None:
        return None
    tag = f"</{tokens.all[at].text[1:]}>"
    return Edit(close.end, close.end, tag, "insert", (), (tag,))


def wrong_end_tag(tokens: Tokens, draw: random.Random) -> Edit | None:
    """Another element's name, or the slash forgotten."""
    token, other = _end_tag(tokens, draw), _end_tag(tokens, draw)
    if token is None or other is None:
        return None
    written = other.text if draw.random() < 0.6 else "<" + token.text[2:]
    return replaced(tokens, token, written) if written.lower() != token.text.lower() else None


def _end_tag(tokens: Tokens, draw: random.Random) -> Token | None:
    tags = [t for t in tokens.all if t.kind == "tag" and t.text.startswith("</")]
    return draw.choice(tags) if tags else None


def lost_tag_sign(tokens: Tokens, draw: random.Random) -> Edit | None:
    """The `<` or the `>` of a tag."""
    tags = [t for t in tokens.all if t.kind == "tag" or t.text == ">" or t.text.startswith("<")]
    tags = [t for t in tags if t.kind != "text"]
    if not tags:
        return None
    token = draw.choice(tags)
    ends = [at for at in (token.start, token.end - 1) if tokens.text[at] in "<>"]
    at = draw.choice(ends)
    return Edit(at, at + 1, "", "delete", (tokens.text[at],))


def _some(tokens: Tokens, draw: random.Random, texts: tuple[str, ...]) -> Token | None:
    """One of `texts` by its frequency in the text."""
    found = [token for token in tokens.all if token.text in texts and token.kind != "text"]
    return draw.choice(found) if found else None


_C_WORDS = (
    "int",
    "for",
    "while",
    "return",
    "else",
    "if",
    "char",
    "float",
    "double",
    "void",
    "scanf",
    "printf",
)
_PYTHON_WORDS = (
    "def",
    "class",
    "while",
    "for",
    "if",
    "elif",
    "else",
    "return",
    "import",
    "from",
    "try",
    "except",
    "in",
)

# How often each occurs among the slips of the tune part (498 students' C; 416 questions and 132 files of repositories
# in Python; 83 files of repositories in HTML), rounded. What is left out there is not of these shapes.
SHAPES: dict[Language, tuple[tuple[float, Shape], ...]] = {
    "c": (
        (184, missing(";")),
        (22, missing(")")),
        (16, missing("}")),
        (17, missing(",")),
        (6, missing("(")),
        (3, missing("{", "]")),
        (16, lost_operand),
        (19, doubled("}")),
        (9, doubled(")")),
        (14, doubled(",")),
        (6, doubled(";")),
        (4, doubled("(", "{", "[")),
        (7, added(";", ",")),
        (16, added("else", "int", "if", "=", "&&", "||")),
        (17, swapped((";", ","), (";", ","), (";", ":"))),
        (4, swapped((",", ";"), ("=", "=="), ("<=", "=<"), (">=", "=>"))),
        (6, swapped((")", "}"), (")", "]"), ("}", ")"), ("{", "("), ("(", "{"))),
        (8, lost_quote),
        (9, lost_quotes),
        (6, misspelt(*_C_WORDS)),
    ),
    "python": (
        (43, missing(")")),
        (26, missing(":")),
        (16, missing(",")),
        (21, missing("]", "}")),
        (8, missing("(", "[", "{")),
        (8, lost_operand),
        (13, doubled(")")),
        (11, doubled(".")),
        (9, doubled("]", "}")),
        (7, doubled(":")),
        (7, doubled("(", "[")),
        (
            8,
            swapped(
                ("==", "="),
            ),
        ),
        (7, swapped((",", "."), (":", ";"), (":", "::"))),
        (9, swapped(("[", "{"), ("]", "}"), (")", "]"), ("(", "["), ("]", ")"))),
        (6, lost_quote),
        (9, lost_quotes),
        (9, swapped(("except", "catch"), ("elif", "else if"), ("not", "!"), ("and", "&&"))),
        (8, misspelt(*_PYTHON_WORDS)),
        (62, indentation),
    ),
    "html": (
        (10, missing_end_tag),
        (2, missing_start_tag),
        (20, stray_end_tag),
        (6, stray_void_end_tag),
        (9, wrong_end_tag),
        (14, swapped((">", "/>"))),
        (9, lost_tag_sign),
        (4, lost_quote),
        (3, added("<", '"')),
        (2, doubled('"', "<", ">")),
    ),
}


def shaped(tokens: Tokens, draw: random.Random) -> Edit | None:
    shapes = SHAPES[tokens.language]
    (shape,) = draw.choices([s for _, s in shapes], [weight for weight, _ in shapes])
    return shape(tokens, draw)
