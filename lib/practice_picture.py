"""One's own runs beside the reference's."""

from collections.abc import Mapping, Sequence

from lib.plot_style import INK, SMALL, SOFT, Canvas, Picture, in_style, look, new_axes, tint
from lib.results import mean_and_interval

Runs = Mapping[str, Sequence[float]]


@in_style
def beside_reference(yours: Runs, reference: Runs, title: str, *, x: str, unit: str = "") -> Picture:
    """A row for each name: the reference's runs, their mean and its 95 % interval in grey; over them yours in colour.

    yours, reference: name → numbers, a run each, in the reference's order; a name without a number of yours is drawn
    without, and said so. x: the axis's name, with its unit. unit: set behind each number in words. Raises ValueError
    where the reference has nothing, or you have a name that it has not.
    """
    if not reference or not all(reference.values()):
        raise ValueError("reference: expected at least one name, each with a number, got none")
    if unknown := [name for name in yours if name not in reference]:
        raise ValueError(f"yours: expected names among {', '.join(reference)}, got {unknown[0]!r}")
    note = "grey: the reference, | its runs, ○ their mean, the bar its 95 % interval; in colour: yours"
    figure, axes = new_axes(0.7 + 0.62 * len(reference), title, x, "", note)
    said = []
    for row, (name, runs) in enumerate(reference.items()):
        said.append(f"{name}: reference {_reference(axes, row, runs)}{unit}, {_yours(axes, row, name, yours)}")
        said[-1] += unit if yours.get(name) else ""
    axes.set_yticks(range(len(reference)), list(reference))
    axes.set_ylim(len(reference) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)
    if all(float(run).is_integer() for runs in reference.values() for run in runs):  # such as epochs
        axes.locator_params(axis="x", integer=True)
    return Picture(figure, f"{title} {'; '.join(said)}.")


def _reference(axes: Canvas, row: int, runs: Sequence[float]) -> str:
    mean, half = mean_and_interval(runs) if len(runs) > 1 else (runs[0], 0.0)
    axes.plot([mean - half, mean + half], [row, row], color=tint(SOFT, 0.35), linewidth=7, solid_capstyle="butt")
    axes.plot(runs, [row] * len(runs), "|", color=SOFT, markersize=13, markeredgewidth=1.5)
    axes.plot(mean, row, "o", color="white", markeredgecolor=SOFT, markersize=8, markeredgewidth=1.8)
    return f"{mean:.1f} ± {half:.1f}" if len(runs) > 1 else f"{mean:.1f}"


def _yours(axes: Canvas, row: int, name: str, yours: Runs) -> str:
    runs = yours.get(name)
    if not runs:
        return "yours not run"
    mean = sum(runs) / len(runs)
    style = look(name, row)
    axes.plot(runs, [row - 0.24] * len(runs), style.marker, color=style.colour, markeredgecolor=INK, markersize=8)
    axes.annotate(
        f"{mean:.1f}", (max(runs), row - 0.24), xytext=(8, 0), textcoords="offset points", va="center", fontsize=SMALL
    )
    return f"yours {mean:.1f}"
