"""The picture of one training step with some stages frozen: where the gradient goes, and what the step costs."""

from collections.abc import Sequence
from typing import Any

from lib.freezing_costs import FreezingCost
from lib.plot_style import FAINT, INK, SMALL, SOFT, Canvas, Picture, in_style, legible, look, new_figure, tint

_NOTE = "faint outline: with nothing frozen\ngradient: the norm of ∂L/∂θ in one step on one batch"


@in_style
def freezing_picture(costs: Sequence[FreezingCost], count: int) -> Picture:
    """What one training step costs with the first `count` stages frozen, beside the step with none frozen."""
    cost, names = costs[count], list(costs[count].gradient_norms)
    question = (
        f"What does freezing {count} of {len(names)} stages save?" if count else "What does training every stage cost?"
    )
    upright = max(map(len, names)) * 0.09 > 4.9 / len(names) - 0.1  # inches: whether a name is wider than its block
    figure = new_figure(4.8 + 0.6 * upright, question, _NOTE)
    norms, blocks, bars = figure.subplots(3, 1, height_ratios=[1.3, 1.4 + 0.7 * upright, 1.5])
    _draw_norms(norms, cost, costs[0], max(max(each.gradient_norms.values()) for each in costs))
    _draw_blocks(blocks, names, count, upright=upright)
    _draw_costs(bars, cost, costs[0])
    said = ", ".join(f"{name} {norm:.2g}" for name, norm in cost.gradient_norms.items())
    frozen, trained = ", ".join(names[:count]) or "nothing", ", ".join(names[count:])
    alt = (
        f"{question} Frozen: {frozen}. Trainable: {trained}. Gradient norms: {said}. {' '.join(_told(cost, costs[0]))}"
    )
    return Picture(figure, alt)


def _draw_norms(axes: Canvas, cost: FreezingCost, free: FreezingCost, top: float) -> None:
    """A bar a stage, over its block."""
    for position, (name, norm) in enumerate(cost.gradient_norms.items()):
        axes.bar(position, free.gradient_norms[name], 0.6, color="none", edgecolor=FAINT)
        axes.bar(position, norm, 0.6, color=look("fine-tuned").colour)
        axes.annotate(f"{norm:.2g}", (position, norm), (0, 3), textcoords="offset points", ha="center", fontsize=SMALL)
    axes.set(xlim=(-0.5, len(cost.gradient_norms) - 0.5), ylim=(0, 1.25 * (top or 1)), xticks=[], yticks=[])
    axes.set_ylabel("gradient", fontsize=SMALL)


def _draw_blocks(axes: Canvas, names: Sequence[str], count: int, *, upright: bool) -> None:
    """The network from the image to the scores; forward passes through all of it, the gradient stops where it may."""
    for position, name in enumerate(names):
        frozen = position < count
        colour = look("frozen" if frozen else "fine-tuned").colour
        face, hatch = (colour, "//") if frozen else (tint(colour, 0.3), "")
        axes.bar(position, 1, 0.86, color=face, edgecolor=tint(colour, 0.6), hatch=hatch)
        axes.text(
            position, 0.5, f"{name}\n{'frozen' if frozen else 'trains'}", color="white" if frozen else INK, va="center",
            ha="center", fontsize=SMALL, rotation=90 if upright else 0, bbox={"fc": face, "ec": "none", "pad": 1},
        )  # fmt: skip
    last = len(names) - 0.5
    arrow = {"arrowstyle": "-|>", "lw": 1.6, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 13}
    axes.annotate("", (last, -0.18), (-0.43, -0.18), arrowprops=arrow | {"color": SOFT})
    axes.annotate("", (count - 0.43, 1.18), (last, 1.18), arrowprops=arrow | {"color": look("fine-tuned").colour})
    axes.text(-0.43, -0.26, "forward", va="top", fontsize=SMALL, color=SOFT)
    axes.text(last, 1.26, "backward", va="bottom", ha="right", fontsize=SMALL, color=legible(look("fine-tuned").colour))
    axes.set(xlim=(-0.5, last), ylim=(-0.62, 1.62))
    axes.set_axis_off()


def _draw_costs(axes: Canvas, cost: FreezingCost, free: FreezingCost) -> None:
    """Trainable parameters and memory as shares of what they are with nothing frozen."""
    colour, kept = look("fine-tuned").colour, cost.memory - cost.activation_bytes
    axes.barh([0, 1], [1, 1], 0.3, color="none", edgecolor=FAINT)
    axes.barh([0, 1], [cost.trainable / free.trainable, kept / free.memory], 0.3, color=colour)
    dotted: Any = {"color": tint(colour, 0.3), "hatch": "..", "edgecolor": colour, "linewidth": 0}
    axes.barh(1, cost.activation_bytes / free.memory, 0.3, kept / free.memory, **dotted)
    for row, words in enumerate(_told(cost, free)[:2]):
        axes.text(0, row - 0.28, words.rstrip("."), va="bottom", fontsize=SMALL)
    axes.text(0, 1.24, _told(cost, free)[2].rstrip("."), va="top", fontsize=SMALL, color=SOFT)
    axes.set(xlim=(0, 1), ylim=(1.6, -0.65))
    axes.set_axis_off()


def _told(cost: FreezingCost, free: FreezingCost) -> tuple[str, str, str]:
    kept = cost.memory - cost.activation_bytes
    return (
        f"Trainable parameters: {_scaled(cost.trainable)} of {_scaled(cost.parameters)} ({_percent(cost.share)} %).",
        f"Memory of a training step: {_bytes(cost.memory)} of {_bytes(free.memory)}"
        f" ({_percent(cost.memory / free.memory)} %).",
        f"Gradients and Adam's moments {_bytes(kept)}, activations {_bytes(cost.activation_bytes)}.",
    )


def _bytes(amount: int) -> str:
    return f"{_scaled(amount)}B" if amount >= 1000 else f"{amount} B"


def _scaled(amount: int) -> str:
    """4904522 → "4.9 M"."""
    for power, letter in ((9, "G"), (6, "M"), (3, "k")):
        if amount >= 10**power:
            return f"{amount / 10**power:.{0 if amount >= 100 * 10**power else 1}f} {letter}"
    return str(amount)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share >= 0.01 or share == 0 else f"{100 * share:.1g}"
