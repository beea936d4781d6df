"""Pictures of gradient flow: how strongly the loss pulls on each stage, by strategy or epoch by epoch.

Norms are those of `lib.gradients.gradient_norms`: stage → ‖∂L/∂θ_stage‖, exactly 0 where the stage is frozen.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lib.plot_style import INK, SMALL, SOFT, Canvas, Picture, in_style, look, new_figure, tint

Norms = Mapping[str, float]


@in_style
def gradient_rows(rows: Mapping[str, Norms], title: str) -> Picture:
    """One row a set-up, one bar a stage, all at one scale: what each of them lets through.

    Raises ValueError where there is no row, where rows have different stages, and for norms that are no numbers.
    """
    _check("rows", list(rows.values()))
    figure = new_figure(
        0.95 * len(rows) + 0.55, title, "bars: the norm of ∂L/∂θ in one stage; hatched: frozen, no gradient"
    )
    grid = figure.subplots(len(rows), 1, sharex=True, squeeze=False).flatten()
    top = max(max(norms.values()) for norms in rows.values())
    for axes, (name, norms) in zip(grid, rows.items(), strict=True):
        _draw_norms(axes, norms, top)
        axes.set_title(look(name).label, loc="left", fontsize=SMALL + 0.5, pad=3)
    _name_stages(grid[-1], list(next(iter(rows.values()))))
    said = "; ".join(f"{look(name).label}: {_in_words(norms)}" for name, norms in rows.items())
    question = title if title.endswith("?") else f"{title}."
    return Picture(figure, f"{question} Gradient norms. {said}.")


@in_style
def unfreezing_picture(history: Sequence[Norms], epoch: int) -> Picture:
    """One epoch of a run, counted from 1: each stage's gradient norm, and below it which stages learn in which epoch.

    history: the norms in every epoch. Raises ValueError as `gradient_rows` does, and for an epoch that there is not.
    """
    _check("history", history)
    if not 1 <= epoch <= len(history):
        raise ValueError(f"epoch: expected 1 to {len(history)}, got {epoch}")
    norms = history[epoch - 1]
    learning = [name for name, norm in norms.items() if norm > 0]
    title = f"Epoch {epoch}: {len(learning)} of {len(norms)} stages learn"
    figure = new_figure(
        1.5 + 0.26 * len(history) + 0.5, title, "above: the norm of ∂L/∂θ; below: ■ learns, hatched is frozen"
    )
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 0.26 * len(history)))
    _draw_norms(above, norms, max(max(each.values()) for each in history))
    above.set_ylabel("gradient", fontsize=SMALL)
    _draw_timeline(below, history, epoch)
    _name_stages(below, list(norms))
    frozen = ", ".join(name for name in norms if name not in learning) or "nothing"
    return Picture(figure, f"{title}: {', '.join(learning) or 'none'}. Frozen: {frozen}. Norms: {_in_words(norms)}.")


def _draw_norms(axes: Canvas, norms: Norms, top: float) -> None:
    """A bar a stage with its number; where nothing arrives, a flat hatched one."""
    trains, frozen = look("fine-tuned").colour, look("frozen").colour
    for position, norm in enumerate(norms.values()):
        if norm > 0:
            axes.bar(position, norm, 0.7, color=trains)
        else:
            axes.bar(
                position, 0.1 * (top or 1), 0.7, color=tint(frozen, 0.25), edgecolor=frozen, hatch="///", linewidth=0
            )
        words, height = (f"{norm:.2g}", norm) if norm > 0 else ("0", 0.1 * (top or 1))
        axes.annotate(words, (position, height), (0, 2), textcoords="offset points", ha="center", fontsize=SMALL)
    axes.set(xlim=(-0.5, len(norms) - 0.5), ylim=(0, 1.4 * (top or 1)), yticks=[])
    axes.tick_params(axis="x", length=0)
    axes.spines.left.set_visible(False)


def _draw_timeline(axes: Canvas, history: Sequence[Norms], epoch: int) -> None:
    """A tile for each stage in each epoch, the first epoch on top, the one shown in a frame."""
    trains, frozen = look("fine-tuned").colour, look("frozen").colour
    for row, norms in enumerate(history, start=1):
        for position, norm in enumerate(norms.values()):
            look_of: Any = {"color": trains} if norm > 0 else {"color": tint(frozen, 0.25), "hatch": "///"}
            axes.bar(position, 0.8, 0.92, row - 0.4, edgecolor=tint(frozen, 0.6), linewidth=0, **look_of)
    axes.bar((len(history[0]) - 1) / 2, 1, len(history[0]), epoch - 0.5, fill=False, edgecolor=INK, linewidth=2)
    step = 1 + len(history) // 13
    axes.set(ylim=(len(history) + 0.6, 0.4), yticks=range(1, len(history) + 1, step))
    axes.set_ylabel("epoch", fontsize=SMALL)
    axes.tick_params(length=0, labelsize=SMALL)
    axes.spines.left.set_visible(False)


def _name_stages(axes: Canvas, names: Sequence[str]) -> None:
    long = max(map(len, names)) * len(names) > 48  # letters that fit side by side
    axes.set_xticks(range(len(names)), names, fontsize=SMALL, color=SOFT, rotation=30 if long else 0)
    axes.set_xlabel("stage, from the image to the scores", fontsize=SMALL)


def _in_words(norms: Norms) -> str:
    return ", ".join(f"{name} {f'{norm:.2g}' if norm else 'frozen'}" for name, norm in norms.items())


def _check(name: str, rows: Sequence[Norms]) -> None:
    if not rows or not rows[0]:
        raise ValueError(f"{name}: expected at least one set of norms, got none")
    if other := [list(norms) for norms in rows if list(norms) != list(rows[0])]:
        raise ValueError(f"{name}: expected the stages {list(rows[0])} everywhere, got {other[0]}")
    if bad := [norm for norms in rows for norm in norms.values() if not (math.isfinite(norm) and norm >= 0)]:
        raise ValueError(f"{name}: expected norms, finite and at least 0, got {bad[0]}")
