"""What heads are worth: accuracy, area under the curve and F1 of each, and the page that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.heads import DEEPEST, IN_LANGUAGE, SAID, YES_OR_NO, Objective, n_answers
from lm_lint.text import Language
from models import probing, spoiling
from models.evaluate import NAMES
from models.head_texts import Part

WHO = ("commonest", "untrained", "linear", "heads")
SORTS = ("clean", "broken")


@dataclass(frozen=True)
class Figures:
    """What a head is worth; None where the question makes no sense."""

    accuracy: float
    auc: float | None = None
    f1: float | None = None


def figures(said: npt.NDArray[np.float32], part: Part) -> dict[Objective, Figures]:
    """What answers (N, answers), logits, are worth; a yes from a probability of one half on."""
    res, at = dict[Objective, Figures](), 0
    for name, y in part.known.items():
        own = said[:, at : at + n_answers(name)]
        at += own.shape[1]
        if name not in YES_OR_NO:
            res[name] = Figures(float((own.argmax(1) == y).mean()))
            continue
        yes = own[:, 0] > 0
        n_right, n_both = int((yes & (y == 1)).sum()), int(yes.sum()) + int(y.sum())
        has_both = 0 < y.sum() < len(y)
        res[name] = Figures(
            float((yes == y).mean()),
            probing.auc(own[:, 0], y.astype(np.float64)) if has_both else None,
            2 * n_right / n_both if y.any() else None,
        )
    return res


def commonest(part: Part, n_places: int) -> npt.NDArray[np.float32]:
    """What is said by who always answers what is commonest in a part: (places, answers) logits."""
    row: list[float] = []
    for name, y in part.known.items():
        if name in YES_OR_NO:
            row.append(1.0 if y.mean() > 0.5 else -1.0)
        else:
            row += (np.arange(DEEPEST + 1) == np.bincount(y).argmax()).astype(float).tolist()
    return np.tile(np.array(row, dtype=np.float32), (n_places, 1))


@dataclass(frozen=True)
class Measured:
    """Figures of one language, by who answers ("commonest", "untrained", "linear", "heads") and by sort of text."""

    language: Language
    n_fit: int
    n_test: int
    shares: dict[Objective, float]
    of: dict[tuple[str, str], dict[Objective, Figures]]


def page(rows: Sequence[Measured], facts: Mapping[str, Any], command: str) -> str:
    """The figures in Markdown."""
    who = [each for each in WHO if any((each, SORTS[0]) in row.of for row in rows)]
    lines = [
        "# Heads that say what a token is",
        "",
        f"`{command}`, weights `{facts['model_sha256'][:12]}`, {facts['n_bytes'] / 1000:,.0f} kB of heads. Fitted to "
        f"projects of the training part ({', '.join(f'{NAMES[row.language]} {row.n_fit:,}' for row in rows)} tokens, "
        "half of the texts with slips made in them), chosen by projects of the validation part, measured on those of "
        "the test part. The network is as it was, so its bits per byte are, too.",
        "",
        "- **Clean** text, and the same documents **broken** by one to "
        f"{spoiling.MOST_SLIPS} slips each, which count by what the text was before.",
        "- **Commonest** always gives the answer that was commonest in what was fitted to; its AUC is 0.5 and its F1 0.",
        "- **Untrained** is the same heads on a network of the same shape with fresh weights.",
        "- **Linear** is a probe on the same cells without a recurrence of its own.",
        "- **Heads** is what the model's folder holds. A yes is a probability of one half or more; a depth counts where "
        f"it is exact, and from {DEEPEST} on it is {DEEPEST}.",
        "",
        "| | | " + " | ".join(f"{sort}: {each}" for sort in SORTS for each in who) + " |",
        "|---|---|" + "--:|" * (len(who) * len(SORTS)),
    ]
    for row in rows:
        for name in IN_LANGUAGE[row.language]:
            about = f"{NAMES[row.language]}: {SAID[name]}"
            if name in YES_OR_NO:
                about += f" ({row.shares[name]:.1%} of {row.n_test:,})"
            for said, of in (("accuracy", "accuracy"), ("AUC", "auc"), ("F1", "f1")):
                told = [
                    getattr(row.of[each, sort][name], of) if (each, sort) in row.of else None
                    for sort in SORTS
                    for each in who
                ]
                if any(figure is not None for figure in told):
                    cells = ["" if figure is None else f"{figure:.3f}" for figure in told]
                    lines.append(f"| {about} | {said} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
