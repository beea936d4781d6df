"""Pictures of transfer: probes by stage, gains over targets, how alike two networks are, and what one stage sees."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from lib.plot_style import (
    FAINT,
    INK,
    SMALL,
    SOFT,
    Canvas,
    Look,
    Picture,
    in_style,
    label_ends,
    look,
    new_axes,
    new_figure,
)
from lib.results import Recorded, mean_and_interval

TARGETS = ("digits on photographs", "blood cells", "granites", "source characters")
"""What a network is tried on, in the order in which figures draw them: each has one look in all of them."""

_INKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#7a5c00", "#555555", "#4B0092", "#8a2b0d", "#005f73", "#111111")


@in_style
def stages_picture(
    measured: Recorded,
    title: str,
    tasks: Mapping[str, str],
    *,
    network: str = "pre-trained",
    live: Mapping[str, Mapping[str, float]] | None = None,
) -> Picture:
    """Accuracy of a linear probe after each stage, a line a task: the mean, its 95 % interval shaded.

    measured: columns network, task, seed, stage and accuracy, as `python -m benchmarks.lesson01` records it. tasks: the
    task's name in it → what it is called here. live: accuracies by stage that were measured just now, by that name.
    Raises ValueError for a task that was not measured.
    """
    note = "lines: mean over draws of the images to learn from; shaded: its 95 % interval"
    figure, axes = new_axes(3.8, title, "stage, from the image to the scores", "a linear probe reads (%)", note)
    names, ends, said = [str(stage) for stage in measured.distinct("stage")], {}, []
    for task, name in tasks.items():
        runs = [measured.values("accuracy", network=network, task=task, stage=stage) for stage in names]
        if not all(runs):
            raise ValueError(f"tasks: expected one that was measured on {network!r}, got {task!r}")
        means = _line(axes, name, runs)
        ends[name] = (len(names) - 1, means[-1])
        said.append(f"{name} {', '.join(f'{mean:.0f} % at {stage}' for stage, mean in zip(names, means, strict=True))}")
    for name, scores in (live or {}).items():
        colour = _look(name).colour
        axes.plot(
            range(len(names)), [100 * scores[stage] for stage in names], "*", color=colour, markersize=13, mec=INK
        )
    axes.set_xticks(range(len(names)), names)
    axes.set(ylim=(0, 100), xlim=(-0.2, len(names) - 0.8))
    label_ends(axes, ends, height=3.1)
    return Picture(figure, f"{title} Accuracy of a linear probe after each stage: {'; '.join(said)}.")


@in_style
def gains_picture(gains: Mapping[str, Mapping[float, tuple[float, float]]], title: str) -> Picture:
    """Transfer gain against images a class, a line a target: the mean over seeds with its 95 % interval upright.

    gains: target → images a class → (gain, half-width) in percentage points. Raises ValueError for none.
    """
    if not gains or not all(gains.values()):
        raise ValueError(f"gains: expected at least one for each target, got {gains}")
    note = "marks: mean over the seeds; upright: its 95 % interval\nabove the line, transfer helps"
    figure, axes = new_axes(3.6, title, "images per class", "transfer gain (points)", note)
    axes.axhline(0, color=INK, linewidth=1)
    said, ends = [], {}
    for name, points in gains.items():
        style, sizes = _look(name), sorted(points)
        means, halves = ([points[size][part] for size in sizes] for part in (0, 1))
        axes.errorbar(
            sizes, means, halves, color=style.colour, fmt=style.dash, marker=style.marker, capsize=4, linewidth=2
        )
        ends[name] = (sizes[-1], means[-1])
        told = (f"{mean:+.0f} ± {half:.0f} at {size:g}" for size, mean, half in zip(sizes, means, halves, strict=True))
        said.append(f"{name} {', '.join(told)}")
    everywhere = sorted({size for points in gains.values() for size in points})
    axes.set_xscale("log")
    axes.set_xticks(everywhere, [f"{size:g}" for size in everywhere])
    axes.set_xticks([], minor=True)
    label_ends(axes, ends, height=2.9)
    return Picture(figure, f"{title} Transfer gain in percentage points by images per class: {'; '.join(said)}.")


@in_style
def likeness_picture(tables: Mapping[str, Tensor], stages: Sequence[str], title: str) -> Picture:
    """CKA of every stage of one network with every stage of another, a table a pair of networks.

    tables: what is compared → CKA in [0, 1], a row for each stage of the first network and a column for each of the
    second, shape (S, S), from the image (top, left) to the scores. Raises ValueError for another shape.
    """
    count = len(stages)
    if not tables or any(tuple(table.shape) != (count, count) for table in tables.values()):
        shapes = [tuple(table.shape) for table in tables.values()]
        raise ValueError(f"tables: expected {count} × {count} numbers each, got {shapes}")
    figure = new_figure(3.3, title, "rows: stages of the first network; columns: of the second; 1 means alike")
    panels = figure.subplots(1, len(tables), squeeze=False).flatten()
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        axes.imshow(table.numpy(), vmin=0, vmax=1, cmap="Blues")
        for row in range(count):
            for column in range(count):
                value = float(table[row, column])
                ink = "white" if value > 0.6 else INK
                axes.text(column, row, f"{value:.1f}".lstrip("0"), ha="center", va="center", fontsize=8.5, color=ink)
        axes.set_xticks(range(count), stages, rotation=90, fontsize=SMALL)
        axes.set_yticks(range(count), stages if axes is panels[0] else [""] * count, fontsize=SMALL)
        axes.set_title(name, fontsize=SMALL, loc="left")
        axes.tick_params(length=0)
    said = (
        f"{name}: {', '.join(f'{stage} {float(table[i, i]):.2f}' for i, stage in enumerate(stages))}"
        for name, table in tables.items()
    )
    return Picture(figure, f"{title} CKA of each stage with the same stage of the other network: {'; '.join(said)}.")


@in_style
def stage_picture(
    stage: str, task: str, points: Tensor, labels: Tensor, marks: Sequence[str], scores: Mapping[str, float]
) -> Picture:
    """What one stage makes of a task: its images in the plane in which the classes lie apart, and what a probe reads.

    points: shape (N, 2), as `class_plane` gives them; labels: int64, shape (N,); marks: a letter for each class, drawn
    in its place. scores: whose images → accuracy of a linear probe after this stage, in [0, 1].
    """
    title = f"{stage}: does it tell {task} apart?"
    note = "letters: images that it did not learn from, at their features; ✚ the middle of a class"
    figure = new_figure(4.9, title, note)
    plane, bars = figure.subplots(2, 1, height_ratios=[3.4, 0.5 + 0.3 * len(scores)])
    _scatter(plane, points, labels, marks)
    for row, (name, score) in enumerate(scores.items()):
        style = _look(name)
        bars.barh(row, 100 * score, 0.6, color=style.colour if name == task else FAINT)
        bars.text(100 * score + 1.5, row, f"{100 * score:.0f} %", va="center", fontsize=SMALL)
    bars.set_yticks(range(len(scores)), list(scores), fontsize=SMALL)
    bars.set(xlim=(0, 112), ylim=(len(scores) - 0.4, -0.6), xticks=range(0, 101, 20))
    bars.set_xlabel("a linear probe reads (%)", fontsize=SMALL)
    bars.tick_params(axis="y", length=0)
    said = ", ".join(f"{name} {100 * score:.0f} %" for name, score in scores.items())
    return Picture(figure, f"{title} A linear probe after {stage} reads: {said}.")


# ---- parts --------------------------------------------------------------------------------------------------------


def _line(axes: Canvas, name: str, runs: Sequence[Sequence[float]]) -> list[float]:
    """A line through the means with their intervals; the means, in per cent."""
    style, xs = _look(name), range(len(runs))
    means, halves = zip(*(mean_and_interval([100 * value for value in run]) for run in runs), strict=True)
    low, high = ([m + sign * h for m, h in zip(means, halves, strict=True)] for sign in (-1, 1))
    axes.fill_between(xs, low, high, color=style.colour, alpha=0.18, lw=0)
    axes.plot(xs, means, style.dash, color=style.colour, marker=style.marker, markersize=6, linewidth=2)
    return list(means)


def _look(name: str) -> Look:
    return look(name, TARGETS.index(name) if name in TARGETS else len(TARGETS))


def _scatter(axes: Canvas, points: Tensor, labels: Tensor, marks: Sequence[str]) -> None:
    style: Any = {"fontsize": 9, "ha": "center", "va": "center", "alpha": 0.8, "clip_on": True}
    for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True):
        axes.text(x, y, marks[label], color=_INKS[label % len(_INKS)], **style)
    for label in labels.unique().tolist():
        x, y = points[labels == label].mean(0).tolist()
        axes.plot(x, y, "P", color=_INKS[label % len(_INKS)], markersize=9, markeredgecolor="white")
    low, high = points.quantile(0.01, dim=0), points.quantile(0.99, dim=0)
    room = 0.06 * (high - low)
    axes.set_xlim(float(low[0] - room[0]), float(high[0] + room[0]))
    axes.set_ylim(float(low[1] - room[1]), float(high[1] + room[1]))
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel("first direction", fontsize=SMALL, color=SOFT)
    axes.set_ylabel("second", fontsize=SMALL, color=SOFT)
