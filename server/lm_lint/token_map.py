"""The tokens of a model as points of a plane: those that the network takes for alike lie close together.

The embedding has as many dimensions as the network is wide; t-SNE (van der Maaten and Hinton 2008) keeps neighbours
neighbours. Needs the extra `inspect`: scikit-learn and matplotlib.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lm_lint.html_names import KNOWN
from lm_lint.lexemes import KEYWORDS
from lm_lint.light import rms_norm
from lm_lint.light_scorer import LightScorer
from lm_lint.tokens import SPECIALS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = npt.NDArray[np.float32]

# Of a token by its text, the first that fits; with the colours that they are drawn in (after Okabe and Ito).
KINDS = {
    "keyword of C": "#0072b2",
    "keyword of Python": "#d5a400",
    "keyword of both": "#009e73",
    "name of an HTML tag": "#d55e00",
    "number": "#cc79a7",
    "punctuation": "#111111",
    "blanks and line breaks": "#56b4e9",
    "word with a capital": "#8c8c8c",
    "word": "#c9c9c9",
    "piece of a character": "#7a4a21",
}
LABELLED = (
    " int", " char", " struct", " void", " return", " if", " else", " while", " for", " def", " self", " import",
    " class", " True", " None", "div", "span", "td", "tr", "li", "ul", "href", "script", "{", "}", "(", ")", "[", "]",
    ";", ",", "\n", "\n    ", "\n        ", "\n\t", "\n\t\t", "0", "1", "10", "255", "==", "printf", " the", " is", "NULL",
)  # fmt: skip


_LABEL_ROOM = 0.02  # of the picture, between two labels


def kind_of(text: str) -> str:
    """One of KINDS."""
    bare = text.strip()
    if not bare:
        return "blanks and line breaks"
    is_c, is_python = bare in KEYWORDS["c"], bare in KEYWORDS["python"]
    if is_c or is_python:
        return (
            "keyword of both" if is_c and is_python else f"keyword of {'C' if is_c else 'Python'}"
        )
    if bare in KNOWN:
        return "name of an HTML tag"
    if bare.isascii() and bare.isdigit():
        return "number"
    if "\ufffd" in bare:
        return "piece of a character"
    if not any(character.isalnum() for character in bare):
        return "punctuation"
    return "word" if bare == bare.lower() else "word with a capital"


def placed(vectors: Points, seed: int) -> Points:
    """(V, D) -> (V, 2): tokens that point in about the same direction lie close together."""
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(vectors) - 1) / 3)
    tsne = TSNE(metric="cosine", init="pca", perplexity=perplexity, random_state=seed)
    res: Points = tsne.fit_transform(vectors)
    return res


def draw(scorer: LightScorer, out: Path, seed: int = 0) -> None:
    """A picture of all tokens. Raises ModuleNotFoundError where a library is not there, and OSError.

    out  its suffix says of which format: .png, .svg or .pdf
    """
    import matplotlib
    import sklearn.manifold  # noqa: F401 - before minutes are spent
    from matplotlib.figure import Figure

    n_tokens = scorer.tokenizer.vocab_size
    texts = [scorer.tokenizer.text_of(token) for token in range(len(SPECIALS), n_tokens)]
    vectors = scorer.release.network.embedding[len(SPECIALS) :]
    points = placed(rms_norm(vectors), seed)
    with matplotlib.rc_context({"font.family": "sans-serif", "svg.fonttype": "none"}):
        figure = Figure(figsize=(11, 9), layout="constrained")
        axes = figure.add_subplot()
        _scatter(axes, points, texts)
        figure.savefig(out, dpi=140)


def _scatter(axes: Axes, points: Points, texts: Sequence[str]) -> None:
    kinds = np.array([kind_of(text) for text in texts])
    # The many words first, so that what is rare lies above them.
    for kind in sorted(KINDS, key=lambda each: -int((kinds == each).sum())):
        own = points[kinds == kind]
        size = 6 if kind.startswith("word") else 16
        axes.scatter(
            own[:, 0],
            own[:, 1],
            s=size,
            color=KINDS[kind],
            label=f"{kind} ({len(own)})",
            linewidths=0,
        )
    _label(axes, points, texts)
    axes.set_axis_off()
    axes.legend(loc="lower center", ncols=5, bbox_to_anchor=(0.5, -0.09), frameon=False, fontsize=9)


def _label(axes: Axes, points: Points, texts: Sequence[str]) -> None:
    """The names of some; one that would lie over another is left out."""
    known = {text: at for at, text in enumerate(texts)}
    room = float(np.ptp(points, axis=0).max()) * _LABEL_ROOM
    placed_at: list[Points] = []
    for text in LABELLED:
        point = points[known[text]] if text in known else None
        if point is None or any(np.abs(point - other).max() < room for other in placed_at):
            continue
        placed_at.append(point)
        shown = text.strip() or text.replace("\n", "↵").replace("\t", "⇥").replace("    ", "␣4")
        axes.annotate(
            shown,
            point,
            xytext=(0, 4),
            textcoords="offset points",
            fontsize=10,
            weight="bold",
            ha="center",
            va="bottom",
            bbox={"boxstyle": "round,pad=0.12", "fc": "#ffffffd0", "ec": "none"},
        )
