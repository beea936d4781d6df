"""Pictures of networks: what their error rates are rates of, where their numbers lie, and what depth does to them."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.depth import KINDS
from lib.network_costs import StageCost
from lib.plot_style import (
    INK,
    SMALL,
    SOFT,
    Canvas,
    Picture,
    in_style,
    label_ends,
    legible,
    look,
    new_axes,
    new_figure,
)
from lib.results import Recorded

_MARKS = {"several networks": "D", "one network, as published": "o", "one network, torchvision's weights": "s"}


@in_style
def error_rates_picture(rates: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> Picture:
    """One row a network, one mark a number: name → kind of number (`lib.milestones.error_rates`) → errors in [0, 1].

    Raises ValueError where there is nothing to draw, or an unknown kind.
    """
    if not rates or any(kind not in _MARKS for kinds in rates.values() for kind in kinds):
        raise ValueError(f"rates: expected kinds among {', '.join(_MARKS)}, got {dict(rates)}")
    figure, axes = new_axes(0.7 + 0.72 * len(rates), title, "top-5 error on ImageNet (%)", "")
    for row, kinds in enumerate(rates.values()):
        every = [100 * error for errors in kinds.values() for error in errors]
        axes.barh(row, max(every) - min(every), 0.84, min(every), color="#f2f2f2", zorder=0)
        for position, kind in enumerate(_MARKS):
            _draw_errors(axes, row + 0.27 * (position - 1), kind, sorted(kinds.get(kind, ())))
    axes.set_yticks(range(len(rates)), list(rates))
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 24), ylim=(len(rates) - 0.5, -0.5))
    _name_marks(axes)
    said = "; ".join(f"{name}: {_rates_in_words(kinds)}" for name, kinds in rates.items())
    return Picture(figure, f"{title} Top-5 error in per cent. {said}.")


@in_style
def stage_costs_picture(costs: Sequence[StageCost], title: str) -> Picture:
    """Two bars a stage: its share of the network's parameters, and of its operations for one image.

    Raises ValueError for no stage, or for a network without parameters or operations.
    """
    totals = sum(cost.parameters for cost in costs), sum(cost.gflops for cost in costs)
    if not costs or not all(totals):
        raise ValueError(f"costs: expected at least one stage with parameters and operations, got {list(costs)}")
    sums = f"{totals[0] / 1e6:.1f} million parameters, {totals[1]:.2g} GFLOP for one image"
    figure, axes = new_axes(0.8 + 0.52 * len(costs), title, "share of the whole (%)", "", sums)
    values = {
        "parameters": [100 * cost.parameters / totals[0] for cost in costs],
        "operations": [100 * cost.gflops / totals[1] for cost in costs],
    }
    for position, (name, shares) in enumerate(values.items()):
        rows = [row + 0.4 * position - 0.2 for row in range(len(costs))]
        colour, hatch = look("", position).colour, "//" * position
        axes.barh(rows, shares, 0.36, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        for row, share in zip(rows, shares, strict=True):
            words = f"{share:.0f}" + (f" % of the {name}" if share == max(shares) else "")
            axes.annotate(
                words, (share, row), (4, 0), textcoords="offset points", va="center", fontsize=SMALL,
                color=legible(colour),
            )  # fmt: skip
    axes.set_yticks(range(len(costs)), [cost.name for cost in costs])
    axes.tick_params(axis="y", length=0)
    axes.set(xlim=(0, 138), ylim=(len(costs) - 0.45, -0.55), xticks=range(0, 101, 20))
    axes.spines.bottom.set_bounds(0, 100)
    said = ", ".join(f"{cost.name} {p:.0f} and {o:.0f}" for cost, p, o in zip(costs, *values.values(), strict=True))
    return Picture(figure, f"{title} {sums}. Shares of parameters and of operations in per cent: {said}.")


@in_style
def depth_picture(
    recorded: Recorded, title: str, *, live: Mapping[str, tuple[int, float, float]] | None = None
) -> Picture:
    """Above, the gradient at the first layer over that at the last; below, the loss that training ends at.

    recorded: a table with columns kind, layers, seed, gradient and loss, the kinds of `lib.depth.KINDS`. live: kind →
    one more point (layers, gradient, loss), measured just now. Raises ValueError for an empty table.
    """
    if not recorded.rows:
        raise ValueError("recorded: expected at least one row, got none")
    live = live or {}
    note = "lines: the median of the recorded seeds; shaded: all of them" + "; ★ measured just now" * bool(live)
    figure = new_figure(5.6, title, note)
    above, below = figure.subplots(2, 1, sharex=True)
    above.axhline(0, color=SOFT, linewidth=1, linestyle=":")
    _name_powers(above, [*recorded.values("gradient"), *(gradient for _, gradient, _ in live.values())])
    _draw_depth(above, recorded, "gradient", math.log10, {k: (n, math.log10(g)) for k, (n, g, _) in live.items()})
    _draw_depth(below, recorded, "loss", float, {k: (n, loss) for k, (n, _, loss) in live.items()})
    above.set_ylabel("gradient, first layer / last")
    below.set_ylabel("training loss (nats)")
    layers = sorted({int(float(value)) for value in recorded.distinct("layers")})
    below.set(xlabel="3×3 convolutions", xscale="log")
    below.set_xticks(layers, list(map(str, layers)))
    below.set_xticks([], minor=True)
    return Picture(figure, f"{title} {_depth_in_words(recorded, live)}")


# ---- parts --------------------------------------------------------------------------------------------------------


def _draw_errors(axes: Canvas, row: float, kind: str, errors: Sequence[float]) -> None:
    """A mark for each of a kind's numbers, in a row of its own; of several, the smallest is written to the left."""
    colour = look("", list(_MARKS).index(kind)).colour
    face = "white" if kind == "several networks" else colour
    for number, error in enumerate(errors):
        left = number == 0 and len(errors) > 1
        axes.plot(100 * error, row, _MARKS[kind], mfc=face, mec=colour, mew=2, markersize=8)
        axes.annotate(
            f"{100 * error:.3g}", (100 * error, row), (-8 if left else 8, 0), textcoords="offset points", va="center",
            ha="right" if left else "left", fontsize=SMALL, color=legible(colour),
        )  # fmt: skip


