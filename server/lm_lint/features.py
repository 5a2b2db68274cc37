"""A repair in numbers: what the ranking sees of a candidate, and of the text as it stands.

Names of features are what the fitted weights are stored under (models/NAME/detector.json); a new
feature starts to count when the model is calibrated anew. Bits are divided by ten, so that weights
are of like size.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from lm_lint.candidates import Candidate
from lm_lint.lexemes import BRACES, KEYWORDS, class_name
from lm_lint.pricing import Price
from lm_lint.ranking import hinge, log2
from lm_lint.structure import Health
from lm_lint.text import Language

_FREQUENT_TAGS = frozenset(
    [
        "div",
        "p",
        "a",
        "li",
        "ul",
        "span",
        "td",
        "tr",
        "table",
        "input",
        "br",
        "b",
        "i",
        "strong",
        "em",
    ]
)
_MACRO = re.compile(r"\b[A-Z][A-Z0-9_]{2,}\b")
_FIRST_WORD = re.compile(r"\s*([A-Za-z_]\w*)")
_LIBRARY = frozenset(
    [
        "printf",
        "scanf",
        "fprintf",
        "sprintf",
        "gets",
        "puts",
        "getchar",
        "putchar",
        "malloc",
        "free",
        "exit",
        "main",
    ]
)


def of_candidate(
    candidate: Candidate,
    price: Price | None,
    before: Health | None,
    after: Health | None,
    text: str,
    language: Language,
    n_tokens_away: int,
    fit: float = 0.0,
) -> dict[str, float]:
    """The features of one repair of `text`; `after` is the health of the text with it, `fit` how
    many lines more agree with the nesting by their indentation."""
    res = {"free": float(np.clip(candidate.free_bits, -20.0, 20.0)) / 10.0}
    removed, added = _classes(candidate, language)
    res[f"op {candidate.op}"] = 1.0
    res[f"{candidate.op} {removed} > {added}"] = 1.0
    if price is not None:
        res |= _of_price(price)
    if before is not None and after is not None:
        res |= _of_health(before, after)
    if fit:
        res |= hinge("layout fit", float(np.clip(fit, -6.0, 6.0)), (0.0,), 2.0)
    away = abs(n_tokens_away)
    res |= hinge("away", log2(away), (3.0,), 4.0)
    if n_tokens_away > 0:
        res["behind"] = min(n_tokens_away, 8) / 4.0
    if candidate.op == "insert" and candidate.added.strip():
        res |= _of_place(candidate, text)
    if language == "html":
        res |= _of_neighbours(candidate, text)
    return res


def _classes(candidate: Candidate, language: Language) -> tuple[str, str]:
    if language == "html" and candidate.op not in ("insert", "delete", "replace", "swap"):
        name = (candidate.removed or candidate.added).lower()
        return "tag", name if name in _FREQUENT_TAGS else "other"
    if candidate.op in ("indent", "respell"):
        return candidate.removed and "some", candidate.added and "some"
    return class_name(candidate.removed, language), class_name(candidate.added, language)


def _of_price(price: Price) -> dict[str, float]:
    gain = float(np.clip(price.gain, -30.0, 60.0))
    res = hinge("gain", gain, (0.0, 12.0, 30.0), 10.0)
    res |= hinge("saved", float(np.clip(price.saved, -30.0, 60.0)), (0.0, 12.0), 10.0)
    res["on signs"] = float(np.clip(price.on_signs, -30.0, 60.0)) / 10.0
    res["on text"] = float(np.clip(price.on_text, -30.0, 60.0)) / 10.0
    res["near"] = float(np.clip(price.near, -20.0, 40.0)) / 10.0
    res["added"] = min(price.added, 30.0) / 10.0
    res["removed"] = min(price.removed, 40.0) / 10.0
    return res


def _of_health(before: Health, after: Health) -> dict[str, float]:
    res = {"weight left": log2(after.weight) / 2.0}
    if after.weight == 0:
        res["clean"] = 1.0
    res["weight share"] = (before.weight - after.weight) / max(before.weight, 1)
    res["tree drop"] = float(np.clip(before.n_tree - after.n_tree, -3, 3))
    res["rules drop"] = float(np.clip(before.n_rules - after.n_rules, -3, 3))
    if before.n_tree_chars:
        share = (before.n_tree_chars - after.n_tree_chars) / before.n_tree_chars
        res["tree chars"] = float(np.clip(share, -1.0, 1.0))
    if before.n_compiler:
        if not after.n_compiler:
            res["compiles"] = 1.0
        elif after.compiler_at > before.compiler_at + 1:
            res["compiler goes on"] = 1.0
    return res


def _of_place(candidate: Candidate, text: str) -> dict[str, float]:
    """Where in its line something is inserted."""
    line_start = text.rfind("\n", 0, candidate.start) + 1
    line_end = text.find("\n", candidate.start)
    line_end = len(text) if line_end < 0 else line_end
    rest = text[candidate.start : line_end].strip()
    added = candidate.added if not candidate.added.isalnum() else "word"
    res: dict[str, float] = {}
    if not rest:
        res[f"at line end {added}"] = 1.0
    if not text[line_start : candidate.start].strip():
        res[f"at line start {added}"] = 1.0
    return res


def _of_neighbours(candidate: Candidate, text: str) -> dict[str, float]:
    """What stands next to an edit of a page, and whether it has its line for itself."""
    before, behind = text[: max(candidate.start, 0)], text[max(candidate.end, 0) :]
    own_line = not before.rpartition("\n")[2].strip() and not behind.partition("\n")[0].strip()
    res = {
        f"{candidate.op} behind {_kind_behind(before.rstrip())}": 1.0,
        f"{candidate.op} before {_kind_before(behind.lstrip())}": 1.0,
    }
    return res | ({f"{candidate.op} alone": 1.0} if own_line else {})


def _kind_behind(text: str) -> str:
    if not text.endswith(">"):
        return "text" if text else "nothing"
    return _kind_before(text[text.rfind("<") :])


def _kind_before(text: str) -> str:
    if not text.startswith("<"):
        return "text" if text else "nothing"
    return "end" if text.startswith("</") else "mark" if text.startswith("<!") else "start"


def of_nothing(
    text: str,
    language: Language,
    before: Health | None,
    n_better: int,
    hot_bits: float,
    reliable: bool,
    lines: list[str],
    n_clusters: int,
    whole: str,
) -> dict[str, float]:
    """The features of the text as it stands, for a cluster of problems.

    hot_bits  the greatest surprisal near the problems
    reliable  whether only a slip can make the parser stumble here
    lines       the lines on which the problems begin
    n_clusters  in the whole text: several slips are rarer than one macro used several times
    whole       that text
    """
    res = {"nothing": 1.0, "nothing candidates": log2(n_better)}
    res |= hinge("nothing bits", min(hot_bits, 24.0), (8.0,), 10.0)
    if not reliable:
        res["nothing unreliable"] = 1.0
    res["nothing clusters"] = log2(n_clusters - 1)
    if language == "c":
        res |= _of_macros(lines, whole)
    if before is not None:
        res["nothing weight"] = log2(before.weight)
        if not before.n_rules:
            res["nothing tree only"] = 1.0
        if before.n_compiler:
            res["nothing compiler"] = 1.0
        res["nothing lines"] = log2(text.count("\n")) / 4.0
    return res


def _of_macros(lines: list[str], whole: str) -> dict[str, float]:
    """Signs that a macro makes the parser stumble: capitals, and words that begin other lines too."""
    res: dict[str, float] = {}
    if any(_MACRO.search(line) for line in lines):
        res["nothing macro"] = 1.0
    firsts = {match[1] for line in lines if (match := _FIRST_WORD.match(line))}
    unknown = [word for word in firsts if word not in KEYWORDS["c"] and word not in _LIBRARY]
    if unknown:
        n_others = max(len(re.findall(rf"^\s*{word}\b", whole, re.MULTILINE)) for word in unknown)
        kind = "capitals" if any(word.isupper() for word in unknown) else "word"
        res[f"nothing repeated {kind}"] = log2(n_others - 1)
        res[f"nothing unknown {kind}"] = 1.0
    return res


def brace_mismatches(text: str) -> int:
    """How many lines of C are indented against the nesting of braces: closing braces on another
    column than their opener's line, and lines inside a block that stand no deeper than it."""
    res = 0
    stack: list[int] = []  # indentation of the lines that opened a block
    braces = [(m.start(1), m[1]) for m in BRACES.finditer(text) if m[1]]
    at = 0
    idx = 0
    for line in text.split("\n"):
        bare = line.strip()
        width = len(line[: len(line) - len(line.lstrip())].expandtabs(8))
        end = at + len(line)
        if bare.startswith("}"):
            res += bool(not stack or stack[-1] != width)
        elif stack and bare and bare[0] not in "#{/*" and not bare.endswith(":"):
            res += width <= stack[-1]
        elif not stack and bare and bare[0] not in "#{/*" and not bare.endswith(":"):
            res += width > 0
        while idx < len(braces) and braces[idx][0] <= end:
            if braces[idx][1] == "{":
                stack.append(width)
            elif stack:
                stack.pop()
            idx += 1
        at = end + 1
    return res


def near(hot: npt.NDArray[np.int64], place: int) -> int:
    """Tokens from the nearest suspect to a place; negative before it."""
    if not len(hot):
        return 0
    away = place - hot
    return int(away[np.abs(away).argmin()])
