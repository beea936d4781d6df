"""The figures of the course. Each function returns a Picture: a figure that answers the question in its title, and
the same answer in words, which becomes its alt text.

Accuracies come as shares in [0, 1] and are drawn in per cent. Nothing here computes a result or draws a random number.
All raise ValueError where there is nothing to draw, or a value is no number.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy import float32
from numpy.typing import NDArray
from torch import Tensor

from lib.plot_style import (
    FAINT,
    INK,
    SMALL,
    SOFT,
    Picture,
    in_style,
    label_ends,
    look,
    new_axes,
    new_figure,
    tint,
    wrapped,
)
from lib.results import Recorded, mean_and_interval

Interval = tuple[float, float]


@in_style
def where_we_are(
    results: Mapping[str, Interval | None],
    title: str,
    *,
    new: Sequence[str] = (),
    chance: float | None = None,
    note: str = "",
) -> Picture:
    """One bar a technique: its mean accuracy and the half-width of its interval; None for one still to be measured.

    Techniques in `new` are in colour, the others in grey. chance: accuracy of guessing, drawn as a line. note: what
    else there is to say, below and at the end of the words.
    Raises ValueError for no technique and for numbers that are not finite.
    """
    _check("results", results, [v for result in results.values() if result for v in result])
    marks = "bars: mean over seeds; whiskers: its 95 % interval"
    below = f"{marks}\n{note}".strip()
    figure, axes = new_axes(0.85 + 0.5 * len(results), title, "test accuracy (%)", "", below)
    for row, (name, result) in enumerate(results.items()):
        if result is None:
            axes.barh(row, 100, 0.62, fill=False, edgecolor=SOFT, linestyle="--")
            axes.text(50, row, "not measured yet", ha="center", va="center", color=SOFT)
        else:
            _accuracy_bar(axes, row, name, *result, coloured=name in new)
    if chance is not None:
        axes.axvline(100 * chance, color=INK, linewidth=1, linestyle=":")
        axes.text(100 * chance + 1, -0.42, "guessing", va="bottom", fontsize=SMALL, color=SOFT)
    _name_rows(axes, [look(name).label for name in results])
    axes.set(xlim=(0, 114), ylim=(len(results) - 0.5, -0.95 if chance is not None else -0.5), xticks=range(0, 101, 20))
    axes.spines.bottom.set_bounds(0, 100)
    said = [f"{look(n).label} {'not yet measured' if r is None else _in_words(r)}" for n, r in results.items()]
    said += [f"guessing {_percent(chance)} %"] if chance is not None else []
    return Picture(figure, f"{_sentence(title)} Test accuracy: {'; '.join(said)}. {note}".strip())


@in_style
def accuracy_curve(
    recorded: Recorded,
    title: str,
    *,
    x: str,
    label: str,
    live: Mapping[str, tuple[float, float]] | None = None,
    guesses: Mapping[str, tuple[float, float]] | None = None,
) -> Picture:
    """Accuracy against `x`, one line a technique: the mean over seeds, its 95 % interval shaded.

    recorded: a table with columns technique, `x`, seed and accuracy. live, guesses: one more point (x, accuracy) a
    technique, measured just now or predicted by the reader.
    Raises ValueError for a table without rows and for numbers that are not finite.
    """
    live, guesses = live or {}, guesses or {}
    _check(
        "recorded",
        recorded.rows,
        [*recorded.values("accuracy"), *(v for p in (live, guesses) for v in sum(p.values(), ()))],
    )
    figure, axes = new_axes(3.7, title, label, "test accuracy (%)", _key(live=bool(live), guesses=bool(guesses)))
    curves = {str(name): _curve(recorded, name, x) for name in recorded.distinct("technique")}
    for name, curve in curves.items():
        _line_with_interval(axes, name, curve)
    for name, (at, accuracy) in live.items():
        axes.plot(at, 100 * accuracy, "*", color=look(name).colour, markersize=17, markeredgecolor=INK, zorder=5)
    for name, (at, accuracy) in guesses.items():
        axes.plot(
            at, 100 * accuracy, "D", mfc="white", mec=look(name).colour, markersize=9, markeredgewidth=2, zorder=6
        )
    _log_ticks(axes, sorted({at for curve in curves.values() for at in curve}))
    label_ends(axes, {name: (at := max(curve), 100 * curve[at][0]) for name, curve in curves.items()}, height=3.1)
    said = [
        f"{look(n).label} " + ", ".join(f"{_in_words(v)} at {at:g}" for at, v in c.items()) for n, c in curves.items()
    ]
    said += [f"measured just now: {look(n).label} {_percent(a)} % at {at:g}" for n, (at, a) in live.items()]
    said += [f"your guess: {look(n).label} {_percent(a)} % at {at:g}" for n, (at, a) in guesses.items()]
    return Picture(figure, f"{_sentence(title)} Test accuracy against {label}: {'; '.join(said)}.")


@in_style
def lines(series: Mapping[str, tuple[Sequence[float], Sequence[float]]], title: str, *, x: str, y: str) -> Picture:
    """One line a series, (xs, ys), its name written at its end; a technique's name gives it the technique's look.

    Raises ValueError for no series, one without points, unequally many xs and ys, and numbers that are not finite.
    """
    _check("series", series, [v for pair in series.values() for values in pair for v in values])
    if wrong := {name: (len(xs), len(ys)) for name, (xs, ys) in series.items() if len(xs) != len(ys) or not len(xs)}:
        raise ValueError(f"series: expected as many xs as ys, and at least one; got {wrong}")
    figure, axes = new_axes(3.5, title, x, y)
    for position, (name, (xs, ys)) in enumerate(series.items()):
        style = look(name, position)
        axes.plot(xs, ys, style.dash, color=style.colour, marker=style.marker, markersize=6, linewidth=2)
    whole = all(float(at).is_integer() for xs, _ in series.values() for at in xs)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    label_ends(axes, {n: (xs[-1], ys[-1]) for n, (xs, ys) in series.items()}, height=2.9)
    said = [
        f"{n} goes from {ys[0]:.3g} at {xs[0]:.3g} to {ys[-1]:.3g} at {xs[-1]:.3g}" for n, (xs, ys) in series.items()
    ]
    return Picture(figure, f"{_sentence(title)} {y[:1].upper()}{y[1:]} against {x}: {'; '.join(said)}.")


@in_style
def bars(values: Mapping[str, float], title: str, *, x: str, form: str = ".2g") -> Picture:
    """One horizontal bar a name, in the order given, its value written at its end with the format `form`.

    Raises ValueError for no values and for those that are not finite.
    """
    _check("values", values, values.values())
    figure, axes = new_axes(0.8 + 0.36 * len(values), title, x, "")
    axes.barh(range(len(values)), list(values.values()), 0.65, color=look("", 0).colour)
    for row, value in enumerate(values.values()):
        side, align = (5, "left") if value >= 0 else (-5, "right")
        axes.annotate(f"{value:{form}}", (value, row), (side, 0), textcoords="offset points", va="center", ha=align)
    _name_rows(axes, list(values))
    low, high = min(0, *values.values()), max(0, *values.values())
    room = 0.16 * (high - low) or 1
    axes.set(xlim=(low - room * (low < 0), high + room * (high > 0 or low == 0)), ylim=(len(values) - 0.5, -0.5))
    said = ", ".join(f"{name} {value:{form}}" for name, value in values.items())
    return Picture(figure, f"{_sentence(title)} {x[:1].upper()}{x[1:]}: {said}.")


@in_style
def image_rows(rows: Mapping[str, Tensor], title: str) -> Picture:
    """Rows of images, each under its name. images: shape (N, 3, H, W), uint8, or float in [0, 1]; the same N a row.

    Raises ValueError for images of another shape, and for no rows.
    """
    shapes = [tuple(images.shape) for images in rows.values()]
    if not shapes or any(len(s) != 4 or s[1] != 3 or s[0] != shapes[0][0] or not s[0] for s in shapes):
        raise ValueError(f"rows: expected images of shape (N, 3, height, width), the same N in each, got {shapes}")
    strips = {name: _strip(images) for name, images in rows.items()}
    heights = [5.4 * strip.shape[0] / strip.shape[1] for strip in strips.values()]
    figure = new_figure(sum(heights) + 0.36 * len(rows), title)
    grid = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights).flatten()
    for axes, (name, strip) in zip(grid, strips.items(), strict=True):
        axes.imshow(strip, interpolation="nearest")
        axes.set_title(wrapped(name, 60), fontsize=12, loc="left", pad=4)
        axes.set_axis_off()
    return Picture(figure, f"{_sentence(title)} {shapes[0][0]} example images a row: {'; '.join(rows)}.")


# ---- parts --------------------------------------------------------------------------------------------------------


def _accuracy_bar(axes: Axes, row: int, name: str, mean: float, half: float, *, coloured: bool) -> None:
    colour, low, high = look(name).colour if coloured else FAINT, max(0, mean - half), min(1, mean + half)
    hatch, stroke = look(name).hatch, tint(look(name).colour, 0.65) if coloured else "#c4c4c4"
    axes.barh(row, 100 * mean, 0.62, color=colour, hatch=hatch, edgecolor=stroke, linewidth=0)
    axes.errorbar(100 * mean, row, xerr=[[100 * (mean - low)], [100 * (high - mean)]], color=INK, capsize=4)
    axes.text(100 * high + 1.5, row, f"{_percent(mean)} %", va="center", fontweight="bold")


def _curve(recorded: Recorded, technique: str | float, x: str) -> dict[float, Interval]:
    """x → mean and half-width, in the order of x, where the technique was measured."""
    points = sorted({float(row[x]) for row in recorded.rows if row["technique"] == technique})
    return {at: mean_and_interval(recorded.values("accuracy", technique=technique, **{x: at})) for at in points}


def _line_with_interval(axes: Axes, name: str, curve: Mapping[float, Interval]) -> None:
    style, xs = look(name), list(curve)
    means, halves = torch.tensor(list(curve.values())).T * 100
    axes.fill_between(
        xs, (means - halves).clamp(min=0), (means + halves).clamp(max=100), color=style.colour, alpha=0.18, lw=0
    )
    axes.plot(xs, means, style.dash, color=style.colour, marker=style.marker, markersize=6, linewidth=2)


def _log_ticks(axes: Axes, points: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xticks(points, [f"{point:g}" for point in points])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 100)


def _key(*, live: bool, guesses: bool) -> str:
    more = ["★ measured just now, in this notebook"] * live + ["◇ your guess"] * guesses
    return "\n".join(["lines: mean of the recorded seeds; shaded: its 95 % interval", "; ".join(more)]).strip()


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [wrapped(name, 22) for name in names])
    axes.tick_params(axis="y", length=0)


def _strip(images: Tensor) -> NDArray[float32]:
    """(N, 3, H, W) → (H, N·(W + gap) − gap, 3), in [0, 1]."""
    scaled = images.detach().cpu().float() / (255 if images.dtype == torch.uint8 else 1)
    padded = torch.nn.functional.pad(scaled, (0, 3), value=1.0)
    return padded.permute(2, 0, 3, 1).flatten(1, 2).clamp(0, 1)[:, :-3].numpy()


def _in_words(result: Interval) -> str:
    mean, half = result
    return f"{_percent(mean)} ± {100 * half:.0f} %"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _sentence(title: str) -> str:
    return title if title.endswith((".", "?", "!")) else f"{title}."


def _check(name: str, given: Iterable[object], values: Iterable[float]) -> None:
    if not list(given):
        raise ValueError(f"{name}: expected at least one, got none")
    if bad := [value for value in values if not math.isfinite(value)]:
        raise ValueError(f"{name}: expected finite numbers, got {bad[0]}")
