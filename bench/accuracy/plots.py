"""The curves as pictures, a panel for each language. Knows matplotlib and the numbers of curves.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.accuracy.figures import NAMES
from lm_lint.text import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "osD^vP*Xhp"
Draw = Callable[["Axes", dict[str, Any]], None]


def draw_all(curves: dict[Language, Any], out: Path, name: str) -> list[Path]:
    pictures: tuple[tuple[str, Draw, str, str], ...] = (
        (
            "precision-recall",
            _precision_recall,
            "recall: slips with a right finding",
            "precision: findings that are right",
        ),
        (
            "precision-coverage",
            _precision_coverage,
            "coverage: files with a slip it speaks of",
            "precision: first finding is right",
        ),
        ("reliability", _reliability, "confidence", "findings that are right"),
    )
    return [
        _picture(curves, out / f"{name}.{kind}.png", draw, x_label, y_label)
        for kind, draw, x_label, y_label in pictures
    ]


def _picture(
    curves: dict[Language, Any], path: Path, draw: Draw, x_label: str, y_label: str
) -> Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * max(1, len(curves)), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, max(1, len(curves)), squeeze=False)[0]
    for ax, language in zip(axes, sorted(curves), strict=False):
        draw(ax, curves[language])
        ax.set(title=NAMES[language], xlabel=x_label, ylabel=y_label)
        ax.set(xlim=(0, 1.02), ylim=(0, 1.02))
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=8, loc="lower left")
    figure.savefig(path, dpi=120)
    return path


def _precision_recall(ax: Axes, curves: dict[str, Any]) -> None:
    for name, each in curves["ours"].items():
        points = each["precision_recall"]
        ax.plot([p["recall"] for p in points], [p["precision"] for p in points], label=name)
    for marker, (name, point) in zip(_MARKERS, curves["rivals"].items(), strict=False):
        ax.plot([point["recall"]], [point["precision"]], marker, label=name)


def _precision_coverage(ax: Axes, curves: dict[str, Any]) -> None:
    for name, each in curves["ours"].items():
        points = each["precision_coverage"]
        ax.plot([p["coverage"] for p in points], [p["precision"] for p in points], label=name)


def _reliability(ax: Axes, curves: dict[str, Any]) -> None:
    ax.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    for name, each in curves["ours"].items():
        bins = each["reliability"]
        error = each["expected_calibration_error"]
        label = name if error is None else f"{name}, error {error:.3f}"
        ax.plot(
            [b["confidence"] for b in bins], [b["right"] for b in bins], marker="o", label=label
        )
        for b in bins:
            ax.annotate(f"{b['findings']}", (b["confidence"], b["right"]), fontsize=6, alpha=0.7)
