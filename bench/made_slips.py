"""Slips made by a program in held-out text: plenty of them, in files of every kind, with exact places.

    made(documents, "c", "made-shaped", 200, seed=0) -> 200 Slips

Ways: "made-random" (one random token lost, added or replaced), "made-shaped" (one slip of the kinds and frequencies of
real ones), "made-several" (2 to 5 of the latter in a file). Every slip is a real syntax error: what judges it
(bench/soundness.py) complains of something that it did not complain of before. The same documents, way and seed give
the same slips; where gcc is missing, some C slips that only gcc sees are left out.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from bench import slips, soundness
from bench.made_edits import Edit, at_random, shaped
from bench.made_places import accepted_lines
from bench.made_tokens import Tokens
from bench.slips import Slip
from lm_lint.text import Language

How = Literal["made-random", "made-shaped", "made-several"]
HOW: tuple[How, ...] = get_args(How)

MIN_LINES, MAX_LINES = 5, 1_500
# html5lib reads some 100 KB a second, twice for each attempt.
MAX_CHARS: dict[Language, int] = {"c": 60_000, "python": 60_000, "html": 30_000}
_ATTEMPTS = 60  # for each slip wanted
_APART_LINES = 4  # between two slips of a text


class Text(Protocol):
    """What is asked of models.heldout.Heldout."""

    @property
    def text(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def path(self) -> str: ...


@dataclass(frozen=True)
class Placed:
    """An edit with what has to be known of it in the broken text that it makes, were it alone."""

    edit: Edit
    line: int
    accept_lines: frozenset[int]


def made(
    documents: Iterable[Text],
    language: Language,
    how: How,
    n: int,
    seed: int = 0,
    part: str = "tune",
) -> list[Slip]:
    """At most `n` slips; fewer where the documents do not hold so many. Projects take turns by chance.

    `part` is only written into the slips: whoever chooses the documents knows to what they belong.
    """
    draw = random.Random(f"{how} {language} {seed}")
    by_project = _by_project(documents, language)
    projects = sorted(by_project)
    res: dict[str, Slip] = {}
    cut: dict[str, Tokens] = {}
    for _ in range(n * _ATTEMPTS if projects else 0):
        document = draw.choice(by_project[draw.choice(projects)])
        text = slips.plain(document.text)
        tokens = cut.get(text) or cut.setdefault(text, Tokens.of(language, text))
        placed = list(_edits(tokens, how, draw))
        if placed:
            slip = _slip(tokens, placed, how, part, document)
            res.setdefault(slip.id, slip)
        if len(res) == n:
            break
    return list(res.values())


def _by_project(documents: Iterable[Text], language: Language) -> dict[str, list[Text]]:
    """Those of a sensible size that are right to begin with, in an order that does not depend on how they came."""
    res: dict[str, list[Text]] = {}
    for document in sorted(documents, key=lambda d: (d.project, d.path, d.text)):
        n_lines = document.text.count("\n") + 1
        fits = MIN_LINES <= n_lines <= MAX_LINES and len(document.text) <= MAX_CHARS[language]
        if fits and (
            language != "python" or not soundness.python_error(slips.plain(document.text))
        ):
            res.setdefault(document.project, []).append(document)
    return res


def _edits(tokens: Tokens, how: How, draw: random.Random) -> Iterator[Placed]:
    """The edits of one text, each of them an error by itself; nothing where the first attempts fail."""
    if how != "made-several":
        edit = at_random(tokens, draw) if how == "made-random" else shaped(tokens, draw)
        if edit is not None and _is_slip(tokens, edit):
            yield _placed(tokens, edit)
        return
    wanted = draw.randint(2, 5)
    chosen: list[Edit] = []
    for _ in range(6 * wanted):
        edit = shaped(tokens, draw)
        if edit and _stands_apart(tokens, edit, chosen) and _is_slip(tokens, edit):
            chosen.append(edit)
        if len(chosen) == wanted:
            break
    if len(chosen) > 1:
        yield from (_placed(tokens, e) for e in sorted(chosen, key=lambda e: e.start))


def _is_slip(tokens: Tokens, edit: Edit) -> bool:
    broken = edit.apply(tokens.text)
    if slips.lexemes(tokens.language, broken) == slips.lexemes(tokens.language, tokens.text):
        return False
    return soundness.is_new_error(tokens.language, tokens.text, broken)


def _stands_apart(tokens: Tokens, edit: Edit, chosen: Sequence[Edit]) -> bool:
    line = tokens.line(edit.start)
    return all(abs(line - tokens.line(other.start)) >= _APART_LINES for other in chosen)


def _placed(tokens: Tokens, edit: Edit) -> Placed:
    line = tokens.line(edit.start) + edit.new[: edit.lead].count("\n")
    return Placed(edit, line, accepted_lines(tokens, edit, line) | {line})


def _slip(tokens: Tokens, placed: list[Placed], how: How, part: str, document: Text) -> Slip:
    """All edits in one text. Lines behind an edit move by the lines that it takes or gives."""
    broken = tokens.text
    for each in reversed(placed):
        broken = each.edit.apply(broken)
    lines: list[tuple[int, frozenset[int]]] = []
    undone: list[str] = []
    moved = moved_lines = 0
    for each in placed:
        edit = each.edit
        shift = moved_lines
        lines.append((each.line + shift, frozenset(line + shift for line in each.accept_lines)))
        at = edit.start + moved
        undone.append(
            broken[:at] + tokens.text[edit.start : edit.end] + broken[at + len(edit.new) :]
        )
        moved += len(edit.new) - (edit.end - edit.start)
        moved_lines += edit.new.count("\n") - tokens.text.count("\n", edit.start, edit.end)
    first, single = placed[0].edit, len(placed) == 1
    key = hashlib.sha1(f"{document.project}/{document.path}\0{broken}".encode("utf-8", "replace"))
    return Slip(
        id=f"{how}-{tokens.language}-{key.hexdigest()[:16]}",
        language=tokens.language,
        source=how,
        part=part,
        broken=broken,
        fixed=tokens.text,
        line=lines[0][0],
        accept_lines=frozenset().union(*(accepted for _, accepted in lines)),
        kind=first.kind if single else "several",
        single=single and first.kind in ("delete", "insert", "substitute"),
        missing=first.missing if single else (),
        extra=first.extra if single else (),
        headers_missing=False,
        offset=first.start + first.lead,
        accept_each=() if single else tuple(lines),
        undone=() if single else tuple(undone),
    )
