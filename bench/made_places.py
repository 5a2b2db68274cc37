"""On which other lines the same one-token edit would be as right: a missing `}` often has several places.

Asked of texts that were broken by a program, so that they are judged as the real slips are, whose rows list such
lines. Each other place is tried: the lexeme is put there (or another like it is taken away) and the text has to be as
sound as it was before. For HTML elements are balanced by a stack, since html5lib would take seconds.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from bench import soundness
from bench.made_edits import Edit
from bench.made_tokens import Tokens
from lm_lint.text import Language

_FAR = 60  # lines within which a brace or a tag may stand elsewhere
_NEAR = 3  # and any other token
_MAX_TRIED = 120

_VOID = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    )
)
# Elements that end by themselves when their parent does.
_OPTIONAL = frozenset(
    (
        "html",
        "head",
        "body",
        "li",
        "dt",
        "dd",
        "p",
        "rt",
        "rp",
        "optgroup",
        "option",
        "colgroup",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
    )
)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s<>/]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_SKIPPED = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b[^>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.I
)


def accepted_lines(tokens: Tokens, edit: Edit, line: int) -> frozenset[int]:
    """Lines of the text with `edit` alone; `line` is the true one."""
    if edit.kind == "delete" and len(edit.missing) == 1:
        lexeme = edit.missing[0]
    elif edit.kind == "insert" and len(edit.extra) == 1:
        lexeme = edit.extra[0]
    else:
        return frozenset({line})
    if lexeme in "\"'<>":  # half a token
        return frozenset({line})
    broken = Tokens.of(tokens.language, edit.apply(tokens.text))
    reach = _FAR if lexeme in "{}" or lexeme.startswith("<") else _NEAR
    ways = _elsewhere if edit.kind == "delete" else _others_removed
    least = weight(tokens.language, tokens.text)
    res = {line}
    for at_line, repaired in itertools.islice(ways(broken, lexeme, line, reach), _MAX_TRIED):
        if at_line not in res and weight(tokens.language, repaired) <= least:
            res.add(at_line)
    return frozenset(res)


def weight(language: Language, text: str) -> int:
    """How unsound a text is; only to be compared with that of another."""
    if language == "html":
        return unbalanced(text)
    return sum(soundness.complaints(language, text).values())


def _elsewhere(broken: Tokens, lexeme: str, line: int, reach: int) -> Iterator[tuple[int, str]]:
    """The lexeme behind each token near, the nearest first. A place belongs to the line of the token before it; that of a
    brace or a tag, which stand on lines of their own, to the line of the token behind it as well, as in the real rows."""
    near = [t for t in broken.all if abs(broken.line(t.start) - line) <= reach]
    if reach == _FAR:  # one place a line will do
        last_of_line = {broken.line(t.end): t for t in near}
        near = list(last_of_line.values())
    for token in sorted(near, key=lambda t: abs(broken.line(t.end) - line)):
        text = broken.text
        repaired = f"{text[: token.end]} {lexeme} {text[token.end :]}"
        yield broken.line(token.end), repaired
        behind = len(text) - len(text[token.end :].lstrip())
        if reach == _FAR and behind < len(text):
            yield broken.line(behind), repaired


def _others_removed(
    broken: Tokens, lexeme: str, line: int, reach: int
) -> Iterator[tuple[int, str]]:
    same = [t for t in broken.all if t.text == lexeme and abs(broken.line(t.start) - line) <= reach]
    for token in sorted(same, key=lambda t: abs(broken.line(t.start) - line)):
        yield broken.line(token.start), f"{broken.text[: token.start]} {broken.text[token.end :]}"


def unbalanced(html: str) -> int:
    """How many tags have no partner, though HTML asks for one."""
    open_names: list[str] = []
    res = 0
    for match in _TAG.finditer(_SKIPPED.sub("", html)):
        name = match[2].lower()
        if name in _VOID:
            res += bool(match[1])
        elif not match[1]:
            if not match[3].rstrip().endswith("/"):
                open_names.append(name)
        else:
            res += _closed(open_names, name)
    return res + sum(name not in _OPTIONAL for name in open_names)


def _closed(open_names: list[str], name: str) -> int:
    """Close `name` and what is open inside of it; how many mistakes that uncovers."""
    if name not in open_names:
        return 1
    res = 0
    while (last := open_names.pop()) != name:
        res += last not in _OPTIONAL
    return res
