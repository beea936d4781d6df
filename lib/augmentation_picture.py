"""Pictures of augmentation: what each kind gains as it was measured, and two images mixed, with their label."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from lib.plot_style import INK, SOFT, Picture, in_style, look, new_axes, new_figure
from lib.results import Recorded, mean_and_interval


@in_style
def gains_picture(
    measured: Recorded,
    title: str,
    *,
    live: Mapping[str, float] | None = None,
    column: str = "kind",
    over: str = "plain",
) -> Picture:
    """What each kind gains over `over`, seed by seed: the mean, its 95 % interval, and a small mark a seed.

    measured: as `python -m benchmarks.lesson07` records it, or another table of accuracies by seed. live: kind → a gain
    measured just now, in [−1, 1], drawn as a star. column: which one names the kinds. over: the kind that they are
    compared with. Raises ValueError where fewer than two seeds, or nothing but `over`, were measured.
    """
    live, plain = live or {}, measured.values("accuracy", **{column: over})
    names = [str(kind) for kind in measured.distinct(column) if kind != over]
    if len(plain) < 2 or not names:
        raise ValueError(f"measured: expected two seeds and another {column} than {over}, got {len(plain)} and {names}")
    note = "marks: mean over seeds; whiskers: its 95 % interval; dots: each seed" + "; ★ just now" * bool(live)
    figure, axes = new_axes(0.7 + 0.34 * len(names), title, f"gain over {over} (points of accuracy)", "", note)
    said = []
    for row, name in enumerate(names):
        pairs = zip(measured.values("accuracy", **{column: name}), plain, strict=True)
        gains = [100 * (one - other) for one, other in pairs]
        mean, half = mean_and_interval(gains)
        style = look("", 1 if mean + half < 0 else 2 if mean - half > 0 else 4)  # worse, better, cannot be told
        axes.plot(gains, [row] * len(gains), ".", color=style.colour, alpha=0.5, markersize=5)
        axes.errorbar(mean, row, xerr=half, fmt=style.marker, color=style.colour, capsize=3, markersize=7)
        if name in live:
            axes.plot(100 * live[name], row, "*", color=style.colour, markersize=15, markeredgecolor=INK)
        said.append(f"{name} {mean:+.1f} ± {half:.1f}")
    axes.axvline(0, color=SOFT, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.5, -0.5)
    said += [f"measured just now: {name} {100 * gain:+.1f}" for name, gain in live.items()]
    return Picture(figure, f"{title} Points of accuracy gained over {over}: {'; '.join(said)}.")


@in_style
def mixed_picture(images: Sequence[Tensor], target: Tensor, classes: Sequence[str], title: str) -> Picture:
    """An image, its partner and their mixture, each (3, H, W) in [0, 1], above a bar a class: the mixture's target.

    target: shape (C,), shares that sum to 1; classes: C names. Raises ValueError for other than three images, or where
    target and classes do not fit.
    """
    if len(images) != 3 or target.shape != (len(classes),):
        raise ValueError(f"images: expected three and {len(classes)} shares, got {len(images)}, {tuple(target.shape)}")
    figure = new_figure(3.6, title)
    grid = figure.add_gridspec(2, 3, height_ratios=(1.5, 1))
    for column, (image, name) in enumerate(zip(images, ("image", "partner", "mixed"), strict=True)):
        axes = figure.add_subplot(grid[0, column])
        axes.imshow(image.detach().cpu().permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
        axes.set_title(name, fontsize=12)
        axes.set_axis_off()
    axes, shares = figure.add_subplot(grid[1, :]), target.tolist()
    axes.bar(range(len(shares)), shares, 0.7, color=look("", 0).colour)
    for at, share in enumerate(shares):
        axes.text(at, share + 0.03, f"{share:.2f}" if share else "", ha="center")
    axes.set(ylim=(0, 1.2), yticks=(0, 0.5, 1), xlabel="class", ylabel="target")
    axes.set_xticks(range(len(shares)), classes)
    said = ", ".join(f"{share:.2f} of class {name}" for share, name in zip(shares, classes, strict=True) if share)
    return Picture(figure, f"{title} An image, its partner and their mixture, whose target is {said}.")
