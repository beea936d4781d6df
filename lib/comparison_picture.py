"""The pictures of a grid of runs: accuracy over sizes, accuracy for time, and what each choice is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lib.comparison_summary import Line, level_means, summary
from lib.grid_table import FACTORS
from lib.plot_style import INK, SMALL, SOFT, Canvas, Picture, in_style, look, new_axes, new_figure, tint
from lib.plots import accuracy_curve
from lib.results import Recorded, Value


def sizes_picture(table: Recorded, title: str = "How many images does each strategy need?", **where: Value) -> Picture:
    """Test accuracy over images a class, a line a strategy: the mean over seeds, its 95 % interval shaded.

    table: as `lib.ablation.compare_strategies` gives it, two seeds at least. where: values of other factors, such as
    backbone="resnet10", where the table has several. Raises ValueError where nothing is left, for one seed, and for a
    factor that is left open.
    """
    rows = tuple(row | {"technique": row["strategy"]} for row in _chosen(table, where).rows)
    return accuracy_curve(replace(table, rows=rows), title, x="images_per_class", label="images per class")


@in_style
def seconds_picture(table: Recorded, title: str = "What accuracy for what time?", **where: Value) -> Picture:
    """Test accuracy against seconds, a line a strategy from the smallest size to the largest; 95 % intervals upright.

    table, where: as for `sizes_picture`; one seed will do, without intervals. Raises ValueError alike.
    """
    lines = _by_strategy(summary(_chosen(table, where), baseline=str(table.distinct("strategy")[0])))
    sizes = [f"{line.at['images_per_class']:g}" for line in next(iter(lines.values()))]
    note = f"along each line: {', '.join(sizes)} images per class\nmean over seeds; upright: its 95 % interval"
    figure, axes = new_axes(3.8, title, f"{_clock(table)} for one run", "test accuracy (%)", note)
    for position, (name, points) in enumerate(lines.items()):
        style, halves = look(name, position), [100 * (line.half or 0) for line in points]
        xs, ys = [line.seconds for line in points], [100 * line.mean for line in points]
        axes.errorbar(xs, ys, halves, fmt="none", ecolor=tint(style.colour, 0.55), elinewidth=1.5)
        axes.plot(xs, ys, style.dash, color=style.colour, marker=style.marker, linewidth=1.8, label=style.label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(0, 100)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    said = (f"{n} {'; '.join(map(_in_words, points))}" for n, points in lines.items())
    return Picture(
        figure, f"{title} Test accuracy and seconds at {', '.join(sizes)} images per class: {'. '.join(said)}."
    )


@in_style
def ablation_picture(table: Recorded, title: str = "Which choice is worth how much?") -> Picture:
    """A row for each level of each factor that varies: a faint dot a run, and the mean over all of them.

    In a full grid the means of one factor are over the same settings of the others, so they can be compared. Raises
    ValueError for a table in which nothing but the seed varies.
    """
    varying = [name for name in FACTORS if name != "seed" and len(table.distinct(name)) > 1]
    if not varying:
        raise ValueError("table: expected at least one factor with two levels, got none")
    effects = {factor: level_means(table, factor) for factor in varying}
    rows = [len(levels) for levels in effects.values()]
    note = "strokes: single runs; ● with its number: the mean of all runs with that choice, ◆ the best"
    figure = new_figure(0.6 + 0.34 * sum(rows) + 0.42 * len(rows), title, note)
    panels = figure.subplots(len(rows), 1, sharex=True, squeeze=False, height_ratios=rows).flatten()
    for axes, (factor, levels) in zip(panels, effects.items(), strict=True):
        _draw_levels(axes, factor, levels)
    panels[-1].set_xlabel("test accuracy (%)")
    said = (
        f"{_spaced(f)}: {', '.join(f'{n} {100 * m:.1f} %' for n, (m, _) in ls.items())}" for f, ls in effects.items()
    )
    return Picture(figure, f"{title} Mean test accuracy of all runs with each choice. {'; '.join(said)}.")


def _draw_levels(axes: Canvas, factor: str, levels: Mapping[str, tuple[float, Sequence[float]]]) -> None:
    best = max(levels, key=lambda name: levels[name][0])
    for row, (name, (mean, values)) in enumerate(levels.items()):
        colour = look("fine-tuned" if name == best else "frozen").colour
        axes.plot([100 * v for v in values], [row] * len(values), "|", color=tint(colour, 0.45), markersize=9)
        axes.plot(100 * mean, row, "D" if name == best else "o", color=colour, markeredgecolor=INK, markersize=8)
        axes.annotate(f"{100 * mean:.1f}", (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL)
    axes.set_yticks(range(len(levels)), list(levels))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(levels) - 0.4, -0.6)
    axes.set_title(_spaced(factor), fontsize=SMALL, loc="left", pad=3, color=SOFT)


# ---- helpers ------------------------------------------------------------------------------------------------------


def _chosen(table: Recorded, where: Mapping[str, Value]) -> Recorded:
    """The rows that `where` leaves; ValueError for none, and where a factor but size and strategy still varies."""
    rows = tuple(row for row in table.rows if all(row[name] == value for name, value in where.items()))
    if not rows:
        raise ValueError(f"table: expected at least one run of {dict(where)}, got none")
    chosen = replace(table, rows=rows)
    free = ("strategy", "images_per_class", "seed")
    if open_ones := [name for name in FACTORS if name not in free and len(chosen.distinct(name)) > 1]:
        raise ValueError(f"where: expected one value of {open_ones[0]}, got {chosen.distinct(open_ones[0])}")
    return chosen


def _by_strategy(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """Strategy → its lines, smallest size first."""
    ordered = sorted(lines, key=lambda line: float(line.at["images_per_class"]))
    return {name: [one for one in ordered if one.level == name] for name in dict.fromkeys(line.level for line in lines)}


def _clock(table: Recorded) -> str:
    return "seconds of the processor" if table.machine.startswith("cpu") else "seconds"


def _in_words(line: Line) -> str:
    half = "" if line.half is None else f" ± {100 * line.half:.0f}"
    return f"{100 * line.mean:.0f}{half} % in {line.seconds:.3g} s"


def _spaced(factor: str) -> str:
    return factor.replace("_", " ")
