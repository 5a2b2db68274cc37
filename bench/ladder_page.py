"""The ladder as a page of Markdown and as one picture. Knows the numbers of ladder.json and matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Rung = dict[str, Any]

LIMIT_MB = 100  # of memory, within which one at least shall run
LANGUAGES = (("c", "C"), ("html", "HTML"), ("python", "Python"))
FAMILIES = {
    "bfloat16": ("bfloat16", "#1f4e79", "o"),
    "rounded": ("rounded after training", "#c05a1c", "s"),
    "trained": ("trained in few bits", "#2e7d32", "D"),
}


def mean_bits(rung: Rung) -> float:
    """Bits per byte, every language counting as much as any other."""
    per_byte: dict[str, float] = rung["quality"]["bits_per_byte"]
    return sum(per_byte.values()) / len(per_byte)


def exact_share(rung: Rung) -> float:
    """Of the slips, those that the first repair takes back."""
    counts = rung["quality"]["exact"].values()
    return float(sum(exact for exact, _ in counts) / max(1, sum(n_all for _, n_all in counts)))


# --- The page ---------------------------------------------------------------------------------------------------------


def page(report: dict[str, Any]) -> str:
    about, rungs = report["about"], report["rungs"]
    sample = about["sample"]
    n_bytes = ", ".join(
        f"{name} {sample['bytes'][key] / 1e3:.0f} kB"
        for key, name in LANGUAGES
        if key in sample["bytes"]
    )
    lines = [
        "# The ladder: what each constraint costs",
        "",
        f"`{about['command']}`, {about['date']}; {about['machine']}, load {about['load']} at the start.",
        "",
        "![Bits per byte against megabytes, and what each model costs](ladder.png)",
        "",
        f"Bits per byte are of held-out validation projects ({n_bytes}), in float32. Repaired: of",
        f"{sample['slips']} slips of people (the {sample['part']} part), those that the first repair takes back, counted as",
        "in `bench.accuracy`, parser and all. Milliseconds are processor time of one thread for 1,000 tokens of",
        "one C file of 209 lines, surprisal and entropy of each, the best of some rounds over all models. Memory is",
        "the most that `lm-lint FILE` took for that file with a slip in it: Python, numpy, parser, weights and all;",
        "torch has no part in it.",
        "",
        "| | parameters | MB | C | HTML | Python | repaired | ms, numpy | ms, torch | memory, MB |",
        "|---|" + "--:|" * 9,
        *(_row(rung) for rung in rungs),
        "",
        *_vocabularies(rungs),
        *_groups(rungs),
        *_origins(rungs),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _row(rung: Rung) -> str:
    per_byte = rung["quality"]["bits_per_byte"]
    cells = [f"{per_byte[key]:.4f}" if key in per_byte else "" for key, _ in LANGUAGES]
    cost = rung["cost"]
    cells.append(f"{exact_share(rung):.1%}")
    cells += [_number(cost["ms_per_1000"].get(way)) for way in ("light", "torch")]
    cells.append(_number(cost["memory_mb"] or None))
    size = f"{rung['n_parameters'] / 1e6:.2f} M | {rung['megabytes']:.2f}"
    return f"| {rung['name']} | {size} | {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _vocabularies(rungs: Sequence[Rung]) -> list[str]:
    """A smaller vocabulary needs more tokens for a text, so milliseconds for a kilobyte are told where they differ."""
    costs = [rung["cost"] for rung in rungs if rung["cost"]["ms_per_kb"]]
    lengths = [cost["ms_per_1000"]["light"] / cost["ms_per_kb"]["light"] for cost in costs]
    if not costs or max(lengths) < 1.02 * min(lengths):
        return []
    each = ", ".join(f"{rung['name']} {rung['cost']['ms_per_kb']['light']:.1f}" for rung in rungs)
    return [
        f"Vocabularies differ, so milliseconds for a kilobyte of that file (numpy): {each}.",
        "",
    ]


def _groups(rungs: Sequence[Rung]) -> list[str]:
    groups = rungs[0]["quality"]["exact"]
    return [
        "| repaired | " + " | ".join(f"{group} ({n})" for group, (_, n) in groups.items()) + " |",
        "|---|" + "--:|" * len(groups),
        *(
            f"| {rung['name']} | "
            + " | ".join(f"{n_exact / n:.1%}" for n_exact, n in rung["quality"]["exact"].values())
            + " |"
            for rung in rungs
        ),
        "",
    ]


def _origins(rungs: Sequence[Rung]) -> list[str]:
    res = ["| | weights | trained | ranking |", "|---|---|---|---|"]
    for rung in rungs:
        training = rung["training"]
        seen = ""
        if training:
            seen = (
                f"{training['minutes']:.0f} minutes, {training['tokens_seen'] / 1e6:.1f} M tokens"
            )
        family = FAMILIES[rung["family"]][0]
        res.append(
            f"| {rung['name']} | `{rung['sha256'][:12]}`, {family} | {seen} | {rung['ranking']} |"
        )
    return [*res, ""]


# --- The picture ------------------------------------------------------------------------------------------------------


def draw(rungs: Sequence[Rung], path: Path) -> None:
    """Bits against megabytes, and beside it what is repaired, milliseconds and memory of each rung."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    by_size = sorted(rungs, key=lambda rung: -rung["megabytes"])
    figure = Figure(figsize=(14, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    bits, repaired, speed, memory = figure.subplots(1, 4, width_ratios=(3.4, 1, 1, 1))
    draw_bits(bits, by_size)
    milliseconds = [rung["cost"]["ms_per_1000"].get("light", 0.0) for rung in by_size]
    _bars(repaired, by_size, [100 * exact_share(r) for r in by_size], "slips repaired, %")
    _bars(speed, by_size, milliseconds, "ms for 1,000 tokens,\none core, numpy")
    _bars(memory, by_size, [r["cost"]["memory_mb"] for r in by_size], "memory of the\ncommand, MB")
    memory.axvline(LIMIT_MB, color="grey", linestyle=":", linewidth=1, zorder=0)
    repaired.set_yticks(range(len(by_size)), [rung["name"] for rung in by_size], fontsize=9)
    # Names find their places when everything else has its own.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    write_names(bits, by_size)
    figure.savefig(path, dpi=120)


def draw_bits(ax: Axes, rungs: Sequence[Rung]) -> None:
    smallest, largest = min(r["megabytes"] for r in rungs), max(r["megabytes"] for r in rungs)
    ax.set_xscale("log")
    ticks = [tick for tick in (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64) if tick < 2 * largest]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlim(smallest / 1.4, largest * 3.2)  # room for the names
    heights = [mean_bits(rung) for rung in rungs]
    room = 0.08 * (max(heights) - min(heights)) + 0.01
    ax.set_ylim(min(heights) - room, max(heights) + room)
    for family, (label, colour, marker) in FAMILIES.items():
        mine = [rung for rung in rungs if rung["family"] == family]
        x, y = [r["megabytes"] for r in mine], [mean_bits(r) for r in mine]
        if mine:
            ax.plot(x, y, marker, color=colour, label=label, markersize=7, ls="none")
    ax.set_xlabel("size of the weights, MB")
    ax.set_ylabel("bits per byte of held-out text, mean of C, HTML and Python")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=9, loc="upper right")


_SIDES = tuple((right, up) for up in (0, 1, -1, 2.4, -2.4, 3.8, -3.8) for right in (1, -1))


def write_names(ax: Axes, rungs: Sequence[Rung]) -> None:
    """A name beside each point, on the first side where it covers no other name and no point; with a line to the point
    where it had to move away."""
    from matplotlib.transforms import Bbox, offset_copy

    places = [(rung["megabytes"], mean_bits(rung)) for rung in rungs]
    points = [ax.transData.transform(place) for place in places]
    taken = [Bbox.from_bounds(x - 7, y - 7, 14, 14) for x, y in points]
    for rung, place, (x, y) in zip(rungs, places, points, strict=True):
        style: dict[str, Any] = {"fontsize": 9, "color": FAMILIES[rung["family"]][1]}
        for right, up in _SIDES:
            shift = (8 * right, 10 * up)
            style |= {"ha": "left" if right > 0 else "right", "va": "center"}
            moved = offset_copy(ax.transData, ax.figure, *shift, units="points")
            text = ax.text(*place, rung["name"], transform=moved, **style)
            box = text.get_window_extent()
            text.remove()
            others = (each for each in taken if not each.contains(x, y))
            if box.x0 > ax.bbox.x0 and not any(box.overlaps(each) for each in others):
                break
        line = {"arrowstyle": "-", "color": style["color"], "lw": 0.6} if abs(up) > 1 else None
        ax.annotate(
            rung["name"], place, shift, textcoords="offset points", arrowprops=line, **style
        )
        taken.append(box)


def _bars(ax: Axes, rungs: Sequence[Rung], values: Sequence[float], title: str) -> None:
    """A bar for each rung, the largest on top."""
    colours = [FAMILIES[rung["family"]][1] for rung in rungs]
    bars = ax.barh(range(len(rungs)), values, color=colours, height=0.6, alpha=0.8)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    labels = [f"{value:.0f}" for value in values]
    ax.bar_label(bars, labels, fontsize=8, padding=4, bbox=white)
    ax.set_xlim(0, 1.25 * max([*values, 1.0]))
    ax.set_yticks([])
    ax.invert_yaxis()
    ax.set_title(title, fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
