"""Pictures for choosing: the cloud of torchvision's classifiers under a budget, and seconds against operations."""

import math
import statistics
from collections.abc import Mapping, Sequence

from lib.architectures import Classifier, choose_backbone, pareto_front
from lib.plot_style import FAINT, INK, SMALL, SOFT, Canvas, Picture, in_style, legible, look, new_axes
from lib.results import Recorded

_KINDS = {0.0: "without depthwise convolutions", 1.0: "with depthwise convolutions"}


@in_style
def budget_picture(
    table: Sequence[Classifier], max_parameters: float = math.inf, max_gflops: float = math.inf
) -> Picture:
    """Accuracy against operations of all classifiers: what a budget allows, its Pareto front, and the best of it.

    Limits are inclusive. Raises ValueError where nothing in `table` fits, and for a limit that is not above 0.
    """
    best = choose_backbone(table, max_parameters, max_gflops)
    fitting = [row for row in table if row.parameters <= max_parameters and row.gflops <= max_gflops]
    front = [fitting[i] for i in pareto_front([r.gflops for r in fitting], [r.accuracy for r in fitting])]
    budget = _budget_in_words(max_parameters, max_gflops)
    title = f"The best network for {budget}: {best.name}"
    note = f"blue: the {len(fitting)} of {len(table)} within the budget; line: their Pareto front; ★ the best"
    figure, axes = new_axes(3.7, title, "operations for one image (GFLOP)", "top-1 accuracy (%)", note)
    axes.set_xscale("log")
    axes.plot([r.gflops for r in table], [100 * r.accuracy for r in table], "o", color=FAINT, markersize=6)
    axes.plot(
        [r.gflops for r in fitting], [100 * r.accuracy for r in fitting], "o", color=look("", 0).colour, alpha=0.55
    )
    _draw_front(axes, front, best)
    if math.isfinite(max_gflops):
        axes.axvline(max_gflops, color=SOFT, linewidth=1, linestyle=":")
    axes.set(xlim=(0.025, 2000), ylim=(54, 91.5))
    axes.set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1000"])
    names = ", ".join(f"{row.name} ({row.gflops:.3g} GFLOP, {100 * row.accuracy:.1f} %)" for row in front)
    return Picture(figure, f"{title}. {len(fitting)} of {len(table)} networks fit. Their Pareto front: {names}.")


@in_style
def seconds_picture(
    recorded: Recorded, title: str, *, live: Mapping[str, tuple[float, float]] | None = None
) -> Picture:
    """Processor time of one image against operations, on two logarithmic axes, with a line of equal speed.

    recorded: a table with columns name, depthwise (0 or 1), gflops and seconds. live: name → (gflops, seconds),
    measured just now. The line is the median speed of the networks without depthwise convolutions. Raises ValueError
    where there are none.
    """
    points = {
        kind: list(zip(_column(recorded, kind, "gflops"), _column(recorded, kind, "seconds"), strict=True))
        for kind in _KINDS
    }
    if not points[0.0]:
        raise ValueError("recorded: expected networks without depthwise convolutions, got none")
    speeds = {kind: statistics.median(g / s for g, s in found) for kind, found in points.items() if found}
    note = f"line: {speeds[0.0]:.0f} GFLOP a second" + "; ★ measured just now" * bool(live)
    figure, axes = new_axes(3.7, title, "operations for one image (GFLOP)", "processor time for one image (s)", note)
    axes.set(xscale="log", yscale="log")
    ends = [0.03, 25]
    axes.plot(ends, [end / speeds[0.0] for end in ends], color=SOFT, linewidth=1)
    for position, (kind, found) in enumerate(points.items()):
        style = look("", position)
        axes.plot(
            *zip(*found, strict=True), style.marker, color=style.colour, markersize=6, alpha=0.8, label=_KINDS[kind]
        )
    for gflops, seconds in (live or {}).values():
        axes.plot(gflops, seconds, "*", color=INK, markersize=13)
    axes.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axes.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes.legend(loc="upper left", frameon=False, fontsize=SMALL, handletextpad=0.2, borderpad=0)
    said = "; ".join(f"{len(points[kind])} {_KINDS[kind]}, median {speed:.0f}" for kind, speed in speeds.items())
    said += "".join(f"; measured just now: {name} {s:.2g} s for {g:.2g} GFLOP" for name, (g, s) in (live or {}).items())
    return Picture(figure, f"{title} GFLOP a second of processor time: {said}.")


def _draw_front(axes: Canvas, front: Sequence[Classifier], best: Classifier) -> None:
    colour = look("", 1).colour
    axes.plot(
        [r.gflops for r in front], [100 * r.accuracy for r in front], "-o", color=colour, markersize=5, linewidth=2
    )
    axes.plot(best.gflops, 100 * best.accuracy, "*", color=colour, markersize=19, markeredgecolor=INK, zorder=5)
    words = f"{100 * best.accuracy:.1f} %\n{_short(best.parameters / 1e6)} M parameters\n{_short(best.gflops)} GFLOP"
    axes.text(
        0.98, 0.04, f"{best.name}\n{words}", transform=axes.transAxes, ha="right", va="bottom", color=legible(colour),
        fontweight="bold", fontsize=SMALL,
    )  # fmt: skip


def _budget_in_words(max_parameters: float, max_gflops: float) -> str:
    limits = [f"{max_gflops:g} GFLOP"] if math.isfinite(max_gflops) else []
    limits += [f"{max_parameters / 1e6:g} million parameters"] if math.isfinite(max_parameters) else []
    return " and ".join(limits) or "any budget"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _column(recorded: Recorded, kind: float, column: str) -> list[float]:
    return recorded.values(column, depthwise=kind)
