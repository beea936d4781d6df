"""Pictures of learning rates as they are planned: how schedules go, and what each stage is given of them."""

from collections.abc import Mapping, Sequence

from lib.plot_style import INK, SMALL, Canvas, Picture, in_style, look, new_figure, tint


@in_style
def schedules_picture(schedules: Mapping[str, Sequence[float]], title: str) -> Picture:
    """One strip a schedule: its factor, from 0 to 1, at every step, and what all its steps sum up to.

    Raises ValueError where there is none, or one with fewer than two steps.
    """
    if not schedules or any(len(factors) < 2 for factors in schedules.values()):
        raise ValueError(f"schedules: expected at least one, of two steps or more, got {len(schedules)}")
    figure = new_figure(0.95 * len(schedules) + 0.4, title, "filled: the factor that multiplies every rate, 0 to 1")
    strips = figure.subplots(len(schedules), 1, sharex=True, squeeze=False).flatten()
    said = []
    for axes, (name, factors) in zip(strips, schedules.items(), strict=True):
        _draw_factor(axes, factors, look(name).colour)
        axes.set_title(_summary(name, factors), fontsize=12, loc="left", pad=3)
        said.append(f"{_summary(name, factors)}; the highest at step {_peak(factors)}")
    strips[-1].set_xlabel("step")
    return Picture(figure, f"{title}: {'. '.join(said)}.")


@in_style
def stage_rates_picture(rates: Mapping[str, float], factors: Sequence[float], *, lowest: float = 1e-9) -> Picture:
    """Above, what a schedule multiplies by at every step; below, the highest rate of every stage, from `lowest` on.

    Raises ValueError for no stage, or fewer than two steps.
    """
    if not rates or len(factors) < 2:
        raise ValueError(f"rates: expected at least one stage and two steps, got {len(rates)} and {len(factors)}")
    names, values = list(rates), list(rates.values())
    share = values[0] / values[-1]
    title = f"The {names[0]} learns at {_percent(share)} % of the {names[-1]}'s rate"
    worth = f"its {len(factors)} steps are worth {sum(factors):.3g} at the full rate"
    figure = new_figure(4.6, title, f"above: the factor; {worth}")
    above, below = figure.subplots(2, 1, height_ratios=(2, 3))
    _draw_factor(above, factors, look("cosine").colour)
    above.set(xlabel="step", ylabel="factor")
    _draw_stages(below, names, values, lowest)
    said = ", ".join(f"{name} {rate:.1e}" for name, rate in rates.items())
    return Picture(figure, f"{title}. Highest rates: {said}. The factor peaks at step {_peak(factors)}; {worth}.")


def _draw_factor(axes: Canvas, factors: Sequence[float], colour: str) -> None:
    axes.fill_between(range(len(factors)), factors, color=tint(colour, 0.35), lw=0)
    axes.plot(range(len(factors)), factors, color=colour, linewidth=2)
    axes.set(xlim=(0, len(factors) - 1), ylim=(0, 1.05), yticks=(0, 1))


def _draw_stages(axes: Canvas, names: Sequence[str], rates: Sequence[float], lowest: float) -> None:
    """A bar a stage, the input below, as far as its rate, on a logarithmic scale."""
    colour = look("rates by stage").colour
    axes.barh(
        range(len(names)), rates, 0.62, color=[tint(colour, 0.3 + 0.7 * i / len(names)) for i in range(len(names))]
    )
    for row, rate in enumerate(rates):
        at, away = (max(rate, lowest), row), (5, 0)
        axes.annotate(f"{rate:.1e}", at, away, textcoords="offset points", va="center", fontsize=SMALL, color=INK)
    axes.set_xscale("log")
    axes.set(xlim=(lowest, 0.1), ylim=(-0.5, len(names) - 0.5), xlabel="highest learning rate")
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)


def _summary(name: str, factors: Sequence[float]) -> str:
    return f"{look(name).label}: {len(factors)} steps worth {sum(factors):.3g} at the full rate"


def _peak(factors: Sequence[float]) -> int:
    return max(range(len(factors)), key=factors.__getitem__)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.1 else f"{100 * share:.1g}"
