"""A fine-tuning run seen from one of its epochs: what was known by then, and which weights a copy had been made of."""

from collections.abc import Sequence

from lib.history_picture import name_phases
from lib.phases import Row
from lib.plot_style import FAINT, INK, SOFT, Canvas, Picture, in_style, look, new_figure


@in_style
def run_picture(rows: Sequence[Row], epoch: int, *, rate: Sequence[float] = (), title: str = "") -> Picture:
    """Validation accuracy and training loss up to `epoch`, counted from 1 through all phases; what comes after is grey.

    rows: (phase, training loss, accuracy) for each epoch, as `lib.phases.fine_tune_two_phase` returns them. rate: the
    head's learning rate in each; drawn as well where it is given. A star marks the best epoch so far, whose weights
    would be kept if the run ended now. Raises ValueError for no rows, for an epoch outside the run, and for another
    number of rates.

    Example:
        >>> run_picture([(0, 2.0, 0.5), (1, 1.5, 0.7), (1, 1.0, 0.6)], 3).alt[:66]
        'Epoch 3 of 3, phase 2: which weights are kept? Training loss 1.000'
    """
    if not rows or not 1 <= epoch <= len(rows):
        raise ValueError(f"epoch: expected one of 1 to {len(rows)}, got {epoch}")
    if rate and len(rate) != len(rows):
        raise ValueError(f"rate: expected one for each of {len(rows)} epochs, got {len(rate)}")
    phase, loss, accuracy = rows[epoch - 1]
    best = max(range(epoch), key=lambda at: rows[at][2])  # the first of equals
    heading = title or f"Epoch {epoch} of {len(rows)}, phase {phase + 1}: which weights are kept?"
    figure = new_figure(4.6, heading, "★ the best epoch so far; grey: not run yet; dotted: a new phase")
    series = {"accuracy (%)": [100 * row[2] for row in rows], "training loss": [row[1] for row in rows]}
    series |= {"head's rate": list(rate)} if rate else {}
    grid = figure.subplots(len(series), 1, sharex=True, height_ratios=(3, 2, 2)[: len(series)])
    for axes, (name, values) in zip(grid, series.items(), strict=True):
        _draw(axes, [row[0] for row in rows], values, epoch)
        axes.set_ylabel(name)
    if rate:
        grid[-1].set_ylim(bottom=0)
    grid[0].plot(best + 1, 100 * rows[best][2], "*", color=INK, markersize=15, zorder=5)
    name_phases(grid[0], [row[0] for row in rows])
    grid[-1].set_xlabel("epoch")
    grid[-1].locator_params(axis="x", integer=True)
    said = f"Training loss {loss:.3f}, validation accuracy {100 * accuracy:.1f} %"
    said += f", the head's rate {rate[epoch - 1]:.2g}" if rate else ""
    return Picture(figure, f"{heading} {said}. The best so far is epoch {best + 1}, {100 * rows[best][2]:.1f} %.")


def _draw(axes: Canvas, phases: Sequence[int], values: Sequence[float], epoch: int) -> None:
    """Grey over all epochs; over those that have been run, a line in its colour for each phase."""
    at = range(1, len(values) + 1)
    axes.plot(at, values, "-", color=FAINT, linewidth=2)
    for phase in dict.fromkeys(phases[:epoch]):
        mine = [n for n in range(epoch) if phases[n] == phase]
        style = look("", phase)
        axes.plot([n + 1 for n in mine], [values[n] for n in mine], "-", color=style.colour, marker=style.marker)
    axes.axvline(epoch, color=SOFT, linewidth=0.8)
