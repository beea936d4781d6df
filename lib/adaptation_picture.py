"""Pictures of domain adaptation: two clouds of features, estimates that scatter, and what each method was worth."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lib.adaptation import ON_TARGET, SOURCE_ONLY, gap_closed
from lib.plot_style import INK, SMALL, SOFT, Canvas, Look, Picture, in_style, legible, new_axes, new_figure
from lib.results import Recorded, mean_and_interval

DOMAINS = {"source": Look("source", "#0072B2", "o"), "target": Look("target", "#D55E00", "^")}
METHODS = {
    SOURCE_ONLY: Look("source only", "#7a7a7a", "s"),
    "AdaBN": Look("AdaBN", "#E69F00", "P"),
    "MMD": Look("MMD", "#0072B2", "o"),
    "CORAL": Look("CORAL", "#009E73", "D"),
    "DANN": Look("DANN", "#CC79A7", "v"),
    "DANN + information": Look("DANN + information", "#D55E00", "^"),
    ON_TARGET: Look("trained on target", "#222222", "*"),
}
_HISTOGRAM = (Look("", "#0072B2", hatch="//"), Look("", "#E69F00", hatch="\\\\"))


@in_style
def clouds_picture(
    source: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], title: str, *, note: str = ""
) -> Picture:
    """Features of two domains in the plane in which both together vary most (PCA), with the mean of each class.

    source, target: features (N, D) with D ≥ 2 and class numbers (N,), of images that nothing was trained on. The target
    labels colour nothing: they only say where each class's mean is written. note: set below, and said in the alt text.
    Raises ValueError for features without two columns, and for a domain without rows.
    """
    domains = {"source": source, "target": target}
    if wrong := [name for name, (features, _) in domains.items() if features.ndim != 2 or min(features.shape) < 1]:
        raise ValueError(f"{wrong[0]}: expected features of shape (N, D), got {tuple(domains[wrong[0]][0].shape)}")
    if source[0].shape[1] < 2 or target[0].shape[1] != source[0].shape[1]:
        raise ValueError(f"source: expected two columns at least, as many as target's, got {source[0].shape[1]}")
    points, share = _in_a_plane(source[0], target[0])
    words = "small marks: images; digits: the mean of each class; ○ source (blue), △ target (orange)"
    figure, axes = new_axes(3.6, title, "first component", "second component", f"{words}\n{note}".strip())
    for name, (_, labels) in domains.items():
        _cloud(axes, points[name], labels.cpu(), DOMAINS[name])
    gaps = [_class_gap(points, domains, label) for label in _shared_classes(source[1], target[1])]
    return Picture(
        figure,
        f"{title} {len(source[0])} source and {len(target[0])} target images in the plane of the first two principal "
        f"components, which hold {share:.0%} of the variance. A class's means in the two domains are "
        f"{sum(gaps) / len(gaps):.1f} standard deviations of the cloud apart, on average over classes. {note}".strip(),
    )


@in_style
def estimates_picture(
    values: Mapping[str, Sequence[float]], title: str, x: str, *, marks: Mapping[str, float] | None = None
) -> Picture:
    """Histograms of one or two kinds of estimates on one axis, each with its mean, and a line where zero is.

    marks: a value that is drawn as a line of its own under its name. Raises ValueError for no values, and for more than
    two kinds.
    """
    if not 1 <= len(values) <= 2 or not all(len(drawn) for drawn in values.values()):
        raise ValueError(
            f"values: expected one or two kinds of estimates, got { ({n: len(v) for n, v in values.items()}) }"
        )
    marks = marks or {}
    figure, axes = new_axes(3.2, title, x, "how many", "● the mean of each kind")
    every = torch.tensor([*(v for drawn in values.values() for v in drawn), 0.0])
    edges = torch.linspace(float(every.min()), float(every.max()), 41).tolist()
    for height, (look, (name, drawn)) in enumerate(zip(_HISTOGRAM, values.items(), strict=False)):
        axes.hist(
            drawn, bins=edges, color=look.colour, alpha=0.55, hatch=look.hatch, edgecolor="white", label=name
        )  # fmt: skip
        mean = sum(drawn) / len(drawn)
        axes.plot(
            mean, (0.5 + height) * 0.04 * axes.get_ylim()[1], "o", color=look.colour, markeredgecolor=INK, zorder=4
        )
    axes.axvline(0, color=INK, linewidth=1.2, linestyle=":")
    for name, value in marks.items():
        axes.axvline(value, color=DOMAINS["target"].colour, linewidth=2)
        axes.text(value, 0.97, f" {name}", transform=axes.get_xaxis_transform(), va="top", fontsize=SMALL)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, borderaxespad=0)
    said = [
        f"{name}: mean {sum(v) / len(v):.4f}, {sum(one < 0 for one in v) / len(v):.0%} of {len(v)} below zero"
        for name, v in values.items()
    ]
    return Picture(figure, f"{title} {'; '.join(said + [f'{name} {value:.4f}' for name, value in marks.items()])}.")


@in_style
def methods_picture(table: Recorded, title: str) -> Picture:
    """Accuracy on the target's test images, a panel a pair of domains, a row a method: mean and 95 % interval.

    table: as `python -m benchmarks.adaptation` records it, two seeds at least; the share of the gap that each method
    closes stands beside it. Raises ValueError where there is nothing to draw.
    """
    pairs = [str(pair) for pair in table.distinct("pair")]
    if not pairs:
        raise ValueError("table: expected rows, got none")
    note = "marks: mean over the seeds; whiskers: its 95 % interval; right: share of the gap closed"
    figure = new_figure(2.9 * len(pairs), title, note)
    panels = figure.subplots(len(pairs), 1, sharex=True, squeeze=False).flatten()
    said = []
    for axes, pair in zip(panels, pairs, strict=True):
        found = {name: table.values("accuracy", pair=pair, method=name) for name in METHODS}
        _method_rows(axes, found)
        axes.set_title(pair, loc="left", fontsize=12)
        means = {name: mean_and_interval(scores) for name, scores in found.items()}
        said.append(f"{pair}: " + ", ".join(f"{n} {100 * m:.1f} ± {100 * h:.1f} %" for n, (m, h) in means.items()))
    panels[-1].set_xlabel("test accuracy on the target (%)")
    return Picture(figure, f"{title} {'. '.join(said)}.")


def shares_closed(table: Recorded, pair: str, method: str) -> list[float]:
    """The share of the gap that a method closes, seed by seed: 0 as source only, 1 as trained on the target."""
    scores, low, high = (table.values("accuracy", pair=pair, method=name) for name in (method, SOURCE_ONLY, ON_TARGET))
    return [gap_closed(score, *ends) for score, *ends in zip(scores, low, high, strict=True)]


def picked_by_agreement(table: Recorded, pair: str) -> list[float]:
    """Seed by seed, the target accuracy of the method whose agreement is highest: nothing of it was chosen by labels.

    table: columns pair, method, seed, agreement (`lib.model_selection.cluster_agreement`), accuracy. Source only and
    trained on the target are no methods to choose from.
    """
    methods = [row for row in table.rows if row["pair"] == pair and row["method"] not in (SOURCE_ONLY, ON_TARGET)]
    seeds = dict.fromkeys(row["seed"] for row in methods)
    picked = (max((r for r in methods if r["seed"] == seed), key=lambda r: float(r["agreement"])) for seed in seeds)
    return [float(row["accuracy"]) for row in picked]


# ---- parts --------------------------------------------------------------------------------------------------------


def _in_a_plane(source: Tensor, target: Tensor) -> tuple[dict[str, Tensor], float]:
    """Both samples in the plane of the pooled sample's first two principal components; its share of the variance.

    Each component points to where its largest entry is positive, so that a picture is not mirrored by chance.
    """
    pooled = torch.cat([source, target]).detach().double().cpu()
    centred = pooled - pooled.mean(0)
    _, values, directions = torch.linalg.svd(centred, full_matrices=False)
    plane = directions[:2]
    signs = plane.gather(1, plane.abs().argmax(1, keepdim=True)).sign()
    points = centred @ (plane * signs).T
    share = float(values[:2].square().sum() / values.square().sum())
    return {"source": points[: len(source)], "target": points[len(source) :]}, share


def _cloud(axes: Canvas, points: Tensor, labels: Tensor, look: Look) -> None:
    axes.plot(*points.T.tolist(), look.marker, color=look.colour, markersize=3, alpha=0.35, markeredgewidth=0)
    for label in labels.unique():
        x, y = points[labels == label].mean(0).tolist()
        axes.text(
            x, y, str(int(label)), color=legible(look.colour), fontsize=13, fontweight="bold", ha="center", va="center",
            bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": look.colour, "alpha": 0.85},
        )  # fmt: skip


def _shared_classes(source: Tensor, target: Tensor) -> list[int]:
    return sorted(set(source.tolist()) & set(target.tolist()))


def _class_gap(points: Mapping[str, Tensor], domains: Mapping[str, tuple[Tensor, Tensor]], label: int) -> float:
    """Distance between a class's means in the plane, in standard deviations of the pooled cloud along it."""
    means = [points[name][domains[name][1].cpu() == label].mean(0) for name in ("source", "target")]
    spread = torch.cat([points["source"], points["target"]]).std(0)
    return float(((means[0] - means[1]) / spread).norm())


def _method_rows(axes: Canvas, found: Mapping[str, Sequence[float]]) -> None:
    """A row a method: mean, whiskers, and beside them the mean share of the gap that it closes."""
    low, high = found[SOURCE_ONLY], found[ON_TARGET]
    for row, (name, scores) in enumerate(found.items()):
        mean, half = mean_and_interval(scores)
        axes.errorbar(
            100 * mean, row, xerr=100 * half, fmt=METHODS[name].marker, color=METHODS[name].colour, capsize=3,
            markersize=8, markeredgecolor=INK, markeredgewidth=0.6,
        )  # fmt: skip
        closed = [gap_closed(s, a, b) for s, a, b in zip(scores, low, high, strict=True)]
        words = f"{100 * mean:.1f} %   {100 * sum(closed) / len(closed):.0f} %".rjust(6)
        axes.annotate(words, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL)
    axes.set_yticks(range(len(found)), [METHODS[name].label for name in found])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.grid(axis="x", color=SOFT, linewidth=0.4, alpha=0.5)
