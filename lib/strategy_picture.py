"""The pictures of lesson 9: a table of strategies in bars, runs in pairs, and what resampling draws."""

import itertools
from collections.abc import Callable, Mapping, Sequence

from lib.comparison_summary import Line, summary
from lib.plot_style import FAINT, INK, SMALL, SOFT, Canvas, Picture, in_style, look, new_axes, new_figure, tint
from lib.results import Recorded, mean_and_interval

ORDERS: Mapping[str, Callable[[Line], float]] = {
    "accuracy": lambda line: -line.mean,
    "seconds": lambda line: line.seconds,
    "trainable share": lambda line: line.trainable_share,
    "gap": lambda line: line.gap,
}
"""What strategies can be sorted by, the best first."""

_COLUMNS: Mapping[str, tuple[str, Callable[[Line], float], str]] = {
    "accuracy": ("test accuracy\n(%)", lambda line: 100 * line.mean, ".0f"),
    "seconds": ("seconds of\none core", lambda line: line.seconds, ".3g"),
    "trainable share": ("trainable\nshare (%)", lambda line: 100 * line.trainable_share, ".3g"),
    "gap": ("train − val.\n(points)", lambda line: 100 * line.gap, ".0f"),
}


@in_style
def strategy_bars(table: Recorded, images_per_class: int, order: str, title: str = "") -> Picture:
    """A row a strategy at one size, sorted by `order`, a name in ORDERS; a panel for each of the four measures.

    table: as `lib.ablation.compare_strategies` gives it, one backbone, augmentation and schedule, two seeds at least.
    Raises ValueError for an unknown order and a size that was not measured.
    """
    lines = [line for line in summary(table) if line.at["images_per_class"] == images_per_class]
    if order not in ORDERS or not lines:
        raise ValueError(f"order, images_per_class: expected one of {list(ORDERS)}, and a size that was measured")
    lines = sorted(lines, key=ORDERS[order])
    heading = title or f"{images_per_class} images a class, sorted by {order}"
    figure = new_figure(0.9 + 0.36 * len(lines), heading, "bars: mean over seeds; whiskers: its 95 % interval")
    panels = figure.subplots(1, len(_COLUMNS), sharey=True)
    for axes, (name, (label, value, form)) in zip(panels, _COLUMNS.items(), strict=True):
        halves = [100 * (line.half or 0) for line in lines] if name == "accuracy" else None
        _panel(axes, lines, [value(line) for line in lines], form, halves, coloured=name == order)
        axes.set_xlabel(label, fontsize=SMALL)
    panels[0].set_yticks(range(len(lines)), [look(line.level).label for line in lines])
    panels[0].set_ylim(len(lines) - 0.5, -0.5)
    return Picture(figure, f"{heading}. {'; '.join(map(_in_words, lines))}.")


@in_style
def pairs_picture(runs: Mapping[str, Sequence[float]], title: str) -> Picture:
    """Two strategies side by side: a line a seed from one accuracy to the other; beside them the differences' interval.

    runs: name → accuracies in [0, 1], seed by seed, of two names. Raises ValueError for another number of names, and
    for unequally many or fewer than two seeds.
    """
    if len(runs) != 2 or len({len(values) for values in runs.values()}) != 1:
        raise ValueError("runs: expected two names with equally many accuracies")
    (one, first), (other, second) = runs.items()
    differences = [100 * (b - a) for a, b in zip(first, second, strict=True)]
    mean, half = mean_and_interval(differences)
    figure = new_figure(3.2, title, "left: a line a seed, ■ means with their 95 % intervals; right: the differences")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for a, b in zip(first, second, strict=True):
        left.plot([0, 1], [100 * a, 100 * b], "-o", color=tint(INK, 0.4), linewidth=1.2, markersize=5)
    for at, (name, values) in zip((-0.18, 1.18), runs.items(), strict=True):
        middle, spread = mean_and_interval(values)
        left.errorbar(at, 100 * middle, 100 * spread, fmt="s", color=look(name).colour, capsize=4, markersize=8)
    left.set(xlim=(-0.45, 1.45), ylabel="test accuracy (%)")
    left.set_xticks([0, 1], [look(one).label, look(other).label])
    right.axhline(0, color=SOFT, linewidth=1, linestyle=":")
    right.plot([0] * len(differences), differences, "o", color=tint(INK, 0.4), markersize=5)
    right.errorbar(0.3, mean, half, fmt="D", color=look(other).colour, capsize=4, markersize=8)
    right.set(xlim=(-0.4, 0.7), xticks=[], ylabel="difference (points)", ylim=(min(-1, *differences) - 1, None))
    said = ", ".join(f"{difference:+.1f}" for difference in differences)
    means = "; ".join(f"{look(n).label} {_mean_in_words(values)}" for n, values in runs.items())
    return Picture(figure, f"{title} {means}. Differences by seed: {said} points; mean {mean:+.1f} ± {half:.1f}.")


