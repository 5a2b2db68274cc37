"""How well single cells, and linear probes over a layer, say a property of a place. Arrays in, figures out.

A probe is fitted to one part of the text and measured on another (Alain and Bengio 2016, arXiv 1610.01644).

N places, C cells.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.float64]

DEEPEST = 12  # classes of depth: what is deeper counts as so deep
_PARTS = 32  # of the values of a cell, each as frequent as any other
_PENALTY = 1000.0  # of the ridge regression, on standardized columns


@dataclass(frozen=True)
class Figures:
    """What one cell or probe is worth on text that it was not fitted to; None where the question makes no sense.

    auc       of a yes or no: how often a place of yes has the higher value than one of no
    r2        of a number: the share of its variance that is explained
    accuracy  of a yes or no, or of the exact depth
    """

    auc: float | None = None
    r2: float | None = None
    accuracy: float | None = None

    @property
    def measure(self) -> str:
        return "R2" if self.auc is None else "AUC"

    @property
    def score(self) -> float:
        res = self.r2 if self.auc is None else self.auc
        assert res is not None, self
        return res


def is_yes_or_no(y: Labels) -> bool:
    return bool(np.isin(y, (0.0, 1.0)).all())


def chance(fit: Labels, test: Labels, is_exact: bool) -> Figures:
    """Always the commonest answer of the part that was fitted to. is_exact: its exact value is asked for."""
    if is_yes_or_no(fit):
        return Figures(auc=0.5, accuracy=float((test == round(float(fit.mean()))).mean()))
    if not is_exact:
        return Figures(r2=0.0)
    commonest = int(np.bincount(_depths(fit)).argmax())
    return Figures(r2=0.0, accuracy=float((_depths(test) == commonest).mean()))


def auc(values: Floats, y: Labels) -> float:
    """How often the value of a yes is above that of a no, ties as a half. (N,), (N,); both answers must occur."""
    order = np.argsort(values, kind="stable")
    _, first, counts = np.unique(values[order], return_index=True, return_counts=True)
    ranks = np.empty(len(values))
    ranks[order] = np.repeat(first + (counts + 1) / 2, counts)
    n_yes = float(y.sum())
    n_no = len(y) - n_yes
    return float((ranks[y == 1].sum() - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


def cell_scores(x: Floats, y: Labels) -> npt.NDArray[np.float64]:
    """How well each cell alone says it: AUC either way round, or R2 of a line. (N, C), (N,) -> (C,) from 0 to 1."""
    if is_yes_or_no(y):
        found = np.array([auc(column, y) for column in x.T])
        return np.maximum(found, 1 - found)
    return correlations(x, y) ** 2


def correlations(x: Floats, y: Labels) -> npt.NDArray[np.float64]:
    """(N, C), (N,) -> (C,), 0 for a cell that never changes."""
    centred, target = x - x.mean(0), y - y.mean()
    scale = np.sqrt((centred.astype(np.float64) ** 2).sum(0) * (target**2).sum())
    found = target @ centred
    return np.divide(found, scale, out=np.zeros(len(scale)), where=scale > 0)


def threshold(values: Floats, y: Labels) -> tuple[float, int]:
    """The value that parts yes from no with the fewest mistakes, both counted as often as each other; and the sign of yes."""
    order = np.argsort(values, kind="stable")
    sorted_values, yes = values[order].astype(np.float64), y[order]
    share_yes, share_no = np.cumsum(yes) / yes.sum(), np.cumsum(1 - yes) / (1 - yes).sum()
    gain = share_no - share_yes  # of "yes is above", cut behind each value
    gain[:-1][sorted_values[:-1] == sorted_values[1:]] = 0.0  # no cut between equal values
    at = int(np.abs(gain[:-1]).argmax())
    return float((sorted_values[at] + sorted_values[at + 1]) / 2), 1 if gain[at] > 0 else -1


def of_cell(fit: tuple[Floats, Labels], test: tuple[Floats, Labels], is_exact: bool) -> Figures:
    """What one cell is worth, (N,) values and labels of both parts."""
    (x, y), (x_test, y_test) = fit, test
    if is_yes_or_no(y):
        sign = 1 if auc(x, y) >= 0.5 else -1
        answers = _table(x, y.astype(np.int64), x_test)
        return Figures(
            auc=auc(np.float32(sign) * x_test, y_test), accuracy=float((answers == y_test).mean())
        )
    slope, constant = np.polyfit(x.astype(np.float64), y, 1)
    r2 = _r2(slope * x_test + constant, y_test)
    if not is_exact:
        return Figures(r2=r2)
    answers = _table(x, _depths(y), x_test)
    return Figures(r2=r2, accuracy=float((answers == _depths(y_test)).mean()))


def of_probe(fit: tuple[Floats, Labels], test: tuple[Floats, Labels], is_exact: bool) -> Figures:
    """What a linear probe over some cells is worth, (N, C) values and labels of both parts."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.preprocessing import StandardScaler

    (x, y), (x_test, y_test) = fit, test
    scaler = StandardScaler().fit(x)
    x, x_test = scaler.transform(x), scaler.transform(x_test)
    logistic = LogisticRegression(max_iter=200, tol=1e-3, C=0.1)
    with warnings.catch_warnings():
        # Where it has not quite arrived it is a little worse than it might be, and no more.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if is_yes_or_no(y):
            logistic.fit(x, y)
            said = logistic.decision_function(x_test)
            return Figures(auc=auc(said, y_test), accuracy=float(((said > 0) == y_test).mean()))
        r2 = _r2(Ridge(_PENALTY).fit(x, y).predict(x_test), y_test)
        if not is_exact:
            return Figures(r2=r2)
        answers = logistic.fit(x, _depths(y)).predict(x_test)
    return Figures(r2=r2, accuracy=float((answers == _depths(y_test)).mean()))


def _depths(y: Labels) -> npt.NDArray[np.int64]:
    return np.minimum(y, DEEPEST).astype(np.int64)


def _table(x: Floats, classes: npt.NDArray[np.int64], x_test: Floats) -> npt.NDArray[np.int64]:
    """The commonest class among the fitted places with about the same value."""
    borders = np.unique(np.quantile(x, np.arange(1, _PARTS) / _PARTS))
    counts = np.zeros((len(borders) + 1, int(classes.max()) + 1), dtype=np.int64)
    np.add.at(counts, (borders.searchsorted(x, "right"), classes), 1)
    return counts.argmax(1)[borders.searchsorted(x_test, "right")]


def _r2(said: npt.NDArray[np.floating[npt.NBitBase]], y: Labels) -> float:
    return float(1 - ((said - y) ** 2).sum() / ((y - y.mean()) ** 2).sum())