def _name_marks(axes: Canvas) -> None:
    """What each mark means, in the empty corner at the lower right."""
    for position, (kind, mark) in enumerate(_MARKS.items()):
        face = "white" if kind == "several networks" else look("", position).colour
        axes.plot([], [], mark, mfc=face, mec=look("", position).colour, mew=2, markersize=9, label=kind)
    axes.legend(loc="lower right", frameon=False, fontsize=SMALL, handletextpad=0.2, borderpad=0)


def _rates_in_words(kinds: Mapping[str, Sequence[float]]) -> str:
    return ", ".join(f"{kind} {' and '.join(f'{100 * e:.3g}' for e in errors)}" for kind, errors in kinds.items())


def _draw_depth(
    axes: Canvas, recorded: Recorded, column: str, scale: Callable[[float], float], live: Mapping[str, Any]
) -> None:
    """A line a kind over the number of layers, its values on `scale`, and a star for each point of `live`."""
    ends = {}
    for position, (kind, name) in enumerate(KINDS.items()):
        layers, style = _layers(recorded, kind), look("", position)
        values = [sorted(map(scale, recorded.values(column, kind=kind, layers=count))) for count in layers]
        medians = list(map(statistics.median, values))
        lowest, highest = [each[0] for each in values], [each[-1] for each in values]
        axes.fill_between(layers, lowest, highest, color=style.colour, alpha=0.18, lw=0)
        axes.plot(layers, medians, style.dash, color=style.colour, marker=style.marker, markersize=6, linewidth=2)
        if kind in live:
            axes.plot(*live[kind], "*", color=style.colour, markersize=15, mec=INK, zorder=5)
        ends[name] = layers[-1], medians[-1]
    label_ends(axes, ends, height=2.3)


def _name_powers(axes: Canvas, values: Sequence[float]) -> None:
    """Ticks at every fourth power of ten, on an axis of logarithms that holds all values."""
    lowest, highest = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    powers = range(4 * (lowest // 4), highest + 1, 4)
    axes.set_yticks(powers, [f"$10^{{{power}}}$" for power in powers])
    axes.set_ylim(lowest - 1, highest + 1)


def _layers(recorded: Recorded, kind: str) -> list[float]:
    return sorted({float(row["layers"]) for row in recorded.rows if row["kind"] == kind})


def _depth_in_words(recorded: Recorded, live: Mapping[str, tuple[int, float, float]]) -> str:
    deepest = {kind: _layers(recorded, kind)[-1] for kind in KINDS}
    ends = {
        kind: [statistics.median(recorded.values(name, kind=kind, layers=count)) for name in ("gradient", "loss")]
        for kind, count in deepest.items()
    }
    said = [
        f"{KINDS[kind]}, {deepest[kind]:g} layers: gradient at the first {gradient:.2g} times that at the last, "
        f"training loss {loss:.2f}"
        for kind, (gradient, loss) in ends.items()
    ]
    said += [f"measured just now, {KINDS[k]}, {n} layers: {g:.2g} and {loss:.2f}" for k, (n, g, loss) in live.items()]
    return "; ".join(said) + "."
