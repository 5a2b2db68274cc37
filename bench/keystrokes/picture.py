"""Milliseconds against lines, a panel for each language. Knows matplotlib and rows."""

from __future__ import annotations

from pathlib import Path

from bench.keystrokes import figures
from bench.keystrokes.page import NAMES
from bench.keystrokes.replay import Row
from lm_lint.text import LANGUAGES

_MARKERS = "osD^vP*X"


def draw(rows: list[Row], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [row for row in rows if row.mode == "single"]
    languages = [language for language in LANGUAGES if any(r.language == language for r in rows)]
    if not languages:
        return
    figure = Figure(figsize=(5 * len(languages), 4.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(languages), squeeze=False, sharey=True)[0]
    names = sorted({row.server for row in rows})
    for ax, language in zip(panels, languages, strict=True):
        for i, name in enumerate(names):
            its = [row for row in rows if (row.language, row.server) == (language, name)]
            found = {n: figures.of(v) for n, v in figures.groups(its, lambda r: r.n_lines).items()}
            sizes = sorted(n for n, f in found.items() if f.p50_ms is not None)
            if not sizes:
                continue
            style = {"color": f"C{i}", "marker": _MARKERS[i % len(_MARKERS)], "markersize": 5}
            ax.plot(sizes, [found[n].p95_ms for n in sizes], label=name, **style)
            ax.plot(sizes, [found[n].p50_ms for n in sizes], linestyle=":", **style)
        ax.set(title=NAMES[language], xlabel="lines", xscale="log", yscale="log")
        shown = sorted({row.n_lines for row in rows if row.language == language})
        ax.set_xticks(shown, [f"{n:,}" for n in shown])
        ax.set_xticks([], minor=True)
        ax.grid(alpha=0.3)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize=8)
    panels[0].set_ylabel("ms from keystroke to diagnostics\np95 (solid) and p50 (dotted)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
