"""Pictures of learning rates as they were measured: the range test, the base rate, decay and schedule."""

from collections.abc import Mapping, Sequence

from lib.plot_style import INK, SMALL, SOFT, Canvas, Picture, in_style, label_ends, look, new_axes
from lib.range_test import RangeTest
from lib.results import Recorded, mean_and_interval


@in_style
def range_picture(found: RangeTest, title: str) -> Picture:
    """The smoothed loss against the rate, on a logarithmic scale; where it was lowest, and a tenth of that rate.

    Raises ValueError for fewer than two rates.
    """
    if len(found.rates) < 2:
        raise ValueError(f"found: expected at least two rates, got {len(found.rates)}")
    figure, axes = new_axes(3.4, title, "learning rate", "loss (nats), smoothed")
    axes.plot(found.rates, found.losses, color=look("", 0).colour, linewidth=2)
    lowest = min(found.losses)
    at = found.rates[found.losses.index(lowest)]
    axes.set_xscale("log")
    axes.set_ylim(0, 1.15 * max(found.losses[0], lowest))
    for rate, words, height in ((at, "lowest loss", 0.98), (found.suggestion, "a tenth of it", 0.98)):
        axes.axvline(rate, color=SOFT, linestyle=":", linewidth=1.2)
        axes.text(
            rate, height, f"{words} \n{rate:.2g} ", transform=axes.get_xaxis_transform(), ha="right", va="top",
            fontsize=SMALL, color=INK,
        )  # fmt: skip
    return Picture(
        figure,
        f"{title} The loss is {found.losses[0]:.2f} at the rate {found.rates[0]:.1e}, lowest, {lowest:.2f}, at "
        f"{at:.2g}, and {found.losses[-1]:.2f} at the last rate, {found.rates[-1]:.2g}. A tenth of the rate of the "
        f"lowest loss is {found.suggestion:.2g}.",
    )


@in_style
def base_rate_picture(measured: Recorded, title: str, *, suggestion: float | None = None) -> Picture:
    """Test accuracy under cosine against the base rate, a line a decay through the means, a small mark a seed.

    measured: as `python -m benchmarks.lesson05` records it; seeds that not every base rate has are left out.
    suggestion: of a range test, drawn as a line. Raises ValueError where nothing was measured.
    """
    rows = [row for row in measured.rows if row["schedule"] == "cosine"]
    if not rows:
        raise ValueError("measured: expected rows under cosine, got none")
    note = "lines: mean over the seeds; small marks: each seed"
    figure, axes = new_axes(3.6, title, "base learning rate (the head's)", "test accuracy (%)", note)
    ends, said = {}, []
    for decay in dict.fromkeys(float(row["decay"]) for row in rows):
        name, curve = f"α = {decay:g}", _by_base([row for row in rows if row["decay"] == decay])
        means = {base: sum(scores) / len(scores) for base, scores in curve.items()}
        style = look(name)
        axes.plot(list(means), list(means.values()), style.dash, color=style.colour, marker=style.marker, linewidth=2)
        for base, scores in curve.items():
            axes.plot([base] * len(scores), scores, style.marker, color=style.colour, markersize=3.5, alpha=0.6)
        ends[name] = (base, means[base])
        said.append(f"{name}: " + ", ".join(f"{mean:.0f} % at {base:g}" for base, mean in means.items()))
    _rate_axis(axes, sorted({float(row["base"]) for row in rows}), suggestion)
    label_ends(axes, ends, height=3.0)
    if suggestion is not None:
        said.append(f"the range test suggests {suggestion:.2g}")
    return Picture(figure, f"{title} Mean test accuracy by base rate: {'; '.join(said)}.")


@in_style
def schedule_comparison_picture(
    measured: Recorded,
    bases: Mapping[float, float],
    title: str,
    *,
    live: Mapping[tuple[float, str], float] | None = None,
) -> Picture:
    """Test accuracy of every schedule with every decay at its base rate: mean over seeds and its 95 % interval.

    bases: decay → base rate, the rows; what was measured on fewer than two seeds is left out. live: (decay, schedule) →
    an accuracy measured just now, drawn as a star. Raises ValueError where nothing is left to draw.
    """
    live, found = live or {}, _compared(measured, bases)
    if not found:
        raise ValueError(f"bases: expected a decay that was measured on two seeds, got {dict(bases)}")
    key = "marks: mean over the seeds; whiskers: its 95 % interval" + "; ★ measured just now" * bool(live)
    figure, axes = new_axes(0.5 + 0.95 * len(bases), title, "test accuracy (%)", "", key)
    said, rows = [], list(bases)
    for (decay, name), scores in found.items():
        mean, half = mean_and_interval(scores)
        at, style = rows.index(decay) + 0.27 * (_SCHEDULES.index(name) - 1), look(name)
        axes.errorbar(100 * mean, at, xerr=100 * half, fmt=style.marker, color=style.colour, capsize=3, markersize=7)
        if (decay, name) in live:
            axes.plot(100 * live[decay, name], at, "*", color=style.colour, markersize=15, markeredgecolor=INK)
        said.append(f"α = {decay:g}, {style.label} {100 * mean:.1f} ± {100 * half:.1f} %")
    _name_rows(axes, [f"α = {decay:g}\nbase {base:g}" for decay, base in bases.items()])
    _name_marks(axes, [name for name in _SCHEDULES if any(name == one for _, one in found)])
    said += [f"measured just now: α = {decay:g}, {name} {100 * score:.1f} %" for (decay, name), score in live.items()]
    return Picture(figure, f"{title} Test accuracy: {'; '.join(said)}.")


_SCHEDULES = ("constant", "cosine", "one-cycle")


def _compared(measured: Recorded, bases: Mapping[float, float]) -> dict[tuple[float, str], list[float]]:
    """(decay, schedule) → accuracies over the seeds, where there are two or more."""
    found = {
        (decay, name): measured.values("accuracy", schedule=name, decay=decay, base=base)
        for decay, base in bases.items()
        for name in _SCHEDULES
    }
    return {key: scores for key, scores in found.items() if len(scores) > 1}


def _by_base(rows: Sequence[Mapping[str, str | float]]) -> dict[float, list[float]]:
    """Base rate, rising → accuracies in per cent, of the seeds that all of them have."""
    bases = sorted({float(row["base"]) for row in rows})
    seeds = set.intersection(*({row["seed"] for row in rows if row["base"] == base} for base in bases))
    kept = [row for row in rows if row["seed"] in seeds]
    return {base: [100 * float(row["accuracy"]) for row in kept if row["base"] == base] for base in bases}


def _rate_axis(axes: Canvas, bases: Sequence[float], suggestion: float | None) -> None:
    axes.set_xscale("log")
    axes.set_xticks(bases, [f"{base:g}" for base in bases])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 100)
    if suggestion is not None:
        axes.axvline(suggestion, color=INK, linestyle=":", linewidth=1.2)
        axes.text(suggestion, 2, " range test", fontsize=SMALL, color=SOFT)


def _name_rows(axes: Canvas, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.45, -0.55)
    for row in range(1, len(names)):
        axes.axhline(row - 0.5, color=SOFT, linewidth=0.6, linestyle=":")


def _name_marks(axes: Canvas, schedules: Sequence[str]) -> None:
    """Each schedule's name above the axes, in its colour with its mark."""
    handles = [axes.plot([], [], look(n).marker, color=look(n).colour, label=look(n).label)[0] for n in schedules]
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(handles), frameon=False, handletextpad=0.2,
        borderaxespad=0,
    )  # fmt: skip