@in_style
def drawn_picture(
    drawn: Sequence[float],
    title: str,
    *,
    x: str,
    marks: Mapping[str, float],
    shaded: Callable[[float], bool],
    note: str,
) -> Picture:
    """A histogram of what resampling gave: bars for which `shaded` holds in colour, `marks` as named upright lines.

    Raises ValueError where nothing was drawn.
    """
    if not drawn:
        raise ValueError("drawn: expected at least one number, got none")
    low, high = min(drawn), max(drawn)
    step = (high - low) / 30 or 1.0
    figure, axes = new_axes(2.7, title, x, "resamples (%)", note)
    for left in itertools.islice(itertools.count(low - step / 2, step), 32):
        inside = [value for value in drawn if left <= value < left + step]
        colour = look("", 0).colour if shaded(left + step / 2) else FAINT
        axes.bar(left + step / 2, 100 * len(inside) / len(drawn), 0.95 * step, color=colour)
    top = axes.get_ylim()[1]
    for row, (name, at) in enumerate(marks.items()):
        axes.axvline(at, color=INK, linewidth=1.2, linestyle="--")
        axes.text(
            at, top * (1.03 + 0.1 * row), f"{name} {at:.3g}", ha="center", fontsize=SMALL, backgroundcolor="white"
        )
    axes.set_ylim(0, top * (1.08 + 0.1 * len(marks)))
    share = 100 * sum(map(shaded, drawn)) / len(drawn)
    said = ", ".join(f"{name} {at:.3g}" for name, at in marks.items())
    return Picture(figure, f"{title} {len(drawn)} resamples, {share:.0f} % in colour; {said}.")


# ---- parts --------------------------------------------------------------------------------------------------------


def _panel(
    axes: Canvas,
    lines: Sequence[Line],
    values: Sequence[float],
    form: str,
    halves: list[float] | None,
    *,
    coloured: bool,
) -> None:
    top = max(value + half for value, half in zip(values, halves or [0.0] * len(values), strict=True))
    for row, (line, value) in enumerate(zip(lines, values, strict=True)):
        style = look(line.level)
        axes.barh(row, value, 0.66, color=style.colour if coloured else tint(style.colour, 0.45))
        half = halves[row] if halves else 0.0
        if halves:
            axes.errorbar(value, row, xerr=half, color=INK, capsize=2, linewidth=1)
        axes.text(value + half + 0.05 * top, row, f"{value:{form}}", va="center", fontsize=SMALL)
    axes.set(xlim=(0, 1.5 * top), xticks=[])
    axes.tick_params(axis="y", length=0)


def _in_words(line: Line) -> str:
    return (
        f"{look(line.level).label}: {_mean(line)}, {line.seconds:.3g} s, {100 * line.trainable_share:.3g} % trainable, "
        f"gap {100 * line.gap:.0f} points"
    )


def _mean(line: Line) -> str:
    return f"{100 * line.mean:.1f} ± {100 * (line.half or 0):.1f} %"


def _mean_in_words(values: Sequence[float]) -> str:
    mean, half = mean_and_interval(values)
    return f"{100 * mean:.1f} ± {100 * half:.1f} %"
