"""The picture of a fine-tuning run: losses above, validation accuracy below, the phases side by side."""

import itertools
from collections.abc import Callable, Sequence

from lib.plan import Epoch, History
from lib.plot_style import INK, SMALL, SOFT, Canvas, Picture, in_style, label_ends, look, new_figure


@in_style
def history_picture(history: History, title: str = "The run, epoch by epoch") -> Picture:
    """Training and validation loss, and validation accuracy, over all epochs; a star on the epoch that was kept.

    Raises ValueError for a history without epochs.
    """
    if not history.epochs:
        raise ValueError("history: expected at least one epoch, got none")
    figure = new_figure(4.6, title, "★ the epoch whose weights were kept")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    losses = {"validation": lambda e: e.validation_loss, "training": lambda e: e.train_loss}
    _draw(above, history, losses, "loss (nats)", 2.4)
    _draw(below, history, {"validation": lambda e: 100 * e.validation_accuracy}, "accuracy (%)", 1.6)
    best = history.epochs.index(history.best)
    below.plot(best + 1, 100 * history.best.validation_accuracy, "*", color=INK, markersize=14, zorder=5)
    below.set_xlabel("epoch")
    name_phases(above, [epoch.phase for epoch in history.epochs])
    return Picture(figure, f"{title}{'' if title.endswith('?') else '.'} {_in_words(history)}")


def name_phases(top: Canvas, phases: Sequence[int]) -> None:
    """A dotted line through all axes of the figure where a phase begins, and its number above `top`.

    phases: of each epoch, from 0; epochs are drawn from 1 on. Where phases are short, a number alone names them.
    """
    starts = [at for at, phase in enumerate(phases) if at == 0 or phases[at - 1] != phase]
    narrow = min((b - a for a, b in itertools.pairwise(starts)), default=len(phases)) < len(phases) / 5
    for at in starts:
        name = f"{phases[at] + 1}" if narrow and at else f"phase {phases[at] + 1}"
        top.text(at + 0.6, 1.02, name, transform=top.get_xaxis_transform(), fontsize=SMALL, color=SOFT)
        for axes in top.figure.axes if at else []:
            axes.axvline(at + 0.5, color=SOFT, linewidth=1, linestyle=":")


def _draw(
    axes: Canvas, history: History, series: dict[str, Callable[[Epoch], float]], label: str, height: float
) -> None:
    at = range(1, len(history.epochs) + 1)
    for position, (name, value) in enumerate(series.items()):
        style = look(name, position)
        axes.plot(at, list(map(value, history.epochs)), style.dash, color=style.colour, marker=style.marker)
    axes.set_ylabel(label)
    axes.locator_params(axis="x", integer=True)
    label_ends(axes, {name: (len(at), value(history.epochs[-1])) for name, value in series.items()}, height=height)


def _in_words(history: History) -> str:
    first, last, best = history.epochs[0], history.epochs[-1], history.best
    return (
        f"Over {len(history.epochs)} epochs in {last.phase + 1} phases the training loss goes from "
        f"{first.train_loss:.2f} to {last.train_loss:.2f}, the validation loss from {first.validation_loss:.2f} to "
        f"{last.validation_loss:.2f}. Best validation accuracy: {100 * best.validation_accuracy:.1f} %, "
        f"in epoch {best.epoch + 1} of phase {best.phase + 1}."
    )
